/* resolve.c - a child per look-up, shared by all who ask for the name. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/stop.h"
#include "health/resolve.h"

enum { LOOKUPS = 2 };                   /* children at once for one name */
#define FRESH 1.0                       /* seconds that an answer is good for */
#define SILENT 1.0                      /* seconds after which a second child is tried */
#define HOPELESS 30.0                   /* seconds after which a child is ended */

struct lookup {
	struct name *name;
	pid_t pid;
	int fd;
	double begun;
	struct resolve_answer got;
	size_t len;
};

struct name {
	struct name *next;
	struct resolve *resolve;
	const char *host;
	struct resolve_answer answer;
	double answered;
	struct lookup lookup[LOOKUPS];
	struct resolve_query *queries;
};

struct resolve {
	struct mem *m;
	struct loop *loop;
	struct name *names;
};

struct resolve_query {
	struct resolve_query *next;
	struct name *name;
	void (*done)(void *, const struct resolve_answer *);
	void *arg;
};

static void
end(struct lookup *l)
{
	if (!l->pid)
		return;
	loop_forget(l->name->resolve->loop, l->fd);
	close(l->fd);
	kill(l->pid, SIGKILL);
	waitpid(l->pid, NULL, 0);
	l->pid = 0;
}

static void
drop(void *arg)
{
	struct resolve *r = arg;

	for (struct name *n = r->names; n; n = n->next) {
		for (int i = 0; i < LOOKUPS; i++)
			end(n->lookup + i);
		for (struct resolve_query *q = n->queries, *next; q; q = next) {
			next = q->next;
			free(q);
		}
	}
	mem_free(r->m);
}

struct resolve *
resolve_new(struct mem *m, struct loop *loop)
{
	struct resolve *r = mem_zero(m, 1, sizeof *r);

	/* its own: what the drop below walks must still be there */
	r->m = mem_new();
	r->loop = loop;
	return mem_own(m, r, drop);
}

static void
add(struct resolve_answer *a, const char *address)
{
	for (int i = 0; i < a->count; i++)
		if (!strcmp(a->address[i], address))
			return;
	if (a->count < RESOLVE_MAX)
		snprintf(a->address[a->count++], RESOLVE_ADDRESS, "%s", address);
}

/* Names that need no look-up: addresses, with or without brackets, and localhost (RFC 6761). */
static int
plain(const char *host, struct resolve_answer *a)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	char bare[RESOLVE_ADDRESS];
	size_t n = strlen(host);
	int bracket = n > 2 && host[0] == '[' && host[n - 1] == ']';

	if (!strcasecmp(host, "localhost") ||
	    (n > 10 && !strcasecmp(host + n - 10, ".localhost"))) {
		add(a, "::1");
		add(a, "127.0.0.1");
		return 1;
	}
	if (n >= sizeof bare)
		return 0;
	snprintf(bare, sizeof bare, "%.*s", (int)(n - 2U * (unsigned)bracket), host + bracket);
	/* a zone such as fe80::1%eth0 is the system's to judge */
	if (inet_pton(AF_INET, bare, bytes) != 1 && inet_pton(AF_INET6, bare, bytes) != 1)
		return 0;
	add(a, bare);
	return 1;
}

/* In the child: the answer into FD. */
static void
look_up(const char *host, int fd)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_IDN }, *list = NULL;
	struct resolve_answer a = { 0 };
	char text[RESOLVE_ADDRESS];
	int bad;

	setlocale(LC_CTYPE, "C.UTF-8");
	bad = getaddrinfo(host, NULL, &hints, &list);
	if (bad)
		snprintf(a.why, sizeof a.why, "%s", gai_strerror(bad));
	for (struct addrinfo *i = list; i; i = i->ai_next)
		if (!getnameinfo(i->ai_addr, i->ai_addrlen, text, sizeof text, NULL, 0,
			NI_NUMERICHOST))
			add(&a, text);
	io_write_all(fd, &a, sizeof a);
	_exit(0);
}

