/* diff.c - walks two sorted lists side by side. */
#include <string.h>

#include "schema/diff.h"
#include "schema/expression.h"

static const char *const actions[] = { "create", "drop", "alter", "rename", "run" };
static const char *const verdicts[] = { "compatible", "needs-check", "breaking" };

bool
diff_keeps_generated(const struct model *mo, const struct model_object *from,
    const struct model_object *to)
{
	const char *old = model_get(from, PROP_GENERATED);

	return old && !model_get(to, PROP_GENERATED) && strstr(old, ") STORED") &&
	       mo->server_version >= 130000 && from->table->kind == MODEL_TABLE &&
	       !model_get(from->table, PROP_INHERITS) && !model_has_heirs(mo, from->table);
}

bool
diff_becomes_identity(const struct model *from, const struct model *to,
    const struct model_object *sequence)
{
	const char *owner =
	    sequence->kind == MODEL_SEQUENCE ? model_get(sequence, PROP_OWNED_BY) : NULL;
	const struct model_object *a = owner ? model_find(from, MODEL_COLUMN, owner) : NULL,
				  *b = a ? model_find(to, MODEL_COLUMN, owner) : NULL;

	return b && !model_get(a, PROP_IDENTITY) && model_get(b, PROP_IDENTITY) &&
	       !model_find(to, MODEL_SEQUENCE, sequence->id);
}

const char *
diff_action_name(enum diff_action a)
{
	return actions[a];
}

const char *
diff_verdict_name(enum diff_verdict v)
{
	return verdicts[v];
}

const struct model_object *
diff_object(const struct diff_change *c)
{
	return c->to ? c->to : c->from;
}

static struct diff_change *
add(struct diff *d, enum diff_action action, enum model_kind kind, const struct model_object *from,
    const struct model_object *to)
{
	struct diff_change *c;

	mem_grow(d->m, &d->changes, d->count, &d->room, sizeof *d->changes);
	c = &d->changes[d->count++];
	memset(c, 0, sizeof *c);
	c->action = action;
	c->kind = kind;
	c->from = from;
	c->to = to;
	c->prop = MODEL_PROPS;
	return c;
}

struct diff_change *
diff_add(struct diff *d, enum diff_action action, const struct model_object *from,
    const struct model_object *to)
{
	return add(d, action, to->kind, from, to);
}

/* The id of NAME at the next of the parents in *LIST ("a.b, c.d", or NULL). */
static const char *
next_parents(struct mem *m, const char **list, const char *name)
{
	const char *parent = *list;
	size_t n = parent ? strcspn(parent, ",") : 0;

	if (!n)
		return NULL;
	*list += n;
	*list += strspn(*list, ", ");
	return mem_fmt(m, "%.*s.%s", (int)n, parent, name);
}

bool
diff_has_check_from_parent(const struct model *other, const struct model_object *o)
{
	MEM_SCOPE(m);
	const struct model_object *heir = o->kind == MODEL_CONSTRAINT && o->table ?
	    model_find(other, MODEL_TABLE, o->table->id) :
	    NULL;
	const char *list = heir ? model_get(heir, PROP_INHERITS) : NULL;

	for (const char *id; (id = next_parents(m, &list, o->name));) {
		const struct model_object *k = model_find(other, MODEL_CONSTRAINT, id);

		if (k && *model_get(k, PROP_CONTYPE) == 'c' &&
		    expression_same(model_get(k, PROP_DEFINITION), model_get(o, PROP_DEFINITION)))
			return true;
	}
	return false;
}

/* Does O of this model come and go with something bigger: its table, a parent table's column, a
 * column's sequence, the type that a shell becomes, the index of a partitioned table? */
static bool
follows(const struct model *other, const struct model_object *o)
{
	const char *inherited = model_get(o, PROP_INHERITED), *owner, *parent;
	const struct model_object *table = o->table;

	if (o->kind == MODEL_SHELL_TYPE && model_get(o, PROP_TYPE))
		return true;
	if (o->kind == MODEL_IDENTITY)
		return true;
	if (o->kind == MODEL_SEQUENCE && (owner = model_get(o, PROP_OWNED_BY)))
		return !model_find(other, MODEL_COLUMN, owner);
	if (inherited && !strcmp(inherited, "inherited"))
		return true;
	if (diff_has_check_from_parent(other, o))
		return true;
	/* part of the index of a partitioned table */
	if ((o->kind == MODEL_INDEX || o->kind == MODEL_CONSTRAINT) &&
	    (parent = model_get(o, PROP_INHERITS)) && !model_find(other, MODEL_INDEX, parent) &&
	    !model_find(other, MODEL_CONSTRAINT, parent))
		return true;
	return table && !model_find(other, table->kind, table->id);
}

