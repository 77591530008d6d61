/* restore_postgres.c - loads a database: schema, rows, indexes, then the comparison with the manifest. */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/proc.h"
#include "pg/conn.h"
#include "pg/scratch.h"
#include "snapshot/load.h"
#include "snapshot/properties.h"
#include "snapshot/store.h"

void
restore_drop(const struct restored *d)
{
	MEM_SCOPE(m);
	struct err ignored;

	if (!d->created)
		return;
	pg_shield(d->admin, 60);
	pg_exec(d->admin, mem_fmt(m, "DROP DATABASE IF EXISTS %s%s", pg_quote_name(m, d->database),
	    pg_server_version(d->admin) >= 130000 ? " WITH (FORCE)" : ""), &ignored);
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
	err_set(e, FAIL_TROUBLE, "not-empty", "the database %s is not empty: it holds %s", d->database,
	    pg_rows_text(r, 0, 0));
	return err_hint(e, "name a new one by --create-db");
}

static char *
create_sql(struct mem *m, const struct restored *d, const struct value *store, int version)
{
	const struct value *p = value_get(store, "properties");
	const char *locale = value_get_string(p, "datlocale"), *provider = value_get_string(p, "datlocprovider");
	struct mem_text sql = { .m = m };

	locale = locale ? locale : value_get_string(p, "daticulocale");
	mem_text_fmt(&sql, "CREATE DATABASE %s TEMPLATE template0 ENCODING %s", pg_quote_name(m, d->database),
	    pg_quote_literal(m, value_get_string(store, "encoding")));
	mem_text_fmt(&sql, " LC_COLLATE %s LC_CTYPE %s", pg_quote_literal(m, value_get_string(p, "datcollate")),
	    pg_quote_literal(m, value_get_string(p, "datctype")));
	if (provider && *provider == 'i' && locale && version >= 150000)
		mem_text_fmt(&sql, " LOCALE_PROVIDER icu ICU_LOCALE %s", pg_quote_literal(m, locale));
	if (provider && *provider == 'b' && locale && version >= 170000)
		mem_text_fmt(&sql, " LOCALE_PROVIDER builtin BUILTIN_LOCALE %s", pg_quote_literal(m, locale));
	return sql.text;
}

/* The name of the database that SPEC names, if it is there, and a connection to one that is neither it nor the new
 * one: a database with sessions cannot be renamed. */
static int
connect(struct mem *m, struct restored *d, struct err *e)
{
	struct pg *pg = pg_open(m, d->spec, NULL, e);

	if (!pg && strcmp(e->word, "no-database"))
		return -1;
	if (pg)
		d->original = mem_string(m, pg_database(pg));
	pg_close(pg);
	d->admin = pg_open(m, d->spec, d->original && !strcmp(d->original, "postgres") ? "template1" : "postgres", e);
	return d->admin ? 0 : -1;
}

/* WANTED, or WANTED_2, _3 … when a restore of the same second has taken it. NULL on error. */
static const char *
free_name(struct mem *m, struct pg *admin, const char *wanted, struct err *e)
{
	const char *name = wanted;

	for (int i = 2;; i++) {
		struct pg_rows *r = pg_query(m, admin, e, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", 1,
		    &name);

		if (!r || !pg_rows_count(r))
			return r ? name : NULL;
		name = mem_fmt(m, "%s_%d", wanted, i);
	}
}

/* Another run, or one that was killed and whose CREATE DATABASE goes on, has taken the name meanwhile. */
static bool
name_was_taken(const struct pg *admin)
{
	const char *state = pg_report(admin)->sqlstate;

	return !strcmp(state, "42P04") || !strcmp(state, "23505");
}

static int
create_new(struct mem *m, const struct value *store, struct restored *d, struct err *e)
{
	if (pg_exec(d->admin, create_sql(m, d, store, pg_server_version(d->admin)), e))
		return -1;
	d->created = true;
	return 0;
}

