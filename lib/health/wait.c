/* wait.c - when to probe what, and when it is enough. */
#include <math.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "core/clock.h"
#include "core/stop.h"
#include "health/child.h"
#include "health/resolve.h"
#include "health/wait_private.h"

enum {
	RATE = 1000,            /* attempts a second over all targets */
	BURST = 64,             /* attempts begun in one turn of the loop */
	OUR_FDS = 40,           /* descriptors left for everything but attempts */
};

static const double SHORTEST = 0.02, LONGEST = 1, SHARE = 0.05, JITTER = 0.125, SLOW = 0.25,
		    SPACED = 0.5, HEDGE = 1;

const struct wait_target *
wait_target(const struct wait *w, size_t i)
{
	return &w->runs[i].pub;
}

double
wait_seconds(const struct wait *w)
{
	return (w->ended > 0 ? w->ended : clock_now()) - w->begun;
}

double
wait_stable(const struct wait *w)
{
	return isinf(w->all_since) ? 0 : (w->ended > 0 ? w->ended : clock_now()) - w->all_since;
}

/* Queues */

static void
put(struct run *r)
{
	struct queue *q = r->pub.good ? &r->wait->calm : &r->wait->urgent;

	if (r->queued)
		return;
	r->queued = true;
	r->queue_next = NULL;
	if (!q->first)
		q->end = &q->first;
	*q->end = r;
	q->end = &r->queue_next;
}

static struct run *
take(struct queue *q)
{
	struct run *r = q->first;

	q->first = r->queue_next;
	r->queued = false;
	return r;
}

static void
on_due(void *arg)
{
	put(arg);
}

void
wait_due_at(struct run *r, double at)
{
	loop_set(r->wait->scene.loop, &r->next, at, on_due, r);
}

static double
random_share(void)
{
	return (double)random() / (double)RAND_MAX;
}

static double
pause_after(const struct run *r)
{
	double d = SHARE * (clock_now() - r->ramp);
	const struct kind *k = r->pub.target->kind;
	bool counting = r->streak > 0 && !r->pub.good;

	d = counting || d < SHORTEST ? SHORTEST : d > LONGEST ? LONGEST : d;
	d *= 1 - JITTER + 2 * JITTER * random_share();
	if (k->flags & KIND_SLOW && d < SLOW)
		d = SLOW;
	if (r->pub.target->want.consecutive > 1 && r->streak > 0 && d < SPACED)
		d = SPACED;
	return d;
}

/* When to look at R again, nothing being in flight. */
static void
schedule(struct run *r)
{
	struct wait *w = r->wait;
	double now = clock_now(), at = now + pause_after(r), end = judge_span_end(w);

	if (!isinf(w->all_since) && r->last_good < end && at > end)
		at = end > now ? end : now;
	wait_due_at(r, at);
}

/* Attempts */

static void
drop_flight(struct flight *f)
{
	struct run *r = f->run;
	struct wait *w = r->wait;

	loop_unset(w->scene.loop, &f->cut);
	w->fds -= r->pub.target->kind->fds;
	if (r->flight[0] == f)
		r->flight[0] = r->flight[1];
	r->flight[1] = NULL;
	f->probe.target->kind->drop(&f->probe);
	mem_free(f->probe.m);
}

static void on_hedge(void *);

/* When one beside what is in flight may begin. */
static double
hedge_time(const struct run *r)
{
	double first = r->flight[0]->probe.begun + HEDGE, pause = clock_now() + pause_after(r);

	return first > pause ? first : pause;
}

/* Is an attempt that had no answer after TOOK, when the wait ended, to be told in place of what was
 * seen last? When it hung for long, or is all there is to tell. */
static bool
tells_more(const struct run *r, double took)
{
	return !r->pub.last.state[0] ||
	    (!r->pub.good && !(r->pub.target->kind->flags & KIND_LIVE) && took > HEDGE);
}

static void
report(struct probe *p, bool ended)
{
	struct flight *f = p->owner;
	struct run *r = f->run;
	struct sight s = p->sight;
	double took = clock_now() - p->begun;
	/* it has seen the end of the wait a moment before the loop */
	bool cut = p->deadline >= r->wait->deadline && strstr(s.state, "timeout");

	if (ended)
		drop_flight(f);
	if (ended && cut && !tells_more(r, took)) {
		schedule(r);
		return;
	}
	if (ended && !strcmp(s.state, "ok") && r->flight[0])
		drop_flight(r->flight[0]);
	loop_unset(r->wait->scene.loop, &r->hedge);
	judge_sight(r, &s, took);
	if (!ended)
		return;
	if (!r->flight[0])
		schedule(r);
	else
		loop_set(r->wait->scene.loop, &r->hedge, hedge_time(r), on_hedge, r);
}

static void
tell_progress(struct probe *p)
{
	probe_say(p, "timeout", "no answer in time");
	if (p->target->kind->cut)
		p->target->kind->cut(p);
}

static void
on_cut(void *arg)
{
	struct flight *f = arg;

	tell_progress(&f->probe);
	report(&f->probe, true);
}

