/* connect.c - what opens a connection, what does not, and what is said then. */
#include <stdbool.h>
#include <unistd.h>

#include "core/clock.h"
#include "server.h"

/* SPEC must not open: error WORD, and nothing of SECRET in what is said. */
static void
bad_spec(const char *spec, const char *word, const char *says, const char *secret)
{
	MEM_SCOPE(m);
	struct err e = { 0 };
	struct pg *pg = pg_open(m, spec, NULL, &e);

	ok(!pg && !strcmp(e.word, word) && strstr(e.text, says), "%s: %s", spec, word);
	if (pg || strcmp(e.word, word) || !strstr(e.text, says))
		diag("%s: %s (%s)", e.word, e.text, e.hint);
	ok(!secret || (!strstr(e.text, secret) && !strstr(e.hint, secret)),
	    "... and no secret told");
	if (secret && (strstr(e.text, secret) || strstr(e.hint, secret)))
		diag("%s (%s)", e.text, e.hint);
}

static void
specs(void)
{
	setenv("HR_EMPTY", "", 1);
	setenv("HR_BAD", "postgres://u:hunter22@h:1:2:3/%zz", 1);
	unsetenv("HR_NONE");
	bad_spec("env:HR_NONE", "usage", "HR_NONE is not set", NULL);
	bad_spec("env:HR_EMPTY", "usage", "HR_EMPTY is empty", NULL);
	bad_spec("env:HR_BAD", "usage", "$HR_BAD", "hunter22");
	bad_spec("postgres://u:p%zzqqq@h/db", "usage", "malformed", "qqq");
	bad_spec("postgres://u:pa@qjx@h/db", "usage", "more than one @", "qjx");
	bad_spec("postgres://u:pa/qjx@h/db", "usage", "@ after its first /", "qjx");
	bad_spec("postgres://u:12/wo?rd@h/db", "usage", "", "rd@");
	bad_spec("postgres://u:hush@h/db?pgbouncer=true", "usage", "pgbouncer", "hush");
	bad_spec("mysql://u:hush@h/db", "usage", "mysql://", "hush");
	bad_spec("postgresql+asyncpg://u:hush@h/db?ssl=1", "usage", "postgresql+asyncpg://",
	    "hush");
	bad_spec("just-a-word", "usage", "neither", "word");
	bad_spec("password=my hushword host=h", "usage", "malformed", "hushword");
	bad_spec("host=h pasword=hushword", "usage", "malformed", "hushword");
	bad_spec("host=/nowhere password=hushword port=x1", "usage", "port", "hushword");
	bad_spec("postgres://u:hushword@/db?host=/nowhere", "no-connection", "No such file",
	    "hushword");
	bad_spec("postgres://u:hushword@h/db?sslmode=hushword", "usage", "sslmode", "hushword");
	bad_spec("service=no_such_service", "usage", "no_such_service", NULL);
	bad_spec("postgres://u@127.0.0.1:1/db", "no-connection",
	    "postgres://u@127.0.0.1:1/db: ", NULL);
	bad_spec(uri("no_such_db"), "no-database", "SQLSTATE 3D000", "LOCATION");
}

/* Connect as ROLE, with PASSWORD or none: word and hint of the refusal. */
static void
refused(const char *role, const char *password, const char *word, const char *hint)
{
	MEM_SCOPE(m);
	struct err e = { 0 };
	const char *const *env = pg_spec_environment(m, uri("postgres"), NULL, &e);
	const char *host = "";

	for (; *env; env++)
		host = strncmp(*env, "PGHOST=", 7) ? host : *env + 7;
	if (!pg_open(m,
		mem_fmt(m, "host=%s user=%s dbname=postgres%s%s", host, role,
		    password ? " password=" : "", password ? password : ""),
		NULL, &e) &&
	    ok(!strcmp(e.word, word) && strstr(e.hint, hint), "%s: %s", role, word) &&
	    (!password || !strstr(e.text, password)))
		return;
	ok(false, "%s, %s: %s (%s)", role, e.word, e.text, e.hint);
}

