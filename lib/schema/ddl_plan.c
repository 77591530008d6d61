/* ddl_plan.c - what is to be done, and what must come before what. */
#include <stdlib.h>
#include <string.h>

#include "schema/ddl_plan.h"

/* Does it come back, so that it had better not be away while an index is built, or whatever else
 * stands outside a transaction? */
static bool
returns(const struct plan *p, const struct plan_node *n)
{
	const struct model_object *o = n->from;

	/* columns of parents and heirs change together */
	if (n->step == PLAN_STEP_RELEASE)
		return o->kind == MODEL_COLUMN && !model_get(o, PROP_IDENTITY) &&
		       !model_get(o->table, PROP_INHERITS) && !model_has_heirs(p->from, o->table);
	return n->step == PLAN_STEP_DROP && n->to &&
	       (o->kind == MODEL_FUNCTION || o->kind > MODEL_IDENTITY);
}

void
plan_node(struct plan *p, enum plan_step step, const struct model_object *from,
    const struct model_object *to)
{
	struct plan_node *n = mem_zero(p->m, 1, sizeof *n);

	n->step = step;
	n->from = from;
	n->to = to;
	n->returns = returns(p, n);
	mem_grow(p->m, &p->nodes, p->count, &p->room, sizeof n);
	p->nodes[p->count++] = n;
	p->at[step][step == PLAN_STEP_DROP || step == PLAN_STEP_RELEASE || step == PLAN_STEP_CLEAN
			? from->place
			: to->place] = n;
}

/* Does A hold something back that goes, and must go before their table: a function that takes its
 * rows? */
static bool
in_circle(const struct plan *p, const struct model_object *a)
{
	for (size_t i = 0; i < a->need_count; i++)
		for (size_t j = 0; plan_goes(p, a->needs[i]) && j < a->needs[i]->need_count; j++)
			if (a->needs[i]->table != a->table && a->needs[i]->needs[j] == a->table)
				return true;
	return false;
}

/* Does it hold back something else that goes, so that two tables wait for each other: a policy that
 * reads a view of the other one? */
static bool
holds_back(const struct plan *p, const struct model_object *a)
{
	if (a->kind != MODEL_POLICY && a->kind != MODEL_RULE)
		return in_circle(p, a);
	for (size_t i = 0; i < a->need_count; i++)
		if (plan_goes(p, a->needs[i]) && a->needs[i] != a->table &&
		    a->needs[i]->table != a->table)
			return true;
	return false;
}

static bool
inherited(const struct model_object *o)
{
	const char *i = model_get(o, PROP_INHERITED);

	return i && !strcmp(i, "inherited");
}

/* Is it a column that its parent, for another heir keeps it, does not take along? */
static bool
is_left(const struct plan *p, const struct model_object *a)
{
	const char *list = a->kind == MODEL_COLUMN ? model_get(a->table, PROP_INHERITS) : NULL;
	const struct model_object *origin;

	while ((origin = plan_origin(p, a, &list)))
		if (p->alone[origin->place])
			return true;
	return false;
}

/* Does it go with something bigger, so that it needs no DROP of its own? A foreign key can hold its
 * table back. */
static bool
drops_along(const struct plan *p, const struct model_object *a)
{
	const char *owner = a->kind == MODEL_SEQUENCE ? model_get(a, PROP_OWNED_BY) : NULL;
	const struct model_object *column = owner ? model_find(p->from, MODEL_COLUMN, owner) : NULL;
	const char *contype = model_get(a, PROP_CONTYPE);

	if (!p->peer[a->place] && check_stays(p, a->table, a))
		return true;
	if (plan_base(p, a) || a->kind == MODEL_IDENTITY ||
	    (a->kind == MODEL_TRIGGER && inherited(a)))
		return true;
	for (size_t i = 0; a->kind == MODEL_FUNCTION && i < a->need_count; i++)
		if (plan_base(p, a->needs[i]))
			return true;
	if (column)
		return plan_goes(p, column) || plan_goes(p, column->table);
	if (inherited(a) && !(a->table && plan_goes(p, a->table)))
		return !partition_moves(p, p->peer[a->table->place]) && !is_left(p, a);
	if (partition_drops_along(p, a) || (p->fate[a->place] == PLAN_DROP && !plan_goes(p,
	    a->table ? a->table : a) && diff_has_check_from_parent(p->to, a)))
		return true;
	return a->table && plan_goes(p, a->table) && !(contype && *contype == 'f') &&
	       a->kind != MODEL_DOMAIN_CONSTRAINT && !holds_back(p, a);
}

