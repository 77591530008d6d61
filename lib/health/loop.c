/* loop.c - epoll and a binary heap. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "core/clock.h"
#include "health/loop.h"

enum { BATCH = 64 };

/* What is watched on one descriptor. The turn number tells an event of a descriptor that was closed
 * and made anew within one batch from one of the new descriptor. */
struct watched {
	loop_ready *call;
	void *arg;
	unsigned turn;
};

struct loop {
	int epoll;
	unsigned turn;
	struct watched *fds;
	size_t fd_room;
	struct loop_timer **heap;
	size_t count, room;
};

static void
drop(void *arg)
{
	struct loop *l = arg;

	close(l->epoll);
	free(l->fds);
	free(l->heap);
}

struct loop *
loop_new(struct mem *m, struct err *e)
{
	struct loop *l = mem_zero(m, 1, sizeof *l);

	if ((l->epoll = epoll_create1(EPOLL_CLOEXEC)) < 0) {
		err_sys(e, "epoll");
		return NULL;
	}
	return mem_own(m, l, drop);
}

static void
room_for_fd(struct loop *l, size_t fd)
{
	size_t room = l->fd_room ? l->fd_room : 64;

	if (fd < l->fd_room)
		return;
	while (room <= fd)
		room *= 2;
	l->fds = mem_must(realloc(l->fds, room * sizeof *l->fds));
	memset(l->fds + l->fd_room, 0, (room - l->fd_room) * sizeof *l->fds);
	l->fd_room = room;
}

int
loop_watch(struct loop *l, int fd, short events, loop_ready *call, void *arg)
{
	struct epoll_event ev = { .events = (unsigned)(unsigned short)events, .data.u64 = 0 };
	struct watched *w;

	room_for_fd(l, (size_t)fd);
	w = l->fds + fd;
	if (!w->call)
		w->turn = ++l->turn;
	ev.data.u64 = (unsigned long long)w->turn << 32 | (unsigned)fd;
	if (epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &ev) &&
	    (errno != ENOENT || epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &ev)))
		return -1;
	w->call = call;
	w->arg = arg;
	return 0;
}

void
loop_forget(struct loop *l, int fd)
{
	if (fd < 0 || (size_t)fd >= l->fd_room || !l->fds[fd].call)
		return;
	l->fds[fd].call = NULL;
	epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
}

static void
place(struct loop *l, size_t i, struct loop_timer *t)
{
	l->heap[i] = t;
	t->slot = i + 1;
}

/* Move the timer at I to where it belongs. */
static void
settle(struct loop *l, size_t i)
{
	struct loop_timer *t = l->heap[i];

	for (size_t up; i > 0 && t->at < l->heap[up = (i - 1) / 2]->at; i = up)
		place(l, i, l->heap[up]);
	for (size_t down; (down = 2 * i + 1) < l->count; i = down) {
		if (down + 1 < l->count && l->heap[down + 1]->at < l->heap[down]->at)
			down++;
		if (l->heap[down]->at >= t->at)
			break;
		place(l, i, l->heap[down]);
	}
	place(l, i, t);
}

void
loop_set(struct loop *l, struct loop_timer *t, double at, loop_due *call, void *arg)
{
	t->at = at;
	t->call = call;
	t->arg = arg;
	if (!t->slot) {
		if (l->count == l->room) {
			l->room = l->room ? 2 * l->room : 64;
			l->heap = mem_must(realloc(l->heap, l->room * sizeof(struct loop_timer *)));
		}
		place(l, l->count++, t);
	}
	settle(l, t->slot - 1);
}

void
loop_unset(struct loop *l, struct loop_timer *t)
{
	size_t i = t->slot - 1;
	struct loop_timer *last;

	if (!t->slot)
		return;
	t->slot = 0;
	last = l->heap[--l->count];
	if (last == t)
		return;
	place(l, i, last);
	settle(l, i);
}

static void
fire_due(struct loop *l)
{
	double now = clock_now();

	/* those that are set by these calls wait for the next turn: LEFT bounds the round */
	for (size_t left = l->count; left && l->count && l->heap[0]->at <= now; left--) {
		struct loop_timer *t = l->heap[0];

		loop_unset(l, t);
		t->call(t->arg);
	}
}

void
loop_turn(struct loop *l, double until)
{
	struct epoll_event ev[BATCH];
	int n;

	if (l->count && l->heap[0]->at < until)
		until = l->heap[0]->at;
	n = epoll_wait(l->epoll, ev, BATCH, clock_poll_ms(until));
	for (int i = 0; i < n; i++) {
		struct watched *w = l->fds + (ev[i].data.u64 & 0xffffffff);

		if (w->call && w->turn == ev[i].data.u64 >> 32)
			w->call(w->arg, (short)ev[i].events);
	}
	fire_due(l);
}
