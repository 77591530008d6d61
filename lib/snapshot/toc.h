/* toc - the SQL that pg_restore writes of a dump, entry by entry, with what each one needs. */
#ifndef SNAPSHOT_TOC_H
#define SNAPSHOT_TOC_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "pg/conn.h"

struct toc_entry {
	int id;                 /* in the dump's table of contents */
	/* the object it makes, as the old server knew it; 0: not an object of its own */
	unsigned catalog, oid;
	/* for messages: "notes notes_pkey; Type: CONSTRAINT; Schema: public; Owner: app" */
	const char *name;
	const int *needs;       /* ids of others that come before it */
	size_t needs_count;
	/* SET statements that hold while it is made, each ended by ";"; or "" */
	const char *settings;
	int settings_count;
	const char *sql;        /* its statements, each ended by ";" */
	int count;              /* of statements */
};

struct toc {
	struct toc_entry *item;
	size_t count, room;
	const char *preamble;   /* SET statements that tell how the SQL is to be read */
};

/* Read SCRIPT, the output of pg_restore --verbose. Of what it sets at its beginning only what the
 * text itself depends on is kept: the rest is for the server it was written for; commands for psql
 * are left out. */
int toc_read(struct mem *, const char *script, size_t len, struct toc *, struct err *);

/* Does the SQL of an entry begin with these words? */
bool toc_begins(const char *sql, const char *with);

/* The first of those that pg_restore writes at the end, as they may only come there: grants, then
 * event triggers and refreshes. The count when there is none. */
size_t toc_first_grant(const struct toc *);

/* Has the server the tablespaces that its entries want? "no-tablespace". */
int toc_check_tablespaces(struct pg *, const struct toc *, struct err *);

/* Run COUNT entries in their order, hundreds in one transaction: one by one would take ten times as
 * long, and all in one would use up the server's table of locks. */
int toc_run(struct pg *, const struct toc_entry *const *entry, size_t count, struct err *);
/* Run one that may come at the same time as others, again when it lost against one of them. */
int toc_run_one(struct pg *, const struct toc_entry *, struct err *);

#endif
