/* ddl_grant.c - names, owners, privileges and comments. */
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"
#include "schema/expression.h"

static void
put(struct ddl *d, const struct model_object *o, bool alone, const char *sql)
{
	/* what stands in a function is its own */
	if (o->kind != MODEL_FUNCTION)
		sql = expression_write(d->m, sql);
	mem_grow(d->m, &d->statements, d->count, &d->room, sizeof *d->statements);
	d->statements[d->count++] = (struct ddl_statement){ sql, o, alone };
}

void
ddl_say(struct ddl *d, const struct model_object *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(d, o, false, mem_vfmt(d->m, fmt, ap));
	va_end(ap);
}

void
ddl_say_alone(struct ddl *d, const struct model_object *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	put(d, o, true, mem_vfmt(d->m, fmt, ap));
	va_end(ap);
}

void
ddl_leave(struct ddl *d, const struct model_object *o, const char *why)
{
	mem_grow(d->m, &d->rest, d->rest_count, &d->rest_room, sizeof *d->rest);
	d->rest[d->rest_count++] = (struct ddl_rest){ o, why };
}

const char *
ddl_sql_kind(const struct model_object *o)
{
	if (o->kind == MODEL_TABLE && model_get(o, PROP_SERVER))
		return "FOREIGN TABLE";
	return model_kind_info(o->kind)->sql;
}

char *
ddl_name(struct mem *m, const struct model_object *o)
{
	const char *kind = ddl_sql_kind(o);

	switch (o->kind) {
	case MODEL_INDEX: return mem_fmt(m, "INDEX %s.%s", o->schema, o->name);
	case MODEL_AGGREGATE: {
		size_t n = strlen(o->id);

		/* without arguments it says so, but not to GRANT */
		return n > 2 && !strcmp(o->id + n - 2, "()")
			   ? mem_fmt(m, "%s %.*s(*)", kind, (int)n - 2, o->id)
			   : mem_fmt(m, "%s %s", kind, o->id);
	}
	case MODEL_DOMAIN_CONSTRAINT:
		return mem_fmt(m, "CONSTRAINT %s ON DOMAIN %s", o->name, o->table->id);
	case MODEL_CONSTRAINT:
	case MODEL_TRIGGER:
	case MODEL_RULE:
	case MODEL_POLICY: return mem_fmt(m, "%s %s ON %s", kind, o->name, o->table->id);
	default: return mem_fmt(m, "%s %s", kind, o->id);
	}
}

/* Privileges: one line each grantee, "who=A,B*" */

static const char *
line_of(const char *acl, const char *who, size_t n)
{
	for (const char *p = acl; p && *p; p = model_next_line(p))
		if (!strncmp(p, who, n) && p[n] == '=')
			return p + n + 1;
	return NULL;
}

static char *
who_text(struct mem *m, const struct model_object *o, const char *who, size_t n)
{
	const char *owner = model_get(o, PROP_OWNER);

	if (n == 7 && !strncmp(who, "<owner>", n))
		return mem_string(m, owner ? owner
				     : model_is_public(o) ? "pg_database_owner"
						    : "CURRENT_USER");
	return mem_dup(m, who, n);
}

/* "SELECT,UPDATE*", up to the end of the line, in two statements: what may not be passed on, and
 * what may. BEFORE stands before GRANT, COLUMN after each, ON_TO (" ON t TO a") after all. */
static void
grant_list(struct ddl *d, const struct model_object *o, const char *before, const char *list,
    const char *column, const char *on_to)
{
	MEM_SCOPE(m);
	struct mem_text plain = { .m = m }, further = { .m = m };

	for (const char *p = list; *p && *p != '\n';) {
		size_t n = strcspn(p, ",\n");
		bool star = n && p[n - 1] == '*';
		struct mem_text *t = star ? &further : &plain;

		mem_text_fmt(t, "%s%.*s%s", t->len ? ", " : "", (int)(n - star), p, column);
		p += n + (p[n] == ',');
	}
	if (plain.len)
		ddl_say(d, o, "%sGRANT %s%s", before, plain.text, on_to);
	if (further.len)
		ddl_say(d, o, "%sGRANT %s%s WITH GRANT OPTION", before, further.text, on_to);
}

static void
grant(struct ddl *d, const struct model_object *o, const char *on, const char *list,
    const char *column, const char *who)
{
	MEM_SCOPE(m);

	grant_list(d, o, "", list, column, mem_fmt(m, " ON %s TO %s", on, who));
}

/* Did another one than the owner grant what the line says? */
static bool
is_by_another(const char *line)
{
	return line[model_grantee_len(line)] == '/';
}

static bool
is_chain(const char *acl)
{
	for (const char *l = acl; *l; l = model_next_line(l))
		if (is_by_another(l))
			return true;
	return false;
}

/* What others granted who may pass it on, each as the one who granted it: who has it from the
 * owner first, then those who have it from them. */
