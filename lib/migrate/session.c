/* session.c - settings, the advisory lock, blockers, waiting. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record.h"
#include "core/stop.h"
#include "migrate/session.h"

enum { CLOSE_SECONDS = 10 };    /* for what undoes things */

static const double
	watch_every = 0.2,      /* under half of the default lock_timeout: a look falls into each try */
	tell_after = 5,         /* seconds of silence on standard error */
	poll_first = 0.1, poll_most = 1,
	wait_first = 0.1, wait_most = 5;

const char *
migrate_session_timeouts(struct mem *m, const struct migrate_session *x)
{
	return mem_fmt(m, "SET lock_timeout=%.0f;SET statement_timeout=%.0f;", x->settings->lock_timeout * 1000,
	    x->settings->statement_timeout * 1000);
}

const char *
migrate_session_reset(const struct migrate_session *x)
{
	return x->reset;
}

/* Where this runs: what another run that waits gets to see. The server keeps 63 bytes of it. */
static char *
application(struct mem *m)
{
	char host[64] = "";
	const char *run = value_get_string(record_ci(m), "run");

	gethostname(host, sizeof host - 1);
	if (run && !strncmp(run, "https://", 8))
		run += 8;
	return mem_fmt(m, "migrate-apply %s", run ? run : host);
}

static void
make_reset(struct migrate_session *x)
{
	x->reset = mem_fmt(x->m, "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;%s"
	    "SET idle_in_transaction_session_timeout='1min';SET application_name=%s;%s%s",
	    migrate_session_timeouts(x->m, x), pg_quote_literal(x->m, application(x->m)),
	    /* a server on a platform that cannot look after its client says no */
	    x->watched ? "SET client_connection_check_interval='2s';" : "",
	    x->path ? mem_fmt(x->m, "SET search_path=%s;", x->path) : "");
}

static int
prepare(struct migrate_session *x, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r;

	r = pg_query(m, x->pg, e, "SELECT pg_backend_pid(), coalesce(current_setting('client_connection_check_interval',"
	    " true), '0') <> '0'", 0, NULL);
	if (!r)
		return -1;
	x->pooled = pg_rows_int(r, 0, 0) != pg_backend_pid(x->pg);
	x->watched = pg_rows_bool(r, 0, 1);
	make_reset(x);
	return pg_exec(x->pg, x->reset, e);
}

struct migrate_session *
migrate_session_open(struct mem *m, struct step *s, const char *spec, const struct migrate_settings *settings,
    struct err *e)
{
	struct migrate_session *x = mem_zero(m, 1, sizeof *x);

	x->m = m;
	x->s = s;
	x->spec = spec;
	x->settings = settings;
	x->pg = pg_open(m, spec, NULL, e);
	return x->pg && !prepare(x, e) ? x : NULL;
}

int
migrate_session_mind(struct migrate_session *x, const struct migrate_history *h, struct err *e)
{
	MEM_SCOPE(m);
	const char *const params[] = { mem_dup(m, h->table, strcspn(h->table, ".")) };
	/* unless the schema is the user's own, with more in it than the history */
	struct pg_rows *r = pg_query(m, x->pg, e, "SELECT coalesce(string_agg(trim(p), ', '), '\"\"')"
	    " FROM unnest(string_to_array(current_setting('search_path'), ',')) p"
	    " WHERE trim(p) <> '\"$user\"' HAVING quote_ident(session_user) = $1 AND NOT EXISTS"
	    " (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE quote_ident(n.nspname) = $1"
	    " AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname <> 'history')", 1, params);

	if (!r)
		return -1;
	if (!pg_rows_count(r))
		return 0;
	x->path = mem_string(x->m, pg_rows_text(r, 0, 0));
	make_reset(x);
	return pg_exec(x->pg, x->reset, e);
}

/* The lock */

static char *
try_sql(struct mem *m, const struct migrate_session *x, const char *function)
{
	struct mem_text t = { .m = m };

	for (int i = 0; i < x->keys; i++)
		mem_text_fmt(&t, "%s pg_catalog.%s(%lld)", i ? " AND" : "SELECT", function, (long long)x->key[i]);
	return t.text;
}

/* One line on who holds the lock. */
static void
holder(struct migrate_session *x, char *text, size_t size)
{
	MEM_SCOPE(m);
	struct err ignored;
	struct pg_rows *r = pg_query(m, x->pg, &ignored, mem_fmt(m,
	    "SELECT format('pid %%s (%%s), user %%s%%s, connected %%s, %%s', a.pid, a.application_name, a.usename,"
	    " coalesce(' from '||host(a.client_addr), ''), to_char(a.backend_start, 'HH24:MI:SS'), a.state)"
	    " FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = 'advisory' AND l.granted"
	    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
	    " AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint IN (%lld, %lld)",
	    (long long)x->key[0], (long long)x->key[x->keys - 1]), 0, NULL);

	snprintf(text, size, "%s", r && pg_rows_count(r) ? pg_rows_text(r, 0, 0) : "another session");
}

static int
try_lock(struct migrate_session *x, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r = pg_query(m, x->pg, e, try_sql(m, x, "pg_try_advisory_lock"), 0, NULL);

	if (!r)
		return -1;
	if (pg_rows_bool(r, 0, 0))
		return 1;
	/* of two keys one may have been had */
	if (x->keys > 1 && pg_exec(x->pg, "SELECT pg_catalog.pg_advisory_unlock_all()", e))
		return -1;
	return 0;
}

