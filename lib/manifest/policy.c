/* policy.c - a table of rules; the first that says no is the answer. */
#include <string.h>

#include "manifest/policy.h"

struct question {
	struct mem *m;
	const struct version_change *change;
	const struct policy *policy;
	struct verdict answer;
};

/* Each returns true when it refuses, with what it knows better than its row in the answer. */
typedef bool rule_says_no(struct question *);

/* Remember which consent let the change pass a rule. */
static bool
consented(struct question *q, bool yes, const char *option)
{
	if (yes)
		q->answer.rule = option;
	return !yes;
}

static bool
is_scheme_change(struct question *q)
{
	return q->change->scheme_changed &&
	    consented(q, q->policy->incomparable, "--allow-incomparable");
}

static bool
is_incomparable(struct question *q)
{
	return q->change->order == VERSION_INCOMPARABLE && !q->change->scheme_changed &&
	    consented(q, q->policy->incomparable, "--allow-incomparable");
}

static bool
is_stale_digest(struct question *q)
{
	return q->change->digest_stale;
}

static bool
goes_back(const struct question *q)
{
	return q->change->order == VERSION_OLDER;
}

static bool
is_downgrade(struct question *q)
{
	return goes_back(q) && !q->change->widened &&
	    consented(q, q->policy->downgrade, "--allow-downgrade");
}

static bool
is_other_variant(struct question *q)
{
	return q->change->variant == VERSION_CHANGED && q->change->order != VERSION_INCOMPARABLE &&
	    consented(q, q->policy->variant, "--allow-variant");
}

static bool
is_stateful_major(struct question *q)
{
	const struct version_change *c = q->change;
	/* the data of a prerelease is not read by the release either */
	bool major = c->bump == VERSION_MAJOR ||
	    (c->old->prerelease.count && c->order == VERSION_NEWER);

	if (!c->family->stateful || !major || goes_back(q) ||
	    !consented(q, q->policy->stateful, "--plan"))
		return false;
	q->answer.note = c->family->hint;
	return true;
}

static bool
is_widening(struct question *q)
{
	return q->change->widened && consented(q, q->policy->downgrade, "--allow-downgrade");
}

static bool
skips(struct question *q, bool want_major)
{
	struct version_change c = *q->change;
	struct family f = *c.family;
	bool major;

	if (q->policy->each_minor && f.steps != FAMILY_EACH_MINOR) {
		f.steps = FAMILY_EACH_MINOR;
		f.stops = NULL;
	}
	c.family = &f;
	q->answer.next = q->policy->released ?
	    version_skipped_of(q->m, &c, q->policy->released, q->policy->released_count, &major) :
	    version_skipped(q->m, &c, &major);
	/* a floating tag may already stand for what would be skipped */
	if (!q->answer.next || major != want_major || (c.narrowed && !major))
		return q->answer.next = NULL, false;
	if (!consented(q, q->policy->skip, "--allow-skip"))
		return q->answer.next = NULL, false;
	q->answer.note = mem_fmt(q->m, "skips %s%s%s%s", q->answer.next,
	    q->policy->released ? ", which is released" : " (counted, not looked up)",
	    f.hint ? ": " : "", f.hint ? f.hint : "");
	return true;
}

static bool
skips_major(struct question *q)
{
	return skips(q, true);
}

static bool
skips_minor(struct question *q)
{
	return skips(q, false);
}

static bool
is_zero_minor(const struct question *q)
{
	return q->policy->zero_is_major && q->change->bump == VERSION_MINOR &&
	    q->change->scheme == TAG_NUMBERS && tag_value(&q->change->old->numbers, 0, 1) == 0;
}

static bool
is_major(struct question *q)
{
	const struct version_change *c = q->change;

	if (goes_back(q) || (c->bump != VERSION_MAJOR && !is_zero_minor(q)) ||
	    !consented(q, q->policy->stateful, "--plan") ||
	    !consented(q, q->policy->allow == VERSION_MAJOR, "--allow major"))
		return false;
	if (q->policy->named && q->policy->allow == VERSION_NONE && c->old->numbers.count == 1 &&
	    c->new->numbers.count == 1)
		return consented(q, true, "lone-number");
	return true;
}

static bool
is_beyond(struct question *q)
{
	return q->policy->allow == VERSION_PATCH && q->change->bump == VERSION_MINOR &&
	    !goes_back(q);
}

static bool
is_prerelease(struct question *q)
{
	return q->change->prerelease && !goes_back(q) &&
	    consented(q, q->policy->prerelease, "--allow-prerelease");
}

static const struct rule {
	const char *word;
	rule_says_no *says_no;
	const char *note, *option;
} rules[] = {
	{ "refuse-scheme-change", is_scheme_change, "the two are counted by different schemes",
	    "--allow-incomparable" },
	{ "refuse-incomparable", is_incomparable, "nothing says which of the two is newer",
	    "--allow-incomparable" },
	{ "refuse-stale-digest", is_stale_digest,
	    "a new tag must neither keep the old digest nor silently drop it",
	    "--digest with the new one" },
	{ "refuse-downgrade", is_downgrade, "the new version is older", "--allow-downgrade" },
	{ "refuse-variant", is_other_variant, "another variant of the image", "--allow-variant" },
	{ "refuse-stateful-major", is_stateful_major, "a new major of an image that holds data",
	    "--plan FILE" },
	{ "refuse-widening", is_widening, "the new tag pins less than the old one",
	    "--allow-downgrade" },
	{ "refuse-skip-major", skips_major, "a major would be skipped", "--allow-skip" },
	{ "refuse-skip-minor", skips_minor, "a minor would be skipped", "--allow-skip" },
	{ "needs-major-consent", is_major, "a major", "--allow major" },
	{ "needs-minor-consent", is_beyond, "more than a patch", "--allow minor" },
	{ "needs-prerelease-consent", is_prerelease, "a prerelease", "--allow-prerelease" },
};

static bool
is_same(const struct version_change *c)
{
	return c->order == VERSION_EQUAL && c->variant != VERSION_CHANGED && !c->digest_changed &&
	    !c->widened;
}

struct verdict
policy_decide(struct mem *m, const struct version_change *c, const struct policy *p)
{
	struct question q = { m, c, p, { .word = "ok", .rule = "default", .note = c->note } };

	if (is_same(c)) {
		q.answer.word = "noop";
		if (strcmp(c->old->text, c->new->text))
			q.answer.note = "the same version in another spelling";
		return q.answer;
	}
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		q.answer.note = NULL;
		if (!rules[i].says_no(&q))
			continue;
		q.answer.word = rules[i].word;
		q.answer.option = rules[i].option;
		q.answer.rule = rules[i].word;
		if (!q.answer.note)
			q.answer.note = c->note ? c->note : rules[i].note;
		return q.answer;
	}
	q.answer.note = c->note;
	return q.answer;
}

bool
policy_is_yes(const struct verdict *v)
{
	return !strcmp(v->word, "ok") || !strcmp(v->word, "noop");
}
