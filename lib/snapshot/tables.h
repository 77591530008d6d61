/* tables - the plain tables of a database, as one snapshot sees them, and locked so that they stay
 * so. */
#ifndef SNAPSHOT_TABLES_H
#define SNAPSHOT_TABLES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"
#include "pg/conn.h"
#include "snapshot/store.h"

/* In SQL: the name of a table, always quoted, of which N and C are the rows in the catalog. */
#define TABLES_QUOTED(n, c) \
	"'\"' || replace(" n ".nspname, '\"', '\"\"') || '\".\"' || replace(" c ".relname, " \
	"'\"', '\"\"') || '\"'"

/* The names of its columns, so quoted, but for generated ones; NULL when there is none. */
#define TABLES_COLUMNS(c) \
	"(SELECT pg_catalog.string_agg('\"' || replace(a.attname, '\"', '\"\"') || '\"', ', '" \
	" ORDER BY a.attnum) FROM pg_catalog.pg_attribute a WHERE a.attrelid = " c ".oid" \
	" AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '')"

/* A table whose rows we copy ourselves, or one that is left to pg_dump, whose rows are only
 * counted and summed. */
struct table {
	const char *oid;
	const char *schema, *name;
	/* "schema"."name", always quoted: safe on servers with other key words */
	const char *quoted;
	const char *shown;      /* schema.name, quoted where it must be */
	/* ("a", "b"): those that are not generated; "" when there is none */
	const char *columns;
	bool left_out;          /* its rows are not wanted */
	/* names of what it is a partition of, the nearest first, as JSON; or NULL */
	const char *parents;
	int64_t pages;          /* of 8 kB, in its main fork; 0 of one that is left out */
	int64_t bytes;          /* with what is stored apart (TOAST) */
	_Atomic int64_t rows;
	_Atomic uint64_t row_sum;
	atomic_bool wanted;     /* somebody waits to have it for himself */
	/* left to pg_dump: the query that gives the rows which it takes; NULL: it is ours */
	const char *query;
	/* and behind FROM, where they are when they have been restored: of partitions that a row
	 * may have changed by then, what they are partitions of */
	const char *from;
	const char *extension;  /* to which it belongs, or NULL */
};

struct tables {
	struct table *item;
	size_t own;             /* the first ones are ours */
	size_t count;
	/* the names of all else that pg_dump may take rows or values of: sequences, views, others'
	 * tables */
	const char **strangers;
	size_t stranger_count;
};

/* The list as the text of an array, for SQL. */
char *tables_array(struct mem *, const struct opt_list *);
/* In the transaction of PG: list the tables that its snapshot sees, ours schema by schema, and lock
 * them against changes. CHANGED: one of them was dropped, emptied or rewritten since the snapshot
 * was taken, which would make it read as empty: a new snapshot is needed. A lock that cannot be had
 * within lock_timeout: "lock-timeout", naming who holds it; the transaction is over then. */
int tables_list(struct mem *, struct pg *, const struct store_taking *, struct tables *,
    bool *changed, struct err *);
/* How large they are, when they are locked. */
int tables_measure(struct pg *, struct tables *, struct err *);
/* Lock those that an earlier list has, before the transaction has its snapshot: then nothing can
 * happen to them between the two. An error ends the transaction: one is gone, or "lock-timeout". */
int tables_lock(struct pg *, const struct tables *, struct err *);
/* E is a lock that somebody could not have because one waits to have that table for himself: who
 * that is. */
void tables_name_waiter(struct pg *, const struct tables *, struct err *);
/* Are the schemas and tables that the options name there? "not-found". */
int tables_check(struct pg *, const struct store_taking *, struct err *);
/* What of a database is not taken, for manifest and record. */
void tables_note(struct mem *, const struct store_taking *, struct value *facts);

#endif
