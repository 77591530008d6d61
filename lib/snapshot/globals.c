/* globals.c - roles and tablespaces as SQL, which the server itself writes. */
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "snapshot/globals.h"
#include "snapshot/spool.h"

/* A setting as it stands in setconfig; those that are lists are quoted there already, but for empty
 * names. */
#define SETTING                                                                      \
	"pg_catalog.format('%I TO %s', pg_catalog.split_part(c, '=', 1), CASE WHEN " \
	"pg_catalog.split_part(c, '=', 1) IN"                                        \
	" ('search_path', 'session_preload_libraries', 'local_preload_libraries', "  \
	"'temp_tablespaces')"                                                        \
	" AND c !~ '=$' THEN pg_catalog.regexp_replace("                             \
	"pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1),"                       \
	" '(^|, )\"\"(?=,|$)', '\\1''''', 'g')"                                      \
	" ELSE pg_catalog.quote_literal(pg_catalog.substr(c, pg_catalog.strpos(c, '=') + 1)) END)"
#define WORD(column, word) " || CASE WHEN r." column " THEN ' " word "' ELSE ' NO" word "' END"

/* Roles, their memberships, tablespaces, each with all that makes it. inherit_option and set_option
 * are of 16. */
static const char list_sql[] =
    "SELECT "
    "pg_catalog.jsonb_agg(pg_catalog.jsonb_strip_nulls(pg_catalog.jsonb_build_object('role', role,"
    "  'member', member, 'tablespace', tablespace, 'sql', sql)) ORDER BY n, role, member, "
    "tablespace) FROM ("
    " SELECT 1 AS n, r.rolname AS role, NULL::name AS member, NULL::name AS tablespace,"
    "  pg_catalog.format('CREATE ROLE %I', r.rolname)" WORD("rolsuper", "SUPERUSER")
	WORD("rolinherit", "INHERIT") WORD("rolcreaterole", "CREATEROLE") WORD("rolcreatedb",
	    "CREATEDB") WORD("rolcanlogin", "LOGIN") WORD("rolreplication",
	    "REPLICATION") WORD("rolbypassrls",
	    "BYPASSRLS") "  || CASE WHEN r.rolconnlimit >= 0 THEN ' CONNECTION LIMIT ' || "
			 "r.rolconnlimit ELSE '' END"
			 "  || coalesce(' VALID UNTIL ' || "
			 "pg_catalog.quote_literal(r.rolvaliduntil), '') || ';'"
			 "  || coalesce((SELECT pg_catalog.string_agg(pg_catalog.format(E'\\nALTER "
			 "ROLE %I SET %s;', r.rolname, " SETTING "), ''"
			 "    ORDER BY c) FROM pg_catalog.unnest(r.rolconfig) c), '')"
			 "  || coalesce(pg_catalog.format(E'\\nCOMMENT ON ROLE %I IS ', r.rolname)"
			 "    || pg_catalog.quote_literal(pg_catalog.shobj_description(r.oid, "
			 "'pg_authid')) || ';', '') AS sql"
			 " FROM pg_catalog.pg_roles r WHERE r.rolname !~ '^pg_'"
			 " UNION ALL SELECT 2, g.rolname, u.rolname, NULL, "
			 "pg_catalog.format('GRANT %I TO %I', g.rolname, u.rolname)"
			 "  || CASE WHEN j ? 'set_option' THEN pg_catalog.format(' WITH ADMIN %s, "
			 "INHERIT %s, SET %s', j->>'admin_option',"
			 "    j->>'inherit_option', j->>'set_option') WHEN m.admin_option THEN ' "
			 "WITH ADMIN OPTION' ELSE '' END || ';'"
			 " FROM pg_catalog.pg_auth_members m JOIN pg_catalog.pg_roles g ON g.oid = "
			 "m.roleid"
			 " JOIN pg_catalog.pg_roles u ON u.oid = m.member, LATERAL "
			 "pg_catalog.to_jsonb(m) j WHERE u.rolname !~ '^pg_'"
			 " UNION ALL SELECT 3, NULL, NULL, t.spcname, pg_catalog.format('CREATE "
			 "TABLESPACE %I OWNER %I LOCATION %L;', t.spcname,"
			 "  pg_catalog.pg_get_userbyid(t.spcowner), "
			 "pg_catalog.pg_tablespace_location(t.oid))"
			 " FROM pg_catalog.pg_tablespace t WHERE t.spcname !~ '^pg_') x";

