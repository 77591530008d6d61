/* run.c - take the lock, compare, apply one after the other. */
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record.h"
#include "migrate/apply.h"
#include "migrate/batch.h"
#include "migrate/choices.h"
#include "migrate/command.h"
#include "migrate/run.h"
#include "migrate/version.h"
#include "pg/fingerprint.h"

enum { BULK = 500 };    /* files that are no upgrade of something that runs, but a new database */

/* A migration that this run applied or took back. */
struct done {
	const struct migrate_file *file;
	const struct value *notices, *seen;
	double seconds;
};

struct run {
	struct migrate_view v;
	struct migrate_apply apply;
	struct done *done;
	size_t count, room;
	bool did;               /* anything at all */
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
			step_warn(r->v.s,
			    "%s: differs from what was applied only in line ends or trailing "
			    "blanks",
			    p->entry[i].file->path);
}

/* Can it be run at all? All are asked before the first is run: what is wrong with the last must not
 * leave those before it in the database. */
static int
check_text(const struct run *r, const struct migrate_entry *x, struct err *e)
{
	MEM_SCOPE(m);
	const struct migrate_fill *fill = &r->v.o->fill;
	struct migrate_script s;

	return x->file->kind != MIGRATE_SQL ||
	    !migrate_script_read(m, x->file, r->v.o->down_to != NULL, fill, &s, e) ||
	    (fill->psql && !strcmp(e->word, "psql-command")) ?
	    0 :
	    -1;
}

static int
list_pending(struct run *r, struct err *e)
{
	struct value *list = value_set_array(step_mem(r->v.s), step_result(r->v.s), "pending");

	for (size_t i = 0; i < r->v.plan->count; i++) {
		const struct migrate_entry *x = &r->v.plan->entry[i];

		if (!migrate_entry_due(x))
			continue;
		if (check_text(r, x, e))
			return -1;
		migrate_view_describe(&r->v, list, x->file);
		step_say(r->v.s, "would apply %s", x->file->path);
	}
	return 0;
}

static bool
can_go_down(const struct migrate_entry *x)
{
	return x->file && x->row && x->file->kind == MIGRATE_SQL;
}

/* Where the database stands when F is taken back; NULL: at the beginning. */
static const char *
version_before(const struct run *r, const struct migrate_file *f)
{
	const char *version = NULL;

	for (size_t i = 0; i < r->v.plan->count && r->v.plan->entry[i].file != f; i++)
		if (can_go_down(&r->v.plan->entry[i]))
			version = r->v.plan->entry[i].row->version;
	return version;
}

static void
set_after(struct run *r, const char *version)
{
	struct err ignored;

	if (version)
		value_set_string(step_result(r->v.s), "after", version);
	else
		value_set(step_result(r->v.s), "after",
		    value_parse(step_mem(r->v.s), "null", 4, &ignored));
}

static void
tell_done(struct run *r, const struct done *d)
{
	step_say(r->v.s, "%s %s in %.3f s", r->apply.down ? "took back" : "applied",
	    r->apply.down ? d->file->down_path : d->file->path, d->seconds);
}

/* Is it one that came late? The database stands where it stood. */
static bool
is_late(const struct run *r, const struct migrate_file *f)
{
	const struct migrate_plan *p = r->v.plan;

	for (size_t i = 0; i < p->count && p->states[MIGRATE_OUT_OF_ORDER]; i++)
		if (p->entry[i].file == f)
			return p->entry[i].state == MIGRATE_OUT_OF_ORDER;
	return false;
}

static void
note_applied(struct run *r, const struct migrate_file *f, double seconds,
    const struct value *notices)
{
	mem_grow(step_mem(r->v.s), &r->done, r->count, &r->room, sizeof *r->done);
	r->done[r->count++] = (struct done){ f, value_count(notices) ? notices : NULL,
		r->apply.seen, seconds };
	r->did = true;
	if (r->apply.down)
		set_after(r, version_before(r, f));
	else if (f->kind != MIGRATE_REPEATABLE && !is_late(r, f))
		value_set_string(step_result(r->v.s), "after", f->version);
	if (!r->apply.single)
		tell_done(r, &r->done[r->count - 1]);
}

