/* check.c - runs the tables of checks and writes their rows. */
#include <string.h>

#include "preflight/check.h"

void
check_row(struct check_run *r, enum check_status status, const char *observed, const char *wanted,
    const char *hint)
{
	static const char *const words[] = { "ok", "warning", "failed", "skipped" };
	struct value *row = value_add_object(r->m, r->rows);

	value_set_string(row, "check", r->name);
	value_set_string(row, "status", words[status]);
	value_set_string(row, "observed", observed);
	value_set_string(row, "wanted", wanted);
	value_set_string(row, "hint", hint);
	r->failed += status == CHECK_FAILED;
	r->warnings += status == CHECK_WARNING;
	if (r->tell)
		r->tell(r->arg, row);
}

static bool
is_wanted(const struct check_options *o, const char *name)
{
	for (size_t i = 0; i < o->only_count; i++)
		if (!strcmp(o->only[i], name))
			return true;
	return !o->only_count;
}

bool
check_exists(const char *name)
{
	static const struct check *const tables[] = { check_database, check_host };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct check *c = tables[i]; c->name; c++)
			if (!strcmp(c->name, name))
				return true;
	return false;
}

static int
run_table(struct check_run *r, const struct check *table, struct err *e)
{
	for (const struct check *c = table; c->name; c++) {
		if (!is_wanted(r->o, c->name))
			continue;
		r->name = c->name;
		if (c->look(r, e)) {
			/* one check that cannot look must not hide what the others see */
			if (!strcmp(e->word, "cancelled"))
				return -1;
			check_row(r, CHECK_FAILED, e->text, NULL, e->hint[0] ? e->hint : NULL);
		}
	}
	return 0;
}

static void
connect(struct check_run *r)
{
	struct err e;

	r->name = "database";
	r->pg = pg_open(r->m, r->o->pg, NULL, &e);
	if (r->pg && pg_own_names(r->m, r->pg, &e))
		r->pg = NULL;
	if (!r->pg)
		check_row(r, CHECK_FAILED, e.text, "a connection", e.hint[0] ? e.hint : NULL);
	else
		check_row(r, CHECK_OK, pg_uri(r->pg), "a connection", NULL);
}

int
check_all(struct check_run *r, struct err *e)
{
	if (!r->o->no_database)
		connect(r);
	if (r->pg && run_table(r, check_database, e))
		return -1;
	return run_table(r, check_host, e);
}
