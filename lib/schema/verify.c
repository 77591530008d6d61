/* verify.c - runs the statements on a scratch copy. */
#include <string.h>

#include "pg/conn.h"
#include "schema/expression.h"
#include "schema/load.h"
#include "schema/verify.h"

static int
apply(struct pg *pg, const struct ddl *s, struct err *e)
{
	MEM_SCOPE(m);
	bool open = false;

	if (pg_exec(pg, ddl_preamble, e))
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		const struct ddl_statement *t = &s->statements[i];

		if (open == t->alone && pg_exec(pg, open ? "COMMIT" : "BEGIN", e))
			return -1;
		open = !t->alone;
		if (pg_exec(pg, t->sql, e)) {
			const struct pg_report *r = pg_report(pg);
			char *why = mem_string(m, r && r->message ? r->message : e->text);

			return err_set(e, FAIL_TROUBLE, "verification",
			    "the server does not take \"%.300s\": %s", t->sql, why);
		}
	}
	return open ? pg_exec(pg, "COMMIT", e) : 0;
}

/* Whom O names: owner, grantees, whom a policy or default privileges are for; one a line. */
static char *
names_of(struct mem *m, const struct model_object *o)
{
	const char *owner = model_get(o, PROP_OWNER), *roles = model_get(o, PROP_ROLES);
	const char *acl = model_get(o,
	    o->kind == MODEL_DEFAULT_PRIVILEGES ? PROP_DEFINITION : PROP_ACL);
	struct mem_text names = { .m = m };

	mem_text_fmt(&names, "%s\n", owner ? owner : "");
	for (const char *p = acl ? acl : ""; *p; p = model_next_line(p)) {
		size_t n = model_grantee_len(p);

		mem_text_fmt(&names, "%.*s\n", (int)n, p);
		if (p[n] == '/')
			mem_text_fmt(
			    &names, "%.*s\n", (int)model_grantee_len(p + n + 1), p + n + 1);
	}
	for (const char *p = roles ? roles : ""; *p; p += strcspn(p, ","), p += strspn(p, ", "))
		mem_text_fmt(&names, "%.*s\n", (int)strcspn(p, ","), p);
	if (o->kind == MODEL_DEFAULT_PRIVILEGES)
		mem_text_fmt(&names, "%.*s\n", (int)strcspn(o->name + strlen("FOR ROLE "), " "),
		    o->name + strlen("FOR ROLE "));
	return names.text;
}

/* Roles are in the cluster, not in the copy. */
static int
make_roles(struct source_set *s, const struct model *mo, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = source_connect(s, m, NULL, e);

	for (size_t i = 0; pg && i < mo->count; i++)
		for (const char *p = names_of(m, mo->objects[i]); *p; p = model_next_line(p)) {
			int n = (int)strcspn(p, "\n");

			if (!n || !strncmp(p, "<owner>", 7) || !strncmp(p, "PUBLIC", 6) ||
			    !strncmp(p, "CURRENT_USER", 12) || !strncmp(p, "pg_", 3))
				continue;
			if (pg_exec(pg,
				mem_fmt(m,
				    "DO $$BEGIN CREATE ROLE %.*s; EXCEPTION WHEN duplicate_object "
				    "THEN NULL; END$$",
				    n, p),
				e))
				return -1;
		}
	return pg ? 0 : -1;
}

/* The server does not always print an expression as it has read it: what was made of a text may
 * read otherwise. */
static bool
is_printed(const struct diff_change *c)
{
	return c->action == DIFF_ALTER && c->kind != MODEL_FUNCTION &&
	       c->old && c->new && expression_alike(c->old, c->new) &&
	       (c->prop == PROP_DEFINITION || c->prop == PROP_DEFAULT ||
		   c->prop == PROP_GENERATED || c->prop == PROP_USING || c->prop == PROP_CHECK);
}

/* Is what was got what ECHO has, too: a copy that was made of nothing but the wanted texts? */
static bool
is_echo(const struct diff_change *c, const struct model *echo)
{
	const struct model_object *o = model_find(echo, c->kind, c->from->id);

	return o && expression_same(c->old, model_get(o, c->prop));
}

/* What a failed CREATE INDEX CONCURRENTLY leaves, no SQL makes: a copy has a valid index. */
static bool
is_invalid_index(const struct diff_change *c)
{
	return c->action == DIFF_ALTER && c->kind == MODEL_INDEX && c->prop == PROP_VALID &&
	    !c->old && !model_get(c->to->table, PROP_PARTITION_KEY);
}

