/* exclude.c - few patterns for many tables: pg_dump asks the server once for each, which looks at
 * all relations then. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/exclude.h"

enum {
	/* Names in one pattern: 3,000 tables cost 4.5 s more in patterns of 100 names than in
	 * patterns of 1,000. No argument may be longer than 128 kB. */
	NAMES = 1000,
	PATTERN = 100000,
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

/* NAMES, each once, as alternatives: ("a"|"b"), in as many texts as it takes. Inside double quotes
 * every character stands for itself. */
static struct list
alternatives(struct list *names)
{
	struct list all = { .m = names->m };
	struct mem_text t = { .m = names->m };
	size_t n = 0;

	if (names->count)
		qsort(names->item, names->count, sizeof *names->item, by_text);
	for (size_t i = 0; i < names->count; i++) {
		if (i + 1 < names->count && !strcmp(names->item[i], names->item[i + 1]))
			continue;
		mem_text_fmt(&t, "%s%s", n++ ? "|" : "(",
		    pg_quote_exactly(names->m, names->item[i]));
		if (n < NAMES && t.len < PATTERN && i + 1 < names->count)
			continue;
		mem_text_add(&t, ")", 1);
		add(&all, t.text);
		t = (struct mem_text){ .m = names->m };
		n = 0;
	}
	return all;
}

/* All tables called as one of NAMES in what SCHEMA, a pattern, matches. */
static void
exclude(struct list *options, const char *schema, struct list *names)
{
	struct list all = alternatives(names);

	for (size_t i = 0; i < all.count; i++)
		add(options,
		    mem_fmt(options->m, "--exclude-table-data=%s.%s", schema, all.item[i]));
	names->count = 0;
}

const char **
exclude_options(struct mem *m, const struct tables *t, size_t *count)
{
	struct list options = { .m = m }, names = { .m = m };

	/* a name that is only ours needs no schema: of a thousand schemas with the same tables all
	 * are one pattern */
	for (size_t i = 0; i < t->own; i++)
		if (!t->item[i].ambiguous)
			add(&names, t->item[i].name);
	exclude(&options, "*", &names);
	for (size_t i = 0; i < t->own; i++) {
		const char *schema = t->item[i].schema;

		if (t->item[i].ambiguous)
			add(&names, t->item[i].name);
		if (i + 1 == t->own || strcmp(schema, t->item[i + 1].schema))
			exclude(&options, pg_quote_exactly(m, schema), &names);
	}
	*count = options.count;
	return options.item;
}
