/* lint_name.c - names of relations and types, out of the parse tree. */
#include <string.h>

#include "pg/conn.h"
#include "schema/lint_private.h"

static const char *
name_of(const struct value *item)
{
	return value_string(value_at(item, "String.sval"));
}

const char *
lint_last_name(const struct value *names)
{
	return name_of(value_item(names, value_count(names) - 1));
}

/* "public" is where one is without saying so */
static const char *
join(struct mem *m, const char *schema, const char *name)
{
	if (!name)
		return NULL;
	name = pg_quote_name(m, name);
	return schema && strcmp(schema, "public") ?
	    mem_fmt(m, "%s.%s", pg_quote_name(m, schema), name) :
	    name;
}

const char *
lint_sub(struct mem *m, const char *table, const char *name)
{
	return name ? mem_fmt(m, "%s.%s", table, pg_quote_name(m, name)) : table;
}

const char *
lint_relation(struct mem *m, const struct value *v)
{
	return join(m, value_get_string(v, "schemaname"), value_get_string(v, "relname"));
}

const char *
lint_names(struct mem *m, const struct value *names, size_t count)
{
	return count ? join(m, count > 1 ? name_of(value_item(names, count - 2)) : NULL,
			   name_of(value_item(names, count - 1))) :
		       NULL;
}

static const struct { const char *internal, *sql;
} types[] = {
	{ "bool", "boolean" },
	{ "int2", "smallint" },
	{ "int4", "integer" },
	{ "int", "integer" },
	{ "int8", "bigint" },
	{ "float4", "real" },
	{ "float8", "double precision" },
	{ "varchar", "character varying" },
	{ "bpchar", "character" },
	{ "decimal", "numeric" },
	{ "timestamp", "timestamp without time zone" },
	{ "timestamptz", "timestamp with time zone" },
	{ "time", "time without time zone" },
	{ "timetz", "time with time zone" },
	{ "varbit", "bit varying" },
};

const char *
lint_type(struct mem *m, const struct value *type)
{
	const struct value *names = value_get(type, "names"), *mods = value_get(type, "typmods");
	const char *name = lint_last_name(names),
		   *schema = value_count(names) > 1 ? name_of(value_item(names, 0)) : NULL, *space;
	struct mem_text t = { .m = m };

	if (!name)
		return "";
	for (size_t i = 0;
	     (!schema || !strcmp(schema, "pg_catalog")) && i < sizeof types / sizeof *types; i++)
		if (!strcmp(types[i].internal, name))
			name = types[i].sql;
	if (schema && strcmp(schema, "pg_catalog"))
		mem_text_fmt(&t, "%s.", schema);
	/* timestamp(3) without time zone: the number stands behind the first word */
	space = value_count(mods) && !strncmp(name, "time", 4) ? strchr(name, ' ') : NULL;
	mem_text_fmt(&t, "%.*s", space ? (int)(space - name) : (int)strlen(name), name);
	for (size_t i = 0; i < value_count(mods); i++)
		mem_text_fmt(&t, "%s%lld", i ? "," : "(",
		    (long long)value_int(value_at(value_item(mods, i), "A_Const.ival.ival"), 0));
	mem_text_fmt(&t, "%s%s%s", value_count(mods) ? ")" : "", space ? space : "",
	    value_count(value_get(type, "arrayBounds")) ? "[]" : "");
	return t.text;
}

const struct model_object *
lint_before(const struct lint_walk *w, enum model_kind kind, const char *table, const char *sub)
{
	MEM_SCOPE(m);

	if (!w->options->before || !table)
		return NULL;
	table = lint_first_name(w->known, table);
	if (!strchr(table, '.'))
		table = mem_fmt(m, "public.%s", table);
	return model_find(w->options->before, kind, lint_sub(m, table, sub));
}
