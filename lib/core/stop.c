/* stop.c - signals become one descriptor and one number. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"

static volatile sig_atomic_t signalled;
static int wake[2] = { -1, -1 };
static const int caught[] = { SIGINT, SIGTERM, SIGHUP };

static void
on_signal(int sig)
{
	int saved = errno;

	if (!signalled)
		signalled = sig;
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

	if (pipe2(wake, O_CLOEXEC | O_NONBLOCK))
		wake[0] = wake[1] = -1;
	for (size_t i = 0; i < sizeof caught / sizeof *caught; i++) {
		struct sigaction old;

		/* nohup and background shells: what was ignored stays ignored, but for TERM */
		if (caught[i] == SIGHUP && !sigaction(SIGHUP, NULL, &old) &&
		    old.sa_handler == SIG_IGN)
			continue;
		sigaction(caught[i], &sa, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
	/* a limit on the size of files is an error of write, as a full disk is */
	signal(SIGXFSZ, SIG_IGN);
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
	if (!signalled)
		return 0;
	return err_set(e, FAIL_TROUBLE, "cancelled", "stopped by signal %d (%s)", (int)signalled,
	    strsignal(signalled));
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
