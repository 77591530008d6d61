/* arguments.c - takes lists of arguments apart. */
#include <string.h>

#include "schema/arguments.h"

/* How long TEXT is up to END at its top level: outside of quotes and parentheses. */
static size_t
up_to(const char *text, size_t len, const char *end)
{
	size_t n = 0, depth = 0, k = strlen(end);

	for (char quote = 0; n < len; n++) {
		char c = text[n];

		if (!quote && !depth && len - n >= k && !strncmp(text + n, end, k))
			return n;
		if (quote)
			quote = c == quote ? 0 : quote;
		else if (c == '\'' || c == '"')
			quote = c;
		else if (c == '(' || c == '[')
			depth++;
		else if ((c == ')' || c == ']') && depth)
			depth--;
	}
	return len;
}

/* "mode name type", and its default; the latter is NULL where there is none. */
struct argument {
	const char *text, *value;
	size_t len, value_len;
};

/* *REST (NULL: none) moves behind it; false: there are no more. */
static bool
next(const char **rest, struct argument *a)
{
	static const char begins[] = " DEFAULT ";
	size_t n = *rest ? up_to(*rest, strlen(*rest), ", ") : 0, skip = sizeof begins - 1;

	if (!n)
		return false;
	*a = (struct argument){ .text = *rest, .len = up_to(*rest, n, begins) };
	if (a->len < n) {
		a->value = a->text + a->len + skip;
		a->value_len = n - a->len - skip;
	}
	*rest += n + ((*rest)[n] ? 2 : 0);
	return true;
}

static bool
same(const char *a, size_t a_len, const char *b, size_t b_len)
{
	return a_len == b_len && !strncmp(a, b, a_len);
}

/* The same, or only a name before it that it had not: "integer", "b integer". */
static bool
same_or_named(const struct argument *old, const struct argument *new)
{
	static const char *const modes[] = { "IN", "OUT", "INOUT", "VARIADIC" };
	size_t more = new->len > old->len ? new->len - old->len : 0;

	if (!more)
		return same(old->text, old->len, new->text, new->len);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++)
		if (!strncmp(new->text, modes[i], strlen(modes[i])) &&
		    new->text[strlen(modes[i])] == ' ')
			return false;
	return new->text[more - 1] == ' ' && up_to(new->text, more, " ") == more - 1 &&
	       !strncmp(new->text + more, old->text, old->len);
}

bool
arguments_kept(const char *old, const char *new)
{
	struct argument a, b;

	while (next(&old, &a))
		if (!next(&new, &b) || !same_or_named(&a, &b) || (a.value && !b.value))
			return false;
	return !next(&new, &b);
}

bool
arguments_default_changed(const char *old, const char *new)
{
	struct argument a, b;

	while (next(&old, &a) && next(&new, &b))
		if (a.value && b.value && !same(a.value, a.value_len, b.value, b.value_len))
			return true;
	return false;
}

/* Of a call: at least, and at most. */
struct range {
	size_t least, most;
};

static struct range
taken(const struct model_object *function)
{
	const char *text = model_get(function, PROP_ARGUMENTS);
	const char *ids = strchr(function->id, '(') + 1;
	struct argument a;
	struct range r = { 0, 0 };
	size_t defaults = 0;

	while (next(&text, &a))
		defaults += a.value != NULL;
	for (size_t left = strlen(ids) - 1; left; r.most++) {
		size_t n = up_to(ids, left, ", ");

		ids += n + (n < left ? 2 : 0);
		left -= n + (n < left ? 2 : 0);
	}
	r.least = r.most - defaults;
	return r;
}

/* Are the types of the first COUNT arguments the same? */
static bool
same_types(const struct model_object *a, const struct model_object *b, size_t count)
{
	const char *x = strchr(a->id, '(') + 1, *y = strchr(b->id, '(') + 1;

	for (; count; count--) {
		size_t n = up_to(x, strlen(x) - 1, ", "), k = up_to(y, strlen(y) - 1, ", ");

		if (!same(x, n, y, k))
			return false;
		x += n + 2;
		y += k + 2;
	}
	return true;
}

const struct model_object *
arguments_rival(const struct model *from, const struct model *to, const struct model_object *old,
    const struct model_object *new)
{
	size_t len = strcspn(new->id, "(") + 1, first, count;
	struct range now = taken(new), was = old ? taken(old) : (struct range){ 1, 0 };

	count = model_of_kind(from, MODEL_FUNCTION, &first);
	for (size_t i = first; i < first + count; i++) {
		const struct model_object *o = from->objects[i];
		struct range its;

		if (o == old || strncmp(o->id, new->id, len) ||
		    !model_find(to, MODEL_FUNCTION, o->id))
			continue;
		its = taken(o);
		for (size_t n = now.least; n <= now.most; n++)
			if ((n < was.least || n > was.most) && n >= its.least && n <= its.most &&
			    same_types(o, new, n))
				return o;
	}
	return NULL;
}