/* With a name of our choice. */
static int
create_somewhere(struct mem *m, const struct restore *how, const struct value *store, struct restored *d, struct err *e)
{
	const char *wanted = mem_fmt(m, "%.36s_restore_%s", d->original ? d->original :
	    value_get_string(store, "database"), how->stamp);

	for (int tries = 5;; tries--) {
		if (!(d->database = free_name(m, d->admin, wanted, e)))
			return -1;
		if (!create_new(m, store, d, e))
			return 0;
		if (!tries || !name_was_taken(d->admin))
			return err_in(e, "%s", pg_uri(d->admin));
	}
}

static int
create(struct mem *m, const struct restore *how, const struct value *store, struct restored *d, const char *name,
    struct err *e)
{
	struct pg_rows *r;

	if (!name)
		return create_somewhere(m, how, store, d, e);
	d->database = name;
	if (!(r = pg_query(m, d->admin, e, "SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", 1, &name)))
		return -1;
	if (pg_rows_count(r))
		return must_be_empty(d, e);
	return create_new(m, store, d, e) ? err_in(e, "%s", pg_uri(d->admin)) : 0;
}

/* pg_restore */

static int
restore_failed(const struct proc_result *r, const char *section, struct err *e)
{
	const char *line = strstr(r->output, "error: ");

	line = line ? line + 7 : r->output_len ? r->output : "without a word";
	return err_set(e, FAIL_TROUBLE, strstr(r->output, "No space left") ? "no-space" : "pg-restore",
	    "pg_restore --section=%s ended with %s %d: %.*s", section, r->signal ? "signal" : "exit status",
	    r->signal ? r->signal : r->status, (int)strcspn(line, "\n"), line);
}

/* ENV, and commits that do not wait for the disk: a restore that is cut short is dropped, not recovered. */
static const char *const *
hurried(struct mem *m, const char *const *env)
{
	const char **all;
	size_t n = 0;

	while (env[n])
		if (!strncmp(env[n++], "PGOPTIONS=", 10))
			return env;
	all = mem_zero(m, n + 2, sizeof *all);
	memcpy(all, env, n * sizeof *all);
	all[n] = "PGOPTIONS=-c synchronous_commit=off";
	return all;
}

static int
run_section(struct mem *m, const struct restore *how, const struct restored *d, int fd, const char *section,
    size_t jobs, struct err *e)
{
	const char *bin = pg_find_bindir(m, "pg_restore", 0, e);
	const char *argv[12] = { NULL };
	const char *const *env = pg_spec_environment(m, d->spec, d->database, e);
	struct proc_spec spec = { .argv = argv, .in = fd, .out = -1, .errfd = -1 };
	struct proc_result result;
	size_t n = 0;

	if (!bin || !env)
		return -1;
	spec.env = hurried(m, env);
	argv[n++] = mem_fmt(m, "%s/pg_restore", bin);
	argv[n++] = "--exit-on-error";
	argv[n++] = "--no-password";
	argv[n++] = mem_fmt(m, "--section=%s", section);
	/* the name alone, as a connection string: it may hold anything */
	argv[n++] = mem_fmt(m, "--dbname=dbname=%s", properties_conninfo(m, d->database));
	if (how->no_owner) {
		argv[n++] = "--no-owner";
		argv[n++] = "--no-acl";
	}
	if (how->no_tablespaces)
		argv[n++] = "--no-tablespaces";
	if (jobs > 1)
		argv[n++] = mem_fmt(m, "--jobs=%zu", jobs);
	argv[n++] = "/dev/fd/0";
	if (proc_run(m, &spec, &result, e))
		return -1;
	return result.status ? restore_failed(&result, section, e) : 0;
}

/* Rows by our threads and, at the same time, what pg_dump kept: large objects, sequences, extensions' own. */
static int
load(struct mem *m, const struct restore *how, const struct value *store, const struct restored *d, int fd,
    struct err *e)
{
	struct pool *pool = load_start(m, how, store, d->spec, d->database, e);
	struct err second;
	int bad;

	if (!pool)
		return -1;
	if ((bad = run_section(m, how, d, fd, "data", 1, e)))
		pool_give_up(pool);
	return pool_wait(pool, bad ? &second : e) || bad ? -1 : 0;
}

