/* database.c - checks that ask the database. */
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "pg/scratch.h"
#include "pg/sql.h"
#include "preflight/check.h"

enum { OLDEST_SERVER = 12 };

static struct pg_rows *
query(struct check_run *r, struct err *e, const char *sql)
{
	return pg_query(r->m, r->pg, e, sql, 0, NULL);
}

/* One number; -1 with the error set. */
static int
number(struct check_run *r, const char *sql, int64_t *n, struct err *e)
{
	struct pg_rows *rows = query(r, e, sql);

	if (!rows)
		return -1;
	*n = pg_rows_count(rows) ? pg_rows_int(rows, 0, 0) : 0;
	return 0;
}

static int
same_database(struct check_run *r, struct err *e)
{
	const char *have = strstr(pg_uri(r->pg), "://"),
		   *want = r->o->database ? strstr(r->o->database, "://") : NULL;
	const char *at;

	(void)e;
	if (!r->o->database)
		return 0;
	have = have ? have + 3 : pg_uri(r->pg);
	want = want ? want + 3 : r->o->database;
	if ((at = strchr(have, '@')))
		have = at + 1;
	if ((at = strchr(want, '@')))
		want = at + 1;
	check_row(r, strcmp(have, want) ? CHECK_FAILED : CHECK_OK, pg_uri(r->pg), r->o->database,
	    strcmp(have, want) ? "let the connection name the database that the records name" :
				 NULL);
	return 0;
}

static int
server_version(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT pg_is_in_recovery(), current_setting('server_version')");
	int major = pg_server_version(r->pg) / 10000;

	if (!rows)
		return -1;
	check_row(r, major < OLDEST_SERVER ? CHECK_FAILED : CHECK_OK, pg_rows_text(rows, 0, 1),
	    "12 or later", NULL);
	r->name = "primary";
	if (pg_rows_bool(rows, 0, 0))
		check_row(r, CHECK_FAILED, "a standby", "a server that can be written to",
		    "connect to the primary");
	return 0;
}

static int
privileges(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT has_database_privilege(current_database(), 'CREATE'), (SELECT rolsuper OR "
	    "rolcreatedb FROM pg_roles"
	    " WHERE rolname = current_user), (SELECT count(*) FROM pg_class c WHERE c.relkind IN "
	    "('r', 'p') AND"
	    " c.relnamespace::regnamespace::text !~ '^pg_|^information_schema$' AND NOT "
	    "has_table_privilege(c.oid, 'SELECT')),"
	    " (SELECT count(*) FROM pg_class c WHERE c.relkind IN ('r', 'p') AND"
	    " c.relnamespace::regnamespace::text !~ '^pg_|^information_schema$' AND NOT "
	    "pg_has_role(c.relowner, 'USAGE')),"
	    " current_user");
	const char *user;

	if (!rows)
		return -1;
	user = pg_rows_text(rows, 0, 4);
	check_row(r, pg_rows_int(rows, 0, 2) ? CHECK_FAILED : CHECK_OK,
	    pg_rows_int(rows, 0, 2) ?
		mem_fmt(r->m, "%s may not read %s tables", user, pg_rows_text(rows, 0, 2)) :
		mem_fmt(r->m, "%s may read all tables", user),
	    "a snapshot reads all",
	    pg_rows_int(rows, 0, 2) ?
		mem_fmt(r->m, "GRANT pg_read_all_data TO %s", pg_quote_name(r->m, user)) :
		NULL);
	check_row(r, pg_rows_int(rows, 0, 3) ? CHECK_WARNING : CHECK_OK,
	    pg_rows_int(rows, 0, 3) ?
		mem_fmt(r->m, "%s does not own %s tables", user, pg_rows_text(rows, 0, 3)) :
		mem_fmt(r->m, "%s owns all tables", user),
	    "a migration may alter any", pg_rows_int(rows, 0, 3) ? "migrate as the owner" : NULL);
	if (!pg_rows_bool(rows, 0, 0))
		check_row(r, CHECK_WARNING, "may not create schemas",
		    "CREATE on the database: the history has a schema of its own",
		    mem_fmt(r->m, "GRANT CREATE ON DATABASE %s TO %s",
			pg_quote_name(r->m, pg_database(r->pg)), pg_quote_name(r->m, user)));
	check_row(r, pg_rows_bool(rows, 0, 1) ? CHECK_OK : CHECK_WARNING,
	    pg_rows_bool(rows, 0, 1) ? "may create databases" : "may not create databases",
	    "a restore makes a new one",
	    pg_rows_bool(rows, 0, 1) ?
		NULL :
		mem_fmt(r->m, "ALTER ROLE %s CREATEDB", pg_quote_name(r->m, user)));
	return 0;
}

