/* status.c - the state of each migration. */
#include <math.h>
#include <string.h>

#include "core/clock.h"
#include "core/stop.h"
#include "migrate/status.h"

static const double look_first = 0.2, look_most = 2;

static void
describe(struct migrate_view *v, struct value *list, const struct migrate_entry *x)
{
	struct value *o = x->file ? migrate_view_describe(v, list, x->file) :
	    value_add_object(step_mem(v->s), list);
	const struct migrate_row *row = x->row;

	value_set_string(o, "state", migrate_state_name(x->state));
	if (!row)
		return;
	if (!x->file) {
		value_set_string(o, "version", row->version);
		value_set_string(o, "name", row->name);
	}
	value_set_string(o, "applied_at", row->applied_at);
	value_set_string(o, "applied_by", row->applied_by);
	value_set_string(o, "release", row->release);
	if (row->applied_by)
		value_set_real(o, "seconds", row->seconds);
	if (row->total) {
		value_set_int(o, "done", row->done);
		value_set_int(o, "total", row->total);
	}
}

static void
tell(struct migrate_view *v)
{
	struct mem *m = step_mem(v->s);
	struct value *result = step_result(v->s), *counts, *list;

	value_set_string(result, "current", v->plan->current);
	value_set_int(result, "pending_count", (int64_t)migrate_view_due(v));
	counts = value_set_object(m, result, "counts");
	for (int i = 0; i < MIGRATE_STATES; i++)
		if (v->plan->states[i])
			value_set_int(counts, migrate_state_name((enum migrate_state)i),
			    (int64_t)v->plan->states[i]);
	list = value_set_array(m, result, "migrations");
	for (size_t i = 0; i < v->plan->count; i++)
		describe(v, list, &v->plan->entry[i]);
}

static int
judge(const struct migrate_view *v, const struct migrate_rules *rules, struct err *e)
{
	size_t due = migrate_view_due(v);

	if (migrate_plan_check(v->plan, rules, e))
		return -1;
	if (!due)
		return 0;
	err_set(e, FAIL_NO, "pending", "%zu migration%s pending; the database is at %s", due,
	    due > 1 ? "s are" : " is", v->plan->current ? v->plan->current : "nothing");
	return err_hint(e, "migrate-apply %s", v->dir->path);
}

/* Both sides as they are now. */
static int
read_both(struct migrate_view *v, const struct migrate_status_options *o, const char *dir,
    struct err *e)
{
	if (v->x ? migrate_view_find(v, e) : migrate_view_open(v, dir, e))
		return -1;
	return migrate_view_compare(v, e) || migrate_plan_limit(v->plan, o->look.rules.to, e) ? -1 :
												0;
}

/* A server that is not there yet, or no more, may come. */
static bool
may_come(const struct err *e)
{
	static const char *const words[] = { "no-connection", "no-database", "connection-lost" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(e->word, words[i]))
			return true;
	return false;
}

/* Until nothing is to be done, or the time is over. */
static int
look(struct migrate_view *v, const struct migrate_status_options *o, const char *dir, struct err *e)
{
	double end = clock_now() + o->wait, pause = look_first;

	for (;;) {
		bool away = read_both(v, o, dir, e);
		struct err other;

		if (away && !may_come(e))
			return -1;
		if (!away && !judge(v, &o->look.rules, e))
			return 0;
		if (clock_now() + pause >= end)
			return away || o->check || o->wait > 0 ? -1 : 0;
		if (away)
			v->x = NULL;
		if (stop_sleep(pause, &other)) {
			*e = other;
			return -1;
		}
		pause = fmin(pause * 1.5, look_most);
	}
}

int
migrate_status(struct step *s, const struct migrate_status_options *o, const char *dir,
    struct err *e)
{
	struct migrate_view v = { .s = s, .o = &o->look };
	int bad = look(&v, o, dir, e);

	if (v.plan)
		tell(&v);
	return bad;
}

static const char *
text_of(const struct value *o, const char *key)
{
	const char *s = value_get_string(o, key);

	return s ? s : "";
}

/* How wide the column KEY must be. */
static int
width(const struct value *list, const char *key, const char *head)
{
	size_t most = strlen(head);

	for (size_t i = 0; i < value_count(list); i++) {
		size_t n = strlen(text_of(value_item(list, i), key));

		most = n > most ? n : most;
	}
	return (int)most;
}

static void
table(FILE *out, const struct value *list, bool applied_only)
{
	int version = width(list, "version", "VERSION"), name = width(list, "name", "NAME");

	fprintf(out, "%-*s  %-12s  %-*s  %-24s  %8s  %s\n", version, "VERSION", "STATE", name,
	    "NAME", "APPLIED", "SECONDS", "BY");
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *o = value_item(list, i), *seconds = value_get(o, "seconds");

		if (applied_only && !value_get(o, "applied_at"))
			continue;
		fprintf(out, "%-*s  %-12s  %-*s  %-24s  ", version, text_of(o, "version"),
		    text_of(o, "state"), name, text_of(o, "name"), text_of(o, "applied_at"));
		if (seconds)
			fprintf(out, "%8.3f  %s\n", value_real(seconds, 0),
			    text_of(o, "applied_by"));
		else
			fprintf(out, "%8s\n", "");
	}
}

int
migrate_status_text(struct step *s, FILE *out, struct err *e)
{
	const struct value *r = step_result(s);

	(void)e;
	fprintf(out, "%s: at %s, %lld pending (%s)\n", text_of(r, "database"),
	    value_get(r, "current") ? text_of(r, "current") : "nothing",
	    (long long)value_get_int(r, "pending_count", 0), text_of(r, "history"));
	table(out, value_get(r, "migrations"), false);
	return 0;
}

int
migrate_status_current(struct step *s, FILE *out, struct err *e)
{
	(void)e;
	if (value_get(step_result(s), "current"))
		fprintf(out, "%s\n", text_of(step_result(s), "current"));
	return 0;
}

int
migrate_status_history(struct step *s, FILE *out, struct err *e)
{
	(void)e;
	table(out, value_get(step_result(s), "migrations"), true);
	return 0;
}
