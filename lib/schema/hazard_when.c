/* hazard_when.c - conditions on one change. */
#include <ctype.h>
#include <string.h>

#include "schema/arguments.h"
#include "schema/hazard_when.h"
#include "schema/key.h"
#include "schema/types.h"

#define WHEN(name) bool when_##name(const struct diff *d, const struct diff_change *c)

static bool
begins(const char *text, const char *with)
{
	return text && !strncmp(text, with, strlen(with));
}

static const char *
now(const struct diff_change *c, enum model_prop p)
{
	return c->to ? model_get(c->to, p) : NULL;
}

static const char *
before(const struct diff_change *c, enum model_prop p)
{
	return c->from ? model_get(c->from, p) : NULL;
}

WHEN(added) { (void)d; return !c->old; }
WHEN(removed) { (void)d; return !c->new; }
WHEN(changed) { (void)d; return c->old && c->new; }

/* What stands behind the name of a domain; *CONSTRAINED: it refuses values. */
static const char *
base_type(const struct model *mo, const char *type, bool *constrained)
{
	size_t first;

	*constrained = false;
	for (const struct model_object *o; (o = model_find(mo, MODEL_DOMAIN, type));
	     type = model_get(o, PROP_TYPE))
		*constrained |= model_get(o, PROP_NOT_NULL) ||
		    model_children(mo, o, MODEL_DOMAIN_CONSTRAINT, &first);
	return type;
}

/* A domain holds what its base type holds, unless it refuses some of it. */
static struct types_change
type_change(const struct diff *d, const struct diff_change *c)
{
	bool was, is;
	const char *old = base_type(d->from, c->old, &was), *new = base_type(d->to, c->new, &is);
	struct types_change what = types_compare(old, new);
	bool was_domain = old != c->old;

	if (old == c->old && new == c->new)
		return what;
	/* a length is put upon each value of a domain, whatever length it has itself */
	what.rewrite |= is || (was_domain && strchr(c->new, '('));
	what.narrow |= is;
	/* who sends or reads values knows of the base type alone */
	what.visible |= was || is;
	return what;
}

WHEN(range_narrows)
{
	MEM_SCOPE(m);
	const char *subtype[2], *sides[2] = { c->old, c->new };

	(void)d;
	for (int i = 0; i < 2; i++) {
		const char *at = sides[i] ? strstr(sides[i], "subtype = ") : NULL;

		if (!at)
			return false;
		at += strlen("subtype = ");
		subtype[i] = mem_dup(m, at, strcspn(at, ",)"));
	}
	return strcmp(subtype[0], subtype[1]) && types_compare(subtype[0], subtype[1]).narrow;
}

WHEN(type_rewrites) { return c->old && c->new && type_change(d, c).rewrite; }
WHEN(type_scans)
{
	return c->old && c->new && type_change(d, c).scan && when_column_checked(d, c);
}
WHEN(type_narrows) { return c->old && c->new && type_change(d, c).narrow; }
WHEN(type_shows) { return c->old && c->new && type_change(d, c).visible; }
WHEN(zone_crossed) { (void)d; return c->old && c->new && types_cross_zone(c->old, c->new); }
/* What new code writes is of the new type: does the old one hold it? */
WHEN(type_new_for_new_code)
{
	struct types_change back;

	(void)d;
	if (!c->old || !c->new || !strcmp(c->old, c->new))
		return false;
	back = types_compare(c->new, c->old);
	return back.narrow || back.visible;
}

/* A column that every INSERT must name. */
WHEN(required)
{
	(void)d;
	return now(c, PROP_NOT_NULL) && !now(c, PROP_DEFAULT) && !now(c, PROP_IDENTITY) &&
	    !now(c, PROP_GENERATED);
}

