/* ddl_attach.c - statements by which tables, and parts of indexes, leave their parents and come to
 * them. */
#include <string.h>

#include "schema/ddl_plan.h"

/* What it had of PARENT's foreign keys it keeps as its own when it leaves; those of TO are made
 * anew. */
static void
drop_kept_keys(struct plan *p, const struct model_object *parent, const struct model_object *to)
{
	size_t first = 0,
	       n = parent ? model_children(p->from, parent, MODEL_CONSTRAINT, &first) : 0;

	for (size_t i = first; i < first + n; i++)
		if (*model_get(p->from->objects[i], PROP_CONTYPE) == 'f' &&
		    !plan_goes(p, p->from->objects[i]))
			ddl_say(p->out, to, "ALTER TABLE %s DROP CONSTRAINT IF EXISTS %s", to->id,
			    p->from->objects[i]->name);
}

void
partition_detach(struct plan *p, const struct model_object *from, const struct model_object *to)
{
	const char *old = model_get(from, PROP_INHERITS), *new = model_get(to, PROP_INHERITS);

	if (!partition_moves(p, to) && !partition_is_rebound(p, to))
		return;
	if (model_get(from, PROP_PARTITION_BOUND)) {
		ddl_say(p->out, to, "ALTER TABLE %s DETACH PARTITION %s", old, to->id);
		if (!plan_same(old, new))
			drop_kept_keys(p, model_find(p->from, MODEL_TABLE, old), to);
		old = NULL;
	}
	for (const char *o = old; o && *o; o += strcspn(o, ","), o += strspn(o, ", "))
		if (!model_is_listed(o, new) || model_get(to, PROP_PARTITION_BOUND))
			ddl_say(p->out, to, "ALTER %s %s NO INHERIT %.*s", ddl_sql_kind(to), to->id,
			    (int)strcspn(o, ","), o);
	if (partition_moves(p, to))
		check_leave(p, from, to);
}

void
partition_attach(struct plan *p, const struct model_object *to)
{
	const struct model_object *past = p->past[to->place], *w = partition_whole(p->to, to);
	const char *bound = model_get(to, PROP_PARTITION_BOUND),
		   *new = model_get(to, PROP_INHERITS),
		   *old = past && !plan_goes(p, past) && !model_get(past, PROP_PARTITION_BOUND)
			      ? model_get(past, PROP_INHERITS)
			      : NULL;

	if (w && !partition_is_exclusion(w))
		ddl_say(p->out, to, "ALTER INDEX %s.%s ATTACH PARTITION %s.%s", w->schema, w->name,
		    to->schema, to->name);
	if (to->kind != MODEL_TABLE)
		return;
	check_come(p, to);
	if (bound) {
		ddl_say(p->out, to, "ALTER TABLE %s ATTACH PARTITION %s %s", new, to->id, bound);
		return;
	}
	for (const char *s = new; s && *s; s += strcspn(s, ","), s += strspn(s, ", "))
		if (!model_is_listed(s, old))
			ddl_say(p->out, to, "ALTER %s %s INHERIT %.*s", ddl_sql_kind(to), to->id,
			    (int)strcspn(s, ","), s);
}

/* What a change of the trigger that it all comes from did to those of the partitions depends on the
 * server's version: each is told. */
static void
fire(struct plan *p, const struct model_object *o)
{
	const struct model_object *root = o, *past = p->past[o->place], *up;
	const char *state = model_get(o, PROP_ENABLED);
	bool stirred;

	while ((up = model_get(root, PROP_INHERITS) ?
		model_find(p->to, MODEL_TRIGGER, model_get(root, PROP_INHERITS)) :
		NULL))
		root = up;
	stirred = plan_is_made(p, o) || partition_moves(p, o->table) ||
	    partition_is_rebound(p, o->table) || plan_is_made(p, root) ||
	    plan_differs(p->past[root->place], root, PROP_ENABLED);
	if (stirred ? state || model_get(root, PROP_ENABLED) : plan_differs(past, o, PROP_ENABLED))
		ddl_say(p->out, o, "ALTER TABLE ONLY %s %s TRIGGER %s", o->table->id,
		    state ? state : "ENABLE", o->name);
}

void
partition_fire(struct plan *p)
{
	for (size_t i = 0; i < p->to->count; i++)
		if (p->to->objects[i]->kind == MODEL_TRIGGER &&
		    model_get(p->to->objects[i], PROP_INHERITS))
			fire(p, p->to->objects[i]);
}
