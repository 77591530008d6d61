/* source_live.c - live databases as sources: one, and two at once. */
#include <pthread.h>

#include "schema/load.h"
#include "schema/source_private.h"

int
source_open_live(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	struct pg *pg = pg_open(s->m, spec, NULL, e);

	(void)rest;
	if (pg && s->snapshot &&
	    pg_exec(pg,
		mem_fmt(s->m,
		    "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET TRANSACTION SNAPSHOT %s",
		    pg_quote_literal(s->m, s->snapshot)),
		e))
		return err_in(e, "--snapshot");
	if (!pg || !(out->model = load_model(s->m, pg, s->needs, mem_string(s->m, pg_uri(pg)), e)))
		return -1;
	pg_close(pg);
	return 0;
}

/* One side, read into memory of its own. */
struct side {
	struct pg *pg;
	struct mem *m;
	const char *name;
	bool needs;
	struct model *model;
	struct err e;
};

static void *
read_side(void *arg)
{
	struct side *s = arg;

	s->model = load_model(s->m, s->pg, s->needs, s->name, &s->e);
	return NULL;
}

static void
drop_mem(void *m)
{
	mem_free(m);
}

static int
open_side(struct source_set *s, const char *spec, struct side *side)
{
	*side = (struct side){ .needs = s->needs };
	if (!(side->pg = pg_open(s->m, spec, NULL, &side->e)))
		return -1;
	side->m = mem_own(s->m, mem_new(), drop_mem);
	side->name = mem_string(s->m, pg_uri(side->pg));
	return 0;
}

/* The first is read by a thread, while the second is connected to and read. */
int
source_open_live_both(
    struct source_set *s, char *const spec[2], struct source out[2], struct err *e)
{
	struct side side[2];
	pthread_t thread;

	if (!open_side(s, spec[0], &side[0])) {
		bool alone = pthread_create(&thread, NULL, read_side, &side[0]);

		if (!open_side(s, spec[1], &side[1]))
			read_side(&side[1]);
		if (alone)
			read_side(&side[0]);
		else
			pthread_join(thread, NULL);
	}
	for (int i = 0; i < 2; i++) {
		if (!(out[i].model = side[i].model)) {
			*e = side[i].e;
			return -1;
		}
		pg_close(side[i].pg);
	}
	return 0;
}
