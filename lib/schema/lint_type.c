/* lint_type.c - enums, domains and composite types. */
#include <string.h>

#include "schema/lint_private.h"

void
lint_alter_enum(struct lint_walk *w, const struct value *node)
{
	const struct value *name = value_get(node, "typeName");
	const char *type = lint_names(w->m, name, value_count(name));

	if (lint_knows(w->known, "type %s", type))
		return;
	lint_say(w, value_get_string(node, "oldVal") ? "rename" : "label-added", NULL, type);
	if (value_get_string(node, "oldVal"))
		return;
	if (!value_get_string(node, "newValNeighbor"))
		lint_say(w, "label-order", NULL, type);
	lint_learn(w->known, true, "label %s", value_get_string(node, "newVal"));
	lint_learn(w->known, true, "labels");
}

void
lint_alter_domain(struct lint_walk *w, const struct value *node)
{
	static const struct { const char *subtype, *blocks, *breaks;
	} rules[] = {
		{ "C", "domain-check", "stricter-domain" },
		{ "O", "domain-not-null", "domain-stricter" },
		{ "X", NULL, "domain-rule-gone" },
		{ "N", NULL, "domain-looser" },
		{ "T", NULL, "domain-default-changed" },
	};
	const struct value *list = value_get(node, "typeName");
	const char *type = value_get_string(node, "subtype"),
		   *name = lint_names(w->m, list, value_count(list));

	for (size_t i = 0; i < sizeof rules / sizeof *rules &&
	     !lint_knows(w->known, "type %s", name);
	     i++) {
		if (!lint_is(type, rules[i].subtype))
			continue;
		if (rules[i].blocks &&
		    !value_bool(value_at(node, "def.Constraint.skip_validation")))
			lint_say(w, rules[i].blocks, NULL, name);
		lint_say(w, rules[i].breaks, NULL, name);
	}
}

void
lint_create_enum(struct lint_walk *w, const struct value *node)
{
	const struct value *name = value_get(node, "typeName");

	lint_learn(w->known, false, "type %s", lint_names(w->m, name, value_count(name)));
	if (value_get(node, "vals"))
		lint_say(w, "new-enum-type", NULL, lint_last_name(name));
}

void
lint_create_domain(struct lint_walk *w, const struct value *node)
{
	const struct value *name = value_get(node, "domainname");

	lint_learn(w->known, false, "type %s", lint_names(w->m, name, value_count(name)));
	if (value_count(value_get(node, "constraints")))
		lint_say(w, "domain-constraint", NULL, lint_last_name(name));
}

void
lint_alter_composite(struct lint_walk *w, const struct value *cmds, const char *type)
{
	for (size_t i = 0; i < value_count(cmds); i++)
		if (!lint_is(value_string(value_at(value_item(cmds, i), "AlterTableCmd.subtype")),
			"AT_AddColumn"))
			lint_say(w, "drop-attribute", NULL, type);
	lint_say(w, "attributes-changed", NULL, type);
}

static bool
is_new_label(const struct value *v, void *known)
{
	const char *text = value_string(value_at(v, "A_Const.sval.sval"));

	return text && lint_knows(known, "label %s", text);
}

bool
lint_uses_new_label(const struct lint_walk *w, const struct value *tree)
{
	return lint_in_transaction(w) && lint_knows(w->known, "labels") &&
	       value_any(tree, is_new_label, w->known);
}