/* A sequence that outlives its column, and an identity whose sequence's name may be wanted. */
static bool
lets_go(const struct model_object *a, const struct model_object *b)
{
	if (a->kind == MODEL_SEQUENCE)
		return model_get(a, PROP_OWNED_BY) && plan_differs(a, b, PROP_OWNED_BY);
	return a->kind == MODEL_COLUMN && model_get(a, PROP_IDENTITY) &&
	       !model_get(b, PROP_IDENTITY);
}

bool
plan_owner_follows(const struct plan *p, const struct model_object *b)
{
	const struct model_object *a = p->past[b->place];

	return b->kind == MODEL_SEQUENCE && a && !plan_is_made(p, b) &&
	       model_get(b, PROP_OWNED_BY) && !plan_differs(a, b, PROP_OWNED_BY);
}

static void
add_nodes(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *a = p->from->objects[i];

		if (plan_goes(p, a) && !drops_along(p, a))
			plan_node(p, PLAN_STEP_DROP, a, p->peer[i]);
		if (p->fate[i] == PLAN_SWAP)
			plan_node(p, PLAN_STEP_CLEAN, a, p->peer[i]);
		if (!plan_goes(p, a) && (p->released[i] || lets_go(a, p->peer[i])))
			plan_node(p, PLAN_STEP_RELEASE, a, p->peer[i]);
	}
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i];

		if (ddl_key_is_built(p, b) || ddl_index_is_built(p, b))
			plan_node(p, PLAN_STEP_BUILD, a, b);
		if (plan_is_made(p, b))
			plan_node(p, PLAN_STEP_MAKE, a, b);
		else if (p->fate[a->place] == PLAN_ALTER || p->retyped[a->place] ||
			 p->released[a->place])
			plan_node(p, PLAN_STEP_ALTER, a, b);
	}
	partition_add_nodes(p);
}

void
plan_edge(struct plan *p, struct plan_node *first, struct plan_node *then)
{
	if (!first || !then || first == then)
		return;
	mem_grow(p->m, &first->then, first->then_count, &first->then_room, sizeof then);
	first->then[first->then_count++] = then;
	then->waits++;
}

/* A new domain has all its rules before it becomes a part of other types: then it takes no more. */
static void
after_rules(struct plan *p, const struct model_object *domain, struct plan_node *n)
{
	size_t first, count = model_children(p->to, domain, MODEL_DOMAIN_CONSTRAINT, &first);

	for (size_t i = first; i < first + count; i++)
		plan_edge(p, p->at[PLAN_STEP_MAKE][i], n);
}

/* An heir's own column comes before its parent's, and one that it has from its parent after that.
 * An heir's own CHECK comes before its parent's of that name, which may be NOT VALID: the other way
 * round they do not merge. And it goes after it, when nothing of it is inherited any more, as does
 * a column that the parent does not take along, or the NOT NULL of one. */
static void
around_parents(struct plan *p, const struct model_object *o, enum plan_step step)
{
	const struct model *mo = step == PLAN_STEP_DROP ? p->from : p->to;
	bool after = step != PLAN_STEP_MAKE || (o->kind == MODEL_COLUMN && inherited(o));
	bool column = o->kind == MODEL_COLUMN && o->table,
	     check = o->kind == MODEL_CONSTRAINT && o->table && step != PLAN_STEP_ALTER;
	const char *list = (column || check) && (!model_get(o->table, PROP_PARTITION_BOUND) ||
		(column && step == PLAN_STEP_MAKE)) ?
	    model_get(o->table, PROP_INHERITS) :
	    NULL;

	for (const char *s = list; s && *s; s += strcspn(s, ","), s += strspn(s, ", ")) {
		const struct model_object *parent = model_find(mo, o->kind,
		    mem_fmt(p->m, "%.*s.%s", (int)strcspn(s, ","), s, o->name));
		struct plan_node *own = p->at[step][o->place],
				 *its = parent ? p->at[step][parent->place] : NULL;

		plan_edge(p, after ? its : own, after ? own : its);
	}
}

