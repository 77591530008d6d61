/* session.c - the connection that migrates, and its settings. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/record.h"
#include "core/stop.h"
#include "migrate/session.h"

enum { OWN_SECONDS = 5 };

static const double retry_first = 0.1, retry_most = 1;

/* Drops what a session keeps besides its settings. */
#define RESET_PATH "RESET search_path;"
#define DISCARD "CLOSE ALL;UNLISTEN *;DEALLOCATE ALL;DISCARD TEMP;"

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

/* The settings that a migration finds; HOW: "SET" or "SET LOCAL". */
static char *
settings(struct migrate_session *x, const char *how)
{
	struct mem_text t = { .m = x->m };

	mem_text_fmt(&t, "%s lock_timeout=%.0f;%s statement_timeout=%.0f;", how,
	    x->settings->lock_timeout * 1000, how, x->settings->statement_timeout * 1000);
	mem_text_fmt(&t, "%s idle_in_transaction_session_timeout='1min';%s application_name=%s;",
	    how, how, pg_quote_literal(x->m, x->application));
	/* a server on a platform that cannot look after its client says no */
	if (x->watched)
		mem_text_fmt(&t, "%s client_connection_check_interval='2s';", how);
	if (x->path)
		mem_text_fmt(&t, "%s search_path=%s;", how, x->path);
	return t.text;
}

const char *
migrate_session_timeouts(struct mem *m, const struct migrate_session *x)
{
	return x->pooled ? "" : mem_fmt(m, "SET lock_timeout=%.0f;SET statement_timeout=%.0f;",
	    x->settings->lock_timeout * 1000, x->settings->statement_timeout * 1000);
}

static void
make_texts(struct migrate_session *x)
{
	static const char reset[] = "RESET SESSION AUTHORIZATION;RESET ROLE;RESET ALL;";

	if (x->pooled) {
		/* nothing stays with the server's connection, which others will use */
		x->local = settings(x, "SET LOCAL");
		x->begin = mem_fmt(x->m, "BEGIN;%s", x->local);
		x->between = x->theirs = x->ours = "";
		x->within = mem_fmt(x->m, DISCARD RESET_PATH "%s", x->local);
		x->reset = mem_fmt(x->m, "%s" PG_OWN_NAMES_LOCAL, reset);
		/* a SET LOCAL behind a RESET leaves the default, but as the session's own */
		x->end = DISCARD RESET_PATH;
	} else {
		x->local = x->end = "";
		x->theirs = x->path ? mem_fmt(x->m, "SET search_path=%s;", x->path) :
				      RESET_PATH;
		x->ours = PG_OWN_NAMES;
		x->between = mem_fmt(x->m, DISCARD "%s", x->theirs);
		x->within = x->between;
		x->begin = mem_fmt(x->m, "%sBEGIN;", x->between);
		x->reset = mem_fmt(x->m, "%s%s", reset, settings(x, "SET"));
	}
}

static int
set_up(struct migrate_session *x, struct err *e)
{
	MEM_SCOPE(m);

	make_texts(x);
	return x->pooled ? 0 : pg_exec(x->pg, mem_fmt(m, "%s%s", x->reset, x->ours), e);
}

void
migrate_session_own(struct migrate_session *x)
{
	struct err ignored;

	if (!*x->ours || !pg_alive(x->pg) || pg_in_transaction(x->pg))
		return;
	pg_shield(x->pg, OWN_SECONDS);
	pg_exec(x->pg, x->ours, &ignored);
	pg_shield(x->pg, 0);
}

static int
prepare(struct migrate_session *x, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r;
	struct err ignored;

	if (pg_own_names(x->m, x->pg, e))
		return -1;
	r = pg_query(m, x->pg, e,
	    "SELECT pg_backend_pid(), coalesce(current_setting('client_connection_check_interval',"
	    " true), '0') <> '0', pg_is_in_recovery(), current_setting('transaction_read_only') = "
	    "'on'",
	    0, NULL);
	if (!r)
		return -1;
	x->pooled = pg_rows_int(r, 0, 0) != pg_backend_pid(x->pg);
	x->standby = pg_rows_bool(r, 0, 2);
	x->read_only = pg_rows_bool(r, 0, 3);
	x->watched = x->pooled ? pg_server_version(x->pg) >= 140000 &&
		!pg_exec(x->pg, "BEGIN;SET LOCAL client_connection_check_interval='2s';COMMIT",
		    &ignored) :
				 pg_rows_bool(r, 0, 1);
	return set_up(x, e);
}

struct migrate_session *
migrate_session_open(struct mem *m, struct step *s, const char *spec,
    const struct migrate_settings *settings_given, struct err *e)
{
	struct migrate_session *x = mem_zero(m, 1, sizeof *x);

	x->m = m;
	x->s = s;
	x->spec = spec;
	x->settings = settings_given;
	x->application = application(m);
	x->live = isatty(2) && !step_quiet(s);
	x->pg = pg_open(m, spec, NULL, e);
	return x->pg && !prepare(x, e) ? x : NULL;
}

int
migrate_session_may_write(const struct migrate_session *x, struct err *e)
{
	if (!x->standby && !x->read_only)
		return 0;
	err_set(e, FAIL_TROUBLE, "read-only", "%s %s", pg_uri(x->pg),
	    x->standby ?
		"is a standby: nothing can be applied there" :
		"begins each transaction as a read-only transaction: nothing can be applied there");
	return x->standby ?
	    err_hint(e,
		"connect to the primary; of several hosts in the connection string, "
		"target_session_attrs=read-write takes it") :
	    err_hint(e,
		"ALTER ROLE … or ALTER DATABASE … SET "
		"default_transaction_read_only = off");
}

int
migrate_session_mind(struct migrate_session *x, const struct migrate_history *h, struct err *e)
{
	MEM_SCOPE(m);
	const char *const params[] = { mem_dup(m, h->table, strcspn(h->table, ".")) };
	/* unless the schema is the user's own, with more in it than the history */
	struct pg_rows *r = pg_query(m, x->pg, e,
	    "SELECT coalesce(string_agg(trim(p), ', '), '\"\"')"
	    " FROM pg_settings s, unnest(string_to_array(s.reset_val, ',')) p"
	    " WHERE s.name = 'search_path' AND trim(p) <> '\"$user\"'"
	    " HAVING quote_ident(session_user) = $1 AND NOT EXISTS"
	    " (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE "
	    "quote_ident(n.nspname) = $1"
	    " AND c.relkind IN ('r', 'p', 'v', 'm') AND c.relname <> 'history')",
	    1, params);

	if (!r)
		return -1;
	if (!pg_rows_count(r))
		return 0;
	x->path = mem_string(x->m, pg_rows_text(r, 0, 0));
	return set_up(x, e);
}

int
migrate_session_reopen(struct migrate_session *x, double seconds, struct err *e)
{
	double end = clock_now() + seconds, pause = retry_first;
	bool locked = x->locked;

	x->locked = false;
	pg_close(x->pg);
	while (!(x->pg = pg_open(x->m, x->spec, NULL, e))) {
		if (clock_now() + pause > end || !strcmp(e->word, "cancelled") ||
		    stop_sleep(pause, e))
			return -1;
		pause = fmin(pause * 2, retry_most);
	}
	if (prepare(x, e))
		return -1;
	/* the lost backend still holds the lock as long as it still works */
	return locked ? migrate_session_relock(x, e) : 0;
}
