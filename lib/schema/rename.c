/* rename.c - finds what shall be renamed, and renames it on a copy. */
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"
#include "schema/load.h"
#include "schema/rename.h"
#include "schema/verify.h"

/* What can have another name. */
static const enum model_kind kinds[] = { MODEL_TABLE, MODEL_COLUMN, MODEL_VIEW, MODEL_MATVIEW,
	MODEL_CONSTRAINT, MODEL_INDEX, MODEL_SEQUENCE, MODEL_ENUM, MODEL_DOMAIN, MODEL_COMPOSITE,
	MODEL_RANGE, MODEL_FUNCTION, MODEL_AGGREGATE, MODEL_TRIGGER, MODEL_POLICY, MODEL_RULE,
	MODEL_STATISTICS, MODEL_DOMAIN_CONSTRAINT, MODEL_SCHEMA };
enum { KINDS = sizeof kinds / sizeof *kinds };

bool
rename_can(enum model_kind k)
{
	for (size_t i = 0; i < KINDS; i++)
		if (kinds[i] == k)
			return true;
	return false;
}

static const struct model_object *
find(const struct model *mo, const char *id)
{
	const struct model_object *o = NULL;

	for (size_t i = 0; !o && i < KINDS; i++)
		o = model_find(mo, kinds[i], id);
	return o;
}

static const struct rename *
rename_of(const struct renames *r, const struct model_object *o)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].object == o && !r->item[i].label)
			return &r->item[i];
	return NULL;
}

const char *
rename_schema_after(const struct renames *r, const char *schema)
{
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].object->kind == MODEL_SCHEMA &&
		    !strcmp(r->item[i].object->name, schema))
			return r->item[i].name;
	return schema;
}

/* What stands behind the name in the id of O: the arguments of a function, or "". */
static const char *
behind_name(const struct model_object *o)
{
	return o->id + (o->schema ? strlen(o->schema) + 1 : 0) +
	    (o->parent ? strlen(o->parent) + 1 : 0) + strlen(o->name);
}

/* What O is called, and where, when all is done. */
static const char *
id_after(struct mem *m, const struct renames *r, const struct model_object *o)
{
	const struct rename *own = rename_of(r, o);
	const char *name = own ? own->name : o->name,
		   *schema = own && own->schema ? own->schema : o->schema;

	if (o->table)
		return mem_fmt(m, "%s.%s", id_after(m, r, o->table), name);
	schema = schema ? rename_schema_after(r, schema) : NULL;
	return mem_fmt(m, "%s%s%s%s", schema ? schema : "", schema ? "." : "", name,
	    behind_name(o));
}

/* From the name that it has to NAME. */
static const char *
statement(struct mem *m, const struct model_object *o, const char *label, const char *name)
{
	if (label)
		return mem_fmt(m, "ALTER TYPE %s RENAME VALUE %s TO %s", o->id, label, name);
	if (o->kind == MODEL_COLUMN || o->kind == MODEL_CONSTRAINT ||
	    o->kind == MODEL_DOMAIN_CONSTRAINT)
		return mem_fmt(m, "ALTER %s %s RENAME %s %s TO %s", ddl_sql_kind(o->table),
		    o->table->id, ddl_sql_kind(o), o->name, name);
	return mem_fmt(m, "ALTER %s RENAME TO %s", ddl_name(m, o), name);
}

/* O under another name, for as long as a statement needs it. */
static const struct model_object *
called(struct mem *m, const struct model_object *o, const char *schema, const char *name)
{
	struct model_object *other = mem_zero(m, 1, sizeof *o);

	*other = *o;
	other->name = name;
	other->schema = schema;
	other->id = mem_fmt(m, "%s%s%s%s%s%s", schema ? schema : "", schema ? "." : "",
	    o->parent ? o->parent : "", o->parent ? "." : "", name, behind_name(o));
	return other;
}

