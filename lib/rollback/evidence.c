/* evidence.c - takes the records in and joins each step's two records into one. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rollback/evidence.h"
#include "rollback/snapshots.h"

struct evidence *
evidence_new(struct mem *m)
{
	struct evidence *ev = mem_zero(m, 1, sizeof *ev);

	ev->m = m;
	return ev;
}

static const char *
keep_string(struct mem *m, const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? mem_string(m, s) : NULL;
}

/* "2026-11-20T17:40:09.456Z" as ms since 1970, 0 when it is not that. */
static long long
parse_time(const char *s)
{
	struct tm tm = { 0 };
	const char *end = s ? strptime(s, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;
	long long ms = 0;

	if (!end)
		return 0;
	if (*end == '.')
		ms = (long long)(strtod(end, NULL) * 1000 + 0.5);
	return (long long)timegm(&tm) * 1000 + ms;
}

/* Of a recorded command its output is not evidence, and may be long. */
static const struct value *
keep_result(struct mem *m, const struct value *result)
{
	static const char *const wanted[] = { "argv", "directory", "exit", "seconds", "timed_out" };
	struct value *kept;

	if (value_kind(result) != VALUE_OBJECT)
		return NULL;
	if (value_kind(value_get(result, "argv")) != VALUE_ARRAY)
		return value_keep(m, result);
	kept = value_object(m);
	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		value_set(kept, wanted[i], value_get(result, wanted[i]));
	return kept;
}

void
evidence_add(struct evidence *ev, const struct value *rec)
{
	struct evidence_step *s;
	const struct value *subject = value_get(rec, "subject");

	if (!value_get_string(rec, "id") || !value_get_string(rec, "step") || !value_get_string(rec, "status"))
		return;
	mem_grow(ev->m, &ev->steps, ev->step_count, &ev->step_room, sizeof *s);
	s = &ev->steps[ev->step_count++];
	*s = (struct evidence_step){
		.id = keep_string(ev->m, rec, "id"), .step = keep_string(ev->m, rec, "step"),
		.service = keep_string(ev->m, rec, "service"), .release = keep_string(ev->m, rec, "release"),
		.status = keep_string(ev->m, rec, "status"),
		.word = value_string(value_at(rec, "error.code")),
		.result = keep_result(ev->m, value_get(rec, "result")),
		.subject = subject ? value_keep(ev->m, subject) : NULL,
		.seconds = value_real(value_get(rec, "seconds"), -1),
	};
	s->word = s->word ? mem_string(ev->m, s->word) : NULL;
	if (evidence_is(s, "started"))
		s->begin = parse_time(value_get_string(rec, "time"));
	else
		s->end = parse_time(value_get_string(rec, "time"));
}

/* By id, a started record before its end. */
static int
by_id(const void *a, const void *b)
{
	const struct evidence_step *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	if (order)
		return order;
	return evidence_is(y, "started") - evidence_is(x, "started");
}

static int
by_begin(const void *a, const void *b)
{
	const struct evidence_step *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* Join the records of one id; ULIDs sort by time, so that the order holds where times are missing. */
static void
join(struct evidence *ev)
{
	size_t kept = 0;

	if (ev->step_count)
		qsort(ev->steps, ev->step_count, sizeof *ev->steps, by_id);
	for (size_t i = 0; i < ev->step_count; i++) {
		struct evidence_step *s = &ev->steps[i], *last = kept ? &ev->steps[kept - 1] : NULL;
		long long begin = last && !strcmp(last->id, s->id) ? last->begin : 0;

		if (last && !strcmp(last->id, s->id))
			kept--;
		if (!s->begin)
			s->begin = begin;
		if (!s->begin && s->end && s->seconds >= 0)
			s->begin = s->end - (long long)(s->seconds * 1000);
		ev->steps[kept++] = *s;
	}
	ev->step_count = kept;
	if (kept)
		qsort(ev->steps, kept, sizeof *ev->steps, by_begin);
}

/* Keep what is of this service and release, or of none. */
static void
choose(struct evidence *ev)
{
	size_t kept = 0;

	for (size_t i = 0; i < ev->step_count; i++) {
		struct evidence_step *s = &ev->steps[i];

		if (ev->release && s->release && strcmp(s->release, ev->release))
			continue;
		if (ev->service && s->service && strcmp(s->service, ev->service)) {
			sentences_add_once(ev->m, &ev->others, s->service);
			continue;
		}
		ev->steps[kept++] = *s;
	}
	ev->step_count = kept;
}

static const char *
text_or(const struct value *v, const char *key, const char *other)
{
	const char *s = value_get_string(v, key);

	return s ? s : other;
}

/* The same place once more: it goes back to where it first was. */
static void
follow(struct evidence *ev, const struct evidence_change *c)
{
	for (size_t i = 0; i < ev->change_count; i++) {
		struct evidence_change *old = &ev->changes[i];

		if (strcmp(old->file, c->file) || strcmp(old->path, c->path))
			continue;
		if (strcmp(old->to, c->from))
			old->broken_chain = true;
		old->to = c->to;
		old->to_version = c->to_version;
		/* two moves make a move whose kind nobody judged */
		old->kind = "unknown";
		return;
	}
	mem_grow(ev->m, &ev->changes, ev->change_count, &ev->change_room, sizeof *c);
	ev->changes[ev->change_count++] = *c;
}

static void
collect_changes(struct evidence *ev)
{
	for (const struct evidence_step *s = NULL; (s = evidence_next(ev, "manifest-bump", s));) {
		const struct value *list = value_get(s->result, "changes");

		if (!evidence_is(s, "ok"))
			continue;
		for (size_t i = 0; i < value_count(list); i++) {
			const struct value *v = value_item(list, i);
			struct evidence_change c = {
				.file = text_or(v, "real", text_or(v, "file", "")), .path = text_or(v, "path", ""),
				.image = text_or(v, "image", ""), .from = text_or(v, "from", ""),
				.to = text_or(v, "to", ""), .from_version = text_or(v, "from_version", ""),
				.to_version = text_or(v, "to_version", ""), .kind = text_or(v, "kind", "unknown"),
			};

			follow(ev, &c);
		}
	}
}

/* When did the data first come into danger? */
static const struct evidence_step *
first_change(const struct evidence *ev, const struct evidence_names *names)
{
	for (size_t i = 0; i < ev->step_count; i++) {
		const struct evidence_step *s = &ev->steps[i];
		bool touches = !strcmp(s->step, "migrate-apply") || !strcmp(s->step, "snapshot-restore") ||
		    (evidence_is_command(s) && !evidence_is_harmless(s, names));

		if (touches && evidence_acted(s) && !evidence_is(s, "unchanged"))
			return s;
	}
	return NULL;
}

void
evidence_close(struct evidence *ev, const char *service, const char *release, const struct evidence_names *names)
{
	ev->service = service;
	ev->release = release;
	join(ev);
	choose(ev);
	collect_changes(ev);
	ev->changer = first_change(ev, names);
	snapshots_judge(ev);
}

const struct evidence_step *
evidence_next(const struct evidence *ev, const char *step, const struct evidence_step *after)
{
	for (size_t i = after ? (size_t)(after - ev->steps) + 1 : 0; i < ev->step_count; i++)
		if (!strcmp(ev->steps[i].step, step))
			return &ev->steps[i];
	return NULL;
}

const struct evidence_step *
evidence_last(const struct evidence *ev, const char *step)
{
	const struct evidence_step *closed = NULL, *open = NULL;

	for (const struct evidence_step *s = NULL; (s = evidence_next(ev, step, s));)
		*(evidence_is(s, "started") ? &open : &closed) = s;
	return closed ? closed : open;
}

bool
evidence_is(const struct evidence_step *s, const char *status)
{
	return !strcmp(s->status, status);
}

bool
evidence_is_done(const struct evidence_step *s)
{
	return evidence_is(s, "ok") || evidence_is(s, "unchanged");
}

bool
evidence_acted(const struct evidence_step *s)
{
	/* words of failures that come before any work */
	static const char *const before[] = { "usage", "bad-input", "no-connection", "auth", "no-database", "not-found" };

	if (evidence_is(s, "refused") || evidence_is(s, "planned"))
		return false;
	if (!evidence_is(s, "failed") || !s->word || value_count(value_get(s->result, "applied")))
		return true;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (!strcmp(s->word, before[i]))
			return false;
	return true;
}

/* The programs whose records say themselves what they did. */
static bool
is_program(const char *step)
{
	static const char *const names[] = { "manifest-bump", "manifest-diff", "preflight", "snapshot", "snapshot-verify",
		"snapshot-restore", "snapshot-prune", "migrate-apply", "migrate-status", "schema-diff", "health-wait",
		"rollback-plan", "release-report" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(step, names[i]))
			return true;
	return false;
}

bool
evidence_is_command(const struct evidence_step *s)
{
	return value_kind(value_get(s->result, "argv")) == VALUE_ARRAY || !is_program(s->step);
}

bool
evidence_is_harmless(const struct evidence_step *s, const struct evidence_names *names)
{
	if (!strcmp(s->step, names->stop))
		return true;
	for (size_t i = 0; i < names->harmless_count; i++)
		if (!strcmp(s->step, names->harmless[i]))
			return true;
	return false;
}

size_t
evidence_applied(const struct evidence_step *s)
{
	return value_count(value_get(s->result, "applied"));
}

/* The part of a URI after scheme and user. */
static const char *
after_user(const char *uri)
{
	const char *p = strstr(uri, "://"), *slash, *at;

	p = p ? p + 3 : uri;
	slash = strchr(p, '/');
	at = memchr(p, '@', slash ? (size_t)(slash - p) : strlen(p));
	return at ? at + 1 : p;
}

bool
evidence_same_database(const char *a, const char *b)
{
	return a && b && !strcmp(after_user(a), after_user(b));
}