static double
microseconds(double seconds)
{
	return (double)(long long)(seconds * 1e6 + 0.5) / 1e6;
}

/* The list of what was done; our history knows how long each took, and its transaction. */
static void
write_done(struct run *r)
{
	struct mem *m = step_mem(r->v.s);
	struct value *list = value_set_array(m, step_result(r->v.s),
	    r->apply.down ? "reverted" : "applied");
	size_t known, k = 0;
	struct migrate_fact *fact = r->count && pg_alive(r->v.x->pg) ?
	    migrate_history_facts(m, r->v.x->pg, r->v.history, r->apply.author.run, &known) : NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct done *d = &r->done[i];
		struct value *v = migrate_view_describe(&r->v, list, d->file);

		while (fact && k < known && strcmp(fact[k].version, d->file->version))
			k++;
		if (fact && k < known) {
			value_set_real(v, "seconds", microseconds(strtod(fact[k].seconds, NULL)));
			value_set_int(v, "xid", strtoll(fact[k++].xid, NULL, 10));
		} else {
			value_set_real(v, "seconds", microseconds(d->seconds));
		}
		value_set(v, "notices", d->notices);
		value_set(v, "observed", d->seen);
	}
}

static int
apply_entry(struct run *r, const struct migrate_entry *x, struct err *e)
{
	double since = clock_now();

	r->v.x->file = r->count + 1;
	if (!(x->file->kind == MIGRATE_SCRIPT ? migrate_apply_command :
						migrate_apply_entry)(&r->apply, x, e)) {
		note_applied(r, x->file, clock_now() - since, r->apply.notices);
		return 0;
	}
	if (r->apply.failed)
		value_set(step_result(r->v.s), "failed", r->apply.failed);
	return -1;
}

/* As many as go in one message, else the first of them alone: *N are applied. */
static int
apply_some(struct run *r, const struct migrate_entry *const *due, size_t count, size_t *n,
    struct err *e)
{
	double since = clock_now();
	int bad = migrate_batch_apply(&r->apply, due, count, n, e);

	for (size_t i = 0; i < *n; i++)
		note_applied(r, due[i]->file, (clock_now() - since) / (double)*n,
		    i ? NULL : r->apply.notices);
	if (bad || *n)
		return bad;
	if (apply_entry(r, due[0], e))
		return -1;
	*n = 1;
	return 0;
}

/* What the schema is now, under KEY. Reading a large one takes as long as a few hundred small
 * migrations. */
static const char *
note_fingerprint(struct run *r, const char *key)
{
	struct err e;
	const char *print;

	if (r->v.o->fingerprint == MIGRATE_PRINT_NEVER ||
	    (r->v.o->fingerprint == MIGRATE_PRINT_AUTO && r->v.x->files > BULK))
		return NULL;
	print = pg_fingerprint(step_mem(r->v.s), r->v.o->pg, NULL, &e);
	if (!print)
		step_say(r->v.s, "%s", e.text);
	value_set_string(step_result(r->v.s), key, print);
	return print;
}

/* The same behind the last migration, also in its row. */
static int
seal(struct run *r, struct err *e)
{
	const char *print = r->count ? note_fingerprint(r, "after_fingerprint") : NULL;
	char *sql;

	value_set_string(step_result(r->v.s), "fingerprint", print);
	if (!print || r->apply.down)
		return 0;
	sql = migrate_history_seal(step_mem(r->v.s), r->v.history, r->done[r->count - 1].file,
	    print);
	return sql && pg_exec(r->v.x->pg, sql, e) ? -1 : 0;
}

