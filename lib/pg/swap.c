/* swap.c - renames that nobody can get in between. */
#include <ctype.h>
#include <string.h>

#include "pg/swap.h"

/* how long what may not be left half done can take, also when stop was asked */
static const double shield = 60;

enum {
	LIMIT = 63,             /* bytes: the server cuts a longer name off */
	LONGEST = LIMIT - 2,
};

int
pg_check_new_name(const char *name, struct err *e)
{
	return *name && strlen(name) <= LIMIT ? 0 :
	    err_set(e, FAIL_TROUBLE, "usage",
		"'%s' cannot be the name of a database: it has 1 to %d bytes", name, (int)LIMIT);
}

struct pg *
pg_open_beside(struct mem *m, const char *spec, const char *name, struct err *e)
{
	const char *beside = name && !strcmp(name, "postgres") ? "template1" : "postgres";
	struct pg *pg = pg_open(m, spec, beside, e);

	return pg && !pg_own_names(m, pg, e) ? pg : NULL;
}

int
pg_has_database(struct mem *m, struct pg *admin, const char *name, struct err *e)
{
	struct pg_rows *r = pg_query(m, admin, e,
	    "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", 1, &name);

	return r ? pg_rows_count(r) > 0 : -1;
}

int
pg_swap_check(struct pg *admin, const char *live, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r = pg_query(m, admin, e,
	    "SELECT pg_catalog.pg_has_role(datdba, 'USAGE'), pg_catalog.pg_get_userbyid(datdba),"
	    " current_user, (SELECT pg_catalog.quote_literal(pg_catalog.min(gid))"
	    "  FROM pg_catalog.pg_prepared_xacts x WHERE x.database = d.datname)"
	    " FROM pg_catalog.pg_database d WHERE datname = $1",
	    1, &live);
	const char *prepared;

	if (!r || !pg_rows_count(r))
		return r ? 0 : -1;
	if (!pg_rows_bool(r, 0, 0)) {
		err_set(e, FAIL_TROUBLE, "not-owner", "%s belongs to %s, and %s cannot rename it",
		    live, pg_rows_text(r, 0, 1), pg_rows_text(r, 0, 2));
		return err_hint(e,
		    "connect as its owner, who may create databases, or as a superuser");
	}
	if (!(prepared = pg_rows_text(r, 0, 3)))
		return 0;
	err_set(e, FAIL_TROUBLE, "in-use",
	    "%s has a prepared transaction, %s, and cannot be renamed before it has ended", live,
	    prepared);
	return err_hint(e, "there: COMMIT PREPARED %s, or ROLLBACK PREPARED %s", prepared,
	    prepared);
}

/* Let people into both again, by another connection when ours is gone. */
static void
reopen(struct mem *m, const char *spec, struct pg *admin, const char *live, const char *new)
{
	const char *const names[] = { live, new };
	struct err ignored;

	if (!pg_alive(admin) && !(admin = pg_open_beside(m, spec, live, &ignored)))
		return;
	pg_shield(admin, shield);
	pg_exec(admin, "ROLLBACK", &ignored);
	for (int i = 0; i < 2; i++)
		pg_exec(admin,
		    mem_fmt(m, "ALTER DATABASE %s ALLOW_CONNECTIONS true",
			pg_quote_name(m, names[i])),
		    &ignored);
}

int
pg_swap(struct mem *m, const char *spec, struct pg *admin, const char *live, const char *new,
    const char *kept, struct err *e)
{
	const char *old = pg_quote_name(m, live), *next = pg_quote_name(m, new),
		   *aside = pg_quote_name(m, kept);

	/* One message: once the server has it, it comes to its end even if we are killed. Both are
	 * closed first, as a pool of connections would come back faster than a rename. Whoever has
	 * changed a setting of one, and not committed that, is not waited for for ever. */
	pg_shield(admin, shield);
	if (!pg_exec(admin,
		mem_fmt(m,
		    "%sSET lock_timeout = '20s'; BEGIN; ALTER DATABASE %s ALLOW_CONNECTIONS false;"
		    "ALTER DATABASE %s ALLOW_CONNECTIONS false; COMMIT;"
		    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
		    " WHERE datname IN (%s, %s) AND pid <> pg_catalog.pg_backend_pid();"
		    "BEGIN; ALTER DATABASE %s RENAME TO %s; ALTER DATABASE %s RENAME TO %s;"
		    "ALTER DATABASE %s ALLOW_CONNECTIONS true;"
		    "ALTER DATABASE %s ALLOW_CONNECTIONS true; COMMIT",
		    pg_server_version(admin) >= 140000 ?
			"SET client_connection_check_interval = 0;" :
			"",
		    old, next, pg_quote_literal(m, live), pg_quote_literal(m, new), old, aside,
		    next, old, aside, old),
		e))
		return 0;
	reopen(m, spec, admin, live, new);
	return err_in(e, "swap of %s and %s", live, new);
}

