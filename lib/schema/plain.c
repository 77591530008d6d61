/* plain.c - puts definitions together. */
#include <stdlib.h>
#include <string.h>

#include "schema/plain.h"

/* An operator class that the server does not name, as the default of its type. */
struct plain_class {
	uint32_t oid, collation; /* collation: the type's own */
	const char *type;
};

/* A varchar is a text to btree, unless somebody made a default class for it: then nothing is
 * plain. */
int
plain_begin(struct plain *p, struct pg *pg, struct err *e)
{
	struct pg_rows *rows = pg_query(p->m, pg, e,
	    "SELECT c.oid, t.typcollation, format_type(t.oid, NULL) FROM pg_catalog.pg_opclass c"
	    " JOIN pg_catalog.pg_type t ON t.oid = c.opcintype WHERE c.opcmethod = 403"
	    " AND c.opcdefault AND c.oid < 16384 AND NOT EXISTS (SELECT FROM pg_catalog.pg_opclass"
	    " v WHERE v.opcmethod = 403 AND v.opcdefault AND v.opcintype = 1043)",
	    0, NULL);

	if (!rows)
		return err_in(e, "reading the default operator classes");
	p->class_count = pg_rows_count(rows);
	p->classes = mem_zero(p->m, (size_t)p->class_count + 1, sizeof *p->classes);
	for (int i = 0; i < p->class_count; i++)
		p->classes[i] = (struct plain_class){ (uint32_t)pg_rows_int(rows, i, 0),
			(uint32_t)pg_rows_int(rows, i, 1), pg_rows_text(rows, i, 2) };
	return 0;
}

/* Is TYPE the type NAME, with or without a length ("numeric(10,2)", "timestamp(3) with time
 * zone")? */
static bool
is_type(const char *type, const char *name)
{
	const char *open = strchr(type, '('), *close = open ? strchr(open, ')') : NULL;
	size_t n = open ? (size_t)(open - type) : 0;

	if (!close)
		return !strcmp(type, name);
	return !strncmp(type, name, n) && !strcmp(close + 1, name + n);
}

/* Do operator class and collation of an index on COLUMN go without saying? */
static bool
goes_without(const struct plain *p, const struct model_object *column, uint32_t class,
    uint32_t collation)
{
	const char *type = model_get(column, PROP_TYPE);
	int i = 0;

	while (i < p->class_count && p->classes[i].oid != class)
		i++;
	if (i == p->class_count || !type || model_get(column, PROP_COLLATION))
		return false;
	if (is_type(type, "character varying"))
		type = "text";
	return is_type(type, p->classes[i].type) &&
	    (!collation || collation == p->classes[i].collation);
}

/* The next number of a list; 0: there is none. */
static uint32_t
next(const char **list)
{
	char *end;
	unsigned long n;

	*list += strspn(*list, " {,}");
	n = strtoul(*list, &end, 10);
	*list = end;
	return (uint32_t)n;
}

static void
add(struct mem_text *out, const char *text)
{
	mem_text_add(out, text, strlen(text));
}

/* "(a, b)"; false: one of them has to be told more of. */
static bool
add_columns(const struct plain *p, struct mem_text *out, const struct model_object *table,
    const char *keys, const char *classes, const char *collations)
{
	const char *before = "(";

	for (uint32_t n; (n = next(&keys)); before = ", ") {
		const struct model_object *c = address_find(p->book, "pg_class", table->oid,
		    (int)n);

		if (!c ||
		    (classes && !goes_without(p, c, next(&classes), next(&collations))))
			return false;
		add(out, before);
		add(out, c->name);
	}
	add(out, ")");
	return *before == ',' && !*keys;
}

const char *
plain_definition(const struct plain *p, const struct model_object *o,
    const struct model_object *table, const struct plain_facts *f)
{
	MEM_SCOPE(m);
	struct mem_text out = { .m = m };

	if (!f->begins)
		return NULL;
	add(&out, f->begins);
	if (f->classes) {
		add(&out, " ");
		add(&out, o->name);
		add(&out, " ON ");
		add(&out, table->id);
		add(&out, " USING btree");
	}
	add(&out, " ");
	if (!add_columns(p, &out, table, f->keys, f->classes, f->collations))
		return NULL;
	if (f->other) {
		add(&out, " REFERENCES ");
		add(&out, f->other->id);
		if (!add_columns(p, &out, f->other, f->other_keys, NULL, NULL))
			return NULL;
	}
	add(&out, f->ends ? f->ends : "");
	return mem_dup(p->m, out.text, out.len);
}
