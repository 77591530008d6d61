/* observe.c - asks the server before and after. */
#include "migrate/observe.h"

static int
count_rows(struct mem *m, struct pg *pg, int64_t rows[3], struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, "SELECT coalesce(sum(n_tup_ins), 0), coalesce(sum(n_tup_upd), 0),"
	    " coalesce(sum(n_tup_del), 0) FROM pg_catalog.pg_stat_xact_user_tables WHERE schemaname <> 'handrail'", 0, NULL);

	for (int i = 0; r && i < 3; i++)
		rows[i] = pg_rows_int(r, 0, i);
	return r ? 0 : -1;
}

int
migrate_observe_before(struct mem *m, struct pg *pg, struct migrate_tables *t, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, "SELECT coalesce(array_agg(oid), '{}')::text,"
	    " coalesce(array_agg(relfilenode), '{}')::text FROM pg_class WHERE relkind IN ('r', 'm', 'p') AND oid >= 16384",
	    0, NULL);

	if (!r)
		return -1;
	t->oids = pg_rows_text(r, 0, 0);
	t->nodes = pg_rows_text(r, 0, 1);
	return count_rows(m, pg, t->rows, e);
}

/* The strongest lock on each table that others could have used before; reading alone stands in nobody's way. */
static const char locks_sql[] =
	"SELECT l.relation::regclass, (ARRAY['RowShareLock', 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock',"
	" 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'])[max(array_position(ARRAY['RowShareLock',"
	" 'RowExclusiveLock', 'ShareUpdateExclusiveLock', 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock',"
	" 'AccessExclusiveLock'], l.mode))] AS mode FROM pg_catalog.pg_locks l JOIN unnest($1::oid[]) b(oid)"
	" ON l.relation = b.oid WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted AND l.mode <> 'AccessShareLock'"
	" GROUP BY l.relation ORDER BY l.relation";
static const char rewrites_sql[] =
	"SELECT c.oid::regclass FROM unnest($1::oid[], $2::oid[]) b(oid, node) JOIN pg_catalog.pg_class c USING (oid)"
	" WHERE c.relfilenode <> b.node ORDER BY c.oid";

struct value *
migrate_observe_after(struct mem *m, struct pg *pg, const struct migrate_tables *t, struct err *e)
{
	const char *const params[] = { t->oids, t->nodes };
	struct value *o = value_object(m), *list;
	struct pg_rows *locks = pg_query(m, pg, e, locks_sql, 1, params), *rewrites;
	int64_t rows[3];

	if (!locks || !(rewrites = pg_query(m, pg, e, rewrites_sql, 2, params)) || count_rows(m, pg, rows, e))
		return NULL;
	list = value_set_array(m, o, "locks");
	for (int i = 0; i < pg_rows_count(locks); i++) {
		struct value *lock = value_add_object(m, list);

		value_set_string(lock, "relation", pg_rows_text(locks, i, 0));
		value_set_string(lock, "mode", pg_rows_text(locks, i, 1));
	}
	list = value_set_array(m, o, "rewrites");
	for (int i = 0; i < pg_rows_count(rewrites); i++)
		value_add_string(list, pg_rows_text(rewrites, i, 0));
	list = value_set_object(m, o, "rows");
	value_set_int(list, "inserted", rows[0] - t->rows[0]);
	value_set_int(list, "updated", rows[1] - t->rows[1]);
	value_set_int(list, "deleted", rows[2] - t->rows[2]);
	return o;
}
