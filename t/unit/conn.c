/* conn.c - commands, errors, COPY and stop requests against a real server. */
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/secret.h"
#include "core/stop.h"
#include "server.h"

static void
fails(struct pg *pg, const char *sql, const char *word, const char *text)
{
	struct err e = { 0 };
	int r = pg_exec(pg, sql, &e);

	ok(r == -1 && e.code == FAIL_TROUBLE, "%.60s: fails", sql);
	is(e.word, word, "... with its word");
	if (text)
		is(e.text, text, "... and text");
}

static void
errors(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);
	const struct pg_report *r = pg_report(pg);

	fails(pg, "SELECT * FROM nix", "sql-42P01",
	    "relation \"nix\" does not exist (SQLSTATE 42P01)");
	is(r->sqlstate, "42P01", "report: sqlstate");
	ok(r->position == 15, "report: position %d", r->position);
	ok(!pg_exec(pg, "CREATE TABLE u (a int PRIMARY KEY); INSERT INTO u VALUES (1), (2), (3)",
	       &e),
	    "two statements");
	ok(pg_affected(pg) == 3, "rows touched");
	is(r->sqlstate, "", "report: empty after a success");
	fails(pg, "INSERT INTO u VALUES (1)", "sql-23505",
	    "duplicate key value violates unique constraint "
	    "\"u_pkey\" (SQLSTATE 23505): Key (a)=(1) already exists.");
	is(r->detail, "Key (a)=(1) already exists.", "report: detail");
	pg_exec(pg, "SELECT lenght('x')", &e);
	ok(strstr(e.hint, "No function matches"), "the server's hint is the hint");
	fails(pg, "SET statement_timeout = 20; SELECT pg_sleep(9)", "statement-timeout", NULL);
	ok(!pg_exec(pg, "RESET statement_timeout; BEGIN; LOCK TABLE u", &e) &&
		pg_in_transaction(pg),
	    "in transaction");
	fails(connected(m), "SET lock_timeout = 20; SELECT * FROM u", "lock-timeout", NULL);
	fails(pg, "SELECT 1; SELECT 1/0; SELECT 2", "sql-22012", NULL);
	ok(pg_in_transaction(pg), "a failed transaction is still one");
	ok(!pg_exec(pg, "ROLLBACK", &e) && !pg_in_transaction(pg), "rolled back");
	fails(pg, "COPY u FROM STDIN", "usage", "COPY FROM STDIN has no data here");
	ok(!pg_exec(pg, "BEGIN; COPY u TO STDOUT; COMMIT", &e) && pg_completed(pg) == 3,
	    "what COPY sends is dropped");
	ok(!pg_query(m, pg, &e, "COPY u TO STDOUT", 0, NULL) && !strcmp(e.word, "usage"),
	    "COPY by pg_query");
	ok(!pg_exec(pg, "", &e) && !pg_exec(pg, "SELECT generate_series(1, 100000)", &e),
	    "the connection goes on");
	secret_add("swordfish");
	fails(pg, "SELECT 'swordfish'::int", "sql-22P02",
	    "invalid input syntax for type integer: \"*********\" "
	    "(SQLSTATE 22P02)");
	fails(pg, "SELECT pg_terminate_backend(pg_backend_pid())", "connection-lost", NULL);
	ok(!pg_alive(pg), "not alive");
	fails(pg, "SELECT 1", "connection-lost", NULL);
	pg = connected(m);
	ok(pg_alive(pg), "alive");
	pg_exec(connected(m), mem_fmt(m, "SELECT pg_terminate_backend(%d)", pg_backend_pid(pg)),
	    &e);
	for (int i = 0; i < 500 && pg_alive(pg); i++)
		stop_sleep(0.01, &e);
	ok(!pg_alive(pg), "an end while idle is seen");
	fails(pg, "SELECT 1", "connection-lost", NULL);
	pg_close(pg);
	fails(pg, "SELECT 1", "connection-lost", NULL);
}

