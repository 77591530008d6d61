/* ddl_view.c - CREATE and ALTER of views, materialized views and policies. */
#include <string.h>

#include "schema/ddl_plan.h"

#define GET(p) model_get(o, PROP_##p)
#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define DIFFERS(p) plan_differs(from, to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

static const char *
clause(struct mem *m, const char *before, const char *text, const char *behind)
{
	return text ? mem_fmt(m, "%s%s%s", before, text, behind) : "";
}

void
ddl_make_hollow(struct plan *p, const struct model_object *o, bool replace)
{
	struct mem_text t = { .m = p->m };

	for (const char *c = GET(COLUMNS) ? GET(COLUMNS) : ""; *c;) {
		size_t name = model_name_len(c, " "), n = name, depth = 0;

		for (; c[n] && (depth || strncmp(c + n, ", ", 2)); n++)
			depth += c[n] == '(' ? 1 : c[n] == ')' ? -1 : 0;
		mem_text_fmt(&t, "%sNULL::%.*s AS %.*s", t.len ? ", " : "", (int)(n - name - 1),
		    c + name + 1, (int)name, c);
		c += n + (c[n] ? 2 : 0);
	}
	ddl_say(p->out, o, "CREATE%s VIEW %s AS SELECT %s", replace ? " OR REPLACE" : "", o->id,
	    t.len ? t.text : "");
}

void
ddl_make_view(struct plan *p, const struct model_object *o)
{
	const char *with = clause(p->m, " WITH (", ddl_written(o), ")");

	if (o->kind == MODEL_VIEW)
		ddl_say(p->out, o, "CREATE%s VIEW %s%s AS\n%s",
		    p->at[PLAN_STEP_MAKE][o->place]->hollow ? " OR REPLACE" : "", o->id, with,
		    GET(DEFINITION));
	else
		ddl_say(p->out, o, "CREATE MATERIALIZED VIEW %s%s%s%s AS\n%s%s", o->id,
		    clause(p->m, " USING ", GET(ACCESS_METHOD), ""), with,
		    clause(p->m, " TABLESPACE ", GET(TABLESPACE), ""), GET(DEFINITION),
		    clause(p->m, "\n", GET(POPULATED), ""));
}

void
ddl_alter_view(SIDES)
{
	if (to->kind == MODEL_VIEW && (DIFFERS(DEFINITION) || DIFFERS(OPTIONS) || DIFFERS(COLUMNS)))
		ddl_say(p->out, to, "CREATE OR REPLACE VIEW %s%s AS\n%s", to->id,
		    clause(p->m, " WITH (", ddl_written(to), ")"), NEW(DEFINITION));
	if (to->kind == MODEL_VIEW)
		return;
	if (DIFFERS(OPTIONS))
		ddl_alter_options(p, from, to, PROP_OPTIONS,
		    mem_fmt(p->m, "ALTER MATERIALIZED VIEW %s", to->id), "");
	if (DIFFERS(ACCESS_METHOD))
		ddl_say(p->out, to, "ALTER MATERIALIZED VIEW %s SET ACCESS METHOD %s", to->id,
		    NEW(ACCESS_METHOD) ? NEW(ACCESS_METHOD) : "heap");
	if (DIFFERS(TABLESPACE))
		ddl_say(p->out, to, "ALTER MATERIALIZED VIEW %s SET TABLESPACE %s", to->id,
		    NEW(TABLESPACE) ? NEW(TABLESPACE) : "pg_default");
}

void
ddl_make_policy(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "CREATE POLICY %s ON %s%s%s%s%s%s", o->name, o->table->id,
	    clause(p->m, " AS ", GET(PERMISSIVE), ""), clause(p->m, " FOR ", GET(COMMAND), ""),
	    clause(p->m, " TO ", GET(ROLES), ""), clause(p->m, " USING (", GET(USING), ")"),
	    clause(p->m, " WITH CHECK (", GET(CHECK), ")"));
}

/* In one statement, so that its table is never without it. */
void
ddl_alter_policy(SIDES)
{
	struct mem_text t = { .m = p->m };

	if (DIFFERS(ROLES))
		mem_text_fmt(&t, " TO %s", NEW(ROLES) ? NEW(ROLES) : "PUBLIC");
	if (DIFFERS(USING))
		mem_text_fmt(&t, " USING (%s)", NEW(USING));
	if (DIFFERS(CHECK))
		mem_text_fmt(&t, " WITH CHECK (%s)", NEW(CHECK));
	if (t.text)
		ddl_say(p->out, to, "ALTER POLICY %s ON %s%s", to->name, to->table->id, t.text);
}
