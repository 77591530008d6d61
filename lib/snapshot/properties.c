/* properties.c - owner, grants, settings, comment of a database. */
#include <stdbool.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/properties.h"

char *
properties_conninfo(struct mem *m, const char *s)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "'", 1);
	for (; *s; s++) {
		if (*s == '\'' || *s == '\\')
			mem_text_add(&t, "\\", 1);
		mem_text_add(&t, s, 1);
	}
	mem_text_add(&t, "'", 1);
	return t.text;
}

/* Names in a list, as they are stored: quoted where they must be. But an empty one can only be
 * written as a literal. */
static char *
list_value(struct mem *m, const char *s)
{
	struct mem_text t = { .m = m };
	bool quoted = false;

	for (size_t n; *s; s += n) {
		bool pair = s[0] == '"' && s[1] == '"';
		bool empty = pair && !quoted && (!s[2] || s[2] == ',');

		/* two within quotes are one of the name's */
		n = empty || (pair && quoted) ? 2 : 1;
		quoted ^= n == 1 && *s == '"';
		mem_text_add(&t, empty ? "''" : s, n);
	}
	return t.text;
}

/* "name=value" of pg_db_role_setting as a SET clause. */
static char *
set_clause(struct mem *m, const char *setting)
{
	static const char *const lists[] = { "search_path", "session_preload_libraries",
		"local_preload_libraries", "temp_tablespaces" };
	size_t n = strcspn(setting, "=");
	char *name = mem_dup(m, setting, n);
	const char *value = setting + n + (setting[n] == '=');

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		if (!strcmp(name, lists[i]) && *value)
			return mem_fmt(m, "SET %s TO %s", name, list_value(m, value));
	return mem_fmt(m, "SET %s TO %s", pg_quote_name(m, name), pg_quote_literal(m, value));
}

const char *
properties_path(const struct value *store)
{
	const struct value *settings = value_at(store, "properties.settings");
	static const char name[] = "search_path=";

	for (size_t i = 0; i < value_count(settings); i++) {
		const char *s = value_get_string(value_item(settings, i), "setting");

		if (s && !value_get_string(value_item(settings, i), "role") &&
		    !strncmp(s, name, strlen(name)))
			return s + strlen(name);
	}
	return NULL;
}

struct target {
	struct mem *m;
	struct pg *pg;
	const char *database;   /* quoted */
	void (*say)(void *, const char *);
	void *arg;
};

static bool
apply(const struct target *t, const char *sql)
{
	struct err e;
	bool done = !pg_exec(t->pg, sql, &e);

	if (!done)
		t->say(t->arg, mem_fmt(t->m, "not kept: %s: %s", sql, e.text));
	return done;
}

/* Who had it from somebody else than the owner has it from him again, where we may speak for him:
 * else from us, which is told. */
static void
grant(const struct target *t, const struct value *g, const char *owner)
{
	struct mem *m = t->m;
	const char *grantee = value_get_string(g, "grantee"),
		   *privilege = value_get_string(g, "privilege"),
		   *grantor = value_get_string(g, "grantor");
	const char *sql = mem_fmt(m, "GRANT %s ON DATABASE %s TO %s%s",
	    privilege ? privilege : "CONNECT", t->database,
	    grantee ? pg_quote_name(m, grantee) : "PUBLIC",
	    value_bool(value_get(g, "grantable")) ? " WITH GRANT OPTION" : "");

	if (!grantor || (owner && !strcmp(grantor, owner)) ||
	    !apply(t, mem_fmt(m, "SET ROLE %s; %s; RESET ROLE", pg_quote_name(m, grantor), sql)))
		apply(t, sql);
}

/* OWNER: whose it is again; NULL: somebody else's. */
static void
apply_grants(const struct target *t, const struct value *grants, const char *owner)
{
	struct mem *m = t->m;

	if (value_kind(grants) != VALUE_ARRAY)
		return;
	apply(t, mem_fmt(m, "REVOKE ALL ON DATABASE %s FROM PUBLIC%s%s", t->database,
	    owner ? ", " : "", owner ? pg_quote_name(m, owner) : ""));
	/* as they are stored, who may give stands before those he has given to */
	for (size_t i = 0; i < value_count(grants); i++)
		grant(t, value_item(grants, i), owner);
}

static void
apply_settings(const struct target *t, const struct value *settings)
{
	struct mem *m = t->m;

	for (size_t i = 0; i < value_count(settings); i++) {
		const struct value *s = value_item(settings, i);
		const char *role = value_get_string(s, "role"),
			   *setting = value_get_string(s, "setting");

		if (!setting)
			continue;
		if (role)
			apply(t,
			    mem_fmt(m, "ALTER ROLE %s IN DATABASE %s %s", pg_quote_name(m, role),
				t->database, set_clause(m, setting)));
		else
			apply(t,
			    mem_fmt(m, "ALTER DATABASE %s %s", t->database,
				set_clause(m, setting)));
	}
}

int
properties_apply(struct mem *m, const struct value *store, const char *spec, const char *database,
    void (*say)(void *, const char *), void *arg, struct err *e)
{
	const struct value *p = value_get(store, "properties");
	struct target t = { m, pg_open(m, spec, database, e), pg_quote_name(m, database), say,
		arg };
	const char *owner = value_get_string(p, "owner"), *comment = value_get_string(p, "comment");

	if (!t.pg)
		return -1;
	apply_settings(&t, value_get(p, "settings"));
	if (comment)
		apply(&t,
		    mem_fmt(m, "COMMENT ON DATABASE %s IS %s", t.database,
			pg_quote_literal(m, comment)));
	apply(&t, mem_fmt(m, "ALTER DATABASE %s CONNECTION LIMIT %d", t.database,
	    (int)value_get_int(p, "datconnlimit", -1)));
	/* the owner last but for the grants, which are given in the owner's name */
	if (owner && !apply(&t, mem_fmt(m, "ALTER DATABASE %s OWNER TO %s", t.database,
	    pg_quote_name(m, owner))))
		owner = NULL;
	apply_grants(&t, value_get(p, "grants"), owner);
	if (value_bool(value_get(p, "datistemplate")))
		apply(&t, mem_fmt(m, "ALTER DATABASE %s IS_TEMPLATE true", t.database));
	return pg_alive(t.pg) ?
	    0 :
	    err_set(e, FAIL_TROUBLE, "connection-lost", "%s: the connection is gone", database);
}
