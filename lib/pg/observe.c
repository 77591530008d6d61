/* observe.c - asks the server before and after. */
#include <string.h>

#include "pg/observe.h"

enum { INSERTED, UPDATED, DELETED, SCANNED, COUNTERS };
static const char *const counters[COUNTERS] = { "inserted", "updated", "deleted", "scanned" };
/* Reading alone stands in nobody's way. */
static const char *const modes[] = { NULL, "RowShareLock", "RowExclusiveLock",
	"ShareUpdateExclusiveLock", "ShareLock", "ShareRowExclusiveLock", "ExclusiveLock",
	"AccessExclusiveLock" };

/* A relation of which the server had something to tell. */
struct touched {
	const char *name;
	int64_t mode, strongest;        /* held at the last look, and ever; of modes */
	int64_t node;                   /* its file at the last look; 0: as at the start */
	int64_t count[COUNTERS], sum[COUNTERS];
	bool rewritten;
	bool here;                      /* in this look */
};

struct pg_observer {
	struct mem *m;
	struct pg *pg;
	const char *before[3];          /* arrays, as text: oids, files, names */
	struct touched *item;
	size_t count, room;
};

static const char before_sql[] =
    "SELECT coalesce(array_agg(c.oid), '{}')::text, coalesce(array_agg(c.relfilenode), '{}')::text,"
    " coalesce(array_agg(format('%I.%I', n.nspname, c.relname)), '{}')::text FROM "
    "pg_catalog.pg_class c"
    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'm', 'p') "
    "AND c.oid >= 16384"
    " AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN ('information_schema', 'handrail')";
/* Asked after each statement: the counters of the tables in question alone; the view of them goes
 * through all tables and their indexes. */
static const char next_sql[] =
    "WITH b AS (SELECT * FROM unnest($1::oid[], $2::oid[], $3::text[]) b(oid, node, name)),"
    " l AS (SELECT l.relation AS oid, max(array_position(ARRAY['RowShareLock', "
    "'RowExclusiveLock', 'ShareUpdateExclusiveLock',"
    " 'ShareLock', 'ShareRowExclusiveLock', 'ExclusiveLock', 'AccessExclusiveLock'], l.mode)) AS "
    "mode"
    " FROM pg_catalog.pg_locks l WHERE l.pid = pg_catalog.pg_backend_pid() AND l.granted"
    " AND l.relation IS NOT NULL GROUP BY l.relation)"
    " SELECT b.name, coalesce(l.mode, 0), CASE WHEN c.relfilenode <> b.node THEN c.relfilenode "
    "ELSE 0 END, s.inserted, s.updated, s.deleted, s.scanned"
    " FROM b LEFT JOIN l USING (oid) LEFT JOIN pg_catalog.pg_class c USING (oid)"
    " CROSS JOIN LATERAL (SELECT pg_catalog.pg_stat_get_xact_tuples_inserted(b.oid) AS inserted,"
    " pg_catalog.pg_stat_get_xact_tuples_updated(b.oid) AS updated,"
    " pg_catalog.pg_stat_get_xact_tuples_deleted(b.oid) AS deleted,"
    " pg_catalog.pg_stat_get_xact_numscans(b.oid) AS scanned OFFSET 0) s"
    " WHERE l.mode IS NOT NULL OR c.relfilenode <> b.node"
    " OR s.inserted + s.updated + s.deleted + s.scanned > 0 ORDER BY b.oid";

struct pg_observer *
pg_observe_start(struct mem *m, struct pg *pg, struct err *e)
{
	struct pg_observer *o = mem_zero(m, 1, sizeof *o);
	struct pg_rows *r = pg_query(m, pg, e, before_sql, 0, NULL);

	if (!r)
		return NULL;
	o->m = m;
	o->pg = pg;
	for (int i = 0; i < 3; i++)
		o->before[i] = pg_rows_text(r, 0, i);
	/* what this session has done before, and not yet reported, counts for nothing */
	if (pg_observe_next(o, NULL, e))
		return NULL;
	for (size_t i = 0; i < o->count; i++) {
		memset(o->item[i].sum, 0, sizeof o->item[i].sum);
		o->item[i].strongest = 0;
		o->item[i].rewritten = false;
	}
	return o;
}

