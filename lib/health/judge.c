/* judge.c - what a sight means for its target, and whether all have been good for long enough. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "health/wait_private.h"

enum { VERSION_SIGHTS = 3 };    /* fresh connections that must show the version */

/* seconds that a good sight is good for, when nothing must be stable */
static const double FRESH = 1;

int
judge_needed(const struct run *r)
{
	const struct want *want = &r->pub.target->want;
	int n = want->consecutive;

	/* one that tells of changes only cannot be asked twice */
	if (r->pub.target->kind->flags & KIND_LIVE)
		return 1;
	if (want->version_asked && n < VERSION_SIGHTS)
		n = VERSION_SIGHTS;
	/* attempts take the addresses in turn */
	return want->each_address && r->addresses > 1 ? n * r->addresses : n;
}

double
judge_span_end(const struct wait *w)
{
	return w->spec.stable_for > 0 ? w->all_since + w->spec.stable_for : w->all_since - FRESH;
}

static bool
seen_until(const struct run *r, double t)
{
	/* a live attempt would have told of a change */
	if (r->pub.target->kind->flags & KIND_LIVE && r->flight[0])
		return clock_now() >= t;
	return r->last_good >= t;
}

bool
judge_healthy(const struct wait *w)
{
	if (isinf(w->all_since) || clock_now() < judge_span_end(w))
		return false;
	for (size_t i = 0; i < w->count; i++)
		if (!seen_until(w->runs + i, judge_span_end(w)))
			return false;
	return true;
}

static void
on_span(void *arg)
{
	/* only to turn the loop: wait_run looks */
	(void)arg;
}

/* All are good: each must be seen good at the end of the span. */
static void
begin_span(struct wait *w)
{
	double end;

	w->all_since = clock_now();
	end = judge_span_end(w);
	for (size_t i = 0; i < w->count; i++) {
		struct run *r = w->runs + i;

		if (!r->flight[0] && !r->queued && r->last_good < end && r->next.slot &&
		    r->next.at > end)
			wait_due_at(r, end);
	}
	loop_set(w->scene.loop, &w->span, end, on_span, w);
}

static void
lose(struct run *r)
{
	r->streak = 0;
	if (!r->pub.good)
		return;
	r->pub.good = false;
	r->pub.flaps++;
	r->wait->good--;
	r->wait->all_since = INFINITY;
}

static void
win(struct run *r)
{
	struct wait *w = r->wait;

	r->streak++;
	r->last_good = clock_now();
	if (r->pub.good || r->streak < judge_needed(r))
		return;
	r->pub.good = true;
	if (r->pub.first_good < 0)
		r->pub.first_good = r->last_good - w->begun;
	w->good++;
}

/* States that waiting seldom mends: --fail-fast ends on them. */
static bool
seldom_mends(const struct run *r)
{
	static const char *const states[] = { "tls-failed", "pg-auth", "pg-no-database", "redirect",
		"invalid-json", "body-too-large", "exit-126", "exit-127", NULL };
	const struct sight *s = &r->pub.last;

	for (size_t i = 0; states[i]; i++)
		if (!strcmp(s->state, states[i]))
			return true;
	if (r->pub.flaps)
		return true;
	return s->status / 100 == 4 && s->status != 404 && s->status != 408 && s->status != 425 &&
	    s->status != 429;
}

/* What is to be told of R after S: a good sight that is not yet enough leaves the failure before it
 * standing. */
static struct sight
standing(const struct run *r, const struct sight *s)
{
	struct sight told = *s;

	if (r->pub.good || strcmp(s->state, "ok"))
		return told;
	if (r->pub.last.state[0] && strcmp(r->pub.last.state, "progressing"))
		return r->pub.last;
	snprintf(told.state, sizeof told.state, "progressing");
	snprintf(told.text, sizeof told.text, "good %d times in a row, %d are asked", r->streak,
	    judge_needed(r));
	return told;
}

void
judge_sight(struct run *r, const struct sight *s, double took)
{
	bool ok = !strcmp(s->state, "ok"), changed;
	struct sight told;

	r->addresses = s->addresses;
	r->pub.took = took;
	if (ok)
		win(r);
	else
		lose(r);
	told = standing(r, s);
	changed = strcmp(told.state, r->pub.last.state);
	/* the time that was waited in all counts for what is good, the time of this failure for
	 * what is not */
	if (ok)
		r->ramp = r->wait->begun;
	else if (changed && r->pub.last.state[0])
		r->ramp = clock_now();
	r->pub.last = told;
	if (changed)
		r->wait->spec.news(r->wait->spec.arg, r->pub.good ? WAIT_GOOD : WAIT_CHANGE,
		    &r->pub);
	if (!ok && (s->final || (r->wait->spec.fail_fast && seldom_mends(r)))) {
		r->pub.final = true;
		r->wait->hopeless = true;
	}
	if (r->pub.good && isinf(r->wait->all_since) && r->wait->good == r->wait->count)
		begin_span(r->wait);
}

