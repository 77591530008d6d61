/* hazard_bound.c - does a partition with other bounds take all that it took before? */
#include <stdlib.h>
#include <string.h>

#include "schema/hazard_when.h"

/* How long the value is that TEXT begins with: up to a comma or parenthesis outside of quotes. */
static size_t
value_len(const char *text)
{
	bool quoted = false;
	size_t n = 0;

	for (; text[n] && (quoted || (text[n] != ',' && text[n] != ')')); n++)
		quoted ^= text[n] == '\'';
	return n;
}

/* Is each value of the list OLD in NEW? Both end at their parenthesis. */
static bool
holds_all(const char *old, const char *new)
{
	for (; *old && *old != ')'; old += value_len(old), old += strspn(old, ", ")) {
		size_t n = value_len(old);
		const char *v = new;

		while (*v && *v != ')' && (value_len(v) != n || strncmp(v, old, n)))
			v += value_len(v), v += strspn(v, ", ");
		if (!*v || *v == ')')
			return false;
	}
	return true;
}

/* Is A, as far as two texts tell, at most B? Numbers, and what is written in one form: dates. */
static bool
at_most(const char *a, const char *b)
{
	size_t n = value_len(a);
	char *end_a, *end_b;
	double x = strtod(a, &end_a), y = strtod(b, &end_b);

	if (a[n] == ',' || b[value_len(b)] == ',')
		return !strncmp(a, b, strcspn(a, ")") + 1);
	if (!strncmp(a, "MINVALUE", n) || !strncmp(b, "MAXVALUE", value_len(b)))
		return true;
	if (end_a == a + n && end_b == b + value_len(b))
		return x <= y;
	return *a == '\'' && n == value_len(b) && strncmp(a, b, n) <= 0;
}

bool
when_bound_narrowed(const struct diff *d, const struct diff_change *c)
{
	const char *in = "FOR VALUES IN (", *from = "FOR VALUES FROM (", *old = c->old,
		   *new = c->new, *old_to, *new_to;

	(void)d;
	if (!old || !new || !strcmp(new, "DEFAULT"))
		return false;
	if (!strncmp(old, in, strlen(in)) && !strncmp(new, in, strlen(in)))
		return !holds_all(old + strlen(in), new + strlen(in));
	old_to = strstr(old, ") TO (");
	new_to = strstr(new, ") TO (");
	if (strncmp(old, from, strlen(from)) || !old_to || !new_to)
		return true;
	return !at_most(new + strlen(from), old + strlen(from)) ||
	    !at_most(old_to + strlen(") TO ("), new_to + strlen(") TO ("));
}
