/* ddl_fate.c - what becomes of each object. */
#include <string.h>

#include "schema/arguments.h"
#include "schema/ddl_plan.h"
#include "schema/diff.h"
#include "schema/expression.h"
#include "schema/key.h"

bool
plan_same(const char *a, const char *b)
{
	return expression_same(a, b);
}

bool
plan_differs(const struct model_object *a, const struct model_object *b, enum model_prop p)
{
	const char *x = model_get(a, p), *y = model_get(b, p);

	return p == PROP_INHERITS ? !model_lists_same(x, y) : !plan_same(x, y);
}

/* Properties that no ALTER changes. */
static const struct {
	enum model_kind kind;
	enum model_prop prop;
} fixed[] = {
	{ MODEL_MATVIEW, PROP_DEFINITION },
	{ MODEL_MATVIEW, PROP_COLUMNS },
	{ MODEL_FUNCTION, PROP_RESULT },
	{ MODEL_FUNCTION, PROP_TYPE },
	{ MODEL_AGGREGATE, PROP_DEFINITION },
	{ MODEL_TABLE, PROP_PARTITION_KEY },
	{ MODEL_TABLE, PROP_SERVER },
	{ MODEL_COLUMN, PROP_GENERATED },
	{ MODEL_POLICY, PROP_COMMAND },
	{ MODEL_POLICY, PROP_PERMISSIVE },
	{ MODEL_TRIGGER, PROP_DEFINITION },
	{ MODEL_STATISTICS, PROP_DEFINITION },
	{ MODEL_CAST, PROP_DEFINITION },
	{ MODEL_OPERATOR, PROP_DEFINITION },
	{ MODEL_OPERATOR_CLASS, PROP_DEFINITION },
	{ MODEL_COLLATION, PROP_DEFINITION },
	{ MODEL_CONVERSION, PROP_DEFINITION },
	{ MODEL_TRANSFORM, PROP_DEFINITION },
	{ MODEL_TS_TEMPLATE, PROP_DEFINITION },
	{ MODEL_TS_PARSER, PROP_DEFINITION },
	{ MODEL_TS_DICTIONARY, PROP_DEFINITION },
	{ MODEL_TS_CONFIGURATION, PROP_DEFINITION },
	{ MODEL_LANGUAGE, PROP_DEFINITION },
	{ MODEL_FDW, PROP_DEFINITION },
	{ MODEL_SERVER, PROP_DEFINITION },
	{ MODEL_USER_MAPPING, PROP_DEFINITION },
	{ MODEL_EVENT_TRIGGER, PROP_DEFINITION },
	{ MODEL_ACCESS_METHOD, PROP_DEFINITION },
	{ MODEL_BASE_TYPE, PROP_DEFINITION },
	{ MODEL_SECURITY_LABEL, PROP_DEFINITION },
	{ MODEL_PRIVILEGES, PROP_ACL },
	{ MODEL_RANGE, PROP_DEFINITION },
	{ MODEL_DOMAIN, PROP_TYPE },
	{ MODEL_DOMAIN, PROP_COLLATION },
};

/* CREATE OR REPLACE VIEW keeps the columns that were there. */
static bool
view_anew(const struct model_object *a, const struct model_object *b)
{
	const char *old = model_get(a, PROP_COLUMNS), *new = model_get(b, PROP_COLUMNS);
	size_t n = strlen(old ? old : "");

	return !old || !new || strncmp(old, new, n) || (new[n] && strncmp(new + n, ", ", 2));
}

/* A foreign key can change when it is checked, a NOT VALID one can be validated. */
static bool
constraint_anew(const struct model_object *a, const struct model_object *b)
{
	const char *old = model_get(a, PROP_DEFINITION), *new = model_get(b, PROP_DEFINITION);
	size_t n = strlen(new);

	return strcmp(old, new) && (strncmp(old, new, n) || strcmp(old + n, " NOT VALID"));
}

/* ALTER TYPE adds attributes at the end and drops others; it does not move them. One line each. */
static bool
attributes_anew(const char *old, const char *new)
{
	for (const char *o = old ? old : ""; *o; o = model_next_line(o)) {
		size_t n = strcspn(o, "\n");

		if (new && !strncmp(new, o, n) && (!new[n] || new[n] == '\n')) {
			new += n + (new[n] == '\n');
			continue;
		}
		/* dropped, then; or is its name there again? */
		for (const char *w = new; w && *w; w = model_next_line(w))
			if (!strncmp(w, o, strcspn(o, " ") + 1))
				return true;
	}
	return false;
}

