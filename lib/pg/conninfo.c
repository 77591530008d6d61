/* conninfo.c - connection strings: where they come from, what is wrong with them, how they are
 * shown. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "pg/conn_private.h"

static const char
    encode_hint[] = "in a URI the characters @ : / ? # % of a user name or password are written "
		    "%40 %3A %2F %3F %23 %25";

/* libpq's own texts for malformed strings quote parts of them, which may be parts of a password:
 * every message here is ours, and holds at most names that cannot be secret. */
static int
malformed(struct err *e, const char *what)
{
	return err_set(e, FAIL_TROUBLE, "usage", "%s", what);
}

static size_t
uri_scheme(const char *s)
{
	if (!strncmp(s, "postgresql://", 13))
		return 13;
	return strncmp(s, "postgres://", 11) ? 0 : 11;
}

/* A raw @ or / in a password moves parts of it to where libpq takes them for host, port or
 * database, and would show them in its messages. */
static int
check_uri(const char *uri, struct err *e)
{
	const char *from = uri + uri_scheme(uri);
	size_t authority = strcspn(from, "/"), path = strcspn(from + authority, "?");
	const char *at = memchr(from, '@', authority);

	if (at && memchr(at + 1, '@', authority - (size_t)(at + 1 - from)))
		malformed(e, "the URI has more than one @ before its host");
	else if (memchr(from + authority, '@', path))
		malformed(e, "the URI has an @ after its first /");
	else
		return 0;
	return err_hint(e, "%s", encode_hint);
}

static int
not_a_spec(const char *s, struct err *e)
{
	size_t scheme = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789+.-");

	if (scheme && scheme < 32 && !strncmp(s + scheme, "://", 3)) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "the URI begins with %.*s://, not with postgres://", (int)scheme, s);
		return err_hint(e, "write postgres://user@host:5432/database");
	}
	malformed(e, "neither a connection URI nor a connection string");
	return err_hint(e,
	    "write postgres://user@host:5432/database, or 'host=... dbname=...', or env:NAME");
}

/* Why PQconninfoParse did not like SPEC, told without SPEC. */
static int
explain(const char *spec, const char *said, struct err *e)
{
	static const char unknown[] = "invalid URI query parameter: \"";
	size_t n = sizeof unknown - 1, name;

	if (!uri_scheme(spec)) {
		malformed(e, "the connection string is malformed");
		return err_hint(e,
		    "it is a list of keyword=value; a value with spaces is written 'in quotes', "
		    "with \\' and \\\\ inside");
	}
	if (said && !strncmp(said, unknown, n)) {
		name = strspn(said + n, "abcdefghijklmnopqrstuvwxyz_");
		if (name && name < 40 && said[n + name] == '"') {
			err_set(e, FAIL_TROUBLE, "usage",
			    "the URI has a parameter that libpq does not know: %.*s", (int)name,
			    said + n);
			return err_hint(e,
			    "remove it from the URI, or set it by env:NAME with a URI of its own");
		}
	}
	malformed(e, "the URI is malformed");
	return err_hint(e, "%s", encode_hint);
}

/* The text of SPEC, and in *WHERE what to call it. */
static const char *
resolve(struct mem *m, const char *spec, const char **where, struct err *e)
{
	const char *name = "DATABASE_URL", *value;

	*where = "connection string";
	if (spec && strncmp(spec, "env:", 4))
		return spec;
	if (spec)
		name = spec + 4;
	value = getenv(name);
	*where = mem_fmt(m, "$%s", name);
	if (value && *value)
		return value;
	if (!spec)
		return "";
	err_set(e, FAIL_TROUBLE, "usage", "%s: the environment variable %s is %s", spec, name,
	    value ? "empty" : "not set");
	err_hint(e, "export %s='postgres://user:password@host:5432/database'", name);
	return NULL;
}

static void
drop_options(void *p)
{
	PQconninfoFree(p);
}

static PQconninfoOption *
parse(struct mem *m, const char *spec, struct err *e)
{
	PQconninfoOption *o;
	const char *port;
	char *said = NULL;

	if (*spec && !uri_scheme(spec) && !strchr(spec, '='))
		return not_a_spec(spec, e), NULL;
	if (strstr(spec, "://") && !uri_scheme(spec) && strcspn(spec, "=") > strcspn(spec, ":"))
		return not_a_spec(spec, e), NULL;
	if (uri_scheme(spec) && check_uri(spec, e))
		return NULL;
	if (!(o = PQconninfoParse(spec, &said))) {
		explain(spec, said, e);
		PQfreemem(said);
		return NULL;
	}
	mem_own(m, o, drop_options);
	secret_add(pg_info_get(o, "password"));
	secret_add(pg_info_get(o, "sslpassword"));
	port = pg_info_get(o, "port");
	if (port && port[strspn(port, "0123456789,")]) {
		malformed(e, "the port is not a number");
		if (uri_scheme(spec))
			err_hint(e, "%s", encode_hint);
		return NULL;
	}
	return o;
}

PQconninfoOption *
pg_info_parse(struct mem *m, const char *spec, struct err *e)
{
	const char *where, *text = resolve(m, spec, &where, e);
	PQconninfoOption *o;

	if (!text)
		return NULL;
	if (!(o = parse(m, text, e)))
		err_in(e, "%s", where);
	return o;
}