/* What is made or altered needs what TO says that it needs. */
static void
connect_to(struct plan *p, struct plan_node *n, const struct model_object *b)
{
	for (size_t i = 0; i < b->need_count; i++) {
		const struct model_object *need = b->needs[i], *past = p->past[need->place];

		/* a generated column comes in one statement with those that it reads */
		if (n->to->kind == MODEL_TABLE && need->table == n->to)
			continue;
		plan_edge(p, p->at[PLAN_STEP_MAKE][need->place], n);
		plan_edge(p, p->at[PLAN_STEP_ALTER][need->place], n);
		if (need->kind != MODEL_TABLE)
			plan_edge(p, partition_ready(p, need, n), n);
		if (need->kind == MODEL_DOMAIN && plan_is_made(p, need) &&
		    (n->to->kind == MODEL_TABLE || n->to->kind == MODEL_COLUMN ||
			n->to->kind == MODEL_COMPOSITE || n->to->kind == MODEL_DOMAIN))
			after_rules(p, need, n);
		/* a column comes with its table */
		if (need->table && plan_is_made(p, need->table))
			plan_edge(p, p->at[PLAN_STEP_MAKE][need->table->place], n);
		if (past && p->fate[past->place] == PLAN_SWAP)
			plan_edge(p, n, p->at[PLAN_STEP_CLEAN][past->place]);
	}
	if (b->table)
		plan_edge(p, p->at[PLAN_STEP_MAKE][b->table->place], n);
	if (b->kind == MODEL_COLUMN && b->table->kind == MODEL_VIEW)
		plan_edge(p, p->at[PLAN_STEP_ALTER][b->table->place], n);
	if (plan_owner_follows(p, b))
		plan_edge(p,
		    p->at[PLAN_STEP_ALTER][model_find(p->to, MODEL_COLUMN,
			model_get(b, PROP_OWNED_BY))
					       ->table->place],
		    n);
}

/* What goes when O of FROM goes. */
static struct plan_node *
drop_of(const struct plan *p, const struct model_object *o)
{
	struct plan_node *drop = p->at[PLAN_STEP_DROP][o->place];

	if (!drop && o->table && plan_goes(p, o))
		drop = p->at[PLAN_STEP_DROP][o->table->place];
	return drop ? drop : partition_drop(p, o);
}

/* Can NEED not change before A goes? An enum only gets labels; a column another type, and to be
 * NULL when it is no longer in a primary key. */
static bool
hinders(const struct plan *p, const struct model_object *a, const struct model_object *need)
{
	const char *contype = model_get(a, PROP_CONTYPE);

	if (need->kind == MODEL_COLUMN && contype && *contype != 'p')
		return p->retyped[need->place] || p->released[need->place];
	return need->kind != MODEL_ENUM;
}

/* FIRST comes before a column of FROM gets its new type, be it with an ancestor's. */
static void
before_type(struct plan *p, struct plan_node *first, const struct model_object *column)
{
	const char *list = model_get(column->table, PROP_INHERITS);

	for (const struct model_object *c; (c = plan_origin(p, column, &list));)
		if (p->retyped[c->place]) {
			plan_edge(p, first, p->at[PLAN_STEP_ALTER][p->peer[c->place]->place]);
			before_type(p, first, c);
		}
}

