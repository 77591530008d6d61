/* ddl_column.c - ALTER TABLE … ALTER COLUMN. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"

#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define DIFFERS(p) plan_differs(from, to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

/* What a domain of MO is made of in the end; of all others the type itself. */
static const char *
base_type(const struct model *mo, const char *type)
{
	const struct model_object *domain;

	while ((domain = model_find(mo, MODEL_DOMAIN, type)))
		type = model_get(domain, PROP_TYPE);
	return type;
}

static bool
is_multirange(struct mem *m, const struct model *mo, const char *type)
{
	/* they stand before the tables, which may be many */
	size_t first, n = model_of_kind(mo, MODEL_RANGE, &first);

	for (size_t i = first; i < first + n; i++) {
		const char *many = ddl_multirange(m, mo->objects[i]);

		if (many && !strcmp(many, type))
			return true;
	}
	return false;
}

/* What an array holds; of all others the type itself. */
static const char *
element(struct mem *m, const char *type)
{
	size_t n = strlen(type);

	return n > 2 && !strcmp(type + n - 2, "[]") ? mem_dup(m, type, n - 2) : type;
}

/* A type of the model's own, or an array of one: only text leads from one to another. */
static bool
is_ours(struct mem *m, const struct model *mo, const char *type)
{
	static const enum model_kind kinds[] = { MODEL_ENUM, MODEL_COMPOSITE, MODEL_RANGE };
	const char *id = base_type(mo, element(m, base_type(mo, type)));

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (model_find(mo, kinds[i], id))
			return true;
	return is_multirange(m, mo, id);
}

/* Groups of the server's own types that have casts among each other, or from the first list to the
 * second one: all others go by text, which has casts to and from all. */
static const struct { const char *from, *to; } casts[] = {
	{ "|smallint|integer|bigint|numeric|real|double precision|", NULL },
	{ "|integer|boolean|", NULL },
	{ "|integer|bigint|bit|", NULL },
	{ "|json|jsonb|", NULL },
	{ "|date|timestamp without time zone|timestamp with time zone|", NULL },
	{ "|timestamp without time zone|timestamp with time zone|", "|time without time zone|" },
	{ "|timestamp with time zone|", "|time with time zone|" },
	{ "|time without time zone|time with time zone|", NULL },
	{ "|time without time zone|interval|", NULL },
	{ "|inet|cidr|", NULL },
	{ "|macaddr|macaddr8|", NULL },
	{ "|bit|bit varying|", NULL },
	{ "|money|numeric|", NULL },
	{ "|integer|bigint|oid|regclass|", NULL },
	{ "|int4range|int4multirange|", NULL },
	{ "|int8range|int8multirange|", NULL },
	{ "|numrange|nummultirange|", NULL },
	{ "|daterange|datemultirange|", NULL },
	{ "|tsrange|tsmultirange|", NULL },
	{ "|tstzrange|tstzmultirange|", NULL },
};
static const char texts[] = "|text|character varying|character|name|";
static const char known[] =
    "|smallint|integer|bigint|numeric|real|double precision|boolean|bit|oid|json|jsonb|date|"
    "timestamp without time zone|timestamp with time zone|time without time zone|"
    "time with time zone|interval|inet|cidr|macaddr|macaddr8|bit varying|money|uuid|"
    "point|polygon|box|circle|path|line|lseg|tsvector|tsquery|bytea|xml|"
    "int4range|int8range|numrange|daterange|tsrange|tstzrange|int4multirange|int8multirange|"
    "nummultirange|datemultirange|tsmultirange|tstzmultirange|pg_lsn|xid8|txid_snapshot|"
    "pg_snapshot|jsonpath|";

static bool
is_among(struct mem *m, const char *list, const char *type)
{
	const char *open = strchr(type, '('), *close = open ? strchr(open, ')') : NULL;
	int n = open ? (int)(open - type) : (int)strlen(type);

	return strstr(list, mem_fmt(m, "|%.*s%s|", n, type, close ? close + 1 : "")) != NULL;
}

/* Are both types (or what their arrays hold) of the server's own, with no cast from one to the
 * other? */