/* A subscription keeps its database from being dropped. Those of a copy have the names of slots
 * that belong to the original, and stay. */
static void
drop_subscriptions(const char *spec, const char *name)
{
	MEM_SCOPE(m);
	struct err ignored;
	struct pg *pg = pg_open_shielded(m, spec, name, shield, &ignored);

	if (!pg)
		return;
	/* nor shall its own settings and event triggers */
	pg_exec(pg, "SET session_replication_role = replica", &ignored);
	pg_exec(pg, "SET default_transaction_read_only = off; SET statement_timeout = 0", &ignored);
	pg_exec(pg,
	    "DO $$DECLARE s name; BEGIN"
	    " FOR s IN SELECT subname FROM pg_catalog.pg_subscription JOIN"
	    "   pg_catalog.pg_database d ON d.oid = subdbid"
	    "   WHERE datname = pg_catalog.current_database() AND NOT subenabled LOOP"
	    "  EXECUTE pg_catalog.format('ALTER SUBSCRIPTION %I SET (slot_name = NONE)', s);"
	    "  EXECUTE pg_catalog.format('DROP SUBSCRIPTION %I', s);"
	    " END LOOP; END$$",
	    &ignored);
}

int
pg_drop_copy(const char *spec, struct pg *admin, const char *name, bool force, struct err *e)
{
	MEM_SCOPE(m);
	const char *sql = mem_fmt(m, "DROP DATABASE IF EXISTS %s%s", pg_quote_name(m, name),
	    force ? " WITH (FORCE)" : "");

	if (!pg_exec(admin, sql, e))
		return 0;
	if (strcmp(pg_report(admin)->sqlstate, "55006"))
		return -1;
	drop_subscriptions(spec, name);
	return pg_exec(admin, sql, e);
}

void
pg_drop_database(const char *spec, struct pg *admin, const char *name)
{
	MEM_SCOPE(m);
	bool force = pg_server_version(admin) >= 130000;
	struct err ignored;

	pg_shield(admin, shield);
	/* that it is lost is seen when it is used */
	if (pg_exec(admin, "SELECT 1", &ignored) && !pg_alive(admin)) {
		if (!(admin = pg_open_beside(m, spec, name, &ignored)))
			return;
		pg_shield(admin, shield);
	}
	if (!force)
		pg_exec(admin,
		    mem_fmt(m,
			"SELECT pg_catalog.pg_terminate_backend(pid) FROM "
			"pg_catalog.pg_stat_activity"
			" WHERE datname = %s",
			pg_quote_literal(m, name)),
		    &ignored);
	pg_exec(admin, mem_fmt(m, "ALTER DATABASE %s IS_TEMPLATE false", pg_quote_name(m, name)),
	    &ignored);
	pg_drop_copy(spec, admin, name, force, &ignored);
}

char *
pg_name_beside(struct mem *m, const char *name, const char *word, const char *when)
{
	char *lower = mem_string(m, when);
	size_t n = strlen(name), rest = strlen(word) + strlen(when) + 2,
	       room = rest < LONGEST ? LONGEST - rest : 0;

	for (char *p = lower; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	for (n = n < room ? n : room; n && ((unsigned char)name[n] & 0xc0) == 0x80;)
		n--;
	return mem_fmt(m, "%.*s_%s_%s", (int)n, name, word, lower);
}
