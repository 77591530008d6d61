/* progress.c - bytes, rate, time left. */
#include <unistd.h>

#include "core/clock.h"
#include "snapshot/progress.h"

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
	writer_progress(t->w, &p.before, &packed);
	return p;
}

void
progress_tell(void *arg)
{
	MEM_SCOPE(m);
	const struct progress *p = arg;
	const char *of, *left;
	int64_t raw, packed;
	double seconds = clock_now() - p->begun, rate;

	writer_progress(p->t->w, &raw, &packed);
	raw -= p->before;
	rate = (double)raw / seconds;
	of = p->total ? mem_fmt(m, " of about %.0f MB", (double)p->total / 1e6) : "";
	/* nothing has come: nobody knows when it will */
	left = p->total && raw > 0 ? mem_fmt(m, ", about %.0f s left",
	    p->total > raw ? (double)(p->total - raw) / rate : 0) : "";
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