int
globals_read(struct mem *m, struct pg *pg, struct value *facts, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, list_sql, 0, NULL);
	const char *text = r ? pg_rows_text(r, 0, 0) : NULL;
	struct value *v;

	if (!r)
		return -1;
	if (!text)
		return 0;
	if (!(v = value_parse(m, text, strlen(text), e)))
		return -1;
	value_set(facts, "globals", v);
	return 0;
}

int
globals_add(const struct store *s, const struct store_taking *t, struct err *e)
{
	MEM_SCOPE(m);
	const struct value *list = value_get(s->facts, "globals");
	struct mem_text text = { .m = m };
	int fd = spool_open(m, t->directory, e);

	if (fd < 0)
		return -1;
	mem_text_fmt(&text, "-- roles and tablespaces of the server, without passwords\n");
	for (size_t i = 0; i < value_count(list); i++)
		mem_text_fmt(&text, "%s\n", value_get_string(value_item(list, i), "sql"));
	if (io_write_all(fd, text.text, text.len))
		return err_sys(e, "temporary file");
	return spool_add(fd, "globals.sql", s, t, e);
}

/* What the server has now: ROLES, or TABLESPACES. */
static int
has(struct mem *m, struct pg *pg, const char *catalog, const char *column, const char *name,
    struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e,
	    mem_fmt(m, "SELECT 1 FROM pg_catalog.%s WHERE %s = $1", catalog, column), 1, &name);

	return r ? pg_rows_count(r) > 0 : -1;
}

struct apply {
	struct mem *m;
	struct pg *pg;
	struct opt_list made;   /* roles */
	void (*say)(void *, const char *);
	void *arg;
};

static bool
was_made(const struct apply *a, const char *role)
{
	for (size_t i = 0; i < a->made.count; i++)
		if (!strcmp(a->made.item[i], role))
			return true;
	return false;
}

static int
apply_one(struct apply *a, const struct value *v, struct err *e)
{
	const char *role = value_get_string(v, "role"), *member = value_get_string(v, "member");
	const char *space = value_get_string(v, "tablespace"), *sql = value_get_string(v, "sql");
	struct err why;
	int there;

	if (!sql || (!role && !space))
		return 0;
	if (member)
		/* what somebody took from a role that was there is not given back */
		there = !was_made(a, role) && !was_made(a, member);
	else
		there = role ? has(a->m, a->pg, "pg_roles", "rolname", role, e) :
		    has(a->m, a->pg, "pg_tablespace", "spcname", space, e);
	if (there)
		return there < 0 ? -1 : 0;
	if (pg_exec(a->pg, sql, &why)) {
		a->say(a->arg, mem_fmt(a->m, "not made: %s: %s", sql, why.text));
		return pg_alive(a->pg) ?
		    0 :
		    err_set(e, FAIL_TROUBLE, "connection-lost", "%s", why.text);
	}
	if (role && !member) {
		mem_grow(a->m, &a->made.item, a->made.count, &a->made.room, sizeof *a->made.item);
		a->made.item[a->made.count++] = role;
	}
	if (!member)
		a->say(a->arg,
		    mem_fmt(a->m, "%s %s made%s", role ? "role" : "tablespace", role ? role : space,
			role ? ", without a password" : ""));
	return 0;
}

int
globals_apply(struct mem *m, const struct value *store, const char *spec,
    void (*say)(void *, const char *), void *arg, struct err *e)
{
	const struct value *list = value_get(store, "globals");
	struct apply a = { .m = m, .pg = pg_open(m, spec, "postgres", e), .say = say, .arg = arg };

	if (!a.pg)
		return -1;
	for (size_t i = 0; i < value_count(list); i++)
		if (apply_one(&a, value_item(list, i), e))
			return err_in(e, "--globals");
	pg_close(a.pg);
	return 0;
}
