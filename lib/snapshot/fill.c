/* fill.c - which part of a database is loaded when. */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "snapshot/create.h"
#include "snapshot/dump.h"
#include "snapshot/entry.h"
#include "snapshot/fill.h"
#include "snapshot/flush.h"
#include "snapshot/key.h"
#include "snapshot/left.h"
#include "snapshot/load.h"
#include "snapshot/moment.h"
#include "snapshot/properties.h"
#include "snapshot/session.h"
#include "snapshot/store.h"
#include "snapshot/suits.h"
#include "snapshot/stream.h"
#include "snapshot/toc.h"
#include "snapshot/views.h"

/* OIDs of catalogs, the same in every version. */
enum { PG_PROC = 1255, PG_CLASS = 1259, PG_CONSTRAINT = 2606, PG_OPERATOR = 2617 };

enum {
	SMALL = 1 << 20,        /* a table of fewer bytes is done before two steps are */
	SAMPLE = 64 << 20,      /* of a larger one statistics cost no more */
};

/* What becomes of an entry of the dump, by its id. */
struct fate {
	/* with the schema, which comes first; as a job; after all jobs */
	enum { DONE, JOB, LATE } is;
	size_t job;
	bool relation, function;
	struct load_table *table;       /* whose rows are loaded by jobs of ours */
	int indexes;            /* that are made by statements of their own */
	bool computed;          /* one of them is of an expression */
};

struct fill {
	struct mem *m;
	const struct restore *how;
	const struct value *store;
	const char *spec, *database;
	int dump;               /* rest.dump */
	struct pg *pg;
	void **loader;          /* as many as there are threads */
	struct toc schema, rest;        /* sections pre-data and post-data */
	struct fate *fate;
	size_t ids;
	struct graph *graph;
	size_t streamed;        /* the job that stands for the data that pg_dump kept */
	size_t read;            /* the job behind which functions find all tables filled */
	struct load tables;
	/* of rest, in its order, but for grants and what comes behind them */
	const struct toc_entry **late;
	size_t late_count;
};

static const struct fate *
fate(const struct fill *f, int id)
{
	return id >= 0 && (size_t)id < f->ids ? &f->fate[id] : NULL;
}

/* Those of the entries FROM to TO of T that come at TIME. */
static int
run_entries(struct fill *f, const struct toc *t, size_t from, size_t to, enum moment time,
    struct err *e)
{
	MEM_SCOPE(m);
	size_t n;
	const struct toc_entry **list = moment_select(m, t, from, to, time, &n);

	return toc_run(f->pg, list, n, e);
}

/* Jobs */

static int
run_entry(void *worker, void *entry, struct err *e)
{
	struct loader *w = worker;

	return entry_make(w->pg, w->how, entry, e);
}

static int
analyze(void *worker, void *table, struct err *e)
{
	MEM_SCOPE(m);
	struct loader *w = worker;

	return pg_exec(w->pg, mem_fmt(m, "ANALYZE %s", ((struct load_table *)table)->quoted), e);
}

/* How long making it will take, as long as loading so many bytes. */
static double
weight(const struct fill *f, const struct toc_entry *t)
{
	double size = 0;

	/* the other half of key_split */
	if (strstr(t->sql, " USING INDEX "))
		return 0;
	for (size_t i = 0; i < t->needs_count; i++) {
		const struct fate *a = fate(f, t->needs[i]);

		if (a && a->table && (double)a->table->size > size)
			size = (double)a->table->size;
	}
	return strstr(t->sql, " USING gin ") ? 3 * size : size / 2;
}

static bool
is_index(const struct toc_entry *t)
{
	return toc_begins(t->sql, "CREATE INDEX ") || toc_begins(t->sql, "CREATE UNIQUE INDEX ");
}

/* Does the index have a parenthesis in its list of columns? */
static bool
is_computed(const struct toc_entry *index)
{
	const char *list = strstr(index->sql, " USING ");

	list = list ? strchr(list, '(') : NULL;
	return list && list[1 + strcspn(list + 1, "()")] == '(';
}

/* Indexes and constraints take long, and can be made at the same time. An entry behind one that
 * comes late comes late. */