static void
rows(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);
	const char *params[] = { "7", NULL, "a'b" };
	struct pg_rows *r = pg_query(m, pg, &e,
	    "SELECT $1::int AS n, $2::text, $3::text AS s, true, 'x'::text "
	    "UNION ALL SELECT -1, 'set', '', false, 'y'",
	    3, params);

	if (!ok(r != NULL, "query"))
		diag("%s", e.text);
	ok(pg_rows_count(r) == 2 && pg_rows_columns(r) == 5, "rows and columns");
	is(pg_rows_name(r, 0), "n", "name");
	ok(pg_rows_int(r, 0, 0) == 7 && pg_rows_int(r, 1, 0) == -1 && pg_rows_int(r, 0, 1) == 0,
	    "numbers");
	ok(!pg_rows_text(r, 0, 1), "NULL is NULL");
	is(pg_rows_text(r, 0, 2), "a'b", "parameter");
	ok(pg_rows_length(r, 0, 2) == 3 && pg_rows_length(r, 1, 2) == 0, "lengths");
	ok(pg_rows_bool(r, 0, 3) && !pg_rows_bool(r, 1, 3), "booleans");
	ok(!pg_query(m, pg, &e, "SELECT 1; SELECT 2", 0, NULL) && !strcmp(e.word, "sql-42601"),
	    "one statement only");
	r = pg_query(m, pg, &e, "SHOW client_encoding", 0, NULL);
	is(pg_rows_text(r, 0, 0), "UTF8", "encoding");
	r = pg_query(m, pg, &e, "SHOW application_name", 0, NULL);
	is(pg_rows_text(r, 0, 0), "handrail/conn", "application name");
	r = pg_query(m, pg, &e, "SHOW client_connection_check_interval", 0, NULL);
	is(r ? pg_rows_text(r, 0, 0) : "2s", "2s", "the server looks after us");
	ok(pg_server_version(pg) >= 90600 && pg_backend_pid(pg) > 0, "version and pid");
	is(pg_database(pg), "postgres", "database");
	ok(pg_query(m, pg, &e, "CREATE TEMP TABLE t AS SELECT generate_series(1, 4)", 0, NULL) &&
		pg_affected(pg) == 4,
	    "a query without rows, and what it touched");
}

static void
note(void *arg, const char *line)
{
	snprintf(arg, 200, "%s", line);
}

static void
notices(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);
	char line[200] = "";

	pg_exec(pg, "DO $$BEGIN RAISE NOTICE 'unheard'; END$$", &e);
	pg_on_notice(pg, note, line);
	pg_exec(pg, "DO $$BEGIN RAISE WARNING E'two\\nlines'; END$$", &e);
	is(line, "WARNING: two lines", "a notice is one line");
}

static void
quoting(void)
{
	static const char *const names[] = { "plain", "Mixed", "a b", "user", "select", "name",
		"x\"y", "", "1a", "über", "a$b", "zone", "between", "authorization", "_x1" };
	static const char *const texts[] = { "", "it's", "back\\slash", "new\nline", "\\'", "$1" };
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		struct pg_rows *r = pg_query(m, pg, &e, "SELECT quote_ident($1)", 1, names + i);

		is(pg_quote_name(m, names[i]), pg_rows_text(r, 0, 0),
		    "name as the server quotes it");
	}
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct pg_rows *r = pg_query(m, pg, &e,
		    mem_fmt(m, "SELECT %s", pg_quote_literal(m, texts[i])), 0, NULL);

		is(r ? pg_rows_text(r, 0, 0) : e.text, texts[i], "literal reads back");
	}
}

struct flow {
	struct { unsigned long long sum; size_t bytes, calls; } seen;
	size_t left;            /* of a source: lines to come */
	size_t fail_at;         /* bytes after which the sink or source fails; 0: never */
	char line[4096];
};

