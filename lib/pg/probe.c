/* probe.c - PQconnectPoll and PQsendQuery, step by step. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "pg/conn_private.h"
#include "pg/probe.h"

enum { STATEMENTS = 8 };

struct pg_probe {
	struct mem *m;
	PGconn *c;
	bool connecting, over;
	short events;
	const char *const *sql;
	size_t at;                      /* statement that runs */
	const char *row[STATEMENTS];
	int rows[STATEMENTS];
	struct pg_probe_result result;
};

/* Host names */

static bool
needs_look_up(const char *host)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	return *host && *host != '/' && *host != '@' && inet_pton(AF_INET, host, bytes) != 1 &&
	    inet_pton(AF_INET6, host, bytes) != 1;
}

static const char *
variable(const char *const *env, const char *name)
{
	size_t n = strlen(name);

	for (; *env; env++)
		if (!strncmp(*env, name, n) && (*env)[n] == '=')
			return *env + n + 1;
	return NULL;
}

struct pg_probe_host *
pg_probe_hosts(struct mem *m, const char *spec, size_t *count, struct err *e)
{
	const char *const *env = pg_spec_environment(m, spec, NULL, e);
	struct pg_probe_host *hosts = NULL;
	char *list, *save = NULL;
	size_t room = 0;

	*count = 0;
	if (!env)
		return NULL;
	mem_grow(m, &hosts, 0, &room, sizeof *hosts);
	if (variable(env, "PGHOSTADDR") || !variable(env, "PGHOST"))
		return hosts;
	list = mem_string(m, variable(env, "PGHOST"));
	for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
		if (!needs_look_up(w))
			continue;
		mem_grow(m, &hosts, *count, &room, sizeof *hosts);
		hosts[(*count)++] = (struct pg_probe_host){ .host = w };
	}
	return hosts;
}

/* The item I of LIST (parted by commas; a list of one item counts for all), in MEM. */
static const char *
item(struct mem *m, const char *list, size_t i)
{
	if (!list || !strchr(list, ','))
		return list ? list : "";
	while (i-- && *list)
		list += strcspn(list, ",") + (list[strcspn(list, ",")] == ',');
	return mem_dup(m, list, strcspn(list, ","));
}

/* The lists that libpq takes side by side: an entry for each address of each host. */
struct lists {
	struct mem_text host, hostaddr, port;
};

static void
add_entry(struct lists *l, const char *host, const char *address, size_t len, const char *port)
{
	const char *comma = l->port.text ? "," : "";

	mem_text_fmt(&l->host, "%s%s", comma, host);
	mem_text_fmt(&l->hostaddr, "%s%.*s", comma, (int)len, address);
	mem_text_fmt(&l->port, "%s%s", comma, port);
}

static void
add_host(struct lists *l, const char *host, const char *port, const struct pg_probe_host *hosts,
    size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (strcmp(hosts[i].host, host))
			continue;
		for (const char *a = hosts[i].addresses; a && *a;) {
			size_t n = strcspn(a, ",");

			add_entry(l, host, a, n, port);
			a += n + (a[n] == ',');
		}
		return;
	}
	/* an address or a socket: libpq looks nothing up for it */
	add_entry(l, host, "", 0, port);
}

/* -1: no host has an address. */
static int
set_addresses(struct mem *m, struct pg_info_list *o, const char *const *env,
    const struct pg_probe_host *hosts, size_t count)
{
	struct lists l = { { .m = m }, { .m = m }, { .m = m } };
	const char *list = variable(env, "PGHOST");

	for (size_t i = 0; list && *list; i++) {
		size_t n = strcspn(list, ",");

		add_host(&l, mem_dup(m, list, n), item(m, variable(env, "PGPORT"), i), hosts,
		    count);
		list += n + (list[n] == ',');
	}
	if (!l.host.text)
		return -1;
	pg_info_set(o, "host", l.host.text);
	pg_info_set(o, "hostaddr", l.hostaddr.text);
	pg_info_set(o, "port", l.port.text);
	return 0;
}

/* How it ended */

static bool
over(struct pg_probe *p, const char *state, const char *text)
{
	p->result.state = state;
	p->result.text = pg_info_line(p->m, text);
	p->over = true;
	p->events = 0;
	return true;
}

