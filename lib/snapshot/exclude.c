/* exclude.c - short patterns for many tables. pg_dump asks the server once for each. One name is
 * found by an index; with several the server looks at all relations, and with a thousand names of
 * some length it takes seconds. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/exclude.h"

enum {
	/* Names in one pattern where there are many. No argument may be longer than 128 kB, and all
	 * together not than 2 MB: so many tables may each have their own. */
	NAMES = 1000,
	PATTERN = 100000,
	ALONE = 8000,
};

/* Texts that grow one after the other. */
struct list {
	struct mem *m;
	const char **item;
	size_t count, room;
};

static void
add(struct list *l, const char *text)
{
	mem_grow(l->m, &l->item, l->count, &l->room, sizeof *l->item);
	l->item[l->count++] = text;
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* In order, and each once. */
static void
sort(struct list *l)
{
	size_t n = 0;

	if (l->count)
		qsort(l->item, l->count, sizeof *l->item, by_text);
	for (size_t i = 0; i < l->count; i++)
		if (!n || strcmp(l->item[n - 1], l->item[i]))
			l->item[n++] = l->item[i];
	l->count = n;
}

/* All tables of what SCHEMA, a pattern, matches that are called as one of NAMES, BEFORE and AFTER
 * which there may be "*"; so many names in one option. */
static void
exclude(struct list *options, const char *schema, const char *before, const struct list *names,
    const char *after, size_t most)
{
	struct mem *m = options->m;
	struct mem_text t = { .m = m };
	size_t n = 0;

	for (size_t i = 0; i < names->count; i++) {
		mem_text_fmt(&t, "%s%s", n++ ? "|" : "(", pg_quote_exactly(m, names->item[i]));
		if (n < most && t.len < PATTERN && i + 1 < names->count)
			continue;
		add(options,
		    mem_fmt(m, "--exclude-table-data=%s.%s%s)%s", schema, before, t.text, after));
		t = (struct mem_text){ .m = m };
		n = 0;
	}
}

/* Names that are told from strangers' by how they begin, or end. */
struct told {
	struct list parts;      /* these suffice: no stranger's begins, or ends, so */
	struct list whole;      /* these are how a stranger's begins, or ends */
};

static char *
reversed(struct mem *m, const char *name)
{
	size_t n = strlen(name);
	char *text = mem_zero(m, n + 1, 1);

	for (size_t i = 0; i < n; i++)
		text[i] = name[n - 1 - i];
	return text;
}

/* How many bytes two texts have in common, and one more. */
static size_t
parted(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n + 1;
}

/* How many of NAME's first bytes tell it from all in LIST, which is sorted: its neighbours there
 * have most in common with it. */
static size_t
telling(const char *name, const struct list *list)
{
	size_t low = 0, high = list->count, n = 1;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (strcmp(list->item[middle], name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	if (low)
		n = parted(name, list->item[low - 1]);
	if (low < list->count && parted(name, list->item[low]) > n)
		n = parted(name, list->item[low]);
	return n;
}

/* Is the byte at P not the first of a character of UTF-8? */
static bool
is_inside(const char *p)
{
	return ((unsigned char)*p & 0xc0) == 0x80;
}

static struct told
tell(const struct list *names, const struct list *strangers, bool by_end)
{
	struct mem *m = names->m;
	struct list others = { .m = m };
	struct told t = { .parts.m = m, .whole.m = m };

	for (size_t i = 0; i < strangers->count; i++)
		add(&others, by_end ? reversed(m, strangers->item[i]) : strangers->item[i]);
	sort(&others);
	for (size_t i = 0; i < names->count; i++) {
		const char *name = names->item[i];
		size_t len = strlen(name),
		       n = telling(by_end ? reversed(m, name) : name, &others);

		while (n < len && is_inside(by_end ? name + len - n : name + n))
			n++;
		if (n >= len)
			add(&t.whole, name);
		else
			add(&t.parts, by_end ? name + len - n : mem_dup(m, name, n));
	}
	sort(&t.parts);
	sort(&t.whole);
	return t;
}

static bool
is_among(const char *name, const struct list *l)
{
	return l->count && bsearch(&name, l->item, l->count, sizeof name, by_text);
}

/* Tables called as one of NAMES, and as no stranger, in any schema: by how the names begin or end,
 * whichever takes fewer words. (Each table has an "id", and "t_id_seq" stands beside "t".) */
static void
exclude_told(struct list *options, const struct list *names, const struct list *strangers,
    size_t most)
{
	struct told first = tell(names, strangers, false), last = tell(names, strangers, true);
	bool by_end = last.parts.count + last.whole.count < first.parts.count + first.whole.count;
	const struct told *t = by_end ? &last : &first;

	exclude(options, "*", by_end ? "*" : "", &t->parts, by_end ? "" : "*", NAMES);
	exclude(options, "*", "", &t->whole, "", most);
}

const char **
exclude_options(struct mem *m, const struct tables *t, size_t *count)
{
	struct list strangers = { .item = t->strangers, .count = t->stranger_count };
	struct list options = { .m = m }, told = { .m = m }, names = { .m = m };
	size_t most = t->own <= ALONE ? 1 : NAMES;

	sort(&strangers);
	/* a name that is only ours needs no schema: of a thousand schemas with the same tables all
	 * are one pattern */
	for (size_t i = 0; i < t->own; i++) {
		const char *name = t->item[i].name, *schema = t->item[i].schema;

		add(is_among(name, &strangers) ? &names : &told, name);
		if (i + 1 < t->own && !strcmp(schema, t->item[i + 1].schema))
			continue;
		exclude(&options, pg_quote_exactly(m, schema), "", &names, "", most);
		names.count = 0;
	}
	exclude_told(&options, &told, &strangers, most);
	*count = options.count;
	return options.item;
}
