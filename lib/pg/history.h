/* history - which migration a database is at, by the table of whatever tool has migrated it. */
#ifndef PG_HISTORY_H
#define PG_HISTORY_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "pg/conn.h"

/* A table that keeps a history. */
struct pg_history {
	const char *kind;       /* as migrate-apply calls it: "handrail", "flyway" … */
	const char *table;      /* with its schema, quoted where it must be */
	const char *revision;   /* the newest one, as migrate-apply tells it; NULL: none */
};

/* All that are in the database and may be read, in any schema, *COUNT of them in MEM. Ours, when it
 * is there, stands alone: it has taken over from the others. NULL on error. */
struct pg_history *pg_history_find(struct mem *, struct pg *, size_t *count, struct err *);

#endif