static void
grant_chain(struct ddl *d, const struct model_object *o, const char *on, const char *acl,
    const char *column)
{
	MEM_SCOPE(m);
	size_t most = strlen(acl) + 1, had = 0, count = 0;
	const char **has = mem_zero(m, most, sizeof *has);

	for (const char *l = acl; *l; l = model_next_line(l))
		if (!is_by_another(l))
			has[count++] = l;
	for (; had < count; had++) {
		size_t n = model_grantee_len(has[had]);

		for (const char *l = acl; *l; l = model_next_line(l)) {
			size_t who = model_grantee_len(l);
			const char *by = l + who + 1;
			bool done = l[who] != '/' || strncmp(by, has[had], n) || by[n] != '=';

			for (size_t i = 0; i < count && !done; i++)
				done = has[i] == l;
			if (done)
				continue;
			has[count++] = l;
			ddl_say(d, o, "SET LOCAL ROLE %.*s", (int)n, by);
			grant(d, o, on, by + n + 1, column, who_text(m, o, l, who));
			ddl_say(d, o, "RESET ROLE");
		}
	}
}

/* What is taken from WHO on a table goes from its columns, too: they get theirs once more. */
static void
regrant_columns(struct plan *p, const struct model_object *o, const char *on, const char *who,
    size_t n)
{
	for (size_t i = 0; i < p->to->count; i++) {
		const struct model_object *c = p->to->objects[i];
		bool column = c->kind == MODEL_COLUMN && c->table == o;
		const char *name = column ? c->name : model_get(c, PROP_COLUMNS);
		const char *line = line_of(model_get(c, PROP_ACL), who, n);

		if (line && !plan_is_made(p, c) &&
		    (column || (c->kind == MODEL_PRIVILEGES && name && !strcmp(c->name, on))))
			grant(p->out, c, on, line, mem_fmt(p->m, " (%s)", name),
			    who_text(p->m, o, who, n));
	}
}

/* GRANT takes no ORDER BY in arguments: they are one list, and a VARIADIC on both sides is one. */
static const char *
grant_name(struct mem *m, const struct model_object *o)
{
	const char *by = o->kind == MODEL_AGGREGATE ? strstr(o->id, "ORDER BY ") : NULL,
		   *variadic = strstr(o->id, "VARIADIC ");

	if (!by)
		return o->kind == MODEL_COLUMN ? o->table->id : o->id;
	if (variadic && variadic < by)
		return mem_fmt(m, "%.*s)", (int)(by - 1 - o->id), o->id);
	return mem_fmt(m, "%.*s%s%s", (int)(by - (by[-1] == ' ') - o->id), o->id,
	    by[-1] == ' ' ? ", " : "", by + strlen("ORDER BY "));
}

static void
regrant(struct plan *p, const struct model_object *o, const char *old, const char *new)
{
	const char *owner = model_get(o, PROP_OWNER);
	struct ddl *d = p->out;
	MEM_SCOPE(m);
	const char *word = model_kind_info(o->kind)->grant, *column = "", *on = o->name;
	/* what hangs on a privilege goes with it: then all is granted anew */
	bool chain = is_chain(old) || is_chain(new);

	if (o->kind == MODEL_COLUMN)
		column = mem_fmt(m, " (%s)", o->name);
	if (o->kind == MODEL_PRIVILEGES && model_get(o, PROP_COLUMNS))
		column = mem_fmt(m, " (%s)", model_get(o, PROP_COLUMNS));
	if (o->kind != MODEL_PRIVILEGES)
		on = mem_fmt(m, "%s %s", word, grant_name(m, o));
	for (const char *l = old; *l; l = model_next_line(l)) {
		size_t n = strcspn(l, "=");
		const char *now = line_of(new, l, n);

		/* whoever owns it now has all of it from ALTER OWNER */
		if (owner && strlen(owner) == n && !strncmp(l, owner, n))
			continue;
		if (chain ? is_by_another(l) || !strncmp(l, "<owner>=", 8) :
			    now && strcspn(now, "\n") == strcspn(l + n + 1, "\n") &&
			    !strncmp(now, l + n + 1, strcspn(now, "\n")))
			continue;
		ddl_say(d, o, "REVOKE ALL%s ON %s FROM %s%s", column, on, who_text(m, o, l, n),
		    chain ? " CASCADE" : "");
		if (!*column)
			regrant_columns(p, o, on, l, n);
	}
	if (line_of(old, "<owner>", 7) && !line_of(new, "<owner>", 7) && !*column)
		ddl_say(d, o, "GRANT ALL ON %s TO %s", on, who_text(m, o, "<owner>", 7));
	for (const char *l = new; *l; l = model_next_line(l)) {
		size_t n = strcspn(l, "=");
		const char *before = line_of(old, l, n);

		if (is_by_another(l))
			continue;
		if (!before && !strncmp(l, "<owner>=", 8) && !*column)
			ddl_say(d, o, "REVOKE ALL ON %s FROM %s", on, who_text(m, o, l, n));
		if (chain || !before || strcspn(before, "\n") != strcspn(l + n + 1, "\n") ||
		    strncmp(before, l + n + 1, strcspn(before, "\n")))
			grant(d, o, on, l + n + 1, column, who_text(m, o, l, n));
	}
	grant_chain(d, o, on, new, column);
}

