/* version.c - compares two tags: the numbers first, then prerelease, variant, build. */
#include <stdlib.h>
#include <string.h>

#include "manifest/version.h"

static const char *const orders[] = { "older", "equal", "newer", "incomparable" };
static const char *const bumps[] = { "none", "patch", "minor", "major", "unknown" };
static const char *const variants[] = { "same", "moved", "changed" };
static const char *const schemes[] = { "words", "hash", "numbers", "calver", "date", "short-calver",
	"unix-time", "counter" };

const char *
version_order_word(enum version_order o)
{
	return orders[o + 1];
}

const char *
version_bump_word(enum version_bump b)
{
	return bumps[b];
}

const char *
version_variant_word(enum version_variant v)
{
	return variants[v];
}

const char *
version_scheme_word(enum tag_scheme s)
{
	return schemes[s];
}

const char *
version_kind_word(const struct version_change *c)
{
	if (c->bump == VERSION_PATCH && c->ripened)
		return "prerelease";
	if (c->bump != VERSION_NONE)
		return bumps[c->bump];
	if (c->variant != VERSION_SAME)
		return "variant";
	return c->digest_changed ? "digest" : "none";
}

/* Words around the numbers */

static enum version_variant
compare_words(const struct tag_words *a, const struct tag_words *b)
{
	enum version_variant v = VERSION_SAME;

	if (a->count != b->count)
		return VERSION_CHANGED;
	for (size_t i = 0; i < a->count; i++) {
		if (strcmp(a->item[i].name, b->item[i].name))
			return VERSION_CHANGED;
		if (tag_compare_numbers(&a->item[i].numbers, &b->item[i].numbers) ||
		    a->item[i].numbers.count != b->item[i].numbers.count)
			v = VERSION_MOVED;
	}
	return v;
}

/* The order of words with the same names, by the first numbers that differ. */
static int
order_words(const struct tag_words *a, const struct tag_words *b)
{
	int c = 0;

	for (size_t i = 0; !c && i < a->count; i++) {
		const struct tag_numbers *x = &a->item[i].numbers, *y = &b->item[i].numbers;

		c = tag_compare_numbers(x, y);
		if (!c)
			c = (x->count > y->count) - (x->count < y->count);
	}
	return c;
}

/* alpine3.20 to alpine: the word floats from now on. */
static bool
loses_numbers(const struct tag_words *a, const struct tag_words *b)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->item[i].numbers.count && !b->item[i].numbers.count)
			return true;
	return false;
}

static enum version_variant
compare_variants(const struct tag *a, const struct tag *b)
{
	enum version_variant p = compare_words(&a->prefix, &b->prefix),
			     v = compare_words(&a->variant, &b->variant);

	return p > v ? p : v;
}

/* Schemes */

static bool
has_year(enum tag_scheme s)
{
	return s == TAG_CALVER || s == TAG_DATE;
}

/* YY.MM or YY.MM.DD, as far as the values go. */
static bool
fits_short(const struct tag *t)
{
	long year = tag_value(&t->numbers, 0, 9999), month = tag_value(&t->numbers, 1, 9999);

	return t->scheme == TAG_NUMBERS && year >= 10 && year <= 49 && month >= 1 && month <= 12;
}

/* A month or a day with a leading zero gives a date away. */
static bool
looks_short(const struct tag *t)
{
	return fits_short(t) &&
	    (t->numbers.item[1].padded ||
		(t->numbers.count > 2 && t->numbers.item[2].padded &&
		    tag_value(&t->numbers, 2, 99) <= 31));
}

/* One number of so many digits counts builds; it does not compare with 1.2.3. */
static bool
is_serial(const struct tag *t)
{
	return t->scheme == TAG_NUMBERS && t->numbers.count == 1 && t->numbers.item[0].len > 4;
}

/* The scheme by which both can be read; -1 when there is none. */
static int
common_scheme(const struct family *f, const struct tag *a, const struct tag *b)
{
	if (a->scheme == TAG_DATE && b->scheme == TAG_DATE)
		return TAG_DATE;
	if (f->scheme == FAMILY_NUMBERS || f->scheme == FAMILY_TWO_MAJOR)
		return a->numbers.count && b->numbers.count ? TAG_NUMBERS : -1;
	if (has_year(a->scheme) && has_year(b->scheme))
		return TAG_CALVER;
	if (f->scheme == FAMILY_SHORT && fits_short(a) && fits_short(b))
		return TAG_SHORT;
	if (a->scheme == TAG_NUMBERS && b->scheme == TAG_NUMBERS &&
	    (looks_short(a) || looks_short(b)))
		return fits_short(a) && fits_short(b) ? TAG_SHORT : -1;
	if (is_serial(a) != is_serial(b) && a->numbers.count + b->numbers.count > 2)
		return -1;
	return a->scheme == b->scheme ? (int)a->scheme : -1;
}

