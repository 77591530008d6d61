/* restore_postgres.c - the database that a store is restored into: made, filled, exchanged,
 * dropped. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "pg/swap.h"
#include "snapshot/fill.h"
#include "snapshot/flush.h"
#include "snapshot/globals.h"
#include "snapshot/restore.h"
#include "snapshot/session.h"
#include "snapshot/suits.h"

enum {
	/* No server has so many connections: a database with this limit was being restored. It is
	 * there from the moment the database is, and gone when its own limit is set. */
	HALF_MADE = 1735289189,
	/* Whoever restores one holds this advisory lock, and the hash of its name. */
	LOCK = 1735289189,
};

void
restore_drop(const struct restored *d)
{
	if (d->created)
		pg_drop_database(d->spec, d->admin, d->database);
}

/* The target */

static int
must_be_empty(const struct restored *d, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = pg_open(m, d->spec, d->database, e);
	struct pg_rows *r;

	if (!pg)
		return -1;
	r = pg_query(m, pg, e, "SELECT n.nspname || '.' || c.relname FROM pg_catalog.pg_class c"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname !~ '^pg_'"
	    " AND n.nspname <> 'information_schema' LIMIT 1", 0, NULL);
	if (!r)
		return -1;
	if (!pg_rows_count(r))
		return 0;
	err_set(e, FAIL_TROUBLE, "not-empty", "the database %s is not empty: it holds %s",
	    d->database, pg_rows_text(r, 0, 0));
	return err_hint(e, "name a new one by --create-db");
}

/* Who compares texts. Without a word about it, it would be who does in template0. */
static void
add_provider(struct mem_text *sql, const struct restore *how, const struct value *p, int version)
{
	const char *provider = value_get_string(p, "datlocprovider"),
		   *rules = value_get_string(p, "daticurules");
	const char *locale = value_get_string(p, "datlocale");
	char kind = provider ? *provider : 'c';

	locale = locale ? locale : value_get_string(p, "daticulocale");
	if ((kind == 'i' && version < 150000) || (kind == 'b' && version < 170000)) {
		how->say(how->arg,
		    mem_fmt(sql->m,
			"not kept: the database's locale %s, as this server has no provider %s",
			locale ? locale : "", kind == 'i' ? "icu" : "builtin"));
		kind = 'c';
	}
	if (version < 150000)
		return;
	mem_text_fmt(sql, " LOCALE_PROVIDER %s",
	    kind == 'i'     ? "icu" :
		kind == 'b' ? "builtin" :
			      "libc");
	if (kind != 'c' && locale)
		mem_text_fmt(sql, " %s_LOCALE %s", kind == 'i' ? "ICU" : "BUILTIN",
		    pg_quote_literal(sql->m, locale));
	if (kind == 'i' && rules && version >= 160000)
		mem_text_fmt(sql, " ICU_RULES %s", pg_quote_literal(sql->m, rules));
}

/* PLAIN: with locales that every machine has. The limit marks it as half made. */
static char *
create_sql(struct mem *m, const struct restore *how, const struct value *store,
    const struct restored *d, bool plain)
{
	const struct value *p = value_get(store, "properties");
	const char *encoding = value_get_string(store, "encoding");
	const char *collate = value_get_string(p, "datcollate"),
		   *ctype = value_get_string(p, "datctype");
	struct mem_text sql = { .m = m };

	if (plain)
		collate = "C", ctype = strcmp(encoding, "UTF8") ? "C" : "C.UTF-8";
	mem_text_fmt(&sql,
	    "CREATE DATABASE %s CONNECTION LIMIT %d TEMPLATE template0 ENCODING %s LC_COLLATE %s "
	    "LC_CTYPE %s",
	    pg_quote_name(m, d->database), (int)HALF_MADE, pg_quote_literal(m, encoding),
	    pg_quote_literal(m, collate), pg_quote_literal(m, ctype));
	add_provider(&sql, how, p, pg_server_version(d->admin));
	return sql.text;
}

/* The name of the database that SPEC names, if it is there, and a connection to one that is neither
 * it nor the new one: a database with sessions cannot be renamed. */
static int
connect(struct mem *m, struct restored *d, struct err *e)
{
	struct pg *pg = pg_open(m, d->spec, NULL, e);

	if (!pg && strcmp(e->word, "no-database"))
		return -1;
	if (pg)
		d->original = mem_string(m, pg_database(pg));
	pg_close(pg);
	d->admin = pg_open_beside(m, d->spec, d->original, e);
	return d->admin ? session_set(d->admin, e) : -1;
}