void
ddl_privileges(struct plan *p, const struct model_object *o, bool give)
{
	const char *first = model_get(o, PROP_WRITTEN), *now = model_get(o, PROP_ACL);

	first = first ? first : "";
	regrant(p, o, give ? first : now, give ? now : first);
}

void
ddl_grant(struct plan *p, const struct model_object *from, const struct model_object *to)
{
	const char *owner = model_get(to, PROP_OWNER), *acl = model_get(to, PROP_ACL),
		   *comment = model_get(to, PROP_COMMENT);
	const char *old = from ? model_get(from, PROP_ACL) : NULL;

	if (!plan_same(owner, from ? model_get(from, PROP_OWNER) : NULL) &&
	    !(from && plan_owner_follows(p, to)))
		ddl_say(p->out, to, "ALTER %s OWNER TO %s", ddl_name(p->m, to),
		    owner ? owner : model_is_public(to) ? "pg_database_owner" : "CURRENT_USER");
	if (!plan_same(acl, old) && model_kind_info(to->kind)->grant)
		/* "empty" is of no version */
		regrant(p, to,
		    old ? old :
			  model_usual_acl(
			      p->m, from && p->from->server_version ? p->from : p->to, to),
		    acl ? acl : model_usual_acl(p->m, p->to, to));
	if (!plan_same(comment, from ? model_get(from, PROP_COMMENT) : NULL))
		ddl_say(p->out, to, "COMMENT ON %s IS %s", ddl_name(p->m, to),
		    comment	    ? pg_quote_literal(p->m, comment)
		    : model_is_public(to) ? "'standard public schema'"
				    : "NULL");
}

/* What FOR ROLE keeps of its own privileges on what it makes: WHAT, up to the end of the line; not
 * GIVE: all. */
static void
change_owner_default(struct plan *p, const struct model_object *o, const char *what, bool give)
{
	const char *on = strstr(o->name, " ON "), *maker = o->name + strlen("FOR ROLE ");
	const char *before = mem_fmt(p->m, "ALTER DEFAULT PRIVILEGES %.*s ", (int)(on - o->name),
	    o->name);
	int role = (int)(on - maker);

	if (give)
		ddl_say(p->out, o, "%sREVOKE ALL%s FROM %.*s", before, on, role, maker);
	grant_list(p->out, o, before, give ? what : "ALL", "",
	    mem_fmt(p->m, "%s TO %.*s", on, role, maker));
}

/* Each name of the default privileges: FOR ROLE x IN SCHEMA y ON TABLES. */
void
ddl_default_privileges(struct plan *p, const struct model_object *o, bool give)
{
	const char *on = strstr(o->name, " ON "), *text = model_get(o, PROP_DEFINITION),
		   *acl = text ? text : "";
	const char *maker = o->name + strlen("FOR ROLE "), *in = strstr(maker, " IN SCHEMA ");
	int n = (int)(on - o->name), role = (int)((in ? in : on) - maker);
	bool global = !model_get(o, PROP_IN_SCHEMA), functions = !strcmp(on, " ON ROUTINES"),
	     types = !strcmp(on, " ON TYPES");

	for (const char *line = acl; *line; line = model_next_line(line)) {
		int who = (int)strcspn(line, "=");
		bool owner = !strncmp(line, "<owner>=", 8), everyone = !strncmp(line, "PUBLIC=", 7);

		if (global && everyone && (functions || types))
			continue;
		if (global && owner)
			change_owner_default(p, o, line + who + 1, give);
		else if (give)
			grant_list(p->out, o,
			    mem_fmt(p->m, "ALTER DEFAULT PRIVILEGES %.*s ", n, o->name),
			    line + who + 1, "",
			    mem_fmt(p->m, "%s TO %.*s", on, owner ? role : who,
				owner ? maker : line));
		else
			ddl_say(p->out, o, "ALTER DEFAULT PRIVILEGES %.*s REVOKE ALL%s FROM %.*s",
			    n, o->name, on, owner ? role : who, owner ? maker : line);
	}
	if (global && (functions || types) && !strstr(acl, "PUBLIC="))
		ddl_say(p->out, o, "ALTER DEFAULT PRIVILEGES %.*s %s %s%s %s PUBLIC", n, o->name,
		    give ? "REVOKE" : "GRANT", functions ? "EXECUTE" : "USAGE", on,
		    give ? "FROM" : "TO");
}
