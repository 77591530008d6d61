/* choices.c - what the history is made to say because somebody chose so: nothing of it runs. */
#include "migrate/choices.h"
#include "migrate/version.h"

/* From now on FILE stands for what was applied before it and has no file any more. */
static int
set_baseline(struct migrate_view *v, const struct migrate_file *file, struct err *e)
{
	char *sql = migrate_history_set_baseline(step_mem(v->s), v->history, file);

	if (!sql) {
		err_set(e, FAIL_NO, "missing-file", "--baseline %s: %s has no room for a baseline",
		    v->o->baseline, v->history->table);
		return err_hint(e, "keep the history in handrail.history: --import-history");
	}
	return pg_exec(v->x->pg, sql, e) ? err_in(e, "%s", v->history->table) : 0;
}

int
migrate_choose_baseline(struct migrate_view *v, struct migrate_apply *a, struct err *e)
{
	const struct migrate_options *o = v->o;
	struct value *list = value_set_array(step_mem(v->s), step_result(v->s), "marked");
	size_t end = 0;

	/* that there is one was checked */
	while (!v->plan->entry[end].file ||
	    migrate_version_compare(v->plan->entry[end].file->version, o->baseline))
		end++;
	for (size_t i = 0; i <= end; i++) {
		const struct migrate_entry *x = &v->plan->entry[i];

		if (!migrate_entry_due(x) || x->state == MIGRATE_PARTIAL)
			continue;
		if (migrate_apply_mark(a, x, "marked", e))
			return -1;
		migrate_view_describe(v, list, x->file);
		step_say(v->s, "marked %s as applied", x->file->path);
	}
	return v->plan->states[MIGRATE_MISSING] ? set_baseline(v, v->plan->entry[end].file, e) : 0;
}

int
migrate_choose_texts(struct migrate_view *v, struct migrate_apply *a, struct err *e)
{
	struct value *list = NULL;

	for (size_t i = 0; i < v->plan->count; i++) {
		const struct migrate_entry *x = &v->plan->entry[i];

		if (x->state != MIGRATE_CHANGED)
			continue;
		if (migrate_apply_accept(a, x, e))
			return -1;
		if (!list)
			list = value_set_array(step_mem(v->s), step_result(v->s), "accepted");
		migrate_view_describe(v, list, x->file);
		step_say(v->s, "accepted the new text of %s", x->file->path);
	}
	return 0;
}

int
migrate_choose_ours(struct migrate_view *v, struct migrate_apply *a, struct err *e)
{
	struct mem *m = step_mem(v->s);
	struct pg *pg = v->x->pg;
	struct migrate_history *ours = migrate_history_ours(m, v->dir);
	size_t n = 0;

	if (pg_exec(pg, "BEGIN", e) || migrate_history_create(m, pg, ours, e))
		return -1;
	a->history = ours;
	for (size_t i = 0; i < v->plan->count; i++) {
		const struct migrate_entry *x = &v->plan->entry[i];

		/* what a baseline stands for is there, too */
		if (!x->file ||
		    (!x->row && (x->state != MIGRATE_COVERED || x->file->kind == MIGRATE_BASELINE)))
			continue;
		if (migrate_apply_mark(a, x, "imported", e))
			return -1;
		n++;
	}
	if (pg_exec(pg, "COMMIT", e))
		return -1;
	value_set_int(step_result(v->s), "imported", (int64_t)n);
	value_set_string(step_result(v->s), "history", ours->table);
	step_say(v->s, "imported %zu migrations from %s into %s", n, v->history->table,
	    ours->table);
	v->history = ours;
	return 0;
}