static void
refusals(void)
{
	static const char hba[] =
	    "COPY (VALUES ('local all locked scram-sha-256'), ('local all unwanted reject'), "
	    "('local all all trust')) TO ";
	MEM_SCOPE(m);
	struct err e = { 0 };
	struct pg *pg = connected(m);
	struct pg_rows *r = pg_query(m, pg, &e, "SHOW hba_file", 0, NULL);

	if (!ok(r &&
		    !pg_exec(pg,
			mem_fmt(m, "%s%s", hba, pg_quote_literal(m, pg_rows_text(r, 0, 0))), &e) &&
		    !pg_exec(pg,
			"CREATE ROLE locked LOGIN PASSWORD 'opensesame'; CREATE ROLE crowded LOGIN "
			"CONNECTION LIMIT 0;"
			"CREATE ROLE unwanted LOGIN; SELECT pg_reload_conf(), pg_sleep(0.2)",
			&e),
		"a server with passwords"))
		diag("%s", e.text);
	refused("locked", NULL, "auth", "PGPASSWORD");
	refused("locked", "wrongword", "auth", "PGPASSWORD");
	refused("unwanted", NULL, "auth", "pg_hba.conf");
	refused("nobody_here", NULL, "auth", "pg_hba.conf");
	refused("crowded", NULL, "no-connection", "max_connections");
	setenv("PGPASSWORD", "opensesame", 1);
	pg = pg_open(m, mem_fmt(m, "%s", uri("postgres")), NULL, &e);
	ok(pg && !pg_exec(pg, "REVOKE CONNECT ON DATABASE postgres FROM public", &e),
	    "no CONNECT for all");
	refused("locked", NULL, "auth", "CONNECT");
	pg_exec(pg, "GRANT CONNECT ON DATABASE postgres TO public", &e);
	unsetenv("PGPASSWORD");
}

static bool
has(const char *const *env, const char *entry)
{
	for (; *env; env++)
		if (!strcmp(*env, entry))
			return true;
	return false;
}

static void
environments(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg *pg = connected(m);
	const char *const *env = pg_environment(m, pg);
	struct pg *again;

	ok(has(env, "PGUSER=handrail") && has(env, "PGDATABASE=postgres") && has(env, "PGSERVICE"),
	    "the environment names user and database, and takes PGSERVICE away");
	for (const char *const *v = env; *v; v++)
		putenv(mem_string(all, *v));
	unsetenv("DATABASE_URL");
	again = pg_open(m, NULL, NULL, &e);
	ok(again && !strcmp(pg_uri(again), pg_uri(pg)),
	    "the variables alone open the same database");
	setenv("DATABASE_URL", uri("template1"), 1);
	again = pg_open(m, NULL, NULL, &e);
	is(again ? pg_database(again) : e.text, "template1",
	    "DATABASE_URL goes before the variables");
	again = pg_open(m, NULL, "postgres", &e);
	is(again ? pg_database(again) : e.text, "postgres",
	    "a database given apart replaces the URI's");
	again = pg_open(m, pg_uri(pg), NULL, &e);
	is(again ? pg_uri(again) : e.text, pg_uri(pg),
	    "the display URI opens, and shows itself again");
	env = pg_spec_environment(m, "postgres://me:s%40crt@[::1]:77/d%20b?sslmode=require", NULL,
	    &e);
	ok(env && has(env, "PGHOST=::1") && has(env, "PGPORT=77") && has(env, "PGDATABASE=d b") &&
	    has(env, "PGPASSWORD=s@crt") && has(env, "PGSSLMODE=require") && has(env, "PGUSER=me"),
	    "variables of a spec, without connecting");
	env = pg_spec_environment(m, "host=h1,h2 port=1,2", "other", &e);
	ok(env && has(env, "PGHOST=h1,h2") && has(env, "PGPORT=1,2") &&
		has(env, "PGDATABASE=other"),
	    "... of one with two hosts and another database");
	ok(!pg_spec_environment(m, "service=no_such_service", NULL, &e) &&
		strstr(e.text, "no_such_service"),
	    "... an unknown service is an error");
	for (const char *const *v = pg_environment(m, pg); *v; v++)
		unsetenv(mem_dup(m, *v, strcspn(*v, "=")));
	unsetenv("DATABASE_URL");
}

static void
timeouts(void)
{
	MEM_SCOPE(m);
	struct err e = { 0 };
	int port, other, fd = deaf(&port), fd2 = deaf(&other);
	double begun = clock_now();

	ok(!pg_open(m, mem_fmt(m, "host=127.0.0.1 port=%d connect_timeout=1", port), NULL, &e) &&
		!strcmp(e.word, "no-connection") && strstr(e.text, "within 1 s"),
	    "a deaf server: %s", e.text);
	ok(clock_now() - begun < 1.6, "... within its time");
	begun = clock_now();
	ok(!pg_open(m,
	       mem_fmt(m,
		   "host=localhost,127.0.0.1 hostaddr=127.0.0.1,127.0.0.1 port=%d,%d "
		   "connect_timeout=1",
		   port, other),
	       NULL, &e) &&
		strstr(e.text, mem_fmt(m, "127.0.0.1:%d/", other)),
	    "two deaf ones: %s", e.text);
	ok(clock_now() - begun > 1.5 && clock_now() - begun < 2.6, "... each has its time");
	close(fd);
	close(fd2);
}

int
main(void)
{
	server_start();
	specs();
	refusals();
	environments();
	timeouts();
	mem_free(all);
	return done();
}
