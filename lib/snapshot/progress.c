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
	int64_t raw, packed;
	double seconds = clock_now() - p->begun, rate;

	writer_progress(p->t->w, &raw, &packed);
	raw -= p->before;
	rate = (double)raw / seconds;
	if (p->total)
		p->t->say(p->t->arg,
		    mem_fmt(m, "%s: %.0f MB of about %.0f MB copied, %.0f MB/s, about %.0f s left",
			p->store->name, (double)raw / 1e6, (double)p->total / 1e6, rate / 1e6,
			rate > 0 && p->total > raw ? (double)(p->total - raw) / rate : 0));
	else
		p->t->say(p->t->arg,
		    mem_fmt(m, "%s: %.0f MB copied, %.0f MB/s", p->store->name, (double)raw / 1e6,
			rate / 1e6));
}

void
progress_tick(struct progress *p)
{
	if (clock_now() < p->next)
		return;
	p->next += progress_interval();
	progress_tell(p);
}
