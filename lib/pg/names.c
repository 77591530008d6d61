/* names.c - whose names our own statements mean. */
#include "pg/conn_private.h"

int
pg_own_names(struct mem *m, struct pg *pg, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT pg_catalog.pg_backend_pid(), pg_catalog.current_schemas(false)", 0, NULL);

	if (!r)
		return -1;
	pg->schemas = pg_rows_text(r, 0, 1);
	/* nothing may stay with a connection that others will use: each query has them then */
	pg->shared = pg_rows_int(r, 0, 0) != pg_backend_pid(pg);
	return pg->shared ? 0 : pg_exec(pg, PG_OWN_NAMES, e);
}

const char *
pg_schemas(const struct pg *pg)
{
	return pg->schemas;
}