static void
begin(struct run *r)
{
	struct wait *w = r->wait;
	const struct target *t = r->pub.target;
	struct mem *m = mem_new();
	struct flight *f = mem_zero(m, 1, sizeof *f);
	double now = clock_now(), limit = now + t->want.attempt_timeout;

	f->run = r;
	f->probe = (struct probe){ .target = t,
		.scene = &w->scene,
		.m = m,
		.begun = now,
		.deadline = limit < w->deadline ? limit : w->deadline,
		.number = (unsigned)r->pub.attempts++,
		.report = report,
		.owner = f };
	r->flight[r->flight[0] ? 1 : 0] = f;
	loop_unset(w->scene.loop, &r->next);
	w->fds += t->kind->fds;
	w->tokens--;
	if (!(t->kind->flags & KIND_LIVE) && limit < w->deadline)
		loop_set(w->scene.loop, &f->cut, limit, on_cut, f);
	if (!(t->kind->flags & (KIND_SLOW | KIND_LIVE)))
		loop_set(w->scene.loop, &r->hedge, now + HEDGE, on_hedge, r);
	/* may end at once: F is not touched after it */
	t->kind->start(&f->probe);
}

static void
on_hedge(void *arg)
{
	struct run *r = arg;

	/* the first attempt may yet be answered; the hedge that is no better makes room for a fresh
	 * one */
	if (r->flight[1])
		drop_flight(r->flight[1]);
	put(r);
}

static bool
may_begin(const struct wait *w, const struct run *r)
{
	int fds = w->fds + r->pub.target->kind->fds;

	return w->tokens >= 1 && (fds <= w->fd_budget || !w->fds);
}

static void
on_refill(void *arg)
{
	(void)arg;
}

/* Begin what is due, as far as descriptors and the rate allow. True: more could begin at once. */
static bool
begin_due(struct wait *w)
{
	double now = clock_now();

	w->tokens += (now - w->token_time) * RATE;
	w->tokens = w->tokens > RATE ? RATE : w->tokens;
	w->token_time = now;
	for (int i = 0; i < BURST; i++) {
		struct queue *q = w->urgent.first ? &w->urgent : &w->calm;
		struct run *r;

		if (!q->first)
			return false;
		if (!may_begin(w, q->first)) {
			if (w->tokens < 1)
				loop_set(w->scene.loop, &w->refill, now + (1 - w->tokens) / RATE,
				    on_refill, w);
			return false;
		}
		r = take(q);
		if (!r->flight[FLIGHTS - 1])
			begin(r);
	}
	return true;
}

/* Life */

static void
on_stop(void *arg, short events)
{
	struct wait *w = arg;

	(void)events;
	w->stopped = true;
	/* it stays readable */
	loop_forget(w->scene.loop, stop_fd());
}

static void
on_tick(void *arg)
{
	struct wait *w = arg;

	w->spec.news(w->spec.arg, WAIT_TICK, NULL);
	loop_set(w->scene.loop, &w->tick, clock_now() + w->spec.tick, on_tick, w);
}

static void
on_alert(void *arg)
{
	struct run *r = arg;

	if (!r->flight[0])
		wait_due_at(r, clock_now());
}

static int
count_fds(void)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) || l.rlim_cur > 4096)
		return 4096;
	return (int)l.rlim_cur - OUR_FDS;
}

struct wait *
wait_new(struct mem *m, const struct wait_spec *spec, struct err *e)
{
	struct wait *w = mem_zero(m, 1, sizeof *w);

	w->m = m;
	w->spec = *spec;
	w->all_since = INFINITY;
	w->count = spec->targets->count;
	w->runs = mem_zero(m, w->count, sizeof *w->runs);
	w->fd_budget = count_fds();
	w->tokens = RATE;
	if (!(w->scene.loop = loop_new(m, e)))
		return NULL;
	w->scene.m = m;
	w->scene.version = spec->version;
	w->scene.resolve = resolve_new(m, w->scene.loop);
	return w;
}

static void
set_off(struct wait *w)
{
	w->begun = w->token_time = clock_now();
	w->deadline = w->begun + w->spec.timeout;
	srandom((unsigned)clock_unix_ms());
	for (size_t i = 0; i < w->count; i++) {
		struct run *r = w->runs + i;

		r->wait = w;
		r->pub.target = w->spec.targets->item[i];
		r->pub.first_good = -1;
		r->ramp = w->begun;
		r->last_good = -INFINITY;
		if (r->pub.target->kind->alert)
			r->pub.target->kind->alert(r->pub.target, &w->scene, on_alert, r);
		put(r);
	}
	loop_watch(w->scene.loop, stop_fd(), POLLIN, on_stop, w);
	if (w->spec.tick > 0)
		loop_set(w->scene.loop, &w->tick, w->begun + w->spec.tick, on_tick, w);
}

/* End what is in flight. */
static void
land(struct wait *w)
{
	for (size_t i = 0; i < w->count; i++) {
		struct run *r = w->runs + i;
		struct flight *f = r->flight[0];

		if (f && tells_more(r, clock_now() - f->probe.begun)) {
			tell_progress(&f->probe);
			r->pub.last = f->probe.sight;
			r->pub.took = clock_now() - f->probe.begun;
		} else if (!f && !r->pub.last.state[0]) {
			snprintf(r->pub.last.state, PROBE_STATE, "timeout");
			snprintf(r->pub.last.text, PROBE_TEXT, "it was not its turn in time");
		}
		while (r->flight[0])
			drop_flight(r->flight[0]);
	}
	child_reap();
}

enum wait_verdict
wait_run(struct wait *w)
{
	bool done = false;

	set_off(w);
	while (
	    !w->stopped && !w->hopeless && clock_now() < w->deadline && !(done = judge_healthy(w)))
		loop_turn(w->scene.loop, begin_due(w) ? 0 : w->deadline);
	w->ended = clock_now();
	land(w);
	if (done)
		return WAIT_HEALTHY;
	return w->stopped ? WAIT_STOPPED : w->hopeless ? WAIT_HOPELESS : WAIT_DEADLINE;
}