static char *
megabytes(struct check_run *r, double bytes)
{
	return mem_fmt(r->m, bytes < 1e8 ? "%.1f MB" : "%.0f MB", bytes / 1e6);
}

/* A snapshot holds the rows, not the indexes, and compresses: the tables' size is an upper bound
 * that is seldom met. */
static int
space(struct check_run *r, struct err *e)
{
	struct statvfs fs;
	int64_t bytes;
	double room;

	if (!r->o->snapshot_dir)
		return 0;
	if (number(r,
		"SELECT coalesce(sum(pg_table_size(oid)), 0)::bigint FROM pg_class WHERE relkind "
		"IN ('r', 'm')",
		&bytes, e))
		return -1;
	if (statvfs(r->o->snapshot_dir, &fs))
		return err_sys(e, "--snapshot-dir %s", r->o->snapshot_dir),
		       err_hint(e, "make it, or choose another directory");
	room = (double)fs.f_bavail * (double)fs.f_frsize;
	check_row(r, room < (double)bytes ? CHECK_FAILED : CHECK_OK,
	    mem_fmt(r->m, "%s free at %s", megabytes(r, room), r->o->snapshot_dir),
	    mem_fmt(r->m, "%s, the size of the tables", megabytes(r, (double)bytes)),
	    room < (double)bytes ? "make room, or choose another directory" : NULL);
	return 0;
}

/* One line of a query, not the whole of it. */
static char *
query_line(struct check_run *r, const char *sql)
{
	return sql_outline(r->m, sql ? sql : "", 100);
}

static int
transactions(struct check_run *r, struct err *e)
{
	const char *limit = mem_fmt(r->m, "%.3f", r->o->max_transaction);
	struct pg_rows *rows = pg_query(r->m, r->pg, e,
	    "SELECT pid, coalesce(application_name, ''), state, round(extract(epoch FROM "
	    "clock_timestamp() - xact_start))::text,"
	    " query, coalesce(usename, '') FROM pg_stat_activity WHERE datname = "
	    "current_database() AND pid <> pg_backend_pid()"
	    " AND xact_start < clock_timestamp() - make_interval(secs => $1::float8) ORDER BY "
	    "xact_start",
	    1, &limit);

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++)
		check_row(r, CHECK_FAILED,
		    mem_fmt(r->m, "pid %s (%s, %s, %s) since %s s: %s", pg_rows_text(rows, i, 0),
			pg_rows_text(rows, i, 1), pg_rows_text(rows, i, 5),
			pg_rows_text(rows, i, 2), pg_rows_text(rows, i, 3),
			query_line(r, pg_rows_text(rows, i, 4))),
		    mem_fmt(r->m, "no transaction older than %g s", r->o->max_transaction),
		    mem_fmt(r->m, "let it end, or: SELECT pg_terminate_backend(%s);",
			pg_rows_text(rows, i, 0)));
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "none",
		    mem_fmt(r->m, "no transaction older than %g s", r->o->max_transaction), NULL);
	return 0;
}

static int
blockers(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT b.pid, b.query, count(*) FROM pg_stat_activity w, "
	    "unnest(pg_blocking_pids(w.pid)) AS x JOIN pg_stat_activity b"
	    " ON b.pid = x WHERE w.datname = current_database() AND w.wait_event_type = 'Lock' "
	    "GROUP BY 1, 2");

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++)
		check_row(r, CHECK_FAILED,
		    mem_fmt(r->m, "pid %s makes %s wait: %s", pg_rows_text(rows, i, 0),
			pg_rows_text(rows, i, 2), query_line(r, pg_rows_text(rows, i, 1))),
		    "nobody waits for a lock",
		    mem_fmt(r->m, "let it end, or: SELECT pg_terminate_backend(%s);",
			pg_rows_text(rows, i, 0)));
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "none", "nobody waits for a lock", NULL);
	return 0;
}

