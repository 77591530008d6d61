/* lint_look.c - the hazards of one parse tree. */
#include <string.h>

#include "pg/conn.h"
#include "schema/lint_private.h"

static const struct value *
inside(const struct value *v, const char *kind)
{
	return value_get(v, kind);
}

static const char *
table_of(struct lint_walk *w, const struct value *node)
{
	return lint_relation(w->m, value_get(node, "relation"));
}

/* Is a column of the unique index NULL in all rows of old code? */
static bool
of_empty_column(struct lint_walk *w, const struct value *node, const char *table)
{
	const struct value *list = value_get(node, "indexParams");
	size_t n = value_bool(value_get(node, "nulls_not_distinct")) ? 0 : value_count(list);

	for (size_t i = 0; i < n; i++) {
		const struct value *elem = value_get(value_item(list, i), "IndexElem");
		const char *name = value_get_string(elem, "name");

		if (name && lint_knows(w->known, "empty-column %s", lint_sub(w->m, table, name)))
			return true;
	}
	return false;
}

static void
create_index(struct lint_walk *w, const struct value *node)
{
	const char *table = table_of(w, node), *name = value_get_string(node, "idxname");
	bool concurrent = value_bool(value_get(node, "concurrent"));

	lint_learn(w->known, false, "indexed %s",
	    lint_sub(w->m, table,
		value_get_string(value_get(value_item(value_get(node, "indexParams"), 0),
				     "IndexElem"),
		    "name")));
	if (name && lint_is_new(w, table))
		lint_learn(w->known, false, "made-index %s", pg_quote_name(w->m, name));
	/* ON ONLY of a partitioned table builds nothing */
	if (!concurrent && value_bool(value_at(node, "relation.inh")))
		lint_say_old(w, "create-index", table, NULL);
	if (value_bool(value_get(node, "unique"))) {
		if (!of_empty_column(w, node, table))
			lint_say_old(w, "stricter-unique-index", table, NULL);
	} else if (value_count(value_get(node, "indexParams")) > 3)
		lint_say(w, "wide-index", table, name);
	if (!value_bool(value_get(node, "if_not_exists")) &&
	    (concurrent || !lint_in_transaction(w)))
		lint_say(w, "not-repeatable", table, name);
}

static const struct {
	const char *type, *hazards[3];
} drops[] = {
	{ "OBJECT_TABLE", { "drop-table", "gone-table" } },
	{ "OBJECT_FOREIGN_TABLE", { "gone-table" } },
	{ "OBJECT_SCHEMA", { "drop-schema", "gone-schema" } },
	{ "OBJECT_VIEW", { "gone-view" } },
	{ "OBJECT_MATVIEW", { "drop-matview", "gone-matview" } },
	{ "OBJECT_SEQUENCE", { "drop-sequence", "gone-sequence" } },
	{ "OBJECT_TYPE", { "drop-type", "gone-enum" } },
	{ "OBJECT_DOMAIN", { "gone-domain" } },
	{ "OBJECT_FUNCTION", { "gone-function" } },
	{ "OBJECT_PROCEDURE", { "gone-function" } },
	{ "OBJECT_ROUTINE", { "gone-function" } },
	{ "OBJECT_AGGREGATE", { "gone-aggregate" } },
	{ "OBJECT_TRIGGER", { "gone-trigger" } },
	{ "OBJECT_RULE", { "gone-rule" } },
	{ "OBJECT_POLICY", { "policy-dropped" } },
	{ "OBJECT_EXTENSION", { "drop-extension", "gone-extension" } },
	{ "OBJECT_OPERATOR", { "gone-operator" } },
	{ "OBJECT_CAST", { "gone-cast" } },
	{ "OBJECT_COLLATION", { "gone-collation" } },
	{ "OBJECT_TSCONFIGURATION", { "gone-text-search" } },
	{ "OBJECT_FDW", { "gone-server" } },
	{ "OBJECT_FOREIGN_SERVER", { "gone-server" } },
	{ "OBJECT_PUBLICATION", { "gone-publication" } },
};

/* Triggers, rules and policies are named behind their table. */
static bool
is_of_table(const char *type)
{
	return lint_is(type, "OBJECT_TRIGGER") || lint_is(type, "OBJECT_RULE") ||
	    lint_is(type, "OBJECT_POLICY");
}