/* A function of the model that is neither immutable nor stable. */
static bool
ours_is_volatile(const struct model *mo, const char *name, size_t len)
{
	size_t first, n = model_of_kind(mo, MODEL_FUNCTION, &first);

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *o = mo->objects[i];
		const char *text;

		if (strncmp(o->id, name, len) || o->id[len] != '(')
			continue;
		text = model_get(o, PROP_DEFINITION);
		if (text && !strstr(text, " IMMUTABLE") && !strstr(text, " STABLE"))
			return true;
	}
	return false;
}

WHEN(volatile)
{
	static const char *const known[] = { "random", "clock_timestamp", "gen_random_uuid",
		"uuid_generate_v4", "uuid_generate_v1", "timeofday", "gen_random_bytes", "uuidv4",
		"uuidv7", "random_normal" };
	const char *text = now(c, PROP_DEFAULT);

	for (const char *p = text ? strchr(text, '(') : NULL; p; p = strchr(p + 1, '(')) {
		const char *name = p, *last;

		while (
		    name > text && (isalnum((unsigned char)name[-1]) || strchr("_.\"", name[-1])))
			name--;
		if (name == p)
			continue;
		last = name;
		for (const char *q = name; q < p; q++)
			if (*q == '.')
				last = q + 1;
		for (size_t i = 0; i < sizeof known / sizeof *known; i++)
			if (strlen(known[i]) == (size_t)(p - last) &&
			    !strncmp(known[i], last, (size_t)(p - last)))
				return true;
		if (ours_is_volatile(d->to, name, (size_t)(p - name)))
			return true;
	}
	return false;
}

WHEN(counted) { (void)d; return now(c, PROP_IDENTITY) || begins(now(c, PROP_DEFAULT), "nextval("); }
/* Are values lost that nothing computes again? */
WHEN(ungenerated)
{
	return !c->old || (!c->new && !diff_keeps_generated(d->from, c->from, c->to));
}
WHEN(recomputed) { return c->old && when_stored(d, c); }
WHEN(stored)
{
	(void)d;
	return now(c, PROP_GENERATED) && strstr(now(c, PROP_GENERATED), ") STORED");
}

static bool
contype(const struct diff_change *c, char type)
{
	const char *t = model_get(diff_object(c), PROP_CONTYPE);

	return t && *t == type;
}

static bool
not_valid(const char *definition)
{
	return definition && strstr(definition, " NOT VALID");
}

WHEN(primary_key) { return contype(c, 'p') && !key_index(d->from, d->to, c->to); }
WHEN(unique) { return contype(c, 'u') && !key_index(d->from, d->to, c->to); }
WHEN(check) { (void)d; return contype(c, 'c'); }
WHEN(foreign_key) { (void)d; return contype(c, 'f'); }
WHEN(exclusion) { (void)d; return contype(c, 'x'); }
WHEN(validating_check)
{
	(void)d;
	return contype(c, 'c') && !not_valid(now(c, PROP_DEFINITION)) && !when_validated(d, c);
}

bool
when_key_is_empty(const struct diff *d, const struct diff_change *c)
{
	MEM_SCOPE(m);
	const char *text = now(c, PROP_DEFINITION), *open = text ? strchr(text, '(') : NULL;
	size_t len = open ? strcspn(open + 1, "()") : 0;
	const struct model_object *table = diff_object(c)->table;
	char *list, *save = NULL;

	if (!open || open[1 + len] != ')' || !table || strstr(text, "NULLS NOT DISTINCT") ||
	    strstr(text, "MATCH FULL"))
		return false;
	list = mem_dup(m, open + 1, len);
	for (char *name = strtok_r(list, ",", &save); name; name = strtok_r(NULL, ",", &save)) {
		const char *id = mem_fmt(m, "%s.%s", table->id, name + strspn(name, " "));
		const struct model_object *column = model_find(d->to, MODEL_COLUMN, id);

		if (column && !model_find(d->from, MODEL_COLUMN, id) &&
		    !model_get(column, PROP_DEFAULT) && !model_get(column, PROP_IDENTITY) &&
		    !model_get(column, PROP_GENERATED))
			return true;
	}
	return false;
}

