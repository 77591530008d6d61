/* lint_table.c - tables: what ALTER TABLE and CREATE TABLE mean for those who use them. */
#include <string.h>

#include "schema/lint_private.h"
#include "schema/types.h"

static bool
has_constraint(const struct value *column, const char *type)
{
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++)
		if (lint_is(value_get_string(value_get(value_item(list, i), "Constraint"),
				"contype"),
			type))
			return true;
	return false;
}

/* Functions of the server that give the same value all through a statement, as far as defaults use
 * them. */
static bool
gives_one_value(const char *name)
{
	static const char *const known[] = { "now", "current_setting", "transaction_timestamp",
		"statement_timestamp", "lower", "upper", "md5", "to_char", "to_timestamp",
		"date_trunc", "coalesce", "concat", "repeat", "jsonb_build_object",
		"json_build_object", "jsonb_build_array", "json_build_array", "int4range",
		"int8range", "numrange", "daterange", "tsrange", "tstzrange", "make_interval",
		"make_date", "make_timestamp", "decode", "encode", "abs", "floor", "ceil", "round",
		"length", "trim", "btrim", "replace", "substr", "substring", "timezone", "age",
		"extract", "date_part", "to_date", "to_number", "to_jsonb", "to_json",
		"pg_current_xact_id", "txid_current", "session_user", "current_user", "version",
		"xmlparse", "array_fill", "left", "right", "lpad", "rpad", "format", "to_tsvector",
		"sha256", "hashtext", "setweight", "current_database", "current_schema" };

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (lint_is(name, known[i]))
			return true;
	return false;
}

/* Does it call something that may give each row another value? A function that is not known may. */
static bool
calls_volatile(const struct value *v, void *arg)
{
	const struct value *names = value_at(v, "FuncCall.funcname");

	(void)arg;
	return value_count(names) && !gives_one_value(lint_last_name(names));
}

static bool
volatile_default(const struct value *column)
{
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *c = value_get(value_item(list, i), "Constraint");

		if (lint_is(value_get_string(c, "contype"), "CONSTR_DEFAULT") &&
		    value_any(value_get(c, "raw_expr"), calls_volatile, NULL))
			return true;
	}
	return false;
}

/* Is the default NULL in so many words? */
static bool
null_default(const struct value *column)
{
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++)
		if (value_bool(value_at(value_item(list, i), "Constraint.raw_expr.A_Const.isnull")))
			return true;
	return false;
}

static bool
is_json(const char *type)
{
	return !strcmp(type, "json") || !strncmp(type, "json[", 5);
}

static void
column_type(struct lint_walk *w, const struct value *column, const char *table, bool old)
{
	const char *object = lint_sub(w->m, table, value_get_string(column, "colname")),
		   *type = lint_type(w->m, value_get(column, "typeName"));

	if (old && is_json(type))
		lint_say(w, "json-column", table, object);
	lint_tastes(w, type, table, object);
}

/* What a constraint beside the column does to a table with rows; not to one whose new column is
 * NULL everywhere. */
static void
column_constraints(struct lint_walk *w, const struct value *column, const char *table,
    const char *object, bool empty)
{
	static const struct { const char *type, *hazard; bool of_values;
	} rules[] = {
		{ "CONSTR_UNIQUE", "add-unique", false },
		{ "CONSTR_PRIMARY", "add-primary-key", false },
		{ "CONSTR_CHECK", "add-check", false },
		{ "CONSTR_FOREIGN", "add-foreign-key", true },
	};

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
		if (has_constraint(column, rules[i].type) && !(empty && rules[i].of_values))
			lint_say_old(w, rules[i].hazard, table, object);
}

static void
limit_lock(struct lint_walk *w, const char *table)
{
	if (table && !lint_is_new(w, table))
		lint_limits(w, table);
}