/* Is it nothing but whether an heir has from its parents alone what it has? The script says then
 * that this stays as it is. */
static bool
is_left(const struct diff_change *c, struct ddl *script)
{
	size_t i = 0;

	if (c->prop != PROP_INHERITED &&
	    !(c->prop == PROP_NOT_NULL_FROM && model_same(c->new, "parent")))
		return false;
	while (script && i < script->rest_count && script->rest[i].object != c->to)
		i++;
	if (script && i == script->rest_count)
		ddl_leave_from(script, c->to, c->prop);
	return true;
}

/* How many differences count; MAYBE: those that only an echo can excuse, when there is none yet.
 * The first, for the message. */
static size_t
compare(struct mem *m, const struct model *got, const struct model *want,
    const struct model *echo, struct ddl *script, struct mem_text *first, size_t *maybe)
{
	struct diff *d = diff_models(m, got, want);
	size_t n = 0;

	*maybe = 0;
	*first = (struct mem_text){ .m = m };
	for (size_t i = 0; i < d->count; i++) {
		const struct diff_change *c = &d->changes[i];

		if (is_invalid_index(c) || is_left(c, script))
			continue;
		if (is_printed(c) && (echo ? is_echo(c, echo) : ++*maybe))
			continue;
		if (n++ < 3)
			mem_text_fmt(first, "\n%s", diff_line(m, c));
	}
	return n;
}

/* A database made by SQL of our own from MO, and what it then holds. */
static struct model *
make_copy(struct source_set *s, const struct model *mo, const char **database, struct err *e)
{
	struct model *empty = model_new(s->m, "empty"), *got;
	struct pg *pg;

	if (!(*database = source_create_database(s, NULL, e)) || make_roles(s, mo, e) ||
	    !(pg = source_connect(s, s->m, *database, e)))
		return NULL;
	empty->server_version = pg_server_version(pg);
	model_add(empty, MODEL_SCHEMA, NULL, NULL, "public", NULL);
	model_finish(empty);
	got = apply(pg, ddl_write(s->m, empty, mo, false), e)
		  ? NULL
		  : load_model(s->m, pg, false, "the copy", e);
	pg_close(pg);
	return got;
}

/* Subscriptions are the server's, and not copied with a database. */
static bool
subscribes(const struct model *mo)
{
	size_t first;

	return model_of_kind(mo, MODEL_SUBSCRIPTION, &first) > 0;
}

const char *
verify_copy(
    struct source_set *s, const struct source *from, const struct model_filter *f, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text first;
	struct model *got;
	const char *database;
	size_t n, maybe;

	if (from->scratch_database && !s->roles_moved && !subscribes(from->model))
		return source_create_database(s, from->scratch_database, e);
	if (!(got = make_copy(s, from->model, &database, e)))
		return NULL;
	model_reduce(got, f);
	/* all of it was made of the very texts: it is its own echo */
	if ((n = compare(m, got, from->model, got, NULL, &first, &maybe)))
		err_set(e, FAIL_TROUBLE, "verification",
		    "in a scratch copy of the first schema, %zu things still differ:%s", n,
		    first.text);
	return n ? NULL : database;
}

int
verify_statements(struct source_set *s, const struct source *from, const struct model *to,
    struct ddl *statements, const struct model_filter *f, struct err *e)
{
	MEM_SCOPE(m);
	const char *database = verify_copy(s, from, f, e), *other;
	struct model *got, *echo;
	struct mem_text first;
	size_t n, maybe;
	struct pg *pg;

	if (!database || make_roles(s, to, e) || !(pg = source_connect(s, m, database, e)))
		return -1;
	if (apply(pg, statements, e) || !(got = load_model(m, pg, false, "the copy", e)))
		return -1;
	model_reduce(got, f);
	n = compare(m, got, to, NULL, statements, &first, &maybe);
	if (maybe) {
		if (!(echo = make_copy(s, to, &other, e)))
			return err_in(e, "making a scratch copy of the second schema");
		n = compare(m, got, to, echo, statements, &first, &maybe);
	}
	return n ? err_set(e, FAIL_TROUBLE, "verification",
		       "after the SQL was applied to a scratch copy, %zu things still differ:%s", n,
		       first.text)
		 : 0;
}
