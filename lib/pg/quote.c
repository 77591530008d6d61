/* quote.c - names and literals for SQL that is built. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"

/* Sorted: every keyword of PostgreSQL 9.6 to 18 that cannot stand anywhere as a name.
 * pg_get_keywords() lists them. */
static const char *const keywords[] = {
	"all", "analyse", "analyze", "and", "any", "array", "as", "asc", "asymmetric",
	"authorization", "between", "bigint", "binary", "bit", "boolean", "both", "case", "cast",
	"char", "character", "check", "coalesce", "collate", "collation", "column", "concurrently",
	"constraint", "create", "cross", "current_catalog", "current_date", "current_role",
	"current_schema", "current_time", "current_timestamp", "current_user", "dec", "decimal",
	"default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "exists",
	"extract", "false", "fetch", "float", "for", "foreign", "freeze", "from", "full", "grant",
	"greatest", "group", "grouping", "having", "ilike", "in", "initially", "inner", "inout",
	"int", "integer", "intersect", "interval", "into", "is", "isnull", "join", "json_array",
	"json_arrayagg", "json_exists", "json_object", "json_objectagg", "json_query",
	"json_scalar", "json_serialize", "json_table", "json_value", "lateral", "leading", "least",
	"left", "like", "limit", "localtime", "localtimestamp", "merge_action", "national",
	"natural", "nchar", "none", "normalize", "not", "notnull", "null", "nullif", "numeric",
	"offset", "on", "only", "or", "order", "out", "outer", "overlaps", "overlay", "placing",
	"position", "precision", "primary", "real", "references", "returning", "right", "row",
	"select", "session_user", "setof", "similar", "smallint", "some", "substring", "symmetric",
	"system_user", "table", "tablesample", "then", "time", "timestamp", "to", "trailing",
	"treat", "trim", "true", "union", "unique", "user", "using", "values", "varchar",
	"variadic", "verbose", "when", "where", "window", "with", "xmlattributes", "xmlconcat",
	"xmlelement", "xmlexists", "xmlforest", "xmlnamespaces", "xmlparse", "xmlpi", "xmlroot",
	"xmlserialize", "xmltable",
};

static int
by_word(const void *a, const void *b)
{
	return strcmp(a, *(const char *const *)b);
}

static bool
is_plain(const char *s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz_", digits[] = "0123456789";

	if (!*s || !strchr(letters, *s))
		return false;
	for (const char *p = s; *p; p++)
		if (!strchr(letters, *p) && !strchr(digits, *p))
			return false;
	return !bsearch(s, keywords, sizeof keywords / sizeof *keywords, sizeof *keywords, by_word);
}

/* S between QUOTEs, each QUOTE and, where BACKSLASHES, each \ in it doubled. */
static char *
quote(struct mem *m, const char *before, const char *s, char mark, bool backslashes)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, before, strlen(before));
	mem_text_add(&t, &mark, 1);
	for (; *s; s++) {
		mem_text_add(&t, s, 1);
		if (*s == mark || (backslashes && *s == '\\'))
			mem_text_add(&t, s, 1);
	}
	mem_text_add(&t, &mark, 1);
	return t.text;
}

char *
pg_quote_name(struct mem *m, const char *s)
{
	return is_plain(s) ? mem_string(m, s) : pg_quote_exactly(m, s);
}

char *
pg_quote_exactly(struct mem *m, const char *s)
{
	return quote(m, "", s, '"', false);
}

char *
pg_quote_literal(struct mem *m, const char *s)
{
	/* E'' reads the same whatever standard_conforming_strings says */
	bool backslash = strchr(s, '\\');

	return quote(m, backslash ? "E" : "", s, '\'', backslash);
}

char *
pg_expand(struct mem *m, const char *sql, const char *name)
{
	struct mem_text t = { .m = m };

	for (const char *at; (at = strchr(sql, '%')); sql = at + 2) {
		mem_text_add(&t, sql, (size_t)(at - sql));
		if (at[1] == 's')
			mem_text_add(&t, name, strlen(name));
		else
			mem_text_add(&t, "%", 1);
	}
	mem_text_add(&t, sql, strlen(sql));
	return t.text;
}