WHEN(validating_key)
{
	return contype(c, 'f') && !not_valid(now(c, PROP_DEFINITION)) && !when_validated(d, c) &&
	    !when_key_is_empty(d, c);
}
WHEN(stricter_unique)
{
	return (contype(c, 'p') || contype(c, 'u')) && !when_key_is_empty(d, c) &&
	    !key_same(d->from, c->to);
}
WHEN(validating_domain) { (void)d; return !not_valid(now(c, PROP_DEFINITION)); }
WHEN(not_only_validated) { return !when_validated(d, c); }
WHEN(attached) { (void)d; return c->new != NULL; }

/* NOT NULL that no CHECK has proven before. */
WHEN(unproven)
{
	const char *kind = now(c, PROP_NOT_NULL_KIND);

	return !c->old && !(kind && strstr(kind, "NOT VALID")) &&
	    !(c->from && c->from->table && diff_proof(d->from, c->from));
}

WHEN(constrained)
{
	const char *type = now(c, PROP_TYPE);
	bool refuses = false;

	if (type)
		base_type(d->to, type, &refuses);
	return refuses;
}

/* Only its NOT VALID is gone. */
WHEN(validated)
{
	size_t n = c->new ? strlen(c->new) : 0;

	(void)d;
	return not_valid(c->old) && c->new && !strncmp(c->old, c->new, n) &&
	    !strcmp(c->old + n, " NOT VALID");
}

WHEN(unique_index)
{
	(void)d;
	return begins(model_get(diff_object(c), PROP_DEFINITION), "CREATE UNIQUE");
}
WHEN(stricter_unique_index)
{
	return when_unique_index(d, c) && !when_key_is_empty(d, c) && !key_same(d->from, c->to);
}
WHEN(unique_index_gone) { return when_unique_index(d, c) && !key_same(d->to, c->from); }
WHEN(index_gone) { return !key_constraint(d->from, d->to, c->from); }

/* That of a partitioned table is INVALID as long as parts of it are missing. */
static bool
of_partitioned(const struct diff_change *c)
{
	const struct model_object *t = diff_object(c)->table;

	return t && model_get(t, PROP_PARTITION_KEY);
}
WHEN(made_valid) { (void)d; return c->old && !c->new && !of_partitioned(c); }
WHEN(left_invalid) { (void)d; return now(c, PROP_VALID) && !of_partitioned(c); }

/* Old code leaves the column out of its INSERTs, and counts on the default. */
/* an identity gives its numbers in place of the default */
WHEN(default_dropped) { (void)d; return !c->new && !now(c, PROP_IDENTITY); }
WHEN(default_needed) { return when_default_dropped(d, c) && now(c, PROP_NOT_NULL); }
WHEN(identity_dropped) { (void)d; return !c->new && !now(c, PROP_DEFAULT); }
WHEN(sequence_gone) { return !model_find(d->to, MODEL_IDENTITY, c->from->id); }
WHEN(sequence_lost) { return !diff_becomes_identity(d->from, d->to, c->from); }

WHEN(labels_lost) { (void)d; return !model_labels_in(c->old, c->new, false); }
WHEN(labels_added) { (void)d; return !model_labels_in(c->new, c->old, false); }
WHEN(labels_moved) { return !when_labels_lost(d, c) && !model_labels_in(c->old, c->new, true); }

WHEN(partition) { (void)d; return model_get(diff_object(c), PROP_PARTITION_BOUND) != NULL; }

/* Is it in the partition key of its table, or of a partition of that? */
WHEN(in_key)
{
	if (!c->from->table || !model_get(c->from->table, PROP_PARTITION_KEY))
		return false;
	for (size_t i = 0; i < d->from->count; i++) {
		const struct model_object *x = d->from->objects[i], *t = x->table;

		if (x->kind != MODEL_COLUMN || strcmp(x->name, c->from->name) || !model_in_key(x))
			continue;
		while (t && t != c->from->table)
			t = model_get(t, PROP_INHERITS) ?
			    model_find(d->from, MODEL_TABLE, model_get(t, PROP_INHERITS)) :
			    NULL;
		if (t)
			return true;
	}
	return false;
}

