/* conn.c - opening a connection, and what is known of it. */
#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/secret.h"
#include "core/stop.h"
#include "pg/conn_private.h"

enum { CONNECT_SECONDS = 10 };

static void
drop(void *p)
{
	pg_close(p);
}

static void
drop_options(void *p)
{
	PQconninfoFree(p);
}

static void
on_notice(void *arg, const PGresult *r)
{
	struct pg *pg = arg;
	const char *severity = PQresultErrorField(r, PG_DIAG_SEVERITY);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);

	if (pg->notice && message) {
		MEM_SCOPE(m);

		pg->notice(pg->notice_arg,
		    pg_info_line(m, mem_fmt(m, "%s: %s", severity ? severity : "NOTICE", message)));
	}
}

static PQconninfoOption *
options_of(struct mem *m, PGconn *c)
{
	return mem_own(m, mem_must(PQconninfo(c)), drop_options);
}

/* The SQLSTATE in a message of verbosity VERBOSE ("FATAL:  28P01: password ..."), cut out of it
 * together with the line that names the server's source: the text of the message depends on the
 * server's language. */
static void
take_sqlstate(char *text, char state[6])
{
	static const char upper[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
	char *location = strstr(text, "\nLOCATION:  ");

	state[0] = 0;
	for (char *p = text; (p = strstr(p, ":  ")); p++) {
		if (strspn(p + 3, upper) != 5 || strncmp(p + 8, ": ", 2))
			continue;
		memcpy(state, p + 3, 5);
		state[5] = 0;
		memmove(p + 2, p + 10, strlen(p + 10) + 1);
		location = strstr(text, "\nLOCATION:  ");
		break;
	}
	if (location)
		*location = 0;
}

struct refusal {
	const char *state, *word, *hint;
};

static const struct refusal *
refusal(const char *state)
{
	static const struct refusal known[] = {
		{ "28P01", "auth",
		    "give the password by $PGPASSWORD, ~/.pgpass, or a URI in a variable: "
		    "env:NAME" },
		{ "28000", "auth", "check the user name, and the server's pg_hba.conf" },
		{ "42501", "auth", "grant the user CONNECT on the database" },
		{ "3D000", "no-database",
		    "psql -l lists the databases of the server; createdb makes one" },
		{ "53300", "no-connection",
		    "the server takes no more connections: wait, end idle ones (see "
		    "pg_stat_activity), or raise max_connections" },
		{ "55000", "no-connection",
		    "it is closed to everyone: ALTER DATABASE ... ALLOW_CONNECTIONS true opens "
		    "it" },
		{ "57P03", "no-connection",
		    "the server is starting or stopping: wait for it with health-wait" },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(known[i].state, state))
			return known + i;
	return NULL;
}

/* libpq found fault with an option before it tried to connect. No locale is set for messages: its
 * texts are English. */
static bool
is_misuse(const char *text)
{
	static const char *const begins[] = { "invalid ", "definition of service ", "service file ",
		"syntax error in service", "could not match " };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (!strncmp(text, begins[i], strlen(begins[i])))
			return true;
	return false;
}

static const char *
uri_of(struct mem *m, const PGconn *c)
{
	return pg_uri_of(m, PQhost(c), PQport(c), PQuser(c), PQdb(c));
}

/* Why the connection did not come about. */
static int
refused(PGconn *c, struct err *e)
{
	MEM_SCOPE(m);
	char state[6], *text = mem_string(m, PQerrorMessage(c)), *host = PQhost(c);
	const struct refusal *r;

	take_sqlstate(text, state);
	r = refusal(state);
	if (PQconnectionNeedsPassword(c))
		r = refusal("28P01");
	text = pg_info_line(m, text);
	if (is_misuse(text))
		return err_set(e, FAIL_TROUBLE, "usage", "%s: %s", uri_of(m, c), text);
	err_set(e, FAIL_TROUBLE, r ? r->word : "no-connection", "%s: %s%s%s%s", uri_of(m, c), text,
	    *state ? " (SQLSTATE " : "", state, *state ? ")" : "");
	if (r)
		return err_hint(e, "%s", r->hint);
	if (*state)
		return -1;
	return err_hint(e,
	    "check that the server runs and listens there: pg_isready -h '%s' -p '%s'",
	    host ? host : "", PQport(c) ? PQport(c) : "");
}

enum dial { DIAL_OK, DIAL_FAILED, DIAL_SLOW };

static double
patience(PGconn *c)
{
	MEM_SCOPE(m);
	const char *s = pg_info_get(options_of(m, c), "connect_timeout");
	long n = s ? strtol(s, NULL, 10) : CONNECT_SECONDS;

	return n > 0 ? (double)n : INFINITY;
}

static enum dial
slow(PGconn *c, double seconds, struct err *e)
{
	MEM_SCOPE(m);

	err_set(e, FAIL_TROUBLE, "no-connection", "%s: no connection within %.0f s", uri_of(m, c),
	    seconds);
	err_hint(e,
	    "check host, port and firewall; connect_timeout=SECONDS in the connection string waits "
	    "longer");
	return DIAL_SLOW;
}

/* Go on until the connection stands, fails, or its time is over. */
static enum dial
dial(const struct pg *pg, struct err *e)
{
	PGconn *c = pg->c;
	bool heed = pg->shield <= 0;
	double seconds = patience(c), deadline = clock_now() + seconds;
	PostgresPollingStatusType want = PGRES_POLLING_WRITING;

	while (PQstatus(c) != CONNECTION_BAD && want != PGRES_POLLING_OK &&
	    want != PGRES_POLLING_FAILED) {
		/* the socket may be another one after each step */
		struct pollfd p[] = {
			{ .fd = PQsocket(c),
			    .events = want == PGRES_POLLING_READING ? POLLIN : POLLOUT },
			{ .fd = heed ? stop_fd() : -1, .events = POLLIN },
		};
		int n = poll(p, 2, clock_poll_ms(deadline));

		if (heed && stop_check(e))
			return DIAL_FAILED;
		if (n == 0 && clock_now() >= deadline)
			return slow(c, seconds, e);
		if (n > 0 && p[0].revents)
			want = PQconnectPoll(c);
	}
	if (PQstatus(c) == CONNECTION_OK)
		return DIAL_OK;
	refused(c, e);
	return DIAL_FAILED;
}

/* The list LIST without its item I; NULL stays NULL, and a list of one item counts for all
 * hosts. */
static char *
without(struct mem *m, const char *list, size_t i)
{
	struct mem_text t = { .m = m };
	const char *comma = "";

	if (!list || !strchr(list, ','))
		return list ? mem_string(m, list) : NULL;
	mem_text_add(&t, "", 0);
	for (size_t k = 0;; k++) {
		size_t n = strcspn(list, ",");

		if (k != i) {
			mem_text_fmt(&t, "%s%.*s", comma, (int)n, list);
			comma = ",";
		}
		if (!list[n])
			return t.text;
		list += n + 1;
	}
}

/* Which item of LIST is ITEM; -1: none. */
static int
index_in(const char *list, const char *item)
{
	size_t len = item ? strlen(item) : 0;
	int i = 0;

	for (const char *p = list; p && len; i++) {
		size_t n = strcspn(p, ",");

		if (n == len && !strncmp(p, item, n))
			return i;
		p = p[n] ? p + n + 1 : NULL;
	}
	return -1;
}

/* Of several hosts, the one that did not answer in time leaves the list. False: it was the only
 * one. */
static bool
drop_host(struct mem *m, struct pg_info_list *l, PGconn *c)
{
	static const char *const lists[] = { "host", "hostaddr", "port" };
	const PQconninfoOption *o = options_of(m, c);
	const char *hosts = pg_info_get(o, "host"), *addresses = pg_info_get(o, "hostaddr");
	int i = index_in(hosts, PQhost(c));

	if (i < 0)
		i = index_in(addresses, PQhostaddr(c));
	if (i < 0 || !(strchr(hosts ? hosts : "", ',') || strchr(addresses ? addresses : "", ',')))
		return false;
	for (size_t k = 0; k < sizeof lists / sizeof *lists; k++) {
		const char *rest = without(m, pg_info_get(o, lists[k]), (size_t)i);

		if (rest)
			pg_info_set(l, lists[k], rest);
	}
	return true;
}

static int
connect_to(struct mem *m, struct pg *pg, struct pg_info_list *l, struct err *e)
{
	enum dial d;

	do {
		if (pg->c)
			PQfinish(pg->c);
		pg->c = mem_must(PQconnectStartParams(l->key, l->value, 0));
		PQsetNoticeReceiver(pg->c, on_notice, pg);
		PQsetErrorVerbosity(pg->c, PQERRORS_VERBOSE);
		d = dial(pg, e);
		secret_add(PQpass(pg->c));
	} while (d == DIAL_SLOW && drop_host(m, l, pg->c));
	return d == DIAL_OK ? 0 : -1;
}

/* What the connection string leaves open, and what it cannot change. */
static void
set_options(struct mem *m, struct pg_info_list *l, const PQconninfoOption *o, const char *database)
{
	static const char *const defaults[][2] = {
		{ "keepalives", "1" }, { "keepalives_idle", "30" }, { "keepalives_interval", "10" },
		{ "keepalives_count", "3" },
	};

	for (size_t i = 0; i < sizeof defaults / sizeof *defaults; i++)
		pg_info_set(l, defaults[i][0], defaults[i][1]);
	pg_info_set(l, "fallback_application_name",
	    mem_fmt(m, "handrail/%s", program_invocation_short_name));
	pg_info_add(l, o);
	pg_info_set(l, "client_encoding", "UTF8");
	if (database)
		pg_info_set(l, "dbname", database);
}

static int
settle(struct pg *pg, struct err *e)
{
	struct err ignored;
	char sql[160];

	PQsetErrorVerbosity(pg->c, PQERRORS_DEFAULT);
	if (PQsetnonblocking(pg->c, 1))
		return err_set(e, FAIL_TROUBLE, "no-connection", "%s",
		    "the connection cannot be made non-blocking");
	pg->cancel = mem_must(PQgetCancel(pg->c));
	/* should we die, the server ends what it does for us instead of finishing it hours later; a
	 * server on a platform that cannot do this is no worse than an old one. The backend of a
	 * pooling proxy is not ours to set. */
	snprintf(sql, sizeof sql,
	    "SELECT pg_catalog.set_config('client_connection_check_interval', '2s', false)"
	    " WHERE pg_catalog.pg_backend_pid() = %d",
	    PQbackendPID(pg->c));
	if (PQserverVersion(pg->c) >= 140000 && pg_exec(pg, sql, &ignored)) {
		if (pg_alive(pg) && (pg->shield > 0 || !stop_signal()))
			return 0;
		*e = ignored;
		return -1;
	}
	return 0;
}

struct pg *
pg_open_shielded(struct mem *m, const char *spec, const char *database, double seconds,
    struct err *e)
{
	MEM_SCOPE(scope);
	PQconninfoOption *o = pg_info_parse(scope, spec, e);
	struct pg_info_list l = { 0 };
	struct pg *pg;

	if (!o || (seconds <= 0 && stop_check(e)))
		return NULL;
	pg = mem_zero(m, 1, sizeof *pg);
	mem_own(m, pg, drop);
	pg->shield = seconds;
	set_options(scope, &l, o, database);
	if (connect_to(scope, pg, &l, e)) {
		if (!strcmp(e->word, "no-connection") && spec && !*spec && !getenv("PGHOST"))
			err_hint(e,
			    "the connection string is empty: set the variable that it "
			    "should come from");
		pg_close(pg);
		return NULL;
	}
	pg->uri = mem_string(m, uri_of(scope, pg->c));
	if (settle(pg, e)) {
		pg_close(pg);
		return NULL;
	}
	return pg;
}

struct pg *
pg_open(struct mem *m, const char *spec, const char *database, struct err *e)
{
	return pg_open_shielded(m, spec, database, 0, e);
}

void
pg_close(struct pg *pg)
{
	if (!pg)
		return;
	PQfreeCancel(pg->cancel);
	PQfinish(pg->c);
	mem_free(pg->last);
	pg->cancel = NULL;
	pg->c = NULL;
	pg->last = NULL;
	pg->report = (struct pg_report){ 0 };
}

const char *
pg_uri(const struct pg *pg)
{
	return pg->uri;
}

const char *
pg_database(const struct pg *pg)
{
	return PQdb(pg->c);
}

int
pg_server_version(const struct pg *pg)
{
	return PQserverVersion(pg->c);
}

const char *const *
pg_environment(struct mem *m, const struct pg *pg)
{
	PQconninfoOption *o = options_of(m, pg->c);

	/* of several hosts, the one we are on; its default, where none was named; a password from
	 * ~/.pgpass */
	pg_info_replace(o, "host", PQhost(pg->c));
	pg_info_replace(o, "port", PQport(pg->c));
	pg_info_replace(o, "password", PQpass(pg->c));
	if (pg_info_get(o, "hostaddr"))
		pg_info_replace(o, "hostaddr", PQhostaddr(pg->c));
	return pg_info_environment(m, o);
}

void
pg_on_notice(struct pg *pg, void (*call)(void *, const char *), void *arg)
{
	pg->notice = call;
	pg->notice_arg = arg;
}

void
pg_on_tick(struct pg *pg, double seconds, void (*call)(void *), void *arg)
{
	pg->tick = call;
	pg->tick_arg = arg;
	pg->tick_every = seconds;
}

void
pg_shield(struct pg *pg, double seconds)
{
	pg->shield = seconds;
}

bool
pg_in_transaction(const struct pg *pg)
{
	PGTransactionStatusType t = PQtransactionStatus(pg->c);

	return t == PQTRANS_INTRANS || t == PQTRANS_INERROR;
}

bool
pg_alive(const struct pg *pg)
{
	struct pollfd p = { .fd = PQsocket(pg->c), .events = POLLIN };

	if (pg->lost)
		return false;
	if (p.fd >= 0 && poll(&p, 1, 0) > 0)
		PQconsumeInput(pg->c);
	return PQstatus(pg->c) == CONNECTION_OK;
}

int
pg_backend_pid(const struct pg *pg)
{
	return PQbackendPID(pg->c);
}
