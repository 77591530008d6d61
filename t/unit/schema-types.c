/* types, defaults and labels: what the hazard table says agrees with what was measured on servers
 * 11 to 18 */
#include "core/mem.h"
#include "schema/hazard.h"
#include "schema/types.h"
#include "../tap.h"

/* From the measurements of DDL forms: was the table rewritten, were rows read? */
static const struct { const char *from, *to; int rewrite, scan, narrow, visible; } measured[] = {
	{ "integer", "bigint", 1, 0, 0, 1 },
	{ "integer", "text", 1, 0, 0, 1 },
	{ "bigint", "integer", 1, 0, 1, 1 },
	{ "character varying(20)", "character varying(50)", 0, 0, 0, 0 },
	{ "character varying(20)", "character varying", 0, 0, 0, 0 },
	{ "character varying(20)", "text", 0, 0, 0, 0 },
	{ "text", "character varying", 0, 1, 0, 0 },
	{ "text", "citext", 0, 1, 0, 1 },
	{ "citext", "character varying(20)", 1, 0, 1, 1 },
	{ "xml", "text", 0, 0, 0, 1 },
	{ "character varying(50)", "character varying(20)", 1, 0, 1, 1 },
	{ "text", "character varying(100)", 1, 0, 1, 1 },
	{ "numeric(10,2)", "numeric(12,2)", 0, 0, 0, 0 },
	{ "numeric(10,2)", "numeric", 0, 0, 0, 0 },
	{ "numeric(10,2)", "numeric(12,4)", 1, 0, 0, 1 },
	{ "numeric(10,2)", "numeric(10,1)", 1, 0, 1, 1 },
	{ "numeric(10,2)", "numeric(8,2)", 1, 0, 1, 1 },
	{ "timestamp without time zone", "timestamp with time zone", 1, 0, 0, 1 },
	{ "timestamp without time zone", "timestamp(3) without time zone", 1, 0, 1, 1 },
	{ "cidr", "inet", 0, 0, 0, 1 },
	{ "json", "jsonb", 1, 0, 1, 1 },
	{ "character(10)", "character varying", 1, 0, 0, 1 },
	{ "app.mood", "text", 1, 0, 0, 1 },
	{ "text", "app.mood", 1, 0, 1, 1 },
	{ "integer[]", "bigint[]", 1, 0, 0, 1 },
	{ "integer", "integer[]", 1, 0, 0, 1 },
	{ "integer", "text[]", 1, 0, 0, 1 },
	{ "text", "text[]", 1, 0, 1, 1 },
	{ "integer[]", "integer", 1, 0, 1, 1 },
	{ "integer[]", "text", 1, 0, 0, 1 },
	{ "character varying(10)[]", "character varying(20)[]", 1, 0, 0, 0 },
	{ "character varying(10)[]", "character varying[]", 0, 0, 0, 0 },
	{ "character varying[]", "text[]", 1, 0, 0, 0 },
	{ "int4range", "int8range", 1, 0, 0, 1 },
	{ "int8range", "int4range", 1, 0, 1, 1 },
	{ "int4range", "int4multirange", 1, 0, 0, 1 },
	{ "int4multirange", "int4range", 1, 0, 1, 1 },
	{ "daterange", "tstzrange", 1, 0, 0, 1 },
	{ "integer", "character varying", 1, 0, 0, 1 },
	{ "integer", "character varying(10)", 1, 0, 1, 1 },
	{ "uuid", "character varying(36)", 1, 0, 0, 1 },
	{ "app.mood", "character varying", 1, 0, 0, 1 },
	{ "smallint", "numeric(10,2)", 1, 0, 0, 1 },
	{ "integer", "numeric(10,2)", 1, 0, 1, 1 },
	{ "integer", "numeric", 1, 0, 0, 1 },
	{ "numeric(9,0)", "integer", 1, 0, 0, 1 },
	{ "numeric(9,2)", "integer", 1, 0, 1, 1 },
	{ "numeric(19,0)", "bigint", 1, 0, 1, 1 },
	{ "date", "timestamp(3) without time zone", 1, 0, 0, 1 },
	{ "timestamp without time zone", "timestamp(6) without time zone", 0, 0, 0, 0 },
	{ "bit(4)", "bit varying(5)", 1, 0, 0, 1 },
	{ "integer", "oid", 0, 1, 1, 1 },
};

