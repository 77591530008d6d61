/* copy - threads that copy tables out of one snapshot into frames of an archive, a range of pages
 * at a time. */
#ifndef SNAPSHOT_COPY_H
#define SNAPSHOT_COPY_H

#include "snapshot/pool.h"
#include "snapshot/store.h"
#include "snapshot/tables.h"

/* Start copying all TABLES of the database SPEC as SNAPSHOT sees them; those that are left to
 * pg_dump are read to sum them. The connections are made
 * before this returns. Wait with pool_wait; then each table has its rows and row_sum. */
struct pool *copy_start(struct mem *, const char *spec, const char *snapshot, struct tables *,
    const struct store *, const struct store_taking *, struct err *);

#endif
