/* alike.c - compares what went with what came. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "schema/alike.h"
#include "schema/rename.h"

/* More pairs than this are no rename but another schema. */
enum { PAIRS_MOST = 1 << 16, WHOLE = 100, ENOUGH = 75 };

static bool
is_name_byte(char c)
{
	return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

/* The first place in TEXT where NAME stands as a word. */
static const char *
first_word(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = text; (p = strstr(p, name)); p++)
		if ((p == text || !is_name_byte(p[-1])) && !is_name_byte(p[n]))
			return p;
	return NULL;
}

/* The same text, where a definition begins with the name of what it defines? */
static bool
same_but_name(const char *a, const char *a_name, const char *b, const char *b_name)
{
	const char *p, *q;

	if (!a || !b || !strcmp(a, b))
		return model_same(a, b);
	p = first_word(a, a_name);
	q = first_word(b, b_name);
	return p && q && p - a == q - b && !strncmp(a, b, (size_t)(p - a)) &&
	    !strcmp(p + strlen(a_name), q + strlen(b_name));
}

/* A sequence has the name of its column. */
static bool
both_count(const char *a, const char *b)
{
	static const char *const words[] = { "nextval(", "ALWAYS (SEQUENCE",
		"BY DEFAULT (SEQUENCE" };

	for (size_t i = 0; a && b && i < sizeof words / sizeof *words; i++)
		if (!strncmp(a, words[i], strlen(words[i])) &&
		    !strncmp(b, words[i], strlen(words[i])))
			return true;
	return false;
}

static bool
same_definition(const struct model_object *a, const struct model_object *b)
{
	for (enum model_prop p = 0; p < MODEL_PROPS; p++) {
		const char *x = model_get(a, p), *y = model_get(b, p);

		if (!model_prop_compared(p) || p == PROP_OWNER || p == PROP_ACL ||
		    p == PROP_COMMENT || p == PROP_INDEX_COMMENT || p == PROP_NOT_NULL_NAME ||
		    p == PROP_NOT_NULL_FROM)
			continue;
		if (!same_but_name(x, a->name, y, b->name) && !both_count(x, y))
			return false;
	}
	return true;
}

/* Columns */

static long
position(const struct model_object *column)
{
	const char *text = model_get(column, PROP_POSITION);

	return text ? strtol(text, NULL, 10) : 0;
}

/* The names beside a column; NULL: there is none. Its place among them is returned. */
static size_t
neighbours(const struct model *mo, const struct model_object *column, const char *beside[2])
{
	size_t first,
	    n = column->table ? model_children(mo, column->table, MODEL_COLUMN, &first) : 0,
	    place = 0;
	long at = position(column), nearest[2] = { 0, 0 };

	beside[0] = beside[1] = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct model_object *o = mo->objects[first + i];
		long p = position(o);
		int side = p > at;

		place += p < at;
		if (p == at || (beside[side] && (side ? p > nearest[1] : p < nearest[0])))
			continue;
		nearest[side] = p;
		beside[side] = o->name;
	}
	return place;
}

static int
score_column(const struct diff *d, const struct model_object *a, const struct model_object *b)
{
	const char *was[2], *is[2];

	if (!same_definition(a, b))
		return 0;
	if (neighbours(d->from, a, was) == neighbours(d->to, b, is))
		return WHOLE;
	return (was[0] && model_same(was[0], is[0])) || (was[1] && model_same(was[1], is[1])) ?
		WHOLE : 0;
}

/* Tables */

static int
score_table(const struct diff *d, const struct model_object *a, const struct model_object *b)
{
	static const enum model_prop must[] = { PROP_PARTITION_KEY, PROP_PARTITION_BOUND,
		PROP_INHERITS, PROP_SERVER };
	size_t i, j, n = model_children(d->from, a, MODEL_COLUMN, &i),
		     k = model_children(d->to, b, MODEL_COLUMN, &j);
	size_t most = n > k ? n : k, end = i + n, stop = j + k, equal = 0;

	for (size_t p = 0; p < sizeof must / sizeof *must; p++)
		if (!model_same(model_get(a, must[p]), model_get(b, must[p])))
			return 0;
	while (i < end && j < stop) {
		const struct model_object *x = d->from->objects[i], *y = d->to->objects[j];
		int c = strcmp(x->name, y->name);

		equal += !c && model_same(model_get(x, PROP_TYPE), model_get(y, PROP_TYPE));
		i += c <= 0;
		j += c >= 0;
	}
	return most ? (int)(equal * WHOLE / most) : 0;
}

/* The rest */

/* Domains have their rules beside them. */
static int
score_domain(const struct diff *d, const struct model_object *a, const struct model_object *b)
{
	size_t i, j, n = model_children(d->from, a, MODEL_DOMAIN_CONSTRAINT, &i),
		     k = model_children(d->to, b, MODEL_DOMAIN_CONSTRAINT, &j);

	for (size_t c = 0; n == k && c < n; c++)
		if (!model_same(model_get(d->from->objects[i + c], PROP_DEFINITION),
			model_get(d->to->objects[j + c], PROP_DEFINITION)))
			return 0;
	return n == k && same_definition(a, b) ? WHOLE : 0;
}

