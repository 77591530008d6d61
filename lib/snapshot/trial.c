/* trial.c - restores an archive where it does no harm, to see whether it can be. */
#include <string.h>

#include "pg/scratch.h"
#include "snapshot/restore.h"
#include "snapshot/spool.h"

/* With all that they may do: an event trigger can only belong to a superuser. Where a setting of a
 * role belongs to its machine, the role without any. */
static void
make_roles(struct mem *m, struct pg *pg, const struct value *store)
{
	const struct value *globals = value_get(store, "globals");
	const struct value *roles = value_get(store, "roles");
	struct err ignored;

	for (size_t i = 0; i < value_count(globals); i++) {
		const struct value *v = value_item(globals, i);
		const char *sql = value_get_string(v, "sql");

		if (sql && value_get_string(v, "role") && !value_get_string(v, "member"))
			pg_exec(pg, sql, &ignored);
	}
	/* the superuser's own name may be among them */
	for (size_t i = 0; i < value_count(roles); i++)
		if (value_string(value_item(roles, i)))
			pg_exec(pg,
			    mem_fmt(m, "CREATE ROLE %s",
				pg_quote_name(m, value_string(value_item(roles, i)))),
			    &ignored);
}

/* A server like the one the store was taken from, with its roles; a newer one when that is not
 * installed. */
static const char *
start_server(struct mem *m, const struct value *store, struct err *e)
{
	int major = (int)(value_get_int(store, "server_version", 0) / 10000);
	struct pg_scratch *server = pg_scratch_start(m, major, e);
	const char *uri;
	struct pg *pg;

	if (!server && !strcmp(e->word, "not-found"))
		server = pg_scratch_start(m, 0, e);
	if (!server)
		return NULL;
	uri = pg_scratch_uri(m, server, "postgres");
	if (!(pg = pg_open(m, uri, NULL, e)))
		return NULL;
	make_roles(m, pg, store);
	pg_close(pg);
	return uri;
}

static int
try_postgres(const struct restore *how, const struct value *store, struct err *e)
{
	MEM_SCOPE(m);
	const char *uri = start_server(m, store, e);
	struct restored d;

	return uri ? restore_postgres(m, how, store, uri, "trial", &d, value_object(m), e) : -1;
}

static int
try_directory(const struct restore *how, const struct value *store, struct err *e)
{
	MEM_SCOPE(m);
	struct restored_directory d;

	return restore_directory(m, how, store, mem_fmt(m, "%s/handrail-trial", spool_directory()),
	    &d, value_object(m), e);
}

static void
nothing(void *arg, const char *text)
{
	(void)arg;
	(void)text;
}

int
restore_trial(struct mem *m, const struct reader *r, size_t jobs, void (*say)(void *, const char *),
    void *arg, struct err *e)
{
	/* tablespaces, locales, settings of extensions belong to the machine: not having them here
	 * is no fault */
	const struct restore how = { .r = r, .stamp = "trial", .jobs = jobs, .trial = true,
		.no_tablespaces = true, .check_content = true, .say = nothing };
	const struct value *stores = value_get(reader_manifest(r), "stores");

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *store = value_item(stores, i);
		const char *kind = value_get_string(store, "kind"),
			   *name = value_get_string(store, "name");
		int bad = 0;

		if (!kind || !name)
			return err_set(e, FAIL_NO, "damaged",
			    "%s: the manifest has a store without a name", reader_name(r));
		if (!strcmp(kind, "postgres"))
			bad = try_postgres(&how, store, e);
		else if (!strcmp(kind, "directory"))
			bad = try_directory(&how, store, e);
		else {
			say(arg,
			    mem_fmt(m, "%s: %s cannot be tried: only its own command can load it",
				reader_name(r), name));
			continue;
		}
		if (bad)
			return err_in(e, "%s: trial restore of %s", reader_name(r), name);
		say(arg,
		    mem_fmt(m, "%s: %s restored on trial, its content is the same", reader_name(r),
			name));
	}
	return 0;
}