/* What goes must be let go of by what needed it. */
static void
connect_from(struct plan *p, const struct model_object *a)
{
	struct plan_node *drop = p->at[PLAN_STEP_DROP][a->place],
			 *release = p->at[PLAN_STEP_RELEASE][a->place];
	struct plan_node *along =
	    !drop && a->table && plan_goes(p, a) ? p->at[PLAN_STEP_DROP][a->table->place] : NULL;
	struct plan_node *alter =
	    p->peer[a->place] ? p->at[PLAN_STEP_ALTER][p->peer[a->place]->place] : NULL;

	for (size_t i = 0; i < a->need_count; i++) {
		const struct model_object *need = a->needs[i];
		struct plan_node *gone = drop_of(p, need);
		struct plan_node *changed =
		    p->peer[need->place] ? p->at[PLAN_STEP_ALTER][p->peer[need->place]->place]
					 : NULL;

		plan_edge(p, drop ? drop : along, gone);
		plan_edge(p, p->at[PLAN_STEP_CLEAN][a->place],
		    p->fate[need->place] == PLAN_DROP ? gone :
							p->at[PLAN_STEP_CLEAN][need->place]);
		if (hinders(p, a, need))
			plan_edge(p, drop, changed);
		if (need->kind == MODEL_COLUMN && p->retyped[need->place])
			before_type(p, drop, need);
		plan_edge(p, release, gone);
		if (a->kind == MODEL_COLUMN && model_get(a, PROP_GENERATED))
			plan_edge(p, release, changed);
		if (!release && (p->fate[need->place] == PLAN_DROP ||
				    (a->kind == MODEL_TABLE && plan_goes(p, need))))
			plan_edge(p, alter, gone);
		if (release && p->fate[need->place] == PLAN_DROP && p->retyped[a->place])
			plan_edge(p, alter, gone);
	}
	if (a->table)
		plan_edge(p, drop, p->at[PLAN_STEP_DROP][a->table->place]);
	if (a->kind == MODEL_SEQUENCE && p->fate[a->place] == PLAN_SWAP) {
		const struct model_object *column =
		    model_find(p->to, MODEL_COLUMN, model_get(a, PROP_OWNED_BY));
		struct plan_node *identity = p->at[PLAN_STEP_ALTER][column->place];

		plan_edge(p, drop, identity);
		plan_edge(p, identity, p->at[PLAN_STEP_CLEAN][a->place]);
	}
	if (release && a->kind == MODEL_SEQUENCE) {
		const struct model_object *column =
		    model_find(p->from, MODEL_COLUMN, model_get(a, PROP_OWNED_BY));

		plan_edge(p, release, column ? p->at[PLAN_STEP_DROP][column->place] : NULL);
		plan_edge(p, release, column ? p->at[PLAN_STEP_DROP][column->table->place] : NULL);
	}
	plan_edge(p, release, alter);
}

/* Does it have a name that no other relation or type of its schema has? */
static bool
is_named(const struct model_object *o)
{
	const char *contype = model_get(o, PROP_CONTYPE);

	return o->kind == MODEL_TABLE || o->kind == MODEL_VIEW || o->kind == MODEL_MATVIEW ||
	       o->kind == MODEL_SEQUENCE || o->kind == MODEL_INDEX ||
	       (o->kind == MODEL_CONSTRAINT && contype && strchr("pux", *contype));
}

static int
by_name(const void *a, const void *b)
{
	const struct model_object *x = *(const struct model_object *const *)a,
				  *y = *(const struct model_object *const *)b;
	int c = strcmp(x->name, y->name);

	return c ? c : strcmp(x->schema, y->schema);
}

/* A name is free when what had it is gone, be that of another table. */
static void
after_namesakes(struct plan *p)
{
	const struct model_object **gone = mem_zero(p->m, p->from->count + 1, sizeof *gone), **g;
	size_t n = 0;

	for (size_t i = 0; i < p->from->count; i++)
		if (plan_goes(p, p->from->objects[i]) && is_named(p->from->objects[i]))
			gone[n++] = p->from->objects[i];
	qsort(gone, n, sizeof *gone, by_name);
	for (size_t i = 0; n && i < p->to->count; i++)
		if (p->at[PLAN_STEP_MAKE][i] && is_named(p->to->objects[i]) &&
		    (g = bsearch(&p->to->objects[i], gone, n, sizeof *gone, by_name)))
			plan_edge(p, drop_of(p, *g),
			    p->at[p->at[PLAN_STEP_BUILD][i] && !p->past[i] ? PLAN_STEP_BUILD
									   : PLAN_STEP_MAKE][i]);
}

