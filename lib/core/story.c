/* story.c - takes records in and joins each step's two into one. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/story.h"

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

/* A recorded command's output may be long. */
static const struct value *
keep_result(struct mem *m, const struct value *result, size_t keep)
{
	const char *output = value_get_string(result, "output");
	size_t len = output ? strlen(output) : 0;
	struct value *kept;

	if (value_kind(result) != VALUE_OBJECT)
		return NULL;
	if (len <= keep)
		return value_keep(m, result);
	kept = value_object(m);
	for (void *at = value_first(result); at; at = value_next(result, at))
		if (strcmp(value_key(at), "output"))
			value_set(kept, value_key(at), value_member(at));
	output += len - keep;
	while (((unsigned char)*output & 0xc0) == 0x80)
		output++;
	value_set_string(kept, "output", output);
	return kept;
}

static const struct value *
keep(struct mem *m, const struct value *v)
{
	return v ? value_keep(m, v) : NULL;
}

static bool
is_status(const char *status)
{
	static const char *const known[] = { "started", "ok", "unchanged", "planned", "failed",
		"cancelled", "refused" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(status, known[i]))
			return true;
	return false;
}

void
story_add(struct story *st, const struct value *rec, size_t output)
{
	struct story_step *s;
	const struct value *error = value_get(rec, "error");

	if (!value_get_string(rec, "id") || !value_get_string(rec, "step") ||
	    !value_get_string(rec, "status"))
		return;
	mem_grow(st->m, &st->steps, st->count, &st->room, sizeof *s);
	s = &st->steps[st->count++];
	*s = (struct story_step){
		.id = keep_string(st->m, rec, "id"),
		.step = keep_string(st->m, rec, "step"),
		.service = keep_string(st->m, rec, "service"),
		.release = keep_string(st->m, rec, "release"),
		.status = keep_string(st->m, rec, "status"),
		.word = keep_string(st->m, error, "code"),
		.message = keep_string(st->m, error, "message"),
		.hint = keep_string(st->m, error, "hint"),
		.result = keep_result(st->m, value_get(rec, "result"), output),
		.subject = keep(st->m, value_get(rec, "subject")),
		.ci = keep(st->m, value_get(rec, "ci")),
		.seconds = value_real(value_get(rec, "seconds"), -1),
		.strange = value_get_int(rec, "handrail", 0) != 1 ||
		    !is_status(value_get_string(rec, "status")),
	};
	if (story_is(s, "started"))
		s->begin = parse_time(value_get_string(rec, "time"));
	else
		s->end = parse_time(value_get_string(rec, "time"));
}

/* By id, a started record before its end; of two ends the last is the same in every order of the
 * stream. */
static int
by_id(const void *a, const void *b)
{
	const struct story_step *x = a, *y = b;
	int order = strcmp(x->id, y->id);

	order = order ? order : story_is(y, "started") - story_is(x, "started");
	return order ? order : -strcmp(x->status, y->status);
}

static int
by_begin(const void *a, const void *b)
{
	const struct story_step *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	return strcmp(x->id, y->id);
}

/* ULIDs sort by time, so that the order holds where times are missing. */
void
story_close(struct story *st)
{
	size_t kept = 0;

	if (st->count)
		qsort(st->steps, st->count, sizeof *st->steps, by_id);
	for (size_t i = 0; i < st->count; i++) {
		struct story_step *s = &st->steps[i], *last = kept ? &st->steps[kept - 1] : NULL;

		if (last && !strcmp(last->id, s->id)) {
			s->begin = last->begin;
			s->twice = last->twice || !story_is(last, "started") ||
			    strcmp(last->step, s->step);
			s->strange |= last->strange;
			kept--;
		}
		if (!s->begin && s->end && s->seconds >= 0)
			s->begin = s->end - (long long)(s->seconds * 1000);
		st->steps[kept++] = *s;
	}
	st->count = kept;
	if (kept)
		qsort(st->steps, kept, sizeof *st->steps, by_begin);
}

bool
story_is(const struct story_step *s, const char *status)
{
	return !strcmp(s->status, status);
}

bool
story_is_done(const struct story_step *s)
{
	return story_is(s, "ok") || story_is(s, "unchanged");
}

/* The programs whose records say themselves what they did. */
static bool
is_program(const char *step)
{
	static const char *const names[] = { "manifest-bump", "manifest-diff", "preflight",
		"snapshot", "snapshot-verify", "snapshot-restore", "snapshot-prune",
		"database-swap", "migrate-apply", "migrate-status", "schema-diff", "health-wait",
		"rollback-plan", "release-report" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(step, names[i]))
			return true;
	return false;
}

bool
story_is_command(const struct story_step *s)
{
	return value_kind(value_get(s->result, "argv")) == VALUE_ARRAY || !is_program(s->step);
}
