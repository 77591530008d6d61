/* model_json.c - the JSON form of a model: what --dump writes and FILE.json is read from. */
#include <string.h>

#include "schema/model.h"

static void
set_properties(struct mem *m, struct value *v, const struct model_object *o)
{
	for (size_t i = 0; i < o->value_count; i++)
		value_set_string(v, model_prop_name(o->values[i].prop), o->values[i].text);
	if (o->rows)
		value_set_int(v, "rows", o->rows);
	if (o->bytes)
		value_set_int(v, "bytes", o->bytes);
	if (o->need_count) {
		struct value *needs = value_set_array(m, v, "needs");

		for (size_t i = 0; i < o->need_count; i++) {
			struct value *n = value_add_object(m, needs);

			value_set_string(n, "kind", model_kind_info(o->needs[i]->kind)->name);
			value_set_string(n, "id", o->needs[i]->id);
		}
	}
}

struct value *
model_to_value(struct mem *m, const struct model *mo)
{
	struct value *top = value_object(m), *list;
	char hex[DIGEST_HEX];

	value_set_string(top, "handrail_schema", "1");
	value_set_int(top, "server_version", mo->server_version);
	value_set_string(top, "fingerprint", model_fingerprint(mo, hex));
	value_set_bool(top, "needs", mo->has_needs);
	list = value_set_array(m, top, "objects");
	for (size_t i = 0; i < mo->count; i++) {
		const struct model_object *o = mo->objects[i];
		struct value *v = value_add_object(m, list);

		value_set_string(v, "kind", model_kind_info(o->kind)->name);
		value_set_string(v, "id", o->id);
		value_set_string(v, "schema", o->schema);
		value_set_string(v, "parent", o->parent);
		value_set_string(v, "name", o->name);
		set_properties(m, v, o);
	}
	return top;
}

static enum model_kind
kind_of(const char *name)
{
	size_t k = 0;

	while (
	    k < MODEL_KINDS && (!name || strcmp(model_kind_info((enum model_kind)k)->name, name)))
		k++;
	return (enum model_kind)k;
}

static const char *
take_string(struct mem *m, const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? mem_string(m, s) : NULL;
}

static void
take_object(struct model *mo, enum model_kind kind, const struct value *v)
{
	const char *id = value_get_string(v, "id"), *name = take_string(mo->m, v, "name");
	struct model_object *o = model_add(
	    mo, kind, take_string(mo->m, v, "schema"), take_string(mo->m, v, "parent"), name, NULL);
	struct model_value values[MODEL_PROPS];

	o->id = mem_string(mo->m, id);
	o->rows = value_get_int(v, "rows", 0);
	o->bytes = value_get_int(v, "bytes", 0);
	for (int p = 0; p < MODEL_PROPS; p++) {
		const char *text = take_string(mo->m, v, model_prop_name((enum model_prop)p));

		if (text)
			values[o->value_count++] = (struct model_value){ (enum model_prop)p, text };
	}
	o->values = mem_zero(mo->m, o->value_count + 1, sizeof *values);
	memcpy(o->values, values, o->value_count * sizeof *values);
}

static void
take_needs(struct model *mo, const struct value *v)
{
	struct model_object *o =
	    model_find(mo, kind_of(value_get_string(v, "kind")), value_get_string(v, "id"));
	const struct value *needs = value_get(v, "needs");

	for (size_t i = 0; o && i < value_count(needs); i++) {
		const struct value *n = value_item(needs, i);
		const char *id = value_get_string(n, "id");
		struct model_object *needed =
		    id ? model_find(mo, kind_of(value_get_string(n, "kind")), id) : NULL;

		if (needed)
			model_need(mo, o, needed);
	}
}

struct model *
model_from_value(struct mem *m, const struct value *top, const char *source, struct err *e)
{
	struct model *mo = model_new(m, source);
	const struct value *list = value_get(top, "objects");

	if (!value_get_string(top, "handrail_schema") || value_kind(list) != VALUE_ARRAY) {
		err_set(e, FAIL_TROUBLE, "bad-input", "%s: not a saved schema", source);
		err_hint(e, "schema-diff --dump DATABASE > FILE.json writes one");
		return NULL;
	}
	mo->server_version = (int)value_get_int(top, "server_version", 0);
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *v = value_item(list, i);
		enum model_kind kind = kind_of(value_get_string(v, "kind"));

		if (kind == MODEL_KINDS || !value_get_string(v, "id") ||
		    !value_get_string(v, "name")) {
			err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s: object %zu has no known kind, id and name", source, i + 1);
			return NULL;
		}
		take_object(mo, kind, v);
	}
	model_finish(mo);
	mo->has_needs = value_bool(value_get(top, "needs"));
	for (size_t i = 0; i < value_count(list); i++)
		take_needs(mo, value_item(list, i));
	return mo;
}
