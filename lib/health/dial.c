/* dial.c - non-blocking connects. */
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

#include "health/dial.h"
#include "health/resolve.h"

struct line {
	struct dial *dial;
	int fd;
	char address[RESOLVE_ADDRESS];
};

struct dial {
	struct probe *probe;
	const char *host, *port;
	void (*done)(struct probe *, int);
	struct resolve_query *query;
	struct line line[RESOLVE_MAX];
	int count, open;
	int error;              /* of the last line that failed */
	bool connected;
};

static void
hang_up(struct line *l)
{
	if (l->fd < 0)
		return;
	loop_forget(l->dial->probe->scene->loop, l->fd);
	close(l->fd);
	l->fd = -1;
	l->dial->open--;
}

static void
failed(struct line *l, int error)
{
	struct dial *d = l->dial;

	d->error = error;
	hang_up(l);
	if (!d->open)
		probe_end_errno(d->probe, d->error, "connect");
}

/* A connect to a free port of this machine may meet itself: both ends are the same socket. */
static bool
is_own(int fd)
{
	struct sockaddr_storage a = { 0 }, b = { 0 };
	socklen_t n = sizeof a, k = sizeof b;

	return !getsockname(fd, (struct sockaddr *)&a, &n) &&
	    !getpeername(fd, (struct sockaddr *)&b, &k) && a.ss_family != AF_UNIX && n == k &&
	    !memcmp(&a, &b, n);
}

static void
on_dialled(void *arg, short events)
{
	struct line *l = arg;
	struct dial *d = l->dial;
	int error = 0;
	socklen_t len = sizeof error;

	(void)events;
	getsockopt(l->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error || is_own(l->fd)) {
		failed(l, error ? error : ECONNREFUSED);
		return;
	}
	snprintf(d->probe->sight.address, sizeof d->probe->sight.address, "%s", l->address);
	for (int i = 0; i < d->count; i++)
		if (d->line + i != l)
			hang_up(d->line + i);
	loop_forget(d->probe->scene->loop, l->fd);
	d->connected = true;
	d->done(d->probe, l->fd);
}

/* False with errno when it failed on the spot. */
static bool
call(struct dial *d, const struct sockaddr *to, socklen_t len, const char *address)
{
	struct line *l = d->line + d->count;

	l->dial = d;
	snprintf(l->address, sizeof l->address, "%s", address);
	if ((l->fd = socket(to->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) < 0)
		return false;
	d->count++;
	d->open++;
	if ((connect(l->fd, to, len) && errno != EINPROGRESS) ||
	    loop_watch(d->probe->scene->loop, l->fd, POLLOUT, on_dialled, l)) {
		int saved = errno;

		hang_up(l);
		errno = saved;
		return false;
	}
	return true;
}

static void
on_addresses(void *arg, const struct resolve_answer *answer)
{
	struct dial *d = arg;

	d->query = NULL;
	if (!answer->count) {
		probe_end(d->probe, "dns-failed", "%s: %s", d->host, answer->why);
		return;
	}
	/* all at once: whichever answers first is the one */
	for (int i = 0; i < answer->count; i++) {
		struct addrinfo hints = { .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV,
			.ai_socktype = SOCK_STREAM };
		struct addrinfo *to = NULL;

		if (getaddrinfo(answer->address[i], d->port, &hints, &to))
			continue;
		if (!call(d, to->ai_addr, to->ai_addrlen, answer->address[i]))
			d->error = errno;
		freeaddrinfo(to);
	}
	if (!d->open)
		probe_end_errno(d->probe, d->error, "connect");
}

static void
call_socket(struct dial *d, const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	/* its length was checked with the command line */
	memcpy(to.sun_path, path, n);
	if (!call(d, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + 1), ""))
		probe_end_errno(d->probe, errno, "connect");
}

void
dial_start(struct probe *p, struct dial **dial, const char *host, const char *port,
    const char *path, void (*done)(struct probe *, int))
{
	struct dial *d = *dial = mem_zero(p->m, 1, sizeof *d);
	struct resolve_query *q;

	*d = (struct dial){ .probe = p, .host = host, .port = port, .done = done };
	if (path)
		call_socket(d, path);
	else if ((q = resolve_ask(p->scene->resolve, host, on_addresses, d)))
		d->query = q;
}

bool
dial_progress(const struct dial *d)
{
	if (d->query)
		probe_say(d->probe, "dns-timeout", "no name server answered for %s", d->host);
	else if (!d->connected)
		probe_say(d->probe, "connect-timeout", "no connection in time");
	return !d->connected;
}

void
dial_drop(struct dial *d)
{
	if (!d)
		return;
	resolve_cancel(d->query);
	for (int i = 0; i < d->count; i++)
		hang_up(d->line + i);
}

int
dial_parse(struct mem *m, const char *text, const char **host, const char **port, struct err *e)
{
	const char *bracket = *text == '[' ? strchr(text, ']') : NULL;
	const char *colon = strrchr(bracket ? bracket : text, ':');
	size_t len = colon ? (size_t)(colon - text) : strlen(text);
	char *end = NULL;
	long n;

	if (colon)
		*port = colon + 1;
	n = *port ? strtol(*port, &end, 10) : 0;
	if (!len || !end || *end || n < 1 || n > 65535 || (*text == '[' && !bracket) ||
	    (!bracket && memchr(text, ':', len))) {
		err_set(e, FAIL_TROUBLE, "usage", "after // comes HOST:PORT");
		return err_hint(e, "an IPv6 address stands in brackets: tcp://[::1]:5432");
	}
	*host = bracket ? mem_dup(m, text + 1, (size_t)(bracket - text - 1)) :
			  mem_dup(m, text, len);
	return 0;
}