/* Is the new name of this one still that of another one, which gives it up? */
static bool
is_taken(struct mem *m, const struct renames *r, const struct rename *it)
{
	const char *id = id_after(m, r, it->object);

	for (size_t i = 0; i < r->count; i++) {
		const struct rename *other = &r->item[i];

		if (other == it || other->object->kind != it->object->kind ||
		    !other->label != !it->label)
			continue;
		if (it->label ? other->object == it->object && !strcmp(other->label, it->name) :
				!strcmp(other->object->id, id))
			return true;
	}
	return false;
}

/* What the I-th of them is called for a while. */
static const char *
aside_name(struct mem *m, const struct rename *it, size_t i)
{
	return mem_fmt(m, it->label ? "'handrail %zu'" : "\"handrail %zu\"", i);
}

void
rename_write(struct mem *m, const struct model *from, struct renames *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct rename *it = &r->item[i];
		const struct model_object *o = it->object;
		const char *label = it->label, *aside = aside_name(m, it, i);

		if (is_taken(m, r, it)) {
			it->aside = statement(m, o, label, aside);
			o = label ? o : called(m, o, o->schema, aside);
			label = label ? aside : NULL;
		}
		it->sql = label || strcmp(o->name, it->name) ? statement(m, o, label, it->name) :
							       NULL;
		if (!it->schema)
			continue;
		it->makes_schema = !model_find(from, MODEL_SCHEMA, it->schema);
		it->sql = mem_fmt(m, "%s%s%sALTER %s SET SCHEMA %s%s%s",
		    it->makes_schema ? "CREATE SCHEMA IF NOT EXISTS " : "",
		    it->makes_schema ? it->schema : "", it->makes_schema ? ";\n" : "",
		    ddl_name(m, o), it->schema, it->sql ? ";\n" : "",
		    it->sql ? statement(m, called(m, o, it->schema, o->name), NULL, it->name) : "");
	}
}

struct rename *
rename_add(struct mem *m, struct renames *r, const struct model_object *o, const char *label,
    const char *name)
{
	mem_grow(m, &r->item, r->count, &r->room, sizeof *r->item);
	r->item[r->count] = (struct rename){ .object = o, .label = label, .name = name };
	return &r->item[r->count++];
}

/* Named on the command line */

/* The enum whose id and a dot ID begins with, and that has the label which follows. */
static const struct model_object *
find_label(struct mem *m, const struct model *mo, const char *id, const char **label)
{
	size_t first, count = model_of_kind(mo, MODEL_ENUM, &first);

	for (size_t i = first; i < first + count; i++) {
		const struct model_object *o = mo->objects[i];
		size_t n = strlen(o->id), len;

		if (strncmp(o->id, id, n) || id[n] != '.')
			continue;
		*label = pg_quote_literal(m, id + n + 1);
		for (const char *list = model_get(o, PROP_LABELS), *p;
		     (p = model_next_label(&list, &len));)
			if (len == strlen(*label) && !strncmp(p, *label, len))
				return o;
	}
	return NULL;
}

/* ID, with the name that its table has in FROM in place of the one that an earlier rename gives
 * it. */
static const char *
id_before(struct mem *m, const struct renames *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++) {
		const char *after = id_after(m, r, r->item[i].object);
		size_t n = strlen(after);

		if (!strncmp(after, id, n) && id[n] == '.')
			return mem_fmt(m, "%s%s", r->item[i].object->id, id + n);
	}
	return id;
}

int
rename_resolve(struct mem *m, const char *const *specs, size_t count, const struct model *from,
    struct renames *r, struct err *e)
{
	for (size_t i = 0; i < count; i++) {
		const char *equal = strrchr(specs[i], '='), *label = NULL;
		const char *id = equal ? mem_dup(m, specs[i], (size_t)(equal - specs[i])) : NULL;
		const struct model_object *o = NULL;

		if (!equal || !equal[1]) {
			err_set(e, FAIL_TROUBLE, "usage", "--rename takes OBJECT=NAME, not '%s'",
			    specs[i]);
			return err_hint(e, "--rename public.note.body=text");
		}
		if (!(o = find(from, id)) && !(o = find_label(m, from, id, &label)))
			o = find(from, id_before(m, r, id));
		if (!o)
			return err_set(e, FAIL_TROUBLE, "usage",
			    "--rename %s: %s has no such object", specs[i], from->source);
		rename_add(m, r, o, label, label ? pg_quote_literal(m, equal + 1) : equal + 1);
	}
	rename_write(m, from, r);
	return 0;
}

