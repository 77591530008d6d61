/* stop.c - signals become one descriptor and one number. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"

/* Written by the handler in whichever thread it runs, read by all. */
static atomic_int signalled;
static int wake[2] = { -1, -1 };
static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

static void
on_signal(int sig)
{
	int saved = errno, none = 0;

	atomic_compare_exchange_strong(&signalled, &none, sig);
	/* never read again: the descriptor stays readable for every later poll; a full pipe is as
	 * good */
	if (write(wake[1], "", 1) < 0)
		errno = saved;
	errno = saved;
}

void
stop_catch(void)
{
	struct sigaction sa = { .sa_handler = on_signal };
	sigset_t ours;

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		wake[0] = wake[1] = -1;
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		struct sigaction old;

		/* nohup's stays ignored */
		if (caught[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	/* a limit on the size of files is an error of write, as a full disk is */
	signal(SIGXFSZ, SIG_IGN);
	/* who started us may have ignored the ends of children, and then so do we: the kernel would
	 * collect ours, and nobody knew how they ended; or may have blocked what stops us */
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&ours);
	sigaddset(&ours, SIGCHLD);
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		sigaddset(&ours, caught[i]);
	sigprocmask(SIG_UNBLOCK, &ours, NULL);
}

int
stop_signal(void)
{
	return signalled;
}

int
stop_fd(void)
{
	return wake[0];
}

int
stop_check(struct err *e)
{
	int sig = signalled;

	return !sig ? 0 : err_set(e, FAIL_TROUBLE, "cancelled", "stopped by signal %d (%s)", sig,
	    strsignal(sig));
}

int
stop_sleep(double seconds, struct err *e)
{
	double end = clock_now() + seconds;

	for (double left = seconds; left > 0 && !signalled; left = end - clock_now()) {
		struct pollfd p = { .fd = wake[0], .events = POLLIN };

		poll(&p, 1, (int)(left * 1000) + 1);
	}
	return stop_check(e);
}

void
stop_reset_child(void)
{
	sigset_t none;

	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++)
		signal(caught[i], SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}