static bool
two_are_major(const struct family *f, const struct tag *t)
{
	long first = tag_value(&t->numbers, 0, 99999999);

	return f->scheme == FAMILY_TWO_MAJOR ||
	    (f->two_until && first >= 0 && first < f->two_until);
}

/* What a difference at number I means. */
static enum version_bump
bump_at(const struct version_change *c, size_t i)
{
	switch (c->scheme) {
	case TAG_UNIX:
	case TAG_COUNTER:
		return VERSION_UNKNOWN;
	case TAG_CALVER:
	case TAG_DATE:
	case TAG_SHORT:
		return i < 2 ? VERSION_MINOR : VERSION_PATCH;
	default:
		if (i == 0 || (i == 1 && two_are_major(c->family, c->old)))
			return VERSION_MAJOR;
		return i == 1 ? VERSION_MINOR : VERSION_PATCH;
	}
}

/* How many numbers a tag gives, where those of the major count for one. */
static size_t
precision(const struct version_change *c, const struct tag *t)
{
	size_t n = t->numbers.count;

	return n > 1 && two_are_major(c->family, t) ? n - 1 : n;
}

/* The comparison itself */

/* Numbers of two tags: sets order, bump, widened, narrowed. */
static void
compare_numbers(struct version_change *c)
{
	const struct tag_numbers *a = &c->old->numbers, *b = &c->new->numbers;
	size_t least = a->count < b->count ? a->count : b->count, i, last = 0;
	const struct tag_numbers *longer = a->count > b->count ? a : b;
	/* a day is a whole version; what follows it is optional: v25.11.04.1, v25.11.12 */
	bool dates = c->scheme == TAG_DATE || (c->scheme == TAG_SHORT && least > 2);

	/* a prerelease floats nowhere, however few its numbers */
	c->widened = !dates &&
	    !c->new->prerelease.count &&precision(c, c->new) < precision(c, c->old);
	c->narrowed = !dates && precision(c, c->new) > precision(c, c->old);
	for (i = 0; i < least && !tag_compare_number(&a->item[i], &b->item[i]); i++)
		;
	if (i < least) {
		c->order = tag_compare_number(&b->item[i], &a->item[i]) > 0 ? VERSION_NEWER :
									      VERSION_OLDER;
		c->bump = bump_at(c, i);
		c->widened = c->widened && c->order == VERSION_NEWER;
		return;
	}
	/* one is the beginning of the other: a floating tag, named by its last number that says
	 * something */
	for (; i < longer->count; i++)
		if (tag_value(longer, i, 1) > 0)
			last = i;
	if (!last)
		return;
	c->order = longer == b ? VERSION_NEWER : VERSION_OLDER;
	c->bump = bump_at(c, last);
}

static void
incomparable(struct version_change *c, const char *why)
{
	c->order = VERSION_INCOMPARABLE;
	c->bump = VERSION_UNKNOWN;
	c->note = why;
}

/* What stands behind the dash is the version of an extension, in some families (16-3.4 of postgis),
 * else a rebuild. */
static enum version_bump
extension_bump(struct version_change *c)
{
	const struct tag_numbers *a = &c->old->build, *b = &c->new->build;
	size_t i = 0;

	if (!c->family->extension)
		return VERSION_PATCH;
	while (i < a->count && i < b->count && !tag_compare_number(&a->item[i], &b->item[i]))
		i++;
	return i == 0 ? VERSION_MAJOR : i == 1 ? VERSION_MINOR : VERSION_PATCH;
}

