/* copy - threads that copy tables out of one snapshot into frames of an archive, a range of pages
 * at a time. */
#ifndef SNAPSHOT_COPY_H
#define SNAPSHOT_COPY_H

#include "snapshot/pool.h"
#include "snapshot/store.h"
#include "snapshot/tables.h"

/* What is copied from. */
struct copy_from {
	const char *spec;       /* the database */
	const char *snapshot;
	/* The connection that holds the snapshot and a lock on each table. Of a table that nobody
	 * else can lock any more, for one waits to have it alone, it reads the rows: nobody else
	 * may use it meanwhile. */
	struct pg *leader;
};

/* Start copying all TABLES; those that are left to pg_dump are read to sum them. The connections
 * are made before this returns. Wait with pool_wait; then each table has its rows and row_sum. */
struct pool *copy_start(struct mem *, const struct copy_from *, struct tables *,
    const struct store *, const struct store_taking *, struct err *);

#endif