static bool
is_relation(const char *type)
{
	return lint_is(type, "OBJECT_TABLE") || lint_is(type, "OBJECT_VIEW") ||
	    lint_is(type, "OBJECT_MATVIEW") || lint_is(type, "OBJECT_SEQUENCE") ||
	    lint_is(type, "OBJECT_FOREIGN_TABLE");
}

/* What DROP and ALTER call things that are no relations. */
static const char *
object_name(struct lint_walk *w, const struct value *object)
{
	static const char *const places[] = { "List.items", "ObjectWithArgs.objname",
		"TypeName.names" };

	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		const struct value *names = value_at(object, places[i]);

		if (value_count(names))
			return lint_names(w->m, names, value_count(names));
	}
	return value_string(value_at(object, "String.sval"));
}

static void
drop_one(struct lint_walk *w, const char *type, const struct value *object, bool concurrent)
{
	const struct value *items = value_at(object, "List.items");
	size_t n = value_count(items);
	const char *name = object_name(w, object), *table = NULL;

	if (n > 1 && is_of_table(type)) {
		table = lint_names(w->m, items, n - 1);
		name = lint_sub(w->m, table, lint_last_name(items));
	}
	else if (n && is_relation(type))
		table = name;
	for (size_t j = 0; j < sizeof drops / sizeof *drops; j++)
		for (size_t k = 0; lint_is(type, drops[j].type) && k < 3 && drops[j].hazards[k];
		     k++)
			lint_say_old(w, drops[j].hazards[k], table, name);
	if (lint_is(type, "OBJECT_INDEX") && !concurrent &&
	    !lint_knows(w->known, "made-index %s", name))
		lint_say(w, "drop-index", NULL, name);
	if (table && lint_is(type, "OBJECT_TABLE"))
		lint_forget(w->known, "made %s", table);
}

static void
drop(struct lint_walk *w, const struct value *node)
{
	const char *type = value_get_string(node, "removeType");
	const struct value *objects = value_get(node, "objects");
	bool there = false;

	for (size_t i = 0; i < value_count(objects); i++)
		there |= !is_relation(type) ||
		    !lint_is_new(w, object_name(w, value_item(objects, i)));
	if (there && lint_is(value_get_string(node, "behavior"), "DROP_CASCADE"))
		lint_say(w, "drop-cascade", NULL, NULL);
	for (size_t i = 0; i < value_count(objects); i++)
		drop_one(w, type, value_item(objects, i),
		    value_bool(value_get(node, "concurrent")));
	if (!value_bool(value_get(node, "missing_ok")) && !lint_in_transaction(w))
		lint_say(w, "not-repeatable", NULL, NULL);
}

/* ON CONFLICT can name a key. */
static void
rename_constraint(struct lint_walk *w, const char *table, const char *name)
{
	const struct model_object *was = lint_before(w, MODEL_CONSTRAINT, table, name);
	const char *type = was ? model_get(was, PROP_CONTYPE) : NULL;

	if (type && strchr("pux", *type))
		lint_say(w, "rename-key", table, lint_sub(w->m, table, name));
}

static void
rename_it(struct lint_walk *w, const struct value *node)
{
	const char *type = value_get_string(node, "renameType"), *table = table_of(w, node),
		   *sub = value_get_string(node, "subname");
	const char *dot = table ? strchr(table, '.') : NULL, *new;
	bool made = table && lint_knows(w->known, "made %s", table);

	if (lint_is(type, "OBJECT_TABCONSTRAINT"))
		rename_constraint(w, table, sub);
	if (lint_is(type, "OBJECT_INDEX") || lint_is(type, "OBJECT_TABCONSTRAINT") ||
	    lint_is(type, "OBJECT_TRIGGER") || lint_is(type, "OBJECT_POLICY") ||
	    lint_is(type, "OBJECT_RULE"))
		return;
	if (!made && !(sub && (lint_knows(w->known, "passing %s", lint_sub(w->m, table, sub)) ||
	    lint_knows(w->known, "made-column %s", lint_sub(w->m, table, sub)))))
		lint_say(w, "rename", table,
		    table ? lint_sub(w->m, table, sub) : object_name(w, value_get(node, "object")));
	/* on its way to another name, as in a swap */
	if (sub && table)
		lint_learn(w->known, false, "passing %s",
		    lint_sub(w->m, table, value_get_string(node, "newname")));
	if (!lint_is(type, "OBJECT_TABLE") || !table)
		return;
	lint_forget(w->known, "made %s", table);
	new = mem_fmt(w->m, "%.*s%s", dot ? (int)(dot + 1 - table) : 0, table,
	    pg_quote_name(w->m, value_get_string(node, "newname")));
	if (made)
		lint_learn(w->known, false, "made %s", new);
	else
		lint_learn_name(w->known, lint_first_name(w->known, table), new);
}

