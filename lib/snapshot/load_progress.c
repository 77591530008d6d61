/* load_progress.c - bytes of rows, and jobs: indexes, constraints, statistics. */
#include "core/clock.h"
#include "snapshot/load_progress.h"
#include "snapshot/progress.h"

struct load_progress
load_progress_begin(const struct restore *how, const char *store, void *const *loader,
    struct graph *graph, const struct load *tables)
{
	struct load_progress p = { how, store, loader, graph, 0, clock_now(), 0 };

	p.next = p.begun + progress_interval();
	for (size_t i = 0; i < tables->count; i++)
		p.total += tables->item[i].size;
	return p;
}

void
load_progress_tick(void *arg)
{
	MEM_SCOPE(m);
	struct load_progress *p = arg;
	double now = clock_now(), rate;
	int64_t loaded = 0;
	const char *left = "";

	if (now < p->next)
		return;
	p->next += progress_interval();
	for (size_t i = 0; i < p->how->jobs; i++)
		loaded += atomic_load(&((struct loader *)p->loader[i])->loaded);
	rate = (double)loaded / (now - p->begun);
	if (loaded > 0 && loaded < p->total)
		left = mem_fmt(m, ", %.0f MB/s, about %.0f s left for them", rate / 1e6,
		    (double)(p->total - loaded) / rate);
	/* what had to be loaded again counts once */
	p->how->say(p->how->arg,
	    mem_fmt(m,
		"%s: %.0f of %.0f MB of rows loaded%s; %zu of %zu jobs done (rows, indexes, "
		"constraints, statistics)",
		p->store, (double)(loaded < p->total ? loaded : p->total) / 1e6,
		(double)p->total / 1e6, left, graph_jobs_done(p->graph), graph_count(p->graph)));
}
