/* moved.c - writes other names into the texts, wherever that makes them those of the other side. */
#include <ctype.h>
#include <string.h>

#include "schema/moved.h"

static bool
is_inside_name(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_$.\"", c)) || (unsigned char)c >= 0x80;
}

/* TEXT with NEW as the schema where OLD is. */
static const char *
with_schema(struct mem *m, const char *text, const char *old, const char *new)
{
	struct mem_text out = { .m = m };
	size_t n = strlen(old);
	const char *from = text;

	for (const char *p = text; (p = strstr(p, old)); p += n) {
		if (p[n] != '.' || (p > text && is_inside_name(p[-1])))
			continue;
		mem_text_add(&out, from, (size_t)(p - from));
		mem_text_fmt(&out, "%s", new);
		from = p + n;
	}
	mem_text_fmt(&out, "%s", from);
	return out.text;
}

/* A type that is no extension's: it does not move with one. */
static bool
is_ours(const struct model *mo, const char *type)
{
	static const enum model_kind types[] = { MODEL_ENUM, MODEL_DOMAIN, MODEL_COMPOSITE,
		MODEL_RANGE, MODEL_BASE_TYPE, MODEL_TABLE, MODEL_VIEW, MODEL_MATVIEW };
	MEM_SCOPE(m);
	const char *id = mem_dup(m, type, strcspn(type, "[("));
	bool found = false;

	for (size_t i = 0; !found && i < sizeof types / sizeof *types; i++)
		found = model_find(mo, types[i], id);
	return found;
}

/* Whatever of O names the schema OLD, and has the same name in NEW on the other side. */
static void
follow(struct mem *m, const struct model *mo, struct model_object *o,
    const struct model_object *peer, const char *old, const char *new)
{
	struct model_value *values = mem_zero(m, o->value_count + 1, sizeof *values);

	for (size_t i = 0; i < o->value_count; i++) {
		enum model_prop p = o->values[i].prop;
		const char *wanted = model_get(peer, p), *text;

		values[i] = o->values[i];
		if (!wanted || (o->kind == MODEL_FUNCTION && p == PROP_DEFINITION) ||
		    !strstr(values[i].text, old) ||
		    (p == PROP_TYPE && is_ours(mo, values[i].text)))
			continue;
		text = with_schema(m, values[i].text, old, new);
		if (!strcmp(text, wanted))
			values[i].text = text;
	}
	o->values = values;
}

/* Of its own, but for the texts. */
static struct model *
copy(struct mem *m, struct model *mo)
{
	struct model *c = mem_zero(m, 1, sizeof *c);

	*c = *mo;
	c->objects = mem_zero(m, mo->count + 1, sizeof(struct model_object *));
	for (size_t i = 0; i < mo->count; i++) {
		mo->objects[i]->place = i;
		c->objects[i] = mem_zero(m, 1, sizeof *c->objects[i]);
		*c->objects[i] = *mo->objects[i];
	}
	for (size_t i = 0; i < mo->count; i++) {
		struct model_object *o = c->objects[i];
		struct model_object **needs = mem_zero(m, o->need_count + 1, sizeof *needs);

		o->table = o->table ? c->objects[o->table->place] : NULL;
		for (size_t j = 0; j < o->need_count; j++)
			needs[j] = c->objects[o->needs[j]->place];
		o->needs = needs;
	}
	return c;
}

struct model *
moved_follow(struct mem *m, struct model *from, const struct model *to)
{
	struct model *after = from;

	for (size_t i = 0; i < from->count; i++) {
		const struct model_object *o = from->objects[i], *there, *peer;
		const char *old = model_get(o, PROP_IN_SCHEMA), *new;

		if (o->kind != MODEL_EXTENSION || !old ||
		    !(there = model_find(to, MODEL_EXTENSION, o->id)) ||
		    !(new = model_get(there, PROP_IN_SCHEMA)) || !strcmp(old, new))
			continue;
		if (after == from)
			after = copy(m, from);
		for (size_t j = 0; j < after->count; j++) {
			o = after->objects[j];
			if (o->kind != MODEL_EXTENSION && (peer = model_find(to, o->kind, o->id)))
				follow(m, from, after->objects[j], peer, old, new);
		}
	}
	return after;
}
