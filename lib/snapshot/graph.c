/* graph.c - jobs that wait for each other. */
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "core/clock.h"
#include "core/stop.h"
#include "snapshot/graph.h"

enum { LOOK_MS = 200 };         /* how often a thread without a job looks whether it is to stop */

struct use {
	int thing;
	bool alone;
};

struct node {
	double way;             /* its weight and those of the longest way behind it */
	graph_job *job;
	void *arg;
	size_t left;            /* jobs before it that are not done */
	size_t *then;           /* jobs behind it */
	size_t then_count, then_room;
	struct use *use;
	size_t use_count, use_room;
};

/* How a thing is used now: < 0 by one alone, > 0 by so many. */
struct thing {
	int number, users;
};

struct graph {
	struct mem *m;
	struct node *node;
	size_t count, room, jobs;
	struct thing *thing;    /* sorted by number */
	size_t things;
	pthread_mutex_t lock;   /* of all below, and of the nodes' left, and the things' users */
	pthread_cond_t changed;
	size_t *ready, *aside;  /* a heap, the longest way on top; jobs whose things are in use */
	size_t ready_count, aside_count;
	size_t *later, later_count;     /* jobs that wait for they do not know what */
	size_t running, outside, done;  /* OUTSIDE: those that graph_done tells of */
	size_t tried;           /* how many were done when those of LATER were called again */
	struct err why;         /* of the last of LATER */
	bool over;
	struct err e;           /* why it is over */
};

/* What one thread works with. */
struct lane {
	struct graph *g;
	void *worker;
};

static void
drop(void *arg)
{
	struct graph *g = arg;

	pthread_cond_destroy(&g->changed);
	pthread_mutex_destroy(&g->lock);
}

struct graph *
graph_new(struct mem *m)
{
	struct graph *g = mem_zero(m, 1, sizeof *g);

	g->m = m;
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->changed, NULL);
	return mem_own(m, g, drop);
}

size_t
graph_add(struct graph *g, double weight, graph_job *job, void *arg)
{
	mem_grow(g->m, &g->node, g->count, &g->room, sizeof *g->node);
	g->node[g->count] = (struct node){ .way = weight, .job = job, .arg = arg };
	g->jobs += job != NULL;
	g->outside += job == NULL;
	return g->count++;
}

size_t graph_count(const struct graph *g) { return g->count; }

size_t
graph_jobs_done(struct graph *g)
{
	size_t done;

	pthread_mutex_lock(&g->lock);
	done = g->done;
	pthread_mutex_unlock(&g->lock);
	return done;
}

void
graph_after(struct graph *g, size_t job, size_t before)
{
	struct node *b = &g->node[before];

	mem_grow(g->m, &b->then, b->then_count, &b->then_room, sizeof *b->then);
	b->then[b->then_count++] = job;
	g->node[job].left++;
}

void
graph_use(struct graph *g, size_t job, int thing, bool alone)
{
	struct node *n = &g->node[job];

	for (size_t i = 0; i < n->use_count; i++)
		if (n->use[i].thing == thing)
			return;
	mem_grow(g->m, &n->use, n->use_count, &n->use_room, sizeof *n->use);
	n->use[n->use_count++] = (struct use){ thing, alone };
}

/* Things */

static int
by_number(const void *a, const void *b)
{
	const struct thing *x = a, *y = b;

	return (x->number > y->number) - (x->number < y->number);
}

static struct thing *
thing_of(const struct graph *g, const struct use *u)
{
	struct thing key = { .number = u->thing };

	return bsearch(&key, g->thing, g->things, sizeof *g->thing, by_number);
}

static void
gather_things(struct graph *g)
{
	size_t room = 0, kept = 0;

	for (size_t i = 0; i < g->count; i++)
		for (size_t k = 0; k < g->node[i].use_count; k++) {
			mem_grow(g->m, &g->thing, g->things, &room, sizeof *g->thing);
			g->thing[g->things++] = (struct thing){ .number = g->node[i].use[k].thing };
		}
	if (g->things)
		qsort(g->thing, g->things, sizeof *g->thing, by_number);
	for (size_t i = 0; i < g->things; i++)
		if (!kept || g->thing[kept - 1].number != g->thing[i].number)
			g->thing[kept++] = g->thing[i];
	g->things = kept;
}

static bool
are_free(const struct graph *g, const struct node *n)
{
	for (size_t i = 0; i < n->use_count; i++) {
		int users = thing_of(g, &n->use[i])->users;

		if (users < 0 || (users && n->use[i].alone))
			return false;
	}
	return true;
}

static void
take_things(const struct graph *g, const struct node *n)
{
	for (size_t i = 0; i < n->use_count; i++)
		thing_of(g, &n->use[i])->users += n->use[i].alone ? -1 : 1;
}

static void
free_things(const struct graph *g, const struct node *n)
{
	for (size_t i = 0; i < n->use_count; i++)
		thing_of(g, &n->use[i])->users -= n->use[i].alone ? -1 : 1;
}

/* The heap of jobs that may begin */

/* Of two as long, the one that was added first. */
static bool
before(const struct graph *g, size_t a, size_t b)
{
	return g->node[a].way == g->node[b].way ? a < b : g->node[a].way > g->node[b].way;
}

