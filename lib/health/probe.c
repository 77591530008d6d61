/* probe.c - the table of kinds, and how an attempt tells what it saw. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/value.h"
#include "health/expect.h"
#include "health/fetch.h"
#include "health/kinds.h"
#include "health/probe.h"

static const struct kind *const kinds[] = {
#define ROW(name) &kind_##name,
	KIND_LIST(ROW)
#undef ROW
};

enum { KINDS = sizeof kinds / sizeof *kinds };

const struct kind *
kind_of(const char *text, const char **rest)
{
	for (size_t i = 0; i < KINDS; i++)
		for (const char *const *p = kinds[i]->prefixes; *p; p++)
			if (!strncmp(text, *p, strlen(*p))) {
				if (rest)
					*rest = text + strlen(*p);
				return kinds[i];
			}
	return NULL;
}

const char *
kind_prefixes(struct mem *m)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < KINDS; i++)
		for (const char *const *p = kinds[i]->prefixes; *p; p++)
			mem_text_fmt(&t, "%s%s", t.len ? " " : "", *p);
	return t.text;
}

static void __attribute__((format(printf, 3, 0)))
say(struct probe *p, const char *state, const char *fmt, va_list ap)
{
	struct sight *s = &p->sight;

	snprintf(s->state, sizeof s->state, "%s", state);
	vsnprintf(s->text, sizeof s->text, fmt, ap);
	/* one line, whatever the target sent */
	for (char *c = s->text; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 127)
			*c = ' ';
}

#define SAY(p, state, fmt)                 \
	do {                               \
		va_list ap_;               \
		va_start(ap_, fmt);        \
		say(p, state, fmt, ap_);   \
		va_end(ap_);               \
	} while (0)

void
probe_say(struct probe *p, const char *state, const char *fmt, ...)
{
	SAY(p, state, fmt);
}

void
probe_end(struct probe *p, const char *state, const char *fmt, ...)
{
	SAY(p, state, fmt);
	p->report(p, true);
}

void
probe_note(struct probe *p, const char *state, const char *fmt, ...)
{
	SAY(p, state, fmt);
	p->report(p, false);
}

void
probe_finish(struct probe *p)
{
	p->report(p, true);
}

void
probe_end_errno(struct probe *p, int error, const char *what)
{
	const char *state = "unreachable";

	switch (error) {
	case ECONNREFUSED: state = "refused"; break;
	case ECONNRESET:
	case EPIPE: state = "reset"; break;
	case ETIMEDOUT: state = "connect-timeout"; break;
	case ENOENT:
	case ENOTDIR: state = "not-found"; break;
	default: break;
	}
	probe_end(p, state, "%s: %s", what, strerror(error));
}

/* The version that BODY names, in the probe's mem; NULL: why was said. */
static const char *
version_in(struct probe *p, const char *body, size_t len)
{
	const struct want *w = &p->target->want;
	struct err e;
	const struct value *json = value_parse(p->m, body, len, &e), *v;

	if (!json && w->version_path) {
		probe_say(p, "invalid-json", "%s", e.text);
		return NULL;
	}
	if (value_kind(json) == VALUE_ARRAY || value_kind(json) == VALUE_OBJECT) {
		v = w->version_path ? expect_json_find(w->version_path, json) :
				      value_get(json, "version");
		if (value_string(v))
			return value_string(v);
		probe_say(p, "version-mismatch", "%s%.60s",
		    !v                                ? "the answer names no version" :
			value_kind(v) == VALUE_NUMBER ? "the version is the JSON number " :
							"the version is ",
		    !v ? "" : value_text(p->m, v, 0));
		if (value_kind(v) == VALUE_NUMBER)
			strncat(p->sight.text, ", not a string",
			    sizeof p->sight.text - strlen(p->sight.text) - 1);
		return NULL;
	}
	if (value_string(json))
		body = value_string(json);
	body += strspn(body, " \t\r\n");
	if (!*body)
		return probe_say(p, "version-mismatch", "the answer names no version"), NULL;
	return mem_dup(p->m, body, strcspn(body, " \t\r\n"));
}

static bool
version_is_good(struct probe *p, const char *body, size_t len)
{
	const struct want *w = &p->target->want;
	const char *want = w->version ? w->version : p->scene->version,
		   *got = version_in(p, body, len);

	if (!got)
		return false;
	snprintf(p->sight.version, sizeof p->sight.version, "%s", got);
	if (expect_version_same(got, want, !w->version))
		return true;
	probe_say(p, "version-mismatch", "version %.60s answers, not %s", got, want);
	return false;
}

bool
probe_body(struct probe *p, const char *what, const char *body, size_t len)
{
	const struct want *w = &p->target->want;
	const struct value *json = NULL;
	char why[PROBE_TEXT];
	struct err e;

	for (size_t i = 0; i < w->expect_bodies.count; i++)
		if (!expect_regex_matches(w->expect_bodies.item[i], body, len)) {
			probe_say(p, "assertion-failed", "%s does not match '%s': %.100s", what,
			    w->expect_bodies.item[i], body);
			return false;
		}
	if (w->json_count && !(json = value_parse(p->m, body, len, &e))) {
		probe_say(p, "invalid-json", "%s", e.text);
		return false;
	}
	for (size_t i = 0; i < w->json_count; i++)
		if (!expect_json_holds(w->json[i], json, why, sizeof why)) {
			probe_say(p, "assertion-failed", "%s", why);
			return false;
		}
	return !w->version_asked || version_is_good(p, body, len);
}

struct fetch *
probe_fetch(struct probe *p)
{
	struct scene *s = p->scene;
	struct err e;

	if (!s->fetch && !(s->fetch = fetch_new(s->m, s->loop, s->resolve, &e)))
		probe_end(p, "unreachable", "%s", e.text);
	return s->fetch;
}
