/* ddl_key.c - keys of tables in use: the index is built first, and what it follows goes when it
 * comes. */
#include <string.h>

#include "schema/ddl_plan.h"
#include "schema/key.h"

/* A plain PRIMARY KEY or UNIQUE. */
static bool
is_plain(const char *definition)
{
	const char *open = strchr(definition, '('), *close = open ? strrchr(definition, ')') : NULL;

	return close && !close[1] && !strstr(definition, " INCLUDE ") &&
	       !strstr(definition, " WITHOUT OVERLAPS)") &&
	       (!strncmp(definition, "PRIMARY KEY (", 13) || !strncmp(definition, "UNIQUE (", 8));
}

bool
ddl_key_is_built(const struct plan *p, const struct model_object *o)
{
	return p->online && o->kind == MODEL_CONSTRAINT && plan_is_made(p, o) &&
	       plan_is_live(p, o->table) && is_plain(model_get(o, PROP_DEFINITION)) &&
	       !model_get(o, PROP_OPTIONS) && !model_get(o, PROP_TABLESPACE) &&
	       !model_get(o->table, PROP_PARTITION_KEY) && !model_get(o->table, PROP_SERVER) &&
	       !key_index(p->from, p->to, o);
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

	if (from->kind != MODEL_CONSTRAINT || !plan_goes(p, from) || !strchr("pu", *type) ||
	    !table || model_get(from, PROP_INHERITS) || !(to = heir(p, from)) ||
	    model_get(to, PROP_INHERITS) || !ddl_key_is_built(p, to))
		return NULL;
	/* a column that changes may have to be let go of */
	for (size_t i = 0; i < from->need_count; i++)
		if (from->needs[i]->kind == MODEL_COLUMN &&
		    (p->fate[from->needs[i]->place] != PLAN_KEEP ||
			p->retyped[from->needs[i]->place]))
			return NULL;
	return to;
}

/* What the index is called until it is the key's: the name may be taken. */
static const char *
built_name(const struct plan *p, const struct model_object *o)
{
	return p->past[o->place] ? mem_fmt(p->m, "\"handrail new key %zu\"", o->place) : o->name;
}

void
ddl_build_key(struct plan *p, const struct model_object *o)
{
	if (o->kind == MODEL_INDEX) {
		ddl_make_index(p, o, DDL_NEW_INDEX, true);
		return;
	}
	ddl_say_alone(p->out, o, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s %s", built_name(p, o),
	    o->table->id, strchr(model_get(o, PROP_DEFINITION), '('));
}

void
ddl_make_key(struct plan *p, const struct model_object *o)
{
	const struct model_object *was = p->past[o->table->place], *old = NULL;
	size_t first = 0, n = was ? model_children(p->from, was, MODEL_CONSTRAINT, &first) : 0;

	for (size_t i = first; i < first + n && !old; i++)
		if (ddl_key_successor(p, p->from->objects[i]) == o)
			old = p->from->objects[i];
	if (old)
		ddl_say(
		    p->out, o, "ALTER TABLE %s DROP CONSTRAINT %s", o->table->id, old->name);
	ddl_say(p->out, o, "ALTER TABLE %s ADD CONSTRAINT %s %s USING INDEX %s", o->table->id,
	    o->name, is_primary(o) ? "PRIMARY KEY" : "UNIQUE", built_name(p, o));
}

/* Can a foreign key hang on it? */
static bool
is_key(const struct model_object *o)
{
	return o->kind == MODEL_INDEX ?
		  !strncmp(model_get(o, PROP_DEFINITION), "CREATE UNIQUE ", 14) :
		  strchr("pu", *model_get(o, PROP_CONTYPE)) != NULL;
}

/* Of equal keys the server takes the one that was made first. */
static void
before_equals(struct plan *p, const struct model_object *key)
{
	static const enum model_kind kinds[] = { MODEL_CONSTRAINT, MODEL_INDEX };
	struct plan_node *made = p->at[PLAN_STEP_MAKE][key->place];

	for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
		size_t first, n = model_children(p->to, key->table, kinds[k], &first);

		for (size_t i = first; i < first + n; i++) {
			if (p->to->objects[i] == key || !key_equal(p->to->objects[i], key))
				continue;
			plan_edge(p, made, p->at[PLAN_STEP_BUILD][i]);
			plan_edge(p, made, p->at[PLAN_STEP_MAKE][i]);
		}
	}
}

void
ddl_key_connect(struct plan *p, const struct model_object *to)
{
	static const enum model_kind kinds[] = { MODEL_CONSTRAINT, MODEL_INDEX };
	const char *name = model_get(to, PROP_REFERENCES);
	const struct model_object *table = name ? model_find(p->from, MODEL_TABLE, name) : NULL;

	for (size_t k = 0; table && k < sizeof kinds / sizeof *kinds; k++) {
		size_t first, n = model_children(p->from, table, kinds[k], &first);

		for (size_t i = first; i < first + n; i++) {
			const struct model_object *key = p->from->objects[i],
						  *next = ddl_key_successor(p, key);

			if (!is_key(key))
				continue;
			plan_edge(p, p->at[PLAN_STEP_DROP][i], p->at[PLAN_STEP_MAKE][to->place]);
			plan_edge(p, next ? p->at[PLAN_STEP_MAKE][next->place] : NULL,
			    p->at[PLAN_STEP_MAKE][to->place]);
		}
	}
	for (size_t i = 0; name && i < to->need_count; i++)
		if (to->needs[i]->table && key_equal(to->needs[i], to->needs[i]))
			before_equals(p, to->needs[i]);
}

/* The next foreign key, from place I on, that rests on the index or constraint of FROM, and goes to
 * come back; NULL: there is none. */
static const struct model_object *
next_reference(const struct plan *p, const struct model_object *from, size_t i)
{
	for (; is_key(from) && i < p->from->count; i++) {
		const struct model_object *x = p->from->objects[i];

		for (size_t j = 0; p->peer[i] && plan_goes(p, x) && j < x->need_count; j++)
			if (x->kind == MODEL_CONSTRAINT && x->needs[j] == from)
				return x;
	}
	return NULL;
}

bool
ddl_key_is_referenced(const struct plan *p, const struct model_object *from)
{
	return next_reference(p, from, 0) != NULL;
}

bool
ddl_index_is_built(const struct plan *p, const struct model_object *to)
{
	const struct model_object *from = p->past[to->place];

	if (!p->online || to->kind != MODEL_INDEX || !from || plan_goes(p, from) ||
	    strcmp(from->name, to->name) || !plan_differs(from, to, PROP_DEFINITION) ||
	    !plan_is_live(p, to->table) || model_get(to->table, PROP_PARTITION_KEY) ||
	    !ddl_key_is_referenced(p, from))
		return false;
	/* what a column waits for could wait for the keys to go */
	for (size_t i = 0; i < to->need_count; i++) {
		const struct model_object *need = to->needs[i], *was = p->past[need->place];

		if (need->kind == MODEL_COLUMN &&
		    (!was || p->fate[was->place] != PLAN_KEEP || p->retyped[was->place]))
			return false;
	}
	return true;
}

void
ddl_build_connect(struct plan *p, struct plan_node *build)
{
	const struct model_object *index = build->to->kind == MODEL_INDEX ? build->from : NULL,
				  *key = NULL;

	plan_edge(p, index ? build : NULL, p->at[PLAN_STEP_ALTER][build->to->place]);
	while (index && (key = next_reference(p, index, key ? key->place + 1 : 0)))
		plan_edge(p, build, p->at[PLAN_STEP_DROP][key->place]);
}
