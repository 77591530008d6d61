/* hazard_rule.c - conditions on one change: rules that rows must keep, and keys. */
#include <string.h>

#include "pg/sql.h"
#include "schema/expression.h"
#include "schema/hazard_when.h"
#include "schema/key.h"

#define WHEN(name) bool when_##name(const struct diff *d, const struct diff_change *c)

static const char *
get(const struct model_object *o, enum model_prop p)
{
	return o ? model_get(o, p) : NULL;
}

static bool
is_type(const struct model_object *o, char contype)
{
	const char *t = get(o, PROP_CONTYPE);

	return t && *t == contype;
}

/* The same rule of the same table in MO, under whatever name but its own. */
static const struct model_object *
twin(const struct model *mo, const struct model_object *o)
{
	const struct model_object *table = model_find(mo, o->table->kind, o->table->id);
	size_t first, n = table ? model_children(mo, table, MODEL_CONSTRAINT, &first) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct model_object *x = mo->objects[first + i];

		if (strcmp(x->name, o->name) &&
		    model_same(get(x, PROP_CONTYPE), get(o, PROP_CONTYPE)) &&
		    expression_same(get(x, PROP_DEFINITION), get(o, PROP_DEFINITION)))
			return x;
	}
	return NULL;
}

/* Checks. */

/* Does the rule name no column of its table but new ones? */
static bool
of_new_columns(const struct diff *d, const struct model_object *check)
{
	const char *text = model_get(check, PROP_DEFINITION);
	const struct model_object *was =
	    check->table ? model_find(d->from, MODEL_TABLE, check->table->id) : NULL;
	size_t first, n = was ? model_children(d->from, was, MODEL_COLUMN, &first) : 0;

	for (size_t i = 0; text && i < n; i++)
		if (sql_says(text, strlen(text), d->from->objects[first + i]->name) ||
		    strchr(d->from->objects[first + i]->name, '"'))
			return false;
	return text && was;
}

/* Is the default one of the values that the rule lists? */
static bool
is_listed(const char *rule, const char *value)
{
	const char *list = strstr(rule, " = ANY (ARRAY["), *at = list;
	size_t n = strlen(value);

	while (list && (at = strstr(at + 1, value)))
		if (strchr("[ ", at[-1]) && strchr(",]", at[n]))
			return true;
	return false;
}

/* Do all rows that leave the new columns out keep the rule, as far as can be seen? NULL does, but
 * where the rule asks for NULLs. */
static bool
default_fits(const struct diff *d, const struct model_object *check)
{
	static const char *const asks[] = { " IS ", "COALESCE(", "num_n", "CASE " };
	const char *rule = model_get(check, PROP_DEFINITION), *value;
	size_t first, n = model_children(d->to, check->table, MODEL_COLUMN, &first);

	for (size_t i = 0; i < sizeof asks / sizeof *asks; i++)
		if (strstr(rule, asks[i]))
			return false;
	for (size_t i = 0; i < n; i++) {
		const struct model_object *column = d->to->objects[first + i];

		if (!sql_says(rule, strlen(rule), column->name))
			continue;
		value = get(column, PROP_DEFAULT);
		if (get(column, PROP_IDENTITY) || get(column, PROP_GENERATED) ||
		    (value && !is_listed(rule, value)))
			return false;
	}
	return true;
}

WHEN(stricter_check)
{
	return is_type(c->to, 'c') && !of_new_columns(d, c->to) && !twin(d->from, c->to);
}
WHEN(check_gone) { return is_type(c->from, 'c') && !twin(d->to, c->from); }
WHEN(rule_of_default)
{
	return is_type(c->to, 'c') && of_new_columns(d, c->to) && !default_fits(d, c->to);
}

/* The list of a rule that says nothing else: CHECK ((a = ANY (ARRAY['x'::text, 'y'::text]))). NULL:
 * it is none. */
