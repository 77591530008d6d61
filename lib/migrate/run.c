/* run.c - take the lock, compare, apply one after the other. */
#include <pwd.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record.h"
#include "migrate/apply.h"
#include "migrate/run.h"

struct run {
	struct migrate_view v;
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

/* What is pending now, if nothing speaks against applying it. */
static int
compare(struct run *r, struct err *e)
{
	struct value *result = step_result(r->v.s);
	const struct migrate_rules *rules = &r->v.o->rules;

	if (migrate_view_compare(&r->v, e))
		return -1;
	value_set_string(result, "before", r->v.plan->current);
	value_set_string(result, "after", r->v.plan->current);
	if (migrate_plan_limit(r->v.plan, rules->to, e))
		return -1;
	value_set_int(result, "pending_count", (int64_t)migrate_view_due(&r->v));
	return migrate_plan_check(r->v.plan, rules, e);
}

static void
tell_respaced(const struct run *r)
{
	const struct migrate_plan *p = r->v.plan;

	for (size_t i = 0; i < p->count && p->states[MIGRATE_RESPACED]; i++)
		if (p->entry[i].state == MIGRATE_RESPACED)
			step_warn(r->v.s, "%s: differs from what was applied only in line ends or trailing blanks",
			    p->entry[i].file->path);
}

static void
list_pending(struct run *r)
{
	struct value *list = value_set_array(step_mem(r->v.s), step_result(r->v.s), "pending");

	for (size_t i = 0; i < r->v.plan->count; i++) {
		const struct migrate_entry *x = &r->v.plan->entry[i];

		if (!migrate_entry_due(x))
			continue;
		migrate_view_describe(&r->v, list, x->file);
		step_say(r->v.s, "would apply %s", x->file->path);
	}
}

static void
note_applied(struct run *r, const struct migrate_file *f, double seconds)
{
	struct value *v = migrate_view_describe(&r->v, r->applied, f);

	value_set_real(v, "seconds", (double)(long long)(seconds * 1e6 + 0.5) / 1e6);
	if (value_count(r->apply.notices))
		value_set(v, "notices", r->apply.notices);
	if (f->kind != MIGRATE_REPEATABLE)
		value_set_string(step_result(r->v.s), "after", f->version);
	step_say(r->v.s, "applied %s in %.3f s", f->path, seconds);
}

static int
apply_all(struct run *r, struct err *e)
{
	struct value *result = step_result(r->v.s);
	size_t left = migrate_view_due(&r->v);

	r->applied = value_set_array(step_mem(r->v.s), result, "applied");
	for (size_t i = 0; i < r->v.plan->count; i++) {
		const struct migrate_entry *x = &r->v.plan->entry[i];
		double since = clock_now();

		if (!migrate_entry_due(x))
			continue;
		if (migrate_apply_entry(&r->apply, x, e)) {
			if (r->apply.failed)
				value_set(result, "failed", r->apply.failed);
			return -1;
		}
		value_set_int(result, "pending_count", (int64_t)--left);
		note_applied(r, x->file, clock_now() - since);
	}
	return 0;
}

static int
work(struct run *r, struct err *e)
{
	struct step *s = r->v.s;

	/* what another run did while we waited for the lock counts */
	if (migrate_session_lock(r->v.x, r->v.history, e) || migrate_view_find(&r->v, e) ||
	    migrate_history_create(step_mem(s), r->v.x->pg, r->v.history, e) || compare(r, e))
		return -1;
	r->apply = (struct migrate_apply){ .s = s, .x = r->v.x, .history = r->v.history,
		.author = { step_release(s), author(step_mem(s)), step_id(s) } };
	return apply_all(r, e);
}

int
migrate_run(struct step *s, const struct migrate_options *o, const char *dir, struct err *e)
{
	struct run r = { .v = { .s = s, .o = o } };
	int bad;

	if (migrate_view_open(&r.v, dir, e) || compare(&r, e))
		return -1;
	tell_respaced(&r);
	if (!migrate_view_due(&r.v)) {
		step_say(s, "%s is up to date at %s", pg_uri(r.v.x->pg), r.v.plan->current ? r.v.plan->current : "nothing");
		step_unchanged(s);
		return 0;
	}
	if (step_dry_run(s)) {
		list_pending(&r);
		return 0;
	}
	bad = work(&r, e);
	migrate_session_unlock(r.v.x);
	if (!bad && !value_count(r.applied))
		step_unchanged(s);
	return bad;
}
