/* ddl_partition.c - partitions and the parts of their parents' indexes: made alone, then
 * attached. */
#include <string.h>

#include "schema/ddl_plan.h"

const struct model_object *
partition_whole(const struct model *mo, const struct model_object *o)
{
	const char *id = o->kind == MODEL_INDEX || o->kind == MODEL_CONSTRAINT
			     ? model_get(o, PROP_INHERITS)
			     : NULL;
	const struct model_object *w = id ? model_find(mo, MODEL_INDEX, id) : NULL;

	return w || !id ? w : model_find(mo, MODEL_CONSTRAINT, id);
}

bool
partition_is_exclusion(const struct model_object *o)
{
	const char *type = model_get(o, PROP_CONTYPE);

	return type &&
	       (*type == 'x' || strstr(model_get(o, PROP_DEFINITION), " WITHOUT OVERLAPS)"));
}

/* What an index is, without its name. */
static const char *
without_name(const struct model_object *o)
{
	const char *text = model_get(o, PROP_DEFINITION);

	return strstr(text, " INDEX ") + strlen(" INDEX ") + strlen(o->name);
}

const struct model_object *
partition_peer(const struct plan *p, const struct model_object *from)
{
	const struct model_object *table =
	    partition_whole(p->from, from) && from->table ?
	    model_find(p->to, MODEL_TABLE, from->table->id) :
	    NULL;
	size_t first = 0, n = table ? model_children(p->to, table, from->kind, &first) : 0;

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *b = p->to->objects[i];

		if (plan_same(model_get(b, PROP_INHERITS), model_get(from, PROP_INHERITS)) &&
		    !model_find(p->from, b->kind, b->id))
			return b;
	}
	return NULL;
}

bool
partition_moves(const struct plan *p, const struct model_object *to)
{
	const struct model_object *from = to ? p->past[to->place] : NULL;

	return from && !plan_goes(p, from) && to->kind == MODEL_TABLE &&
	       (plan_differs(from, to, PROP_INHERITS) ||
		   !model_get(from, PROP_PARTITION_BOUND) !=
		       !model_get(to, PROP_PARTITION_BOUND));
}

bool
partition_is_rebound(const struct plan *p, const struct model_object *to)
{
	const struct model_object *from = p->past[to->place];

	return from && !plan_goes(p, from) && !partition_moves(p, to) &&
	       plan_differs(from, to, PROP_PARTITION_BOUND);
}

static bool
table_moves(const struct plan *p, const struct model_object *from)
{
	return from->table && partition_moves(p, p->peer[from->table->place]);
}

bool
partition_is_anew(const struct plan *p, const struct model_object *from)
{
	const struct model_object *to = p->peer[from->place];

	if (from->kind != MODEL_INDEX && from->kind != MODEL_CONSTRAINT)
		return false;
	if (from->kind == MODEL_INDEX && from->table &&
	    (partition_whole(p->from, from) || model_get(from->table, PROP_PARTITION_KEY)) &&
	    strcmp(without_name(from), without_name(to)))
		return true;
	/* no ALTER sets the storage parameters of a partitioned table's index */
	if (from->table && model_get(from->table, PROP_PARTITION_KEY) &&
	    plan_differs(from, to, PROP_OPTIONS))
		return true;
	return partition_whole(p->from, from) && plan_differs(from, to, PROP_INHERITS) &&
	       !table_moves(p, from);
}

/* Does its table, when it is attached, find this index of TO in place of its like, which shall be
 * the part of an index that the parent has already? */
static bool
is_taken_for_part(const struct plan *p, const struct model_object *to)
{
	size_t first = 0, n = to->kind == MODEL_INDEX && !partition_whole(p->to, to) ?
	    model_children(p->to, to->table, MODEL_INDEX, &first) : 0;

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *w = partition_whole(p->to, p->to->objects[i]);

		if (w && p->past[w->place] &&
		    !strcmp(without_name(to), without_name(p->to->objects[i])))
			return true;
	}
	return false;
}

/* Has it the generated column from a parent alone, where that is made anew? */
static bool
follows_generated(const struct plan *p, const struct model_object *from)
{
	const char *list = from->kind == MODEL_COLUMN && model_get(from, PROP_GENERATED) &&
			plan_same(model_get(from, PROP_INHERITED), "inherited") ?
	    model_get(from->table, PROP_INHERITS) :
	    NULL;

	for (const struct model_object *o; (o = plan_origin(p, from, &list));)
		if (p->fate[o->place] == PLAN_ANEW)
			return true;
	return false;
}

