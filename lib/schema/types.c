/* types.c - pairs of types, as measured on servers 11 to 18. */
#include <stdlib.h>
#include <string.h>

#include "schema/types.h"

/* A type's name without its modifiers, and these: numeric(12,2) is numeric, 12, 2. */
struct parsed {
	char base[64];
	long a, b; /* -1: none */
	bool array;
};

static struct parsed
parse(const char *text)
{
	struct parsed p = { .a = -1, .b = -1 };
	const char *open = strchr(text, '('), *close = open ? strchr(open, ')') : NULL;
	size_t n = open ? (size_t)(open - text) : strlen(text);

	if (n >= sizeof p.base)
		n = sizeof p.base - 1;
	memcpy(p.base, text, n);
	if (close) {
		char *end;
		size_t rest = strlen(close + 1);

		p.a = strtol(open + 1, &end, 10);
		if (*end == ',')
			p.b = strtol(end + 1, NULL, 10);
		if (n + rest < sizeof p.base)
			memcpy(p.base + n, close + 1, rest + 1);
	}
	n = strlen(p.base);
	if (n > 2 && !strcmp(p.base + n - 2, "[]")) {
		p.base[n - 2] = 0;
		p.array = true;
	}
	return p;
}

/* Changes between two names. */
static const struct pair {
	const char *from, *to;
	struct types_change what;
} pairs[] = {
	{ "character varying", "text", { 0 } },
	{ "text", "character varying", { .scan = true } },
	{ "cidr", "inet", { .visible = true } },
	{ "smallint", "integer", { .rewrite = true, .visible = true } },
	{ "smallint", "bigint", { .rewrite = true, .visible = true } },
	{ "smallint", "numeric", { .rewrite = true, .visible = true } },
	{ "integer", "bigint", { .rewrite = true, .visible = true } },
	{ "integer", "numeric", { .rewrite = true, .visible = true } },
	{ "integer", "double precision", { .rewrite = true, .visible = true } },
	{ "bigint", "numeric", { .rewrite = true, .visible = true } },
	{ "real", "double precision", { .rewrite = true, .visible = true } },
	{ "character", "text", { .rewrite = true, .visible = true } },
	{ "character", "character varying", { .rewrite = true, .visible = true } },
	{ "date", "timestamp without time zone", { .rewrite = true, .visible = true } },
	{ "date", "timestamp with time zone", { .rewrite = true, .visible = true } },
	{ "timestamp without time zone", "timestamp with time zone",
	    { .rewrite = true, .visible = true } },
	{ "timestamp with time zone", "timestamp without time zone",
	    { .rewrite = true, .visible = true } },
	{ "json", "jsonb", { .rewrite = true, .visible = true } },
	{ "uuid", "text", { .rewrite = true, .visible = true } },
	{ "integer", "text", { .rewrite = true, .visible = true } },
	{ "bigint", "text", { .rewrite = true, .visible = true } },
	{ "smallint", "text", { .rewrite = true, .visible = true } },
	{ "numeric", "text", { .rewrite = true, .visible = true } },
	{ "boolean", "text", { .rewrite = true, .visible = true } },
};

/* The same type with other modifiers: wider ones need no rewrite, a changed scale does. */
static struct types_change
modifiers(const struct parsed *f, const struct parsed *t)
{
	struct types_change wider = { 0 }, narrower = { true, false, true, true };

	if (t->a < 0 && !strncmp(f->base, "character", 9) && strcmp(f->base, "character"))
		return wider;
	if (t->a < 0)
		return wider;
	if (!strcmp(f->base, "numeric")) {
		if (f->a < 0 || f->b != t->b)
			return (struct types_change){ true, false,
				f->a < 0 || t->b < f->b || t->a - t->b < f->a - f->b, true };
		return t->a >= f->a ? wider : narrower;
	}
	if (!strcmp(f->base, "character") || !strcmp(f->base, "bit"))
		return (struct types_change){ true, false, f->a < 0 || t->a < f->a, true };
	return f->a >= 0 && t->a >= f->a ? wider : narrower;
}

struct types_change
types_compare(const char *from, const char *to)
{
	struct parsed f = parse(from), t = parse(to);

	if (f.array != t.array)
		return (struct types_change){ true, false, true, true };
	if (!strcmp(f.base, t.base))
		return modifiers(&f, &t);
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct types_change c = pairs[i].what;

		if (strcmp(pairs[i].from, f.base) || strcmp(pairs[i].to, t.base))
			continue;
		if (t.a >= 0 && (f.a < 0 || t.a < f.a))
			c = (struct types_change){ true, false, true, true };
		return c;
	}
	return (struct types_change){ true, false, strcmp(t.base, "text") != 0, true };
}
