/* graph - jobs for threads, each of which may begin when others are done: the longest way to the
 * end goes first. */
#ifndef SNAPSHOT_GRAPH_H
#define SNAPSHOT_GRAPH_H

#include <stdbool.h>

#include "snapshot/pool.h"

struct graph;

/* -1: all is over. GRAPH_LATER: perhaps others must be done before, which nobody has told; it is
 * called again when no other job can go on, as long as that has helped any. */
typedef int graph_job(void *worker, void *arg, struct err *);
enum { GRAPH_LATER = 1 };

struct graph *graph_new(struct mem *);
/* A new job that takes about as long as WEIGHT tells, in any unit. Returns its number. JOB NULL: it
 * is done elsewhere, and graph_done tells when. */
size_t graph_add(struct graph *, double weight, graph_job *job, void *arg);
/* How many there are: the number of the next one. */
size_t graph_count(const struct graph *);
/* How many of them are done by now. */
size_t graph_jobs_done(struct graph *);
/* JOB may not begin before BEFORE, which was added before it, is done. */
void graph_after(struct graph *, size_t job, size_t before);
/* JOB uses the thing number THING (any number below 2^31), ALONE or at the same time as others that
 * do not insist. */
void graph_use(struct graph *, size_t job, int thing, bool alone);

/* Work it off in a thread for each of COUNT workers. Waited for as any pool; pool_give_up needs
 * graph_give_up. */
struct pool *graph_start(struct mem *, struct graph *, void *const *workers, size_t count,
    struct err *);
void graph_done(struct graph *, size_t job);
/* Nobody waits for jobs any more. */
void graph_give_up(struct graph *);

#endif
