/* ddl_check.c - CHECKs that a table has from its parents: what becomes of them when it leaves one,
 * and what it needs before it comes to one. */
#include <string.h>

#include "schema/ddl_plan.h"

struct checks {
	const struct model_object **item;
	size_t count, room;
};

static bool
is_heritable(const struct model_object *constraint)
{
	return *model_get(constraint, PROP_CONTYPE) == 'c' &&
	       !strstr(model_get(constraint, PROP_DEFINITION), " NO INHERIT");
}

static const struct model_object *
own(const struct plan *p, const struct model *mo, const struct model_object *table,
    const char *name)
{
	return model_find(mo, MODEL_CONSTRAINT, mem_fmt(p->m, "%s.%s", table->id, name));
}

static const struct model_object *
named(const struct checks *c, const char *name)
{
	for (size_t i = 0; i < c->count; i++)
		if (!strcmp(c->item[i]->name, name))
			return c->item[i];
	return NULL;
}

static void
add(const struct plan *p, struct checks *c, const struct model_object *check)
{
	if (named(c, check->name))
		return;
	mem_grow(p->m, &c->item, c->count, &c->room, sizeof *c->item);
	c->item[c->count++] = check;
}

static void collect_from(const struct plan *, struct checks *, const struct model *,
    const struct model_object *parent, const struct model_object *heir);

/* What TABLE of MO has from its parents and theirs, and HEIR not of its own. */
static void
collect(const struct plan *p, struct checks *c, const struct model *mo,
    const struct model_object *table, const struct model_object *heir)
{
	const char *list = model_get(table, PROP_INHERITS);

	for (const struct model_object *parent; (parent = partition_next_parent(p, mo, &list));)
		collect_from(p, c, mo, parent, heir);
}

/* What PARENT has, and from its parents. */
static void
collect_from(const struct plan *p, struct checks *c, const struct model *mo,
    const struct model_object *parent, const struct model_object *heir)
{
	size_t first, n = model_children(mo, parent, MODEL_CONSTRAINT, &first);

	for (size_t i = first; i < first + n; i++)
		if (is_heritable(mo->objects[i]) && !own(p, mo, heir, mo->objects[i]->name))
			add(p, c, mo->objects[i]);
	collect(p, c, mo, parent, heir);
}

/* Those of SIDE's parents alone; the other side's stay with it, and all that these have, unless it
 * is a partition of one. */
static struct checks
heired(const struct plan *p, const struct model *mo, const struct model_object *side,
    const struct model_object *other)
{
	struct checks all = { 0 }, kept = { 0 }, c = { 0 };
	bool plain = other && !model_get(side, PROP_PARTITION_BOUND) &&
		     !model_get(other, PROP_PARTITION_BOUND);
	const char *list = model_get(side, PROP_INHERITS);

	for (const struct model_object *parent; (parent = partition_next_parent(p, mo, &list));)
		collect_from(p,
		    plain && model_is_listed(parent->id, model_get(other, PROP_INHERITS)) ? &kept :
											   &all,
		    mo, parent, side);
	for (size_t i = 0; i < all.count; i++)
		if (!named(&kept, all.item[i]->name))
			add(p, &c, all.item[i]);
	return c;
}

bool
check_owns_all(const struct plan *p, const struct model_object *to)
{
	return !heired(p, p->to, to, NULL).count;
}

/* The CHECK of that name that TABLE of MO has, from wherever. */
static const struct model_object *
find(const struct plan *p, const struct model *mo, const struct model_object *table,
    const char *name)
{
	const struct model_object *k = own(p, mo, table, name);
	struct checks c = { 0 };

	if (k)
		return *model_get(k, PROP_CONTYPE) == 'c' ? k : NULL;
	collect(p, &c, mo, table, table);
	return named(&c, name);
}

/* Does the table, which moves, have the same CHECK after as before? What it had from one parent, an
 * heir (no partition) would keep as its own beside another's. */
static bool
stays(const struct plan *p, const struct model_object *from, const char *name)
{
	const struct model_object *to = p->peer[from->place], *a = find(p, p->from, from, name),
				  *b = find(p, p->to, to, name);

	if (!a || !b || plan_differs(a, b, PROP_DEFINITION) ||
	    (a->table != from && b->table != to && !model_get(to, PROP_PARTITION_BOUND)))
		return false;
	for (size_t i = 0; i < a->need_count; i++) {
		const struct model_object *need = a->needs[i];

		if (need->kind == MODEL_COLUMN)
			need = model_find(p->from, MODEL_COLUMN,
			    mem_fmt(p->m, "%s.%s", from->id, need->name));
		if (need && need->kind != MODEL_TABLE &&
		    (plan_goes(p, need) || p->retyped[need->place]))
			return false;
	}
	return true;
}