static bool
is_job(const struct fill *f, const struct toc_entry *t)
{
	for (size_t i = 0; i < t->needs_count; i++)
		if (fate(f, t->needs[i]) && fate(f, t->needs[i])->is == LATE)
			return false;
	return t->catalog == PG_CONSTRAINT || is_index(t) || toc_begins(t->sql, "ALTER INDEX ");
}

/* Does T call functions of the database? They may read its other tables, whatever they say of
 * themselves. */
static bool
calls(const struct fill *f, const struct toc_entry *t)
{
	for (size_t i = 0; i < t->needs_count; i++)
		if (fate(f, t->needs[i]) && fate(f, t->needs[i])->function)
			return true;
	return false;
}

/* A job that makes T, which is T itself or a part of it. */
static size_t
add_job(struct fill *f, const struct toc_entry *t)
{
	size_t job = graph_add(f->graph, weight(f, t), run_entry,
	    memcpy(mem_zero(f->m, 1, sizeof *t), t, sizeof *t));

	for (size_t i = 0; i < t->needs_count; i++) {
		const struct fate *a = fate(f, t->needs[i]);

		if (!a)
			continue;
		if (a->is == JOB)
			graph_after(f->graph, job, a->job);
		/* an index lets others at its table, a constraint does not */
		if (a->relation)
			graph_use(f->graph, job, t->needs[i], !is_index(t));
	}
	if (calls(f, t))
		graph_after(f->graph, job, f->read);
	return job;
}

/* Is T on a table that is worth two steps, as it has other indexes, which can be made at the same
 * time? */
static bool
is_shared(const struct fill *f, const struct toc_entry *t)
{
	const struct fate *a = t->catalog == PG_CONSTRAINT && t->needs_count ?
	    fate(f, t->needs[0]) :
	    NULL;

	return a && a->table && a->indexes > 0 && a->table->size > SMALL;
}

static void
add_entry(struct fill *f, const struct toc_entry *t)
{
	struct fate *a = &f->fate[t->id];
	struct toc_entry index, constraint;

	a->is = JOB;
	if (is_shared(f, t) && key_split(f->m, t, &index, &constraint)) {
		size_t job = add_job(f, &index);

		a->job = add_job(f, &constraint);
		graph_after(f->graph, a->job, job);
	} else {
		a->job = add_job(f, t);
	}
}

/* What is known of the indexes of each table. */
static void
note_indexes(struct fill *f, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct toc_entry *t = &f->rest.item[i];

		for (size_t k = 0; k < t->needs_count && is_index(t); k++) {
			if (!fate(f, t->needs[k]))
				continue;
			f->fate[t->needs[k]].indexes++;
			f->fate[t->needs[k]].computed |= is_computed(t);
		}
	}
}

static size_t
add_analyzing(struct fill *f, struct load_table *t, int id)
{
	/* of a larger table it reads a part */
	size_t job = graph_add(f->graph, t->size < SAMPLE ? (double)t->size : SAMPLE, analyze, t);

	graph_after(f->graph, job, t->complete);
	graph_use(f->graph, job, id, true);
	return job;
}

/* Statistics of a table cannot be made at the same time as its indexes: so they come first, when
 * other tables are still loaded. But an index of an expression has statistics of its own. */
static void
analyze_tables(struct fill *f, bool computed)
{
	for (size_t i = 0; i < f->schema.count; i++) {
		struct fate *a = &f->fate[f->schema.item[i].id];

		if (a->table && !a->table->parent && a->computed == computed)
			a->job = add_analyzing(f, a->table, f->schema.item[i].id);
	}
}

/* Those that must wait for the indexes of their expressions. */
static void
analyze_late(struct fill *f)
{
	analyze_tables(f, true);
	for (size_t i = 0; i < f->rest.count; i++) {
		const struct toc_entry *t = &f->rest.item[i];

		for (size_t k = 0; f->fate[t->id].is == JOB && k < t->needs_count; k++) {
			const struct fate *a = fate(f, t->needs[k]);

			if (a && a->table && !a->table->parent && a->computed && is_index(t))
				graph_after(f->graph, a->job, f->fate[t->id].job);
		}
	}
}