/* The end of a run in one transaction, whose last file is LAST. */
static int
commit(struct run *r, const struct migrate_file *last, struct err *e)
{
	MEM_SCOPE(m);
	const struct migrate_session *x = r->v.x;

	/* what was deferred means the names of the migrations */
	if (!pg_exec(x->pg, mem_fmt(m, "%sCOMMIT;%s", x->theirs, x->ours), e))
		return 0;
	if (!pg_alive(r->v.x->pg))
		return migrate_apply_outcome(&r->apply, last, e);
	return err_in(e, "COMMIT, all was rolled back");
}

/* All of them or none. Of a lock that was not had all is tried again. */
static int
apply_as_one(struct run *r, const struct migrate_entry *const *due, size_t count, struct err *e)
{
	double deadline = clock_now() + r->v.x->settings->lock_budget;

	for (int try = 0;; try++) {
		struct err more;
		size_t n = 0;

		r->count = 0;
		while (n < count && !apply_entry(r, due[n], e))
			n++;
		if (n == count && !commit(r, due[n - 1]->file, e)) {
			for (size_t i = 0; i < r->count; i++)
				tell_done(r, &r->done[i]);
			return 0;
		}
		r->count = 0;
		set_after(r, r->v.plan->current);
		if (pg_in_transaction(r->v.x->pg))
			pg_exec(r->v.x->pg, "ROLLBACK", &more);
		migrate_session_watch(r->v.x, "the whole run");
		if (strcmp(e->word, "lock-timeout") ||
		    migrate_session_back_off(r->v.x, try, deadline, e))
			return -1;
	}
}

static int
apply_all(struct run *r, struct err *e)
{
	MEM_SCOPE(m);
	struct value *result = step_result(r->v.s);
	const struct migrate_entry **due = mem_zero(m, r->v.plan->count + 1, sizeof *due);
	size_t left = 0;

	for (size_t i = 0; i < r->v.plan->count; i++)
		if (migrate_entry_due(&r->v.plan->entry[i]))
			due[left++] = &r->v.plan->entry[i];
	for (size_t i = 0; i < left; i++)
		if (check_text(r, due[i], e))
			return -1;
	r->v.x->files = left;
	if (left)
		note_fingerprint(r, "before_fingerprint");
	if (r->apply.single && left) {
		if (apply_as_one(r, due, left, e))
			return -1;
		left = 0;
	}
	for (size_t n; left; due += n, left -= n) {
		value_set_int(result, "pending_count", (int64_t)left);
		if (apply_some(r, due, left, &n, e)) {
			value_set_int(result, "pending_count", (int64_t)(left - n));
			return -1;
		}
	}
	value_set_int(result, "pending_count", 0);
	return seal(r, e) ? -1 : migrate_batch_end(&r->apply, e);
}

/* The first entry that --down-to takes back; all when it is 0. */
static int
first_to_revert(const struct run *r, size_t *first, struct err *e)
{
	const char *to = r->v.o->down_to;

	for (size_t i = 0; i < r->v.plan->count; i++)
		if (r->v.plan->entry[i].file &&
		    !migrate_version_compare(r->v.plan->entry[i].file->version, to)) {
			*first = i + 1;
			return 0;
		}
	*first = 0;
	return strcmp(to, "0") ? err_set(e, FAIL_TROUBLE, "usage",
				     "--down-to %s: there is no migration of this version", to) :
				 0;
}

/* What --dry-run tells. */
static int
list_work(struct run *r, struct err *e)
{
	size_t first;

	if (!r->v.o->down_to)
		return list_pending(r, e);
	if (first_to_revert(r, &first, e))
		return -1;
	for (size_t i = r->v.plan->count; i-- > first;)
		if (can_go_down(&r->v.plan->entry[i]))
			step_say(r->v.s, "would take back %s", r->v.plan->entry[i].file->path);
	return 0;
}

