/* fill.c - which part of a database is loaded when. */
#include "core/clock.h"
#include "snapshot/create.h"
#include "snapshot/dump.h"
#include "snapshot/fill.h"
#include "snapshot/flush.h"
#include "snapshot/jobs.h"
#include "snapshot/left.h"
#include "snapshot/load.h"
#include "snapshot/load_progress.h"
#include "snapshot/moment.h"
#include "snapshot/properties.h"
#include "snapshot/session.h"
#include "snapshot/store.h"
#include "snapshot/suits.h"
#include "snapshot/toc.h"
#include "snapshot/views.h"

struct fill {
	struct mem *m;
	const struct restore *how;
	const struct value *store;
	const char *spec, *database;
	int dump;               /* rest.dump */
	struct pg *pg;
	void **loader;          /* as many as there are threads */
	struct toc schema, rest;        /* sections pre-data and post-data */
	struct graph *graph;
	size_t streamed;        /* the job that stands for the data that pg_dump kept */
	struct load tables;
	/* of rest, behind all jobs, but for grants and what comes behind them */
	const struct toc_entry **late;
	size_t late_count;
};

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

static int
plan(struct fill *f, struct err *e)
{
	f->graph = graph_new(f->m);
	f->streamed = graph_add(f->graph, 0, NULL, NULL);
	if (load_plan(f->m, f->how, f->store, f->pg, f->graph, f->streamed, &f->tables, e))
		return -1;
	f->late = jobs_add(f->m, f->graph, f->streamed, &f->schema, &f->rest, &f->tables,
	    &f->late_count);
	return 0;
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
	struct load_progress progress;
	struct err second;
	struct pool *pool;
	int bad;

	for (size_t i = 0; i < f->how->jobs; i++)
		if (pg_exec(((struct loader *)f->loader[i])->pg, path_sql(f), e))
			return -1;
	if (plan(f, e) || load_quiet(f->pg, &f->tables, e) ||
	    !(pool = graph_start(f->m, f->graph, f->loader, f->how->jobs, e)))
		return -1;
	progress = load_progress_begin(f->how, value_get_string(f->store, "name"), f->loader,
	    f->graph, &f->tables);
	if ((bad = dump_load_data(f->how, f->store, f->dump, f->pg, e)))
		graph_give_up(f->graph);
	else
		graph_done(f->graph, f->streamed);
	flush_along(f->pg, pool, load_progress_tick, &progress);
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