/* WANTED, or WANTED_2, _3 … when a restore of the same second has taken it. NULL on error. */
static const char *
free_name(struct mem *m, struct pg *admin, const char *wanted, struct err *e)
{
	const char *name = wanted;

	for (int i = 2;; i++) {
		int there = pg_has_database(m, admin, name, e);

		if (there <= 0)
			return there ? NULL : name;
		name = mem_fmt(m, "%s_%d", wanted, i);
	}
}

/* Another run, or one that was killed and whose CREATE DATABASE goes on, has taken the name
 * meanwhile. */
static bool
name_was_taken(const struct pg *admin)
{
	const char *state = pg_report(admin)->sqlstate;

	return !strcmp(state, "42P04") || !strcmp(state, "23505");
}

/* Where it was, if there is such a tablespace. */
static int
add_tablespace(struct mem *m, const struct restore *how, const struct value *store,
    const struct restored *d, const char **sql, struct err *e)
{
	const char *space = value_string(value_at(store, "properties.tablespace"));
	struct pg_rows *r;

	if (!space || !strcmp(space, "pg_default") || how->no_tablespaces)
		return 0;
	if (!(r = pg_query(m, d->admin, e,
		  "SELECT 1 FROM pg_catalog.pg_tablespace WHERE spcname = $1", 1, &space)))
		return -1;
	if (pg_rows_count(r))
		*sql = mem_fmt(m, "%s TABLESPACE %s", *sql, pg_quote_name(m, space));
	else
		how->say(how->arg,
		    mem_fmt(m, "not kept: the database's tablespace %s, which is not there",
			space));
	return 0;
}

/* As long as the connection lives, nobody takes the database for one that was left. */
static int
hold_name(struct mem *m, const struct restored *d, struct err *e)
{
	return pg_exec(d->admin,
	    mem_fmt(m, "SELECT pg_catalog.pg_advisory_lock_shared(%d, pg_catalog.hashtext(%s))",
		(int)LOCK, pg_quote_literal(m, d->database)),
	    e);
}

/* In a query of pg_database, with LOCK as $2: somebody lives who makes it. */
#define HELD \
	"EXISTS (SELECT FROM pg_catalog.pg_locks WHERE locktype = 'advisory'" \
	" AND classid = $2::oid" \
	" AND objid = (pg_catalog.hashtext(datname)::bigint & 4294967295)::oid)"

/* Drop databases that killed runs have left half made. */
static int
sweep(struct mem *m, const struct restore *how, const struct restored *d, struct err *e)
{
	const char *values[] = { mem_fmt(m, "%d", (int)HALF_MADE), mem_fmt(m, "%d", (int)LOCK) };
	struct pg_rows *r = pg_query(m, d->admin, e,
	    "SELECT datname FROM pg_catalog.pg_database WHERE datconnlimit = $1::int"
	    " AND pg_catalog.pg_has_role(datdba, 'USAGE') AND NOT " HELD,
	    2, values);
	struct err why;

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		const char *name = pg_rows_text(r, i, 0);

		if (pg_drop_copy(d->spec, d->admin, name, false, &why))
			how->say(how->arg,
			    mem_fmt(m, "not dropped: %s, which a killed restore has left: %s", name,
				why.text));
		else
			how->say(how->arg,
			    mem_fmt(m, "database %s dropped, which a killed restore had left",
				name));
	}
	return r ? 0 : -1;
}

/* By us or by another run? 1, 0; -1 on error. */
static int
is_being_made(struct mem *m, const struct restored *d, struct err *e)
{
	const char *values[] = { mem_fmt(m, "%d", (int)HALF_MADE), mem_fmt(m, "%d", (int)LOCK),
		d->database };
	struct pg_rows *r = pg_query(m, d->admin, e,
	    "SELECT 1 FROM pg_catalog.pg_database WHERE datconnlimit = $1::int AND datname = $3"
	    " AND " HELD,
	    3, values);

	return r ? pg_rows_count(r) : -1;
}

/* All of it is there: the mark goes, if it has not gone with the properties. */
static int
finish(struct mem *m, const struct restored *d, struct err *e)
{
	int marked = is_being_made(m, d, e);

	return marked <= 0 ? marked :
		pg_exec(d->admin, mem_fmt(m, "ALTER DATABASE %s CONNECTION LIMIT -1",
		    pg_quote_name(m, d->database)), e);
}