/* Somebody who runs migrations holds an advisory lock of ours. */
static int
migration_lock(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT DISTINCT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a "
	    "USING (pid) WHERE"
	    " l.locktype = 'advisory' AND l.granted AND a.datname = current_database() AND a.pid "
	    "<> pg_backend_pid()"
	    " AND a.application_name LIKE 'handrail/%'");

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++)
		check_row(r, CHECK_FAILED,
		    mem_fmt(r->m, "pid %s (%s) holds it", pg_rows_text(rows, i, 0),
			pg_rows_text(rows, i, 1)),
		    "nobody migrates",
		    mem_fmt(r->m, "let it end, or: SELECT pg_terminate_backend(%s);",
			pg_rows_text(rows, i, 0)));
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "free", "nobody migrates", NULL);
	return 0;
}

/* A copy beside the live database, and as much again for what building its indexes needs. The
 * server's disk is seen only from the machine that it runs on. */
static int
copy_room(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = r->o->copy_room ?
	    query(r, e,
		"SELECT pg_database_size(current_database()),"
		" CASE WHEN pg_has_role('pg_read_all_settings', 'USAGE') THEN "
		"current_setting('data_directory') END,"
		" coalesce(inet_server_addr() IS NULL OR inet_server_addr() = inet_client_addr(), "
		"false)") :
	    NULL;
	struct statvfs fs;
	const char *wanted;
	double bytes, room;

	if (!r->o->copy_room)
		return 0;
	if (!rows)
		return -1;
	bytes = 2 * (double)pg_rows_int(rows, 0, 0);
	wanted = mem_fmt(r->m, "%s, twice the database", megabytes(r, bytes));
	if (!pg_rows_text(rows, 0, 1) || !pg_rows_bool(rows, 0, 2) ||
	    statvfs(pg_rows_text(rows, 0, 1), &fs)) {
		check_row(r, CHECK_WARNING, "the server's disk cannot be seen from here", wanted,
		    "look at the disk of the server yourself");
		return 0;
	}
	room = (double)fs.f_bavail * (double)fs.f_frsize;
	check_row(r, room < bytes ? CHECK_FAILED : CHECK_OK,
	    mem_fmt(r->m, "%s free at %s", megabytes(r, room), pg_rows_text(rows, 0, 1)), wanted,
	    room < bytes ? "make room on the server" : NULL);
	return 0;
}

static int
restore_client(struct check_run *r, struct err *e)
{
	const char *version;
	long major;
	bool old;

	if (!r->o->restore_client)
		return 0;
	if (!pg_find_bindir(r->m, "pg_restore", 0, &version, e))
		return -1;
	major = strtol(version, NULL, 10);
	old = major < r->o->restore_client;
	check_row(r, old ? CHECK_FAILED : CHECK_OK, mem_fmt(r->m, "pg_restore %ld", major),
	    mem_fmt(r->m, "%d or later, as the server of the snapshot", r->o->restore_client),
	    old ?
		mem_fmt(r->m, "install the client programs of Postgres %d", r->o->restore_client) :
		NULL);
	return 0;
}

static int
prepared(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT gid FROM pg_prepared_xacts WHERE database = current_database()");

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++)
		check_row(r, CHECK_FAILED, pg_rows_text(rows, i, 0),
		    "no prepared transaction: they keep their locks",
		    mem_fmt(r->m, "COMMIT PREPARED %s; or ROLLBACK PREPARED",
			pg_quote_literal(r->m, pg_rows_text(rows, i, 0))));
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "none", "no prepared transaction", NULL);
	return 0;
}

static int
replication(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT slot_name, active, coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN "
	    "pg_last_wal_receive_lsn()"
	    " ELSE pg_current_wal_lsn() END, restart_lsn), 0)::bigint FROM pg_replication_slots");
	int bad = 0;

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++) {
		if (pg_rows_bool(rows, i, 1) && pg_rows_int(rows, i, 2) < 1 << 30)
			continue;
		bad++;
		check_row(r, CHECK_WARNING,
		    mem_fmt(r->m, "slot %s is %s and %s behind", pg_rows_text(rows, i, 0),
			pg_rows_bool(rows, i, 1) ? "active" : "not active",
			megabytes(r, (double)pg_rows_int(rows, i, 2))),
		    "slots that keep up: a big migration fills the disk with what they hold back",
		    NULL);
	}
	if (!bad)
		check_row(r, CHECK_OK, mem_fmt(r->m, "%d slots", pg_rows_count(rows)),
		    "slots that keep up", NULL);
	return 0;
}