static bool
needs_text(struct plan *p, const char *old, const char *new)
{
	struct mem *m = p->m;

	old = element(m, base_type(p->from, old));
	new = element(m, base_type(p->to, new));
	if (!is_among(m, known, old) || !is_among(m, known, new))
		return false;
	for (size_t i = 0; i < sizeof casts / sizeof *casts; i++)
		if (is_among(m, casts[i].from, old) &&
		    is_among(m, casts[i].to ? casts[i].to : casts[i].from, new))
			return false;
	return strcmp(old, new) != 0;
}

/* Does the server take the value as it is, and refuse one that is too long? A cast that is said
 * would cut it. */
static bool
is_assigned(struct mem *m, const char *old, const char *new)
{
	static const char strings[] = "|text|character varying|character|", bits[] =
	    "|bit|bit varying|";

	return is_among(m, strings, new) || (is_among(m, bits, old) && is_among(m, bits, new));
}

/* Arrays and what is in them: the value becomes the first one of an array, and the other way
 * round. */
static void
alter_column_type(SIDES, const char *what)
{
	const char *type = NEW(TYPE), *old = OLD(TYPE);
	bool array = strchr(type, '[') != NULL, was_array = strchr(old, '[') != NULL;
	bool text = is_ours(p->m, p->to, type) || is_ours(p->m, p->from, old) ||
		    needs_text(p, old, type);
	const char *via = !text ? "" : was_array && array ? "::text[]" : "::text";
	const char *collate = NEW(COLLATION) ? mem_fmt(p->m, " COLLATE %s", NEW(COLLATION)) : "";

	/* what is computed is computed again */
	if (model_get(to->table, PROP_SERVER) || (OLD(GENERATED) && NEW(GENERATED)))
		ddl_say(p->out, to, "%s TYPE %s%s", what, type, collate);
	else if (array == was_array &&
	    is_assigned(p->m, element(p->m, base_type(p->from, old)),
		element(p->m, base_type(p->to, type))))
		ddl_say(p->out, to, "%s TYPE %s%s%s", what, type, collate,
		    text ? mem_fmt(p->m, " USING %s%s", to->name, via) : "");
	else if (array && !was_array && !is_among(p->m, texts, base_type(p->from, old)))
		ddl_say(p->out, to,
		    "%s TYPE %s%s USING CASE WHEN %s IS NOT NULL THEN ARRAY[%s%s]::%s END", what,
		    type, collate, to->name, to->name, via, type);
	else if (was_array && !array && !is_among(p->m, texts, base_type(p->to, type)))
		ddl_say(p->out, to, "%s TYPE %s%s USING %s[1]%s::%s", what, type, collate, to->name,
		    via, type);
	else
		ddl_say(p->out, to, "%s TYPE %s%s USING %s%s::%s", what, type, collate, to->name,
		    via, type);
}

static bool
follows_parent(SIDES, enum model_prop prop)
{
	const char *inherited = NEW(INHERITED),
		   *list = to->table ? model_get(to->table, PROP_INHERITS) : NULL;

	if (to->table && partition_moves(p, to->table))
		return false;
	for (const char *s = inherited && OLD(INHERITED) && list ? list : ""; *s;
	     s += strcspn(s, ","), s += strspn(s, ", ")) {
		const char *id = mem_fmt(p->m, "%.*s.%s", (int)strcspn(s, ","), s, to->name);
		const struct model_object *a = model_find(p->from, MODEL_COLUMN, id),
					  *b = model_find(p->to, MODEL_COLUMN, id);

		if (a && b && plan_same(model_get(b, prop), model_get(to, prop)) &&
		    (plan_differs(a, b, prop) || (prop == PROP_TYPE && p->retyped[a->place])))
			return true;
	}
	return false;
}

