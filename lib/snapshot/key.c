/* key.c - a constraint and its index. */
#include <stdbool.h>
#include <string.h>

#include "pg/sql.h"
#include "snapshot/key.h"

/* What the tree of a plain one has, and nothing else. */
static bool
is_plain(const struct value *constraint)
{
	static const char *const known[] = { "contype", "conname", "location", "keys",
		"initially_valid", "fk_matchtype", "fk_upd_action", "fk_del_action",
		"generated_when" };

	for (void *at = value_first(constraint); at; at = value_next(constraint, at)) {
		size_t i = 0, n = sizeof known / sizeof *known;

		while (i < n && strcmp(known[i], value_key(at)))
			i++;
		if (i == n)
			return false;
	}
	return true;
}

/* The constraint that the statement adds; its table. NULL: it does something else. */
static const struct value *
find(const struct value *tree, const struct value **table)
{
	const struct value *alter = value_get(tree, "AlterTableStmt"),
			   *list = value_get(alter, "cmds");
	const struct value *command = value_get(value_item(list, 0), "AlterTableCmd");
	const char *kind = value_get_string(command, "subtype");

	*table = value_get(alter, "relation");
	return value_count(list) == 1 && kind && !strcmp(kind, "AT_AddConstraint") ?
	    value_at(command, "def.Constraint") : NULL;
}

static char *
columns(struct mem *m, const struct value *keys)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < value_count(keys); i++) {
		const char *name = value_string(value_at(value_item(keys, i), "String.sval"));

		if (!name)
			return NULL;
		mem_text_fmt(&t, "%s%s", i ? ", " : "", pg_quote_name(m, name));
	}
	return t.text;
}

bool
key_split(struct mem *m, const struct toc_entry *t, struct toc_entry *index,
    struct toc_entry *constraint)
{
	MEM_SCOPE(scope);
	struct sql_script script;
	const struct value *tree, *table, *c;
	const char *kind, *schema, *name, *list;
	struct err ignored;

	if (sql_split(scope, t->sql, strlen(t->sql), &script, &ignored) || !script.count ||
	    !(tree = sql_tree(scope, t->sql + script.item[0].start, script.item[0].len, NULL,
		  &ignored)) ||
	    !(c = find(tree, &table)) || !is_plain(c))
		return false;
	kind = value_get_string(c, "contype");
	kind = !kind                        ? NULL :
	    !strcmp(kind, "CONSTR_PRIMARY") ? "PRIMARY KEY" :
	    !strcmp(kind, "CONSTR_UNIQUE")  ? "UNIQUE" :
					      NULL;
	schema = value_get_string(table, "schemaname");
	if (!kind || !schema || !value_get_string(c, "conname") ||
	    !(list = columns(scope, value_get(c, "keys"))))
		return false;
	schema = mem_fmt(scope, "%s.%s", pg_quote_name(scope, schema),
	    pg_quote_name(scope, value_get_string(table, "relname")));
	name = pg_quote_name(scope, value_get_string(c, "conname"));
	*index = *constraint = *t;
	index->sql = mem_fmt(m, "CREATE UNIQUE INDEX %s ON %s USING btree (%s);\n", name, schema,
	    list);
	index->count = 1;
	constraint->sql = mem_fmt(m, "ALTER TABLE ONLY %s ADD CONSTRAINT %s %s USING INDEX %s;\n%s",
	    schema, name, kind, name, t->sql + script.item[0].end);
	return true;
}