static int
score(const struct diff *d, const struct model_object *a, const struct model_object *b)
{
	switch (a->kind) {
	case MODEL_TABLE: return score_table(d, a, b);
	case MODEL_COLUMN: return score_column(d, a, b);
	case MODEL_DOMAIN: return score_domain(d, a, b);
	case MODEL_SCHEMA: return 0; /* it has nothing but its name */
	default: return same_definition(a, b) ? WHOLE : 0;
	}
}

static bool
has_control(const char *s)
{
	while (*s && !iscntrl((unsigned char)*s))
		s++;
	return *s;
}

static void
add(const struct diff *d, struct alikes *all, struct alike one)
{
	const char *name = one.to->name;

	one.option = one.was ? mem_fmt(d->m, "%s.%s=%s", one.from->id, one.was, one.is) :
			       mem_fmt(d->m, "%s=%s", one.from->id, name);
	if (has_control(one.option))
		return;
	mem_grow(d->m, &all->item, all->count, &all->room, sizeof *all->item);
	all->item[all->count++] = one;
}

static bool
same_place(const struct diff_change *a, const struct diff_change *b)
{
	const struct model_object *x = diff_object(a), *y = diff_object(b);

	return a->kind == b->kind && model_same(x->schema, y->schema) &&
	    model_same(x->parent, y->parent);
}

/* What went and came in one place, changes FIRST to END: each pair that is alike, unless one of it
 * is more like another. */
static void
pair(const struct diff *d, size_t first, size_t end, struct alikes *all)
{
	MEM_SCOPE(m);
	size_t n = end - first;
	unsigned char *table = n * n > PAIRS_MOST ? NULL : mem_zero(m, n * n + 1, 1),
		      *best = mem_zero(m, n, 1), *ties = mem_zero(m, n, 1);

	for (size_t i = 0; table && i < n; i++)
		for (size_t j = 0; j < n; j++) {
			const struct diff_change *a = &d->changes[first + i],
						 *b = &d->changes[first + j];

			if (a->action != DIFF_DROP || b->action != DIFF_CREATE ||
			    (table[i * n + j] = (unsigned char)score(d, a->from, b->to)) < ENOUGH)
				continue;
			best[i] = best[i] > table[i * n + j] ? best[i] : table[i * n + j];
			best[j] = best[j] > table[i * n + j] ? best[j] : table[i * n + j];
		}
	for (size_t pass = 0; table && pass < 2; pass++)
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < n; j++) {
				unsigned char s = table[i * n + j];

				if (s < ENOUGH || s < best[i] || s < best[j])
					continue;
				if (pass)
					add(d, all,
					    (struct alike){ .from = d->changes[first + i].from,
						.to = d->changes[first + j].to,
						.several = ties[i] > 1 || ties[j] > 1 });
				else {
					ties[i] += ties[i] < 2;
					ties[j] += ties[j] < 2;
				}
			}
}

static char *
unquoted(struct mem *m, const char *label, size_t len)
{
	struct mem_text t = { .m = m };

	for (size_t i = 1; i + 1 < len; i++) {
		mem_text_add(&t, label + i, 1);
		i += label[i] == '\'';
	}
	return t.text ? t.text : mem_string(m, "");
}

static bool
has_label(const char *list, const char *label, size_t len)
{
	size_t n;

	for (const char *p; (p = model_next_label(&list, &n));)
		if (n == len && !strncmp(p, label, n))
			return true;
	return false;
}

/* Labels at the same place of as many, as long as others stay. */
static void
pair_labels(const struct diff *d, const struct diff_change *c, struct alikes *all)
{
	const char *old = c->old, *new = c->new, *a, *b;
	size_t n, k, before = all->count;
	bool stays = false;

	for (;;) {
		a = model_next_label(&old, &n);
		b = model_next_label(&new, &k);
		if (!a || !b)
			break;
		if (n == k && !strncmp(a, b, n))
			stays = true;
		else if (has_label(c->new, a, n) || has_label(c->old, b, k))
			break;
		else
			add(d, all,
			    (struct alike){ c->from, c->to, unquoted(d->m, a, n),
				unquoted(d->m, b, k), NULL, false });
	}
	if (a || b || !stays)
		all->count = before;
}

struct alikes *
alike_find(const struct diff *d)
{
	struct alikes *all = mem_zero(d->m, 1, sizeof *all);

	for (size_t i = 0, end; i < d->count; i = end) {
		const struct diff_change *c = &d->changes[i];

		for (end = i + 1; end < d->count && same_place(c, &d->changes[end]); end++)
			;
		if (rename_can(c->kind))
			pair(d, i, end, all);
		for (size_t k = i; k < end; k++)
			if (c->kind == MODEL_ENUM && d->changes[k].action == DIFF_ALTER &&
			    d->changes[k].prop == PROP_LABELS)
				pair_labels(d, &d->changes[k], all);
	}
	return all;
}

char *
alike_line(struct mem *m, const struct alike *a)
{
	struct mem_text t = { .m = m };
	bool plain = true;

	for (const char *p = a->option; *p; p++)
		plain = plain && (is_name_byte(*p) || strchr(".=", *p));
	mem_text_fmt(&t, "%s: --rename %s",
	    a->several ? "may be a rename, one of several" : "looks like a rename",
	    plain ? "" : "'");
	for (const char *p = a->option; *p; p++)
		if (*p == '\'')
			mem_text_fmt(&t, "'\\''");
		else
			mem_text_add(&t, p, 1);
	mem_text_fmt(&t, "%s", plain ? "" : "'");
	return t.text;
}
