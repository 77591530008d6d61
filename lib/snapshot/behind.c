/* behind.c - a ring of bytes between two threads. */
#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "snapshot/behind.h"

enum {
	ROOM = 1 << 20,
	LEAST = 64 << 10,       /* to wake the other thread for less costs more than its work */
};

struct behind {
	pthread_t thread;
	frame_sink *sink;
	void *arg;
	char *ring;
	pthread_mutex_t lock;   /* of all below; the ring needs none: each part is one thread's */
	pthread_cond_t changed;
	size_t put, got;        /* bytes in all */
	size_t wanted;          /* so many are waited for */
	bool over, failed;
	struct err e;
};

/* How many of LEN bytes lie in one piece from byte AT on. */
static size_t
piece(size_t at, size_t len)
{
	size_t end = ROOM - at % ROOM;

	return len < end ? len : end;
}

static void *
run(void *arg)
{
	struct behind *b = arg;

	pthread_mutex_lock(&b->lock);
	while (!b->over) {
		size_t n = piece(b->got, b->put - b->got);
		struct err e;
		int bad;

		if (b->put - b->got < LEAST && b->wanted <= b->got) {
			pthread_cond_wait(&b->changed, &b->lock);
			continue;
		}
		pthread_mutex_unlock(&b->lock);
		bad = b->sink(b->arg, b->ring + b->got % ROOM, n, &e);
		pthread_mutex_lock(&b->lock);
		b->got = bad ? b->put : b->got + n;
		if (bad)
			b->e = e;
		b->failed |= bad != 0;
		pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return NULL;
}

static void
drop(void *arg)
{
	struct behind *b = arg;

	pthread_mutex_lock(&b->lock);
	b->over = true;
	pthread_cond_signal(&b->changed);
	pthread_mutex_unlock(&b->lock);
	pthread_join(b->thread, NULL);
	pthread_cond_destroy(&b->changed);
	pthread_mutex_destroy(&b->lock);
}

struct behind *
behind_start(struct mem *m, frame_sink *sink, void *arg, struct err *e)
{
	struct behind *b = mem_zero(m, 1, sizeof *b);

	b->sink = sink;
	b->arg = arg;
	b->ring = mem_zero(m, ROOM, 1);
	pthread_mutex_init(&b->lock, NULL);
	pthread_cond_init(&b->changed, NULL);
	if ((errno = pthread_create(&b->thread, NULL, run, b))) {
		err_sys(e, "thread");
		return NULL;
	}
	return mem_own(m, b, drop);
}

/* Under the lock: what went wrong is told once. */
static int
verdict(struct behind *b, struct err *e)
{
	if (!b->failed)
		return 0;
	b->failed = false;
	*e = b->e;
	return -1;
}

int
behind_add(struct behind *b, const void *data, size_t len, struct err *e)
{
	const char *p = data;
	int bad = 0;

	pthread_mutex_lock(&b->lock);
	while (len && !(bad = verdict(b, e))) {
		size_t n = piece(b->put, len), room = ROOM - (b->put - b->got);

		if (!room) {
			pthread_cond_wait(&b->changed, &b->lock);
			continue;
		}
		n = n < room ? n : room;
		pthread_mutex_unlock(&b->lock);
		memcpy(b->ring + b->put % ROOM, p, n);
		pthread_mutex_lock(&b->lock);
		b->put += n;
		p += n;
		len -= n;
		if (b->put - b->got >= LEAST)
			pthread_cond_signal(&b->changed);
	}
	pthread_mutex_unlock(&b->lock);
	return bad;
}

int
behind_wait(struct behind *b, struct err *e)
{
	int bad;

	pthread_mutex_lock(&b->lock);
	b->wanted = b->put;
	pthread_cond_signal(&b->changed);
	while (b->got < b->put)
		pthread_cond_wait(&b->changed, &b->lock);
	bad = verdict(b, e);
	pthread_mutex_unlock(&b->lock);
	return bad;
}
