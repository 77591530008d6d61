/* source.c - makes a model of whatever is named on the command line. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/proc.h"
#include "core/record.h"
#include "schema/source_private.h"

enum { MAX_JSON = 1 << 30, KEEP_SECONDS = 1 };

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

/* By psql, which knows its own lines and the data of COPY. */
static int
run_file(struct source_set *s, const char *database, const char *file, struct err *e)
{
	/* the newest: it speaks with every older server, and a server's directory need not hold
	 * it */
	const char *dir = pg_find_bindir(s->m, "psql", 0, NULL, e);
	const char *const argv[] = { dir ? mem_fmt(s->m, "%s/psql", dir) : "psql", "-Xqtb", "-v",
		"ON_ERROR_STOP=1", "-o", "/dev/null", "-f", file, NULL };
	struct proc_result r;

	return source_load_by(s,
	    &(struct source_job){ .database = database, .argv = argv, .shown = file, .sql = file },
	    &r, e);
}

static int
open_sql(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *database;

	(void)rest;
	if (access(spec, R_OK))
		return err_sys(e, "%s", spec);
	if (!(database = source_create_database(s, NULL, e)) || run_file(s, database, spec, e))
		return -1;
	return source_read_scratch(s, database, spec, out, e);
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

static int
migrate(struct source_set *s, const char *base, const char *dir, const char *more,
    const char *shown, struct source *out, struct err *e)
{
	const char *database = source_create_database(s, base, e);
	const char *const argv[] = { proc_ours(s->m, "migrate-apply"), "-nq", "--format=json",
		"--fingerprint=never", database ? mem_fmt(s->m, "--pg=dbname=%s", database) : "",
		dir, s->observe ? "--observe" : more, s->observe ? more : NULL, NULL };
	struct proc_result r;

	if (!database)
		return -1;
	if (source_load_by(s,
		&(struct source_job){ .database = database,
		    .template = base,
		    .argv = argv,
		    .shown = shown,
		    .sql = dir },
		&r, e)) {
		const struct value *record;
		struct err ignored;

		/* what stands in the way of going on from BASE */
		record = source_last_record(s->m, r.out, r.out_len, &ignored);
		out->refused = value_get(record, "error");
		return -1;
	}
	if (s->observe)
		out->applied = value_at(source_last_record(s->m, r.out, r.out_len, e),
		    "result.applied");
	return source_read_scratch(s, database, shown, out, e);
}

static bool
is_any_of(const char *code, const char *const *list)
{
	while (*list && strcmp(*list, code))
		list++;
	return *list;
}

int
source_open_upon(struct source_set *s, const struct source *base, const char *dir,
    struct source *out, struct err *e)
{
	static const char *const anew[] = { "changed-file", "missing-file", "future-version",
		NULL };
	const char *shown = mem_fmt(s->m, "migrations:%s", dir), *code;
	const struct value *refused;
	int bad = migrate(s, base->scratch_database, dir, NULL, shown, out, e);

	refused = bad && base->scratch_database ? out->refused : NULL;
	out->same_history = !bad && base->scratch_database;
	if (!(code = value_get_string(refused, "code")))
		return bad;
	if (!strcmp(code, "out-of-order")) {
		bad = migrate(s, base->scratch_database, dir, "--allow-out-of-order", shown, out,
		    e);
		out->same_history = !bad;
	} else if (is_any_of(code, anew))
		bad = migrate(s, NULL, dir, NULL, shown, out, e);
	out->refused = bad ? NULL : refused;
	return bad;
}

static int
open_migrations(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	struct stat st;

	if (stat(rest, &st))
		return err_sys(e, "%s", rest);
	return migrate(s, NULL, rest, NULL, spec, out, e);
}

/* Statistics are not in an archive: the rows are. */
static int
analyze(struct source_set *s, const char *database, struct err *e)
{
	MEM_SCOPE(m);
	struct pg *pg = source_connect(s, m, database, e);

	return pg ? pg_exec(pg, "ANALYZE", e) : -1;
}

static int
open_snapshot(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *database = source_reserve(s, e),
		   *const argv[] = { proc_ours(s->m, "snapshot-restore"), "-nq",
			   "--pg-into=dbname=postgres",
			   mem_fmt(s->m, "--create-db=%s", database ? database : ""), rest, NULL };
	struct source_job job = { .database = database,
		.makes = true,
		.argv = argv,
		.shown = spec };
	struct proc_result r;

	if (access(rest, R_OK))
		return err_sys(e, "%s", rest);
	if (!database || source_load_by(s, &job, &r, e) || (s->sizes && analyze(s, database, e)))
		return -1;
	return source_read_scratch(s, database, spec, out, e);
}

static int
run_quiet(struct source_set *s, const char *const *argv, const char *shown, struct err *e)
{
	struct proc_spec spec = { .argv = argv,
		.dir = s->git_dir,
		.in = -1,
		.out = -1,
		.errfd = -1 };
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

/* git:REV:DIR without a checkout: git archive, unpacked into a directory of our own; NULL on
 * error. */
static const char *
unpack(struct source_set *s, const char *spec, const char *rest, struct err *e)
{
	const char *colon = strchr(rest, ':'), *tmp = getenv("TMPDIR");
	char *dir =
		 mem_must(strdup(mem_fmt(s->m, "%s/handrail.XXXXXX", tmp && *tmp ? tmp : "/tmp"))),
	     *tar;

	if (!colon || !colon[1]) {
		free(dir);
		err_set(e, FAIL_TROUBLE, "usage", "%s: git:REVISION:DIRECTORY is wanted", spec);
		return NULL;
	}
	if (!mkdtemp(dir)) {
		free(dir);
		err_sys(e, "temporary directory");
		return NULL;
	}
	mem_own(s->m, dir, remove_tree);
	tar = mem_fmt(s->m, "%s/tree.tar", dir);
	{
		const char *const archive[] = { "git", "archive", "--format=tar",
			mem_fmt(s->m, "--output=%s", tar),
			mem_fmt(s->m, "%.*s:%s%s", (int)(colon - rest), rest,
			    colon[1] == '/' ? "" : "./", colon + 1),
			NULL };
		const char *const extract[] = { "tar", "-xf", tar, "-C", dir, NULL };

		if (run_quiet(s, archive, spec, e) || run_quiet(s, extract, spec, e))
			return NULL;
	}
	unlink(tar);
	return dir;
}

/* What all of SPEC is made of: git's name for the tree. NULL: it cannot be kept. */
static const char *
tree_of(struct source_set *s, const char *rest)
{
	const char *colon = strchr(rest, ':'), *path = colon ? colon + 1 : "";
	const char *const argv[] = { "git", "rev-parse", "--verify", "--quiet",
		mem_fmt(s->m, "%.*s:%s%s", colon ? (int)(colon - rest) : 0, rest,
		    *path == '/' ? "" : "./", path),
		NULL };
	struct proc_spec spec = { .argv = argv,
		.dir = s->git_dir,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.keep = PATH_MAX };
	struct proc_result r;
	struct err ignored;

	if (!s->keep || s->server || s->scratch || proc_run(s->m, &spec, &r, &ignored) || r.status)
		return NULL;
	return mem_dup(s->m, r.out, strspn(r.out, "0123456789abcdef"));
}

static int
open_git(
    struct source_set *s, const char *spec, const char *rest, struct source *out, struct err *e)
{
	const char *tree = tree_of(s, rest), *dir;
	double begun;

	if (tree &&
	    source_ready_kept(s,
		mem_fmt(s->m, "%s-%s", tree, record_tool() + strcspn(record_tool(), "0123456789")),
		e))
		return -1;
	if (tree && (out->kept = pg_scratch_is_kept(s->scratch)))
		return source_read_scratch(s, source_kept, spec, out, e);
	begun = clock_now();
	if (!(dir = unpack(s, spec, rest, e)) || open_migrations(s, spec, dir, out, e))
		return -1;
	if (tree && clock_now() - begun > KEEP_SECONDS &&
	    !(out->scratch_database = source_keep(s, out->scratch_database, e)))
		return -1;
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
	{ "", "", source_open_live },
};

static bool
fits(const struct kind *k, const char *spec)
{
	size_t n = strlen(spec), p = strlen(k->prefix), t = k->suffix ? strlen(k->suffix) : 0;

	if (strncmp(spec, k->prefix, p) || n < p + t)
		return false;
	return k->suffix ? !strcmp(spec + n - t, k->suffix) : n == p;
}

static const struct kind *
kind_of(const char *spec)
{
	const struct kind *k = kinds;

	while (!fits(k, spec))
		k++;
	return k;
}

static int
check(const char *spec, struct err *e)
{
	const struct kind *k = kind_of(spec);

	if (k->suffix && *k->prefix && !spec[strlen(k->prefix)])
		return err_set(e, FAIL_TROUBLE, "usage",
		    "%s: what is to be read stands behind the colon", spec);
	return 0;
}

int
source_open(struct source_set *s, const char *spec, struct source *out, struct err *e)
{
	const struct kind *k = kind_of(spec);

	return check(spec, e) ? -1 : k->open(s, spec, spec + strlen(k->prefix), out, e);
}

static bool
is_directory(const struct kind *k)
{
	return k->open == open_migrations || k->open == open_git;
}

/* The migrations of SPEC upon those of BASE, where these are how they begin; else in an empty
 * database. 1: they could be those that BASE goes on from. */
static int
open_further(struct source_set *s, const char *spec, const struct source *base, struct source *out,
    struct err *e)
{
	static const char *const shorter[] = { "missing-file", "future-version", NULL };
	static const char *const other[] = { "missing-file", "future-version", "changed-file",
		"out-of-order", NULL };
	const char *rest = strchr(spec, ':') + 1,
		   *dir = kind_of(spec)->open == open_git ? unpack(s, spec, rest, e) : rest, *code;

	if (!dir)
		return -1;
	if (access(dir, R_OK))
		return err_sys(e, "%s", dir);
	if (!migrate(s, base->scratch_database, dir, NULL, spec, out, e)) {
		out->same_history = true;
		return 0;
	}
	code = value_get_string(out->refused, "code");
	out->refused = NULL;
	if (!code || !is_any_of(code, other) || migrate(s, NULL, dir, NULL, spec, out, e))
		return -1;
	return is_any_of(code, shorter);
}

static int
open_directories(struct source_set *s, char *const spec[2], struct source out[2], struct err *e)
{
	struct source upon = { 0 };
	int back;

	if (source_open(s, spec[0], &out[0], e) ||
	    (back = open_further(s, spec[1], &out[0], &out[1], e)) < 0)
		return -1;
	if (!back)
		return 0;
	if (open_further(s, spec[0], &out[1], &upon, e) < 0)
		return -1;
	if (upon.same_history) {
		out[0] = upon;
		out[1].same_history = true;
	}
	return 0;
}

int
source_open_both(struct source_set *s, char *const spec[2], struct source out[2], struct err *e)
{
	const struct kind *a = kind_of(spec[0]), *b = kind_of(spec[1]);

	if (check(spec[0], e) || check(spec[1], e))
		return -1;
	if (a->open == source_open_live && b->open == source_open_live)
		return source_open_live_both(s, spec, out, e);
	if (is_directory(a) && is_directory(b))
		return open_directories(s, spec, out, e);
	return source_open(s, spec[0], &out[0], e) || source_open(s, spec[1], &out[1], e) ? -1 : 0;
}
