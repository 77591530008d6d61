/* proc.c - runs children; poll on their pipes, their pidfd and the stop descriptor. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/proc.h"
#include "core/secret.h"
#include "core/stop.h"

enum { OUT, ERR, STREAMS };

/* The last KEEP bytes of what was added. */
struct tail {
	char *buf;
	size_t keep, len;       /* len: bytes in buf, up to 2 * keep */
	long long total;
};

struct run {
	const struct proc_spec *spec;
	struct proc_result *result;
	struct tail both, out;
	int pipe[STREAMS];      /* our ends; -1: closed or not ours */
	int pidfd;
	pid_t pid;
	double deadline, kill_at;
};

static void
tail_init(struct mem *m, struct tail *t, size_t keep)
{
	t->keep = keep;
	t->buf = mem_zero(m, 2 * keep + 1, 1);
}

static void
tail_add(struct tail *t, const char *s, size_t len)
{
	t->total += (long long)len;
	if (len > t->keep) {
		s += len - t->keep;
		len = t->keep;
	}
	if (t->len + len > 2 * t->keep) {
		size_t old = t->keep - len;

		memmove(t->buf, t->buf + t->len - old, old);
		t->len = old;
	}
	memcpy(t->buf + t->len, s, len);
	t->len += len;
}

static char *
tail_text(struct tail *t, size_t *len)
{
	*len = t->len > t->keep ? t->keep : t->len;
	t->buf[t->len] = 0;
	return t->buf + t->len - *len;
}

/* execvp promises not to change what it is given, its prototype is older than const. */
static void
exec_const(const char *const *argv)
{
	union { const char *const *from; char *const *to; } u = { .from = argv };

	execvp(argv[0], u.to);
}

/* Whether one of ADDED names the variable of ENTRY. */
static bool
replaced(const char *entry, const char *const *added)
{
	size_t name = strcspn(entry, "=");

	for (; added && *added; added++)
		if (strcspn(*added, "=") == name && !strncmp(*added, entry, name))
			return true;
	return false;
}

/* What the child finds in its environment; free() it. */
static char **
environment(const struct proc_spec *s)
{
	size_t count = 0, n = 0;
	const char **all;
	union { const char **from; char **to; } u;

	for (char **v = environ; v && *v; v++)
		count++;
	for (const char *const *v = s->env; v && *v; v++)
		count++;
	u.from = all = mem_must(calloc(count + 1, sizeof *all));
	for (const char *const *v = s->env; v && *v; v++)
		if (strchr(*v, '=') && !replaced(*v, v + 1))
			all[n++] = *v;
	for (char **v = environ; v && *v; v++)
		if (!replaced(*v, s->env))
			all[n++] = *v;
	return u.to;
}

/* Another thread may have held a lock of malloc()'s or of the environment's when we were forked:
 * only what is safe in a signal handler is called here. */
static void
child(const struct proc_spec *s, char **env, const int fds[3], int report)
{
	int saved;

	setpgid(0, 0);
	stop_reset_child();
	for (int i = 0; i < 3; i++)
		if (dup2(fds[i], i) < 0)
			goto fail;
	environ = env;
	if (s->dir && chdir(s->dir))
		goto fail;
	exec_const(s->argv);
fail:
	saved = errno;
	io_write_all(report, &saved, sizeof saved);
	_exit(127);
}

static int
above_stdio(int fd)
{
	int moved;

	if (fd < 0 || fd > 2)
		return fd;
	moved = fcntl(fd, F_DUPFD_CLOEXEC, 3);
	close(fd);
	return moved;
}

/* Fork with FDS as 0, 1, 2; the child's exec error comes back through a pipe. */
static pid_t
spawn(const struct proc_spec *s, const int fds[3], struct err *e)
{
	int report[2], failed = 0;
	char **env;
	pid_t pid;
	ssize_t n;

	if (pipe2(report, O_CLOEXEC))
		return err_sys(e, "pipe");
	report[1] = above_stdio(report[1]);
	env = environment(s);
	if (!(pid = fork()))
		child(s, env, fds, report[1]);
	free(env);
	close(report[1]);
	if (pid < 0) {
		close(report[0]);
		return err_sys(e, "fork");
	}
	setpgid(pid, pid);
	do
		n = read(report[0], &failed, sizeof failed);
	while (n < 0 && errno == EINTR);
	close(report[0]);
	if (n != sizeof failed)
		return pid;
	waitpid(pid, NULL, 0);
	errno = failed;
	err_sys(e, "%s%s%s", s->dir ? s->dir : "", s->dir ? ": " : "", s->argv[0]);
	if (failed != ENOENT)
		return -1;
	if (!s->dir && strchr(s->argv[0], '/') && !access(s->argv[0], F_OK)) {
		err_set(e, FAIL_TROUBLE, "not-found",
		    "%s: the interpreter of its first line is not there", s->argv[0]);
		return err_hint(e, "install that, or correct the line: #!/bin/sh");
	}
	return err_hint(e, "install it, or correct PATH");
}