static int
at_work(const struct restored *d, struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "busy", "database %s: another restore is making it",
	    d->database);
}

/* One that is there already. */
static int
may_fill(struct mem *m, const struct restored *d, struct err *e)
{
	int marked = is_being_made(m, d, e);

	return marked < 0 ? -1 : marked ? at_work(d, e) : must_be_empty(d, e);
}

static int
may_create(const struct restored *d, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r = pg_query(m, d->admin, e,
	    "SELECT rolsuper OR rolcreatedb, rolname, pg_catalog.pg_is_in_recovery()"
	    " FROM pg_catalog.pg_roles WHERE rolname = current_user",
	    0, NULL);

	if (!r)
		return -1;
	if (pg_rows_bool(r, 0, 2))
		return err_set(e, FAIL_TROUBLE, "read-only",
		    "the server is a standby: nothing can be restored there");
	if (pg_rows_bool(r, 0, 0))
		return 0;
	err_set(e, FAIL_TROUBLE, "auth", "the role %s may not make a database",
	    pg_rows_text(r, 0, 1));
	return err_hint(e,
	    "ALTER ROLE ... CREATEDB; or let another role make an empty database for this one, "
	    "CREATE DATABASE ... OWNER ..., and name it by --create-db");
}

static int
create_new(struct mem *m, const struct restore *how, const struct value *store, struct restored *d,
    struct err *e)
{
	const char *sql = create_sql(m, how, store, d, false);

	if (may_create(d, e) || hold_name(m, d, e) || add_tablespace(m, how, store, d, &sql, e))
		return -1;
	if (pg_exec(d->admin, sql, e)) {
		bool locale = !strcmp(pg_report(d->admin)->sqlstate, "42809");

		if (!locale)
			return -1;
		if (!how->trial)
			return err_hint(e,
			    "install that locale; or make a database with another one, and name it "
			    "by --create-db");
		if (pg_exec(d->admin, create_sql(m, how, store, d, true), e))
			return -1;
	}
	d->created = true;
	return 0;
}

static const char *
wanted_name(struct mem *m, const struct restore *how, const struct value *store,
    const struct restored *d)
{
	return pg_name_beside(m,
	    d->original ? d->original : value_get_string(store, "database"), "restore", how->stamp);
}

/* With a name of our choice. */
static int
create_somewhere(struct mem *m, const struct restore *how, const struct value *store,
    struct restored *d, struct err *e)
{
	const char *wanted = wanted_name(m, how, store, d);

	for (int tries = 5;; tries--) {
		if (!(d->database = free_name(m, d->admin, wanted, e)))
			return -1;
		if (!create_new(m, how, store, d, e))
			return 0;
		if (!tries || !name_was_taken(d->admin))
			return err_in(e, "%s", pg_uri(d->admin));
	}
}

static int
create(struct mem *m, const struct restore *how, const struct value *store, struct restored *d,
    const char *name, struct err *e)
{
	int there;

	if (!name)
		return create_somewhere(m, how, store, d, e);
	d->database = name;
	if (pg_check_new_name(name, e))
		return err_in(e, "--create-db");
	if ((there = pg_has_database(m, d->admin, name, e)) < 0)
		return -1;
	if (there)
		return may_fill(m, d, e);
	if (!create_new(m, how, store, d, e))
		return 0;
	return name_was_taken(d->admin) ? at_work(d, e) : err_in(e, "%s", pg_uri(d->admin));
}

static void
drop(const struct restore *how, struct pg *pg, const char *what)
{
	MEM_SCOPE(m);
	struct err e;

	if (pg_exec(pg, mem_fmt(m, "DROP %s", what), &e))
		how->say(how->arg, mem_fmt(m, "not kept: that there is no %s: %s", what, e.text));
}

/* A new database has what this one may have dropped, of which pg_dump does not tell. And what it
 * tells of the schema public is what its own version would change in a new database: before 15
 * everyone could create there. */
static int
suit(const struct restore *how, const struct value *store, const struct restored *d, struct err *e)
{
	MEM_SCOPE(m);
	const char *client = value_get_string(store, "client_version");
	const struct value *extensions = value_get(store, "extensions"),
			   *public = value_get(store, "public");
	bool whole = !value_get(store, "schemas");
	bool was = client && strtol(client, NULL, 10) < 15;
	bool is = pg_server_version(d->admin) < 150000;
	struct pg *pg = pg_open(m, d->spec, d->database, e);

	if (!pg)
		return -1;
	if (whole && extensions && !value_get(extensions, "plpgsql"))
		drop(how, pg, "EXTENSION plpgsql");
	if (whole && public && !value_bool(public))
		drop(how, pg, "SCHEMA public");
	else if (client && was != is && !how->no_owner)
		return pg_exec(pg,
		    was ? "GRANT CREATE ON SCHEMA public TO PUBLIC" :
			  "REVOKE CREATE ON SCHEMA public FROM PUBLIC", e);
	return pg_alive(pg) ? 0 : err_set(e, FAIL_TROUBLE, "connection-lost", "%s", pg_uri(pg));
}