WHEN(default_partition)
{
	(void)d;
	return begins(model_get(diff_object(c), PROP_PARTITION_BOUND), "DEFAULT");
}
WHEN(partition_left)
{
	(void)d;
	return before(c, PROP_PARTITION_BOUND) && !now(c, PROP_PARTITION_BOUND);
}
WHEN(has_rows) { (void)d; return !before(c, PROP_PARTITION_KEY); }

/* CREATE OR REPLACE keeps the columns that were there, and their order. */
WHEN(view_narrowed)
{
	const char *old = before(c, PROP_COLUMNS), *new = now(c, PROP_COLUMNS);
	size_t n = old ? strlen(old) : 0;

	(void)d;
	return old && new && (strncmp(old, new, n) || (new[n] && new[n] != ','));
}

WHEN(arguments_broken) { (void)d; return !arguments_kept(c->old, c->new); }
WHEN(argument_default) { (void)d; return arguments_default_changed(c->old, c->new); }
WHEN(ambiguous) { return arguments_rival(d->from, d->to, c->from, c->to); }

WHEN(key_widened) { (void)d; return contype(c, 'p') || contype(c, 'u'); }
WHEN(unique_gone) { return when_key_widened(d, c) && !key_same(d->to, c->from); }
WHEN(unique_new) { return when_key_widened(d, c) && !key_same(d->from, c->to); }

WHEN(identity_stricter) { (void)d; return begins(c->new, "ALWAYS") && !begins(c->old, "ALWAYS"); }

/* Step or bounds: where it began is of the past, and its name and cache are nobody's business. */
WHEN(identity_counts)
{
	const char *old = c->old && c->new ? strstr(c->old, " INCREMENT BY ") : NULL;
	const char *new = old ? strstr(c->new, " INCREMENT BY ") : NULL;
	size_t n = old ? (size_t)(strstr(old, " CACHE ") - old) : 0;

	(void)d;
	return old && new && strncmp(old, new, n + strlen(" CACHE "));
}
WHEN(rls_table)
{
	(void)d;
	return diff_object(c)->table && model_get(diff_object(c)->table, PROP_RLS);
}
WHEN(policy_restricts)
{
	return when_rls_table(d, c) && model_get(diff_object(c), PROP_PERMISSIVE);
}
WHEN(policy_allows) { return when_rls_table(d, c) && !when_policy_restricts(d, c); }
WHEN(sequence_lower)
{
	(void)d;
	return c->prop == PROP_MAXIMUM || c->prop == PROP_MINIMUM || c->prop == PROP_TYPE ||
	    c->prop == PROP_INCREMENT || (c->prop == PROP_CYCLE && !c->new);
}
WHEN(enabled) { (void)d; return !c->new || !begins(c->new, "DISABLE"); }
WHEN(disabled) { (void)d; return begins(c->new, "DISABLE"); }

/* Has the composite type lost an attribute, or changed one? */
WHEN(attributes_lost)
{
	size_t n = c->old ? strlen(c->old) : 0;

	(void)d;
	return !c->new || (n && (strncmp(c->old, c->new, n) || (c->new[n] && c->new[n] != '\n')));
}

/* Does code name what got another name? Not when a view has taken the old one. */
WHEN(name_used)
{
	static const enum model_kind never[] = { MODEL_CONSTRAINT, MODEL_DOMAIN_CONSTRAINT,
		MODEL_INDEX, MODEL_TRIGGER, MODEL_POLICY, MODEL_RULE, MODEL_STATISTICS };

	for (size_t i = 0; i < sizeof never / sizeof *never; i++)
		if (c->kind == never[i])
			return false;
	return !model_find(d->to, MODEL_VIEW, c->from->id);
}
WHEN(key_name_used)
{
	return c->kind == MODEL_CONSTRAINT && (when_key_widened(d, c) || when_exclusion(d, c));
}

