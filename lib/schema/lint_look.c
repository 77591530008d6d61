/* lint_look.c - the hazards of one parse tree. */
#include <string.h>

#include "schema/lint.h"

struct look {
	struct mem *m;
	const struct lint_statement *s;
	const struct value *node;
};

static const char *
relation_name(struct mem *m, const struct value *relation)
{
	const char *schema = value_get_string(relation, "schemaname"),
		   *name = value_get_string(relation, "relname");

	return !name ? NULL : schema ? mem_fmt(m, "%s.%s", schema, name) : mem_string(m, name);
}

static void
say(const struct look *l, const char *hazard, const char *object)
{
	l->s->found(l->s->arg, hazard, object);
}

/* Only of tables that were there before. */
static void
say_old(const struct look *l, const char *hazard, const char *table)
{
	if (!table || !l->s->is_new(l->s->arg, table))
		say(l, hazard, table);
}

static bool
is(const char *a, const char *b)
{
	return a && !strcmp(a, b);
}

/* The member of {"Kind": {…}} */
static const struct value *
inside(const struct value *v, const char *kind)
{
	return value_get(v, kind);
}

static const char *
last_name(const struct value *names)
{
	return value_string(value_at(value_item(names, value_count(names) - 1), "String.sval"));
}

static bool
has_constraint(const struct value *column, const char *type)
{
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++)
		if (is(value_get_string(inside(value_item(list, i), "Constraint"), "contype"),
			type))
			return true;
	return false;
}

/* Does the default call a function that gives each row another value? */
static bool
volatile_default(const struct value *column)
{
	static const char *const known[] = { "random", "clock_timestamp", "gen_random_uuid",
		"uuid_generate_v4", "uuid_generate_v1", "timeofday", "nextval",
		"gen_random_bytes" };
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *c = inside(value_item(list, i), "Constraint");
		const char *name = last_name(value_at(c, "raw_expr.FuncCall.funcname"));

		for (size_t j = 0; is(value_get_string(c, "contype"), "CONSTR_DEFAULT") && name &&
				   j < sizeof known / sizeof *known;
		     j++)
			if (!strcmp(known[j], name))
				return true;
	}
	return false;
}

static void
look_type(const struct look *l, const struct value *column, const char *table)
{
	const char *type = last_name(value_at(column, "typeName.names"));

	if (is(type, "json"))
		say(l, "json-column", table);
	if (is(type, "bpchar"))
		say(l, "char-column", table);
}

static void
add_column(const struct look *l, const struct value *column, const char *table)
{
	const char *type = last_name(value_at(column, "typeName.names"));
	bool serial = type && strstr(type, "serial"),
	     identity = has_constraint(column, "CONSTR_IDENTITY");
	bool filled = has_constraint(column, "CONSTR_DEFAULT") ||
		      has_constraint(column, "CONSTR_GENERATED") || serial || identity;

	look_type(l, column, table);
	if ((has_constraint(column, "CONSTR_NOTNULL") ||
		has_constraint(column, "CONSTR_PRIMARY")) &&
	    !filled)
		say_old(l, "required-column", table);
	if (serial || identity)
		say_old(l, "counted-column", table);
	else if (volatile_default(column))
		say_old(l, "volatile-default", table);
	if (has_constraint(column, "CONSTR_GENERATED"))
		say_old(l, "stored-column", table);
	if (has_constraint(column, "CONSTR_UNIQUE"))
		say_old(l, "add-unique", table);
	if (has_constraint(column, "CONSTR_PRIMARY"))
		say_old(l, "add-primary-key", table);
	if (has_constraint(column, "CONSTR_CHECK"))
		say_old(l, "add-check", table);
	if (has_constraint(column, "CONSTR_FOREIGN"))
		say_old(l, "add-foreign-key", table);
}

static void
add_constraint(const struct look *l, const struct value *c, const char *table)
{
	static const struct {
		const char *type, *blocks, *breaks;
	} rules[] = {
		{ "CONSTR_CHECK", "add-check", "stricter-check" },
		{ "CONSTR_FOREIGN", "add-foreign-key", "stricter-key" },
		{ "CONSTR_UNIQUE", "add-unique", "stricter-unique" },
		{ "CONSTR_PRIMARY", "add-primary-key", "stricter-unique" },
		{ "CONSTR_EXCLUSION", "add-exclusion", "stricter-exclusion" },
	};
	const char *type = value_get_string(c, "contype");

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (!is(type, rules[i].type))
			continue;
		if (!value_bool(value_get(c, "skip_validation")) &&
		    !value_get_string(c, "indexname"))
			say_old(l, rules[i].blocks, table);
		say_old(l, rules[i].breaks, table);
	}
}

