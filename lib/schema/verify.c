/* verify.c - runs the statements on a scratch copy. */
#include <string.h>

#include "pg/conn.h"
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

/* Roles that grants and owners name are in the cluster, not in the copy. */
static int
make_roles(struct source_set *s, const struct model *mo, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = source_connect(s, m, NULL, e);

	for (size_t i = 0; pg && i < mo->count; i++) {
		const char *owner = model_get(mo->objects[i], PROP_OWNER),
			   *acl = model_get(mo->objects[i], PROP_ACL);
		struct mem_text names = { .m = m };

		mem_text_fmt(&names, "%s\n", owner ? owner : "");
		for (const char *p = acl ? acl : ""; *p; p += strcspn(p, "\n"), p += *p == '\n')
			mem_text_fmt(&names, "%.*s\n", (int)strcspn(p, "="), p);
		for (const char *p = names.text; *p; p += strcspn(p, "\n"), p += *p == '\n') {
			int n = (int)strcspn(p, "\n");

			if (!n || !strncmp(p, "<owner>", 7) || !strncmp(p, "PUBLIC", 6) ||
			    !strncmp(p, "pg_", 3))
				continue;
			if (pg_exec(pg,
				mem_fmt(m,
				    "DO $$BEGIN CREATE ROLE %.*s; EXCEPTION WHEN duplicate_object "
				    "THEN NULL; END$$",
				    n, p),
				e))
				return -1;
		}
	}
	return pg ? 0 : -1;
}

/* What differs first, for the message. */
static int
compare(struct mem *m, const struct model *got, const struct model *want, const char *what,
    struct err *e)
{
	struct diff *d = diff_models(m, got, want);
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < d->count && i < 3; i++)
		mem_text_fmt(&t, "\n%s", diff_line(m, &d->changes[i]));
	if (!d->count)
		return 0;
	return err_set(e, FAIL_TROUBLE, "verification", "%s, %zu things still differ:%s", what,
	    d->count, t.text);
}

const char *
verify_copy(
    struct source_set *s, const struct source *from, const struct model_filter *f, struct err *e)
{
	MEM_SCOPE(m);
	struct model *empty = model_new(m, "empty"), *got;
	const char *database;
	struct pg *pg;

	if (from->scratch_database && !s->roles_moved)
		return source_create_database(s, from->scratch_database, e);
	if (!(database = source_create_database(s, NULL, e)) || make_roles(s, from->model, e) ||
	    !(pg = source_connect(s, m, database, e)))
		return NULL;
	model_add(empty, MODEL_SCHEMA, NULL, NULL, "public", NULL);
	model_finish(empty);
	if (apply(pg, ddl_write(m, empty, from->model, false), e) ||
	    !(got = load_model(m, pg, false, "the copy", e)))
		return NULL;
	model_reduce(got, f);
	return compare(m, got, from->model, "in a scratch copy of the first schema", e) ? NULL
											: database;
}

int
verify_statements(struct source_set *s, const struct source *from, const struct model *to,
    const struct ddl *statements, const struct model_filter *f, struct err *e)
{
	MEM_SCOPE(m);
	const char *database = verify_copy(s, from, f, e);
	struct model *got;
	struct pg *pg;

	if (!database || make_roles(s, to, e) || !(pg = source_connect(s, m, database, e)))
		return -1;
	if (apply(pg, statements, e) || !(got = load_model(m, pg, false, "the copy", e)))
		return -1;
	model_reduce(got, f);
	return compare(m, got, to, "after the SQL was applied to a scratch copy", e);
}
