/* observe - what one migration did to the tables that were there: locks, rewrites, rows. */
#ifndef MIGRATE_OBSERVE_H
#define MIGRATE_OBSERVE_H

#include "core/value.h"
#include "pg/conn.h"

/* The tables as they are before a migration. */
struct migrate_tables {
	const char *oids, *nodes;       /* arrays, as text */
	int64_t rows[3];                /* inserted, updated, deleted, by this session and not yet reported */
};

int migrate_observe_before(struct mem *, struct pg *, struct migrate_tables *, struct err *);
/* Inside of its transaction, at the end: {locks: [{relation, mode}], rewrites: [relation], rows: {inserted, updated,
 * deleted}}. NULL on error. */
struct value *migrate_observe_after(struct mem *, struct pg *, const struct migrate_tables *, struct err *);

#endif
