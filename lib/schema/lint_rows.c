/* lint_rows.c - statements that write, delete or call: what the catalogs never show. */
#include <string.h>

#include "pg/conn.h"
#include "schema/lint_private.h"

/* Writing takes its time: the locks that the transaction holds last as long. */
static void
under_lock(struct lint_walk *w, const char *table)
{
	if (lint_in_transaction(w) && lint_knows(w->known, "locked"))
		lint_say_old(w, "work-under-lock", table, NULL);
}

static void
with(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_at(node, "withClause.ctes");

	for (size_t i = 0; i < value_count(list); i++)
		lint_look(w, value_at(value_item(list, i), "CommonTableExpr.ctequery"));
}

/* Do the targets of an UPDATE write columns that were there before? Only asked where that is
 * known. */
static void
old_values(struct lint_walk *w, const char *table, const struct value *targets)
{
	for (size_t i = 0; i < value_count(targets); i++) {
		const char *name = value_get_string(value_get(value_item(targets, i), "ResTarget"),
		    "name");
		const char *bare = name ? pg_quote_name(w->m, name) : NULL;

		if (bare && lint_before(w, MODEL_COLUMN, table, name) &&
		    !lint_knows(w->known, "made-column %s.%s", table, bare))
			lint_say_old(w, "rows-changed", table, NULL);
	}
}

void
lint_delete(struct lint_walk *w, const struct value *node)
{
	const char *table = lint_relation(w->m, value_get(node, "relation"));

	with(w, node);
	lint_say_old(w, "delete-rows", table, NULL);
	under_lock(w, table);
}

static bool
names_column(const struct value *v, void *arg)
{
	(void)arg;
	return value_get(v, "ColumnRef") || value_get(v, "CurrentOfExpr");
}

void
lint_update(struct lint_walk *w, const struct value *node)
{
	const char *table = lint_relation(w->m, value_get(node, "relation"));
	const struct value *where = value_get(node, "whereClause");

	with(w, node);
	/* without a column it is true of all rows, or of none */
	if (!value_any(where, names_column, NULL))
		lint_say_old(w, "update-all", table, NULL);
	old_values(w, table, value_get(node, "targetList"));
	under_lock(w, table);
}

void
lint_merge(struct lint_walk *w, const struct value *node)
{
	const char *table = lint_relation(w->m, value_get(node, "relation"));
	const struct value *list = value_get(node, "mergeWhenClauses");

	with(w, node);
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *clause = value_get(value_item(list, i), "MergeWhenClause");
		const char *command = value_get_string(clause, "commandType");

		if (lint_is(command, "CMD_DELETE"))
			lint_say_old(w, "delete-rows", table, NULL);
		if (lint_is(command, "CMD_UPDATE"))
			old_values(w, table, value_get(clause, "targetList"));
	}
	under_lock(w, table);
}

void
lint_insert(struct lint_walk *w, const struct value *node)
{
	const struct value *select = value_at(node, "selectStmt.SelectStmt");

	with(w, node);
	lint_select(w, select);
	old_values(w, lint_relation(w->m, value_get(node, "relation")),
	    value_at(node, "onConflictClause.targetList"));
}

void
lint_truncate(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "relations");

	for (size_t i = 0; i < value_count(list); i++)
		lint_say_old(w, "truncate",
		    lint_relation(w->m, value_get(value_item(list, i), "RangeVar")), NULL);
	if (lint_is(value_get_string(node, "behavior"), "DROP_CASCADE"))
		lint_say(w, "truncate-cascade", NULL, NULL);
}

/* What a SELECT without a table calls: of the server's own, what is known to change nothing. */
static bool
is_harmless(const struct value *names)
{
	static const char *const known[] = { "set_config", "setval", "nextval", "currval",
		"lastval", "current_setting", "now", "version", "coalesce", "clock_timestamp",
		"count", "max", "min", "sum", "format", "to_regclass", "exists", "concat", "length",
		"lower" };
	static const char *const calls[] = { "pg_terminate_backend", "pg_cancel_backend",
		"pg_drop_replication_slot", "pg_reload_conf" };
	const char *name = lint_last_name(names),
		   *schema = value_string(value_at(value_item(names, 0), "String.sval"));

	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (lint_is(name, calls[i]))
			return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (lint_is(name, known[i]))
			return true;
	return (name && !strncmp(name, "pg_", 3)) ||
	    (value_count(names) > 1 && lint_is(schema, "pg_catalog"));
}

/* Reading takes its time, too; the catalogs are read soon. */
static void
read_under_lock(struct lint_walk *w, const struct value *from)
{
	for (size_t i = 0; i < value_count(from); i++) {
		const char *table = lint_relation(w->m, value_get(value_item(from, i), "RangeVar"));

		if (table && strncmp(table, "pg_", 3) && strncmp(table, "information_schema.", 19))
			under_lock(w, table);
	}
}

void
lint_select(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "targetList");

	with(w, node);
	for (size_t i = 0; !value_count(value_get(node, "fromClause")) && i < value_count(list);
	     i++) {
		const struct value *call = value_at(value_item(list, i), "ResTarget.val.FuncCall"),
				   *names = value_get(call, "funcname");

		lint_setval(w, call);
		if (value_count(names) && !is_harmless(names))
			lint_say(w, "dynamic-sql", NULL,
			    lint_names(w->m, names, value_count(names)));
	}
	read_under_lock(w, value_get(node, "fromClause"));
	if (value_at(node, "intoClause.rel"))
		lint_learn(w->known, false, "made %s",
		    lint_relation(w->m, value_at(node, "intoClause.rel")));
}

void
lint_call(struct lint_walk *w, const struct value *node)
{
	const struct value *names = value_at(node, "funccall.funcname");

	lint_say(w, "dynamic-sql", NULL, lint_names(w->m, names, value_count(names)));
}