/* Is the option NAME among them, and not said to be off? */
static bool
is_on(const struct value *options, const char *name)
{
	for (size_t i = 0; i < value_count(options); i++) {
		const struct value *option = inside(value_item(options, i), "DefElem"),
				   *arg = value_get(option, "arg");
		const char *word = value_string(value_at(arg, "String.sval"));

		if (lint_is(value_get_string(option, "defname"), name))
			return word ? strcmp(word, "false") && strcmp(word, "off") :
				      !arg || value_int(value_at(arg, "Integer.ival"), 0);
	}
	return false;
}

static void
reindex(struct lint_walk *w, const struct value *node)
{
	if (!is_on(value_get(node, "params"), "concurrently"))
		lint_say_old(w, "reindex", table_of(w, node), NULL);
}

static void
vacuum(struct lint_walk *w, const struct value *node)
{
	const struct value *rels = value_get(node, "rels");

	if (is_on(value_get(node, "options"), "full"))
		lint_say(w, "vacuum-full",
		    lint_relation(w->m,
			value_at(value_item(rels, 0), "VacuumRelation.relation")),
		    NULL);
}

static void
refresh(struct lint_walk *w, const struct value *node)
{
	if (!value_bool(value_get(node, "concurrent")))
		lint_say_old(w, "refresh-matview", table_of(w, node), NULL);
}

static void
grant(struct lint_walk *w, const struct value *node)
{
	const struct value *objects = value_get(node, "objects");

	if (!value_bool(value_get(node, "is_grant")))
		lint_say_old(w, "revoke",
		    lint_relation(w->m, inside(value_item(objects, 0), "RangeVar")), NULL);
}

static void
create_as(struct lint_walk *w, const struct value *node)
{
	lint_learn(w->known, false, "made %s", lint_relation(w->m, value_at(node, "into.rel")));
	lint_look(w, value_get(node, "query"));
}

static void
create_schema(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "schemaElts");

	for (size_t i = 0; i < value_count(list); i++)
		lint_look(w, value_item(list, i));
}

/* A view that takes the place of what was renamed keeps old code going. */
static void
create_view(struct lint_walk *w, const struct value *node)
{
	const char *name = lint_relation(w->m, value_get(node, "view"));
	struct lint *l = w->lint;

	for (size_t i = l->count; i--;)
		if (l->items[i].file == w->file && !strcmp(l->items[i].hazard->id, "rename") &&
		    lint_is(l->items[i].object, name))
			l->items[i].allowed = "a view has taken its name";
}

static void
add_policy(struct lint_walk *w, const struct value *node)
{
	lint_say_old(w,
	    value_bool(value_get(node, "permissive")) ? "policy-added" : "policy-restricts",
	    lint_relation(w->m, value_get(node, "table")), NULL);
}

static void
alter_policy(struct lint_walk *w, const struct value *node)
{
	lint_say_old(w, "policy-changed", lint_relation(w->m, value_get(node, "table")), NULL);
}

static void
grant_role(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "granted_roles");

	for (size_t i = 0; !value_bool(value_get(node, "is_grant")) && i < value_count(list); i++)
		lint_say(w, "revoke", NULL,
		    value_string(value_at(value_item(list, i), "AccessPriv.priv_name")));
}

static void
reassign(struct lint_walk *w, const struct value *node)
{
	lint_say(w, "owner-changed", NULL,
	    value_string(value_at(value_item(value_get(node, "roles"), 0), "RoleSpec.rolename")));
}

static void
role_setting(struct lint_walk *w, const struct value *node)
{
	lint_say(w, "setting-changed", NULL, value_string(value_at(node, "role.rolename")));
}

