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

/* The end of what came through a pipe. */
struct pipe {
	struct child *child;
	int fd;                 /* -1: closed */
	char *tail;             /* up to 2 * PROC_TAIL bytes; NULL: not kept */
	size_t len;
};

struct child {
	struct loop *loop;
	struct child_spec spec;
	int life;               /* the guard reads its end: our death or our wish */
	int report;             /* -1: closed */
	struct pipe out, errors;
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

/* In the guard: end all descendants. Those of a child that was ended come to us at that moment, so
 * that each round reaches one generation deeper, whatever sessions and groups they made for
 * themselves. */
static void
sweep(void)
{
	for (pid_t pid = 0; pid >= 0 || errno == EINTR; pid = waitpid(-1, NULL, 0)) {
		MEM_SCOPE(m);
		struct err ignored;
		char *save = NULL,
		     *list = io_read_file(m,
			 mem_fmt(m, "/proc/self/task/%ld/children", (long)getpid()), 1 << 20, NULL,
			 &ignored);

		for (char *w = list ? strtok_r(list, " ", &save) : NULL; w;
		     w = strtok_r(NULL, " ", &save))
			kill((pid_t)strtol(w, NULL, 10), SIGKILL);
	}
}

/* The guard's life: start the command, wait for its end or for the word to end it, tell, sweep,
 * go. */
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
	close(errors);
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
take(struct pipe *p, const char *s, size_t len)
{
	if (!p->tail) {
		p->child->spec.output(p->child->spec.arg, s, len);
		return;
	}
	if (p->len + len > 2 * PROC_TAIL) {
		memmove(p->tail, p->tail + p->len - PROC_TAIL, PROC_TAIL);
		p->len = PROC_TAIL;
	}
	memcpy(p->tail + p->len, s, len);
	p->len += len;
}

static const char *
kept(struct pipe *p, size_t *len)
{
	*len = p->len > PROC_TAIL ? PROC_TAIL : p->len;
	if (!p->tail)
		return "";
	p->tail[p->len] = 0;
	return p->tail + p->len - *len;
}

static void
finish(struct child *c)
{
	c->end.out = kept(&c->out, &c->end.len);
	c->end.errors = kept(&c->errors, &c->end.errors_len);
	c->end.exit = WIFEXITED(c->status) ? WEXITSTATUS(c->status) : -1;
	c->end.signal = WIFSIGNALED(c->status) ? WTERMSIG(c->status) : 0;
	child_cut(c);
	c->spec.done(c->spec.arg, &c->end);
}

/* False: the pipe is empty for now or at its end. */
static bool
read_some(struct pipe *p)
{
	char buf[1 << 14];
	ssize_t n = p->fd < 0 ? 0 : read(p->fd, buf, sizeof buf);

	if (n > 0)
		take(p, buf, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_at(p->child->loop, &p->fd);
	return n > 0;
}

static void
on_output(void *arg, short events)
{
	(void)events;
	read_some(arg);
}

/* The guard has told: what is in the pipe by now is the command's, what its daemons write later is
 * not. */
static void
on_report(void *arg, short events)
{
	struct child *c = arg;
	struct news news;

	(void)events;
	if (read(c->report, &news, sizeof news) != sizeof news)
		news = (struct news){ .status = SIGKILL };
	for (int pieces = 0; pieces < 64 && read_some(&c->out); pieces++)
		;
	for (int pieces = 0; pieces < 64 && read_some(&c->errors); pieces++)
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
	free(c->out.tail);
	free(c->errors.tail);
}

enum { LIFE, REPORT, OUT, ERRORS, PIPES };

/* In the new process: the guard's ends of the pipes as 3 and on, nothing else open. */
static void
become_guard(const struct child_spec *spec, int p[PIPES][2])
{
	int ends[PIPES] = { p[LIFE][0], p[REPORT][1], p[OUT][1], p[ERRORS][1] };

	stop_reset_child();
	/* a terminal's ^C is for health-wait, who then tells us */
	setpgid(0, 0);
	for (int i = 0; i < PIPES; i++)
		ends[i] = fcntl(ends[i], F_DUPFD_CLOEXEC, 3 + PIPES);
	for (int i = 0; i < PIPES; i++)
		dup3(ends[i], 3 + i, O_CLOEXEC);
	close_range(3 + PIPES, ~0U, 0);
	guard(spec->argv, 3 + LIFE, 3 + OUT, spec->errors ? 3 + ERRORS : -1, 3 + REPORT);
}

/* Take our end of a pipe out of P, and watch it. */
static int
listen_to(struct child *c, int p[2], int *fd, loop_ready *call, void *arg)
{
	*fd = p[0];
	p[0] = -1;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	return loop_watch(c->loop, *fd, POLLIN, call, arg);
}

static int
begin(struct child *c, int p[PIPES][2], struct err *e)
{
	pid_t pid;

	for (int i = 0; i < PIPES; i++)
		if (pipe2(p[i], O_CLOEXEC))
			return err_sys(e, "pipe");
	reap(WNOHANG);
	if ((pid = fork()) < 0)
		return err_sys(e, "fork");
	if (!pid)
		become_guard(&c->spec, p);
	remember(pid);
	c->life = p[LIFE][1];
	p[LIFE][1] = -1;
	if (listen_to(c, p[OUT], &c->out.fd, on_output, &c->out) ||
	    listen_to(c, p[REPORT], &c->report, on_report, c) ||
	    (c->spec.errors && listen_to(c, p[ERRORS], &c->errors.fd, on_output, &c->errors)))
		return err_sys(e, "epoll");
	return 0;
}

struct child *
child_start(struct mem *m, struct loop *loop, const struct child_spec *spec, struct err *e)
{
	struct child *c = mem_zero(m, 1, sizeof *c);
	int p[PIPES][2] = { { -1, -1 }, { -1, -1 }, { -1, -1 }, { -1, -1 } }, bad;

	*c = (struct child){ .loop = loop,
		.spec = *spec,
		.life = -1,
		.report = -1,
		.out = { c, -1, NULL, 0 },
		.errors = { c, -1, NULL, 0 } };
	if (!spec->output)
		c->out.tail = mem_must(malloc(2 * PROC_TAIL + 1));
	if (spec->errors)
		c->errors.tail = mem_must(malloc(2 * PROC_TAIL + 1));
	mem_own(m, c, drop);
	bad = begin(c, p, e);
	for (int i = 0; i < 2 * PIPES; i++)
		if (p[i / 2][i % 2] >= 0)
			close(p[i / 2][i % 2]);
	return bad ? NULL : c;
}

void
child_cut(struct child *c)
{
	close_at(c->loop, &c->out.fd);
	close_at(c->loop, &c->errors.fd);
	close_at(c->loop, &c->report);
	close_at(c->loop, &c->life);
}

void
child_reap(void)
{
	reap(0);
}