static void
answer(struct name *n)
{
	struct resolve_query *q = n->queries, *next;

	n->queries = NULL;
	/* each call may ask anew, or cancel others of this list */
	for (struct resolve_query *i = q; i; i = i->next)
		i->name = NULL;
	for (; q; q = next) {
		next = q->next;
		if (q->done)
			q->done(q->arg, &n->answer);
		free(q);
	}
}

static void
on_answer(void *arg, short events)
{
	struct lookup *l = arg;
	struct name *n = l->name;
	ssize_t got = read(l->fd, (char *)&l->got + l->len, sizeof l->got - l->len);

	(void)events;
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got > 0 && (l->len += (size_t)got) < sizeof l->got)
		return;
	if (l->len == sizeof l->got)
		n->answer = l->got;
	else
		n->answer = (struct resolve_answer){ .why = "the look-up ended without an answer" };
	n->answered = clock_now();
	for (int i = 0; i < LOOKUPS; i++)
		end(n->lookup + i);
	answer(n);
}

static int
begin(struct name *n, struct lookup *l)
{
	int p[2];

	if (pipe2(p, O_CLOEXEC))
		return -1;
	*l = (struct lookup){ .name = n, .fd = p[0], .begun = clock_now() };
	if (!(l->pid = fork())) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		stop_reset_child();
		/* connections of ours must not stay open because a child holds them */
		dup2(p[1], 3);
		close_range(4, ~0U, 0);
		look_up(n->host, 3);
	}
	close(p[1]);
	if (l->pid < 0) {
		l->pid = 0;
		close(p[0]);
		return -1;
	}
	fcntl(l->fd, F_SETFL, O_NONBLOCK);
	return loop_watch(n->resolve->loop, l->fd, POLLIN, on_answer, l);
}

/* See that a child works on N, and that a fresh one does beside it when it is silent for long. */
static int
work_on(struct name *n)
{
	double now = clock_now();
	struct lookup *first = n->lookup, *second = n->lookup + 1, *l;

	if (first->pid && now - first->begun > HOPELESS)
		end(first);
	if (first->pid &&
	    (now - first->begun < SILENT || (second->pid && now - second->begun < SILENT)))
		return 0;
	l = first->pid ? second : first;
	end(l);
	if (!begin(n, l))
		return 0;
	n->answer = (struct resolve_answer){ 0 };
	snprintf(n->answer.why, sizeof n->answer.why, "no child for the look-up: %s",
	    strerror(errno));
	return -1;
}

static struct name *
name_of(struct resolve *r, const char *host)
{
	struct name *n;

	for (n = r->names; n; n = n->next)
		if (!strcasecmp(n->host, host))
			return n;
	n = mem_zero(r->m, 1, sizeof *n);
	n->resolve = r;
	n->host = mem_string(r->m, host);
	n->answered = -FRESH;
	n->next = r->names;
	return r->names = n;
}

struct resolve_query *
resolve_ask(struct resolve *r, const char *host,
    void (*done)(void *, const struct resolve_answer *), void *arg)
{
	struct resolve_answer here = { 0 };
	struct resolve_query *q;
	struct name *n;

	if (plain(host, &here)) {
		done(arg, &here);
		return NULL;
	}
	n = name_of(r, host);
	if ((n->answer.count && clock_now() - n->answered < FRESH) || work_on(n)) {
		here = n->answer;
		done(arg, &here);
		return NULL;
	}
	q = mem_must(calloc(1, sizeof *q));
	*q = (struct resolve_query){ .next = n->queries, .name = n, .done = done, .arg = arg };
	return n->queries = q;
}

void
resolve_cancel(struct resolve_query *q)
{
	if (!q)
		return;
	/* an answer under way drops it itself */
	if (!q->name) {
		q->done = NULL;
		return;
	}
	for (struct resolve_query **at = &q->name->queries; *at; at = &(*at)->next)
		if (*at == q) {
			*at = q->next;
			break;
		}
	free(q);
}