static void
lock_it(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "relations");
	int64_t mode = value_get_int(node, "mode", 8);

	/* AccessShare, RowShare, RowExclusive: what reading and writing take anyway */
	for (size_t i = 0; mode > 3 && i < value_count(list); i++)
		lint_say_old(w, "lock-table",
		    lint_relation(w->m, inside(value_item(list, i), "RangeVar")), NULL);
}

static void
role(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "roles");

	for (size_t i = 0; i < value_count(list); i++)
		lint_say(w, "gone-role", NULL,
		    value_string(value_at(value_item(list, i), "RoleSpec.rolename")));
}

#define SAY_OLD(function, hazard)                                           \
	static void function(struct lint_walk *w, const struct value *node) \
	{                                                                   \
		lint_say_old(w, hazard, table_of(w, node), NULL);           \
	}
#define SAY(function, hazard, name)                                         \
	static void function(struct lint_walk *w, const struct value *node) \
	{                                                                   \
		lint_say(w, hazard, NULL, value_get_string(node, name));    \
	}
SAY_OLD(cluster, "cluster")
SAY_OLD(trigger, "trigger-added")
SAY_OLD(rule, "rule-added")
SAY_OLD(move, "rename")
SAY(database, "drop-database", "dbname")
SAY(tablespace, "drop-tablespace", "tablespacename")
SAY(owned, "drop-owned", "behavior")
SAY(server_setting, "setting-changed", "dbname")
SAY(subscription, "gone-subscription", "subname")
SAY(extension, "extension-changed", "extname")
SAY(move_all, "change-tablespace", "orig_tablespacename")

static const struct {
	const char *node;
	void (*look)(struct lint_walk *, const struct value *);
} looks[] = {
	{ "AlterTableStmt", lint_alter_table },
	{ "CreateStmt", lint_create_table },
	{ "IndexStmt", create_index },
	{ "DropStmt", drop },
	{ "RenameStmt", rename_it },
	{ "AlterObjectSchemaStmt", move },
	{ "TruncateStmt", lint_truncate },
	{ "DeleteStmt", lint_delete },
	{ "UpdateStmt", lint_update },
	{ "InsertStmt", lint_insert },
	{ "SelectStmt", lint_select },
	{ "MergeStmt", lint_merge },
	{ "CreateSeqStmt", lint_create_sequence },
	{ "AlterSeqStmt", lint_alter_sequence },
	{ "CallStmt", lint_call },
	{ "ReindexStmt", reindex },
	{ "VacuumStmt", vacuum },
	{ "ClusterStmt", cluster },
	{ "RefreshMatViewStmt", refresh },
	{ "GrantStmt", grant },
	{ "AlterEnumStmt", lint_alter_enum },
	{ "AlterDomainStmt", lint_alter_domain },
	{ "LockStmt", lock_it },
	{ "CreateTrigStmt", trigger },
	{ "RuleStmt", rule },
	{ "DropdbStmt", database },
	{ "CreateEnumStmt", lint_create_enum },
	{ "CreateDomainStmt", lint_create_domain },
	{ "CreateTableAsStmt", create_as },
	{ "CreateSchemaStmt", create_schema },
	{ "ViewStmt", create_view },
	{ "VariableSetStmt", lint_set },
	{ "CreatePolicyStmt", add_policy },
	{ "AlterPolicyStmt", alter_policy },
	{ "GrantRoleStmt", grant_role },
	{ "AlterRoleSetStmt", role_setting },
	{ "AlterExtensionStmt", extension },
	{ "ReassignOwnedStmt", reassign },
	{ "AlterTableMoveAllStmt", move_all },
	{ "DropOwnedStmt", owned },
	{ "DropTableSpaceStmt", tablespace },
	{ "DropRoleStmt", role },
	{ "AlterSystemStmt", server_setting },
	{ "AlterDatabaseSetStmt", server_setting },
	{ "DropSubscriptionStmt", subscription },
};

void
lint_look(struct lint_walk *w, const struct value *tree)
{
	const struct value *node;

	if (w->options->advice)
		lint_advise(w, tree);
	if (lint_uses_new_label(w, tree))
		lint_say(w, "label-used-at-once", NULL, NULL);
	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if ((node = value_get(tree, looks[i].node))) {
			looks[i].look(w, node);
			return;
		}
}