const char *
pg_info_get(const PQconninfoOption *o, const char *keyword)
{
	for (; o->keyword; o++)
		if (!strcmp(o->keyword, keyword))
			return o->val && *o->val ? o->val : NULL;
	return NULL;
}

static void
add_encoded(struct mem_text *t, const char *s)
{
	for (; *s; s++)
		if (isalnum((unsigned char)*s) || strchr("-._~", *s))
			mem_text_add(t, s, 1);
		else
			mem_text_fmt(t, "%%%02X", (unsigned char)*s);
}

char *
pg_uri_of(struct mem *m, const char *host, const char *port, const char *user, const char *database)
{
	struct mem_text t = { .m = m };
	bool socket = !host || !*host || *host == '/' || *host == '@';

	mem_text_fmt(&t, "postgres://");
	if (user && *user) {
		add_encoded(&t, user);
		mem_text_add(&t, "@", 1);
	}
	if (!socket && strchr(host, ':'))
		mem_text_fmt(&t, "[%s]", host);
	else if (!socket)
		add_encoded(&t, host);
	if (!socket && port && *port)
		mem_text_fmt(&t, ":%s", port);
	mem_text_add(&t, "/", 1);
	add_encoded(&t, database ? database : "");
	if (socket && host && *host) {
		mem_text_fmt(&t, "?host=");
		add_encoded(&t, host);
	}
	if (socket && port && *port)
		mem_text_fmt(&t, "%cport=%s", host && *host ? '&' : '?', port);
	return t.text;
}

char *
pg_info_line(struct mem *m, const char *s)
{
	char *line = mem_string(m, s), *to = line;

	for (const char *p = line; *p; p++)
		if (!isspace((unsigned char)*p))
			*to++ = *p;
		else if (to > line && to[-1] != ' ')
			*to++ = ' ';
	while (to > line && to[-1] == ' ')
		to--;
	*to = 0;
	secret_wash(line, strlen(line));
	return line;
}

/* Those that every program needs to be told: their defaults are not the same in every libpq. */
static bool
always_told(const char *keyword)
{
	return !strcmp(keyword, "host") || !strcmp(keyword, "port") || !strcmp(keyword, "user") ||
	    !strcmp(keyword, "dbname");
}

const char *const *
pg_info_environment(struct mem *m, const PQconninfoOption *o)
{
	enum { ENV_ROOM = 100 };        /* more than any libpq has options */
	const char **env = mem_zero(m, ENV_ROOM, sizeof *env);
	size_t n = 0;

	/* what a service file says beats the variables: all it says is in O, and the child shall
	 * not look it up again. A name alone takes the variable away. */
	env[n++] = "PGSERVICE";
	for (; o->keyword && n < ENV_ROOM - 1; o++) {
		if (!o->envvar || !o->val || !*o->val || !strcmp(o->keyword, "service"))
			continue;
		/* the session's own, not a property of the database; pg_dump would obey it */
		if (!strcmp(o->keyword, "client_encoding"))
			continue;
		if (o->compiled && !strcmp(o->val, o->compiled) && !getenv(o->envvar) &&
		    !always_told(o->keyword))
			continue;
		env[n++] = mem_fmt(m, "%s=%s", o->envvar, o->val);
	}
	return env;
}

void
pg_info_set(struct pg_info_list *l, const char *key, const char *value)
{
	size_t i = 0;

	while (i < l->count && strcmp(l->key[i], key))
		i++;
	if (i == PG_INFO_ROOM - 1)
		return;
	l->key[i] = key;
	l->value[i] = value;
	l->count += i == l->count;
}

void
pg_info_add(struct pg_info_list *l, const PQconninfoOption *o)
{
	for (; o->keyword; o++)
		if (o->val && *o->val)
			pg_info_set(l, o->keyword, o->val);
}

static void
drop_conn(void *c)
{
	PQfinish(c);
}

/* libpq shows how it merges string, service file and variables only in a connection: make one that
 * fails before it touches the network, at a value that is never valid. */
static PQconninfoOption *
merge(struct mem *m, struct pg_info_list *l, struct err *e)
{
	PQconninfoOption *o;
	PGconn *c;

	pg_info_set(l, "gssencmode", "-");
	c = mem_own(m, mem_must(PQconnectStartParams(l->key, l->value, 0)), drop_conn);
	o = mem_own(m, mem_must(PQconninfo(c)), drop_options);
	if (pg_info_get(o, "port"))
		return o;
	err_set(e, FAIL_TROUBLE, "usage", "%s", pg_info_line(m, PQerrorMessage(c)));
	return NULL;
}

const char *const *
pg_spec_environment(struct mem *m, const char *spec, const char *database, struct err *e)
{
	PQconninfoOption *o = pg_info_parse(m, spec, e);
	struct pg_info_list l = { 0 };
	const char *gss;

	if (!o)
		return NULL;
	gss = pg_info_get(o, "gssencmode");
	pg_info_add(&l, o);
	if (database)
		pg_info_set(&l, "dbname", database);
	if (!(o = merge(m, &l, e)))
		return NULL;
	secret_add(pg_info_get(o, "password"));
	pg_info_replace(o, "gssencmode", gss);
	return pg_info_environment(m, o);
}

void
pg_info_replace(PQconninfoOption *o, const char *keyword, const char *value)
{
	for (; o->keyword; o++)
		if (!strcmp(o->keyword, keyword)) {
			free(o->val);
			o->val = value ? mem_must(strdup(value)) : NULL;
		}
}