struct reason {
	const char *sign, *state, *text;
};

/* The SQLSTATEs of a refused connection. */
static const struct reason refusals[] = {
	{ "57P03", "pg-starting", "the server is starting, stopping or recovering" },
	{ "57P01", "pg-starting", "the server is stopping" },
	{ "28P01", "pg-auth", "password authentication failed" },
	{ "28000", "pg-auth",
	    "the server does not let this user in from here (pg_hba.conf, or no such user)" },
	{ "42501", "pg-auth", "the user may not connect to this database" },
	{ "3D000", "pg-no-database", "the database does not exist" },
	{ "53300", "pg-too-many", "the server takes no more connections" },
};

/* libpq's own failures come as text only. */
static const struct reason troubles[] = {
	{ "Connection refused", "refused", NULL },
	{ "No such file or directory", "not-found", NULL },
	{ "Connection timed out", "connect-timeout", NULL },
	{ "Connection reset", "reset", NULL },
	{ "SSL", "tls-failed", NULL },
	{ "certificate", "tls-failed", NULL },
	{ "closed the connection unexpectedly", "reset", NULL },
	{ "expected authentication request", "reset", NULL },
	{ "received invalid response", "reset", NULL },
};

/* With PQERRORS_SQLSTATE the message of the server is "FATAL:  57P03". */
static bool
take_sqlstate(struct pg_probe *p, const char *message)
{
	static const char upper[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (const char *at = message; (at = strstr(at, ":  ")); at += 3)
		if (strspn(at + 3, upper) == 5) {
			memcpy(p->result.sqlstate, at + 3, 5);
			return true;
		}
	return false;
}

static bool
refused(struct pg_probe *p)
{
	const char *message = PQerrorMessage(p->c);

	secret_add(PQpass(p->c));
	if (take_sqlstate(p, message)) {
		for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
			if (!strcmp(refusals[i].sign, p->result.sqlstate))
				return over(p, refusals[i].state, mem_fmt(p->m, "%s (SQLSTATE %s)",
				    refusals[i].text, p->result.sqlstate));
		return over(p, "query-failed", mem_fmt(p->m, "the server refused with SQLSTATE %s",
		    p->result.sqlstate));
	}
	if (PQconnectionNeedsPassword(p->c))
		return over(p, "pg-auth", "the server asks for a password, and none was given");
	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++)
		if (strstr(message, troubles[i].sign))
			return over(p, troubles[i].state, message);
	return over(p, "unreachable", message);
}

static bool
lost(struct pg_probe *p)
{
	return over(p, "reset", PQerrorMessage(p->c));
}

/* Statements */

static bool
ask_next(struct pg_probe *p)
{
	if (p->at == STATEMENTS || !p->sql[p->at])
		return over(p, "ok", "");
	if (!PQsendQuery(p->c, p->sql[p->at]))
		return lost(p);
	p->events = POLLIN | POLLOUT;
	return false;
}

static void
take_row(struct pg_probe *p, const PGresult *r)
{
	struct mem_text t = { .m = p->m };

	p->rows[p->at] = PQntuples(r);
	if (!PQntuples(r))
		return;
	mem_text_add(&t, "", 0);
	for (int i = 0; i < PQnfields(r); i++)
		mem_text_fmt(&t, "%s%s", i ? "|" : "", PQgetvalue(r, 0, i));
	p->row[p->at] = t.text;
}

static bool
take_result(struct pg_probe *p, PGresult *r)
{
	ExecStatusType status = PQresultStatus(r);
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(r, PG_DIAG_MESSAGE_PRIMARY);
	bool done = false;

	if (status == PGRES_TUPLES_OK) {
		take_row(p, r);
	} else if (status == PGRES_FATAL_ERROR) {
		if (state)
			memcpy(p->result.sqlstate, state, 5);
		done = over(p, PQstatus(p->c) == CONNECTION_OK ? "query-failed" : "reset",
		    message ? message : PQerrorMessage(p->c));
	} else if (status != PGRES_COMMAND_OK && status != PGRES_EMPTY_QUERY) {
		done = over(p, "query-failed", "a probe cannot run COPY");
	}
	PQclear(r);
	return done;
}