/* ALTER POLICY takes other expressions, and none away. */
static bool
policy_anew(const struct model_object *a, const struct model_object *b)
{
	return (model_get(a, PROP_USING) && !model_get(b, PROP_USING)) ||
	       (model_get(a, PROP_CHECK) && !model_get(b, PROP_CHECK));
}

static bool
is_anew(const struct model_object *a, const struct model_object *b)
{
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		if (fixed[i].kind == a->kind && plan_differs(a, b, fixed[i].prop))
			return true;
	if (a->kind == MODEL_FUNCTION)
		return !arguments_kept(model_get(a, PROP_ARGUMENTS), model_get(b, PROP_ARGUMENTS));
	if (a->kind == MODEL_VIEW)
		return view_anew(a, b);
	if (a->kind == MODEL_POLICY)
		return policy_anew(a, b);
	if (a->kind == MODEL_PUBLICATION)
		return ddl_publication_anew(a, b);
	if (a->kind == MODEL_SUBSCRIPTION)
		return ddl_subscription_anew(a, b);
	if (a->kind == MODEL_CONSTRAINT || a->kind == MODEL_DOMAIN_CONSTRAINT)
		return constraint_anew(a, b);
	/* an extension has no way down */
	if (a->kind == MODEL_EXTENSION)
		return strverscmp(model_get(a, PROP_VERSION), model_get(b, PROP_VERSION)) > 0;
	if (a->kind == MODEL_ENUM)
		/* else ALTER TYPE ADD VALUE will do */
		return !model_labels_in(
		    model_get(a, PROP_LABELS), model_get(b, PROP_LABELS), true);
	if (a->kind == MODEL_COMPOSITE)
		return attributes_anew(
		    model_get(a, PROP_ATTRIBUTES), model_get(b, PROP_ATTRIBUTES));
	if (a->kind == MODEL_COLUMN && a->table && a->table->kind != MODEL_TABLE)
		return false;
	/* what is made meanwhile must not get the privileges that were meant for later */
	return a->kind == MODEL_DEFAULT_PRIVILEGES;
}

/* What columns can move from while it has another name. */
static bool
is_type(const struct model_object *o)
{
	return o->kind == MODEL_ENUM || o->kind == MODEL_DOMAIN || o->kind == MODEL_COMPOSITE ||
	       o->kind == MODEL_RANGE || o->kind == MODEL_COLLATION;
}

bool
plan_goes(const struct plan *p, const struct model_object *from)
{
	enum plan_fate f = p->fate[from->place];

	return f == PLAN_DROP || f == PLAN_ANEW || f == PLAN_SWAP;
}

static enum plan_fate
first_fate(const struct model_object *a, const struct model_object *b)
{
	if (!b)
		return PLAN_DROP;
	if (a->kind != b->kind)
		return PLAN_SWAP;
	if (strcmp(a->name, b->name))
		return PLAN_ALTER;
	if (is_anew(a, b))
		return is_type(a) ? PLAN_SWAP : PLAN_ANEW;
	for (int p = 0; p < MODEL_PROPS; p++)
		if (model_prop_compared((enum model_prop)p) &&
		    plan_differs(a, b, (enum model_prop)p))
			return PLAN_ALTER;
	return PLAN_KEEP;
}

/* A foreign key whose both sides get another type? It may not hold with one of them alone, and the
 * server reads all rows again for each. */
static bool
is_retyped_twice(const struct plan *p, const struct model_object *key)
{
	bool own = false, other = false;

	for (size_t i = 0; i < key->need_count; i++) {
		const struct model_object *c = key->needs[i];

		if (c->kind == MODEL_COLUMN && p->retyped[c->place])
			*(c->table == key->table ? &own : &other) = true;
	}
	return own && other;
}

/* Is the domain part of another type: of an array, of a composite type, of a domain that is? */
static bool
is_contained(const struct model *mo, const struct model_object *domain)
{
	for (size_t i = 0; i < mo->count; i++) {
		const struct model_object *x = mo->objects[i];

		for (size_t j = 0; j < x->need_count; j++)
			if (x->needs[j] == domain &&
			    (x->kind == MODEL_COMPOSITE ||
				(x->kind == MODEL_DOMAIN && is_contained(mo, x)) ||
				(x->kind == MODEL_COLUMN && model_get(x, PROP_TYPE) &&
				    strcmp(model_get(x, PROP_TYPE), domain->id))))
				return true;
	}
	return false;
}

/* What X needs is going, or a column that it reads gets another type: what does that do to X? True
 * when something changed. */
