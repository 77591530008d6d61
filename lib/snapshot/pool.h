/* pool - threads that work off a list of jobs. The first failing job ends the work. */
#ifndef SNAPSHOT_POOL_H
#define SNAPSHOT_POOL_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

struct pool;

/* How many threads --jobs=ASKED means: 0, not given: one for each processor, at most 8. */
size_t pool_threads(int asked);
/* Usage error when ASKED cannot be. */
int pool_check(int asked, struct err *);

/* Job number I, done by the thread that owns WORKER. */
typedef int pool_job(void *worker, size_t i, struct err *);

/* Start a thread for each of COUNT workers; jobs 0 to JOBS-1 are given out in order. A worker is
 * what one thread may touch: its own mem, connection, buffers. Waited for when MEM dies. */
struct pool *pool_start(struct mem *, void *const *workers, size_t count, size_t jobs, pool_job *,
    struct err *);
/* No more jobs: the running ones are finished. */
void pool_give_up(struct pool *);
/* Until the end, call TICK each time that SECONDS have passed. */
void pool_watch(struct pool *, double seconds, void (*tick)(void *), void *arg);
/* Wait for the end; the first failure, or that of stop_check. */
int pool_wait(struct pool *, struct err *);
/* Both in one. */
int pool_run(void *const *workers, size_t count, size_t jobs, pool_job *, struct err *);

#endif
