/* progress.c - bytes, rate, time left. */
#include <unistd.h>

#include "core/clock.h"
#include "snapshot/progress.h"

enum { PATIENCE = 25 };         /* seconds until it is asked what has become of it */

double
progress_interval(void)
{
	return isatty(2) ? 1 : 10;
}

struct progress
progress_begin(const struct store *s, const struct store_taking *t, int64_t total)
{
	struct progress p = { .store = s, .t = t, .total = total, .begun = clock_now() };
	int64_t packed;

	p.next = p.begun + progress_interval();
	p.moved = p.begun;
	writer_progress(t->w, &p.before, &packed);
	return p;
}

/* For how many seconds nothing has come; 0: not for long. */
static double
stalled(struct progress *p, int64_t raw)
{
	double now = clock_now();

	p->moved = raw != p->last ? now : p->moved;
	p->last = raw;
	return now - p->moved > PATIENCE ? now - p->moved : 0;
}

void
progress_tell(void *arg)
{
	MEM_SCOPE(m);
	struct progress *p = arg;
	const char *of, *left;
	int64_t raw, packed;
	double seconds = clock_now() - p->begun, rate, still;

	writer_progress(p->t->w, &raw, &packed);
	raw -= p->before;
	rate = (double)raw / seconds;
	of = p->total ? mem_fmt(m, " of about %.0f MB", (double)p->total / 1e6) : "";
	/* nothing has come: nobody knows when it will */
	left = p->total && raw > 0 ? mem_fmt(m, ", about %.0f s left",
	    p->total > raw ? (double)(p->total - raw) / rate : 0) : "";
	if ((still = stalled(p, raw)) > 0)
		left = mem_fmt(m, ", nothing for %.0f s%s", still,
		    p->store->kind == &store_postgres ?
			": does its server stand still, or the network?" :
			"");
	p->t->say(p->t->arg, mem_fmt(m, "%s: %.0f MB%s copied, %.0f MB/s%s", p->store->name,
	    (double)raw / 1e6, of, rate / 1e6, left));
}

void
progress_tick(struct progress *p)
{
	if (clock_now() < p->next)
		return;
	p->next += progress_interval();
	progress_tell(p);
}