static bool
take_results(struct pg_probe *p)
{
	int left = PQflush(p->c);
	PGresult *r;

	if (left < 0 || !PQconsumeInput(p->c))
		return lost(p);
	p->events = left ? POLLIN | POLLOUT : POLLIN;
	while (!PQisBusy(p->c)) {
		if ((r = PQgetResult(p->c))) {
			if (take_result(p, r))
				return true;
			continue;
		}
		p->at++;
		return ask_next(p);
	}
	return false;
}

static bool
settle(struct pg_probe *p)
{
	/* libpq frees it when the server tells of another value, as it does when it is promoted */
	const char *standby = PQparameterStatus(p->c, "in_hot_standby");

	p->connecting = false;
	p->result.connected = true;
	p->result.in_hot_standby = standby && !strcmp(standby, "on");
	PQsetErrorVerbosity(p->c, PQERRORS_DEFAULT);
	if (PQsetnonblocking(p->c, 1))
		return lost(p);
	return ask_next(p);
}

bool
pg_probe_advance(struct pg_probe *p)
{
	if (p->over)
		return true;
	if (!p->connecting)
		return take_results(p);
	switch (PQconnectPoll(p->c)) {
	case PGRES_POLLING_READING: p->events = POLLIN; return false;
	case PGRES_POLLING_WRITING: p->events = POLLOUT; return false;
	case PGRES_POLLING_OK: return settle(p);
	default: return refused(p);
	}
}

/* Beginning and end */

static void
on_notice(void *arg, const PGresult *r)
{
	(void)arg;
	(void)r;
}

static void
drop(void *arg)
{
	pg_probe_end(arg);
}

static struct pg_probe *
begin(struct mem *m, const struct pg_info_list *l, const char *const *sql)
{
	struct pg_probe *p = mem_zero(m, 1, sizeof *p);

	p->m = m;
	p->sql = sql;
	p->c = mem_must(PQconnectStartParams(l->key, l->value, 0));
	mem_own(m, p, drop);
	/* right away: PQconnectPoll formats the server's refusal by it */
	PQsetErrorVerbosity(p->c, PQERRORS_SQLSTATE);
	PQsetNoticeReceiver(p->c, on_notice, NULL);
	p->connecting = true;
	/* a connection that has begun waits to write, says the manual of PQconnectPoll */
	p->events = POLLOUT;
	if (PQstatus(p->c) == CONNECTION_BAD)
		refused(p);
	return p;
}

struct pg_probe *
pg_probe_start(struct mem *m, const char *spec, const struct pg_probe_host *hosts, size_t count,
    const char *const *sql, struct err *e)
{
	const char *const *env = pg_spec_environment(m, spec, NULL, e);
	PQconninfoOption *o = env ? pg_info_parse(m, spec, e) : NULL;
	struct pg_info_list l = { 0 };

	if (!o)
		return NULL;
	pg_info_set(&l, "fallback_application_name",
	    mem_fmt(m, "handrail/%s", program_invocation_short_name));
	/* a ticket service that does not answer blocks */
	pg_info_set(&l, "gssencmode", "disable");
	pg_info_add(&l, o);
	pg_info_set(&l, "client_encoding", "UTF8");
	if (count && set_addresses(m, &l, env, hosts, count)) {
		err_set(e, FAIL_TROUBLE, "no-address", "none of the hosts has an address");
		return NULL;
	}
	return begin(m, &l, sql);
}

void
pg_probe_end(struct pg_probe *p)
{
	PQfinish(p->c);
	p->c = NULL;
}

int
pg_probe_fd(const struct pg_probe *p)
{
	return PQsocket(p->c);
}

short
pg_probe_events(const struct pg_probe *p)
{
	return p->events;
}

const struct pg_probe_result *
pg_probe_result(const struct pg_probe *p)
{
	return &p->result;
}

const char *
pg_probe_row(const struct pg_probe *p, size_t i, int *rows)
{
	*rows = p->rows[i];
	return p->row[i];
}

const char *
pg_probe_address(const struct pg_probe *p)
{
	const char *host = PQhost(p->c), *address = PQhostaddr(p->c);

	if (address && *address)
		return address;
	return host ? host : "";
}