/* Has a parent of this column's (or trigger's) table one that changes in the same way? */
static bool
told_at_parent(const struct diff *d, const struct model_object *from, const struct model_object *to,
    enum model_prop p)
{
	MEM_SCOPE(m);
	const char *list = to->table && model_get(to, PROP_INHERITED) ?
	    model_get(to->table, PROP_INHERITS) :
	    NULL;

	for (const char *id; (id = next_parents(m, &list, to->name));) {
		const struct model_object *a = model_find(d->from, to->kind, id),
					  *b = model_find(d->to, to->kind, id);

		if (a && b && model_same(model_get(a, p), model_get(from, p)) &&
		    model_same(model_get(b, p), model_get(to, p)))
			return true;
	}
	return false;
}

/* What a function is beyond its name, arguments and result. */
static const char *
body(const char *definition)
{
	const char *language = definition ? strstr(definition, "\n LANGUAGE ") : NULL;

	return language ? language : definition;
}

static bool
is_partition(const struct model_object *column)
{
	return column->table && model_get(column->table, PROP_PARTITION_BOUND);
}

/* Constraints of their own since 18, and since 17 those of domains. What an heir has from a parent,
 * too, cannot be renamed; a partition's is never its own. */
static bool
is_told_of_not_null(const struct diff *d, const struct model_object *from,
    const struct model_object *to, enum model_prop p)
{
	int since = from->kind == MODEL_DOMAIN ? 170000 : 180000;
	const char *old = model_get(from, PROP_NOT_NULL_FROM),
		   *new = model_get(to, PROP_NOT_NULL_FROM);

	if (d->from->server_version < since || d->to->server_version < since ||
	    !model_get(from, PROP_NOT_NULL) || !model_get(to, PROP_NOT_NULL))
		return false;
	if (p == PROP_NOT_NULL_NAME)
		return !new;
	return p != PROP_NOT_NULL_FROM ||
	    (!model_same(old, "parent") != !model_same(new, "parent") && !is_partition(from) &&
		!is_partition(to));
}

/* An heir's column may be its own, too, besides its parents'; a partition's never is. */
static bool
is_own_apart(const struct model_object *from, const struct model_object *to, enum model_prop p,
    const char *old, const char *new)
{
	return p == PROP_INHERITED && from->kind == MODEL_COLUMN && old && new &&
	    strcmp(old, new) && !is_partition(from) && !is_partition(to);
}

static bool
is_told(const struct diff *d, const struct model_object *from, const struct model_object *to,
    enum model_prop p, const char *old, const char *new)
{
	/* another signature is told, not the text that says it once more */
	if (p == PROP_DEFINITION && from->kind == MODEL_FUNCTION &&
	    (!expression_same(model_get(from, PROP_RESULT), model_get(to, PROP_RESULT)) ||
		expression_same(body(old), body(new))))
		return false;
	if ((p == PROP_NOT_NULL_NAME || p == PROP_NOT_NULL_KIND || p == PROP_NOT_NULL_FROM ||
		p == PROP_NOT_NULL_COMMENT) &&
	    !is_told_of_not_null(d, from, to, p))
		return false;
	if (!model_prop_compared(p))
		return is_own_apart(from, to, p, old, new);
	if (p == PROP_INHERITS)
		return !model_lists_same(old, new);
	return !expression_same(old, new) && !told_at_parent(d, from, to, p);
}

static void
compare(struct diff *d, const struct model_object *from, const struct model_object *to)
{
	size_t i = 0, j = 0;

	while (i < from->value_count || j < to->value_count) {
		enum model_prop a = i < from->value_count ? from->values[i].prop : MODEL_PROPS;
		enum model_prop b = j < to->value_count ? to->values[j].prop : MODEL_PROPS;
		enum model_prop p = a < b ? a : b;
		const char *old = a == p ? from->values[i++].text : NULL,
			   *new = b == p ? to->values[j++].text : NULL;
		struct diff_change *c;

		if (!is_told(d, from, to, p, old, new))
			continue;
		c = add(d, DIFF_ALTER, to->kind, from, to);
		c->prop = p;
		c->old = old;
		c->new = new;
	}
}

/* What is only there because something is said about it: a view's column, a thing of the system. O
 * without that; NULL: it comes and goes. */
static const struct model_object *
unsaid(struct mem *m, const struct model_object *o)
{
	bool column = o->kind == MODEL_COLUMN && o->table && o->table->kind != MODEL_TABLE;
	struct model_object *bare;

	if (!column && o->kind != MODEL_PRIVILEGES)
		return NULL;
	bare = mem_zero(m, 1, sizeof *bare);
	*bare = *o;
	bare->values = mem_zero(m, o->value_count + 1, sizeof *bare->values);
	bare->value_count = 0;
	for (size_t i = 0; i < o->value_count && !column; i++) {
		struct model_value v = o->values[i];

		if (v.prop == PROP_ACL)
			v.text = model_get(o, PROP_WRITTEN);
		bare->values[bare->value_count++] = v;
	}
	return bare;
}

