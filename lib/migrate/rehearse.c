/* rehearse.c - restores, migrates, compares; by the programs themselves. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "core/proc.h"
#include "migrate/estimate.h"
#include "migrate/rehearse.h"
#include "pg/fingerprint.h"
#include "pg/scratch.h"

enum { OUTPUT_MAX = 64 << 20 };

struct rehearsal {
	struct step *s;
	struct mem *m;
	const struct migrate_rehearsal *o;
	const char *dir, *uri;
	struct value *result;
};

/* Run ARGV; the result of its closing record. NULL: it failed. */
static const struct value *
call(struct rehearsal *r, const char *const *argv, const char *what, struct err *e)
{
	const char *env[] = { mem_fmt(r->m, "HANDRAIL_REHEARSAL_PG=%s", r->uri),
		"HANDRAIL_RELEASE=", NULL };
	struct proc_result p = { 0 };
	const struct value *record, *error;
	char *last;

	if (proc_run(r->m,
		&(struct proc_spec){ .argv = argv,
		    .env = env,
		    .in = -1,
		    .out = -1,
		    .errfd = 2,
		    .keep = OUTPUT_MAX },
		&p, e))
		return NULL;
	while (p.out_len && p.out[p.out_len - 1] == '\n')
		p.out[--p.out_len] = 0;
	last = strrchr(p.out, '\n');
	last = last ? last + 1 : p.out;
	if (!(record = value_parse(r->m, last, strlen(last), e)))
		return NULL;
	if (!p.status)
		return value_get(record, "result");
	error = value_get(record, "error");
	value_set(r->result, "failed", value_at(record, "result.failed"));
	err_set(e, FAIL_NO, "rehearsal-failed", "%s failed in the rehearsal: %s", what,
	    value_get_string(error, "message") ? value_get_string(error, "message") :
						 "no reason given");
	err_hint(e, "nothing was done to the real database");
	return NULL;
}

static int
restore(struct rehearsal *r, struct err *e)
{
	const char *argv[] = { proc_ours(r->m, "snapshot-restore"), "-nq", "--format=json",
		"--pg-into=env:HANDRAIL_REHEARSAL_PG", "--create-db=rehearsal", "--no-owner",
		r->o->archive, NULL };
	const struct value *result = call(r, argv, "snapshot-restore", e);

	value_set_string(r->result, "archive", r->o->archive);
	return result ? 0 : -1;
}

static const struct value *
migrate(struct rehearsal *r, const char *extra, const char *what, struct err *e)
{
	const char **argv;
	size_t n = 0, k = 0;

	while (r->o->options[n])
		n++;
	argv = mem_zero(r->m, n + 12, sizeof *argv);
	argv[k++] = "/proc/self/exe";
	argv[k++] = "-nq";
	argv[k++] = "--format=json";
	argv[k++] = "--observe";
	argv[k++] = "--fingerprint=never";
	argv[k++] = "--pg=env:HANDRAIL_REHEARSAL_PG";
	if (extra)
		argv[k++] = extra;
	if (extra)
		argv[k++] = "--accept-data-loss";
	for (size_t i = 0; i < n; i++)
		if (strncmp(r->o->options[i], "--down-to", 9) &&
		    strncmp(r->o->options[i], "--fingerprint", 13) &&
		    strcmp(r->o->options[i], "--accept-data-loss"))
			argv[k++] = r->o->options[i];
	argv[k] = r->dir;
	return call(r, argv, what, e);
}

/* Schema and content in one line, without the histories. */
static const char *
content(struct rehearsal *r, struct pg *pg, struct err *e)
{
	const char *print = pg_fingerprint(r->m, r->uri, NULL, e);
	struct mem_text t = { .m = r->m };
	struct pg_rows *tables = print ?
	    pg_query(r->m, pg, e,
		"SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
		" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r' AND "
		"n.nspname NOT LIKE 'pg\\_%'"
		" AND n.nspname NOT IN ('information_schema', 'handrail') ORDER BY 1",
		0, NULL) :
	    NULL;

	if (!tables)
		return NULL;
	mem_text_fmt(&t, "%s", print);
	for (int i = 0; i < pg_rows_count(tables); i++) {
		const char *name = pg_rows_text(tables, i, 0);
		/* the sum does not depend on the order of the rows; a column could have the name of
		 * a shorter alias */
		struct pg_rows *sum = pg_query(r->m, pg, e,
		    mem_fmt(r->m,
			"SELECT count(*),"
			" sum(hashtextextended(handrail_row::text, 0)::numeric) FROM %s "
			"handrail_row",
			name),
		    0, NULL);

		if (!sum)
			return NULL;
		mem_text_fmt(&t, " %s %s %s", name, pg_rows_text(sum, 0, 0),
		    pg_rows_text(sum, 0, 1) ? pg_rows_text(sum, 0, 1) : "-");
	}
	return t.text;
}

static int64_t
size_of(struct rehearsal *r, struct pg *pg)
{
	struct err ignored;
	struct pg_rows *rows = pg_query(r->m, pg, &ignored,
	    "SELECT pg_database_size(current_database())", 0, NULL);

	return rows ? pg_rows_int(rows, 0, 0) : -1;
}

