/* tag_compare.c - the order of what tag.c takes apart. */
#include <string.h>
#include <strings.h>

#include "manifest/tag.h"

/* In the order of their ripeness. */
static const struct {
	const char *name;
	int rank;
} stages[] = {
	{ "dev", 0 },
	{ "snapshot", 0 },
	{ "nightly", 0 },
	{ "canary", 0 },
	{ "edge", 0 },
	{ "next", 0 },
	{ "experimental", 0 },
	{ "a", 1 },
	{ "alpha", 1 },
	{ "b", 2 },
	{ "beta", 2 },
	{ "m", 3 },
	{ "milestone", 3 },
	{ "ea", 3 },
	{ "pre", 3 },
	{ "preview", 3 },
	{ "c", 4 },
	{ "cr", 4 },
	{ "rc", 4 },
};

int
tag_stage(const char *s, size_t len)
{
	for (size_t i = 0; i < sizeof stages / sizeof *stages; i++)
		if (strlen(stages[i].name) == len && !strncasecmp(stages[i].name, s, len))
			return stages[i].rank;
	return -1;
}

long
tag_digits(const char *s, size_t len)
{
	long v = 0;

	for (size_t i = 0; i < len && v < 100000000; i++)
		v = v * 10 + (s[i] - '0');
	return v;
}

int
tag_compare_number(const struct tag_number *a, const struct tag_number *b)
{
	int c;

	if (a->len != b->len)
		return a->len < b->len ? -1 : 1;
	c = memcmp(a->digits, b->digits, a->len);
	return c < 0 ? -1 : c > 0;
}

int
tag_compare_numbers(const struct tag_numbers *a, const struct tag_numbers *b)
{
	static const struct tag_number zero = { "0", 1, false };
	size_t n = a->count > b->count ? a->count : b->count;

	for (size_t i = 0; i < n; i++) {
		int c = tag_compare_number(i < a->count ? &a->item[i] : &zero,
		    i < b->count ? &b->item[i] : &zero);

		if (c)
			return c;
	}
	return 0;
}

static int
compare_identifier(const struct tag_word *a, const struct tag_word *b)
{
	int ra = tag_stage(a->name, strlen(a->name)), rb = tag_stage(b->name, strlen(b->name)), c;

	if (a->numbers.count && b->numbers.count)
		return tag_compare_numbers(&a->numbers, &b->numbers);
	if (a->numbers.count || b->numbers.count)
		return a->numbers.count ? -1 : 1;
	if (ra >= 0 && rb >= 0 && ra != rb)
		return ra < rb ? -1 : 1;
	/* one stage in two spellings (b, beta) is the same */
	c = ra >= 0 && ra == rb && ra != 0 && ra != 3 ? 0 : strcmp(a->name, b->name);
	return c < 0 ? -1 : c > 0;
}

int
tag_compare_prerelease(const struct tag_words *a, const struct tag_words *b)
{
	if (!a->count || !b->count)
		return !a->count - !b->count;
	for (size_t i = 0; i < a->count && i < b->count; i++) {
		int c = compare_identifier(&a->item[i], &b->item[i]);

		if (c)
			return c;
	}
	return (a->count > b->count) - (a->count < b->count);
}

long
tag_value(const struct tag_numbers *n, size_t i, long max)
{
	long v = i < n->count ? tag_digits(n->item[i].digits, n->item[i].len) : -1;

	return v > max ? max : v;
}

const struct tag_word *
tag_find(const struct tag_words *list, const char *name)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strcmp(list->item[i].name, name))
			return &list->item[i];
	return NULL;
}
