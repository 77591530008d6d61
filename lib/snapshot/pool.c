/* pool.c - threads that work off a list of jobs. */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"
#include "snapshot/pool.h"

enum { LOOK_MS = 100 };         /* how often pool_watch looks at the clock, at least */

struct thread {
	pthread_t id;
	struct pool *pool;
	void *worker;
};

struct pool {
	struct thread *thread;
	size_t threads, jobs;
	pool_job *job;
	atomic_size_t next;     /* job */
	atomic_bool over;
	pthread_mutex_t lock;   /* of all below */
	pthread_cond_t ended;   /* a thread has */
	size_t alive;           /* threads at work */
	bool failed;
	struct err e;
};

size_t
pool_threads(int asked)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	if (asked > 0)
		return (size_t)asked;
	return n < 1 ? 1 : n > 8 ? 8 : (size_t)n;
}

int
pool_check(int asked, struct err *e)
{
	return asked < 0 || asked > 64 ?
	    err_set(e, FAIL_TROUBLE, "usage", "--jobs takes 1 to 64, not %d", asked) :
	    0;
}

static void
fail(struct pool *p, const struct err *e)
{
	pthread_mutex_lock(&p->lock);
	if (!p->failed)
		p->e = *e;
	p->failed = true;
	pthread_mutex_unlock(&p->lock);
	pool_give_up(p);
}

static void *
run(void *arg)
{
	struct thread *t = arg;
	struct pool *p = t->pool;

	while (!atomic_load(&p->over)) {
		struct err e = { 0 };
		size_t i = atomic_fetch_add(&p->next, 1);

		if (i >= p->jobs)
			break;
		if (stop_check(&e) || p->job(t->worker, i, &e))
			fail(p, &e);
	}
	pthread_mutex_lock(&p->lock);
	p->alive--;
	pthread_cond_signal(&p->ended);
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

static void
join(struct pool *p)
{
	for (; p->threads; p->threads--)
		pthread_join(p->thread[p->threads - 1].id, NULL);
}

static void
drop(void *arg)
{
	struct pool *p = arg;

	pool_give_up(p);
	join(p);
	pthread_cond_destroy(&p->ended);
	pthread_mutex_destroy(&p->lock);
}

struct pool *
pool_start(struct mem *m, void *const *workers, size_t count, size_t jobs, pool_job *job,
    struct err *e)
{
	struct pool *p = mem_zero(m, 1, sizeof *p);

	p->thread = mem_zero(m, count, sizeof *p->thread);
	p->jobs = jobs;
	p->job = job;
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->ended, NULL);
	p->alive = count < jobs ? count : jobs;
	mem_own(m, p, drop);
	for (; p->threads < count && p->threads < jobs; p->threads++) {
		struct thread *t = &p->thread[p->threads];

		t->pool = p;
		t->worker = workers[p->threads];
		if ((errno = pthread_create(&t->id, NULL, run, t))) {
			err_sys(e, "thread");
			return NULL;
		}
	}
	return p;
}

void
pool_give_up(struct pool *p)
{
	atomic_store(&p->over, true);
}

void
pool_watch(struct pool *p, double seconds, void (*tick)(void *), void *arg)
{
	double next = clock_now() + seconds;

	pthread_mutex_lock(&p->lock);
	while (p->alive) {
		int left = clock_poll_ms(next);
		struct timespec until = clock_in(left < LOOK_MS ? left : LOOK_MS);

		pthread_cond_timedwait(&p->ended, &p->lock, &until);
		if (clock_now() < next)
			continue;
		tick(arg);
		next = clock_now() + seconds;
	}
	pthread_mutex_unlock(&p->lock);
}

int
pool_wait(struct pool *p, struct err *e)
{
	join(p);
	if (p->failed)
		*e = p->e;
	return p->failed ? -1 : 0;
}

int
pool_run(void *const *workers, size_t count, size_t jobs, pool_job *job, struct err *e)
{
	MEM_SCOPE(m);
	struct pool *p = pool_start(m, workers, count, jobs, job, e);

	return p ? pool_wait(p, e) : -1;
}