/* What ALTER TABLE does, by the subtype of each command. */
static const struct {
	const char *subtype, *hazards[3];
} commands[] = {
	{ "AT_DropColumn", { "drop-column", "gone-column" } },
	{ "AT_AlterColumnType", { "rewrite-table", "type-change" } },
	{ "AT_SetNotNull", { "set-not-null", "not-null" } },
	{ "AT_DropNotNull", { "nulls-allowed" } },
	{ "AT_DropConstraint", { "gone-constraint" } },
	{ "AT_SetLogged", { "become-logged" } },
	{ "AT_SetUnLogged", { "become-unlogged" } },
	{ "AT_SetTableSpace", { "change-tablespace" } },
	{ "AT_SetAccessMethod", { "change-access-method" } },
	{ "AT_AttachPartition", { "attach-partition" } },
	{ "AT_DetachPartition", { "partition-detached" } },
	{ "AT_EnableRowSecurity", { "rls-enabled" } },
	{ "AT_ForceRowSecurity", { "rls-forced" } },
	{ "AT_DropIdentity", { "identity-gone" } },
	{ "AT_DropExpression", { "generation-changed" } },
	{ "AT_EnableTrig", { "trigger-enabled" } },
	{ "AT_DisableTrig", { "trigger-disabled" } },
};

static void
alter_table(const struct look *l)
{
	const struct value *cmds = value_get(l->node, "cmds");
	const char *table = relation_name(l->m, value_get(l->node, "relation"));

	for (size_t i = 0; i < value_count(cmds); i++) {
		const struct value *cmd = inside(value_item(cmds, i), "AlterTableCmd"),
				   *def = value_get(cmd, "def");
		const char *type = value_get_string(cmd, "subtype");

		for (size_t j = 0; j < sizeof commands / sizeof *commands; j++)
			for (size_t k = 0;
			     is(type, commands[j].subtype) && k < 3 && commands[j].hazards[k]; k++)
				say_old(l, commands[j].hazards[k], table);
		if (is(type, "AT_AddColumn"))
			add_column(l, inside(def, "ColumnDef"), table);
		else if (is(type, "AT_AddConstraint"))
			add_constraint(l, inside(def, "Constraint"), table);
		else if (is(type, "AT_ColumnDefault"))
			say_old(l, def ? "default-changed" : "default-dropped", table);
	}
}

static void
create_table(const struct look *l)
{
	const struct value *list = value_get(l->node, "tableElts");
	const char *table = relation_name(l->m, value_get(l->node, "relation"));

	for (size_t i = 0; i < value_count(list); i++)
		if (inside(value_item(list, i), "ColumnDef"))
			look_type(l, inside(value_item(list, i), "ColumnDef"), table);
}

static void
create_index(const struct look *l)
{
	const char *table = relation_name(l->m, value_get(l->node, "relation"));

	if (!value_bool(value_get(l->node, "concurrent")))
		say_old(l, "create-index", table);
	if (value_bool(value_get(l->node, "unique")))
		say_old(l, "stricter-unique-index", table);
}

static const struct {
	const char *type, *hazards[3];
} drops[] = {
	{ "OBJECT_TABLE", { "drop-table", "gone-table" } },
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
};

static const char *
dropped_name(struct mem *m, const struct value *object)
{
	const struct value *items = value_at(object, "List.items");
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < value_count(items); i++) {
		const char *part = value_string(value_at(value_item(items, i), "String.sval"));

		mem_text_fmt(&t, "%s%s", t.len ? "." : "", part ? part : "");
	}
	return t.text ? t.text : value_string(value_at(object, "String.sval"));
}

static void
drop(const struct look *l)
{
	const char *type = value_get_string(l->node, "removeType");
	const struct value *objects = value_get(l->node, "objects");

	for (size_t i = 0; i < value_count(objects); i++) {
		const char *name = dropped_name(l->m, value_item(objects, i));

		for (size_t j = 0; j < sizeof drops / sizeof *drops; j++)
			for (size_t k = 0; is(type, drops[j].type) && k < 3 && drops[j].hazards[k];
			     k++)
				say_old(l, drops[j].hazards[k], name);
		if (is(type, "OBJECT_INDEX") && !value_bool(value_get(l->node, "concurrent")))
			say(l, "drop-index", name);
	}
	if (is(value_get_string(l->node, "behavior"), "DROP_CASCADE"))
		say(l, "drop-cascade", NULL);
}

