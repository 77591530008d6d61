/* report.c - judges a release's steps: outcome, findings, the plan. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "report/report.h"

/* As it stands in the tree that we are in, which is what annotations are about. */
static const char *
in_tree(const char *file)
{
	char here[PATH_MAX];
	size_t n = file && getcwd(here, sizeof here) ? strlen(here) : 0;

	return n && !strncmp(file, here, n) && file[n] == '/' ? file + n + 1 : file;
}

static void
add(struct report *r, enum level level, const struct story_step *s, const char *rule,
    const char *message, const char *hint, const char *file, long line)
{
	struct finding *f;
	MEM_SCOPE(m);
	char *key;

	file = in_tree(file);
	key = mem_fmt(m, "%s\n%s\n%s\n%s", s->step, rule, file ? file : "", message);
	mem_grow(r->m, &r->findings, r->finding_count, &r->finding_room, sizeof *f);
	f = &r->findings[r->finding_count];
	*f = (struct finding){ level, rule, s->step, message, hint, file, line, r->finding_count++,
		"" };
	digest_bytes(f->fingerprint, key, strlen(key));
}

static const char *
get(const struct value *v, const char *key, const char *other)
{
	const char *s = value_get_string(v, key);

	return s ? s : other;
}

/* A migration that failed names its place; a step that failed, its reason. */
static void
find_failures(struct report *r, const struct story_step *s)
{
	const struct value *failed = value_get(s->result, "failed");

	if (story_is(s, "started"))
		add(r, LEVEL_ERROR, s, "unfinished",
		    mem_fmt(r->m, "%s began and never ended", s->step), NULL, NULL, 0);
	else if (s->message)
		add(r, story_is(s, "refused") ? LEVEL_NOTE : LEVEL_ERROR, s,
		    s->word ? s->word : "failed", mem_fmt(r->m, "%s: %s", s->step, s->message),
		    s->hint, value_get_string(failed, "file"),
		    (long)value_get_int(failed, "line", 0));
}

static void
find_hazards(struct report *r, const struct story_step *s)
{
	const struct value *changes = value_get(s->result, "changes");

	if (strcmp(s->step, "schema-diff"))
		return;
	for (size_t i = 0; i < value_count(changes); i++) {
		const struct value *c = value_item(changes, i), *hazards = value_get(c, "hazards");

		for (size_t k = 0; k < value_count(hazards); k++) {
			const struct value *h = value_item(hazards, k);
			const char *class = get(h, "class", ""), *why = value_get_string(h, "why");

			add(r, strcmp(class, "new-code") ? LEVEL_WARNING : LEVEL_NOTE, s,
			    get(h, "id", "hazard"),
			    mem_fmt(r->m, "%s %s %s (%s)%s%s", get(c, "action", "change"),
				get(c, "kind", ""), get(c, "object", ""), class, why ? ": " : "",
				why ? why : ""),
			    value_get_string(h, "instead"), get(c, "file", NULL),
			    (long)value_get_int(c, "line", 0));
		}
	}
}

static void
find_sick_targets(struct report *r, const struct story_step *s)
{
	const struct value *targets = value_get(s->result, "targets");

	if (strcmp(s->step, "health-wait") || story_is_done(s))
		return;
	for (size_t i = 0; i < value_count(targets); i++) {
		const struct value *t = value_item(targets, i);
		const char *state = get(t, "state", "unknown");

		if (strcmp(state, "ok"))
			add(r, LEVEL_ERROR, s, state,
			    mem_fmt(r->m, "%s is not healthy: %s", get(t, "target", "a target"),
				state),
			    NULL, NULL, 0);
	}
}

static void
find_plan(struct report *r, const struct story_step *s)
{
	const char *strategy = value_get_string(s->result, "strategy"),
		   *none = value_get_string(s->result, "no_restore");

	if (strcmp(s->step, "rollback-plan") || !strategy)
		return;
	r->plan = s;
	if (none && !s->message)
		add(r, LEVEL_ERROR, s, "no-way-back",
		    mem_fmt(r->m, "there is no way back: %s", none), NULL, NULL, 0);
}

static int
by_level(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;

	if (x->level != y->level)
		return x->level < y->level ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static void
judge(struct report *r, const struct story_step *s)
{
	if (story_is(s, "failed") || story_is(s, "refused"))
		r->outcome = r->outcome == OUTCOME_OK ? OUTCOME_FAILED : r->outcome;
	if (story_is(s, "cancelled") && r->outcome == OUTCOME_OK)
		r->outcome = OUTCOME_CANCELLED;
	if (story_is(s, "started") && r->outcome == OUTCOME_OK)
		r->outcome = OUTCOME_UNFINISHED;
}

void
report_close(struct report *r)
{
	long long first = 0, last = 0;

	story_close(&r->story);
	r->outcome = r->story.count ? OUTCOME_OK : OUTCOME_NOTHING;
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];

		r->release = s->release ? s->release : r->release;
		r->service = s->service ? s->service : r->service;
		if (s->begin && (!first || s->begin < first))
			first = s->begin;
		if (s->end > last)
			last = s->end;
		judge(r, s);
		find_failures(r, s);
		find_sick_targets(r, s);
		find_hazards(r, s);
		find_plan(r, s);
	}
	r->seconds = first && last >= first ? (double)(last - first) / 1000 : -1;
	if (r->finding_count)
		qsort(r->findings, r->finding_count, sizeof *r->findings, by_level);
}

const char *
report_outcome_name(enum outcome o)
{
	static const char *const names[] = { "ok", "failed", "cancelled", "unfinished", "nothing" };

	return names[o];
}

const char *
report_level_name(enum level l)
{
	static const char *const names[] = { "error", "warning", "note" };

	return names[l];
}