static void
push(struct graph *g, size_t job)
{
	size_t at = g->ready_count++;

	for (; at && before(g, job, g->ready[(at - 1) / 2]); at = (at - 1) / 2)
		g->ready[at] = g->ready[(at - 1) / 2];
	g->ready[at] = job;
}

static size_t
pop(struct graph *g)
{
	size_t top = g->ready[0], last = g->ready[--g->ready_count], at = 0, child;

	for (; (child = 2 * at + 1) < g->ready_count; at = child) {
		if (child + 1 < g->ready_count && before(g, g->ready[child + 1], g->ready[child]))
			child++;
		if (!before(g, g->ready[child], last))
			break;
		g->ready[at] = g->ready[child];
	}
	g->ready[at] = last;
	return top;
}

/* Under the lock: nothing else goes on. */
static void
call_again(struct graph *g)
{
	if (g->done == g->tried) {
		g->e = g->why;
		g->over = true;
		pthread_cond_broadcast(&g->changed);
		return;
	}
	g->tried = g->done;
	while (g->later_count)
		push(g, g->later[--g->later_count]);
}

/* Under the lock. */
static bool
pick(struct graph *g, size_t *job)
{
	bool found = false;

	if (g->later_count && !g->ready_count && !g->running && !g->outside)
		call_again(g);
	while (g->ready_count && !found) {
		*job = pop(g);
		if (!(found = are_free(g, &g->node[*job])))
			g->aside[g->aside_count++] = *job;
	}
	while (g->aside_count)
		push(g, g->aside[--g->aside_count]);
	return found;
}

/* Working */

static int
next(struct graph *g, size_t *job, struct err *e)
{
	bool found = false;
	int bad = 0;

	pthread_mutex_lock(&g->lock);
	while (!bad && !g->over && !(found = pick(g, job)) && !g->over) {
		struct timespec until = clock_in(LOOK_MS);

		pthread_cond_timedwait(&g->changed, &g->lock, &until);
		bad = stop_check(e);
	}
	if (found) {
		take_things(g, &g->node[*job]);
		g->running++;
	} else if (!bad)
		*e = g->e;
	pthread_mutex_unlock(&g->lock);
	return found ? 0 : -1;
}

/* Under the lock. */
static void
finish(struct graph *g, const struct node *n)
{
	g->done++;
	for (size_t i = 0; i < n->then_count; i++)
		if (!--g->node[n->then[i]].left && g->node[n->then[i]].job)
			push(g, n->then[i]);
	pthread_cond_broadcast(&g->changed);
}

static void
end(struct graph *g, const struct err *why)
{
	pthread_mutex_lock(&g->lock);
	if (!g->over)
		g->e = *why;
	g->over = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->lock);
}

/* One job is called. Returns what it does. */
static int
call(struct lane *l, size_t job, struct err *e)
{
	struct graph *g = l->g;
	int result = g->node[job].job(l->worker, g->node[job].arg, e);

	if (result < 0) {
		end(g, e);
		return -1;
	}
	pthread_mutex_lock(&g->lock);
	free_things(g, &g->node[job]);
	g->running--;
	if (result == GRAPH_LATER) {
		g->later[g->later_count++] = job;
		g->why = *e;
		pthread_cond_broadcast(&g->changed);
	} else {
		finish(g, &g->node[job]);
	}
	pthread_mutex_unlock(&g->lock);
	return result;
}

/* Until one job is done. */
static int
work(void *lane, size_t unused, struct err *e)
{
	struct lane *l = lane;
	size_t job;
	int result;

	(void)unused;
	do
		if (next(l->g, &job, e))
			return -1;
	while ((result = call(l, job, e)) == GRAPH_LATER);
	return result;
}

void
graph_done(struct graph *g, size_t job)
{
	pthread_mutex_lock(&g->lock);
	g->outside--;
	finish(g, &g->node[job]);
	pthread_mutex_unlock(&g->lock);
}

void
graph_give_up(struct graph *g)
{
	const struct err why = { .code = FAIL_TROUBLE, .word = "given-up", .text = "given up" };

	end(g, &why);
}

struct pool *
graph_start(struct mem *m, struct graph *g, void *const *workers, size_t count, struct err *e)
{
	struct lane *lane = mem_zero(m, count, sizeof *lane);
	void **lanes = mem_zero(m, count, sizeof *lanes);

	gather_things(g);
	g->ready = mem_zero(m, g->count + 1, sizeof *g->ready);
	g->aside = mem_zero(m, g->count + 1, sizeof *g->aside);
	g->later = mem_zero(m, g->count + 1, sizeof *g->later);
	/* what comes behind was added behind */
	for (size_t i = g->count; i-- > 0;) {
		double behind = 0;

		for (size_t k = 0; k < g->node[i].then_count; k++)
			if (g->node[g->node[i].then[k]].way > behind)
				behind = g->node[g->node[i].then[k]].way;
		g->node[i].way += behind;
	}
	for (size_t i = 0; i < g->count; i++)
		if (!g->node[i].left && g->node[i].job)
			push(g, i);
	for (size_t i = 0; i < count; i++) {
		lane[i] = (struct lane){ g, workers[i] };
		lanes[i] = &lane[i];
	}
	return pool_start(m, lanes, count, g->jobs, work, e);
}
