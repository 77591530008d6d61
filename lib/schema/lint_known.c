/* lint_known.c - remembers what the statements so far have done. */
#include <search.h>
#include <string.h>

#include "schema/lint_private.h"

struct pending {
	const char *table, *constraint, *column;
};

struct name {
	const char *was, *now;
};

struct lint_known {
	struct mem *m;
	void *facts;            /* a tree of strings */
	const char **passing;   /* those of the transaction */
	size_t count, room;
	bool begun;
	const char **since;     /* those that have come since BEGIN */
	size_t since_count, since_room;
	struct pending *pending;
	size_t pending_count, pending_room;
	struct lint_key *keys;
	size_t key_count, key_room;
	struct name *names;
	size_t name_count, name_room;
};

static int
compare(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void
keep(void *fact)
{
	(void)fact;
}

static void
drop(void *known)
{
	tdestroy(((struct lint_known *)known)->facts, keep);
}

struct lint_known *
lint_known_new(struct mem *m)
{
	struct lint_known *k = mem_zero(m, 1, sizeof *k);

	k->m = m;
	return mem_own(m, k, drop);
}

void
lint_learn(struct lint_known *k, bool transaction, const char *fmt, ...)
{
	va_list args;
	char *text;

	va_start(args, fmt);
	text = mem_vfmt(k->m, fmt, args);
	va_end(args);
	if (*(char **)mem_must(tsearch(text, &k->facts, compare)) != text)
		return;
	if (k->begun) {
		mem_grow(k->m, &k->since, k->since_count, &k->since_room, sizeof *k->since);
		k->since[k->since_count++] = text;
	}
	if (!transaction)
		return;
	mem_grow(k->m, &k->passing, k->count, &k->room, sizeof *k->passing);
	k->passing[k->count++] = text;
}

bool
lint_knows(const struct lint_known *k, const char *fmt, ...)
{
	MEM_SCOPE(m);
	va_list args;
	bool known;

	va_start(args, fmt);
	known = tfind(mem_vfmt(m, fmt, args), &k->facts, compare) != NULL;
	va_end(args);
	return known;
}

void
lint_forget(struct lint_known *k, const char *fmt, ...)
{
	MEM_SCOPE(m);
	va_list args;

	va_start(args, fmt);
	tdelete(mem_vfmt(m, fmt, args), &k->facts, compare);
	va_end(args);
}

void
lint_forget_transaction(struct lint_known *k)
{
	while (k->count)
		tdelete(k->passing[--k->count], &k->facts, compare);
}

void
lint_begin(struct lint_known *k, bool begun)
{
	lint_forget_transaction(k);
	k->begun = begun;
	k->since_count = 0;
}

void
lint_roll_back(struct lint_known *k)
{
	while (k->since_count)
		tdelete(k->since[--k->since_count], &k->facts, compare);
}

void
lint_learn_pending(struct lint_known *k, const char *table, const char *constraint,
    const char *column)
{
	mem_grow(k->m, &k->pending, k->pending_count, &k->pending_room, sizeof *k->pending);
	k->pending[k->pending_count++] = (struct pending){ mem_string(k->m, table),
		mem_string(k->m, constraint), mem_string(k->m, column) };
}

void
lint_validate(struct lint_known *k, const char *table, const char *constraint)
{
	for (size_t i = 0; i < k->pending_count; i++)
		if (!strcmp(k->pending[i].table, table) &&
		    !strcmp(k->pending[i].constraint, constraint))
			lint_learn(k, false, "proven %s.%s", table, k->pending[i].column);
}

void
lint_learn_name(struct lint_known *k, const char *was, const char *now)
{
	mem_grow(k->m, &k->names, k->name_count, &k->name_room, sizeof *k->names);
	k->names[k->name_count++] = (struct name){ was, now };
}

const char *
lint_first_name(const struct lint_known *k, const char *table)
{
	for (size_t i = k->name_count; i--;)
		if (!strcmp(k->names[i].now, table))
			return k->names[i].was;
	return table;
}

void
lint_learn_key(struct lint_walk *w, const char *table, const char *column)
{
	struct lint_known *k = w->known;

	mem_grow(k->m, &k->keys, k->key_count, &k->key_room, sizeof *k->keys);
	k->keys[k->key_count++] = (struct lint_key){ table, lint_sub(k->m, table, column), w->file,
		w->line, w->nth };
}

const struct lint_key *
lint_key(const struct lint_known *k, size_t i)
{
	return i < k->key_count ? &k->keys[i] : NULL;
}