static void
add_entries(struct fill *f)
{
	size_t end = toc_first_grant(&f->rest);

	f->late = mem_zero(f->m, end + 1, sizeof *f->late);
	note_indexes(f, end);
	analyze_tables(f, false);
	for (size_t i = 0; i < end; i++) {
		const struct toc_entry *t = &f->rest.item[i];

		if (is_job(f, t)) {
			add_entry(f, t);
		} else {
			f->fate[t->id].is = LATE;
			f->late[f->late_count++] = t;
		}
	}
	analyze_late(f);
}

/* Which of our tables has each relation of the schema become? */
static int
by_oid(const void *a, const void *b)
{
	const struct load_table *x = *(struct load_table *const *)a,
				*y = *(struct load_table *const *)b;

	return (x->oid > y->oid) - (x->oid < y->oid);
}

static void
find_tables(struct fill *f)
{
	MEM_SCOPE(m);
	struct load_table **sorted = mem_zero(m, f->tables.count + 1, sizeof *sorted);

	for (size_t i = 0; i < f->tables.count; i++)
		sorted[i] = &f->tables.item[i];
	qsort(sorted, f->tables.count, sizeof *sorted, by_oid);
	for (size_t i = 0; i < f->schema.count; i++) {
		const struct toc_entry *t = &f->schema.item[i];
		struct load_table key = { .oid = t->oid }, *wanted = &key, **found;
		struct fate *a = &f->fate[t->id];

		a->function = t->catalog == PG_PROC || t->catalog == PG_OPERATOR;
		if (t->catalog != PG_CLASS)
			continue;
		found = bsearch(&wanted, sorted, f->tables.count, sizeof *sorted, by_oid);
		a->relation = true;
		a->is = JOB;
		a->table = found && !(*found)->from ? *found : NULL;
		a->job = found ? (*found)->complete : f->streamed;
	}
}

static int
nothing(void *worker, void *arg, struct err *e)
{
	(void)worker;
	(void)arg;
	(void)e;
	return 0;
}

/* A table that calls functions for each row that comes is loaded behind those that do not. */
static void
put_in_order(struct fill *f)
{
	struct graph *g = f->graph;

	f->read = graph_add(g, 0, nothing, NULL);
	graph_after(g, f->read, f->streamed);
	for (size_t i = 0; i < f->schema.count; i++) {
		const struct toc_entry *t = &f->schema.item[i];
		const struct load_table *table = f->fate[t->id].table;
		bool late = table && calls(f, t) &&
		    (strstr(t->sql, " CHECK (") || strstr(t->sql, " GENERATED ALWAYS AS ("));

		for (size_t k = 0; table && k < table->loads; k++)
			if (late)
				graph_after(g, table->first + k, f->read);
			else
				graph_after(g, f->read, table->first + k);
	}
}

static int
plan(struct fill *f, struct err *e)
{
	const struct toc *const both[] = { &f->schema, &f->rest };

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < both[k]->count; i++)
			if ((size_t)both[k]->item[i].id >= f->ids)
				f->ids = (size_t)both[k]->item[i].id + 1;
	f->fate = mem_zero(f->m, f->ids + 1, sizeof *f->fate);
	f->graph = graph_new(f->m);
	f->streamed = graph_add(f->graph, 0, NULL, NULL);
	if (load_plan(f->m, f->how, f->store, f->pg, f->graph, f->streamed, &f->tables, e))
		return -1;
	find_tables(f);
	put_in_order(f);
	add_entries(f);
	return 0;
}

/* Parts */