/* What schema-diff says of OPERANDS; NULL: it said nothing, and why. */
static const struct value *
diff(struct rehearsal *r, const char *option, const char *from)
{
	const char *argv[] = { proc_ours(r->m, "schema-diff"), "-nq", "--format=json", option,
		from ? from : "env:HANDRAIL_REHEARSAL_PG",
		from ? "env:HANDRAIL_REHEARSAL_PG" : NULL, NULL };
	struct err e;
	const struct value *result = call(r, argv, "schema-diff", &e);

	if (!result)
		step_say(r->s, "%s", e.text);
	return result;
}

static void
drop_file(void *path)
{
	unlink(path);
}

/* The schema as it is now, in a file that schema-diff reads; NULL: there is none. */
static char *
keep_schema(struct rehearsal *r)
{
	MEM_SCOPE(m);
	const char *tmp = getenv("TMPDIR");
	char *path = mem_fmt(r->m, "%s/handrail-schema-XXXXXX.json", tmp && *tmp ? tmp : "/tmp"),
	     *text;
	const struct value *result = diff(r, "--dump", NULL);
	struct value *record = value_object(m);
	int fd;

	if (!result || (fd = mkstemps(path, 5)) < 0)
		return NULL;
	mem_own(r->m, path, drop_file);
	value_set(record, "result", result);
	text = value_text(m, record, 0);
	if (io_write_all(fd, text, strlen(text)))
		path = NULL;
	close(fd);
	return path;
}

/* What became of the schema: schema-diff's own words, for those who judge the release. */
static void
compare_schema(struct rehearsal *r, const char *before)
{
	static const char *const keys[] = { "compatibility", "rollback", "counts",
		"from_fingerprint", "to_fingerprint", "changes" };
	const struct value *result = before ? diff(r, "--ignore-owner", before) : NULL;
	struct value *schema = result ? value_set_object(r->m, r->result, "schema") : NULL;

	for (size_t i = 0; schema && i < sizeof keys / sizeof *keys; i++)
		value_set(schema, keys[i], value_get(result, keys[i]));
}

static void
report(struct rehearsal *r, const struct value *applied)
{
	const struct value *estimate;

	for (size_t i = 0; i < value_count(applied); i++)
		step_say(r->s, "rehearsed %s: %s", value_get_string(value_item(applied, i), "file"),
		    migrate_estimate_line(r->m, value_item(applied, i)));
	migrate_estimate(r->m, r->result, applied);
	estimate = value_get(r->result, "estimate");
	step_say(r->s, "in all %.3f s, of which reads of a table wait %.3f s and writes %.3f s",
	    value_real(value_get(estimate, "seconds"), 0),
	    value_real(value_get(estimate, "blocks_reads"), 0),
	    value_real(value_get(estimate, "blocks_writes"), 0));
}

static int
up(struct rehearsal *r, struct err *e)
{
	char *before = keep_schema(r);
	const struct value *result = migrate(r, NULL, "the migration", e);

	if (!result)
		return -1;
	value_set(r->result, "before", value_get(result, "before"));
	value_set(r->result, "after", value_get(result, "after"));
	value_set(r->result, "applied", value_get(result, "applied"));
	report(r, value_get(result, "applied"));
	compare_schema(r, before);
	return 0;
}

/* Down to TO and up again: is everything as it was? */
static int
there_and_back(struct rehearsal *r, struct pg *pg, const char *to, bool *lossless, struct err *e)
{
	const char *before = content(r, pg, e), *after;

	if (!before || !migrate(r, mem_fmt(r->m, "--down-to=%s", to), "the way down", e) ||
	    !migrate(r, NULL, "the way up again", e) || !(after = content(r, pg, e)))
		return -1;
	*lossless = !strcmp(before, after);
	value_set_bool(r->result, "lossless", *lossless);
	step_say(r->s, "rehearsed: down to %s and up again %s", to,
	    *lossless ? "leaves everything as it was" : "loses something");
	return 0;
}

static int
perform(struct rehearsal *r, bool *lossless, struct err *e)
{
	struct pg *pg = pg_open(r->m, r->uri, NULL, e);
	const char *before;

	if (!pg)
		return -1;
	if (r->o->down_to)
		return there_and_back(r, pg, r->o->down_to, lossless, e);
	value_set_int(r->result, "size_before", size_of(r, pg));
	if (up(r, e))
		return -1;
	value_set_int(r->result, "size_after", size_of(r, pg));
	before = value_get_string(r->result, "before");
	return r->o->lossless ? there_and_back(r, pg, before ? before : "0", lossless, e) : 0;
}

int
migrate_rehearse(struct step *s, const struct migrate_rehearsal *o, const char *dir, bool *lossless,
    struct err *e)
{
	MEM_SCOPE(scope);
	struct rehearsal r = { .s = s, .m = step_mem(s), .o = o, .dir = dir,
		.result = value_set_object(step_mem(s), step_result(s), "rehearsal") };
	struct pg_scratch *scratch = pg_scratch_start(scope, 0, e);

	*lossless = false;
	if (!scratch)
		return err_in(e, "--rehearse");
	step_say(s, "rehearsing on a copy from %s", o->archive);
	r.uri = pg_scratch_uri(r.m, scratch, "postgres");
	if (restore(&r, e))
		return -1;
	r.uri = pg_scratch_uri(r.m, scratch, "rehearsal");
	return perform(&r, lossless, e);
}
