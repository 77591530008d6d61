/* ddl_key.c - keys of tables in use: the index is built first, and what it follows goes when it
 * comes. */
#include <string.h>

#include "schema/ddl_plan.h"
#include "schema/key.h"

bool
ddl_key_by_index(const char *definition)
{
	const char *open = strchr(definition, '('), *close = open ? strrchr(definition, ')') : NULL;

	return close && !close[1] && !strstr(definition, " INCLUDE ") &&
	       !strstr(definition, " WITHOUT OVERLAPS)") &&
	       (!strncmp(definition, "PRIMARY KEY (", 13) || !strncmp(definition, "UNIQUE (", 8));
}

static bool
is_primary(const struct model_object *key)
{
	return *model_get(key, PROP_CONTYPE) == 'p';
}

/* Is the name wanted by something else? */
static bool
is_wanted(const struct plan *p, const struct model_object *from)
{
	for (size_t i = 0; i < p->to->count; i++)
		if (!p->past[i] && p->to->objects[i]->schema &&
		    !strcmp(p->to->objects[i]->name, from->name) &&
		    !strcmp(p->to->objects[i]->schema, from->schema))
			return true;
	return false;
}

/* The key of TO that takes the place of this one: the same, or the table's other primary key. */
static const struct model_object *
heir(const struct plan *p, const struct model_object *from)
{
	const struct model_object *to = p->peer[from->place],
				  *table = p->peer[from->table->place];
	size_t first, n = model_children(p->to, table, MODEL_CONSTRAINT, &first);

	if (to)
		return to;
	for (size_t i = first; i < first + n && is_primary(from); i++)
		if (is_primary(p->to->objects[i]) && !p->past[i] && !is_wanted(p, from) &&
		    !key_index(p->from, p->to, p->to->objects[i]))
			return p->to->objects[i];
	return NULL;
}

const struct model_object *
ddl_key_successor(const struct plan *p, const struct model_object *from)
{
	const char *type = model_get(from, PROP_CONTYPE);
	const struct model_object *table = from->table ? p->peer[from->table->place] : NULL, *to;

	if (!p->online || from->kind != MODEL_CONSTRAINT || !plan_goes(p, from) ||
	    !strchr("pu", *type) || !table || !plan_is_live(p, table) ||
	    model_get(table, PROP_PARTITION_KEY) || model_get(from, PROP_INHERITS) ||
	    !(to = heir(p, from)) || model_get(to, PROP_INHERITS) || model_get(to, PROP_OPTIONS) ||
	    model_get(to, PROP_TABLESPACE) || !ddl_key_by_index(model_get(to, PROP_DEFINITION)))
		return NULL;
	/* a column that changes may have to be let go of */
	for (size_t i = 0; i < from->need_count; i++)
		if (from->needs[i]->kind == MODEL_COLUMN &&
		    (p->fate[from->needs[i]->place] != PLAN_KEEP ||
			p->retyped[from->needs[i]->place]))
			return NULL;
	return to;
}

void
ddl_make_key(struct plan *p, const struct model_object *o, const char *definition)
{
	const struct model_object *was = o->table ? p->past[o->table->place] : NULL, *old = NULL;
	size_t first = 0, n = was ? model_children(p->from, was, MODEL_CONSTRAINT, &first) : 0;
	const char *columns = strchr(definition, '('), *name = o->name;

	for (size_t i = first; i < first + n && !old; i++)
		if (ddl_key_successor(p, p->from->objects[i]) == o)
			old = p->from->objects[i];
	if (old && !strcmp(old->name, o->name))
		name = "\"handrail new index\"";
	ddl_say_alone(p->out, o, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s %s", name, o->table->id,
	    columns);
	if (old)
		ddl_say(
		    p->out, o, "ALTER TABLE %s DROP CONSTRAINT %s", o->table->id, old->name);
	ddl_say(p->out, o, "ALTER TABLE %s ADD CONSTRAINT %s %.*sUSING INDEX %s", o->table->id,
	    o->name, (int)(columns - definition), definition, name);
}
