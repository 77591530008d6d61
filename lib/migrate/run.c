/* run.c - read the directory, take the lock, compare, apply one after the other. */
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record.h"
#include "migrate/apply.h"
#include "migrate/run.h"

struct run {
	struct step *s;
	const struct migrate_options *o;
	struct migrate_dir *dir;
	struct migrate_session *x;
	struct migrate_history *history;
	struct migrate_plan *plan;
	struct migrate_apply apply;
	struct value *applied;
};

/* The person or the CI's actor, and the machine. */
static char *
author(struct mem *m)
{
	char host[64] = "";
	const struct passwd *user = getpwuid(geteuid());
	const char *actor = value_get_string(record_ci(m), "actor");

	gethostname(host, sizeof host - 1);
	return actor ? mem_string(m, actor) : mem_fmt(m, "%s@%s", user ? user->pw_name : "?", host);
}

static int
read_dir(struct run *r, const char *path, struct err *e)
{
	struct mem *m = step_mem(r->s);
	struct value *result = step_result(r->s);
	char *real = mem_zero(m, PATH_MAX, 1);

	value_set_string(result, "directory", realpath(path, real) ? real : path);
	if (!(r->dir = migrate_dir_read(m, path, r->o->style, e)))
		return -1;
	value_set_string(result, "style", migrate_style_name(r->dir));
	for (size_t i = 0; i < r->dir->ignored_count; i++)
		step_warn(r->s, "%s/%s", path, r->dir->ignored[i]);
	if (r->dir->count)
		return 0;
	err_set(e, FAIL_TROUBLE, "no-migrations", "%s: there are no migrations in this directory", path);
	return err_hint(e, "the files are called as 001_name.sql; --style tells that they are another tool's (%s)",
	    migrate_style_names(m));
}

static int
find_history(struct run *r, struct err *e)
{
	struct value *result = step_result(r->s);

	r->history = migrate_history_find(step_mem(r->s), r->x->pg, r->dir, r->o->history, e);
	if (!r->history || migrate_session_mind(r->x, r->history, e))
		return -1;
	value_set_string(result, "database", pg_uri(r->x->pg));
	value_set_string(result, "history", r->history->table);
	value_set_string(result, "history_kind", migrate_history_name(r->history));
	return 0;
}

static int
compare(struct run *r, struct err *e)
{
	if (migrate_history_load(step_mem(r->s), r->x->pg, r->history, e) ||
	    !(r->plan = migrate_plan_make(step_mem(r->s), r->dir, r->history, e)))
		return -1;
	value_set_string(step_result(r->s), "before", r->plan->current);
	value_set_string(step_result(r->s), "after", r->plan->current);
	return migrate_plan_check(r->plan, &r->o->rules, e) || migrate_plan_limit(r->plan, r->o->rules.to, e) ? -1 : 0;
}

static size_t
due(const struct migrate_plan *p)
{
	return p->states[MIGRATE_PENDING] + p->states[MIGRATE_PARTIAL] + p->states[MIGRATE_AGAIN] +
	    p->states[MIGRATE_OUT_OF_ORDER];
}

static void
tell_respaced(const struct run *r)
{
	for (size_t i = 0; i < r->plan->count && r->plan->states[MIGRATE_RESPACED]; i++)
		if (r->plan->entry[i].state == MIGRATE_RESPACED)
			step_warn(r->s, "%s: differs from what was applied only in line ends or trailing blanks",
			    r->plan->entry[i].file->path);
}

static struct value *
describe(struct run *r, struct value *list, const struct migrate_file *f)
{
	struct value *v = value_add_object(step_mem(r->s), list);

	value_set_string(v, "version", f->version);
	value_set_string(v, "name", f->name);
	value_set_string(v, "file", f->file);
	value_set_string(v, "sha256", f->sha256);
	return v;
}

static void
list_pending(struct run *r)
{
	struct value *list = value_set_array(step_mem(r->s), step_result(r->s), "pending");

	for (size_t i = 0; i < r->plan->count; i++) {
		const struct migrate_entry *x = &r->plan->entry[i];

		if (!migrate_entry_due(x))
			continue;
		describe(r, list, x->file);
		step_say(r->s, "would apply %s", x->file->path);
	}
}

static void
note_applied(struct run *r, const struct migrate_file *f, double seconds)
{
	struct value *v = describe(r, r->applied, f);

	value_set_real(v, "seconds", (double)(long long)(seconds * 1e6 + 0.5) / 1e6);
	if (value_count(r->apply.notices))
		value_set(v, "notices", r->apply.notices);
	if (f->kind != MIGRATE_REPEATABLE)
		value_set_string(step_result(r->s), "after", f->version);
	step_say(r->s, "applied %s in %.3f s", f->path, seconds);
}

static int
apply_all(struct run *r, struct err *e)
{
	size_t left = due(r->plan);

	r->applied = value_set_array(step_mem(r->s), step_result(r->s), "applied");
	for (size_t i = 0; i < r->plan->count; i++) {
		const struct migrate_entry *x = &r->plan->entry[i];
		double since = clock_now();

		if (!migrate_entry_due(x))
			continue;
		value_set_int(step_result(r->s), "pending_count", (int64_t)left);
		if (migrate_apply_entry(&r->apply, x, e)) {
			if (r->apply.failed)
				value_set(step_result(r->s), "failed", r->apply.failed);
			return -1;
		}
		left--;
		note_applied(r, x->file, clock_now() - since);
	}
	value_set_int(step_result(r->s), "pending_count", (int64_t)left);
	return 0;
}

static int
work(struct run *r, struct err *e)
{
	struct mem *m = step_mem(r->s);

	r->apply = (struct migrate_apply){ .s = r->s, .x = r->x, .history = r->history,
		.author = { step_release(r->s), author(m), step_id(r->s) } };
	/* what another run did while we waited for the lock counts */
	if (migrate_session_lock(r->x, r->history, e) || find_history(r, e) ||
	    migrate_history_create(r->x->pg, r->history, e) || compare(r, e))
		return -1;
	r->apply.history = r->history;
	return apply_all(r, e);
}

int
migrate_run(struct step *s, const struct migrate_options *o, const char *dir, struct err *e)
{
	struct run r = { .s = s, .o = o };
	int bad;

	if (read_dir(&r, dir, e))
		return -1;
	if (!(r.x = migrate_session_open(step_mem(s), s, o->pg, &o->settings, e)) || find_history(&r, e) ||
	    compare(&r, e))
		return -1;
	tell_respaced(&r);
	value_set_int(step_result(s), "pending_count", (int64_t)due(r.plan));
	if (!due(r.plan)) {
		step_say(s, "%s is up to date at %s", pg_uri(r.x->pg), r.plan->current ? r.plan->current : "nothing");
		step_unchanged(s);
		return 0;
	}
	if (step_dry_run(s)) {
		list_pending(&r);
		return 0;
	}
	bad = work(&r, e);
	migrate_session_unlock(r.x);
	if (!bad && !value_count(r.applied))
		step_unchanged(s);
	return bad;
}
