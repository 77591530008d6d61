/* rename.c - finds what shall be renamed, and renames it on a copy. */
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"
#include "schema/load.h"
#include "schema/rename.h"
#include "schema/verify.h"

/* What has that id, and can have another name. */
static const struct model_object *
find(const struct model *mo, const char *id)
{
	static const enum model_kind kinds[] = { MODEL_TABLE, MODEL_COLUMN, MODEL_VIEW,
		MODEL_MATVIEW, MODEL_CONSTRAINT, MODEL_INDEX, MODEL_SEQUENCE, MODEL_ENUM,
		MODEL_DOMAIN, MODEL_COMPOSITE, MODEL_FUNCTION, MODEL_TRIGGER, MODEL_POLICY,
		MODEL_SCHEMA };
	const struct model_object *o = NULL;

	for (size_t i = 0; !o && i < sizeof kinds / sizeof *kinds; i++)
		o = model_find(mo, kinds[i], id);
	return o;
}

static char *
statement(struct mem *m, const struct model_object *o, const char *name)
{
	if (o->kind == MODEL_COLUMN || o->kind == MODEL_CONSTRAINT)
		return mem_fmt(m, "ALTER %s %s RENAME %s %s TO %s", ddl_sql_kind(o->table),
		    o->table->id, ddl_sql_kind(o), o->name, name);
	return mem_fmt(m, "ALTER %s RENAME TO %s", ddl_name(m, o), name);
}

int
rename_resolve(struct mem *m, const char *const *specs, size_t count, const struct model *from,
    struct renames *r, struct err *e)
{
	r->item = mem_zero(m, count + 1, sizeof *r->item);
	for (size_t i = 0; i < count; i++) {
		const char *equal = strrchr(specs[i], '=');
		const struct model_object *o =
		    equal ? find(from, mem_dup(m, specs[i], (size_t)(equal - specs[i]))) : NULL;

		if (!equal || !equal[1]) {
			err_set(e, FAIL_TROUBLE, "usage", "--rename takes OBJECT=NAME, not '%s'",
			    specs[i]);
			return err_hint(e, "--rename public.note.body=text");
		}
		if (!o)
			return err_set(e, FAIL_TROUBLE, "usage",
			    "--rename %s: %s has no such object", specs[i], from->source);
		r->item[r->count++] = (struct rename){ o, equal + 1, statement(m, o, equal + 1) };
	}
	return 0;
}

int
rename_apply(struct source_set *s, const struct source *from, const struct renames *r,
    const struct model_filter *f, struct source *after, struct err *e)
{
	struct pg *pg;

	if (!(after->scratch_database = verify_copy(s, from, f, e)) ||
	    !(pg = source_connect(s, s->m, after->scratch_database, e)))
		return -1;
	/* columns before their tables, which get other ids */
	for (int tables = 0; tables < 2; tables++)
		for (size_t i = 0; i < r->count; i++)
			if ((r->item[i].object->table == NULL) == tables &&
			    pg_exec(pg, r->item[i].sql, e))
				return err_in(
				    e, "--rename %s=%s", r->item[i].object->id, r->item[i].name);
	if (!(after->model = load_model(s->m, pg, s->needs, from->model->source, e)))
		return -1;
	model_reduce(after->model, f);
	pg_close(pg);
	return 0;
}

void
rename_tell(struct diff *d, const struct renames *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct model_object *o = r->item[i].object;
		const char *dot = strrchr(o->id, '.');
		const char *id =
		    dot ? mem_fmt(d->m, "%.*s.%s", (int)(dot - o->id), o->id, r->item[i].name)
			: r->item[i].name;
		const struct model_object *to = model_find(d->to, o->kind, id);

		diff_add_rename(d, o, to ? to : o);
	}
}

void
rename_prepend(struct ddl *s, const struct renames *r)
{
	struct ddl all = { .m = s->m };

	for (int tables = 0; tables < 2; tables++)
		for (size_t i = 0; i < r->count; i++)
			if ((r->item[i].object->table == NULL) == tables)
				ddl_say(&all, r->item[i].object, "%s", r->item[i].sql);
	for (size_t i = 0; i < s->count; i++)
		(s->statements[i].alone ? ddl_say_alone : ddl_say)(
		    &all, s->statements[i].object, "%s", s->statements[i].sql);
	*s = all;
}