/* Is it a partition beside one for all other rows, which must prove that it holds none for it? */
WHEN(beside_default)
{
	const char *parent = now(c, PROP_PARTITION_BOUND) ? now(c, PROP_INHERITS) : NULL;
	size_t first, n = model_of_kind(d->from, MODEL_TABLE, &first);

	for (size_t i = first; parent && i < first + n; i++)
		if (model_same(model_get(d->from->objects[i], PROP_INHERITS), parent) &&
		    begins(model_get(d->from->objects[i], PROP_PARTITION_BOUND), "DEFAULT"))
			return true;
	return false;
}

static bool
is_one_of(enum model_kind kind, const enum model_kind *kinds)
{
	while (*kinds != MODEL_KINDS && *kinds != kind)
		kinds++;
	return *kinds != MODEL_KINDS;
}

/* Kinds without a row of their own that code says the name of: what goes breaks the old, what comes
 * the new needs. */
WHEN(code_names_kind)
{
	static const enum model_kind gone[] = { MODEL_LANGUAGE, MODEL_FDW, MODEL_TS_TEMPLATE,
		MODEL_TS_PARSER, MODEL_TS_DICTIONARY, MODEL_TRANSFORM, MODEL_KINDS };
	static const enum model_kind more[] = { MODEL_COLLATION, MODEL_RANGE, MODEL_BASE_TYPE,
		MODEL_SERVER, MODEL_USER_MAPPING, MODEL_AGGREGATE, MODEL_OPERATOR, MODEL_CAST,
		MODEL_TS_CONFIGURATION, MODEL_KINDS };

	(void)d;
	return is_one_of(c->kind, gone) || (c->action == DIFF_CREATE && is_one_of(c->kind, more));
}

WHEN(schema_names_kind)
{
	static const enum model_kind kinds[] = { MODEL_OPERATOR_CLASS, MODEL_OPERATOR_FAMILY,
		MODEL_CONVERSION, MODEL_ACCESS_METHOD, MODEL_EVENT_TRIGGER, MODEL_SECURITY_LABEL,
		MODEL_KINDS };

	(void)d;
	return is_one_of(c->kind, kinds);
}

/* Of kinds that have no row of their own, something else than who owns it, what is said of it and
 * how many rows the planner expects of an operator. */
WHEN(behaves_otherwise)
{
	static const enum model_kind kinds[] = { MODEL_LANGUAGE, MODEL_COLLATION, MODEL_FDW,
		MODEL_SERVER, MODEL_USER_MAPPING, MODEL_OPERATOR, MODEL_OPERATOR_FAMILY,
		MODEL_OPERATOR_CLASS, MODEL_CAST, MODEL_CONVERSION, MODEL_TRANSFORM,
		MODEL_TS_TEMPLATE, MODEL_TS_PARSER, MODEL_TS_DICTIONARY, MODEL_TS_CONFIGURATION,
		MODEL_PUBLICATION, MODEL_SUBSCRIPTION, MODEL_EVENT_TRIGGER, MODEL_ACCESS_METHOD,
		MODEL_SECURITY_LABEL, MODEL_KINDS };

	(void)d;
	return c->prop != PROP_OWNER && c->prop != PROP_ACL && c->prop != PROP_COMMENT &&
	    !(c->kind == MODEL_OPERATOR && c->prop == PROP_OPTIONS) && is_one_of(c->kind, kinds);
}

WHEN(implicit)
{
	const char *text = now(c, PROP_DEFINITION);

	(void)d;
	return text && strstr(text, "AS IMPLICIT");
}
WHEN(identity_lost) { (void)d; return begins(c->new, "NOTHING"); }
WHEN(identity_less) { (void)d; return begins(c->old, "FULL") && !begins(c->new, "NOTHING"); }
