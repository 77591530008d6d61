/* source.c - makes a model of whatever is named on the command line. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/proc.h"
#include "schema/load.h"
#include "schema/source.h"

enum { MAX_JSON = 1 << 30, MAX_ROLES = 200 };

static int
ready(struct source_set *s, struct err *e)
{
	if (!s->server && !s->scratch &&
	    !(s->scratch = pg_scratch_start(s->m, s->server_version, e)))
		return -1;
	return 0;
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
	return ready(s, e) ? NULL : pg_open(m, server(s), database, e);
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
	struct err ignored;
	MEM_SCOPE(m);

	admin(d->set, mem_fmt(m, "DROP DATABASE IF EXISTS %s", d->name), &ignored);
	free(d);
}

/* A name of its own; what gets it is dropped at the end. */
static const char *
reserve(struct source_set *s)
{
	const char *name = mem_fmt(s->m, "handrail_schema_%ld_%d", (long)getpid(), s->databases++);

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
	const char *name = reserve(s);

	if (ready(s, e) || admin(s,
			       mem_fmt(s->m, "CREATE DATABASE %s TEMPLATE %s", name,
				   template ? template : "template0"),
			       e))
		return NULL;
	return name;
}

/* The role of which OUTPUT says that it WHAT ("does not exist"), or NULL. */
static char *
role_that(struct mem *m, const char *output, const char *what)
{
	const char *p = strstr(output, "role \""), *end = p ? strstr(p, what) : NULL;

	return end && !memchr(p, '\n', (size_t)(end - p)) ? mem_dup(m, p + 6, (size_t)(end - p - 6))
							  : NULL;
}

static char *
quoted(struct mem *m, const char *name)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "\"", 1);
	for (const char *p = name; *p; p++)
		mem_text_add(&t, *p == '"' ? "\"\"" : p, *p == '"' ? 2 : 1);
	mem_text_add(&t, "\"", 1);
	return t.text;
}

/* Make a role that is missing. One that the script wants to make, and that the other side's script
 * has made, gets out of the way: its names are in the other model already. 1: nothing to mend. */
static int
mend_roles(struct source_set *s, const char *output, struct err *e)
{
	MEM_SCOPE(m);
	char *role = role_that(m, output, "\" does not exist");

	if (role)
		return admin(s, mem_fmt(m, "CREATE ROLE %s", quoted(m, role)), e);
	if (s->server || !(role = role_that(m, output, "\" already exists")))
		return 1;
	s->roles_moved++;
	return admin(s,
	    mem_fmt(m, "ALTER ROLE %s RENAME TO %s", quoted(m, role),
		quoted(m, mem_fmt(m, "%s before %d", role, s->roles_moved))),
	    e);
}

static int
start_anew(struct source_set *s, const char *database, bool make, struct err *e)
{
	MEM_SCOPE(m);

	return admin(s, mem_fmt(m, "DROP DATABASE IF EXISTS %s", database), e) ||
	       (make && admin(s, mem_fmt(m, "CREATE DATABASE %s TEMPLATE template0", database), e));
}

/* Run a program that loads DATABASE, and MAKEs it itself or not; as long as it fails for want of a
 * role, make the role and begin again. */
static int
load_by(struct source_set *s, const char *database, bool makes, const char *const *argv,
    const char *shown, struct err *e)
{
	const char *const *env = pg_spec_environment(s->m, server(s), makes ? NULL : database, e);
	struct proc_spec spec = { .argv = argv, .env = env, .in = -1, .out = -1, .errfd = -1 };
	struct proc_result r;

	if (!env)
		return -1;
	for (int tries = 0; tries < MAX_ROLES; tries++) {
		int mended;

		if (proc_run(s->m, &spec, &r, e))
			return -1;
		if (!r.status)
			return 0;
		if ((mended = mend_roles(s, r.output, e)) > 0)
			break;
		if (mended || start_anew(s, database, !makes, e))
			return -1;
	}
	err_set(e, FAIL_TROUBLE, "bad-sql", "%s: %s", shown,
	    r.output_len ? r.output : "failed without a word");
	if (strstr(r.output, "is not available"))
		err_hint(e, "install the extension for the scratch server, or name another one "
			    "with --server-version or --scratch");
	return -1;
}

