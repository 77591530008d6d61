/* file.c - file targets: the path exists. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#include "health/kinds.h"

static void
start(struct probe *p)
{
	struct stat st;

	if (!stat(p->target->rest, &st))
		probe_end(p, "ok", "it exists, %lld bytes", (long long)st.st_size);
	else if (errno == ENOENT || errno == ENOTDIR)
		probe_end(p, "not-found", "%s", strerror(errno));
	else
		probe_end(p, "unreachable", "%s", strerror(errno));
}

static void
drop(struct probe *p)
{
	(void)p;
}

/* Tells when something appears in the directory where the path goes on. */
struct alert {
	struct loop *loop;
	int fd, watch;
	const char *path;
	void (*wake)(void *);
	void *arg;
};

static void
close_alert(void *arg)
{
	struct alert *a = arg;

	close(a->fd);
}

/* Watch the deepest directory on the way that is there. */
static void
arm(struct alert *a)
{
	MEM_SCOPE(m);
	char *dir = mem_string(m, a->path), *slash;
	int was = a->watch;

	for (a->watch = -1; a->watch < 0 && (slash = strrchr(dir, '/'));) {
		slash[slash == dir] = 0;
		a->watch = inotify_add_watch(a->fd, dir, IN_CREATE | IN_MOVED_TO | IN_ONLYDIR);
		if (slash == dir)
			break;
	}
	if (was >= 0 && was != a->watch)
		inotify_rm_watch(a->fd, was);
}

static void
on_change(void *arg, short events)
{
	struct alert *a = arg;
	char buf[4096];

	(void)events;
	while (read(a->fd, buf, sizeof buf) > 0)
		;
	arm(a);
	a->wake(a->arg);
}

static void
alert(const struct target *t, struct scene *s, void (*wake)(void *), void *arg)
{
	struct alert *a = mem_zero(s->m, 1, sizeof *a);
	int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

	/* without it the polling does */
	if (fd < 0)
		return;
	*a = (struct alert){ s->loop, fd, -1, t->rest, wake, arg };
	mem_own(s->m, a, close_alert);
	arm(a);
	loop_watch(s->loop, fd, POLLIN, on_change, a);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	const char *rest;
	char *cwd;

	kind_of(t->text, &rest);
	if (!*rest)
		return err_set(e, FAIL_TROUBLE, "usage", "after file: comes a path");
	t->rest = rest;
	if (*rest != '/' && (cwd = getcwd(NULL, 0))) {
		t->rest = mem_fmt(m, "%s/%s", cwd, rest);
		free(cwd);
	}
	return 0;
}

static const char *const prefixes[] = { "file:", NULL };

const struct kind kind_file = {
	.name = "file",
	.prefixes = prefixes,
	.fds = 1,
	.parse = parse,
	.start = start,
	.drop = drop,
	.alert = alert,
};
