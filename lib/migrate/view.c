/* view.c - reads both sides. */
#include <limits.h>
#include <stdlib.h>

#include "migrate/view.h"

static int
read_dir(struct migrate_view *v, const char *path, struct err *e)
{
	struct mem *m = step_mem(v->s);
	struct value *result = step_result(v->s);
	char *real = mem_zero(m, PATH_MAX, 1);

	value_set_string(result, "directory", realpath(path, real) ? real : path);
	if (!(v->dir = migrate_dir_read(m, path, v->o->style, e)))
		return -1;
	value_set_string(result, "style", migrate_style_name(v->dir));
	for (size_t i = 0; i < v->dir->ignored_count; i++)
		step_warn(v->s, "%s/%s", path, v->dir->ignored[i]);
	if (v->dir->count)
		return 0;
	err_set(e, FAIL_TROUBLE, "no-migrations", "%s: there are no migrations in this directory",
	    path);
	return err_hint(e,
	    "the files are called as 001_name.sql; --style tells that they are another tool's (%s)",
	    migrate_style_names(m));
}

int
migrate_view_find(struct migrate_view *v, struct err *e)
{
	struct value *result = step_result(v->s);

	v->history = migrate_history_find(step_mem(v->s), v->x->pg, v->dir, v->o->history, e);
	if (!v->history || migrate_session_mind(v->x, v->history, e))
		return -1;
	v->history->fill = &v->o->fill;
	v->history->detailed = v->o->detailed || v->o->import;
	value_set_string(result, "database", pg_uri(v->x->pg));
	value_set_string(result, "history", v->history->table);
	value_set_string(result, "history_kind", migrate_history_name(v->history));
	return 0;
}

int
migrate_view_open(struct migrate_view *v, const char *dir, struct err *e)
{
	if (!v->dir && read_dir(v, dir, e))
		return -1;
	v->x = migrate_session_open(step_mem(v->s), v->s, v->o->pg, &v->o->settings, e);
	if (!v->x || migrate_view_find(v, e))
		return -1;
	if (v->history->hidden)
		step_warn(v->s,
		    "going on with the history %s (%s), which is not in search_path: names without "
		    "a schema in the "
		    "files are not looked for there",
		    v->history->table, migrate_history_name(v->history));
	return 0;
}

int
migrate_view_compare(struct migrate_view *v, struct err *e)
{
	if (migrate_history_load(step_mem(v->s), v->x->pg, v->history, e))
		return -1;
	v->plan = migrate_plan_make(step_mem(v->s), v->dir, v->history, e);
	return v->plan ? 0 : -1;
}

size_t
migrate_view_due(const struct migrate_view *v)
{
	size_t n = 0;

	for (size_t i = 0; i < v->plan->count; i++)
		n += migrate_entry_due(&v->plan->entry[i]);
	return n;
}

struct value *
migrate_view_describe(struct migrate_view *v, struct value *list, const struct migrate_file *f)
{
	struct value *x = value_add_object(step_mem(v->s), list);

	value_set_string(x, "version", f->version);
	value_set_string(x, "name", f->name);
	value_set_string(x, "file", f->file);
	value_set_string(x, "sha256", f->sha256);
	return x;
}