/* Which columns refer to another table, which is locked, and which have an index. */
static void
learn_key(struct lint_walk *w, const struct value *c, const char *table, const char *column)
{
	const char *type = value_get_string(c, "contype");

	if (!column)
		return;
	if (lint_is(type, "CONSTR_FOREIGN")) {
		lint_learn_key(w, table, column);
		limit_lock(w, lint_relation(w->m, value_get(c, "pktable")));
	}
	if (lint_is(type, "CONSTR_UNIQUE") || lint_is(type, "CONSTR_PRIMARY"))
		lint_learn(w->known, false, "indexed %s", lint_sub(w->m, table, column));
}

static void
learn_keys(struct lint_walk *w, const struct value *c, const char *table)
{
	const struct value *own = value_get(c, "fk_attrs");

	learn_key(w, c, table,
	    value_string(value_at(value_item(own ? own : value_get(c, "keys"), 0), "String.sval")));
}

static void
learn_column_keys(struct lint_walk *w, const struct value *column, const char *table)
{
	const struct value *list = value_get(column, "constraints");

	for (size_t i = 0; i < value_count(list); i++)
		learn_key(w, value_get(value_item(list, i), "Constraint"), table,
		    value_get_string(column, "colname"));
}

static void
add_column(struct lint_walk *w, const struct value *column, const char *table)
{
	const char *type = lint_type(w->m, value_get(column, "typeName")),
		*object = lint_sub(w->m, table, value_get_string(column, "colname"));
	bool serial = lint_is_serial(type),
	     identity = has_constraint(column, "CONSTR_IDENTITY"),
	     generated = has_constraint(column, "CONSTR_GENERATED"),
	     filled = (has_constraint(column, "CONSTR_DEFAULT") && !null_default(column)) ||
	    generated || serial || identity;

	column_type(w, column, table, !lint_is_new(w, table));
	if ((has_constraint(column, "CONSTR_NOTNULL") ||
		has_constraint(column, "CONSTR_PRIMARY")) &&
	    !filled)
		lint_say_old(w, "required-column", table, object);
	if (serial || identity)
		lint_say_old(w, "counted-column", table, object);
	else if (volatile_default(column))
		lint_say_old(w, "volatile-default", table, object);
	if (generated)
		lint_say_old(w, "stored-column", table, object);
	column_constraints(w, column, table, object, !filled);
	learn_column_keys(w, column, table);
	lint_learn(w->known, false, "made-column %s", object);
	if (!filled)
		lint_learn(w->known, false, "empty-column %s", object);
}

/* The columns that an expression proves not to be NULL: IS NOT NULL, alone or joined by AND. */
static void
not_null_columns(struct lint_walk *w, const struct value *expr, const char *table,
    const char *constraint, bool valid)
{
	const struct value *test = value_get(expr, "NullTest"), *both = value_get(expr, "BoolExpr");
	const char *column = lint_last_name(value_at(test, "arg.ColumnRef.fields"));

	if (column && lint_is(value_get_string(test, "nulltesttype"), "IS_NOT_NULL")) {
		if (valid)
			lint_learn(w->known, false, "proven %s", lint_sub(w->m, table, column));
		else if (constraint)
			lint_learn_pending(w->known, table, constraint, column);
	}
	for (size_t i = 0; lint_is(value_get_string(both, "boolop"), "AND_EXPR") &&
	     i < value_count(value_get(both, "args"));
	     i++)
		not_null_columns(w, value_item(value_get(both, "args"), i), table, constraint,
		    valid);
}

/* Is a column of the unique constraint NULL in all rows of old code? */
static bool
of_empty_column(struct lint_walk *w, const struct value *c, const char *table)
{
	const struct value *keys = value_get(c, "keys");
	size_t n = value_bool(value_get(c, "nulls_not_distinct")) ? 0 : value_count(keys);

	for (size_t i = 0; i < n; i++) {
		const char *name = value_string(value_at(value_item(keys, i), "String.sval"));

		if (lint_knows(w->known, "empty-column %s", lint_sub(w->m, table, name)))
			return true;
	}
	return false;
}

