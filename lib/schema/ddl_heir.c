/* ddl_heir.c - which of the columns that a table inherits are also its own. */
#include <string.h>

#include "schema/ddl_plan.h"

static bool
is_own(const struct model_object *column)
{
	return plan_same(model_get(column, PROP_INHERITED), "local");
}

void
ddl_leave_from(struct ddl *d, const struct model_object *to, enum model_prop prop)
{
	ddl_leave(d, to,
	    prop == PROP_NOT_NULL_FROM ?
		"no SQL makes an heir's own NOT NULL one that is only its parents'" :
	    is_own(to) ? "no SQL makes one inherited column the heir's own, too" :
			 "no SQL makes an heir's own column one that is only inherited");
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
	bool wanted = false, can = check_owns_all(p, heir);

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
			ddl_leave_from(p->out, b, PROP_INHERITED);
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
