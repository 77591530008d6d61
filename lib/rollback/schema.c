/* schema.c - judges schema-diff's changes by what they mean for the old code. */
#include <string.h>

#include "rollback/schema.h"
#include "rollback/trigger.h"

enum meaning { MEANS_NOTHING, MEANS_CHECK, MEANS_BREAK };

static const char *
text_or(const struct value *v, const char *key, const char *other)
{
	const char *s = value_get_string(v, key);

	return s ? s : other;
}

static bool
is(const char *s, const char *word)
{
	return s && !strcmp(s, word);
}

/* Has it a name that code would use? */
static bool
has_name(const struct value *change)
{
	static const char *const kinds[] = { "table", "column", "view", "materialized view",
		"matview", "function", "procedure", "type", "enum", "domain", "sequence",
		"composite", "range" };
	const char *action = value_get_string(change, "action"),
		   *kind = value_get_string(change, "kind");

	if (is(action, "create") || !value_get_string(change, "object"))
		return false;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (is(kind, kinds[i]))
			return true;
	return false;
}

/* Can the old code's need of it be seen in its source? A dropped thing must be named to be used; a
 * column that must not be NULL any more breaks just those who do not name it. */
static bool
is_searchable(const struct value *change)
{
	return has_name(change) && is(value_get_string(change, "action"), "drop");
}

/* The name that code would use: "public.notes.author" is author, "public.f(integer)" is f. */
static char *
last_name(struct mem *m, const struct value *change)
{
	const char *given = value_get_string(change, "name"),
		   *object = value_get_string(change, "object");
	size_t len = strcspn(given ? given : object, "("), from = len;
	char *name, *to;

	object = given ? given : object;
	while (!given && from && object[from - 1] != '.')
		from--;
	from = given ? 0 : from;
	name = to = mem_dup(m, object + from, len - from);
	for (const char *p = name; *p; p++)
		if (*p != '"')
			*to++ = *p;
	*to = 0;
	return name;
}

void
schema_want(const struct evidence *ev, struct code *code)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "schema-diff", s));) {
		const struct value *changes = value_get(s->result, "changes");

		for (size_t i = 0; i < value_count(changes); i++) {
			const struct value *c = value_item(changes, i);

			if (has_name(c))
				code_want(code, last_name(ev->m, c));
		}
	}
}

/* What one change means by its own words; those of the whole record decide where it has none. */
static enum meaning
meaning(const struct value *change, enum meaning whole)
{
	const char *word = value_get_string(change, "old_code");
	const struct value *hazards = value_get(change, "hazards");

	if (is(word, "ok") || is(word, "compatible"))
		return MEANS_NOTHING;
	if (is(word, "check") || is(word, "needs-check"))
		return MEANS_CHECK;
	if (word)
		return MEANS_BREAK;
	if (!hazards)
		return whole;
	for (size_t i = 0; i < value_count(hazards); i++)
		if (is(value_get_string(value_item(hazards, i), "class"), "old-code"))
			return whole;
	return MEANS_NOTHING;
}

static const char *
describe(struct mem *m, const struct value *change)
{
	const struct value *hazards = value_get(change, "hazards");
	struct mem_text t = { .m = m };

	mem_text_fmt(&t, "%s %s %s", text_or(change, "action", "change"),
	    text_or(change, "kind", "object"), text_or(change, "object", "without a name"));
	for (size_t i = 0, n = 0; i < value_count(hazards); i++) {
		const struct value *h = value_item(hazards, i);

		if (is(value_get_string(h, "class"), "old-code"))
			mem_text_fmt(&t, "%s%s", n++ ? ", " : ": ", text_or(h, "id", "old-code"));
	}
	return t.text;
}

static const char *
places(struct mem *m, const struct code_hits *h)
{
	struct mem_text t = { .m = m };
	size_t n = 0;

	for (size_t i = 0; i < h->shown && n < 3; i++)
		if (!h->places[i].admin)
			mem_text_fmt(&t, "%s%s:%ld", n++ ? ", " : "", h->places[i].file,
			    h->places[i].line);
	return t.text ? t.text : "";
}

/* A change that breaks old code, unless the old code's source shows that only its admin commands,
 * or nothing, use it. */
static void
judge_breaking(struct mem *m, const struct value *change, const struct code *code,
    struct schema_judgement *j)
{
	const char *what = describe(m, change), *object = value_get_string(change, "object");
	const struct code_hits *h = NULL;

	if (code && has_name(change))
		h = code_hits(code, last_name(m, change));
	if (!h || (!h->live && !is_searchable(change))) {
		sentences_add(m, &j->breaking, "the old code cannot be expected to live with: %s",
		    what);
	} else if (h->live) {
		sentences_add(m, &j->breaking, "%s, and the old code mentions it in %ld line%s: %s",
		    what, h->live, h->live == 1 ? "" : "s", places(m, h));
	} else if (code_blind(code)) {
		sentences_add(m, &j->breaking, "%s, and %s", what, code_blind(code));
	} else {
		sentences_add(m, &j->bearable, "%s, which the old code mentions %s", what,
		    h->admin ? "in administration paths only" : "nowhere");
		sentences_add(m, &j->checks, "what %s held is gone until the snapshot is restored",
		    object);
		if (h->admin)
			sentences_add(m, &j->checks,
			    "do not run the old version's administration commands that use %s",
			    object);
	}
}