static void
add_constraint(struct lint_walk *w, const struct value *c, const char *table)
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
	const char *type = value_get_string(c, "contype"), *name = value_get_string(c, "conname");
	const char *object = lint_sub(w->m, table, name);
	bool valid = !value_bool(value_get(c, "skip_validation"));

	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		if (!lint_is(type, rules[i].type))
			continue;
		if (valid && !value_get_string(c, "indexname"))
			lint_say_old(w, rules[i].blocks, table, object);
		/* what is made of a unique index was unique before */
		if (!lint_is(type, "CONSTR_UNIQUE") ||
		    !(value_get_string(c, "indexname") || of_empty_column(w, c, table)))
			lint_say_old(w, rules[i].breaks, table, object);
	}
	if (name)
		lint_learn(w->known, false, "made-constraint %s", object);
	if (lint_is(type, "CONSTR_CHECK"))
		not_null_columns(w, value_get(c, "raw_expr"), table, name, valid);
	/* the columns of a key that is made of an index must be NOT NULL already, or the table is
	 * read */
	if (lint_is(type, "CONSTR_PRIMARY") && value_get_string(c, "indexname"))
		lint_say_old(w, "key-of-index", table, object);
	if (!valid && name)
		lint_learn(w->known, true, "not-valid %s", object);
	learn_keys(w, c, table);
}

/* BESIDE: the statement has other commands, whose lock it takes. */
static void
validate(struct lint_walk *w, const char *table, const char *name, bool beside)
{
	const char *object = lint_sub(w->m, table, name);

	if (beside || (lint_in_transaction(w) && lint_knows(w->known, "not-valid %s", object)))
		lint_say_old(w, "validate-in-transaction", table, object);
	lint_validate(w->known, table, name);
}

/* A valid CHECK of the model before proves as well. */
static bool
proven_before(const struct lint_walk *w, const char *table, const char *column)
{
	MEM_SCOPE(m);
	const struct model_object *t = lint_before(w, MODEL_TABLE, table, NULL),
				  *c = lint_before(w, MODEL_COLUMN, table, column);
	size_t first,
	    n = t && c ? model_children(w->options->before, t, MODEL_CONSTRAINT, &first) : 0;

	if (c && model_get(c, PROP_NOT_NULL))
		return true;
	for (size_t i = first = n ? first : 0; i < first + n; i++) {
		const char *text = model_get(w->options->before->objects[i], PROP_DEFINITION);

		if (text && !strstr(text, " NOT VALID") &&
		    strstr(text, mem_fmt(m, "(%s IS NOT NULL)", c->name)) && !strstr(text, " OR "))
			return true;
	}
	return false;
}

static void
drop_constraint(struct lint_walk *w, const char *table, const char *name)
{
	const struct model_object *was = lint_before(w, MODEL_CONSTRAINT, table, name);
	const char *object = lint_sub(w->m, table, name),
		   *type = was ? model_get(was, PROP_CONTYPE) : NULL;

	if (lint_knows(w->known, "made-constraint %s", object) || lint_is(type, "f"))
		return;
	lint_say_old(w,
	    lint_is(type, "p") || lint_is(type, "u") ? "gone-unique" :
		lint_is(type, "c")                   ? "gone-check" :
						       "gone-constraint",
	    table, object);
}

static void
set_not_null(struct lint_walk *w, const char *table, const char *column)
{
	const char *object = lint_sub(w->m, table, column);

	if (!lint_knows(w->known, "proven %s", object) && !proven_before(w, table, column))
		lint_say_old(w, "set-not-null", table, object);
	lint_say_old(w, "not-null", table, object);
}

