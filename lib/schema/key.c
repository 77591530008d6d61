/* key.c - plain unique keys. */
#include <string.h>

#include "schema/expression.h"
#include "schema/key.h"

/* "(a, b)" */
static const char *
columns(const struct model_object *o)
{
	static const char *const begins[] = { "PRIMARY KEY (", "UNIQUE (", "CREATE UNIQUE INDEX " };
	const char *text = o->kind == MODEL_CONSTRAINT || o->kind == MODEL_INDEX ?
	    model_get(o, PROP_DEFINITION) :
	    NULL;
	size_t i = 0;

	while (text && i < 3 && strncmp(text, begins[i], strlen(begins[i])))
		i++;
	if (!text || i == 3)
		return NULL;
	text = i < 2 ? strchr(text, '(') : strstr(text, " USING btree (");
	if (text && i == 2)
		text += strlen(" USING btree ");
	/* neither INCLUDE nor WHERE nor DEFERRABLE, and no expression */
	if (text && (strcspn(text, ")") + 1 != strlen(text) || strchr(text + 1, '(')))
		return NULL;
	return text;
}

bool
key_equal(const struct model_object *a, const struct model_object *b)
{
	MEM_SCOPE(m);
	const char *x = columns(a), *y = columns(b);

	/* without the parentheses */
	return x && y &&
	       model_lists_same(mem_dup(m, x + 1, strlen(x) - 2), mem_dup(m, y + 1, strlen(y) - 2));
}

static const struct model_object *
find(const struct model *mo, const struct model_object *o, enum model_kind kind,
    const struct model_object *after)
{
	const char *key = columns(o);
	const struct model_object *table =
	    key && o->table ? model_find(mo, o->table->kind, o->table->id) : NULL;
	size_t first = 0, n = table ? model_children(mo, table, kind, &first) : 0;

	for (size_t i = first; i < first + n; i++) {
		const struct model_object *x = mo->objects[i];
		const char *its = columns(x);

		if (x == after)
			after = NULL;
		else if (!after && its && !strcmp(its, key) && !model_get(x, PROP_VALID))
			return x;
	}
	return NULL;
}

const struct model_object *
key_same(const struct model *mo, const struct model_object *o)
{
	const struct model_object *x = find(mo, o, MODEL_CONSTRAINT, NULL);

	return x ? x : find(mo, o, MODEL_INDEX, NULL);
}

static bool
same(const struct model_object *a, enum model_prop p, const struct model_object *b,
    enum model_prop q)
{
	return expression_same(model_get(a, p), model_get(b, q));
}

const struct model_object *
key_index(const struct model *from, const struct model *to, const struct model_object *constraint)
{
	const struct model_object *a = NULL;

	if (constraint->kind != MODEL_CONSTRAINT || model_get(constraint, PROP_INHERITS) ||
	    model_find(from, MODEL_CONSTRAINT, constraint->id) ||
	    model_get(constraint->table, PROP_PARTITION_KEY))
		return NULL;
	while ((a = find(from, constraint, MODEL_INDEX, a)))
		if (!model_find(to, MODEL_INDEX, a->id) && !model_get(a, PROP_INHERITS) &&
		    !model_get(a, PROP_STATISTICS) &&
		    same(a, PROP_OPTIONS, constraint, PROP_OPTIONS) &&
		    same(a, PROP_TABLESPACE, constraint, PROP_TABLESPACE) &&
		    same(a, PROP_CLUSTERED, constraint, PROP_CLUSTERED) &&
		    same(a, PROP_COMMENT, constraint, PROP_INDEX_COMMENT))
			return a;
	return NULL;
}

const struct model_object *
key_constraint(const struct model *from, const struct model *to, const struct model_object *index)
{
	const struct model_object *b =
	    index->kind == MODEL_INDEX ? find(to, index, MODEL_CONSTRAINT, NULL) : NULL;

	return b && key_index(from, to, b) == index ? b : NULL;
}