static void
compare_one(struct diff *d, const struct model_object *from, const struct model_object *to)
{
	const struct model_object *bare;

	if (follows(from ? d->to : d->from, from ? from : to))
		return;
	if ((bare = unsaid(d->m, from ? from : to)))
		compare(d, from ? from : bare, to ? to : bare);
	else
		add(d, from ? DIFF_DROP : DIFF_CREATE, from ? from->kind : to->kind, from, to);
}

struct diff *
diff_models(struct mem *m, const struct model *from, const struct model *to)
{
	struct diff *d = mem_zero(m, 1, sizeof *d);
	size_t i = 0, j = 0;

	*d = (struct diff){ .m = m, .from = from, .to = to, .before = from };
	while (i < from->count || j < to->count) {
		const struct model_object *a = i < from->count ? from->objects[i] : NULL;
		const struct model_object *b = j < to->count ? to->objects[j] : NULL;
		int order = !a ? 1 : !b ? -1 : model_compare(a, b);

		if (order <= 0)
			i++;
		if (order >= 0)
			j++;
		if (!order)
			compare(d, a, b);
		else
			compare_one(d, order < 0 ? a : NULL, order > 0 ? b : NULL);
	}
	return d;
}

/* Long texts (functions, views) in short, never within a character. */
static const char *
brief(struct mem *m, const char *text)
{
	size_t n = strcspn(text, "\n");

	if (strlen(text) <= 60 && !text[n])
		return text;
	for (n = n < 57 ? n : 57; n && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return mem_fmt(m, "%.*s...", (int)n, text);
}

/* "OLD -> NEW"; texts that are the same in short begin at the word that differs. */
static const char *
brief_change(struct mem *m, const char *old, const char *new)
{
	const char *a = old ? brief(m, old) : "(none)", *b = new ? brief(m, new) : "(none)";
	size_t n = 0;

	if (old && new && !strcmp(a, b)) {
		while (old[n] && old[n] == new[n])
			n++;
		while (n && !strchr(" \n", old[n - 1]))
			n--;
		a = mem_fmt(m, "...%s", brief(m, old + n));
		b = mem_fmt(m, "...%s", brief(m, new + n));
	}
	return mem_fmt(m, "%s -> %s", a, b);
}

static const char *
summary(struct mem *m, const struct model_object *o)
{
	static const enum model_prop first[] = { PROP_TYPE, PROP_LABELS, PROP_DEFINITION };

	if (o->kind == MODEL_FUNCTION || o->kind == MODEL_SEQUENCE)
		return NULL;
	for (size_t i = 0; i < sizeof first / sizeof *first; i++)
		if (model_get(o, first[i]))
			return brief(m, model_get(o, first[i]));
	return NULL;
}

/* As people call it. */
static const char *
kind_name(const struct model_object *o)
{
	const char *type = o->kind == MODEL_FUNCTION ? model_get(o, PROP_TYPE) : NULL;

	return type && *type == 'p' ? "procedure" : model_kind_info(o->kind)->name;
}

char *
diff_line(struct mem *m, const struct diff_change *c)
{
	const struct model_object *o = diff_object(c);
	const char *kind = kind_name(o), *what;

	if (c->action == DIFF_ALTER)
		return mem_fmt(m, "alter %s %s: %s %s", kind, o->id, model_prop_name(c->prop),
		    brief_change(m, c->old, c->new));
	if (c->action == DIFF_RENAME && c->prop == PROP_LABELS)
		return mem_fmt(m, "rename label %s of %s %s to %s", c->old, kind, c->from->id,
		    c->new);
	if (c->action == DIFF_RENAME)
		return mem_fmt(m, "rename %s %s to %s", kind, c->from->id, c->to->id);
	what = summary(m, o);
	return mem_fmt(
	    m, "%s %s %s%s%s", actions[c->action], kind, o->id, what ? ": " : "", what ? what : "");
}

const struct model_object *
diff_proof(const struct model *mo, const struct model_object *column)
{
	MEM_SCOPE(m);
	const char *test = mem_fmt(m, "(%s IS NOT NULL)", column->name);
	size_t first = 0, n = model_children(mo, column->table, MODEL_CONSTRAINT, &first);

	for (size_t i = first; i < first + n; i++) {
		const char *text = model_get(mo->objects[i], PROP_DEFINITION);

		if (text && !strncmp(text, "CHECK", 5) && !strstr(text, " NOT VALID") &&
		    !strstr(text, " OR ") && strstr(text, test))
			return mo->objects[i];
	}
	return NULL;
}