/* By psql, which knows its own lines and the data of COPY. */
static int
run_file(
    struct source_set *s, const char *database, const char *file, const char *shown, struct err *e)
{
	/* the newest: it speaks with every older server, and a server's directory need not hold it */
	const char *dir = pg_find_bindir(s->m, "psql", 0, e);
	const char *const argv[] = { dir ? mem_fmt(s->m, "%s/psql", dir) : "psql", "-Xqtb", "-v",
		"ON_ERROR_STOP=1", "-o", "/dev/null", "-f", file, NULL };

	return load_by(s, database, false, argv, shown, e);
}

static int
read_scratch(struct source_set *s, const char *database, const char *shown, struct source *out,
    struct err *e)
{
	struct pg *pg = source_connect(s, s->m, database, e);

	if (!pg || !(out->model = load_model(s->m, pg, s->needs, shown, e)))
		return -1;
	out->scratch_database = database;
	pg_close(pg);
	return 0;
}

/* Kinds of sources */

static int
open_empty(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	struct model *mo = model_new(s->m, spec);

	(void)rest;
	(void)e;
	/* what a new database holds is not nothing at all */
	model_add(mo, MODEL_SCHEMA, NULL, NULL, "public", NULL);
	model_finish(mo);
	mo->has_needs = true;
	out->model = mo;
	return 0;
}

static int
open_sql(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *database;

	(void)rest;
	if (access(spec, R_OK))
		return err_sys(e, "%s", spec);
	if (!(database = source_create_database(s, NULL, e)) ||
	    run_file(s, database, spec, spec, e))
		return -1;
	return read_scratch(s, database, spec, out, e);
}

/* The records that --dump writes: the newest model among them. */
static int
open_json(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	size_t len;
	char *text = io_read_file(s->m, spec, MAX_JSON, &len, e);
	const struct value *v, *model = NULL;

	(void)rest;
	if (!text)
		return -1;
	for (size_t used; len && strspn(text, " \n") < len; text += used, len -= used) {
		const struct value *in;

		if (!(v = value_parse_first(s->m, text, len, &used, e)))
			return err_in(e, "%s", spec);
		if ((in = value_at(v, "result.model")))
			model = in;
	}
	return (out->model = model_from_value(s->m, model, spec, e)) ? 0 : -1;
}

/* A program of ours: beside this one, else on PATH. */
static char *
ours(struct mem *m, const char *name)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	char *slash, *path;

	if (n > 0) {
		self[n] = 0;
		if ((slash = strrchr(self, '/'))) {
			*slash = 0;
			path = mem_fmt(m, "%s/%s", self, name);
			if (!access(path, X_OK))
				return path;
		}
	}
	return mem_string(m, name);
}

static int
open_migrations(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *database;
	struct stat st;

	if (stat(rest, &st))
		return err_sys(e, "%s", rest);
	if (!(database = source_create_database(s, NULL, e)))
		return -1;
	{
		const char *const argv[] = { ours(s->m, "migrate-apply"), "-nq",
			mem_fmt(s->m, "--pg=dbname=%s", database), rest, NULL };

		if (load_by(s, database, false, argv, spec, e))
			return -1;
	}
	return read_scratch(s, database, spec, out, e);
}

static int
open_snapshot(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *database = reserve(s), *const argv[] = { ours(s->m, "snapshot-restore"), "-nq",
		"--pg-into=dbname=postgres", mem_fmt(s->m, "--create-db=%s", database), rest,
		NULL };

	if (access(rest, R_OK))
		return err_sys(e, "%s", rest);
	if (ready(s, e) || load_by(s, database, true, argv, spec, e))
		return -1;
	return read_scratch(s, database, spec, out, e);
}

static int
run_quiet(struct source_set *s, const char *const *argv, const char *shown, struct err *e)
{
	struct proc_spec spec = { .argv = argv, .in = -1, .out = -1, .errfd = -1 };
	struct proc_result r;

	if (proc_run(s->m, &spec, &r, e))
		return -1;
	return r.status ? err_set(e, FAIL_TROUBLE, "bad-input", "%s: %s", shown, r.output) : 0;
}

static void
remove_tree(void *path)
{
	struct err ignored;

	io_remove_tree(path, &ignored);
	free(path);
}