static struct model_object *
add(struct model *mo, enum model_kind kind, const char *parent, const char *name, enum model_prop p,
    const char *text)
{
	struct model_object *o = model_add(mo, kind, "public", parent, name, NULL);

	o->values = mem_zero(mo->m, 2, sizeof *o->values);
	if (text)
		o->values[o->value_count++] = (struct model_value){ p, text };
	return o;
}

/* The hazards' ids of the first change from A to B, parted by spaces. */
static const char *
hazards(struct mem *m, struct model *a, struct model *b)
{
	struct mem_text t = { .m = m };
	struct diff *d;

	model_finish(a);
	model_finish(b);
	d = diff_models(m, a, b);
	hazard_assess(d, NULL);
	for (size_t i = 0; d->count && i < d->changes[0].hazard_count; i++)
		mem_text_fmt(&t, "%s%s", i ? " " : "", d->changes[0].hazards[i]->id);
	return t.text ? t.text : "";
}

static const char *
labels(struct mem *m, const char *from, const char *to)
{
	struct model *a = model_new(m, "a"), *b = model_new(m, "b");

	add(a, MODEL_ENUM, NULL, "mood", PROP_LABELS, from);
	add(b, MODEL_ENUM, NULL, "mood", PROP_LABELS, to);
	return hazards(m, a, b);
}

static const char *
column_with(struct mem *m, const char *value)
{
	struct model *a = model_new(m, "a"), *b = model_new(m, "b");

	add(a, MODEL_TABLE, NULL, "t", PROP_COMMENT, NULL);
	add(b, MODEL_TABLE, NULL, "t", PROP_COMMENT, NULL);
	add(b, MODEL_COLUMN, "t", "c", PROP_DEFAULT, value);
	return hazards(m, a, b);
}

static void
test_table(void)
{
	for (size_t i = 0; i < hazard_count; i++) {
		const struct hazard *h = &hazard_table[i];
		int twice = 0;

		for (size_t j = 0; j < hazard_count; j++)
			twice += j != i && !strcmp(h->id, hazard_table[j].id);
		if (twice || !h->why || !h->instead || !h->back)
			ok(0, "%s has one row, a reason, an advice, a way back", h->id);
	}
	ok(1, "each hazard has one row, a reason, an advice, a way back");
}

int
main(void)
{
	MEM_SCOPE(m);
	struct err e;
	unsigned set = 0;

	for (size_t i = 0; i < sizeof measured / sizeof *measured; i++) {
		struct types_change c = types_compare(measured[i].from, measured[i].to);

		ok(c.rewrite == measured[i].rewrite && c.scan == measured[i].scan &&
			c.narrow == measured[i].narrow && c.visible == measured[i].visible,
		    "%s -> %s", measured[i].from, measured[i].to);
	}
	is(labels(m, "'a', 'b'", "'a', 'c', 'b'"), "label-added new-label", "a new label");
	is(labels(m, "'it''s', 'b'", "'b'"), "drop-enum-label change-labels label-gone",
	    "a lost label with a quote in it");
	is(labels(m, "'a', 'b'", "'b', 'a'"), "change-label-order label-moved", "another order");
	is(column_with(m, "now()"), "new-column", "a stable default rewrites nothing");
	is(column_with(m, "public.gen_random_uuid()"), "volatile-default new-column",
	    "a volatile one does");
	is(column_with(m, "nextval('s'::regclass)"), "counted-column new-column",
	    "a sequence does");
	is(column_with(m, "'random()'::text"), "volatile-default new-column",
	    "what looks like one counts as one");
	test_table();
	ok(!hazard_parse_classes("destructive,old-code", &set, &e) && set == 5,
	    "classes of a gate");
	ok(hazard_parse_classes("nonsense", &set, &e) && strstr(e.text, "nonsense"),
	    "and what is none");
	return done();
}