static int
sink(void *arg, const char *data, size_t len, struct err *e)
{
	struct flow *f = arg;

	for (size_t i = 0; i < len; i++)
		f->seen.sum = f->seen.sum * 31 + (unsigned char)data[i];
	f->seen.bytes += len;
	f->seen.calls++;
	if (f->fail_at && f->seen.bytes > f->fail_at)
		return err_set(e, FAIL_TROUBLE, "no-space", "the disk is full");
	return 0;
}

static long
source(void *arg, const char **data, struct err *e)
{
	struct flow *f = arg;

	if (!f->left)
		return 0;
	if (f->fail_at && f->seen.bytes > f->fail_at)
		return err_set(e, FAIL_TROUBLE, "bad-input", "the archive is damaged");
	f->left--;
	f->seen.calls++;
	*data = f->line;
	f->seen.bytes += strlen(f->line);
	return (long)strlen(f->line);
}

static void
copies(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);
	struct flow out = { .left = 0 }, in = { .left = 200000, .line = "12\tsome text here\n" };
	double begun;

	ok(!pg_exec(pg, "CREATE TABLE c (a int, b text)", &e), "a table");
	begun = clock_now();
	ok(!pg_copy_in(pg, "COPY c FROM STDIN", source, &in, &e) && pg_affected(pg) == 200000,
	    "copy in");
	diag("copy in: %.1f MB/s", (double)in.seen.bytes / 1e6 / (clock_now() - begun));
	begun = clock_now();
	ok(!pg_copy_out(pg, "COPY c TO STDOUT", sink, &out, &e) && pg_affected(pg) == 200000,
	    "copy out");
	diag("copy out: %.1f MB/s in %zu calls",
	    (double)out.seen.bytes / 1e6 / (clock_now() - begun), out.seen.calls);
	ok(out.seen.bytes == 200000 * strlen(in.line), "all bytes came back");
	out = (struct flow){ .left = 0 };
	ok(!pg_copy_out(pg, "COPY (SELECT repeat('x', 3000000)) TO STDOUT", sink, &out, &e) &&
		out.seen.bytes == 3000001,
	    "a row larger than a chunk");
	out = (struct flow){ .fail_at = 100000 };
	ok(pg_copy_out(pg, "COPY (SELECT generate_series(1, 1000000000)) TO STDOUT", sink, &out,
	       &e) == -1,
	    "a sink that fails ends the copy");
	is(e.text, "the disk is full", "... with the sink's error");
	in = (struct flow){ .left = 100000, .fail_at = 500000, .line = "12\tsome text here\n" };
	ok(pg_copy_in(pg, "COPY c FROM STDIN", source, &in, &e) == -1,
	    "a source that fails ends the copy");
	is(e.text, "the archive is damaged", "... with the source's error");
	in = (struct flow){ .left = 200000, .line = "no number\tx\n" };
	ok(pg_copy_in(pg, "COPY c FROM STDIN", source, &in, &e) == -1 &&
		!strcmp(e.word, "sql-22P02"),
	    "bad data: %s", e.text);
	in = (struct flow){ .left = 0 };
	ok(!pg_copy_in(pg, "COPY c FROM STDIN", source, &in, &e) && pg_affected(pg) == 0,
	    "copy in of nothing");
	ok(pg_copy_in(pg, "SELECT 1", source, &in, &e) == -1 && !strcmp(e.word, "usage"),
	    "copy in of no copy");
	ok(pg_copy_in(pg, "COPY c TO STDOUT", source, &in, &e) == -1 && !strcmp(e.word, "usage"),
	    "copy in of the other way");
	ok(pg_copy_out(pg, "COPY c FROM STDIN", sink, &out, &e) == -1 && !strcmp(e.word, "usage"),
	    "and the reverse");
	ok(pg_copy_out(pg, "COPY nix TO STDOUT", sink, &out, &e) == -1 &&
		!strcmp(e.word, "sql-42P01"),
	    "copy of no table");
	ok(!pg_exec(pg, "SELECT 1", &e), "the connection goes on after all that");
	in = (struct flow){ .left = 20000000, .line = "12\tsome text here\n" };
	if (!fork()) {
		struct pg *other = connected(mem_new());

		usleep(300000);
		pg_exec(other, mem_fmt(m, "SELECT pg_terminate_backend(%d)", pg_backend_pid(pg)),
		    &e);
		_exit(0);
	}
	ok(pg_copy_in(pg, "COPY c FROM STDIN", source, &in, &e) == -1 &&
		!strcmp(e.word, "connection-lost"),
	    "a server that goes while it is fed: %s", e.text);
	wait(NULL);
}