static int
null_device(void)
{
	return above_stdio(open("/dev/null", O_RDWR | O_CLOEXEC));
}

pid_t
proc_start(const struct proc_spec *s, struct err *e)
{
	int null = null_device();
	int fds[3] = { s->in < 0 ? null : s->in, s->out < 0 ? null : s->out,
		s->errfd < 0 ? null : s->errfd };
	pid_t pid;

	if (null < 0)
		return err_sys(e, "/dev/null");
	pid = spawn(s, fds, e);
	close(null);
	return pid;
}

/* Our pipes for the captured streams, the child's ends into FDS. */
static int
open_pipes(struct run *r, int fds[3], struct err *e)
{
	int wanted[STREAMS] = { r->spec->out, r->spec->errfd };

	for (int i = 0; i < STREAMS; i++) {
		int p[2];

		r->pipe[i] = -1;
		fds[i + 1] = wanted[i];
		if (wanted[i] >= 0)
			continue;
		if (pipe2(p, O_CLOEXEC))
			return err_sys(e, "pipe");
		r->pipe[i] = above_stdio(p[0]);
		fds[i + 1] = above_stdio(p[1]);
		fcntl(r->pipe[i], F_SETFL, O_NONBLOCK);
	}
	return 0;
}

static void
close_at(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static int
start(struct run *r, struct err *e)
{
	int fds[3], null = null_device(), bad;

	if (null < 0)
		return err_sys(e, "/dev/null");
	fds[0] = r->spec->in < 0 ? null : r->spec->in;
	fds[1] = fds[2] = -1;
	r->pid = (bad = open_pipes(r, fds, e)) ? -1 : spawn(r->spec, fds, e);
	close(null);
	for (int i = 0; i < STREAMS; i++) {
		if (r->pipe[i] >= 0)
			close_at(&fds[i + 1]);
		if (r->pid < 0)
			close_at(&r->pipe[i]);
	}
	if (r->pid < 0)
		return -1;
	r->pidfd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	return 0;
}

static void
drain(struct run *r, int i)
{
	char buf[1 << 14];
	ssize_t n;

	if (r->pipe[i] < 0)
		return;
	while ((n = read(r->pipe[i], buf, sizeof buf)) > 0) {
		tail_add(&r->both, buf, (size_t)n);
		if (i == OUT)
			tail_add(&r->out, buf, (size_t)n);
		if (r->spec->echo) {
			secret_wash(buf, (size_t)n);
			io_write_all(2, buf, (size_t)n);
		}
		if ((size_t)n < sizeof buf)
			break;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		close_at(&r->pipe[i]);
}

/* TERM now, KILL when the grace is over. */
static void
ask_to_end(struct run *r)
{
	if (!isinf(r->kill_at))
		return;
	kill(-r->pid, SIGTERM);
	r->kill_at = clock_now() + (r->spec->grace > 0 ? r->spec->grace : 5);
}

/* Our children as the kernel lists them: pids parted by spaces; "" where it cannot tell. */
static char *
children(struct mem *m)
{
	struct err ignored;
	char *path = mem_fmt(m, "/proc/self/task/%ld/children", (long)syscall(SYS_gettid));
	char *list = io_read_file(m, path, 1 << 20, NULL, &ignored);

	return list ? mem_fmt(m, " %s", list) : mem_string(m, "");
}

/* Descendants that left the group (setsid) come to us when their parents end, as we are their
 * subreaper: end those that were not our children BEFORE. */
static void
end_orphans(const char *before)
{
	for (int round = 0; round < 50; round++) {
		MEM_SCOPE(m);
		char *save = NULL, *list = children(m);
		int killed = 0;

		for (char *w = strtok_r(list, " ", &save); w; w = strtok_r(NULL, " ", &save)) {
			if (strstr(before, mem_fmt(m, " %s ", w)))
				continue;
			kill((pid_t)strtol(w, NULL, 10), SIGKILL);
			waitpid((pid_t)strtol(w, NULL, 10), NULL, 0);
			killed = 1;
		}
		if (!killed)
			return;
	}
}

static void
wait_for_something(struct run *r)
{
	struct pollfd p[] = {
		{ .fd = r->pipe[OUT], .events = POLLIN }, { .fd = r->pipe[ERR], .events = POLLIN },
		{ .fd = r->pidfd, .events = POLLIN },
		{ .fd = stop_signal() ? -1 : stop_fd(), .events = POLLIN },
	};
	double until = isinf(r->kill_at) ? r->deadline : r->kill_at;
	int ms = clock_poll_ms(until);

	/* a kernel without pidfd: look every 20 ms */
	if (r->pidfd < 0 && (ms < 0 || ms > 20))
		ms = 20;
	poll(p, sizeof p / sizeof *p, ms);
	drain(r, OUT);
	drain(r, ERR);
}

static void
watch(struct run *r)
{
	int status;

	while (waitpid(r->pid, &status, WNOHANG) == 0) {
		wait_for_something(r);
		if (clock_now() >= r->deadline && !r->result->timed_out) {
			r->result->timed_out = true;
			ask_to_end(r);
		}
		if (stop_signal())
			ask_to_end(r);
		if (clock_now() >= r->kill_at) {
			kill(-r->pid, SIGKILL);
			r->kill_at = clock_now() + 1;
		}
	}
	/* a daemon that the child left behind may hold the pipes for ever: take what is there and
	 * go on */
	drain(r, OUT);
	drain(r, ERR);
	r->result->signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	r->result->status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void
finish(struct run *r, const char *before)
{
	struct proc_result *res = r->result;

	if (!isinf(r->kill_at)) {
		kill(-r->pid, SIGKILL);
		end_orphans(before);
	}
	close_at(&r->pipe[OUT]);
	close_at(&r->pipe[ERR]);
	close_at(&r->pidfd);
	res->output = tail_text(&r->both, &res->output_len);
	res->output_total = r->both.total;
	res->out = tail_text(&r->out, &res->out_len);
}

int
proc_run(struct mem *m, const struct proc_spec *spec, struct proc_result *result, struct err *e)
{
	struct run r = { .spec = spec,
		.result = result,
		.deadline = INFINITY,
		.kill_at = INFINITY };
	double begun = clock_now();
	int reaper = 0;
	char *before;

	memset(result, 0, sizeof *result);
	if (stop_check(e))
		return -1;
	tail_init(m, &r.both, spec->keep ? spec->keep : PROC_TAIL);
	tail_init(m, &r.out, spec->keep ? spec->keep : PROC_TAIL);
	prctl(PR_GET_CHILD_SUBREAPER, &reaper);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	before = children(m);
	if (start(&r, e)) {
		prctl(PR_SET_CHILD_SUBREAPER, reaper);
		return -1;
	}
	if (spec->timeout > 0)
		r.deadline = begun + spec->timeout;
	watch(&r);
	result->seconds = clock_now() - begun;
	finish(&r, before);
	prctl(PR_SET_CHILD_SUBREAPER, reaper);
	return stop_check(e);
}

int
proc_end(pid_t pid, double grace)
{
	double until = clock_now() + grace;
	int status = 0;

	kill(-pid, SIGTERM);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		struct timespec nap = { .tv_nsec = 5000000 };

		if (clock_now() >= until)
			kill(-pid, SIGKILL);
		nanosleep(&nap, NULL);
	}
	kill(-pid, SIGKILL);
	return status;
}

char *
proc_ours(struct mem *m, const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash, *path;

	if (n > 0) {
		self[n] = 0;
		if ((slash = strrchr(self, '/'))) {
			*slash = 0;
			path = mem_fmt(m, "%s/%s", self, name);
			if (!access(path, X_OK))
				return path;
		}
	}
	return mem_string(m, name);
}

bool
proc_on_path(const char *program)
{
	MEM_SCOPE(m);
	const char *path = getenv("PATH");

	if (strchr(program, '/'))
		return !access(program, X_OK);
	for (const char *p = path ? path : "/usr/bin:/bin"; *p;) {
		size_t n = strcspn(p, ":");

		if (!access(mem_fmt(m, "%.*s/%s", (int)n, p, program), X_OK))
			return true;
		p += n + (p[n] == ':');
	}
	return false;
}