bool
partition_spread(struct plan *p, const struct model_object *from)
{
	const struct model_object *w = plan_goes(p, from) ? partition_whole(p->from, from) : NULL;

	if (!plan_goes(p, from) && p->peer[from->place] && follows_generated(p, from)) {
		p->fate[from->place] = PLAN_ANEW;
		return true;
	}
	if (!plan_goes(p, from) && table_moves(p, from) && p->peer[from->place] &&
	    is_taken_for_part(p, p->peer[from->place])) {
		p->fate[from->place] = PLAN_ANEW;
		return true;
	}
	if (!w || plan_goes(p, w) || plan_goes(p, from->table) || table_moves(p, from))
		return false;
	p->fate[w->place] = PLAN_ANEW;
	return true;
}

bool
partition_leaves(const struct plan *p, const struct model_object *from)
{
	return partition_whole(p->from, from) && table_moves(p, from);
}

bool
partition_drops_along(const struct plan *p, const struct model_object *from)
{
	const struct model_object *w = partition_whole(p->from, from);

	return w && plan_goes(p, w) && !table_moves(p, from);
}

bool
partition_is_referenced(const struct plan *p, const struct model_object *from)
{
	const struct model_object *parent = from;

	while (model_get(parent, PROP_PARTITION_BOUND) &&
	       (parent = model_find(p->from, MODEL_TABLE, model_get(parent, PROP_INHERITS))))
		for (size_t i = 0; !plan_goes(p, parent) && i < p->from->count; i++) {
			const struct model_object *k = p->from->objects[i];
			const char *type = model_get(k, PROP_CONTYPE);

			for (size_t j = 0; type && *type == 'f' && j < k->need_count; j++)
				if (k->needs[j]->table == parent && k->table != parent)
					return true;
		}
	return false;
}

bool
partition_has_constraint(const struct plan *p, const struct model_object *from)
{
	for (size_t i = 0; i < p->from->count; i++)
		for (const struct model_object *o = p->from->objects[i], *w = o;
		     o->kind == MODEL_CONSTRAINT && (w = partition_whole(p->from, w));)
			if (w == from)
				return true;
	return false;
}

struct plan_node *
partition_drop(const struct plan *p, const struct model_object *from)
{
	const struct model_object *w = from;

	while ((w = partition_whole(p->from, w)))
		if (p->at[PLAN_STEP_DROP][w->place])
			return p->at[PLAN_STEP_DROP][w->place];
	return NULL;
}

bool
partition_is_brought(const struct plan *p, const struct model_object *o)
{
	const struct model_object *past = p->past[o->table->place], *parent;
	const char *list = past && !p->past[o->place] && partition_moves(p, o->table) &&
			plan_same(model_get(o, PROP_INHERITED), "inherited") &&
			!model_get(o->table, PROP_PARTITION_BOUND) ?
	    model_get(o->table, PROP_INHERITS) :
	    NULL;
	bool brought = false;

	while ((parent = partition_next_parent(p, p->to, &list))) {
		const struct model_object *its = model_find(p->to, MODEL_COLUMN,
		    mem_fmt(p->m, "%s.%s", parent->id, o->name));

		if (its && (plan_is_made(p, parent) || !plan_is_made(p, its)))
			return false;
		brought |= its != NULL;
	}
	return brought;
}

/* Does the heir T, which comes to the parent of COLUMN, get this one by that? */
static bool
brings(const struct plan *p, const struct model_object *column, const struct model_object *t)
{
	const struct model_object *o = column->kind == MODEL_COLUMN ?
	    model_find(p->to, MODEL_COLUMN, mem_fmt(p->m, "%s.%s", t->id, column->name)) :
	    NULL;

	return o && partition_is_brought(p, o);
}

/* Nodes and edges */

static void
add_attach(struct plan *p, const struct model_object *to)
{
	if (!p->at[PLAN_STEP_ATTACH][to->place])
		plan_node(p, PLAN_STEP_ATTACH, p->past[to->place], to);
}

void
partition_add_nodes(struct plan *p)
{
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i], *w = partition_whole(p->to, b);
		bool made = plan_is_made(p, b);

		if (b->kind == MODEL_TABLE &&
		    (partition_moves(p, b) || partition_is_rebound(p, b) ||
			(made && model_get(b, PROP_PARTITION_BOUND))))
			add_attach(p, b);
		if (w && (made || plan_differs(p->past[i], b, PROP_INHERITS))) {
			add_attach(p, b);
			add_attach(p, w);
		}
	}
}

/* N comes after whatever is made or altered of the TABLE's columns and of what a partition must
 * share with it; parts of indexes that are made meanwhile are attached by themselves. */
