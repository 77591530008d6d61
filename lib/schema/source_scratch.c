/* source_scratch.c - databases on the scratch server, and what loads them. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "schema/load.h"
#include "schema/source_private.h"

enum { UNDO_SECONDS = 15, MAX_ROLES = 200, OUTPUT_MAX = 64 << 20 };

const char source_kept[] = "handrail_kept";

int
source_ready_kept(struct source_set *s, const char *key, struct err *e)
{
	return (s->scratch = pg_scratch_start_kept(s->m, s->server_version, key, e)) ? 0 : -1;
}

int
source_ready(struct source_set *s, struct err *e)
{
	if (s->server)
		/* stays open: what is made on a server that is not ours goes although stop was
		 * asked */
		return s->admin || (s->admin = pg_open(s->m, s->server, NULL, e)) ? 0 : -1;
	return s->scratch || (s->scratch = pg_scratch_start(s->m, s->server_version, e)) ? 0 : -1;
}

/* Where the scratch databases are, for pg_open. */
static const char *
server(struct source_set *s)
{
	return s->server ? s->server : pg_scratch_uri(s->m, s->scratch, "postgres");
}

struct pg *
source_connect(struct source_set *s, struct mem *m, const char *database, struct err *e)
{
	return source_ready(s, e) ? NULL : pg_open(m, server(s), database, e);
}

static int
admin(struct source_set *s, const char *sql, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = source_connect(s, m, NULL, e);

	return pg ? pg_exec(pg, sql, e) : -1;
}

/* A database on a server that is not ours to throw away. */
struct made {
	struct source_set *set;
	const char *name;
};

static void
drop_database(void *made)
{
	struct made *d = made;
	struct pg *pg = d->set->admin;
	struct err ignored;
	MEM_SCOPE(m);

	if (pg) {
		pg_shield(pg, UNDO_SECONDS);
		/* what a program that was stopped left running there */
		pg_exec(pg,
		    mem_fmt(m,
			"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = "
			"'%s'",
			d->name),
		    &ignored);
		for (int i = 0; i < 50 &&
		     pg_exec(pg, mem_fmt(m, "DROP DATABASE IF EXISTS %s", d->name), &ignored) &&
		     !strcmp(ignored.word, "sql-55006");
		     i++)
			poll(NULL, 0, 100);
	}
	free(d);
}

/* A name of its own; what gets it is dropped at the end. */
const char *
source_reserve(struct source_set *s, struct err *e)
{
	const char *name = mem_fmt(s->m, "handrail_schema_%ld_%d", (long)getpid(), s->databases++);

	/* the connection that drops it is older, so that it outlives it */
	if (source_ready(s, e))
		return NULL;
	if (s->server) {
		struct made *d = mem_must(malloc(sizeof *d));

		*d = (struct made){ s, name };
		mem_own(s->m, d, drop_database);
	}
	return name;
}

const char *
source_create_database(struct source_set *s, const char *template, struct err *e)
{
	const char *name = source_reserve(s, e);

	return !name ||
		admin(s,
		    mem_fmt(s->m, "CREATE DATABASE %s TEMPLATE %s", name,
			template ? template : "template0"),
		    e) ?
	    NULL :
	    name;
}

const char *
source_keep(struct source_set *s, const char *database, struct err *e)
{
	if (admin(s, mem_fmt(s->m, "ALTER DATABASE %s RENAME TO %s", database, source_kept), e) ||
	    admin(s, "CHECKPOINT", e))
		return NULL;
	pg_scratch_keep(s->scratch);
	return source_kept;
}

/* The role of which OUTPUT says that it WHAT ("does not exist"), or NULL. */
static char *
role_that(struct mem *m, const char *output, const char *what)
{
	const char *p = strstr(output, "role \""), *end = p ? strstr(p, what) : NULL;

	return end && !memchr(p, '\n', (size_t)(end - p)) ? mem_dup(m, p + 6, (size_t)(end - p - 6))
							  : NULL;
}

/* Make a role that is missing. One that the script wants to make, and that the other side's script
 * has made, gets out of the way: its names are in the other model already. 1: nothing to mend. */
static int
mend_roles(struct source_set *s, const char *output, struct err *e)
{
	MEM_SCOPE(m);
	char *role = role_that(m, output, "\" does not exist");

	if (role)
		return admin(s, mem_fmt(m, "CREATE ROLE %s", pg_quote_exactly(m, role)), e);
	if (s->server || !(role = role_that(m, output, "\" already exists")))
		return 1;
	s->roles_moved++;
	return admin(s,
	    mem_fmt(m, "ALTER ROLE %s RENAME TO %s", pg_quote_exactly(m, role),
		pg_quote_exactly(m, mem_fmt(m, "%s before %d", role, s->roles_moved))),
	    e);
}

static int
start_anew(struct source_set *s, const struct source_job *job, struct err *e)
{
	MEM_SCOPE(m);

	return admin(s, mem_fmt(m, "DROP DATABASE IF EXISTS %s", job->database), e) ||
	    (!job->makes && admin(s, mem_fmt(m, "CREATE DATABASE %s TEMPLATE %s", job->database,
	    job->template ? job->template : "template0"), e));
}

/* What a program said: ours in its closing record, others on their way. */
static int
blame(struct source_set *s, const struct source_job *job, const struct proc_result *r,
    struct err *e)
{
	struct err ignored;
	const struct value *error = value_get(source_last_record(s->m, r->out, r->out_len,
						  &ignored),
	    "error");
	const char *text = value_get_string(error, "message"),
		   *hint = value_get_string(error, "hint");

	if (!text)
		text = r->output_len ? r->output : "failed without a word";
	err_set(e, FAIL_TROUBLE, "bad-sql", "%s: %s", job->shown, text);
	/* the second until 14 */
	if (strstr(text, "is not available") || strstr(text, "open extension control file")) {
		const char *missing = job->sql ? source_missing_extensions(s, job->sql) : NULL;

		return err_hint(e,
		    "install %s for the scratch server, or name another one with "
		    "--server-version or "
		    "--scratch",
		    missing ? missing : "the extension");
	}
	return error && hint ? err_hint(e, "%s", hint) : -1;
}

const struct value *
source_last_record(struct mem *m, const char *out, size_t len, struct err *e)
{
	const char *last;

	while (len && out[len - 1] == '\n')
		len--;
	last = len ? memrchr(out, '\n', len) : NULL;
	last = last ? last + 1 : out;
	return value_parse(m, last, len - (size_t)(last - out), e);
}

int
source_load_by(struct source_set *s, const struct source_job *job, struct proc_result *r,
    struct err *e)
{
	const char *const *env = pg_spec_environment(s->m, server(s),
	    job->makes ? NULL : job->database, e);
	struct proc_spec spec = { .argv = job->argv,
		.env = env,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.keep = OUTPUT_MAX };

	if (!env)
		return -1;
	for (int tries = 0; tries < MAX_ROLES; tries++) {
		int mended;

		if (proc_run(s->m, &spec, r, e))
			return -1;
		if (!r->status)
			return 0;
		if ((mended = mend_roles(s, r->output, e)) > 0)
			break;
		if (mended || start_anew(s, job, e))
			return -1;
	}
	return blame(s, job, r, e);
}

int
source_read_scratch(struct source_set *s, const char *database, const char *shown,
    struct source *out, struct err *e)
{
	struct pg *pg = source_connect(s, s->m, database, e);

	if (!pg || !(out->model = load_model(s->m, pg, s->needs, shown, e)))
		return -1;
	out->scratch_database = database;
	pg_close(pg);
	return 0;
}
