/* types.c - pairs of types, as measured on servers 11 to 18. */
#include <stdlib.h>
#include <string.h>

#include "schema/types.h"

/* A type's name without its modifiers, and these: numeric(12,2) is numeric, 12, 2. */
struct parsed {
	char base[64];
	long a, b; /* -1: none */
	bool array;
	int least; /* of an interval: the place of its smallest field */
};

/* "interval day to hour": what it does not hold is cut off behind, nothing before. */
static int
least_field(const char *interval)
{
	static const char *const fields[] = { "year", "month", "day", "hour", "minute" };
	size_t n = strlen(interval), k;

	for (int i = 0; i < 5; i++)
		if (n > (k = strlen(fields[i])) && !strcmp(interval + n - k, fields[i]))
			return i;
	return 5;
}

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
	if (n > 7 && !strcmp(p.base + n - 7, ".citext"))
		memcpy(p.base, "citext", 7);
	if (!strncmp(p.base, "interval", 8)) {
		p.least = least_field(p.base);
		p.base[8] = 0;
	}
	/* as precise as without a word */
	if (p.a == 6 && (!strncmp(p.base, "time", 4) || !strcmp(p.base, "interval")))
		p.a = -1;
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
	{ "integer", "oid", { .scan = true, .narrow = true, .visible = true } },
	{ "oid", "integer", { .scan = true, .narrow = true, .visible = true } },
	{ "oid", "bigint", { .rewrite = true, .visible = true } },
	{ "smallint", "integer", { .rewrite = true, .visible = true } },
	{ "smallint", "bigint", { .rewrite = true, .visible = true } },
	{ "smallint", "real", { .rewrite = true, .visible = true } },
	{ "smallint", "double precision", { .rewrite = true, .visible = true } },
	{ "integer", "bigint", { .rewrite = true, .visible = true } },
	{ "integer", "double precision", { .rewrite = true, .visible = true } },
	{ "boolean", "integer", { .rewrite = true, .visible = true } },
	{ "money", "numeric", { .rewrite = true, .visible = true } },
	{ "real", "double precision", { .rewrite = true, .visible = true } },
	{ "character", "text", { .rewrite = true, .visible = true } },
	{ "character", "character varying", { .rewrite = true, .visible = true } },
	{ "date", "timestamp without time zone", { .rewrite = true, .visible = true } },
	{ "date", "timestamp with time zone", { .rewrite = true, .visible = true } },
	{ "timestamp without time zone", "timestamp with time zone",
	    { .rewrite = true, .visible = true } },
	/* the hour that comes twice when the clocks go back; none only in a session of UTC */
	{ "timestamp with time zone", "timestamp without time zone",
	    { .rewrite = true, .narrow = true, .visible = true } },
	{ "time without time zone", "time with time zone", { .rewrite = true, .visible = true } },
	{ "time without time zone", "interval", { .rewrite = true, .visible = true } },
	/* the order of keys, doubles and blanks are lost, \u0000 is refused */
	{ "json", "jsonb", { .rewrite = true, .narrow = true, .visible = true } },
	{ "macaddr", "macaddr8", { .rewrite = true, .visible = true } },
	{ "integer", "money", { .rewrite = true, .visible = true } },
	{ "xml", "text", { .visible = true } },
	{ "xml", "character varying", { .visible = true } },
	/* nothing is lost, but what differed by case alone is equal: unique indexes are built
	 * anew */
	{ "text", "citext", { .scan = true, .visible = true } },
	{ "character varying", "citext", { .scan = true, .visible = true } },
	{ "citext", "text", { .scan = true, .visible = true } },
	{ "citext", "character varying", { .scan = true, .visible = true } },
	{ "jsonb", "json", { .rewrite = true, .visible = true } },
};

/* How long values are at most: DIGITS before the point, WIDTH as text; 0: not known. */
static const struct extent {
	const char *type;
	long digits, width;
} extents[] = {
	{ "smallint", 5, 6 },
	{ "integer", 10, 11 },
	{ "bigint", 19, 20 },
	{ "oid", 10, 10 },
	{ "boolean", 0, 5 },
	{ "uuid", 0, 36 },
	{ "macaddr", 0, 17 },
};

/* Types of ranges, and of what their bounds are. */
static const struct ranges {
	const char *range, *many, *bound;
} ranges[] = {
	{ "int4range", "int4multirange", "integer" },
	{ "int8range", "int8multirange", "bigint" },
	{ "numrange", "nummultirange", "numeric" },
	{ "daterange", "datemultirange", "date" },
	{ "tsrange", "tsmultirange", "timestamp without time zone" },
	{ "tstzrange", "tstzmultirange", "timestamp with time zone" },
};