static bool
drag(struct plan *p, const struct model_object *x, const struct model_object *need)
{
	bool retyped = need->kind == MODEL_COLUMN && p->retyped[need->place];
	bool by_itself = x->kind == MODEL_INDEX || x->kind == MODEL_CONSTRAINT ||
			 x->kind == MODEL_STATISTICS || x->kind == MODEL_SEQUENCE;
	enum plan_fate f = p->fate[need->place];

	/* an index that changes, too, cannot wait: its old expression may not fit the new type */
	if (retyped && !plan_goes(p, x) &&
	    ((x->kind == MODEL_INDEX && p->fate[x->place] == PLAN_ALTER &&
		 plan_differs(x, p->peer[x->place], PROP_DEFINITION)) ||
		(x->kind == MODEL_CONSTRAINT && is_retyped_twice(p, x)))) {
		p->fate[x->place] = PLAN_ANEW;
		return true;
	}
	/* its index is swapped for another */
	if (x->kind == MODEL_CONSTRAINT && need->kind == MODEL_INDEX && !plan_goes(p, x) &&
	    f == PLAN_ALTER && plan_differs(need, p->peer[need->place], PROP_DEFINITION)) {
		p->fate[x->place] = PLAN_ANEW;
		return true;
	}
	if (plan_goes(p, x) || (!plan_goes(p, need) && (!retyped || by_itself)) ||
	    (need->kind == x->kind && partition_leaves(p, x)))
		return false;
	if (x->kind == MODEL_COLUMN &&
	    (!model_get(x, PROP_GENERATED) || p->released[x->place])) {
		if (is_type(need) && f == PLAN_SWAP && !p->retyped[x->place])
			return p->retyped[x->place] = p->released[x->place] = true;
		if (p->released[x->place] || !model_get(x, PROP_DEFAULT) ||
		    need->kind == MODEL_SCHEMA)
			return false;
		return p->released[x->place] = true;
	}
	/* only the default of a domain calls something */
	if (x->kind == MODEL_DOMAIN && (need->kind == MODEL_FUNCTION ||
					   need->kind == MODEL_OPERATOR ||
					   need->kind == MODEL_SEQUENCE)) {
		if (p->released[x->place])
			return false;
		return p->released[x->place] = true;
	}
	/* it is moved to another schema */
	if (x->kind == MODEL_EXTENSION && plan_differs(x, p->peer[x->place], PROP_IN_SCHEMA))
		return false;
	if (x->kind == MODEL_TABLE && need->kind != MODEL_TABLE && need->kind != MODEL_SERVER)
		return false;
	if (x->kind == MODEL_TABLE && need->kind == MODEL_TABLE &&
	    plan_differs(x, p->peer[x->place], PROP_INHERITS))
		return false;
	if (x->kind == MODEL_DOMAIN_CONSTRAINT && is_contained(p->from, x->table))
		x = x->table;
	p->fate[x->place] = is_type(x) ? PLAN_SWAP : PLAN_ANEW;
	return true;
}

const struct model_object *
plan_base(const struct plan *p, const struct model_object *o)
{
	const struct model_object *base = NULL;

	if (o->kind == MODEL_SHELL_TYPE && !(base = model_find(p->from, MODEL_BASE_TYPE, o->id)))
		base = model_find(p->from, MODEL_RANGE, o->id);
	return base;
}

/* Until nothing more follows from what goes. */
static void
spread(struct plan *p)
{
	bool again = true;

	while (again) {
		again = false;
		for (size_t i = 0; i < p->from->count; i++) {
			const struct model_object *x = p->from->objects[i];

			again |= partition_spread(p, x);
			if (!p->peer[i] || plan_goes(p, x))
				continue;
			if ((x->table && plan_goes(p, x->table)) ||
			    (plan_base(p, x) && plan_goes(p, plan_base(p, x)))) {
				p->fate[i] = PLAN_ANEW;
				again = true;
				continue;
			}
			for (size_t j = 0; j < x->need_count; j++)
				again |= drag(p, x, x->needs[j]);
		}
	}
}

/* The same thing of TO under another name or of another kind: a part of an index, the sequence of
 * an identity column, a type. */
static const struct model_object *
other_peer(const struct plan *p, const struct model_object *a)
{
	static const enum model_kind types[] = { MODEL_ENUM, MODEL_DOMAIN, MODEL_COMPOSITE,
		MODEL_RANGE };
	const struct model_object *b = partition_peer(p, a);
	const char *identity = a->kind == MODEL_IDENTITY ? model_get(a, PROP_IDENTITY) : NULL;

	for (size_t i = 0; !b && is_type(a) && i < sizeof types / sizeof *types; i++)
		b = model_find(p->to, types[i], a->id);
	for (size_t i = 0; !b && identity && i < p->to->count; i++)
		if (p->to->objects[i]->kind == MODEL_IDENTITY &&
		    plan_same(model_get(p->to->objects[i], PROP_IDENTITY), identity) &&
		    !model_find(p->from, MODEL_IDENTITY, p->to->objects[i]->id))
			b = p->to->objects[i];
	return b;
}

