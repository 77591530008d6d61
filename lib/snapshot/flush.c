/* flush.c - a commit that waits for the disk brings there all that was logged before it. */
#include "snapshot/flush.h"

/* How often: on a fast machine the log's buffers (4 MB, where shared_buffers is not set) are full
 * after 20 ms. */
static const double often = 0.01;

/* A commit waits only where something was logged: a message that nobody reads. */
#define LOG "pg_catalog.pg_logical_emit_message(true, 'handrail', '')"

struct along {
	struct pg *pg;
	void (*also)(void *);
	void *arg;
};

static void
tick(void *arg)
{
	struct along *a = arg;
	struct err ignored;

	a->also(a->arg);
	/* no standby need have it yet */
	if (pg_alive(a->pg))
		pg_exec(a->pg,
		    "SELECT CASE WHEN pg_catalog.pg_current_wal_insert_lsn()"
		    " - pg_catalog.pg_current_wal_flush_lsn() > 1000000 THEN pg_catalog.concat("
		    "pg_catalog.set_config('synchronous_commit', 'local', true), " LOG ") END",
		    &ignored);
}

void
flush_along(struct pg *pg, struct pool *pool, void (*also)(void *), void *arg)
{
	struct along a = { pg, also, arg };

	pool_watch(pool, often, tick, &a);
}

int
flush_all(struct pg *pg, struct err *e)
{
	return pg_exec(pg,
	    "SELECT pg_catalog.set_config('synchronous_commit', 'on', false)"
	    " WHERE pg_catalog.current_setting('synchronous_commit') = 'off'; SELECT " LOG, e);
}