/* RETYPED: a new type brings its own storage, and no compression. */
static void
alter_column_extras(SIDES, const char *what, bool retyped)
{
	const char *usual = OLD(WRITTEN) ? OLD(WRITTEN) : "EXTENDED";

	if (retyped ? NEW(STORAGE) != NULL : DIFFERS(STORAGE))
		ddl_say(p->out, to, "%s SET STORAGE %s", what, NEW(STORAGE) ? NEW(STORAGE) : usual);
	if (retyped ? NEW(COMPRESSION) != NULL : DIFFERS(COMPRESSION))
		ddl_say(p->out, to, "%s SET COMPRESSION %s", what,
		    NEW(COMPRESSION) ? NEW(COMPRESSION) : "default");
	if (DIFFERS(STATISTICS))
		ddl_say(p->out, to, "%s SET STATISTICS %s", what,
		    NEW(STATISTICS) ? NEW(STATISTICS) : "-1");
	if (DIFFERS(OPTIONS))
		ddl_alter_options(p, from, to, PROP_OPTIONS, what, "");
	if (DIFFERS(ATTRIBUTES))
		ddl_say(p->out, to, "%s OPTIONS (%s)", what,
		    ddl_foreign_options(p->m, OLD(ATTRIBUTES), NEW(ATTRIBUTES)));
}

/* Each column of an heir has a default of its own to keep, or to get. */
static void
say_default(struct plan *p, const struct model_object *o, const char *value)
{
	bool heirs = model_has_heirs(p->from, o->table) || model_has_heirs(p->to, o->table);

	ddl_say(p->out, o, "ALTER %s %s%s ALTER COLUMN %s %s%s", ddl_sql_kind(o->table),
	    heirs ? "ONLY " : "", o->table->id, o->name,
	    value ? "SET DEFAULT " : "DROP DEFAULT", value ? value : "");
}

void
ddl_alter_column(SIDES)
{
	const char *what = mem_fmt(
	    p->m, "ALTER %s %s ALTER COLUMN %s", ddl_sql_kind(to->table), to->table->id, to->name);
	bool there = p->past[to->place] && !plan_is_made(p, to),
	     retyped = there && p->retyped[from->place];
	bool default_gone = there && p->released[from->place];

	if (there)
		ddl_leave_identity(p, from, to, what);
	if (retyped && !follows_parent(p, from, to, PROP_TYPE))
		alter_column_type(p, from, to, what);
	ddl_alter_not_null(p, from, to);
	if ((default_gone || DIFFERS(DEFAULT)) && NEW(DEFAULT))
		say_default(p, to, NEW(DEFAULT));
	else if (DIFFERS(DEFAULT) && !default_gone)
		say_default(p, to, NULL);
	if (DIFFERS(IDENTITY) && NEW(IDENTITY))
		ddl_alter_identity(p, from, to, what);
	alter_column_extras(p, from, to, what, retyped);
}

void
ddl_reset_column(struct plan *p, const struct model_object *o)
{
	struct model_object bare = *o;

	bare.value_count = 0;
	alter_column_extras(p, o, &bare,
	    mem_fmt(p->m, "ALTER %s %s ALTER COLUMN %s", ddl_sql_kind(o->table), o->table->id,
		o->name),
	    false);
	ddl_grant(p, o, &bare);
}

/* Before what the default or the generated value needs goes away, or what the sequence hangs on. */
void
ddl_release(struct plan *p, const struct model_object *o)
{
	const struct model_object *to = p->peer[o->place];

	if (o->kind == MODEL_SEQUENCE)
		ddl_say(p->out, o, "ALTER SEQUENCE %s OWNED BY NONE", o->id);
	else if (model_get(o, PROP_IDENTITY) && ddl_left_identity(p, o, to))
		ddl_put_aside(p, ddl_left_identity(p, o, to));
	else if (model_get(o, PROP_IDENTITY) && !model_get(to, PROP_IDENTITY))
		ddl_say(p->out, o, "ALTER TABLE %s ALTER COLUMN %s DROP IDENTITY", o->table->id,
		    o->name);
	else if (o->kind == MODEL_COLUMN && model_get(o, PROP_GENERATED))
		ddl_say(p->out, o, "ALTER TABLE %s ALTER COLUMN %s DROP EXPRESSION", o->table->id,
		    o->name);
	else if (p->released[o->place] && o->table && o->table->kind == MODEL_TABLE &&
		 model_get(o, PROP_DEFAULT))
		say_default(p, o, NULL);
	else if (o->kind == MODEL_DOMAIN)
		ddl_say(p->out, o, "ALTER DOMAIN %s DROP DEFAULT", o->id);
}