static int
failed(const struct restore *how, const struct restored *d, struct err *e)
{
	restore_drop(d);
	if (!strcmp(e->word, "sql-42704"))
		suits_hint_role(how, e);
	if (!d->created) {
		e->code = FAIL_DIRTY;
		err_hint(e, "it holds what had been loaded by then: drop it, and make it anew");
	}
	return err_in(e, "database %s", d->database);
}

/* Before an hour of work, not behind it. */
static int
check_swap(const struct restored *d, struct err *e)
{
	if (!d->original) {
		err_set(e, FAIL_TROUBLE, "no-database",
		    "--swap: the database that the connection names is not there");
		return err_hint(e, "without --swap, --create-db makes it under that name");
	}
	return pg_swap_check(d->admin, d->original, e) ? err_in(e, "--swap") : 0;
}

/* The server can be reached, and what is to be swapped is there. */
static int
begin(struct mem *m, const struct restore *how, const char *spec, struct restored *d, struct err *e)
{
	*d = (struct restored){ .spec = spec };
	return connect(m, d, e) || (how->swap && check_swap(d, e)) ? -1 : 0;
}

int
restore_postgres_plan(struct mem *m, const struct restore *how, const struct value *store,
    const char *spec, const char *name, struct value *facts, struct err *e)
{
	struct restored d;
	int there = 0;

	if (begin(m, how, spec, &d, e))
		return -1;
	d.database = name ? name : wanted_name(m, how, store, &d);
	if (pg_check_new_name(d.database, e))
		return err_in(e, "--create-db");
	if (name && ((there = pg_has_database(m, d.admin, name, e)) < 0 ||
			(there && may_fill(m, &d, e))))
		return -1;
	if ((!there && may_create(&d, e)) ||
	    (!how->globals && suits_check_dump(d.admin, how, store, e)))
		return err_in(e, "%s", pg_uri(d.admin));
	how->say(how->arg,
	    mem_fmt(m, "would %s the database %s: %zu tables", there ? "fill" : "make", d.database,
		value_count(value_get(store, "tables"))));
	if (how->swap)
		how->say(how->arg,
		    mem_fmt(m, "would exchange it with %s, which would be kept as %s", d.original,
			pg_name_beside(m, d.original, "before", how->stamp)));
	value_set_string(facts, "database", how->swap ? d.original : d.database);
	return 0;
}

int
restore_postgres(struct mem *m, const struct restore *how, const struct value *store,
    const char *spec, const char *name, struct restored *d, struct value *facts, struct err *e)
{
	const struct value *tables = value_get(store, "tables");
	struct value *list;

	if (begin(m, how, spec, d, e) ||
	    (how->globals && globals_apply(m, store, spec, how->say, how->arg, e)) ||
	    sweep(m, how, d, e) || create(m, how, store, d, name, e))
		return -1;
	if ((d->created && suit(how, store, d, e)) ||
	    fill_database(how, store, spec, d->database, value_set_object(m, facts, "seconds"),
		e) ||
	    finish(m, d, e) || flush_all(d->admin, e))
		return failed(how, d, e);
	value_set_string(facts, "database", d->database);
	list = value_set_array(m, facts, "tables");
	for (size_t i = 0; i < value_count(tables); i++) {
		struct value *v;

		if (value_get(value_item(tables, i), "extension"))
			continue;
		v = value_add_object(m, list);
		value_set(v, "name", value_get(value_item(tables, i), "name"));
		value_set(v, "rows", value_get(value_item(tables, i), "rows"));
	}
	return 0;
}

/* Swapping */

int
restore_swap(struct mem *m, const struct restore *how, const struct restored *d, const char **kept,
    struct err *e)
{
	*kept = free_name(m, d->admin, pg_name_beside(m, d->original, "before", how->stamp), e);
	return *kept ? pg_swap(m, d->spec, d->admin, d->original, d->database, *kept, e) : -1;
}
