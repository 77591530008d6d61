/* clone.c - CREATE DATABASE … TEMPLATE. */
#include <string.h>

#include "core/stop.h"
#include "pg/conn.h"
#include "pg/swap.h"
#include "snapshot/clone.h"

struct clone {
	struct pg *admin;       /* beside both */
	const char *spec, *name;
};

/* Who is connected to DATABASE: their number, and their names in the error; 0: nobody; -1: it
 * cannot be told. */
static int
sessions(struct pg *admin, const char *database, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text who = { .m = m };
	struct pg_rows *r = pg_query(m, admin, e,
	    "SELECT pid, coalesce(usename, '?'),"
	    " coalesce(nullif(application_name, ''), '?'), coalesce(host(client_addr), 'local')"
	    " FROM pg_catalog.pg_stat_activity WHERE datname = $1 AND backend_type NOT LIKE "
	    "'autovacuum%'"
	    " ORDER BY backend_start",
	    1, &database);
	int count = r ? pg_rows_count(r) : -1;

	for (int i = 0; i < count && i < 5; i++)
		mem_text_fmt(&who, "%sprocess %s (%s, %s, %s)", i ? ", " : "",
		    pg_rows_text(r, i, 0), pg_rows_text(r, i, 1), pg_rows_text(r, i, 2),
		    pg_rows_text(r, i, 3));
	if (count <= 0)
		return count;
	err_set(e, FAIL_TROUBLE, "in-use", "--clone: %d connected to %s: %s", count, database,
	    who.text);
	err_hint(e,
	    "a database can be copied while nobody is connected: stop the service, or leave "
	    "--clone away");
	return count;
}

/* Our own connection, and others that were closed just now, take a moment to be gone. */
static int
wait_for_nobody(struct pg *admin, const char *database, struct err *e)
{
	int count = sessions(admin, database, e);

	for (int i = 0; count > 0 && i < 40; i++) {
		struct err stopped;

		if (stop_sleep(0.05, &stopped))
			return *e = stopped, -1;
		count = sessions(admin, database, e);
	}
	return count ? -1 : 0;
}

struct clone *
clone_make(struct mem *m, const char *spec, const char *database, const char *name, struct err *e)
{
	struct clone *c = mem_zero(m, 1, sizeof *c);
	int there;

	c->spec = spec;
	c->name = name;
	if (pg_check_new_name(name, e) || !(c->admin = pg_open_beside(m, spec, database, e)) ||
	    (there = pg_has_database(m, c->admin, name, e)) < 0)
		return NULL;
	if (there) {
		err_set(e, FAIL_TROUBLE, "exists", "--clone: there is a database %s already", name);
		err_hint(e, "name another one, or drop it: DROP DATABASE %s",
		    pg_quote_name(m, name));
		return NULL;
	}
	if (wait_for_nobody(c->admin, database, e))
		return NULL;
	/* since 15 the default goes through the log, block by block */
	if (!pg_exec(c->admin,
		mem_fmt(m, "CREATE DATABASE %s TEMPLATE %s%s", pg_quote_name(m, name),
		    pg_quote_name(m, database),
		    pg_server_version(c->admin) >= 150000 ? " STRATEGY file_copy" : ""),
		e))
		return c;
	/* somebody came in the meantime */
	if (strcmp(pg_report(c->admin)->sqlstate, "55006") || sessions(c->admin, database, e) <= 0)
		err_in(e, "--clone %s", name);
	return NULL;
}

int
clone_tell(struct mem *m, struct pg *original, const char *name, void (*say)(void *, const char *),
    void *arg, struct err *e)
{
	struct pg_rows *r = pg_query(m, original, e,
	    "SELECT pg_catalog.string_agg(pg_catalog.quote_ident(subname), ', ' ORDER BY subname)"
	    " FROM pg_catalog.pg_subscription JOIN pg_catalog.pg_database d ON d.oid = subdbid"
	    " WHERE datname = pg_catalog.current_database()",
	    0, NULL);
	const char *names = r ? pg_rows_text(r, 0, 0) : NULL;

	if (names)
		say(arg, mem_fmt(m, "not in the copy %s: subscriptions, which no copy has: %s",
		    name, names));
	return r ? 0 : -1;
}

void
clone_drop(struct clone *c)
{
	if (c)
		pg_drop_database(c->spec, c->admin, c->name);
}
