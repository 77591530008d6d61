/* child - commands for the event loop. Each runs under a guard process of ours that is the
 * subreaper of all it starts: when the command is cut, when it ends, and when health-wait dies
 * (SIGKILL, too), the guard ends every descendant, those that left the process group by setsid as
 * well. */
#ifndef HEALTH_CHILD_H
#define HEALTH_CHILD_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "health/loop.h"

struct child;

struct child_end {
	int exit;               /* exit status, -1: a signal */
	int signal;
	bool not_found;         /* it could not be started */
	const char *out;        /* the last 64 KiB of its output, NUL-terminated */
	size_t len;
	const char *errors;     /* the same of its standard error, "" when that was not captured */
	size_t errors_len;
};

struct child_spec {
	const char *const *argv;        /* NULL-ended */
	bool errors;                    /* keep standard error, too; else it goes to /dev/null */
	/* Each piece of output as it comes, or NULL: it is kept for the end. */
	void (*output)(void *, const char *, size_t);
	void (*done)(void *, const struct child_end *);
	void *arg;
};

/* DONE comes through the loop, once; child_cut before it takes it back. NULL on error. */
struct child *child_start(struct mem *, struct loop *, const struct child_spec *, struct err *);
/* End the command and all its descendants now. They are gone when child_reap has returned. Done
 * children are fine. */
void child_cut(struct child *);
/* Wait for the guards of all children that were cut. */
void child_reap(void);

#endif