static void
after_parts(struct plan *p, const struct model_object *table, struct plan_node *n)
{
	static const enum model_kind kinds[] = { MODEL_COLUMN, MODEL_CONSTRAINT, MODEL_INDEX };

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t first, count = model_children(p->to, table, kinds[k], &first);

		for (size_t i = first; i < first + count; i++) {
			const char *type = model_get(p->to->objects[i], PROP_CONTYPE);
			const struct model_object *w = partition_whole(p->to, p->to->objects[i]);

			/* an heir's own CHECK would stay its own: check_connect */
			if ((type && *type == 'f') ||
			    (table != n->to && type &&
				(*type != 'c' || !model_get(n->to, PROP_PARTITION_BOUND))) ||
			    (table != n->to && kinds[k] == MODEL_INDEX) ||
			    (w && plan_is_made(p, w)))
				continue;
			if (brings(p, p->to->objects[i], n->to)) {
				plan_edge(p, n, p->at[PLAN_STEP_MAKE][i]);
				continue;
			}
			if (table == n->to && is_taken_for_part(p, p->to->objects[i])) {
				if (p->past[i])
					plan_edge(p, p->at[PLAN_STEP_DROP][p->past[i]->place], n);
				plan_edge(p, n, p->at[PLAN_STEP_MAKE][i]);
				continue;
			}
			plan_edge(p, p->at[PLAN_STEP_MAKE][i], n);
			plan_edge(p, p->at[PLAN_STEP_ALTER][i], n);
		}
	}
}

/* What the table of FROM loses goes after (BEFORE: before) N. */
static void
around_drops(struct plan *p, const struct model_object *table, struct plan_node *n, bool before)
{
	static const enum model_kind kinds[] = { MODEL_COLUMN, MODEL_CONSTRAINT, MODEL_INDEX };

	for (size_t k = 0; table && k < sizeof kinds / sizeof *kinds; k++) {
		size_t first, count = model_children(p->from, table, kinds[k], &first);

		for (size_t i = first; i < first + count; i++) {
			struct plan_node *drop = p->at[PLAN_STEP_DROP][i];
			const struct model_object *w =
			    partition_whole(p->from, p->from->objects[i]);
			const char *type = model_get(p->from->objects[i], PROP_CONTYPE);
			/* a partition that leaves would keep the parent's foreign keys */
			bool sooner = before || (type && *type == 'f' && table != n->from);

			plan_edge(p, sooner ? drop : n, sooner ? n : drop);
			if (!before && w)
				plan_edge(p, n, p->at[PLAN_STEP_DROP][w->place]);
		}
	}
}

/* It is there before the PARENT's new indexes are: what is made on the parent alone does not reach
 * it. */
static void
before_indexes(struct plan *p, const struct model_object *parent, struct plan_node *n)
{
	static const enum model_kind kinds[] = { MODEL_CONSTRAINT, MODEL_INDEX };

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t first, count = model_children(p->to, parent, kinds[k], &first);

		for (size_t i = first; i < first + count; i++)
			if (kinds[k] == MODEL_INDEX ||
			    strchr("pux", *model_get(p->to->objects[i], PROP_CONTYPE)))
				plan_edge(p, n, p->at[PLAN_STEP_MAKE][i]);
	}
}

const struct model_object *
partition_next_parent(const struct plan *p, const struct model *mo, const char **list)
{
	const struct model_object *parent = NULL;

	while (!parent && *list && **list) {
		size_t n = strcspn(*list, ",");

		parent = model_find(mo, MODEL_TABLE, mem_dup(p->m, *list, n));
		*list += n;
		*list += strspn(*list, ", ");
	}
	return parent;
}

/* It leaves before the old parents' columns and CHECKs change, which would reach it, too. */
static void
leave(struct plan *p, const struct model_object *from, struct plan_node *alter)
{
	const char *list = model_get(from, PROP_INHERITS);

	around_drops(p, from, alter, false);
	for (const struct model_object *parent;
	     (parent = partition_next_parent(p, p->from, &list));) {
		const struct model_object *to = p->peer[parent->place];
		size_t first = 0, n = to ? model_children(p->to, to, MODEL_COLUMN, &first) : 0;

		around_drops(p, parent, alter, false);
		for (size_t i = first; i < first + n; i++) {
			plan_edge(p, alter, p->at[PLAN_STEP_MAKE][i]);
			plan_edge(p, alter, p->at[PLAN_STEP_ALTER][i]);
		}
		n = to ? model_children(p->to, to, MODEL_CONSTRAINT, &first) : 0;
		for (size_t i = first; i < first + n; i++)
			if (*model_get(p->to->objects[i], PROP_CONTYPE) == 'c')
				plan_edge(p, alter, p->at[PLAN_STEP_MAKE][i]);
	}
}