/* git:REV:DIR without a checkout: git archive, unpacked into a directory of our own. */
static int
open_git(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *colon = strchr(rest, ':'), *tmp = getenv("TMPDIR");
	char *dir =
		 mem_must(strdup(mem_fmt(s->m, "%s/handrail.XXXXXX", tmp && *tmp ? tmp : "/tmp"))),
	     *tar;

	if (!colon || !colon[1]) {
		free(dir);
		return err_set(
		    e, FAIL_TROUBLE, "usage", "%s: git:REVISION:DIRECTORY is wanted", spec);
	}
	if (!mkdtemp(dir)) {
		free(dir);
		return err_sys(e, "temporary directory");
	}
	mem_own(s->m, dir, remove_tree);
	tar = mem_fmt(s->m, "%s/tree.tar", dir);
	{
		const char *const archive[] = { "git", "archive", "--format=tar",
			mem_fmt(s->m, "--output=%s", tar),
			mem_fmt(s->m, "%.*s:%s%s", (int)(colon - rest), rest,
			    colon[1] == '/' ? "" : "./", colon + 1),
			NULL };
		const char *const unpack[] = { "tar", "-xf", tar, "-C", dir, NULL };

		if (run_quiet(s, archive, spec, e) || run_quiet(s, unpack, spec, e))
			return -1;
	}
	unlink(tar);
	return open_migrations(s, spec, dir, out, e);
}

static int
open_database(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	struct pg *pg = pg_open(s->m, spec, NULL, e);

	(void)rest;
	if (!pg || !(out->model = load_model(s->m, pg, s->needs, mem_string(s->m, pg_uri(pg)), e)))
		return -1;
	pg_close(pg);
	return 0;
}

static const struct kind {
	const char *prefix, *suffix;
	int (*open)(
	    struct source_set *, const char *spec, const char *rest, struct source *, struct err *);
} kinds[] = {
	{ "migrations:", "", open_migrations },
	{ "git:", "", open_git },
	{ "snapshot:", "", open_snapshot },
	{ "empty", NULL, open_empty },
	{ "", ".sql", open_sql },
	{ "", ".json", open_json },
	{ "", "", open_database },
};

static bool
fits(const struct kind *k, const char *spec)
{
	size_t n = strlen(spec), p = strlen(k->prefix), t = k->suffix ? strlen(k->suffix) : 0;

	if (strncmp(spec, k->prefix, p) || n < p + t)
		return false;
	return k->suffix ? !strcmp(spec + n - t, k->suffix) : n == p;
}

int
source_open(struct source_set *s, const char *spec, struct source *out, struct err *e)
{
	const struct kind *k = kinds;

	while (!fits(k, spec))
		k++;
	return k->open(s, spec, spec + strlen(k->prefix), out, e);
}

/* One side that is read by a thread of its own, into memory of its own. */
struct side {
	struct pg *pg;
	struct mem *m;
	const char *name;
	bool needs;
	struct model *model;
	struct err e;
};

static void *
read_side(void *arg)
{
	struct side *s = arg;

	s->model = load_model(s->m, s->pg, s->needs, s->name, &s->e);
	return NULL;
}

static void
drop_mem(void *m)
{
	mem_free(m);
}

static int
read_both(struct source_set *s, char *const spec[2], struct source out[2], struct err *e)
{
	struct side side[2] = { { .needs = s->needs }, { .needs = s->needs } };
	pthread_t thread;
	int bad;

	for (int i = 0; i < 2; i++) {
		if (!(side[i].pg = pg_open(s->m, spec[i], NULL, e)))
			return -1;
		side[i].m = mem_own(s->m, mem_new(), drop_mem);
		side[i].name = mem_string(s->m, pg_uri(side[i].pg));
	}
	bad = pthread_create(&thread, NULL, read_side, &side[1]);
	read_side(&side[0]);
	if (bad)
		read_side(&side[1]);
	else
		pthread_join(thread, NULL);
	for (int i = 0; i < 2; i++) {
		pg_close(side[i].pg);
		if (!(out[i].model = side[i].model)) {
			*e = side[i].e;
			return -1;
		}
	}
	return 0;
}

int
source_open_both(struct source_set *s, char *const spec[2], struct source out[2], struct err *e)
{
	bool live = true;

	for (int i = 0; i < 2; i++) {
		const struct kind *k = kinds;

		while (!fits(k, spec[i]))
			k++;
		live &= k->open == open_database;
	}
	if (live)
		return read_both(s, spec, out, e);
	return source_open(s, spec[0], &out[0], e) || source_open(s, spec[1], &out[1], e) ? -1 : 0;
}
