/* session_lock.c - the advisory lock: one run on a history at a time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/stop.h"
#include "migrate/session.h"

enum {
	CLOSE_SECONDS = 10,     /* for what undoes things */
	POOL_SECONDS = 5,       /* for a proxy to find a second connection */
};

static const double poll_first = 0.1, poll_most = 1;

static char *
try_sql(struct mem *m, const struct migrate_session *x, const char *function)
{
	struct mem_text t = { .m = m };

	for (int i = 0; i < x->keys; i++)
		mem_text_fmt(&t, "%s pg_catalog.%s(%lld)", i ? " AND" : "SELECT", function,
		    (long long)x->key[i]);
	return t.text;
}

/* One line on who holds the lock. */
static void
holder(struct migrate_session *x, char *text, size_t size)
{
	MEM_SCOPE(m);
	struct err ignored;
	struct pg_rows *r = pg_query(m, x->pg, &ignored,
	    mem_fmt(m,
		"SELECT format('pid %%s (%%s), user %%s%%s, connected %%s, %%s', a.pid, "
		"a.application_name, a.usename,"
		" coalesce(' from '||host(a.client_addr), ''), to_char(a.backend_start, "
		"'HH24:MI:SS'), a.state)"
		" FROM pg_locks l JOIN pg_stat_activity a USING (pid) WHERE l.locktype = "
		"'advisory' AND l.granted"
		" AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
		" AND l.objsubid = 1 AND (l.classid::bigint << 32) | l.objid::bigint IN (%lld, "
		"%lld)",
		(long long)x->key[0], (long long)x->key[x->keys - 1]),
	    0, NULL);

	snprintf(text, size, "%s",
	    r && pg_rows_count(r) ? pg_rows_text(r, 0, 0) : "another session");
}

static int
try_lock(struct migrate_session *x, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = x->guard ? x->guard : x->pg;
	struct pg_rows *r;

	if (x->guard &&
	    pg_exec(pg,
		mem_fmt(m,
		    "BEGIN;SET LOCAL idle_in_transaction_session_timeout=0;"
		    "SET LOCAL application_name=%s",
		    pg_quote_literal(m, x->application)),
		e))
		return -1;
	r = pg_query(m, pg, e,
	    try_sql(m, x, x->guard ? "pg_try_advisory_xact_lock" : "pg_try_advisory_lock"), 0,
	    NULL);
	if (!r)
		return -1;
	/* a portal that is left open keeps its snapshot, for which CREATE INDEX CONCURRENTLY would
	 * wait */
	if (pg_rows_bool(r, 0, 0))
		return x->guard && pg_exec(pg, "SELECT 1", e) ? -1 : 1;
	if (x->guard)
		return pg_exec(pg, "ROLLBACK", e);
	/* of two keys one may have been had */
	return x->keys > 1 ? pg_exec(pg, "SELECT pg_catalog.pg_advisory_unlock_all()", e) : 0;
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
			step_say(x->s,
			    "another run migrates this database: waiting up to %.0f s for %s",
			    x->settings->lock_wait, who);
		}
		if (stop_sleep(pause * (0.75 + drand48() / 2), e))
			return -1;
		pause = fmin(pause * 1.5, poll_most);
	}
	if (got)
		return got < 0 ? -1 : 0;
	holder(x, who, sizeof who);
	err_set(e, FAIL_TROUBLE, "locked", "%s: another run holds the migration lock: %s",
	    pg_uri(x->pg), who);
	return err_hint(e,
	    "wait for it, --lock-wait 10m waits longer; a run that is dead loses its lock with its "
	    "session");
}

/* Behind a proxy a session's lock would stay with a connection that others use: so a transaction
 * holds it, on a connection of its own. The proxy must have room for both. */
static int
open_guard(struct migrate_session *x, struct err *e)
{
	struct err ignored;

	if (x->guard && pg_exec(x->guard, "ROLLBACK", &ignored))
		pg_close(x->guard);
	if (!x->guard || !pg_alive(x->guard))
		x->guard = pg_open(x->m, x->spec, NULL, e);
	return x->guard ? 0 : -1;
}

static int
check_pool(struct migrate_session *x, struct err *e)
{
	int bad;

	pg_shield(x->pg, POOL_SECONDS);
	bad = pg_exec(x->pg, "SELECT 1", e);
	pg_shield(x->pg, 0);
	if (!bad || pg_alive(x->pg))
		return bad;
	err_set(e, FAIL_TROUBLE, "pool-too-small",
	    "%s: the proxy has no second connection for us: one holds the lock, one "
	    "migrates",
	    pg_uri(x->pg));
	return err_hint(e,
	    "connect to the server itself, or let the proxy's pool have more connections");
}

int
migrate_session_relock(struct migrate_session *x, struct err *e)
{
	if ((x->pooled && open_guard(x, e)) || poll_lock(x, e))
		return -1;
	x->locked = true;
	return x->pooled ? check_pool(x, e) : 0;
}

int
migrate_session_clear_locks(struct migrate_session *x, struct err *e)
{
	bool locked = x->locked;

	/* behind a proxy ours is held elsewhere */
	if (x->pooled)
		return 0;
	x->locked = false;
	if (pg_exec(x->pg, "SELECT pg_catalog.pg_advisory_unlock_all()", e))
		return -1;
	return locked ? migrate_session_relock(x, e) : 0;
}

int
migrate_session_lock(struct migrate_session *x, const struct migrate_history *h, struct err *e)
{
	x->keys = migrate_history_locks(x->pg, h, x->key);
	return migrate_session_relock(x, e);
}

void
migrate_session_unlock(struct migrate_session *x)
{
	struct err ignored;

	if (!x->locked)
		return;
	x->locked = false;
	if (x->guard) {
		pg_shield(x->guard, CLOSE_SECONDS);
		pg_exec(x->guard, "ROLLBACK", &ignored);
		return;
	}
	pg_shield(x->pg, CLOSE_SECONDS);
	pg_exec(x->pg, "SELECT pg_catalog.pg_advisory_unlock_all()", &ignored);
}
