/* check - what must be true before a release: a table of looks, each of which gives rows. Nothing
 * is changed. */
#ifndef PREFLIGHT_CHECK_H
#define PREFLIGHT_CHECK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "pg/conn.h"

enum check_status { CHECK_OK, CHECK_WARNING, CHECK_FAILED, CHECK_SKIPPED };

struct check_options {
	const char *const *only;        /* names of checks; none: all */
	size_t only_count;
	const char *pg;                 /* connection; NULL: the default one */
	bool no_database;               /* leave the database out */
	const char *snapshot_dir;       /* where the snapshot will go, or NULL */
	const char *branch;             /* that git must be on, or NULL */
	bool force_branch;              /* another branch, or changes, only warn */
	const char *const *tools;       /* that must be on PATH */
	size_t tool_count;
	/* of the Postgres server: its tag's major must be the server's */
	const char *image;
	double max_transaction;         /* seconds that a transaction may last */
	/* URI without password that the connection must lead to, or NULL */
	const char *database;
	const char *const *revisions;   /* one of which the history must be at */
	size_t revision_count;
	/* the server must have room for a second copy of the database, and more */
	bool copy_room;
	/* major of the server that a dump is from: pg_restore must not be older; 0 */
	int restore_client;
};

struct check_run {
	struct mem *m;
	const struct check_options *o;
	struct pg *pg;                  /* NULL: not connected */
	const char *name;               /* of the check at work */
	struct value *rows;             /* {check, status, observed, wanted, hint} */
	size_t failed, warnings;
	/* told each row */
	void (*tell)(void *, const struct value *row);
	void *arg;
};

/* Is there a check of this name? */
bool check_exists(const char *name);
/* Run all checks. -1 only when the work could not be done; a check that says no is a row. */
int check_all(struct check_run *, struct err *);

/* For checks: one row. Texts may be NULL. */
void check_row(struct check_run *, enum check_status, const char *observed, const char *wanted,
    const char *hint);

struct check {
	const char *name;
	int (*look)(struct check_run *, struct err *);
};
int check_history(struct check_run *, struct err *);
extern const struct check check_database[], check_host[];      /* ended by a NULL name */

#endif