/* What hangs on a table comes before it, and schemas come last: then others have other ids. */
enum { PHASES = 3 };

static int
phase(const struct model_object *o)
{
	return o->kind == MODEL_SCHEMA ? 2 : o->table == NULL && o->kind != MODEL_ENUM;
}

/* It stays what it was: another thing that goes has the name. */
static void
give_up(struct mem *m, struct pg *pg, struct rename *it, size_t i)
{
	const char *aside = aside_name(m, it, i);
	const struct model_object *o = it->label ? it->object :
						   called(m, it->object, it->object->schema, aside);
	struct err ignored;

	if (it->aside)
		(void)pg_exec(pg,
		    statement(m, o, it->label ? aside : NULL,
			it->label ? it->label : it->object->name),
		    &ignored);
	it->sql = NULL;
}

/* One statement of each, in their order. */
static int
run(struct mem *m, struct pg *pg, struct renames *r, bool aside, struct err *e)
{
	for (int p = 0; p < PHASES; p++)
		for (size_t i = 0; i < r->count; i++) {
			struct rename *it = &r->item[i];
			const char *sql = aside ? it->aside : it->sql;

			if (phase(it->object) != p || !sql || !it->sql || !pg_exec(pg, sql, e))
				continue;
			if (!it->to)
				return err_in(e, "--rename %s=%s", it->object->id, it->name);
			give_up(m, pg, it, i);
		}
	return 0;
}

int
rename_apply(struct source_set *s, const struct source *from, struct renames *r,
    const struct model_filter *f, struct source *after, struct err *e)
{
	struct pg *pg;
	size_t n = 0;

	if (!(after->scratch_database = verify_copy(s, from, f, e)) ||
	    !(pg = source_connect(s, s->m, after->scratch_database, e)) ||
	    run(s->m, pg, r, true, e) || run(s->m, pg, r, false, e))
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (r->item[i].sql)
			r->item[n++] = r->item[i];
	r->count = n;
	if (!(after->model = load_model(s->m, pg, s->needs, from->model->source, e)))
		return -1;
	model_reduce(after->model, f);
	pg_close(pg);
	model_take_sizes(after->model, from->model);
	for (size_t i = 0; i < n; i++) {
		struct model_object *o = model_find(after->model, MODEL_TABLE,
		    id_after(s->m, r, r->item[i].object));

		if (o && r->item[i].object->kind == MODEL_TABLE) {
			o->rows = r->item[i].object->rows;
			o->bytes = r->item[i].object->bytes;
		}
	}
	return 0;
}

void
rename_tell(struct diff *d, const struct renames *r)
{
	for (size_t i = 0; i < r->count; i++) {
		const struct rename *it = &r->item[i];
		const struct model_object *to = it->to ?
		    it->to :
		    model_find(d->to, it->object->kind, id_after(d->m, r, it->object));
		struct diff_change *c = diff_add(d, DIFF_RENAME, it->object, to ? to : it->object);

		if (it->label) {
			c->prop = PROP_LABELS;
			c->old = it->label;
			c->new = it->name;
		}
		if (it->makes_schema && (to = model_find(d->to, MODEL_SCHEMA, it->schema)))
			diff_add(d, DIFF_CREATE, NULL, to);
	}
}

void
rename_prepend(struct ddl *s, const struct renames *r)
{
	struct ddl all = *s;

	all.statements = NULL;
	all.count = all.room = 0;
	for (int aside = 1; aside >= 0; aside--)
		for (int p = 0; p < PHASES; p++)
			for (size_t i = 0; i < r->count; i++) {
				const struct rename *it = &r->item[i];

				if (phase(it->object) == p && (aside ? it->aside : it->sql))
					ddl_say(&all, it->object, "%s",
					    aside ? it->aside : it->sql);
			}
	for (size_t i = 0; i < s->count; i++)
		(s->statements[i].alone ? ddl_say_alone : ddl_say)(&all, s->statements[i].object,
		    "%s", s->statements[i].sql);
	*s = all;
}