static void
stop_soon(double seconds)
{
	if (!fork()) {
		usleep((useconds_t)(seconds * 1e6));
		kill(getppid(), SIGTERM);
		_exit(0);
	}
}

/* In a child, as a stop request stays for the rest of a process. The exit status is the count of
 * failures. */
static void
stopped(const char *what, int (*body)(struct mem *, struct pg *, struct err *))
{
	int status;
	pid_t pid = fork();

	if (!pid) {
		struct mem *m = mem_new();
		struct pg *pg = connected(m);
		struct err e = { 0 };
		double begun = clock_now();
		int bad;

		stop_catch();
		stop_soon(0.2);
		bad = body(m, pg, &e);
		if (clock_now() - begun > 3)
			bad++;
		if (bad)
			diag("%s: %s (%.2f s)", e.word, e.text, clock_now() - begun);
		fflush(stdout);
		_exit(bad);
	}
	waitpid(pid, &status, 0);
	ok(status == 0, "stop: %s", what);
}

static int
stop_in_query(struct mem *m, struct pg *pg, struct err *e)
{
	struct err second;
	struct pg_rows *r;
	int bad = pg_exec(pg, "BEGIN", e) + (pg_exec(pg, "SELECT pg_sleep(30)", e) != -1) +
	    !!strcmp(e->word, "cancelled");

	bad += pg_exec(pg, "SELECT 1", &second) != -1 || strcmp(second.word, "cancelled");
	pg_shield(pg, 2);
	bad += pg_exec(pg, "ROLLBACK", e) != 0;
	r = pg_query(m, pg, e, "SELECT 1", 0, NULL);
	bad += !r;
	bad += pg_exec(pg, "SELECT pg_sleep(30)", &second) != -1 ||
	    strcmp(second.word, "connection-lost");
	return bad;
}

static int
stop_in_copy_out(struct mem *m, struct pg *pg, struct err *e)
{
	struct flow f = { .left = 0 };

	(void)m;
	return (pg_copy_out(pg, "COPY (SELECT generate_series(1, 1000000000)) TO STDOUT", sink, &f,
		    e) != -1) +
	    !!strcmp(e->word, "cancelled");
}

static int
stop_in_copy_in(struct mem *m, struct pg *pg, struct err *e)
{
	struct flow f = { .left = 2000000000, .line = "12\tsome text here\n" };

	(void)m;
	return (pg_copy_in(pg, "COPY c FROM STDIN", source, &f, e) != -1) +
	    !!strcmp(e->word, "cancelled") + !pg_alive(pg);
}

static int
stop_in_open(struct mem *m, struct pg *pg, struct err *e)
{
	int port, fd = deaf(&port);
	struct pg *other = pg_open(m, mem_fmt(m, "host=127.0.0.1 port=%d", port), NULL, e);

	close(fd);
	return (other != NULL) + !!strcmp(e->word, "cancelled") + !pg_alive(pg);
}

int
main(void)
{
	server_start();
	errors();
	rows();
	notices();
	quoting();
	copies();
	stopped("a query is cancelled, undo work goes on, within its time", stop_in_query);
	stopped("copy out", stop_in_copy_out);
	stopped("copy in", stop_in_copy_in);
	stopped("connecting", stop_in_open);
	mem_free(all);
	return done();
}
