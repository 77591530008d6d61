/* loop - one event loop for one thread: descriptors by epoll, timers in a heap. Calls may watch,
 * forget and cancel whatever they like, themselves too. */
#ifndef HEALTH_LOOP_H
#define HEALTH_LOOP_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

struct loop;

/* EVENTS are poll's: POLLIN, POLLOUT, POLLERR, POLLHUP. */
typedef void loop_ready(void *arg, short events);
typedef void loop_due(void *arg);

/* Zero-initialise; it must not move while it is set. */
struct loop_timer {
	double at;              /* clock_now's scale */
	size_t slot;            /* place in the heap + 1; 0: not set */
	loop_due *call;
	void *arg;
};

struct loop *loop_new(struct mem *, struct err *);

/* Call READY when FD is ready for EVENTS; replaces what was asked for FD before. -1 with errno. */
int loop_watch(struct loop *, int fd, short events, loop_ready *, void *arg);
/* Watch FD no more. To be called before FD is closed; an FD that is not watched is fine. */
void loop_forget(struct loop *, int fd);

/* Call DUE once, at AT; replaces what the timer was set to. */
void loop_set(struct loop *, struct loop_timer *, double at, loop_due *, void *arg);
void loop_unset(struct loop *, struct loop_timer *);

/* Wait until something is ready or due, at most until UNTIL (clock_now's scale), and make the
 * calls. */
void loop_turn(struct loop *, double until);

#endif