static int
poll_lock(struct migrate_session *x, struct err *e)
{
	double end = clock_now() + x->settings->lock_wait, pause = poll_first;
	char who[300] = "";
	int got;

	while (!(got = try_lock(x, e)) && clock_now() + pause < end) {
		if (!*who) {
			holder(x, who, sizeof who);
			step_say(x->s, "another run migrates this database: waiting up to %.0f s for %s",
			    x->settings->lock_wait, who);
		}
		if (stop_sleep(pause * (0.75 + drand48() / 2), e))
			return -1;
		pause = fmin(pause * 1.5, poll_most);
	}
	if (got)
		return got < 0 ? -1 : 0;
	holder(x, who, sizeof who);
	err_set(e, FAIL_TROUBLE, "locked", "%s: another run holds the migration lock: %s", pg_uri(x->pg), who);
	return err_hint(e, "wait for it, --lock-wait 10m waits longer; a run that is dead loses its lock with its session");
}

int
migrate_session_lock(struct migrate_session *x, const struct migrate_history *h, struct err *e)
{
	x->keys = migrate_history_locks(x->pg, h, x->key);
	/* behind a transaction-pooling proxy a session lock would stay with a server connection that others use */
	if (x->pooled)
		return 0;
	if (poll_lock(x, e))
		return -1;
	x->locked = true;
	return 0;
}

void
migrate_session_unlock(struct migrate_session *x)
{
	struct err ignored;

	if (!x->locked)
		return;
	pg_shield(x->pg, CLOSE_SECONDS);
	pg_exec(x->pg, "SELECT pg_catalog.pg_advisory_unlock_all()", &ignored);
	x->locked = false;
}

int
migrate_session_reopen(struct migrate_session *x, double seconds, struct err *e)
{
	double end = clock_now() + seconds, pause = 0.1;
	bool locked = x->locked;

	x->locked = false;
	pg_close(x->pg);
	while (!(x->pg = pg_open(x->m, x->spec, NULL, e))) {
		if (clock_now() + pause > end || !strcmp(e->word, "cancelled") || stop_sleep(pause, e))
			return -1;
		pause = fmin(pause * 2, poll_most);
	}
	if (prepare(x, e))
		return -1;
	/* the lost backend still holds the lock as long as it still works */
	if (locked && poll_lock(x, e))
		return -1;
	x->locked = locked;
	return 0;
}

/* Blockers */

static const char blockers_sql[] =
	"SELECT format('pid %s (%s%s) %s %s, for %s: %s', a.pid, a.usename, coalesce(nullif(', '||a.application_name,"
	" ', '), ''), a.backend_type, coalesce(a.state, ''), date_trunc('second', clock_timestamp() -"
	" coalesce(a.xact_start, a.backend_start)), left(regexp_replace(a.query, '\\s+', ' ', 'g'), 100))"
	" FROM unnest(pg_blocking_pids($1::int)) b(pid) JOIN pg_stat_activity a USING (pid) ORDER BY a.xact_start LIMIT 3";

static void
look(struct migrate_session *x)
{
	MEM_SCOPE(m);
	struct err ignored;
	char pid[16];
	const char *params[] = { pid };
	struct pg_rows *r;
	size_t used = 0;

	if (!x->watch && !x->watch_failed && !(x->watch = pg_open(x->m, x->spec, NULL, &ignored)))
		x->watch_failed = true;
	if (!x->watch)
		return;
	snprintf(pid, sizeof pid, "%d", pg_backend_pid(x->pg));
	if (!(r = pg_query(m, x->watch, &ignored, blockers_sql, 1, params)))
		return;
	for (int i = 0; i < pg_rows_count(r) && used < sizeof x->blockers; i++)
		used += (size_t)snprintf(x->blockers + used, sizeof x->blockers - used, "%s%s", i ? "\n" : "",
		    pg_rows_text(r, i, 0));
	if (!used)
		x->blockers[0] = 0;
}

static void
on_tick(void *session)
{
	struct migrate_session *x = session;
	double now = clock_now();

	look(x);
	if (now - x->told < tell_after)
		return;
	x->told = now;
	step_say(x->s, "%s: %.0f s so far%s%s", x->doing, now - x->since, *x->blockers ? ", blocked by " : "",
	    x->blockers);
}

void
migrate_session_watch(struct migrate_session *x, const char *doing)
{
	x->doing = doing;
	x->blockers[0] = 0;
	x->since = x->told = clock_now();
	pg_on_tick(x->pg, watch_every, doing ? on_tick : NULL, x);
}

int
migrate_session_back_off(struct migrate_session *x, int try, double deadline, struct err *e)
{
	double pause = fmin(wait_first * pow(2, try), wait_most) * (0.5 + drand48());

	if (clock_now() + pause > deadline) {
		err_set(e, FAIL_NO, "lock-timeout", "%s: did not get its locks within %.0f s%s%s", x->doing,
		    x->settings->lock_budget, *x->blockers ? ", blocked by " : "", x->blockers);
		return err_hint(e, "nothing of it was done; end what blocks it, or give it longer: --lock-budget 10m");
	}
	step_say(x->s, "%s: no lock within %.1f s, trying again in %.1f s%s%s", x->doing, x->settings->lock_timeout,
	    pause, *x->blockers ? "; blocked by " : "", x->blockers);
	return stop_sleep(pause, e);
}
