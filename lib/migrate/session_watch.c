/* session_watch.c - what is running and who stands in its way: told, shown on a terminal, ended on
 * demand; waiting for the next try. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/secret.h"
#include "core/stop.h"
#include "migrate/session.h"
#include "pg/sql.h"

enum { COLUMNS = 80, LINE = 400, QUERY = 100 };

static const double
	/* under half of the default lock_timeout: a look falls into each try */
	watch_every = 0.2,
	tell_after = 5,         /* seconds of silence on standard error */
	wait_first = 0.1, wait_most = 5;

/* Behind a proxy the backend is known by its application_name alone. */
static const char blockers_sql[] =
    "SELECT CASE WHEN b.pid = 0 THEN 'a prepared transaction (see pg_prepared_xacts)' ELSE"
    " format('pid %s (%s%s) %s %s, for %s', a.pid, a.usename, coalesce(nullif(', "
    "'||a.application_name,"
    " ', '), ''), a.backend_type, coalesce(a.state, ''), date_trunc('second', clock_timestamp() -"
    " coalesce(a.xact_start, a.backend_start))) END,"
    " a.pid, $3::float8 > 0 AND coalesce(a.xact_start, a.state_change) < clock_timestamp() - "
    "$3::float8 * interval"
    " '1 second' AND pg_blocking_pids(a.pid) = '{}' AS old, coalesce(a.xact_start, a.state_change) "
    "IS NULL, coalesce(a.query, '')"
    " FROM (SELECT DISTINCT unnest(pg_blocking_pids(pid)) FROM pg_stat_activity"
    " WHERE pid = $1::int OR application_name = $2) b(pid) LEFT JOIN pg_stat_activity a USING (pid)"
    " ORDER BY a.xact_start LIMIT 3";

static void
cannot_end(struct migrate_session *x, const char *who, const char *why)
{
	migrate_session_clear(x);
	if (!x->powerless)
		step_warn(x->s, "what stands in the way cannot be ended: %s: %s", who, why);
	x->powerless = true;
}

/* It has stood in the way for too long, and there is an order. */
static void
terminate(struct migrate_session *x, const char *pid, const char *who)
{
	MEM_SCOPE(m);
	struct err e;
	const char *const params[] = { pid };

	if (!pg_query(m, x->watch, &e, "SELECT pg_terminate_backend($1::int)", 1, params)) {
		cannot_end(x, who, e.text);
		return;
	}
	migrate_session_clear(x);
	step_warn(x->s, "ended what stood in the way of %s: %s", x->doing, who);
	if (!x->terminated)
		x->terminated = value_set_array(x->m, step_result(x->s), "terminated");
	value_add_string(x->terminated, who);
}

static void
look(struct migrate_session *x)
{
	MEM_SCOPE(m);
	struct err ignored;
	const char *params[] = { mem_fmt(m, "%d", x->pooled ? 0 : pg_backend_pid(x->pg)),
		x->pooled ? x->application : NULL, mem_fmt(m, "%.3f", x->settings->terminate) };
	struct pg_rows *r;
	size_t used = 0;

	if (!x->watch && !x->watch_failed &&
	    (!(x->watch = pg_open(x->m, x->spec, NULL, &ignored)) ||
		pg_own_names(x->m, x->watch, &ignored)))
		x->watch_failed = true;
	if (!x->watch || !(r = pg_query(m, x->watch, &ignored, blockers_sql, 3, params)))
		return;
	for (int i = 0; i < pg_rows_count(r); i++) {
		const char *query = pg_rows_text(r, i, 4),
			   *who = mem_fmt(m, "%s%s%s", pg_rows_text(r, i, 0), *query ? ": " : "",
			       sql_outline(m, query, QUERY));

		if (used < sizeof x->blockers)
			used += (size_t)snprintf(x->blockers + used, sizeof x->blockers - used,
			    "%s%s", i ? "\n" : "", who);
		if (pg_rows_bool(r, i, 2))
			terminate(x, pg_rows_text(r, i, 1), who);
		else if (x->settings->terminate > 0 && pg_rows_bool(r, i, 3))
			cannot_end(x, who,
			    "GRANT pg_read_all_stats, pg_signal_backend to the user that migrates");
	}
	if (!used)
		x->blockers[0] = 0;
}

/* One line on the terminal, written over the last one. */
static void
show(struct migrate_session *x, double now)
{
	struct winsize size = { .ws_col = 0 };
	char line[LINE], statement[40] = "";
	int columns = !ioctl(2, TIOCGWINSZ, &size) && size.ws_col ? size.ws_col : COLUMNS, n;

	if (x->of)
		snprintf(statement, sizeof statement, ", statement %d of %d", x->at, x->of);
	n = snprintf(line, sizeof line, "%zu of %zu: %s%s, %.0f s%s%.*s", x->file, x->files,
	    x->doing, statement, now - x->since, *x->blockers ? ", blocked by " : "",
	    (int)strcspn(x->blockers, "\n"), x->blockers);
	secret_wash(line, strlen(line));
	dprintf(2, "\r\033[K%.*s", n < columns ? n : columns - 1, line);
	x->shown = true;
}

void
migrate_session_clear(struct migrate_session *x)
{
	if (x->shown)
		dprintf(2, "\r\033[K");
	x->shown = false;
}

static void
on_tick(void *session)
{
	struct migrate_session *x = session;
	double now = clock_now();

	look(x);
	if (x->live) {
		show(x, now);
	} else if (now - x->told >= tell_after) {
		x->told = now;
		step_say(x->s, "%s: %.0f s so far%s%s", x->doing, now - x->since,
		    *x->blockers ? ", blocked by " : "", x->blockers);
	}
}

void
migrate_session_watch(struct migrate_session *x, const char *doing)
{
	migrate_session_clear(x);
	x->doing = doing;
	x->at = x->of = 0;
	x->blockers[0] = 0;
	x->since = x->told = clock_now();
	pg_on_tick(x->pg, watch_every, doing ? on_tick : NULL, x);
}

void
migrate_session_at(struct migrate_session *x, int at, int of)
{
	x->at = at;
	x->of = of;
}

int
migrate_session_back_off(struct migrate_session *x, int try, double deadline, struct err *e)
{
	double pause = fmin(wait_first * pow(2, try), wait_most) * (0.5 + drand48());
	bool late = clock_now() + pause > deadline;

	migrate_session_clear(x);
	/* a deadlock, or a row that another one has changed meanwhile */
	if (strcmp(e->word, "lock-timeout")) {
		if (late)
			return -1;
		step_say(x->s, "%.*s; trying again in %.1f s", (int)strcspn(e->text, "\n"), e->text,
		    pause);
		return stop_sleep(pause, e);
	}
	if (late) {
		err_set(e, FAIL_NO, "lock-timeout", "%s: did not get its locks within %.0f s%s%s",
		    x->doing, x->settings->lock_budget, *x->blockers ? ", blocked by " : "",
		    x->blockers);
		return err_hint(e,
		    "nothing of it was done; end what blocks it (--terminate-blockers-older-than "
		    "10m does), or "
		    "give it longer: --lock-budget 10m");
	}
	step_say(x->s, "%s: no lock within %.1f s, trying again in %.1f s%s%s", x->doing,
	    x->settings->lock_timeout, pause, *x->blockers ? "; blocked by " : "", x->blockers);
	return stop_sleep(pause, e);
}
