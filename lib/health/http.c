/* http.c - http and https targets, also through a Unix socket. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "health/expect.h"
#include "health/fetch.h"
#include "health/kinds.h"

/* "http+unix:/run/app.sock:/health" */
static int
parse_socket(struct mem *m, struct target *t, const char *rest, struct err *e)
{
	const char *colon = strstr(rest, ":/");

	if (*rest != '/')
		return err_set(e, FAIL_TROUBLE, "usage",
		    "after http+unix: comes the path of a socket");
	t->path = colon ? mem_dup(m, rest, (size_t)(colon - rest)) : rest;
	t->rest = mem_fmt(m, "http://localhost%s", colon ? colon + 1 : "/");
	return 0;
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	const char *rest, *why;

	kind_of(t->text, &rest);
	t->rest = t->text;
	if (!strncmp(t->text, "http+unix:", 10) && parse_socket(m, t, rest, e))
		return -1;
	if (fetch_check(m, t->rest, &t->host, e))
		return -1;
	why = NULL;
	if (t->want.key && !t->want.cert)
		why = "--key needs --cert";
	if (t->want.head &&
	    (t->want.json_count || t->want.expect_bodies.count || t->want.version_asked ||
		t->want.body))
		why = "with --head there is no body";
	return why ? err_set(e, FAIL_TROUBLE, "usage", "%s", why) : 0;
}

static bool
status_is_good(struct probe *p, int status)
{
	const struct opt_list *l = &p->target->want.status;

	for (size_t i = 0; i < l->count; i++)
		if (expect_code_in(l->item[i], status))
			return true;
	if (!l->count && status / 100 == 2)
		return true;
	probe_say(p, status / 100 == 3 && !l->count ? "redirect" : "http-status", "HTTP status %d",
	    status);
	return false;
}

/* The value of header NAME in HEAD, in MEM; NULL when it is not there. */
static const char *
header(struct mem *m, const char *head, const char *name, size_t len)
{
	for (const char *p = head; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		size_t n = strcspn(p, "\r\n");
		const char *v = p + len + 1;

		if (n <= len || strncasecmp(p, name, len) || p[len] != ':')
			continue;
		v += strspn(v, " \t");
		return mem_dup(m, v, (size_t)(p + n - v));
	}
	return NULL;
}

static bool
headers_are_good(struct probe *p, const char *head)
{
	const struct opt_list *l = &p->target->want.expect_headers;

	for (size_t i = 0; i < l->count; i++) {
		const char *want = l->item[i];
		size_t n = strcspn(want, ":");
		const char *regex = want[n] ? want + n + 1 + strspn(want + n + 1, " ") : NULL;
		const char *got = header(p->m, head, want, n);

		if (got && (!regex || expect_regex_matches(regex, got, strlen(got))))
			continue;
		probe_say(p, "assertion-failed", "header %.*s: %s", (int)n, want,
		    got ? got : "it is not there");
		return false;
	}
	return true;
}

static void
on_answer(void *arg, const struct fetch_answer *a)
{
	struct probe *p = arg;

	p->sight.status = a->status;
	p->sight.addresses = a->addresses;
	snprintf(p->sight.address, sizeof p->sight.address, "%s", a->address);
	if (strcmp(a->state, "ok"))
		probe_say(p, a->state, "%s", a->text);
	else if (status_is_good(p, a->status) && headers_are_good(p, a->head) &&
	    probe_body(p, "the body", a->body, a->body_len))
		probe_say(p, "ok", "HTTP status %d", a->status);
	probe_finish(p);
}

static void
start(struct probe *p)
{
	const struct target *t = p->target;
	const struct want *w = &t->want;
	struct fetch_spec spec = { .url = t->rest,
		.unix_path = t->path,
		.method = w->method,
		.body = w->body,
		.headers = &w->headers,
		.cacert = w->cacert,
		.cert = w->cert,
		.key = w->key,
		.head = w->head,
		.insecure = w->insecure,
		.follow = w->follow,
		.address = w->each_address ? (int)p->number : -1,
		.seconds = p->deadline - clock_now(),
		.done = on_answer,
		.arg = p };
	struct fetch *fetch = probe_fetch(p);

	if (fetch)
		p->own = fetch_start(p->m, fetch, &spec);
}

static void
cut(struct probe *p)
{
	char why[PROBE_TEXT];
	const char *state = fetch_progress(p->own, why, sizeof why);

	probe_say(p, state, "%s", why);
}

static void
drop(struct probe *p)
{
	fetch_cut(p->own);
}

static const char *const prefixes[] = { "http://", "https://", "http+unix:", NULL };

const struct kind kind_http = {
	.name = "http",
	.prefixes = prefixes,
	.takes = OPTION_BIT(EXPECT_STATUS) | OPTION_BIT(EXPECT_JSON) | OPTION_BIT(EXPECT_VERSION) |
	    OPTION_BIT(EXPECT_BODY) | OPTION_BIT(EXPECT_HEADER) | OPTION_BIT(EACH_ADDRESS) |
	    OPTION_BIT(METHOD) | OPTION_BIT(HEAD) | OPTION_BIT(BODY) | OPTION_BIT(HEADER) |
	    OPTION_BIT(FOLLOW) | OPTION_BIT(CACERT) | OPTION_BIT(CERT) | OPTION_BIT(KEY) |
	    OPTION_BIT(INSECURE),
	.fds = 3,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