/* A domain that is part of another type takes no new rule, for the server does not look for its
 * values there. */
static void
swap_domains(struct plan *p)
{
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i],
					  *d = b->kind == MODEL_DOMAIN ? a :
		    b->kind == MODEL_DOMAIN_CONSTRAINT                 ? p->past[b->table->place] :
									 NULL;
		bool stricter = b->kind == MODEL_DOMAIN ?
		    a && model_get(b, PROP_NOT_NULL) && !model_get(a, PROP_NOT_NULL) :
		    !a || plan_differs(a, b, PROP_DEFINITION);

		if (d && d->kind == MODEL_DOMAIN && stricter && !plan_goes(p, d) &&
		    is_contained(p->from, d))
			p->fate[d->place] = PLAN_SWAP;
	}
}

/* A sequence that stays would go with its column, which is made anew: it is nobody's meanwhile, and
 * goes on where it stands. */
static void
release_sequences(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *a = p->from->objects[i], *column;
		const char *owner = a->kind == MODEL_SEQUENCE ? model_get(a, PROP_OWNED_BY) : NULL;

		if (owner && p->peer[i] && !plan_goes(p, a) &&
		    (column = model_find(p->from, MODEL_COLUMN, owner)))
			p->released[i] = plan_goes(p, column) || plan_goes(p, column->table);
	}
}

/* The numbers of a serial column that becomes an identity go on: the old sequence stands aside
 * until the new one knows them. */
static void
swap_sequences(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *a = p->from->objects[i], *column;

		if (p->fate[i] != PLAN_DROP || !diff_becomes_identity(p->from, p->to, a))
			continue;
		column = model_find(p->from, MODEL_COLUMN, model_get(a, PROP_OWNED_BY));
		if (!plan_goes(p, column) && !plan_goes(p, column->table))
			p->fate[i] = PLAN_SWAP;
	}
}

const struct model_object *
plan_origin(const struct plan *p, const struct model_object *o, const char **list)
{
	const struct model_object *parent, *c = NULL;

	while (!c && (parent = partition_next_parent(p, p->from, list)))
		c = model_find(p->from, o->kind, mem_fmt(p->m, "%s.%s", parent->id, o->name));
	return c;
}

/* What an heir keeps goes from its parent alone. */
static void
keep_in_heirs(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *x = p->from->objects[i], *origin;
		const char *list = x->kind == MODEL_COLUMN && p->peer[i] && !plan_goes(p, x) &&
				!model_get(x->table, PROP_PARTITION_BOUND) ?
		    model_get(x->table, PROP_INHERITS) :
		    NULL;

		while ((origin = plan_origin(p, x, &list)))
			p->alone[origin->place] |= plan_goes(p, origin);
	}
}

/* An index that becomes a constraint as it stands does not go. */
static void
keep_indexes(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *a = p->from->objects[i],
					  *b = p->fate[i] == PLAN_DROP ?
			    key_constraint(p->from, p->to, a) :
			    NULL;

		if (b && plan_is_live(p, b->table))
			p->fate[i] = PLAN_KEEP;
	}
}

void
plan_decide(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *a = p->from->objects[i],
					  *b = model_find(p->to, a->kind, a->id);

		if (!b)
			b = other_peer(p, a);
		p->peer[i] = b;
		if (b)
			p->past[b->place] = a;
		p->fate[i] = b && partition_is_anew(p, a) ? PLAN_ANEW : first_fate(a, b);
		p->retyped[i] =
		    a->kind == MODEL_COLUMN && b &&
		    (plan_differs(a, b, PROP_TYPE) || plan_differs(a, b, PROP_COLLATION)) &&
		    a->table && a->table->kind == MODEL_TABLE;
		p->released[i] = p->retyped[i] && model_get(a, PROP_DEFAULT);
		if (a->kind == MODEL_COLUMN && b && diff_keeps_generated(p->from, a, b)) {
			p->fate[i] = PLAN_ALTER;
			p->released[i] = true;
		}
		/* tables come before their columns */
		if (p->retyped[i] && model_in_key(a) && p->peer[a->table->place])
			p->fate[a->table->place] = PLAN_ANEW;
	}
	swap_domains(p);
	check_decide(p);
	spread(p);
	release_sequences(p);
	swap_sequences(p);
	keep_in_heirs(p);
	keep_indexes(p);
}

bool
plan_is_made(const struct plan *p, const struct model_object *to)
{
	return !p->past[to->place] || plan_goes(p, p->past[to->place]);
}

bool
plan_is_live(const struct plan *p, const struct model_object *table)
{
	return table && !plan_is_made(p, table);
}
