/* ddl_type.c - types: made, put aside under another name while columns move to the new one. */
#include <string.h>

#include "schema/ddl_plan.h"

#define GET(p) model_get(o, PROP_##p)

void
ddl_make_type(struct plan *p, const struct model_object *o)
{
	struct mem_text t = { .m = p->m };

	if (o->kind == MODEL_ENUM) {
		ddl_say(p->out, o, "CREATE TYPE %s AS ENUM (%s)", o->id, or_empty(GET(LABELS)));
		return;
	}
	if (o->kind == MODEL_DOMAIN) {
		ddl_say(p->out, o, "CREATE DOMAIN %s AS %s%s%s%s%s%s%s%s", o->id, GET(TYPE),
		    after(GET(COLLATION), " COLLATE "), or_empty(GET(COLLATION)),
		    after(GET(DEFAULT), " DEFAULT "), or_empty(GET(DEFAULT)),
		    after(GET(NOT_NULL_NAME), " CONSTRAINT "), or_empty(GET(NOT_NULL_NAME)),
		    after(GET(NOT_NULL), " NOT NULL"));
		return;
	}
	for (const char *a = or_empty(GET(ATTRIBUTES)); *a; a = model_next_line(a))
		mem_text_fmt(&t, "%s%.*s", t.len ? ", " : "", (int)strcspn(a, "\n"), a);
	ddl_say(p->out, o, "CREATE TYPE %s AS (%s)", o->id, or_empty(t.text));
}

/* NAME as it is while it stands aside. */
static char *
aside(struct mem *m, const char *name)
{
	static const char behind[] = " handrail old";
	size_t quoted = name[0] == '"', n = strlen(name) - 2 * quoted;

	/* the server cuts names after 63 bytes: never within a character, nor one of two quotes */
	for (name += quoted; n > 63 - strlen(behind);)
		while (n-- && (((unsigned char)name[n] & 0xc0) == 0x80 || name[n] == '"'))
			;
	return mem_fmt(m, "\"%.*s%s\"", (int)n, name, behind);
}

/* What the definition of a range says of KEY ("subtype"), or NULL. */
static char *
range_part(struct mem *m, const struct model_object *o, const char *key)
{
	const char *found = strstr(GET(DEFINITION), mem_fmt(m, "%s = ", key)), *end;

	if (!found)
		return NULL;
	found += strlen(key) + strlen(" = ");
	for (end = found; *end != ',' && *end != ')'; end++)
		if (*end == '"')
			end = strchr(end + 1, '"');
	return mem_dup(m, found, (size_t)(end - found));
}

char *
ddl_multirange(struct mem *m, const struct model_object *range)
{
	return range_part(m, range, "multirange_type_name");
}

/* NAME without its schema. */
static const char *
bare(const char *name)
{
	const char *last = name;
	bool quoted = false;

	for (; *name; name++)
		if (*name == '"')
			quoted = !quoted;
		else if (*name == '.' && !quoted)
			last = name + 1;
	return last;
}

/* The multirange, and what makes values, do not get another name with their range. */
static void
put_range_aside(struct plan *p, const struct model_object *o)
{
	const char *subtype = range_part(p->m, o, "subtype"), *many = ddl_multirange(p->m, o);

	for (int i = 0; i < 2; i++)
		ddl_say(p->out, o, "ALTER FUNCTION %s(%s, %s%s) RENAME TO %s", o->id, subtype,
		    subtype, i ? ", text" : "", aside(p->m, o->name));
	if (!many)
		return;
	ddl_say(p->out, o, "ALTER TYPE %s RENAME TO %s", many, aside(p->m, bare(many)));
	ddl_say(p->out, o, "ALTER FUNCTION %s() RENAME TO %s", many, aside(p->m, bare(many)));
}

void
ddl_put_aside(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "ALTER %s RENAME TO %s", ddl_name(p->m, o), aside(p->m, o->name));
	if (o->kind == MODEL_RANGE)
		put_range_aside(p, o);
}

const char *
ddl_type_cascade(const struct plan *p, const struct model_object *o)
{
	bool circle = o->kind == MODEL_BASE_TYPE ||
	    (o->kind == MODEL_RANGE && model_find(p->from, MODEL_SHELL_TYPE, o->id));

	return circle ? " CASCADE" : "";
}

char *
ddl_aside(struct mem *m, const struct model_object *o)
{
	return mem_fmt(m, "%s.%s", o->schema, aside(m, o->name));
}

void
ddl_drop_aside(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "DROP %s %s%s", ddl_sql_kind(o), ddl_aside(p->m, o),
	    ddl_type_cascade(p, o));
}
