/* load_progress - tells how far the loading of a database is: each second on a terminal, every ten
 * in the log of a job. */
#ifndef SNAPSHOT_LOAD_PROGRESS_H
#define SNAPSHOT_LOAD_PROGRESS_H

#include "snapshot/graph.h"
#include "snapshot/load.h"

struct load_progress {
	const struct restore *how;
	const char *store;
	void *const *loader;    /* how->jobs of them */
	struct graph *graph;
	int64_t total;          /* bytes of rows, unpacked */
	double begun, next;
};

struct load_progress load_progress_begin(const struct restore *, const char *store,
    void *const *loader, struct graph *, const struct load *);
/* One line when it is time for one (PROGRESS is a struct load_progress *). */
void load_progress_tick(void *progress);

#endif
