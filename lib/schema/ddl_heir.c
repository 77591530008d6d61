/* ddl_heir.c - which of the columns that a table inherits are also its own. */
#include <string.h>

#include "schema/ddl_plan.h"

static bool
is_own(const struct model_object *column)
{
	return plan_same(model_get(column, PROP_INHERITED), "local");
}

/* Has the heir each CHECK of its parents, and of theirs, as its own? */
static bool
owns_checks(struct plan *p, const struct model_object *heir, const struct model_object *parent)
{
	size_t first = 0, n = model_children(p->to, parent, MODEL_CONSTRAINT, &first);

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *k = p->to->objects[i];

		if (*model_get(k, PROP_CONTYPE) == 'c' &&
		    !strstr(model_get(k, PROP_DEFINITION), " NO INHERIT") &&
		    !model_find(p->to, MODEL_CONSTRAINT,
			mem_fmt(p->m, "%s.%s", heir->id, k->name)))
			return false;
	}
	return true;
}

static bool
owns_all_checks(struct plan *p, const struct model_object *heir, const struct model_object *table)
{
	const char *list = model_get(table, PROP_INHERITS);

	for (const char *s = list; s && *s; s += strcspn(s, ","), s += strspn(s, ", ")) {
		const struct model_object *parent =
		    model_find(p->to, MODEL_TABLE, mem_dup(p->m, s, strcspn(s, ",")));

		if (parent &&
		    (!owns_checks(p, heir, parent) || !owns_all_checks(p, heir, parent)))
			return false;
	}
	return true;
}

/* To leave the parents and come back makes all its columns and CHECKs its own, none alone. */
static void
come_back(struct plan *p, const struct model_object *heir)
{
	static const char *const ways[] = { "NO INHERIT", "INHERIT" };
	const char *list = model_get(heir, PROP_INHERITS);

	for (int i = 0; i < 2; i++)
		for (const char *s = list; *s; s += strcspn(s, ","), s += strspn(s, ", "))
			ddl_say(p->out, heir, "ALTER TABLE %s %s %.*s", heir->id, ways[i],
			    (int)strcspn(s, ","), s);
}

static void
own_columns(struct plan *p, const struct model_object *heir)
{
	size_t first = 0, n = model_children(p->to, heir, MODEL_COLUMN, &first);
	bool wanted = false, can = owns_all_checks(p, heir, heir);

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i];

		if (!model_get(b, PROP_INHERITED))
			continue;
		can &= is_own(b);
		wanted |= is_own(b) && a && !plan_is_made(p, b) &&
		    plan_same(model_get(a, PROP_INHERITED), "inherited");
	}
	if (wanted && can)
		come_back(p, heir);
	for (size_t i = first; i < first + n; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i];

		if (a && model_get(a, PROP_INHERITED) && model_get(b, PROP_INHERITED) &&
		    is_own(a) != is_own(b) && !(wanted && can))
			ddl_leave(p->out, b,
			    is_own(b) ? "no SQL makes one inherited column the heir's own, too" :
					"no SQL makes an heir's own column one that is only "
					"inherited");
	}
}

void
ddl_own_columns(struct plan *p)
{
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *b = p->to->objects[i], *a = p->past[i];

		if (b->kind == MODEL_TABLE && a && !plan_is_made(p, b) &&
		    model_get(b, PROP_INHERITS) && !model_get(b, PROP_PARTITION_BOUND) &&
		    !plan_differs(a, b, PROP_INHERITS))
			own_columns(p, b);
	}
}