static void
alter_type(struct lint_walk *w, const struct value *column, const char *table, const char *name)
{
	const char *object = lint_sub(w->m, table, name), *from,
		   *to = lint_type(w->m, value_get(column, "typeName"));
	const struct model_object *was = lint_before(w, MODEL_COLUMN, table, name);
	struct types_change what = { true, true, false, true };

	if (is_json(to))
		lint_say_old(w, "json-column", table, object);
	lint_tastes(w, to, table, object);
	if (was && (from = model_get(was, PROP_TYPE)) && !value_get(column, "raw_default"))
		what = types_compare(from, to);
	if (what.rewrite)
		lint_say_old(w, "rewrite-table", table, object);
	else if (what.scan)
		lint_say_old(w, "scan-table-type", table, object);
	if (what.narrow)
		lint_say_old(w, "narrow-type", table, object);
	if (what.visible)
		lint_say_old(w, "type-change", table, object);
}

/* What ALTER TABLE does, by the subtype of each command. */
static const struct {
	const char *subtype, *hazards[3];
} commands[] = {
	{ "AT_DropColumn", { "drop-column", "gone-column" } },
	{ "AT_DropNotNull", { "nulls-allowed" } },
	{ "AT_SetLogged", { "become-logged" } },
	{ "AT_SetUnLogged", { "become-unlogged" } },
	{ "AT_SetTableSpace", { "change-tablespace" } },
	{ "AT_SetAccessMethod", { "change-access-method" } },
	{ "AT_AttachPartition", { "attach-partition" } },
	{ "AT_DetachPartition", { "partition-detached" } },
	{ "AT_EnableRowSecurity", { "rls-enabled" } },
	{ "AT_DisableRowSecurity", { "rls-disabled" } },
	{ "AT_ForceRowSecurity", { "rls-forced" } },
	{ "AT_DropIdentity", { "identity-gone" } },
	{ "AT_DropExpression", { "generation-changed" } },
	{ "AT_EnableTrig", { "trigger-enabled" } },
	{ "AT_EnableAlwaysTrig", { "trigger-enabled" } },
	{ "AT_EnableReplicaTrig", { "trigger-disabled" } },
	{ "AT_EnableRule", { "rule-added" } },
	{ "AT_EnableAlwaysRule", { "rule-added" } },
	{ "AT_EnableReplicaRule", { "gone-rule" } },
	{ "AT_DisableRule", { "gone-rule" } },
	{ "AT_EnableTrigAll", { "trigger-enabled" } },
	{ "AT_DisableTrig", { "trigger-disabled" } },
	{ "AT_DisableTrigAll", { "trigger-disabled" } },
	{ "AT_DisableTrigUser", { "trigger-disabled" } },
	{ "AT_AddInherit", { "inheritance-changed" } },
	{ "AT_DropInherit", { "inheritance-changed" } },
	{ "AT_ChangeOwner", { "owner-changed" } },
};

/* Has the statement another command than this kind? */
static bool
has_other(const struct value *cmds, const char *subtype)
{
	for (size_t i = 0; i < value_count(cmds); i++)
		if (!lint_is(value_string(value_at(value_item(cmds, i), "AlterTableCmd.subtype")),
			subtype))
			return true;
	return false;
}