static const char *
only_list(const char *rule)
{
	static const char begin[] = "CHECK (", middle[] = " = ANY (";
	const char *list = rule && !strncmp(rule, begin, sizeof begin - 1) ? strstr(rule, middle) :
									      NULL;
	const char *end = list ? strchr(list, ']') : NULL, *rest = list;
	size_t len;

	return end && !strchr(end, ' ') && strchr(rule + sizeof begin - 1, ' ') == list &&
		model_next_label(&rest, &len) ?
	    list :
	    NULL;
}

/* Does it only list more values than before? */
WHEN(list_longer)
{
	const char *old = only_list(c->old), *new = only_list(c->new);

	(void)d;
	return old && new && old - c->old == new - c->new &&
	    !strncmp(c->old, c->new, (size_t)(old - c->old)) &&
	    model_labels_in(old, new, false);
}

/* Exclusions, and what all of them share. */

WHEN(stricter_exclusion) { return is_type(c->to, 'x') && !twin(d->from, c->to); }
WHEN(exclusion_gone) { return is_type(c->from, 'x') && !twin(d->to, c->from); }

/* Is the rule on either side, and code may say its name? */
static bool
is_called_otherwise(const struct model *other, const struct model_object *o)
{
	const char *text = get(o, PROP_DEFINITION);
	bool key = is_type(o, 'p') || is_type(o, 'u');

	return (key || is_type(o, 'x') || (text && strstr(text, " DEFERRABLE"))) &&
	    (key ? key_same(other, o) : twin(other, o));
}
WHEN(key_name_gone) { return is_called_otherwise(d->to, c->from); }
WHEN(key_name_new) { return is_called_otherwise(d->from, c->to); }
WHEN(primary_lost)
{
	return is_type(c->from, 'p') && !is_type(c->to, 'p') && !when_rule_changed(d, c);
}

/* Foreign keys. */

WHEN(stricter_key)
{
	return is_type(c->to, 'f') && !when_key_is_empty(d, c) && !twin(d->from, c->to);
}
WHEN(key_of_empty) { return is_type(c->to, 'f') && when_key_is_empty(d, c); }
WHEN(key_acts)
{
	static const char *const acts[] = { " ON DELETE CASCADE", " ON DELETE SET ",
		" ON UPDATE CASCADE", " ON UPDATE SET " };
	const char *text = get(c->from, PROP_DEFINITION);

	for (size_t i = 0; is_type(c->from, 'f') && text && i < sizeof acts / sizeof *acts; i++)
		if (strstr(text, acts[i]))
			return !twin(d->to, c->from);
	return false;
}

/* Only that more is done with the rows that refer to what goes or changes. */
WHEN(key_eased)
{
	size_t n = c->old ? strlen(c->old) : 0;

	(void)d;
	return is_type(c->to, 'f') && c->new && !strncmp(c->old, c->new, n) &&
	    (!strncmp(c->new + n, " ON ", 4) || !strncmp(c->new + n, " DEFERRABLE", 11));
}
WHEN(rule_changed)
{
	return when_not_only_validated(d, c) && !when_key_eased(d, c) &&
	    !when_list_longer(d, c) && !key_equal(c->from, c->to);
}

/* What new code need not keep. */

WHEN(rule_gone)
{
	if (c->kind == MODEL_CONSTRAINT)
		return when_key_widened(d, c) ? !key_same(d->to, c->from) : !twin(d->to, c->from);
	return c->kind == MODEL_DOMAIN_CONSTRAINT ||
	    (c->kind == MODEL_INDEX && when_unique_index_gone(d, c));
}

WHEN(rule_eased)
{
	if (c->kind == MODEL_CONSTRAINT || c->kind == MODEL_DOMAIN_CONSTRAINT ||
	    (c->kind == MODEL_INDEX && when_unique_index(d, c)))
		return c->prop == PROP_DEFINITION && when_not_only_validated(d, c);
	if (c->kind == MODEL_TABLE)
		return !c->new && (c->prop == PROP_RLS || c->prop == PROP_FORCE_RLS);
	return c->kind == MODEL_DOMAIN &&
	    (c->prop == PROP_TYPE || (c->prop == PROP_NOT_NULL && !c->new));
}