static int
indexes(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT indexrelid::regclass FROM pg_index WHERE NOT indisvalid AND indexrelid NOT IN"
	    " (SELECT inhparent FROM pg_inherits) ORDER BY 1::text");

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++)
		check_row(r, CHECK_WARNING,
		    mem_fmt(r->m, "%s is invalid", pg_rows_text(rows, i, 0)), "no invalid index",
		    mem_fmt(r->m, "REINDEX INDEX CONCURRENTLY %s; or drop it",
			pg_rows_text(rows, i, 0)));
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "none", "no invalid index", NULL);
	return 0;
}

static int
wraparound(struct check_run *r, struct err *e)
{
	int64_t age;

	if (number(r,
		"SELECT age(datfrozenxid) FROM pg_database WHERE datname = current_database()",
		&age, e))
		return -1;
	check_row(r,
	    age > 1800000000   ? CHECK_FAILED
	    : age > 1000000000 ? CHECK_WARNING
			       : CHECK_OK,
	    mem_fmt(r->m, "%lld transactions old", (long long)age), "less than 1000000000",
	    age > 1000000000 ? "VACUUM FREEZE" : NULL);
	return 0;
}

static int
extensions(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = query(r, e,
	    "SELECT e.extname, e.extversion, a.default_version FROM pg_extension e LEFT JOIN "
	    "pg_available_extensions a"
	    " ON a.name = e.extname WHERE a.default_version IS DISTINCT FROM e.extversion ORDER BY "
	    "1");

	if (!rows)
		return -1;
	for (int i = 0; i < pg_rows_count(rows); i++) {
		const char *there = pg_rows_text(rows, i, 2);

		check_row(r, there ? CHECK_WARNING : CHECK_FAILED,
		    mem_fmt(r->m, "%s %s", pg_rows_text(rows, i, 0), pg_rows_text(rows, i, 1)),
		    there ? mem_fmt(r->m, "%s, which the server offers", there) :
			    "files of the extension on the server",
		    there ? mem_fmt(r->m, "ALTER EXTENSION %s UPDATE",
				pg_quote_name(r->m, pg_rows_text(rows, i, 0))) :
			    "install its package on the server: a restore needs it");
	}
	if (!pg_rows_count(rows))
		check_row(r, CHECK_OK, "as the server offers them", NULL, NULL);
	return 0;
}

/* "postgres:16.4-bookworm", "16", "timescaledb:2.14.2-pg16"; 0: it tells none. */
static long
image_major(struct mem *m, const char *given)
{
	char *image = mem_dup(m, given, strcspn(given, "@"));
	const char *slash = strrchr(image, '/'), *colon = strchr(slash ? slash : image, ':');
	const char *tag = colon ? colon + 1 : strpbrk(given, "@/") ? "" : image;
	const char *pg = strstr(tag, "pg");

	tag = pg ? pg + 2 : tag;
	return strtol(tag + strcspn(tag, "0123456789"), NULL, 10);
}

static int
image(struct check_run *r, struct err *e)
{
	long wanted, major = pg_server_version(r->pg) / 10000;

	(void)e;
	if (!r->o->image)
		return 0;
	wanted = image_major(r->m, r->o->image);
	check_row(r, wanted == major ? CHECK_OK : CHECK_FAILED,
	    mem_fmt(r->m, "the data are of Postgres %ld", major),
	    wanted ? mem_fmt(r->m, "%s: %ld", r->o->image, wanted) :
		     mem_fmt(r->m, "%s: its tag tells no major", r->o->image),
	    wanted == major ? NULL :
		wanted      ? "a server does not read another major's data files: dump, and "
			      "restore into a new one" :
			      "pin the image by a tag with its version, or give the major alone");
	return 0;
}

const struct check check_database[] = {
	{ "same-database", same_database },
	{ "server-version", server_version },
	{ "privileges", privileges },
	{ "space", space },
	{ "transactions", transactions },
	{ "blockers", blockers },
	{ "migration-lock", migration_lock },
	{ "copy-room", copy_room },
	{ "restore-client", restore_client },
	{ "prepared-transactions", prepared },
	{ "replication", replication },
	{ "invalid-indexes", indexes },
	{ "wraparound", wraparound },
	{ "history", check_history },
	{ "extensions", extensions },
	{ "image", image },
	{ NULL, NULL }
};