static void
rename_it(const struct look *l)
{
	const char *type = value_get_string(l->node, "renameType"),
		   *table = relation_name(l->m, value_get(l->node, "relation"));

	if (!is(type, "OBJECT_INDEX") && !is(type, "OBJECT_TABCONSTRAINT"))
		say_old(l, "rename", table);
}

static void
truncate_it(const struct look *l)
{
	const struct value *list = value_get(l->node, "relations");

	for (size_t i = 0; i < value_count(list); i++)
		say_old(
		    l, "truncate", relation_name(l->m, inside(value_item(list, i), "RangeVar")));
}

static void
delete_rows(const struct look *l)
{
	say_old(l, "delete-rows", relation_name(l->m, value_get(l->node, "relation")));
}

static void
update_rows(const struct look *l)
{
	if (!value_get(l->node, "whereClause"))
		say_old(l, "update-all", relation_name(l->m, value_get(l->node, "relation")));
}

static void
reindex(const struct look *l)
{
	const struct value *params = value_get(l->node, "params");

	for (size_t i = 0; i < value_count(params); i++)
		if (is(value_get_string(inside(value_item(params, i), "DefElem"), "defname"),
			"concurrently"))
			return;
	say(l, "reindex", relation_name(l->m, value_get(l->node, "relation")));
}

static void
vacuum(const struct look *l)
{
	const struct value *options = value_get(l->node, "options");

	for (size_t i = 0; i < value_count(options); i++)
		if (is(value_get_string(inside(value_item(options, i), "DefElem"), "defname"),
			"full"))
			say(l, "vacuum-full", NULL);
}

static void
refresh(const struct look *l)
{
	if (!value_bool(value_get(l->node, "concurrent")))
		say(l, "refresh-matview", relation_name(l->m, value_get(l->node, "relation")));
}

static void
grant(const struct look *l)
{
	if (!value_bool(value_get(l->node, "is_grant")))
		say(l, "revoke", NULL);
}

static void
alter_enum(const struct look *l)
{
	say(l, value_get_string(l->node, "oldVal") ? "rename" : "label-added",
	    last_name(value_get(l->node, "typeName")));
}

static void
alter_domain(const struct look *l)
{
	const char *type = value_get_string(l->node, "subtype");

	if (is(type, "C") && !value_bool(value_at(l->node, "def.Constraint.skip_validation")))
		say(l, "domain-check", last_name(value_get(l->node, "typeName")));
	if (is(type, "O"))
		say(l, "domain-not-null", last_name(value_get(l->node, "typeName")));
}

static void
cluster(const struct look *l)
{
	say(l, "cluster", relation_name(l->m, value_get(l->node, "relation")));
}
static void
lock_it(const struct look *l)
{
	say(l, "lock-table", NULL);
}
static void
trigger(const struct look *l)
{
	say_old(l, "trigger-added", relation_name(l->m, value_get(l->node, "relation")));
}
static void
rule(const struct look *l)
{
	say_old(l, "rule-added", relation_name(l->m, value_get(l->node, "relation")));
}
static void
move(const struct look *l)
{
	say_old(l, "rename", relation_name(l->m, value_get(l->node, "relation")));
}
static void
database(const struct look *l)
{
	say(l, "drop-database", value_get_string(l->node, "dbname"));
}

static const struct {
	const char *node;
	void (*look)(const struct look *);
} looks[] = {
	{ "AlterTableStmt", alter_table },
	{ "CreateStmt", create_table },
	{ "IndexStmt", create_index },
	{ "DropStmt", drop },
	{ "RenameStmt", rename_it },
	{ "AlterObjectSchemaStmt", move },
	{ "TruncateStmt", truncate_it },
	{ "DeleteStmt", delete_rows },
	{ "UpdateStmt", update_rows },
	{ "ReindexStmt", reindex },
	{ "VacuumStmt", vacuum },
	{ "ClusterStmt", cluster },
	{ "RefreshMatViewStmt", refresh },
	{ "GrantStmt", grant },
	{ "AlterEnumStmt", alter_enum },
	{ "AlterDomainStmt", alter_domain },
	{ "LockStmt", lock_it },
	{ "CreateTrigStmt", trigger },
	{ "RuleStmt", rule },
	{ "DropdbStmt", database },
};

void
lint_look(struct mem *m, const struct lint_statement *s)
{
	struct look l = { .m = m, .s = s };

	for (size_t i = 0; i < sizeof looks / sizeof *looks; i++)
		if ((l.node = value_get(s->tree, looks[i].node)))
			looks[i].look(&l);
}
