/* child.c - the guard and our side of it. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "core/proc.h"
#include "core/stop.h"
#include "health/child.h"

struct child {
	struct loop *loop;
	struct child_spec spec;
	int life;               /* the guard reads its end: our death or our wish */
	int out, report;        /* -1: closed */
	char *tail;             /* up to 2 * PROC_TAIL bytes */
	size_t len;
	int status;             /* wait status of the command */
	bool reported;
	struct child_end end;
};

/* Guards that were started and not yet collected. */
static struct {
	pid_t *pid;
	size_t count, room;
} guards;

/* What the guard tells: errno of a start that failed, or 0 and the wait status. */
struct news {
	int error, status;
};

/* In the guard: end all descendants. Those of a child that was ended come to us at that moment, so that each round
 * reaches one generation deeper, whatever sessions and groups they made for themselves. */
static void
sweep(void)
{
	for (pid_t pid = 0; pid >= 0 || errno == EINTR; pid = waitpid(-1, NULL, 0)) {
		MEM_SCOPE(m);
		struct err ignored;
		char *save = NULL, *list = io_read_file(m, mem_fmt(m, "/proc/self/task/%ld/children", (long)getpid()),
		    1 << 20, NULL, &ignored);

		for (char *w = list ? strtok_r(list, " ", &save) : NULL; w; w = strtok_r(NULL, " ", &save))
			kill((pid_t)strtol(w, NULL, 10), SIGKILL);
	}
}

/* The guard's life: start the command, wait for its end or for the word to end it, tell, sweep, go. */
static void
guard(const char *const *argv, int life, int out, int errors, int report)
{
	struct proc_spec spec = { .argv = argv, .in = -1, .out = out, .errfd = errors };
	struct news news = { 0 };
	struct err e;
	pid_t pid;
	int pidfd;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	if ((pid = proc_start(&spec, &e)) < 0) {
		news.error = strcmp(e.word, "not-found") ? EACCES : ENOENT;
		io_write_all(report, &news, sizeof news);
		_exit(0);
	}
	close(out);
	pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p[] = { { .fd = life, .events = POLLIN }, { .fd = pidfd, .events = POLLIN } };

	while (poll(p, 2, -1) < 0 && errno == EINTR)
		;
	if (!p[0].revents && waitpid(pid, &news.status, 0) == pid)
		io_write_all(report, &news, sizeof news);
	sweep();
	_exit(0);
}

static void
remember(pid_t pid)
{
	if (guards.count == guards.room) {
		guards.room = guards.room ? 2 * guards.room : 16;
		guards.pid = mem_must(realloc(guards.pid, guards.room * sizeof *guards.pid));
	}
	guards.pid[guards.count++] = pid;
}

/* Collect the guards that have ended; with no WNOHANG in FLAGS wait for all. */
static void
reap(int flags)
{
	for (size_t i = guards.count; i-- > 0;)
		if (waitpid(guards.pid[i], NULL, flags))
			guards.pid[i] = guards.pid[--guards.count];
}

static void
close_at(struct loop *loop, int *fd)
{
	if (*fd < 0)
		return;
	loop_forget(loop, *fd);
	close(*fd);
	*fd = -1;
}

static void
take(struct child *c, const char *s, size_t len)
{
	if (c->spec.output) {
		c->spec.output(c->spec.arg, s, len);
		return;
	}
	if (c->len + len > 2 * PROC_TAIL) {
		size_t keep = PROC_TAIL;

		memmove(c->tail, c->tail + c->len - keep, keep);
		c->len = keep;
	}
	memcpy(c->tail + c->len, s, len);
	c->len += len;
}

static void
finish(struct child *c)
{
	size_t from = c->len > PROC_TAIL ? c->len - PROC_TAIL : 0;

	if (c->tail)
		c->tail[c->len] = 0;
	c->end.out = c->tail ? c->tail + from : "";
	c->end.len = c->len - from;
	c->end.exit = WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1;
	c->end.signal = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;
	close_at(c->loop, &c->out);
	close_at(c->loop, &c->report);
	close_at(c->loop, &c->life);
	c->spec.done(c->spec.arg, &c->end);
}

/* False: the pipe is empty for now or at its end. */
static bool
read_some(struct child *c)
{
	char buf[1 << 14];
	ssize_t n = read(c->out, buf, sizeof buf);

	if (n > 0)
		take(c, buf, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_at(c->loop, &c->out);
	return n > 0;
}

static void
on_output(void *arg, short events)
{
	(void)events;
	read_some(arg);
}

/* The guard has told: what is in the pipe by now is the command's, what its daemons write later is not. */
static void
on_report(void *arg, short events)
{
	struct child *c = arg;
	struct news news;

	(void)events;
	if (read(c->report, &news, sizeof news) != sizeof news)
		news = (struct news){ .status = SIGKILL };
	for (int pieces = 0; pieces < 64 && c->out >= 0 && read_some(c); pieces++)
		;
	c->status = news.status;
	c->end.not_found = news.error;
	finish(c);
}

static void
drop(void *arg)
{
	struct child *c = arg;

	child_cut(c);
	free(c->tail);
}

static int
begin(struct child *c, int p[3][2], const struct child_spec *spec, struct err *e)
{
	enum { LIFE, OUT, REPORT };
	pid_t guard_pid;

	for (int i = 0; i < 3; i++)
		if (pipe2(p[i], O_CLOEXEC))
			return err_sys(e, "pipe");
	reap(WNOHANG);
	if ((guard_pid = fork()) < 0)
		return err_sys(e, "fork");
	if (!guard_pid) {
		int keep[] = { p[LIFE][0], p[OUT][1], p[REPORT][1] };

		stop_reset_child();
		/* a terminal's ^C is for health-wait, who then tells us */
		setpgid(0, 0);
		for (int i = 0; i < 3; i++)
			keep[i] = fcntl(keep[i], F_DUPFD_CLOEXEC, 6);
		for (int i = 0; i < 3; i++)
			dup3(keep[i], 3 + i, O_CLOEXEC);
		close_range(6, ~0U, 0);
		guard(spec->argv, 3, 4, spec->errors ? 4 : -1, 5);
	}
	remember(guard_pid);
	c->life = p[LIFE][1];
	c->out = p[OUT][0];
	c->report = p[REPORT][0];
	p[LIFE][1] = p[OUT][0] = p[REPORT][0] = -1;
	fcntl(c->out, F_SETFL, O_NONBLOCK);
	if (loop_watch(c->loop, c->out, POLLIN, on_output, c) || loop_watch(c->loop, c->report, POLLIN, on_report, c))
		return err_sys(e, "epoll");
	return 0;
}

struct child *
child_start(struct mem *m, struct loop *loop, const struct child_spec *spec, struct err *e)
{
	struct child *c = mem_zero(m, 1, sizeof *c);
	int p[3][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 } }, bad;

	*c = (struct child){ .loop = loop, .spec = *spec, .life = -1, .out = -1, .report = -1 };
	if (!spec->output)
		c->tail = mem_must(malloc(2 * PROC_TAIL + 1));
	mem_own(m, c, drop);
	bad = begin(c, p, spec, e);
	for (int i = 0; i < 6; i++)
		if (p[i / 2][i % 2] >= 0)
			close(p[i / 2][i % 2]);
	return bad ? NULL : c;
}

void
child_cut(struct child *c)
{
	close_at(c->loop, &c->out);
	close_at(c->loop, &c->report);
	close_at(c->loop, &c->life);
}

void
child_reap(void)
{
	reap(0);
}