/* Below the numbers: prerelease, words, build. */
static void
compare_rest(struct version_change *c)
{
	const struct tag *a = c->old, *b = c->new;
	int o = tag_compare_prerelease(&b->prerelease, &a->prerelease);

	if (o) {
		c->bump = VERSION_PATCH;
	} else if (c->variant == VERSION_CHANGED) {
		return;
	} else if ((o = order_words(&b->prefix, &a->prefix)) ||
	    (o = order_words(&b->variant, &a->variant))) {
		c->bump = VERSION_NONE;
		c->note = "only the version of the variant moved";
		c->widened |= loses_numbers(&a->variant, &b->variant);
	} else if ((o = tag_compare_numbers(&b->build, &a->build)) ||
	    (o = (b->build.count > a->build.count) - (b->build.count < a->build.count))) {
		c->bump = extension_bump(c);
		c->note = c->family->extension ? "only the extension moved" :
						 "only the build of the image differs";
	} else if (a->hash && b->hash && strcmp(a->hash, b->hash)) {
		incomparable(c, "commit hashes have no order");
		return;
	}
	c->order = o < 0 ? VERSION_OLDER : o > 0 ? VERSION_NEWER : VERSION_EQUAL;
}

static const struct tag_word *
hidden_word(const struct version_change *c, const struct tag *t)
{
	const struct tag_word *w = tag_find(&t->variant, c->family->hidden);

	return w ? w : tag_find(&t->prefix, c->family->hidden);
}

/* 2.14.2-pg16: the number behind pg decides over the data, so it decides over the order. */
static bool
compare_hidden(struct version_change *c)
{
	const struct tag_word *a, *b;
	int o;

	if (!c->family->hidden || !(a = hidden_word(c, c->old)) || !(b = hidden_word(c, c->new)) ||
	    !a->numbers.count || !b->numbers.count)
		return false;
	if (!(o = tag_compare_number(&b->numbers.item[0], &a->numbers.item[0]))) {
		/* pg16.4 to pg16.6 */
		if (c->bump == VERSION_NONE && tag_compare_numbers(&b->numbers, &a->numbers))
			c->bump = VERSION_MINOR;
		return false;
	}
	c->order = o < 0 ? VERSION_OLDER : VERSION_NEWER;
	c->bump = VERSION_MAJOR;
	c->note = "the major of the database hides in a word of the tag";
	return true;
}

static bool
is_word_tag(const struct tag *t)
{
	return t->scheme == TAG_WORDS || t->scheme == TAG_HASH;
}

/* ~1.2, >=1 <2, 2.x of a chart's dependencies */
static bool
is_range(const char *text)
{
	return strpbrk(text, "~^<>=*|, ") || strstr(text, ".x");
}

static void
compare_digests(struct version_change *c)
{
	const char *a = c->old->digest, *b = c->new->digest;
	bool same_tag = !strcmp(c->old->text, c->new->text);

	c->digest_changed = (a || b) && (!a || !b || strcmp(a, b));
	c->digest_stale = a && (!b || (!same_tag && !strcmp(a, b)));
}

static void
compare(struct version_change *c)
{
	int scheme;

	if (!strcmp(c->old->text, c->new->text))
		return;
	if (is_range(c->old->text) || is_range(c->new->text)) {
		incomparable(c, "a range of versions");
		return;
	}
	if (is_word_tag(c->old) || is_word_tag(c->new)) {
		if (c->old->scheme != c->new->scheme)
			c->variant = VERSION_CHANGED;
		incomparable(c,
		    is_word_tag(c->new) && !is_word_tag(c->old) ? "the pin would be lost" :
			c->new->scheme == TAG_HASH              ? "commit hashes have no order" :
								  "words have no order");
		return;
	}
	if (compare_words(&c->old->prefix, &c->new->prefix) == VERSION_CHANGED) {
		incomparable(c, "other words in front of the number");
		return;
	}
	if ((scheme = common_scheme(c->family, c->old, c->new)) < 0) {
		c->scheme_changed = true;
		c->variant = VERSION_CHANGED;
		incomparable(c, "the two are counted by different schemes");
		return;
	}
	c->scheme = (enum tag_scheme)scheme;
	compare_numbers(c);
	if (c->order == VERSION_EQUAL)
		compare_rest(c);
	compare_hidden(c);
}

struct version_change *
version_judge(struct mem *m, const char *image, const struct family *f, const char *old,
    const char *new)
{
	struct version_change *c = mem_zero(m, 1, sizeof *c);

	c->family = f ? f : family_of(image);
	c->old = tag_parse(m, old);
	c->new = tag_parse(m, new);
	c->scheme = c->new->scheme;
	c->variant = compare_variants(c->old, c->new);
	c->ripened = c->old->prerelease.count || c->new->prerelease.count;
	c->prerelease = c->new->prerelease.count && !c->old->prerelease.count;
	compare(c);
	compare_digests(c);
	return c;
}