static int
make_schema(struct fill *f, struct err *e)
{
	const struct toc_entry **list;
	size_t n;

	f->dump = restore_member(f->m, f->how->r,
	    store_member(f->m, value_get_string(f->store, "name"), "rest.dump"), e);
	if (f->dump < 0 || dump_read(f->m, f->how, f->store, f->dump, "pre-data", &f->schema, e) ||
	    dump_read(f->m, f->how, f->store, f->dump, "post-data", &f->rest, e))
		return -1;
	if (!(f->pg = load_connect(f->m, f->spec, f->database, e)) ||
	    pg_exec(f->pg, f->schema.preamble, e) ||
	    suits_check(f->pg, f->how, f->store, &f->schema, e) ||
	    suits_check(f->pg, f->how, f->store, &f->rest, e) ||
	    !(f->loader = load_workers(f->m, f->how, f->how->jobs, f->spec, f->database,
		  f->schema.preamble, e)))
		return -1;
	list = moment_select(f->m, &f->schema, 0, toc_first_grant(&f->schema), NOW, &n);
	return create_run(f->pg, f->loader, f->how->jobs, list, n, e);
}

/* What our own statements name has its schema; what functions of the database do may not. */
static const char *
path_sql(const struct fill *f)
{
	const char *path = f->how->search_path;

	return path ? mem_fmt(f->m, "SELECT pg_catalog.set_config('search_path', %s, false);",
			  pg_quote_literal(f->m, path)) :
		      "";
}

/* By our threads, and at the same time what pg_dump kept: large objects, sequences, extensions'
 * own. */
static int
load_contents(struct fill *f, struct err *e)
{
	struct err second;
	struct pool *pool;
	int bad;

	for (size_t i = 0; i < f->how->jobs; i++)
		if (pg_exec(((struct loader *)f->loader[i])->pg, path_sql(f), e))
			return -1;
	if (plan(f, e) || load_quiet(f->pg, &f->tables, e) ||
	    !(pool = graph_start(f->m, f->graph, f->loader, f->how->jobs, e)))
		return -1;
	if ((bad = dump_load_data(f->how, f->store, f->dump, f->pg, e)))
		graph_give_up(f->graph);
	else
		graph_done(f->graph, f->streamed);
	flush_along(f->pg, pool);
	return pool_wait(pool, bad ? &second : e) || bad ? -1 : 0;
}

/* Grants come late: they could keep the owner itself from filling a table; event triggers last. */
static int
finish(struct fill *f, struct err *e)
{
	/* a materialized view is filled as its owner, who may have policies to obey: as ever when
	 * it is refreshed */
	if (load_wake(f->pg, &f->tables, e) || toc_run(f->pg, f->late, f->late_count, e) ||
	    pg_exec(f->pg, "SET row_security = on", e) ||
	    run_entries(f, &f->schema, toc_first_grant(&f->schema), f->schema.count, NOW, e) ||
	    run_entries(f, &f->rest, toc_first_grant(&f->rest), f->rest.count, NOW, e) ||
	    pg_exec(f->pg, path_sql(f), e) ||
	    views_fill(f->pg, f->how, &f->rest, properties_path(f->store), e) ||
	    views_analyze(f->pg, e) ||
	    pg_exec(f->pg, "SET search_path = ''", e) ||
	    left_compare(f->pg, f->how, f->store, e))
		return -1;
	if (!f->how->no_owner &&
	    properties_apply(f->m, f->store, f->spec, f->database, f->how->say, f->how->arg, e))
		return -1;
	return run_entries(f, &f->rest, 0, f->rest.count, AT_THE_END, e);
}

/* How long the part took that ends now. */
static void
lap(struct value *seconds, const char *part, double *begun)
{
	double now = clock_now();

	value_set_real(seconds, part, (double)(long long)((now - *begun) * 1000) / 1000);
	*begun = now;
}

static int
fill(struct fill *f, struct value *seconds, struct err *e)
{
	double begun = clock_now();

	if (make_schema(f, e))
		return -1;
	lap(seconds, "schema", &begun);
	if (load_contents(f, e))
		return -1;
	lap(seconds, "contents", &begun);
	if (finish(f, e))
		return -1;
	lap(seconds, "rest", &begun);
	return 0;
}

int
fill_database(const struct restore *how, const struct value *store, const char *spec,
    const char *database, struct value *seconds, struct err *e)
{
	/* all connections end with this: a database that somebody is connected to cannot be
	 * dropped */
	MEM_SCOPE(m);
	struct fill f = { .m = m, .how = how, .store = store, .spec = spec, .database = database };

	return fill(&f, seconds, e) ? session_advise(properties_path(store), e) : 0;
}