/* CMD is one of CMDS. */
static void
alter(struct lint_walk *w, const struct value *cmd, const struct value *cmds, const char *table)
{
	const struct value *def = value_get(cmd, "def");
	const char *type = value_get_string(cmd, "subtype"), *name = value_get_string(cmd, "name");
	/* of some commands the name is that of something else */
	const char *object = lint_is(type, "AT_SetTableSpace") ||
		lint_is(type, "AT_SetAccessMethod") ?
	    table :
	    lint_sub(w->m, table, name);

	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		for (size_t k = 0;
		     lint_is(type, commands[i].subtype) && k < 3 && commands[i].hazards[k]; k++)
			/* what the same change has made is no loss */
			if (!lint_is(type, "AT_DropColumn") ||
			    !lint_knows(w->known, "made-column %s", object))
				lint_say_old(w, commands[i].hazards[k], table, object);
	if (lint_is(type, "AT_AddColumn"))
		add_column(w, value_get(def, "ColumnDef"), table);
	else if (lint_is(type, "AT_AddConstraint"))
		add_constraint(w, value_get(def, "Constraint"), table);
	else if (lint_is(type, "AT_ValidateConstraint"))
		validate(w, table, name, has_other(cmds, type));
	else if (lint_is(type, "AT_DropConstraint"))
		drop_constraint(w, table, name);
	else if (lint_is(type, "AT_SetNotNull"))
		set_not_null(w, table, name);
	else if (lint_is(type, "AT_AlterColumnType"))
		alter_type(w, value_get(def, "ColumnDef"), table, name);
	else if (lint_is(type, "AT_ColumnDefault"))
		lint_say_old(w, def ? "default-changed" : "default-dropped", table, object);
	else if (lint_is(type, "AT_ReplicaIdentity") &&
	    lint_is(value_get_string(value_get(def, "ReplicaIdentityStmt"), "identity_type"), "n"))
		lint_say_old(w, "replica-identity", table, NULL);
	else if (lint_is(type, "AT_SetIdentity") && !lint_is_new(w, table))
		lint_restart(w, value_at(def, "List.items"), object);
	else if (lint_is(type, "AT_DetachPartition") &&
	    !value_bool(value_at(def, "PartitionCmd.concurrent")))
		lint_say_old(w, "detach-partition", table, NULL);
}

static bool
first_is(const struct value *cmds, const char *subtype)
{
	return lint_is(value_string(value_at(value_item(cmds, 0), "AlterTableCmd.subtype")),
	    subtype);
}

void
lint_alter_table(struct lint_walk *w, const struct value *node)
{
	const struct value *cmds = value_get(node, "cmds");
	const char *table = lint_relation(w->m, value_get(node, "relation")),
		   *kind = value_get_string(node, "objtype");

	if (!table)
		return;
	if (lint_is(kind, "OBJECT_INDEX")) {
		if (first_is(cmds, "AT_SetTableSpace"))
			lint_say(w, "index-tablespace", NULL, table);
		return;
	}
	if (lint_is(kind, "OBJECT_TYPE")) {
		lint_alter_composite(w, cmds, table);
		return;
	}
	if (lint_is(kind, "OBJECT_VIEW") &&
	    (first_is(cmds, "AT_SetRelOptions") || first_is(cmds, "AT_ResetRelOptions")))
		lint_say_old(w, "view-options", table, NULL);
	/* the advice is for two statements that could be one */
	if (lint_in_transaction(w) && lint_knows(w->known, "altered %s", table))
		lint_say_old(w, "several-alters", table, NULL);
	lint_learn(w->known, true, "altered %s", table);
	for (size_t i = 0; i < value_count(cmds); i++)
		alter(w, value_get(value_item(cmds, i), "AlterTableCmd"), cmds, table);
	if (!lint_is_new(w, table)) {
		lint_limits(w, table);
		lint_learn(w->known, true, "locked %s", lint_first_name(w->known, table));
		lint_learn(w->known, true, "locked");
	}
}

void
lint_create_table(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "tableElts");
	const char *table = lint_relation(w->m, value_get(node, "relation"));

	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *column = value_get(value_item(list, i), "ColumnDef");

		if (column)
			column_type(w, column, table, false);
		if (column)
			learn_column_keys(w, column, table);
		else
			learn_keys(w, value_get(value_item(list, i), "Constraint"), table);
	}
	for (size_t i = 0; i < value_count(value_get(node, "inhRelations")); i++)
		limit_lock(w, lint_relation(w->m,
		    value_at(value_item(value_get(node, "inhRelations"), i), "RangeVar")));
	if (!value_bool(value_get(node, "if_not_exists")) && !lint_in_transaction(w))
		lint_say(w, "not-repeatable", table, NULL);
	lint_learn(w->known, false, "made %s", table);
}
