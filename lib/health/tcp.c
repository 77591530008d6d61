/* tcp.c - tcp and Unix socket targets: connected, and not closed again at once. */
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "health/kinds.h"
#include "health/resolve.h"

/* A port proxy (docker-proxy, a load balancer) accepts before anything listens behind it, and closes then. */
#define HOLD 0.1

struct dial {
	struct probe *probe;
	int fd;
	char address[RESOLVE_ADDRESS];
};

struct attempt {
	struct resolve_query *query;
	struct dial dial[RESOLVE_MAX];
	int count, open;
	int error;              /* of the last dial that failed */
	struct loop_timer hold;
};

static void
close_dial(struct probe *p, struct dial *d)
{
	struct attempt *a = p->own;

	if (d->fd < 0)
		return;
	loop_forget(p->scene->loop, d->fd);
	close(d->fd);
	d->fd = -1;
	a->open--;
}

static void
on_held(void *arg)
{
	probe_end(arg, "ok", "connected");
}

/* While it is held: what talks is a service, what hangs up is none. */
static void
on_talk(void *arg, short events)
{
	struct dial *d = arg;
	char byte;
	ssize_t n = recv(d->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	(void)events;
	if (n > 0)
		probe_end(d->probe, "ok", "connected, and it talks");
	else if (n == 0)
		probe_end(d->probe, "reset", "connected, and closed again at once");
	else if (errno != EAGAIN && errno != EINTR)
		probe_end_errno(d->probe, errno, "connected, and then");
}

static void
failed(struct dial *d, int error)
{
	struct probe *p = d->probe;
	struct attempt *a = p->own;

	a->error = error;
	close_dial(p, d);
	if (!a->open)
		probe_end_errno(p, a->error, "connect");
}

/* A connect to a free port of this machine may meet itself: both ends are the same socket. */
static bool
is_own(int fd)
{
	struct sockaddr_storage a = { 0 }, b = { 0 };
	socklen_t n = sizeof a, k = sizeof b;

	return !getsockname(fd, (struct sockaddr *)&a, &n) && !getpeername(fd, (struct sockaddr *)&b, &k) &&
	    a.ss_family != AF_UNIX && n == k && !memcmp(&a, &b, n);
}

static void
connected(struct dial *d)
{
	struct probe *p = d->probe;
	struct attempt *a = p->own;

	if (is_own(d->fd)) {
		failed(d, ECONNREFUSED);
		return;
	}
	snprintf(p->sight.address, sizeof p->sight.address, "%s", d->address);
	for (int i = 0; i < a->count; i++)
		if (a->dial + i != d)
			close_dial(p, a->dial + i);
	loop_watch(p->scene->loop, d->fd, POLLIN | POLLRDHUP, on_talk, d);
	loop_set(p->scene->loop, &a->hold, clock_now() + HOLD, on_held, p);
}

static void
on_dialled(void *arg, short events)
{
	struct dial *d = arg;
	int error = 0;
	socklen_t len = sizeof error;

	(void)events;
	getsockopt(d->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error)
		failed(d, error);
	else
		connected(d);
}

/* Dial; false with errno when it failed on the spot. */
static bool
dial(struct probe *p, const struct sockaddr *to, socklen_t len, const char *address)
{
	struct attempt *a = p->own;
	struct dial *d = a->dial + a->count;

	d->probe = p;
	snprintf(d->address, sizeof d->address, "%s", address);
	if ((d->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		return false;
	a->count++;
	a->open++;
	if ((connect(d->fd, to, len) && errno != EINPROGRESS) ||
	    loop_watch(p->scene->loop, d->fd, POLLOUT, on_dialled, d)) {
		int saved = errno;

		close_dial(p, d);
		errno = saved;
		return false;
	}
	return true;
}

static void
on_addresses(void *arg, const struct resolve_answer *answer)
{
	struct probe *p = arg;
	struct attempt *a = p->own;

	a->query = NULL;
	if (!answer->count) {
		probe_end(p, "dns-failed", "%s: %s", p->target->host, answer->why);
		return;
	}
	/* all at once: whichever answers first is the one */
	for (int i = 0; i < answer->count; i++) {
		struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_STREAM };
		struct addrinfo *to = NULL;

		if (getaddrinfo(answer->address[i], p->target->port, &hints, &to))
			continue;
		if (!dial(p, to->ai_addr, to->ai_addrlen, answer->address[i]))
			a->error = errno;
		freeaddrinfo(to);
	}
	if (!a->open)
		probe_end_errno(p, a->error, "connect");
}

static void
dial_socket(struct probe *p)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(p->target->path);

	memcpy(to.sun_path, p->target->path, n);
	/* a full backlog of a Unix socket is EAGAIN, not a connection in progress */
	if (!dial(p, (struct sockaddr *)&to, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1), ""))
		probe_end_errno(p, errno, "connect");
}

static void
start(struct probe *p)
{
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);
	struct resolve_query *q;

	if (p->target->path) {
		dial_socket(p);
		return;
	}
	if ((q = resolve_ask(p->scene->resolve, p->target->host, on_addresses, p)))
		a->query = q;
}

static void
cut(struct probe *p)
{
	struct attempt *a = p->own;

	if (a->query)
		probe_say(p, "dns-timeout", "no name server answered for %s", p->target->host);
	else if (a->hold.slot)
		probe_say(p, "timeout", "connected, but not yet for %g s", HOLD);
	else
		probe_say(p, "connect-timeout", "no connection in time");
}

static void
drop(struct probe *p)
{
	struct attempt *a = p->own;

	resolve_cancel(a->query);
	loop_unset(p->scene->loop, &a->hold);
	for (int i = 0; i < a->count; i++)
		close_dial(p, a->dial + i);
}

/* "host:port", "[::1]:port" */
static int
parse_host(struct mem *m, struct target *t, const char *rest, struct err *e)
{
	const char *colon = strrchr(rest, ':');
	char *end;
	long port = colon ? strtol(colon + 1, &end, 10) : 0;

	if (!colon || colon == rest || *end || port < 1 || port > 65535 ||
	    (*rest != '[' && memchr(rest, ':', (size_t)(colon - rest)))) {
		err_set(e, FAIL_TROUBLE, "usage", "after tcp:// comes HOST:PORT");
		return err_hint(e, "an IPv6 address stands in brackets: tcp://[::1]:5432");
	}
	t->host = *rest == '[' ? mem_dup(m, rest + 1, strcspn(rest + 1, "]")) : mem_dup(m, rest, (size_t)(colon - rest));
	t->port = colon + 1;
	return 0;
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	const char *rest;

	kind_of(t->text, &rest);
	if (!strncmp(t->text, "tcp:", 4))
		return parse_host(m, t, rest, e);
	if (*rest != '/' || strlen(rest) >= sizeof ((struct sockaddr_un *)0)->sun_path)
		return err_set(e, FAIL_TROUBLE, "usage", "after unix: comes the path of a socket, of at most %zu bytes",
		    sizeof ((struct sockaddr_un *)0)->sun_path - 1);
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
