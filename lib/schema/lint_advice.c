/* lint_advice.c - what statements of many kinds can lack: limits for waiting and working, a schema,
 * a name that fits, a way to run twice. */
#include <ctype.h>
#include <string.h>

#include "schema/lint_private.h"

enum { NAME_KEPT = 63 };

static const struct { const char *setting, *hazard;
} limits[] = {
	{ "lock_timeout", "no-lock-timeout" },
	{ "statement_timeout", "no-statement-timeout" },
};

void
lint_limits(struct lint_walk *w, const char *table)
{
	for (size_t i = 0; w->options->advice && i < sizeof limits / sizeof *limits; i++)
		if (!lint_knows(w->known, "%s", limits[i].setting))
			lint_say(w, limits[i].hazard, table, NULL);
}

/* Zero is no limit. */
static bool
is_zero(const struct value *constant)
{
	const char *text = value_string(value_at(constant, "sval.sval"));

	return text ? strspn(text, "0") == strlen(text) :
		      value_get(constant, "ival") && !value_int(value_at(constant, "ival.ival"), 0);
}

void
lint_set(struct lint_walk *w, const struct value *node)
{
	const char *kind = value_get_string(node, "kind"), *name = value_get_string(node, "name");
	bool set = lint_is(kind, "VAR_SET_VALUE") &&
	    !is_zero(value_get(value_item(value_get(node, "args"), 0), "A_Const"));

	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		if (!lint_is(kind, "VAR_RESET_ALL") && !lint_is(name, limits[i].setting))
			continue;
		if (set)
			lint_learn(w->known, w->open && value_bool(value_get(node, "is_local")),
			    "%s", limits[i].setting);
		else
			lint_forget(w->known, "%s", limits[i].setting);
	}
}

void
lint_lock(struct lint_walk *w, const struct hazard *h, const char *table)
{
	/* that others may not write the rows that it writes is what locks are for */
	if (!h->lock || !strcmp(h->lock, "RowExclusive"))
		return;
	lint_limits(w, table);
	/* as strong a lock of the same table says it all */
	if (w->locked && (h->scan || h->rewrite) &&
	    (strcmp(h->lock, "AccessExclusive") ||
		!lint_knows(w->known, "locked %s", lint_first_name(w->known, table))))
		lint_say_old(w, "work-under-lock", table, NULL);
	/* nobody waits for what is gone */
	if (lint_in_transaction(w) && (h->class != HAZARD_DESTROYS || h->rewrite))
		lint_learn(w->known, true, "locked");
}

static const struct { const char *type, *advice;
} tastes[] = {
	{ "character", "char-column" },
	{ "character varying(", "limited-text" },
	{ "timestamp without time zone", "timestamp-zone" },
	{ "integer", "small-number" },
	{ "smallint", "small-number" },
	{ "serial", "small-number" },
	{ "serial4", "small-number" },
	{ "smallserial", "small-number" },
	{ "serial2", "small-number" },
	{ "json", "json-type" },
};

bool
lint_is_serial(const char *type)
{
	static const char *const names[] = { "serial", "bigserial", "smallserial", "serial2",
		"serial4", "serial8" };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcmp(type, names[i]))
			return true;
	return false;
}

void
lint_tastes(struct lint_walk *w, const char *type, const char *table, const char *object)
{
	if (lint_is_serial(type))
		lint_say(w, "serial-column", table, object);
	/* timestamp(3) without time zone */
	if (!strncmp(type, "timestamp(", 10) && strstr(type, "without"))
		lint_say(w, "timestamp-zone", table, object);
	for (size_t i = 0; i < sizeof tastes / sizeof *tastes; i++) {
		size_t n = strlen(tastes[i].type);

		if (!strncmp(type, tastes[i].type, n) &&
		    (tastes[i].type[n - 1] == '(' || !type[n] || strchr("([", type[n])))
			lint_say(w, tastes[i].advice, table, object);
	}
}