/* What must not be skipped */

static const char *
next_month(struct mem *m, long year, long month, int step)
{
	month += step - month % step;
	return month > 12 ? mem_fmt(m, "%ld.%d", year + 1, step) :
			    mem_fmt(m, "%ld.%ld", year, month);
}

/* The first of the family's stops that lies between. */
static const char *
stop_between(struct mem *m, const struct version_change *c)
{
	for (const char *s = c->family->stops; *s;) {
		size_t len = strcspn(s, " ");
		char *text = mem_dup(m, s, len);
		struct tag *stop = tag_parse(m, text), *new = tag_parse(m, c->new->text);

		new->numbers.count = new->numbers.count > 2 ? 2 : new->numbers.count;
		if (tag_compare_numbers(&c->old->numbers, &stop->numbers) < 0 &&
		    (tag_value(&c->old->numbers, 0, 99999) != tag_value(&stop->numbers, 0, 99999) ||
		    tag_value(&c->old->numbers, 1, 99999) != tag_value(&stop->numbers, 1, 99999)) &&
		    tag_compare_numbers(&stop->numbers, &new->numbers) < 0)
			return text;
		s += len + strspn(s + len, " ");
	}
	return NULL;
}

static const char *
minor_skipped(struct mem *m, const struct version_change *c, long major, long old, long new)
{
	if (c->family->month_step) {
		const char *next = next_month(m, major, old, c->family->month_step);
		struct tag *t = tag_parse(m, next), *target = tag_parse(m, c->new->text);

		target->numbers.count = target->numbers.count > 2 ? 2 : target->numbers.count;
		return tag_compare_numbers(&t->numbers, &target->numbers) < 0 ? next : NULL;
	}
	if (c->scheme != TAG_NUMBERS || tag_value(&c->new->numbers, 0, 99999999) != major)
		return NULL;
	return new > old + 1 ? mem_fmt(m, "%ld.%ld", major, old + 1) : NULL;
}

const char *
version_skipped(struct mem *m, const struct version_change *c, bool *major)
{
	long a = tag_value(&c->old->numbers, 0, 99999998),
	     b = tag_value(&c->new->numbers, 0, 99999999);
	long x = tag_value(&c->old->numbers, 1, 99999998),
	     y = tag_value(&c->new->numbers, 1, 99999999);

	*major = false;
	if (c->order != VERSION_NEWER || c->family->steps == FAMILY_FREE || is_word_tag(c->new))
		return NULL;
	if (c->scheme == TAG_NUMBERS && b > a + 1) {
		*major = true;
		return mem_fmt(m, "%ld", a + 1);
	}
	if (c->family->steps != FAMILY_EACH_MINOR || x < 0 || y < 0)
		return NULL;
	return c->family->stops ? stop_between(m, c) : minor_skipped(m, c, a, x, y);
}

/* Do A and B have the same first N numbers; else their order. */
static int
compare_front(const struct tag *a, const struct tag *b, size_t n)
{
	struct tag_numbers x = a->numbers, y = b->numbers;

	x.count = x.count < n ? x.count : n;
	y.count = y.count < n ? y.count : n;
	return tag_compare_numbers(&x, &y);
}

const char *
version_skipped_of(struct mem *m, const struct version_change *c, char **released, size_t count,
    bool *major)
{
	size_t n = c->family->steps == FAMILY_EACH_MAJOR ? 1 : 2;
	const struct tag *best = NULL;

	*major = false;
	if (c->order != VERSION_NEWER || c->family->steps == FAMILY_FREE || is_word_tag(c->new))
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct tag *t = tag_parse(m, released[i]);
		int o;

		if (t->scheme != c->new->scheme || t->prerelease.count || t->numbers.count < n ||
		    compare_variants(t, c->new) == VERSION_CHANGED ||
		    compare_front(c->old, t, n) >= 0 || compare_front(t, c->new, n) >= 0)
			continue;
		o = best ? compare_front(t, best, n) : -1;
		if (o < 0 || (!o && tag_compare_numbers(&t->numbers, &best->numbers) > 0))
			best = t;
	}
	*major = best && compare_front(c->old, best, 1) < 0 && compare_front(best, c->new, 1) < 0;
	return best ? best->text : NULL;
}