/* An index, a constraint or a trigger that went with its table is judged with that. */
static bool
went_along(const struct value *change, const struct value *changes)
{
	static const char *const kinds[] = { "index", "constraint", "trigger", "rule", "policy" };
	const char *table = value_get_string(change, "table"),
		   *kind = value_get_string(change, "kind");
	bool part = false;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		part |= is(kind, kinds[i]);
	if (!part || !table || !is(value_get_string(change, "action"), "drop"))
		return false;
	for (size_t i = 0; i < value_count(changes); i++) {
		const struct value *c = value_item(changes, i);

		if (is(value_get_string(c, "action"), "drop") &&
		    is(value_get_string(c, "kind"), "table") &&
		    is(value_get_string(c, "object"), table))
			return true;
	}
	return false;
}

static void
judge_change(struct mem *m, const struct value *change, enum meaning whole, const struct code *code,
    struct schema_judgement *j)
{
	const char *check;

	switch (meaning(change, whole)) {
	case MEANS_BREAK:
		judge_breaking(m, change, code, j);
		break;
	case MEANS_CHECK:
		check = value_get_string(change, "data_check");
		sentences_add(m, &j->checks,
		    "look whether the data that were written since suit the old code: %s%s%s",
		    describe(m, change), check ? "; this must count nothing: " : "",
		    check ? check : "");
		break;
	case MEANS_NOTHING:
		break;
	}
}

static void
judge_record(struct mem *m, const struct story_step *s, const struct code *code,
    struct schema_judgement *j)
{
	const char *word = value_get_string(s->result, "compatibility"),
		   *rollback = value_get_string(s->result, "rollback");
	const struct value *changes = value_get(s->result, "changes");
	bool breaking = !(is(word, "full") || is(word, "old-code-ok") || is(word, "needs-check"));
	size_t before = j->breaking.count + j->bearable.count;

	if (!is(word, "breaking") && breaking) {
		sentences_add(m, &j->breaking,
		    "schema-diff does not say whether the old code can live with the schema");
		return;
	}
	for (size_t i = 0; i < value_count(changes); i++)
		if (trigger_only_stamps(m, value_item(changes, i), changes))
			sentences_add(m, &j->bearable, "%s, which only notes the time in the row",
			    describe(m, value_item(changes, i)));
		else if (!went_along(value_item(changes, i), changes))
			judge_change(m, value_item(changes, i),
			    breaking ? MEANS_BREAK : MEANS_CHECK, code, j);
	if (breaking && before == j->breaking.count + j->bearable.count)
		sentences_add(m, &j->breaking,
		    "schema-diff calls the change breaking for the old code");
	if (!breaking && !is(rollback, "code"))
		sentences_add(m, &j->breaking,
		    "schema-diff: the old code can live with it (%s), but data %s", word,
		    rollback ? "were destroyed" : "may have been destroyed");
	if (!breaking && value_count(changes))
		sentences_add(m, &j->bearable,
		    "%zu schema change%s, which the old code can live with (schema-diff: %s)",
		    value_count(changes), value_count(changes) == 1 ? "" : "s", word);
}

/* The migrations must have led from the one schema that was compared to the other. */
static bool
fingerprints_disagree(const struct evidence *ev, const struct story_step *diff)
{
	static const char *const pairs[][2] = {
		{ "from_fingerprint", "before_fingerprint" },
		{ "to_fingerprint", "after_fingerprint" },
	};

	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));)
		for (size_t i = 0; i < 2 && evidence_applied(s); i++) {
			const char *a = value_get_string(diff->result, pairs[i][0]);
			const char *b = value_get_string(s->result, pairs[i][1]);

			if (a && b && strcmp(a, b))
				return true;
		}
	return false;
}

void
schema_judge(struct mem *m, const struct evidence *ev, const struct code *code, bool applied,
    struct schema_judgement *j)
{
	size_t records = 0, changes = 0;

	memset(j, 0, sizeof *j);
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "schema-diff", s));) {
		if (!value_get_string(s->result, "compatibility"))
			continue;
		records++;
		changes += value_count(value_get(s->result, "changes"));
		judge_record(m, s, code, j);
		if (fingerprints_disagree(ev, s))
			sentences_add(m, &j->breaking,
			    "schema-diff compared other schemas than those migrate-apply found and "
			    "left");
	}
	if (applied && !records)
		sentences_add(m, &j->breaking,
		    "no schema-diff record says whether the old code can live with the migrated "
		    "schema");
	else if (applied && !changes)
		sentences_add(m, &j->breaking,
		    "migrations were applied and the schema is the same: they changed data");
}
