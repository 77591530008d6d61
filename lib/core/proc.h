/* proc - child processes: their own process group, killed as a group, reaped; no shell, no secrets
 * in argv. */
#ifndef PROC_H
#define PROC_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/mem.h"

enum { PROC_TAIL = 64 * 1024 };

struct proc_spec {
	const char *const *argv;        /* NULL-ended; looked up on PATH */
	/* NAME=VALUE added to the environment, NAME taken out of it; NULL-ended; or NULL */
	const char *const *env;
	const char *dir;        /* working directory, or NULL */
	/* descriptors for 0, 1, 2; -1: /dev/null for in, captured for out and errfd */
	int in, out, errfd;
	/* captured output is also copied to our standard error as it comes, washed of secrets */
	bool echo;
	size_t keep;            /* keep the last KEEP bytes of captured output; 0: PROC_TAIL */
	double timeout;         /* seconds; 0: none */
	double grace;           /* seconds between TERM and KILL of the group; 0: 5 */
};

struct proc_result {
	int status;             /* exit status, or 128 + signal */
	int signal;             /* signal that ended it, or 0 */
	bool timed_out;
	double seconds;
	/* tail of captured stdout and stderr as they came, NUL-terminated */
	char *output;
	size_t output_len;
	long long output_total; /* all bytes it wrote */
	char *out;              /* tail of captured stdout alone */
	size_t out_len;
};

/* Run to the end. -1 only when it could not be started ("not-found") or stop was asked
 * ("cancelled": the group was ended first); a failing child is a result, not an error. Descendants
 * that left the group (setsid) are ended too when the child was stopped or timed out. */
int proc_run(struct mem *, const struct proc_spec *, struct proc_result *, struct err *);

/* Start only, for event loops. IN, OUT, ERRFD of the spec as above, but out and errfd of -1 are
 * /dev/null. */
pid_t proc_start(const struct proc_spec *, struct err *);
/* TERM to the group, KILL after GRACE seconds, reap; returns the wait status. */
int proc_end(pid_t, double grace);

/* The path of a program of ours: beside this one, else NAME, for PATH to tell. */
char *proc_ours(struct mem *, const char *name);

/* Is PROGRAM on PATH and executable? */
bool proc_on_path(const char *program);

#endif