static struct touched *
find(struct pg_observer *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (!strcmp(o->item[i].name, name))
			return &o->item[i];
	mem_grow(o->m, &o->item, o->count, &o->room, sizeof *o->item);
	memset(&o->item[o->count], 0, sizeof *o->item);
	o->item[o->count].name = mem_string(o->m, name);
	return &o->item[o->count++];
}

/* What a look tells, list by list. */
struct told {
	struct value *locks, *rewrites, *scans, *rows;
};

static void
add_rows(struct mem *m, struct value *list, const char *name, const int64_t more[COUNTERS])
{
	struct value *one;

	if (!more[INSERTED] && !more[UPDATED] && !more[DELETED])
		return;
	one = value_add_object(m, list);
	value_set_string(one, "relation", name);
	for (int i = 0; i < SCANNED; i++)
		value_set_int(one, counters[i], more[i]);
}

static void
add_lock(struct mem *m, struct value *list, const char *name, int64_t mode)
{
	struct value *one = value_add_object(m, list);

	value_set_string(one, "relation", name);
	value_set_string(one, "mode", modes[mode]);
}

/* One relation: what is more than at the last look is told. */
static void
take(struct mem *m, struct touched *t, const struct pg_rows *r, int row, struct told *told)
{
	int64_t mode = pg_rows_int(r, row, 1), node = pg_rows_int(r, row, 2), more[COUNTERS];

	for (int i = 0; i < COUNTERS; i++) {
		more[i] = pg_rows_int(r, row, 3 + i) - t->count[i];
		t->count[i] += more[i];
		if (more[i] < 0)        /* the session has reported meanwhile */
			more[i] = t->count[i];
	}
	if (mode > t->mode)
		add_lock(m, told->locks, t->name, mode);
	if (node && node != t->node)
		value_add_string(told->rewrites, t->name);
	if (more[SCANNED])
		value_add_string(told->scans, t->name);
	add_rows(m, told->rows, t->name, more);
	for (int i = 0; i < COUNTERS; i++)
		t->sum[i] += more[i];
	t->rewritten |= node && node != t->node;
	t->here = true;
	t->mode = mode;
	t->node = node;
	if (mode > t->strongest)
		t->strongest = mode;
}

static void
set_list(struct value *to, const char *name, const struct value *list)
{
	if (value_count(list))
		value_set(to, name, list);
}

int
pg_observe_next(struct pg_observer *o, struct value *to, struct err *e)
{
	MEM_SCOPE(m);
	struct told told = { value_array(m), value_array(m), value_array(m), value_array(m) };
	struct pg_rows *r = pg_query(m, o->pg, e, next_sql, 3, o->before);

	if (!r)
		return -1;
	for (size_t i = 0; i < o->count; i++)
		o->item[i].here = false;
	for (int i = 0; i < pg_rows_count(r); i++)
		take(m, find(o, pg_rows_text(r, i, 0)), r, i, &told);
	/* the transaction is over: another one begins at nothing */
	for (size_t i = 0; i < o->count; i++)
		if (!o->item[i].here) {
			o->item[i].mode = 0;
			memset(o->item[i].count, 0, sizeof o->item[i].count);
		}
	if (!to)
		return 0;
	set_list(to, "locks", told.locks);
	set_list(to, "rewrites", told.rewrites);
	set_list(to, "scans", told.scans);
	set_list(to, "rows", told.rows);
	return 0;
}

struct value *
pg_observe_sum(struct mem *m, const struct pg_observer *o)
{
	struct value *v = value_object(m), *locks = value_set_array(m, v, "locks"),
		     *rewrites = value_set_array(m, v, "rewrites"),
		     *rows = value_set_object(m, v, "rows");
	int64_t sum[COUNTERS] = { 0 };

	for (size_t i = 0; i < o->count; i++) {
		const struct touched *t = &o->item[i];

		if (t->strongest)
			add_lock(m, locks, t->name, t->strongest);
		if (t->rewritten)
			value_add_string(rewrites, t->name);
		for (int k = 0; k < COUNTERS; k++)
			sum[k] += t->sum[k];
	}
	for (int i = 0; i < SCANNED; i++)
		value_set_int(rows, counters[i], sum[i]);
	return v;
}