bool
check_stays(const struct plan *p, const struct model_object *from, const struct model_object *o)
{
	return from && from->kind == MODEL_TABLE && o->kind == MODEL_CONSTRAINT &&
	       *model_get(o, PROP_CONTYPE) == 'c' && partition_moves(p, p->peer[from->place]) &&
	       stays(p, from, o->name);
}

void
check_leave(struct plan *p, const struct model_object *from, const struct model_object *to)
{
	struct checks c = heired(p, p->from, from, to);

	for (size_t i = 0; i < c.count; i++)
		if (!stays(p, from, c.item[i]->name))
			ddl_say(p->out, to, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", to->id,
			    c.item[i]->name);
}

/* What a parent has NOT VALID, too, it proves: what is new need not be told otherwise. */
static int
proven_len(const char *definition)
{
	const char *not_valid = strstr(definition, " NOT VALID");

	return not_valid ? (int)(not_valid - definition) : (int)strlen(definition);
}

void
check_come(struct plan *p, const struct model_object *to)
{
	const struct model_object *past = p->past[to->place];
	struct checks c = { 0 };

	if (!past || plan_goes(p, past) || !partition_moves(p, to) ||
	    !model_get(to, PROP_PARTITION_BOUND))
		return;
	c = heired(p, p->to, to, past);
	for (size_t i = 0; i < c.count; i++) {
		const char *text = model_get(c.item[i], PROP_DEFINITION);

		if (!stays(p, past, c.item[i]->name))
			ddl_say(p->out, to, "ALTER TABLE %s ADD CONSTRAINT %s %.*s", to->id,
			    c.item[i]->name, proven_len(text), text);
	}
}

void
check_list(struct plan *p, const struct model_object *table, struct mem_text *t)
{
	struct checks c = { 0 };

	if (model_get(table, PROP_PARTITION_BOUND))
		c = heired(p, p->to, table, NULL);
	for (size_t i = 0; i < c.count; i++) {
		const char *text = model_get(c.item[i], PROP_DEFINITION);

		mem_text_fmt(t, "%s\n\tCONSTRAINT %s %.*s", t->len ? "," : "", c.item[i]->name,
		    proven_len(text), text);
	}
}

void
check_decide(struct plan *p)
{
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i];
		struct checks c = { 0 };

		if (b->kind != MODEL_TABLE || model_get(b, PROP_PARTITION_BOUND) ||
		    !partition_moves(p, b))
			continue;
		c = heired(p, p->to, b, p->past[i]);
		for (size_t j = 0; j < c.count; j++) {
			const struct model_object *past = p->past[c.item[j]->place];

			if (past && !plan_goes(p, past) &&
			    !stays(p, p->past[i], c.item[j]->name))
				p->fate[past->place] = PLAN_ANEW;
		}
	}
}

void
check_connect(struct plan *p, struct plan_node *attach, struct plan_node *leave)
{
	const struct model_object *t = attach->to, *past = p->past[t->place];
	struct checks new = heired(p, p->to, t, past), old = { 0 };
	size_t first, n = model_children(p->to, t, MODEL_CONSTRAINT, &first);
	bool partition = model_get(t, PROP_PARTITION_BOUND);

	for (size_t i = 0; i < new.count; i++) {
		struct plan_node *make = p->at[PLAN_STEP_MAKE][new.item[i]->place];

		plan_edge(p, partition ? make : attach, partition ? attach : make);
	}
	if (!leave)
		return;
	for (size_t i = first; i < first + n; i++)
		plan_edge(p, leave, p->at[PLAN_STEP_MAKE][i]);
	old = heired(p, p->from, past, t);
	for (size_t i = 0; i < old.count; i++)
		plan_edge(p, leave, p->at[PLAN_STEP_DROP][old.item[i]->place]);
	n = model_children(p->from, past, MODEL_CONSTRAINT, &first);
	for (size_t i = first; i < first + n; i++)
		if (*model_get(p->from->objects[i], PROP_CONTYPE) == 'c')
			plan_edge(p, p->at[PLAN_STEP_DROP][i], attach);
}
