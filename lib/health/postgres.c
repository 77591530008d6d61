/* postgres.c - Postgres targets: connected, authenticated, and it answers; its role, its lag, its
 * standbys. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "health/kinds.h"
#include "health/resolve.h"
#include "pg/conn.h"
#include "pg/probe.h"

/* What is asked besides the user's statement. The standby's view of itself: what it has received
 * and not yet replayed, and how long ago what it replayed was committed (nothing to replay: no
 * lag). The primary's view: the worst of its standbys. What somebody has put into a schema of
 * search_path is not called; behind a proxy no setting may stay. */
static const char replication[] =
    "BEGIN;" PG_OWN_NAMES_LOCAL
    "SELECT pg_is_in_recovery(),"
    " CASE WHEN pg_is_in_recovery()"
    "  THEN coalesce(pg_wal_lsn_diff(pg_last_wal_receive_lsn(), pg_last_wal_replay_lsn()), 0)"
    "  ELSE (SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn)), 0) FROM "
    "pg_stat_replication)"
    "  END::bigint,"
    " CASE WHEN NOT pg_is_in_recovery()"
    "  THEN (SELECT coalesce(extract(epoch FROM max(replay_lag)), 0) FROM pg_stat_replication)"
    "  WHEN pg_last_wal_receive_lsn() IS NOT DISTINCT FROM pg_last_wal_replay_lsn() THEN 0"
    "  ELSE coalesce(extract(epoch FROM now() - pg_last_xact_replay_timestamp()), 0) END,"
    " (SELECT count(*) FROM pg_stat_replication WHERE state = 'streaming'),"
    " EXISTS (SELECT FROM pg_stat_wal_receiver WHERE status = 'streaming'); COMMIT";

struct attempt {
	struct pg_probe *pg;
	int fd;
	struct pg_probe_host *hosts;
	size_t host_count, looked_up;
	struct resolve_query *query;
	const char *sql[3];
};

static bool
asks_replication(const struct want *w)
{
	return w->role || w->replicas || w->max_lag_bytes >= 0 || w->max_lag_seconds >= 0;
}

/* Numbers of the row of REPLICATION. */
struct replication {
	bool standby, receiving;
	long long lag_bytes, replicas;
	double lag_seconds;
};

static bool
role_is_good(struct probe *p, const struct replication *r)
{
	const struct want *w = &p->target->want;

	if (w->role && r->standby && !strcmp(w->role, "primary"))
		probe_say(p, "pg-standby", "it is a standby, not the primary");
	else if (w->role && !r->standby && !strcmp(w->role, "standby"))
		probe_say(p, "assertion-failed", "it is a primary, not a standby");
	else if (r->replicas < w->replicas)
		probe_say(p, "assertion-failed", "%lld standbys stream from it, not %d",
		    r->replicas, w->replicas);
	else
		return true;
	return false;
}

static bool
lag_is_good(struct probe *p, const struct replication *r)
{
	const struct want *w = &p->target->want;

	if (w->max_lag_bytes >= 0 && r->lag_bytes > w->max_lag_bytes)
		probe_say(p, "pg-lag", "%lld bytes behind, more than %lld", r->lag_bytes,
		    (long long)w->max_lag_bytes);
	else if (w->max_lag_seconds >= 0 && r->lag_seconds > w->max_lag_seconds)
		probe_say(p, "pg-lag", "%.1f s behind, more than %g s", r->lag_seconds,
		    w->max_lag_seconds);
	else if ((w->max_lag_bytes >= 0 || w->max_lag_seconds >= 0) && r->standby && !r->receiving)
		probe_say(p, "pg-lag",
		    "it receives nothing from its primary: how far it is behind is not known");
	else
		return true;
	return false;
}

static bool
replication_is_good(struct probe *p, size_t statement)
{
	struct attempt *a = p->own;
	struct replication r = { 0 };
	char standby = 0, receiving = 0;
	int rows;
	const char *row = pg_probe_row(a->pg, statement, &rows);

	if (!row ||
	    sscanf(row, "%c|%lld|%lf|%lld|%c", &standby, &r.lag_bytes, &r.lag_seconds, &r.replicas,
		&receiving) != 5) {
		probe_say(p, "query-failed", "the server tells nothing of its replication");
		return false;
	}
	r.standby = standby == 't';
	r.receiving = receiving == 't';
	return role_is_good(p, &r) && lag_is_good(p, &r);
}

static bool
row_is_good(struct probe *p)
{
	struct attempt *a = p->own;
	const char *want = p->target->want.row, *row;
	int rows;

	row = pg_probe_row(a->pg, 0, &rows);
	if (!want || (row && !strcmp(row, want)))
		return true;
	probe_say(p, "assertion-failed", "the first row is %s%.200s%s, not '%s'", row ? "'" : "",
	    row ? row : "not there", row ? "'" : "", want);
	return false;
}

