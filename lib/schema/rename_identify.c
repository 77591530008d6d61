/* rename_identify.c - what the server gave one number and has two names was renamed. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "schema/rename.h"

static int
by_number(const void *a, const void *b)
{
	const struct model_object *x = *(const struct model_object *const *)a,
				  *y = *(const struct model_object *const *)b;
	int c = (int)x->kind - (int)y->kind;

	c = c ? c : (x->oid > y->oid) - (x->oid < y->oid);
	return c ? c : x->sub - y->sub;
}

/* All that can have another name, in the order of numbers. */
static const struct model_object **
numbered(struct mem *m, const struct model *mo, size_t *count)
{
	const struct model_object **list = mem_zero(m, mo->count + 1, sizeof *list);

	*count = 0;
	for (size_t i = 0; i < mo->count; i++)
		if (rename_can(mo->objects[i]->kind))
			list[(*count)++] = mo->objects[i];
	if (*count)
		qsort(list, *count, sizeof *list, by_number);
	return list;
}

static bool
is_named(const struct renames *r, const struct model_object *o)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].object == o)
			return true;
	return false;
}

static void
identify(struct mem *m, const struct model_object *a, const struct model_object *b,
    struct renames *r)
{
	struct rename *it;
	bool moved = !a->table && a->schema &&
	    strcmp(rename_schema_after(r, a->schema), b->schema);

	/* what a parent's is called its heirs' are */
	if ((!moved && !strcmp(a->name, b->name)) || model_get(a, PROP_INHERITED) || is_named(r, a))
		return;
	it = rename_add(m, r, a, NULL, b->name);
	it->to = b;
	it->schema = moved ? b->schema : NULL;
}

/* Labels have numbers of their own, which no model holds. */
static struct pg_rows *
labels(struct source_set *s, const struct source *of, struct err *e)
{
	struct pg *pg = source_connect(s, s->m, of->scratch_database, e);
	struct pg_rows *r = !pg ?
	    NULL :
	    pg_query(s->m, pg, e,
		"SELECT oid, enumtypid, enumlabel FROM pg_catalog.pg_enum ORDER BY oid", 0, NULL);

	pg_close(pg);
	return r;
}

static const struct model_object *
enum_of(const struct model *mo, int64_t oid)
{
	size_t first, n = model_of_kind(mo, MODEL_ENUM, &first);

	for (size_t i = first; i < first + n; i++)
		if (mo->objects[i]->oid == oid)
			return mo->objects[i];
	return NULL;
}

static int
identify_labels(struct source_set *s, const struct source *from, const struct source *to,
    struct renames *r, struct err *e)
{
	struct pg_rows *a = labels(s, from, e), *b = a ? labels(s, to, e) : NULL;

	for (int i = 0, k = 0; b && i < pg_rows_count(a) && k < pg_rows_count(b);) {
		int64_t x = pg_rows_int(a, i, 0), y = pg_rows_int(b, k, 0),
			type = pg_rows_int(a, i, 1);
		const char *was = pg_rows_text(a, i, 2), *is = pg_rows_text(b, k, 2);
		const struct model_object *o = x != y || !strcmp(was, is) ?
		    NULL :
		    enum_of(from->model, type),
					  *now = o ? enum_of(to->model, type) : NULL;

		if (now)
			rename_add(s->m, r, o, pg_quote_literal(s->m, was),
			    pg_quote_literal(s->m, is))
			    ->to = now;
		i += x <= y;
		k += y <= x;
	}
	return b ? 0 : -1;
}

int
rename_identify(struct source_set *s, const struct source *from, const struct source *to,
    struct renames *r, struct err *e)
{
	MEM_SCOPE(m);
	size_t n, k;
	const struct model_object **a = numbered(m, from->model, &n),
				  **b = numbered(m, to->model, &k);

	for (size_t i = 0, j = 0; i < n && j < k;) {
		int c = by_number(&a[i], &b[j]);

		if (!c)
			identify(s->m, a[i], b[j], r);
		i += c <= 0;
		j += c >= 0;
	}
	if (identify_labels(s, from, to, r, e))
		return -1;
	rename_write(s->m, from->model, r);
	return 0;
}