/* How long the part took that ends now, for the record. */
static void
lap(struct value *seconds, const char *part, double *begun)
{
	double now = clock_now();

	value_set_real(seconds, part, (double)(long long)((now - *begun) * 1000) / 1000);
	*begun = now;
}

static int
fill(struct mem *m, const struct restore *how, const struct value *store, const struct restored *d,
    struct value *seconds, struct err *e)
{
	const char *directory = getenv("TMPDIR");
	double begun = clock_now();
	int fd = restore_member(m, how->r, store_member(m, value_get_string(store, "name"), "rest.dump"),
	    directory ? directory : "/tmp", e);

	if (fd < 0 || run_section(m, how, d, fd, "pre-data", 1, e))
		return -1;
	lap(seconds, "schema", &begun);
	if (load(m, how, store, d, fd, e))
		return -1;
	lap(seconds, "rows", &begun);
	/* before policies and rules exist, which could hide rows */
	if (load_check(how, store, d->spec, d->database, e))
		return -1;
	lap(seconds, "check", &begun);
	if (run_section(m, how, d, fd, "post-data", how->jobs, e))
		return -1;
	lap(seconds, "indexes", &begun);
	if (load_analyze(how, store, d->spec, d->database, e))
		return -1;
	lap(seconds, "statistics", &begun);
	return how->no_owner ? 0 : properties_apply(m, store, d->spec, d->database, how->say, how->arg, e);
}

int
restore_postgres(struct mem *m, const struct restore *how, const struct value *store, const char *spec, const char *name,
    struct restored *d, struct value *facts, struct err *e)
{
	const struct value *tables = value_get(store, "tables");
	struct value *list;

	*d = (struct restored){ .spec = spec };
	if (connect(m, d, e) || create(m, how, store, d, name, e))
		return -1;
	if (fill(m, how, store, d, value_set_object(m, facts, "seconds"), e)) {
		restore_drop(d);
		return err_in(e, "database %s", d->database);
	}
	value_set_string(facts, "database", d->database);
	list = value_set_array(m, facts, "tables");
	for (size_t i = 0; i < value_count(tables); i++) {
		struct value *v = value_add_object(m, list);

		value_set(v, "name", value_get(value_item(tables, i), "name"));
		value_set(v, "rows", value_get(value_item(tables, i), "rows"));
	}
	return 0;
}

/* Swapping */

int
restore_swap(struct mem *m, const struct restore *how, const struct restored *d, const char **kept, struct err *e)
{
	const char *old = d->original ? pg_quote_name(m, d->original) : NULL, *new = pg_quote_name(m, d->database);
	struct pg *admin = d->admin;
	struct err ignored;

	*kept = NULL;
	if (!old)
		return err_set(e, FAIL_TROUBLE, "usage", "--swap: the connection names no database that is there");
	*kept = free_name(m, admin, mem_fmt(m, "%.36s_before_%s", d->original, how->stamp), e);
	if (!*kept)
		return -1;
	/* One message: once the server has it, it comes to its end even if we are killed. The old database is closed
	 * first, as a pool of connections would come back faster than a rename. */
	pg_shield(admin, 60);
	if (!pg_exec(admin, mem_fmt(m, "BEGIN; ALTER DATABASE %s ALLOW_CONNECTIONS false; COMMIT;"
	    "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity"
	    " WHERE datname IN (%s, %s) AND pid <> pg_catalog.pg_backend_pid();"
	    "BEGIN; ALTER DATABASE %s RENAME TO %s; ALTER DATABASE %s RENAME TO %s;"
	    "ALTER DATABASE %s ALLOW_CONNECTIONS true; COMMIT", old, pg_quote_literal(m, d->original),
	    pg_quote_literal(m, d->database), old, pg_quote_name(m, *kept), new, old, pg_quote_name(m, *kept)), e))
		return 0;
	pg_exec(admin, mem_fmt(m, "ROLLBACK; ALTER DATABASE %s ALLOW_CONNECTIONS true", old), &ignored);
	return err_in(e, "swap of %s and %s", d->original, d->database);
}
