/* hold.c - freeze, and a child that thaws as soon as its pipe from us closes. */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/proc.h"
#include "snapshot/hold.h"

enum { LIMIT = 300 };           /* seconds for the thaw */

struct hold {
	const char *thaw;
	int pipe;               /* our end; it closes when we die */
	pid_t child;
};

/* Reads to the end of its input, in a group of its own that no terminal and no runner
 * interrupts. */
static int
start(struct hold *h, struct err *e)
{
	const char *const argv[] = { "/bin/sh", "-c",
		"trap '' INT TERM HUP; cat >/dev/null; exec /bin/sh -c \"$1\"", "thaw", h->thaw,
		NULL };
	struct proc_spec spec = { .argv = argv, .out = 2, .errfd = 2 };
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return err_sys(e, "pipe");
	spec.in = p[0];
	h->pipe = p[1];
	h->child = proc_start(&spec, e);
	close(p[0]);
	return h->child < 0 ? -1 : 0;
}

struct hold *
hold_begin(struct mem *m, const char *freeze, const char *thaw, struct err *e)
{
	const char *const argv[] = { "/bin/sh", "-c", freeze, NULL };
	const struct proc_spec spec = { .argv = argv,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.echo = true };
	struct hold *h = mem_zero(m, 1, sizeof *h);
	struct proc_result r = { 0 };
	struct err dirty;
	int bad;

	h->thaw = thaw;
	if (thaw && start(h, e))
		return NULL;
	if (!freeze)
		return h;
	if (!(bad = proc_run(m, &spec, &r, e)) && r.status)
		bad = err_set(e, FAIL_TROUBLE, "freeze",
		    "the command of --freeze ended with %s %d: %s",
		    r.signal ? "signal" : "exit status", r.signal ? r.signal : r.status, freeze);
	if (!bad)
		return h;
	/* what it has done by then must be undone as well */
	if (hold_end(h, &dirty))
		*e = dirty;
	return NULL;
}

int
hold_end(struct hold *h, struct err *e)
{
	const struct timespec nap = { .tv_nsec = 10000000 };
	double until = clock_now() + LIMIT;
	int status = 0;
	pid_t ended;

	if (!h->thaw)
		return 0;
	close(h->pipe);
	while (!(ended = waitpid(h->child, &status, WNOHANG)) && clock_now() < until)
		nanosleep(&nap, NULL);
	if (ended > 0 && WIFEXITED(status) && !WEXITSTATUS(status))
		return 0;
	if (!ended)
		err_set(e, FAIL_DIRTY, "thaw", "the command of --thaw has not ended in %d s: %s",
		    (int)LIMIT, h->thaw);
	else
		err_set(e, FAIL_DIRTY, "thaw", "the command of --thaw ended with %s %d: %s",
		    WIFSIGNALED(status) ? "signal" : "exit status",
		    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), h->thaw);
	return err_hint(e, "the service may still stand still: run that command by hand");
}