static void
connect_table(struct plan *p, struct plan_node *n)
{
	const struct model_object *t = n->to, *parent;
	struct plan_node *alter = p->at[PLAN_STEP_ALTER][t->place];
	const char *list = model_get(t, PROP_INHERITS);

	plan_edge(p, p->at[PLAN_STEP_MAKE][t->place], n);
	plan_edge(p, alter, n);
	after_parts(p, t, n);
	if (alter && partition_moves(p, t))
		leave(p, n->from, alter);
	check_connect(p, n, partition_moves(p, t) ? alter : NULL);
	while ((parent = partition_next_parent(p, p->to, &list))) {
		if (alter && partition_is_rebound(p, t)) {
			after_parts(p, parent, alter);
			around_drops(p, p->past[parent->place], alter, true);
		}
		plan_edge(p, p->at[PLAN_STEP_MAKE][parent->place], n);
		after_parts(p, parent, n);
		if (model_get(t, PROP_PARTITION_BOUND))
			before_indexes(p, parent, n);
		around_drops(p, p->past[parent->place], n, true);
	}
}

/* Bounds must not overlap: whoever leaves the parent of LEAVES (or goes) makes room first. */
static void
make_room(struct plan *p, const struct model_object *leaves)
{
	const struct model_object *to = p->peer[leaves->place];
	const char *parent = model_get(leaves, PROP_INHERITS);
	struct plan_node *first = plan_goes(p, leaves) ? p->at[PLAN_STEP_DROP][leaves->place]
				  : partition_moves(p, to) || partition_is_rebound(p, to)
				      ? p->at[PLAN_STEP_ALTER][to->place]
				      : NULL;

	for (size_t i = 0; first && i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i];

		if (b->kind == MODEL_TABLE && p->at[PLAN_STEP_ATTACH][i] &&
		    plan_same(model_get(b, PROP_INHERITS), parent))
			plan_edge(p, first, p->at[PLAN_STEP_ATTACH][i]);
	}
}

/* A new heir has from its parents' columns what they shall have. */
static void
after_parents(struct plan *p, const struct model_object *heir)
{
	struct plan_node *make = p->at[PLAN_STEP_MAKE][heir->place];
	const char *list = make && !model_get(heir, PROP_PARTITION_BOUND)
			       ? model_get(heir, PROP_INHERITS)
			       : NULL;

	for (const struct model_object *parent;
	     list && (parent = partition_next_parent(p, p->to, &list));) {
		size_t first, n = model_children(p->to, parent, MODEL_COLUMN, &first);

		for (size_t i = first; i < first + n; i++)
			plan_edge(p, p->at[PLAN_STEP_ALTER][i], make);
	}
}

void
partition_connect(struct plan *p)
{
	for (size_t i = 0; i < p->from->count; i++)
		if (p->from->objects[i]->kind == MODEL_TABLE &&
		    model_get(p->from->objects[i], PROP_PARTITION_BOUND))
			make_room(p, p->from->objects[i]);
	for (size_t i = 0; i < p->to->count; i++) {
		struct plan_node *n = p->at[PLAN_STEP_ATTACH][i];
		const struct model_object *w = n ? partition_whole(p->to, n->to) : NULL, *upper;

		if (p->to->objects[i]->kind == MODEL_TABLE)
			after_parents(p, p->to->objects[i]);
		if (!n)
			continue;
		if (n->to->kind == MODEL_TABLE) {
			connect_table(p, n);
			continue;
		}
		plan_edge(p, p->at[PLAN_STEP_MAKE][i], n);
		plan_edge(p, p->at[PLAN_STEP_ALTER][i], n);
		plan_edge(p, p->at[PLAN_STEP_ATTACH][n->to->table->place], n);
		if (w) {
			plan_edge(p, p->at[PLAN_STEP_MAKE][w->place], n);
			plan_edge(p, n, p->at[PLAN_STEP_ATTACH][w->place]);
			/* the parent's index that is there takes only one that is complete */
			upper = partition_whole(p->to, w);
			if (upper && !plan_is_made(p, upper))
				plan_edge(p, n, p->at[PLAN_STEP_ATTACH][w->table->place]);
		}
	}
}

struct plan_node *
partition_ready(const struct plan *p, const struct model_object *need, const struct plan_node *n)
{
	return n->step == PLAN_STEP_ATTACH || partition_whole(p->to, n->to) == need
		   ? NULL
		   : p->at[PLAN_STEP_ATTACH][need->place];
}
