/* redis.c - redis targets: PING is answered by PONG. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "core/secret.h"
#include "health/dial.h"
#include "health/kinds.h"

struct login {
	const char *user, *password;
};

struct attempt {
	struct dial *dial;
	int fd, answers;                /* those that are still to come before PONG's */
	char got[512];
	size_t len;
};

static void
judge(struct probe *p, const char *line)
{
	if (!strncmp(line, "+PONG", 5))
		probe_end(p, "ok", "PONG");
	else if (!strncmp(line, "-LOADING", 8) || !strncmp(line, "-MASTERDOWN", 11) ||
	    !strncmp(line, "-BUSY", 5))
		probe_end(p, "progressing", "%.200s", line + 1);
	else if (*line == '-')
		probe_end(p, "query-failed", "%.200s", line + 1);
	else
		probe_end(p, "empty-reply", "what answers does not speak Redis");
}

static void
on_answer(void *arg, short events)
{
	struct probe *p = arg;
	struct attempt *a = p->own;
	ssize_t n = recv(a->fd, a->got + a->len, sizeof a->got - 1 - a->len, 0);
	char *end;

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		probe_end(p, n ? "reset" : "empty-reply", "the connection ended before the answer");
		return;
	}
	a->len += (size_t)n;
	a->got[a->len] = 0;
	while ((end = strchr(a->got, '\n')) && a->answers && a->got[0] == '+') {
		a->answers--;
		a->len -= (size_t)(end + 1 - a->got);
		memmove(a->got, end + 1, a->len + 1);
	}
	if (end || a->len == sizeof a->got - 1)
		judge(p, a->got);
}

static void
on_connected(struct probe *p, int fd)
{
	struct attempt *a = p->own;
	const struct login *l = p->target->own;
	struct mem_text t = { .m = p->m };

	a->fd = fd;
	if (l->password) {
		mem_text_fmt(&t, "*%d\r\n$4\r\nAUTH\r\n", l->user ? 3 : 2);
		if (l->user)
			mem_text_fmt(&t, "$%zu\r\n%s\r\n", strlen(l->user), l->user);
		mem_text_fmt(&t, "$%zu\r\n%s\r\n", strlen(l->password), l->password);
		a->answers = 1;
	}
	mem_text_fmt(&t, "*1\r\n$4\r\nPING\r\n");
	if (send(fd, t.text, t.len, MSG_NOSIGNAL) != (ssize_t)t.len)
		probe_end_errno(p, errno, "send");
	else
		loop_watch(p->scene->loop, fd, POLLIN, on_answer, p);
}

static void
start(struct probe *p)
{
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);

	dial_start(p, &a->dial, p->target->host, p->target->port, NULL, on_connected);
}

static void
cut(struct probe *p)
{
	if (!dial_progress(((struct attempt *)p->own)->dial))
		probe_say(p, "timeout", "connected, but no answer in time");
}

static void
drop(struct probe *p)
{
	dial_drop(((struct attempt *)p->own)->dial);
}

/* "[[user]:password@]host[:port][/database]" */
static int
parse(struct mem *m, struct target *t, struct err *e)
{
	struct login *l = t->own = mem_zero(m, 1, sizeof *l);
	const char *rest, *at, *colon;

	kind_of(t->text, &rest);
	rest = mem_dup(m, rest, strcspn(rest, "/?"));
	if ((at = strrchr(rest, '@'))) {
		colon = memchr(rest, ':', (size_t)(at - rest));
		l->user = colon && colon > rest ? mem_dup(m, rest, (size_t)(colon - rest)) : NULL;
		l->password = colon ? mem_dup(m, colon + 1, (size_t)(at - colon - 1)) : NULL;
		secret_add(l->password);
		rest = at + 1;
	}
	t->port = "6379";
	return dial_parse(m, rest, &t->host, &t->port, e);
}

static const char *const prefixes[] = { "redis://", NULL };

const struct kind kind_redis = {
	.name = "redis",
	.prefixes = prefixes,
	.fds = 4,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