static void
judge(struct probe *p)
{
	struct attempt *a = p->own;
	const struct pg_probe_result *r = pg_probe_result(a->pg);

	snprintf(p->sight.address, sizeof p->sight.address, "%s", pg_probe_address(a->pg));
	memcpy(p->sight.sqlstate, r->sqlstate, sizeof p->sight.sqlstate);
	if (strcmp(r->state, "ok"))
		probe_say(p, r->state, "%s", r->text);
	/* known since the connection: a standby need not be asked whether it is one */
	else if (p->target->want.role && !strcmp(p->target->want.role, "primary") &&
	    r->in_hot_standby)
		probe_say(p, "pg-standby", "it is a standby, not the primary");
	else if (row_is_good(p) && (!a->sql[1] || replication_is_good(p, 1)))
		probe_say(p, "ok", "it answers");
	probe_finish(p);
}

static void advance(void *, short);

static void
watch(struct probe *p)
{
	struct attempt *a = p->own;

	a->fd = pg_probe_fd(a->pg);
	if (a->fd < 0 || loop_watch(p->scene->loop, a->fd, pg_probe_events(a->pg), advance, p))
		probe_end(p, "unreachable", "no descriptor to wait for");
}

static void
advance(void *arg, short events)
{
	struct probe *p = arg;
	struct attempt *a = p->own;

	(void)events;
	/* libpq may close its socket and open another one, even of the same number */
	loop_forget(p->scene->loop, a->fd);
	a->fd = -1;
	if (pg_probe_advance(a->pg))
		judge(p);
	else
		watch(p);
}

static void
dial(struct probe *p)
{
	struct attempt *a = p->own;
	struct err e;

	a->pg = pg_probe_start(p->m, p->target->rest, a->hosts, a->host_count, a->sql, &e);
	if (!a->pg)
		probe_end(p, strcmp(e.word, "no-address") ? "unreachable" : "dns-failed", "%s",
		    e.text);
	else if (pg_probe_events(a->pg))
		watch(p);
	else
		judge(p);
}

static void look_up_next(struct probe *);

static void
on_addresses(void *arg, const struct resolve_answer *answer)
{
	struct probe *p = arg;
	struct attempt *a = p->own;
	struct mem_text list = { .m = p->m };

	a->query = NULL;
	for (int i = 0; i < answer->count; i++)
		mem_text_fmt(&list, "%s%s", i ? "," : "", answer->address[i]);
	a->hosts[a->looked_up++].addresses = list.text;
	if (!answer->count && a->host_count == 1)
		probe_end(p, "dns-failed", "%s: %s", a->hosts[0].host, answer->why);
	else
		look_up_next(p);
}

static void
look_up_next(struct probe *p)
{
	struct attempt *a = p->own;
	struct resolve_query *q;

	if (a->looked_up == a->host_count)
		dial(p);
	else if ((q = resolve_ask(p->scene->resolve, a->hosts[a->looked_up].host, on_addresses, p)))
		a->query = q;
}

static void
start(struct probe *p)
{
	struct attempt *a = p->own = mem_zero(p->m, 1, sizeof *a);
	const struct want *w = &p->target->want;
	struct err e;

	a->fd = -1;
	a->sql[0] = w->sql ? w->sql : "SELECT 1";
	a->sql[1] = asks_replication(w) ? replication : NULL;
	if ((a->hosts = pg_probe_hosts(p->m, p->target->rest, &a->host_count, &e)))
		look_up_next(p);
	else
		probe_end(p, "unreachable", "%s", e.text);
}

static void
cut(struct probe *p)
{
	struct attempt *a = p->own;

	if (a->query)
		probe_say(p, "dns-timeout", "no name server answered for %s",
		    a->hosts[a->looked_up].host);
	else if (!a->pg || !pg_probe_result(a->pg)->connected)
		probe_say(p, "connect-timeout", "no session in time");
	else
		probe_say(p, "timeout", "connected, but no answer to the query in time");
}

static void
drop(struct probe *p)
{
	struct attempt *a = p->own;

	resolve_cancel(a->query);
	loop_forget(p->scene->loop, a->fd);
	if (a->pg)
		pg_probe_end(a->pg);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	size_t count;

	kind_of(t->text, &t->rest);
	if (strncmp(t->text, "pg:", 3))
		t->rest = t->text;
	if (t->want.row && !t->want.sql)
		return err_set(e, FAIL_TROUBLE, "usage", "--expect-row needs --sql");
	return pg_probe_hosts(m, t->rest, &count, e) ? 0 : -1;
}

static const char *const prefixes[] = { "postgres://", "postgresql://", "pg:", NULL };

const struct kind kind_postgres = {
	.name = "postgres",
	.prefixes = prefixes,
	.takes = OPTION_BIT(SQL) | OPTION_BIT(EXPECT_ROW) | OPTION_BIT(ROLE) | OPTION_BIT(MAX_LAG) |
	    OPTION_BIT(REPLICAS),
	.fds = 2,
	.parse = parse,
	.start = start,
	.cut = cut,
	.drop = drop,
};
