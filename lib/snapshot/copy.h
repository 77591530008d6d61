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

/* Jobs that the threads do before they copy: what else would be in the way of the copying, and has
 * a thread's worth of processor and connection for itself instead. */
struct copy_first {
	pool_job *job;          /* called with ARG and 0 to COUNT-1, by one thread each */
	void *arg;
	size_t count;
};

/* Start what is to be done first, and copying all TABLES; those that are left to pg_dump are read
 * to sum them. The connections are made before this returns. Wait with pool_wait; then each table
 * has its rows and row_sum. */
struct pool *copy_start(struct mem *, const struct copy_from *, const struct copy_first *,
    struct tables *, const struct store *, const struct store_taking *, struct err *);

#endif