/* A column of an heir gets its new type with its parent's. */
static void
after_parents_type(struct plan *p, const struct model_object *b, struct plan_node *alter)
{
	const char *list = b->kind == MODEL_COLUMN && p->retyped[p->past[b->place]->place] ?
	    model_get(b->table, PROP_INHERITS) :
	    NULL;

	for (const struct model_object *parent, *c;
	     (parent = partition_next_parent(p, p->to, &list));) {
		c = model_find(
		    p->to, MODEL_COLUMN, mem_fmt(p->m, "%s.%s", parent->id, b->name));
		plan_edge(p, c ? p->at[PLAN_STEP_ALTER][c->place] : NULL, alter);
	}
}

static bool
is_primary(const struct model_object *o)
{
	const char *contype = model_get(o, PROP_CONTYPE);

	return contype && *contype == 'p';
}

/* A table has one primary key. */
static void
after_primary_key(struct plan *p, const struct model_object *b, struct plan_node *make)
{
	const struct model_object *table = is_primary(b) ? p->past[b->table->place] : NULL;
	size_t first = 0, n = table ? model_children(p->from, table, MODEL_CONSTRAINT, &first) : 0;

	for (size_t i = first; i < first + n; i++)
		if (is_primary(p->from->objects[i]))
			plan_edge(p, p->at[PLAN_STEP_DROP][i], make);
}

/* No table that is logged refers to one that is not. */
static void
around_unlogged(struct plan *p, const struct model_object *key)
{
	const char *name = model_get(key, PROP_REFERENCES);
	const struct model_object *other = name ? model_find(p->to, MODEL_TABLE, name) : NULL;
	bool unlogged = other && model_get(other, PROP_PERSISTENCE);
	struct plan_node *its, *own;

	if (!other || !p->past[other->place] ||
	    !plan_differs(p->past[other->place], other, PROP_PERSISTENCE))
		return;
	its = p->at[PLAN_STEP_ALTER][other->place];
	own = p->at[PLAN_STEP_ALTER][key->table->place];
	plan_edge(p, unlogged ? own : its, unlogged ? its : own);
}

void
plan_connect(struct plan *p)
{
	add_nodes(p);
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i];
		struct plan_node *make = p->at[PLAN_STEP_MAKE][i],
				 *alter = p->at[PLAN_STEP_ALTER][i],
				 *build = p->at[PLAN_STEP_BUILD][i];

		around_unlogged(p, b);
		if (build) {
			connect_to(p, build, b);
			plan_edge(p, build, make);
			ddl_build_connect(p, build);
		}
		if (make) {
			connect_to(p, make, b);
			ddl_key_connect(p, b);
			around_parents(p, b, PLAN_STEP_MAKE);
			after_primary_key(p, b, make);
		}
		if (alter) {
			connect_to(p, alter, b);
			after_parents_type(p, b, alter);
			around_parents(p, b, PLAN_STEP_ALTER);
		}
		/* a shell gets the name that the range had which is put aside */
		if (make && b->kind == MODEL_SHELL_TYPE) {
			const struct model_object *range = model_find(p->from, MODEL_RANGE, b->id);

			plan_edge(p, range ? p->at[PLAN_STEP_DROP][range->place] : NULL, make);
		}
		if (make && a) {
			plan_edge(p, p->at[PLAN_STEP_DROP][a->place], make);
			plan_edge(p, make, p->at[PLAN_STEP_CLEAN][a->place]);
			if (a->table && !p->at[PLAN_STEP_DROP][a->place])
				plan_edge(p, p->at[PLAN_STEP_DROP][a->table->place], make);
		}
		/* columns of a new table come with it, but not before what they need */
		if (make && b->kind == MODEL_COLUMN && b->table && plan_is_made(p, b->table))
			connect_to(p, p->at[PLAN_STEP_MAKE][b->table->place], b);
	}
	for (size_t i = 0; i < p->from->count; i++) {
		const struct model_object *key = ddl_key_successor(p, p->from->objects[i]);

		connect_from(p, p->from->objects[i]);
		plan_edge(p, p->at[PLAN_STEP_DROP][i],
		    key ? p->at[PLAN_STEP_MAKE][key->place] : NULL);
		around_parents(p, p->from->objects[i], PLAN_STEP_DROP);
	}
	partition_connect(p);
	after_namesakes(p);
}