static struct extent
extent(const char *base)
{
	for (size_t i = 0; i < sizeof extents / sizeof *extents; i++)
		if (!strcmp(extents[i].type, base))
			return extents[i];
	return (struct extent){ base, 0, 0 };
}

static const struct ranges *
range_of(const char *base)
{
	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (!strcmp(ranges[i].range, base) || !strcmp(ranges[i].many, base))
			return &ranges[i];
	return NULL;
}

static bool
is_numeric(const struct parsed *p)
{
	return !strcmp(p->base, "numeric");
}

/* The same type with other modifiers: wider ones need no rewrite, a changed scale does. */
static struct types_change
modifiers(const struct parsed *f, const struct parsed *t)
{
	struct types_change wider = { 0 }, narrower = { true, false, true, true };

	if (t->least < f->least)
		return narrower;
	if (t->a < 0)
		return wider;
	if (is_numeric(f)) {
		if (f->a < 0 || f->b != t->b)
			return (struct types_change){ true, false,
				f->a < 0 || t->b < f->b || t->a - t->b < f->a - f->b, true };
		return t->a >= f->a ? wider : narrower;
	}
	if (!strcmp(f->base, "character") || !strcmp(f->base, "bit"))
		return (struct types_change){ true, false,
			f->a < 0 || t->a < f->a || *f->base == 'b', true };
	return f->a >= 0 && t->a >= f->a ? wider : narrower;
}

/* Types that have no row of their own: does the new one hold whatever the old one held? */
static bool
holds(const struct parsed *f, const struct parsed *t)
{
	long whole = t->b > 0 ? t->a - t->b : t->a;
	struct extent was = extent(f->base), is = extent(t->base);

	if (!strcmp(t->base, "text"))
		return true;
	if (!strncmp(t->base, "character", 9))
		return t->a < 0 ? strcmp(t->base, "character") != 0 :
				  was.width && was.width <= t->a;
	if (is_numeric(t) && was.digits)
		return t->a < 0 || was.digits <= whole;
	if (!strcmp(f->base, "bit") && !strcmp(t->base, "bit varying"))
		return t->a < 0 || f->a <= t->a;
	return is_numeric(f) && f->a >= 0 && f->b <= 0 && f->a < is.digits;
}

/* A value becomes the first of an array, and the other way round; but text is read as what it
 * says. */
static struct types_change
arrays(const struct parsed *f, const struct parsed *t)
{
	bool text = !strcmp(f->base, "text") || !strncmp(f->base, "character", 9);
	bool read = !strcmp(t->base, "text") || !strcmp(t->base, "character varying");
	bool kept = strcmp(f->base, t->base) ? holds(f, t) : !modifiers(f, t).narrow;

	return (struct types_change){ true, false,
		t->array ? text || !kept : !read || t->a >= 0, true };
}

struct types_change
types_compare(const char *from, const char *to)
{
	struct parsed f = parse(from), t = parse(to);
	const struct ranges *was = range_of(f.base), *is = range_of(t.base);

	if (f.array != t.array)
		return arrays(&f, &t);
	if (!strcmp(f.base, t.base)) {
		struct types_change c = modifiers(&f, &t);

		c.rewrite |= f.array && t.a >= 0 && strcmp(from, to);
		return c;
	}
	if (was && is)
		return (struct types_change){ true, false,
			types_compare(was->bound, is->bound).narrow ||
			    (!strcmp(was->many, f.base) && strcmp(is->many, t.base)),
			true };
	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
		struct types_change c = pairs[i].what;

		if (strcmp(pairs[i].from, f.base) || strcmp(pairs[i].to, t.base))
			continue;
		if (t.a >= 0 && (f.a < 0 || t.a < f.a) && strcmp(f.base, "date"))
			c = (struct types_change){ true, false, true, true };
		/* each array is written anew */
		return f.array ? (struct types_change){ true, false, c.narrow, c.visible } : c;
	}
	return (struct types_change){ true, false, !holds(&f, &t), true };
}

bool
types_cross_zone(const char *from, const char *to)
{
	static const char *const zoned[] = { " with time zone", "tstz" },
			  *const plain[] = { "date", " without time zone", "tsrange", "tsmulti" };
	const char *sides[2] = { from, to };
	bool has_zone[2] = { false }, has_none[2] = { false };

	for (int i = 0; i < 2; i++) {
		for (size_t k = 0; k < sizeof zoned / sizeof *zoned; k++)
			has_zone[i] |= strstr(sides[i], zoned[k]) != NULL;
		for (size_t k = 0; k < sizeof plain / sizeof *plain; k++)
			has_none[i] |= strstr(sides[i], plain[k]) != NULL;
	}
	return (has_zone[0] && has_none[1]) || (has_none[0] && has_zone[1]);
}