/* Does the statement say more of NAME than the server keeps? The parser has cut it already. */
static bool
is_cut(const struct lint_walk *w, const char *name)
{
	size_t n = strlen(name);
	const char *at = n < NAME_KEPT - 3 ? NULL : memmem(w->text, w->len, name, n);

	return at && at + n < w->text + w->len &&
	    (isalnum((unsigned char)at[n]) || at[n] == '_' || (unsigned char)at[n] >= 0x80);
}

/* Says so of all of them: there is no first one to stop at. */
static bool
long_name(const struct value *v, void *walk)
{
	const char *text = value_string(v);

	if (text && is_cut(walk, text))
		lint_say(walk, "long-name", NULL, text);
	return false;
}

/* Is there a word so long? Most statements are done with that. */
static bool
has_long_word(const struct lint_walk *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->len && n <= NAME_KEPT; i++)
		n = isspace((unsigned char)w->text[i]) ? 0 : n + 1;
	return n > NAME_KEPT;
}

static void
schema_of(struct lint_walk *w, const struct value *relation)
{
	if (relation && !value_get_string(relation, "schemaname") &&
	    !lint_is(value_get_string(relation, "relpersistence"), "t"))
		lint_say(w, "no-schema", lint_relation(w->m, relation), NULL);
}

static void
schema_of_dropped(struct lint_walk *w, const struct value *node)
{
	const struct value *list = value_get(node, "objects");

	for (size_t i = 0; lint_is(value_get_string(node, "removeType"), "OBJECT_TABLE") &&
	     i < value_count(list);
	     i++) {
		const struct value *names = value_at(value_item(list, i), "List.items");

		if (value_count(names) == 1)
			lint_say(w, "no-schema", lint_names(w->m, names, 1), NULL);
	}
}

/* What the server refuses the second time. */
static void
alter_twice(struct lint_walk *w, const struct value *cmd, const char *table)
{
	static const char *const once[] = { "AT_AddColumn", "AT_DropColumn", "AT_AddConstraint",
		"AT_DropConstraint", "AT_AddIdentity", "AT_DropIdentity", "AT_DropExpression",
		"AT_AttachPartition", "AT_DetachPartition", "AT_AddInherit", "AT_DropInherit" };
	const char *type = value_get_string(cmd, "subtype"), *name = value_get_string(cmd, "name"),
		   *added = value_string(value_at(cmd, "def.Constraint.conname"));

	if (value_bool(value_get(cmd, "missing_ok"))) {
		if (lint_is(type, "AT_DropConstraint"))
			lint_learn(w->known, false, "dropped %s", lint_sub(w->m, table, name));
		return;
	}
	/* it was dropped before, if it was there */
	if (added && lint_knows(w->known, "dropped %s", lint_sub(w->m, table, added)))
		return;
	for (size_t i = 0; i < sizeof once / sizeof *once; i++)
		if (lint_is(type, once[i]))
			lint_say(w, "not-repeatable", table, NULL);
}

static void
twice(struct lint_walk *w, const struct value *node)
{
	const struct value *cmds = value_get(node, "cmds");
	const char *table = lint_relation(w->m, value_get(node, "relation"));

	for (size_t i = 0; table && i < value_count(cmds); i++)
		alter_twice(w, value_get(value_item(cmds, i), "AlterTableCmd"), table);
}

void
lint_advise(struct lint_walk *w, const struct value *tree)
{
	if (has_long_word(w))
		value_any(tree, long_name, w);
	schema_of(w, value_at(tree, "CreateStmt.relation"));
	schema_of(w, value_at(tree, "CreateTableAsStmt.into.rel"));
	schema_of(w, value_at(tree, "AlterTableStmt.relation"));
	schema_of_dropped(w, value_get(tree, "DropStmt"));
	if (lint_in_transaction(w))
		return;
	twice(w, value_get(tree, "AlterTableStmt"));
	if (value_get(tree, "RenameStmt"))
		lint_say(w, "not-repeatable",
		    lint_relation(w->m, value_at(tree, "RenameStmt.relation")), NULL);
}