static int
revert(struct run *r, struct err *e)
{
	size_t first;

	if (first_to_revert(r, &first, e))
		return -1;
	for (size_t i = first; i < r->v.plan->count; i++) {
		const struct migrate_entry *x = &r->v.plan->entry[i];

		if (can_go_down(x) && !x->file->down_path)
			return err_set(e, FAIL_NO, "no-down",
			    "%s: there is nothing that takes it back", x->file->path);
		if (can_go_down(x) && check_text(r, x, e))
			return -1;
	}
	r->apply.down = true;
	r->v.x->files = r->v.plan->count - first;
	note_fingerprint(r, "before_fingerprint");
	for (size_t i = r->v.plan->count; i-- > first;)
		if (can_go_down(&r->v.plan->entry[i]) && apply_entry(r, &r->v.plan->entry[i], e))
			return -1;
	return seal(r, e);
}

static int
work(struct run *r, struct err *e)
{
	struct step *s = r->v.s;
	const struct migrate_options *o = r->v.o;

	/* what another run did while we waited for the lock counts */
	if (migrate_session_may_write(r->v.x, e) || migrate_session_lock(r->v.x, r->v.history, e) ||
	    migrate_view_find(&r->v, e))
		return -1;
	r->apply = (struct migrate_apply){ .s = s,
		.x = r->v.x,
		.fill = &o->fill,
		.observe = o->observe,
		.single = o->single && !o->down_to,
		.author = { step_release(s), author(step_mem(s)), step_id(s) } };
	if ((!o->down_to && migrate_history_create(step_mem(s), r->v.x->pg, r->v.history, e)) ||
	    compare(r, e))
		return -1;
	if (o->import && strcmp(migrate_history_name(r->v.history), "handrail")) {
		if (migrate_choose_ours(&r->v, &r->apply, e) || compare(r, e))
			return -1;
		r->did = true;
	}
	r->apply.history = r->v.history;
	if (o->down_to)
		return revert(r, e);
	if (r->v.plan->states[MIGRATE_CHANGED]) {
		r->did = true;
		/* one that had stopped in the middle can go on now */
		if (migrate_choose_texts(&r->v, &r->apply, e) || compare(r, e))
			return -1;
	}
	if (o->baseline) {
		r->did |= migrate_view_due(&r->v) || r->v.plan->states[MIGRATE_MISSING];
		if (migrate_choose_baseline(&r->v, &r->apply, e) || compare(r, e))
			return -1;
	}
	return apply_all(r, e);
}

static int
check_down(const struct run *r, struct err *e)
{
	if (!r->v.o->down_to || r->v.o->data_loss || step_dry_run(r->v.s))
		return 0;
	err_set(e, FAIL_NO, "data-loss",
	    "--down-to %s: what the way down destroys nothing brings back", r->v.o->down_to);
	return err_hint(e, "take a snapshot first; then: --accept-data-loss");
}

static bool
has_work(const struct run *r)
{
	const struct migrate_options *o = r->v.o;

	return migrate_view_due(&r->v) || r->v.plan->states[MIGRATE_CHANGED] ||
	    r->v.plan->states[MIGRATE_MISSING] || o->down_to || o->import;
}

int
migrate_run(struct step *s, const struct migrate_options *o, const char *dir, struct err *e)
{
	struct run r = { .v = { .s = s, .o = o } };
	struct err more;
	int bad;

	if (migrate_view_open(&r.v, dir, e) || compare(&r, e) || check_down(&r, e))
		return -1;
	tell_respaced(&r);
	if (!has_work(&r)) {
		step_say(s, "%s is up to date at %s", pg_uri(r.v.x->pg),
		    r.v.plan->current ? r.v.plan->current : "nothing");
		step_unchanged(s);
		return 0;
	}
	if (step_dry_run(s))
		return list_work(&r, e);
	bad = work(&r, e);
	if (bad && migrate_batch_end(&r.apply, &more))
		step_warn(s, "%s", more.text);
	if (r.apply.x)
		write_done(&r);
	migrate_session_unlock(r.v.x);
	if (!bad && !r.did)
		step_unchanged(s);
	return bad;
}
