/* model_reduce.c - leaves out of a model what is not to be compared. */
#include <fnmatch.h>
#include <stdint.h>

#include "schema/model.h"

/* Is OBJECT or its table left out by a pattern: a schema, or schema.name with wildcards? */
static bool
excluded(const struct model_object *o, const struct model_filter *f)
{
	const char *schema = o->kind == MODEL_SCHEMA ? o->name : o->schema;
	bool in = !f->schema_count || !schema;

	for (size_t i = 0; i < f->schema_count && !in; i++)
		in = !fnmatch(f->schemas[i], schema, 0);
	for (size_t i = 0; i < f->exclude_count && in; i++)
		in = !(schema && !fnmatch(f->exclude[i], schema, 0)) &&
		     fnmatch(f->exclude[i], o->id, 0) &&
		     !(o->table && !fnmatch(f->exclude[i], o->table->id, 0));
	return !in || f->kinds[o->kind] || (o->table && f->kinds[o->table->kind]);
}

static bool
is_comment(enum model_prop p)
{
	return p == PROP_COMMENT || p == PROP_INDEX_COMMENT || p == PROP_NOT_NULL_COMMENT;
}

static void
reduce_values(struct model_object *o, const struct model_filter *f)
{
	size_t n = 0;

	for (size_t i = 0; i < o->value_count; i++) {
		enum model_prop p = o->values[i].prop;

		if ((p == PROP_OWNER && f->owner) || (p == PROP_ACL && f->privileges) ||
		    (is_comment(p) && f->comments))
			continue;
		o->values[n++] = o->values[i];
	}
	o->value_count = n;
}

static bool
leaves_all(const struct model_filter *f)
{
	size_t k = 0;

	while (k < MODEL_KINDS && !f->kinds[k])
		k++;
	return k == MODEL_KINDS && !f->schema_count && !f->exclude_count && !f->owner &&
	    !f->privileges && !f->comments;
}

void
model_reduce(struct model *mo, const struct model_filter *f)
{
	size_t n = 0;

	if (leaves_all(f))
		return;
	for (size_t i = 0; i < mo->count; i++) {
		struct model_object *o = mo->objects[i];

		bool privileges = o->kind == MODEL_DEFAULT_PRIVILEGES ||
		    o->kind == MODEL_PRIVILEGES;

		o->place = excluded(o, f) || (privileges && f->privileges) ? SIZE_MAX : n;
		if (o->place == SIZE_MAX)
			continue;
		reduce_values(o, f);
		mo->objects[n++] = o;
	}
	mo->count = n;
	for (size_t i = 0; i < n; i++) {
		struct model_object *o = mo->objects[i];
		size_t kept = 0;

		for (size_t j = 0; j < o->need_count; j++)
			if (o->needs[j]->place != SIZE_MAX)
				o->needs[kept++] = o->needs[j];
		o->need_count = kept;
	}
}
