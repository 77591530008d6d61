/* tcp.c - tcp and Unix socket targets: connected, and not closed again at once. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "core/clock.h"
#include "health/dial.h"
#include "health/kinds.h"

/* A port proxy (docker-proxy, a load balancer) accepts before anything listens behind it, and
 * closes then. */
#define HOLD 0.1

struct attempt {
	struct dial *dial;
	int fd;
	struct loop_timer hold;
};

static void
on_held(void *arg)
{
	probe_end(arg, "ok", "connected");
}

/* While it is held: what talks is a service, what hangs up is none. */
static void
on_talk(void *arg, short events)
{
	struct probe *p = arg;
	struct attempt *a = p->own;
	char byte;
	ssize_t n = recv(a->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	(void)events;
	if (n > 0)
		probe_end(p, "ok", "connected, and it talks");
	else if (n == 0)
		probe_end(p, "reset", "connected, and closed again at once");
	else if (errno != EAGAIN && errno != EINTR)
		probe_end_errno(p, errno, "connected, and then");
}

static void
on_connected(struct probe *p, int fd)
{
	struct attempt *a = p->own;

	a->fd = fd;
	loop_watch(p->scene->loop, fd, POLLIN | POLLRDHUP, on_talk, p);
	loop_set(p->scene->loop, &a->hold, clock_now() + HOLD, on_held, p);
}

static void
start(struct probe *p)
{
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);
	const struct target *t = p->target;

	dial_start(p, &a->dial, t->host, t->port, t->path, on_connected);
}

static void
cut(struct probe *p)
{
	if (!dial_progress(((struct attempt *)p->own)->dial))
		probe_say(p, "timeout", "connected, but not yet for %g s", HOLD);
}

static void
drop(struct probe *p)
{
	struct attempt *a = p->own;

	loop_unset(p->scene->loop, &a->hold);
	dial_drop(a->dial);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	const char *rest;

	kind_of(t->text, &rest);
	if (!strncmp(t->text, "tcp:", 4))
		return dial_parse(m, rest, &t->host, &t->port, e);
	if (*rest != '/' || strlen(rest) >= sizeof ((struct sockaddr_un *)0)->sun_path)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "after unix: comes the path of a socket, of at most %zu bytes",
		    sizeof((struct sockaddr_un *)0)->sun_path - 1);
	t->path = rest;
	return 0;
}

static const char *const prefixes[] = { "tcp://", "unix:", NULL };

const struct kind kind_tcp = {
	.name = "tcp",
	.prefixes = prefixes,
	.fds = 4,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
