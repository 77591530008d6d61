/* load.c - copies rows into tables. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/load.h"
#include "snapshot/rows.h"
#include "snapshot/session.h"
#include "snapshot/tar.h"

enum {
	LARGE = 16,             /* a table of more frames is loaded by several threads */
	SMALL = 1 << 20,        /* one of fewer bytes is not worth being frozen */
};

/* A table of the store, as the manifest tells. */
struct entry {
	const char *name, *quoted, *columns;
	int64_t rows;
	uint64_t row_sum;
};

/* Frames that are loaded in one transaction: all of a table, or one of a large table, so that several threads can work
 * on it. */
struct job {
	const struct entry *entry;
	const size_t *frame;    /* their numbers */
	size_t frames;
	bool freeze;
};

struct work {
	const struct restore *how;
	const char *store;
	struct entry *entry;    /* sorted by name */
	size_t entries;
	size_t *frame;          /* numbers of the frames that hold rows of the store, table by table */
	size_t frames;
	struct job *job;        /* biggest first */
	size_t jobs, room;
};

struct worker {
	const struct work *work;
	struct pg *pg;
	struct reader_cursor *cursor;
	struct tar_reader *tar;
	struct rows *rows;
};

static int
by_name(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static const char *
text(const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? s : "";
}

static struct work *
plan(struct mem *m, const struct restore *how, const struct value *store)
{
	struct work *w = mem_zero(m, 1, sizeof *w);
	const struct value *tables = value_get(store, "tables");

	w->how = how;
	w->store = text(store, "name");
	w->entry = mem_zero(m, value_count(tables) + 1, sizeof *w->entry);
	for (size_t i = 0; i < value_count(tables); i++) {
		const struct value *t = value_item(tables, i);

		w->entry[w->entries++] = (struct entry){ text(t, "name"), text(t, "quoted"), text(t, "columns"),
			value_get_int(t, "rows", 0), strtoull(text(t, "row_sum"), NULL, 16) };
	}
	qsort(w->entry, w->entries, sizeof *w->entry, by_name);
	return w;
}

static const struct entry *
find(const struct work *w, const char *name)
{
	struct entry key = { .name = name };

	return bsearch(&key, w->entry, w->entries, sizeof *w->entry, by_name);
}

static int
by_table(const void *a, const void *b, void *reader)
{
	const size_t *x = a, *y = b;
	int c = strcmp(reader_frame(reader, *x)->table, reader_frame(reader, *y)->table);

	return c ? c : *x < *y ? -1 : 1;
}

static int
by_size(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->frames == y->frames ? 0 : x->frames < y->frames ? 1 : -1;
}

static void
add_job(struct mem *m, struct work *w, size_t from, size_t frames, bool freeze)
{
	const struct entry *t = find(w, reader_frame(w->how->r, w->frame[from])->table);

	mem_grow(m, &w->job, w->jobs, &w->room, sizeof *w->job);
	w->job[w->jobs++] = (struct job){ t, w->frame + from, frames, freeze };
}

/* Rows written in the transaction that emptied their table are frozen at once: no second writing by a later vacuum. Not
 * worth its own file for a small table, nor one thread's time for a large one. */
static void
plan_jobs(struct mem *m, struct work *w)
{
	const struct reader *r = w->how->r;

	w->frame = mem_zero(m, reader_count(r) + 1, sizeof *w->frame);
	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (f->table && f->store && !strcmp(f->store, w->store))
			w->frame[w->frames++] = i;
	}
	if (w->frames)
		qsort_r(w->frame, w->frames, sizeof *w->frame, by_table, (void *)(uintptr_t)r);
	for (size_t from = 0, to; from < w->frames; from = to) {
		const char *table = reader_frame(r, w->frame[from])->table;

		for (to = from; to < w->frames && !strcmp(reader_frame(r, w->frame[to])->table, table); to++)
			;
		if (to - from > LARGE)
			for (size_t i = from; i < to; i++)
				add_job(m, w, i, 1, false);
		else
			add_job(m, w, from, to - from, to - from > 1 || reader_frame(r, w->frame[from])->size > SMALL);
	}
	if (w->jobs)
		qsort(w->job, w->jobs, sizeof *w->job, by_size);
}

static struct worker *
start_worker(struct mem *m, const struct work *work, const char *spec, const char *database, struct err *e)
{
	struct worker *w = mem_zero(m, 1, sizeof *w);

	w->work = work;
	w->cursor = reader_cursor_new(m, work->how->r);
	w->rows = rows_new(m);
	if (!(w->pg = pg_open(m, spec, database, e)) || session_set(w->pg, e) ||
	    pg_exec(w->pg, "SET synchronous_commit = off", e))
		return NULL;
	return w;
}

static void **
start_workers(struct mem *m, const struct work *work, size_t jobs, const char *spec, const char *database,
    struct err *e)
{
	void **worker = mem_zero(m, jobs + 1, sizeof *worker);

	for (size_t i = 0; i < jobs; i++)
		if (!(worker[i] = start_worker(m, work, spec, database, e)))
			return NULL;
	return worker;
}

/* Loading */

static long
give_rows(void *worker, const char **data, struct err *e)
{
	struct worker *w = worker;

	return tar_data(w->tar, data, e);
}

static int
load_frame(struct worker *w, const struct entry *t, size_t i, const char *with, struct err *e)
{
	MEM_SCOPE(m);
	const struct reader *r = w->work->how->r;
	const struct format_frame *f = reader_frame(r, i);
	struct tar_entry entry;
	int found;

	reader_seek(w->cursor, i);
	w->tar = tar_reader_new(m, reader_read, w->cursor);
	if ((found = tar_next(w->tar, &entry, e)) < 0)
		return -1;
	if (!found || strcmp(entry.name, f->member))
		return err_set(e, FAIL_NO, "damaged", "%s: %s is not where the manifest says", reader_name(r),
		    f->member);
	if (pg_copy_in(w->pg, mem_fmt(m, "COPY %s %s FROM STDIN%s", t->quoted, t->columns, with), give_rows, w, e) ||
	    reader_drain(w->cursor, e))
		return err_in(e, "%s", f->table);
	if (pg_affected(w->pg) != f->rows)
		return err_set(e, FAIL_NO, "mismatch", "%s: %s: the server took %lld rows of %lld", f->table, f->member,
		    (long long)pg_affected(w->pg), (long long)f->rows);
	return 0;
}

static int
load_job(void *worker, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	struct worker *w = worker;
	const struct job *j = &w->work->job[i];

	if (!j->entry)
		return err_set(e, FAIL_NO, "damaged", "%s: the manifest has rows of a table that it does not list",
		    reader_name(w->work->how->r));
	if (j->freeze && pg_exec(w->pg, mem_fmt(m, "BEGIN; TRUNCATE ONLY %s", j->entry->quoted), e))
		return err_in(e, "%s", j->entry->name);
	for (size_t k = 0; k < j->frames; k++)
		if (load_frame(w, j->entry, j->frame[k], j->freeze ? " WITH (FREEZE)" : "", e))
			return -1;
	return j->freeze ? pg_exec(w->pg, "COMMIT", e) : 0;
}

struct pool *
load_start(struct mem *m, const struct restore *how, const struct value *store, const char *spec,
    const char *database, struct err *e)
{
	struct work *w = plan(m, how, store);
	size_t threads;
	void **worker;

	plan_jobs(m, w);
	threads = how->jobs < w->jobs ? how->jobs : w->jobs;
	worker = start_workers(m, w, threads, spec, database, e);
	return worker ? pool_start(m, worker, threads, w->jobs, load_job, e) : NULL;
}

/* Checking */

static int
sum_rows(void *worker, const char *data, size_t len, struct err *e)
{
	struct worker *w = worker;

	(void)e;
	rows_add(w->rows, data, len);
	return 0;
}

static int
mismatch(const struct entry *t, int64_t rows, struct err *e)
{
	if (rows != t->rows)
		err_set(e, FAIL_NO, "mismatch", "%s holds %lld rows, the archive %lld", t->name, (long long)rows,
		    (long long)t->rows);
	else
		err_set(e, FAIL_NO, "mismatch", "the rows of %s are not those of the archive", t->name);
	return err_hint(e, "does a rule, a type or a setting of the new server change rows on their way in?");
}

static int
check_table(void *worker, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	struct worker *w = worker;
	const struct entry *t = &w->work->entry[i];
	struct pg_rows *r;

	if (w->work->how->check_content) {
		rows_begin(w->rows);
		if (pg_copy_out(w->pg, mem_fmt(m, "COPY %s %s TO STDOUT", t->quoted, t->columns), sum_rows, w, e))
			return err_in(e, "%s", t->name);
		return rows_count(w->rows) == t->rows && rows_sum(w->rows) == t->row_sum ? 0 :
		    mismatch(t, rows_count(w->rows), e);
	}
	r = pg_query(m, w->pg, e, mem_fmt(m, "SELECT pg_catalog.count(*) FROM ONLY %s", t->quoted), 0, NULL);
	if (!r)
		return err_in(e, "%s", t->name);
	return pg_rows_int(r, 0, 0) == t->rows ? 0 : mismatch(t, pg_rows_int(r, 0, 0), e);
}

static int
analyze_table(void *worker, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	struct worker *w = worker;

	return pg_exec(w->pg, mem_fmt(m, "ANALYZE %s", w->work->entry[i].quoted), e);
}

/* JOB for each table. */
static int
for_tables(const struct restore *how, const struct value *store, const char *spec, const char *database,
    pool_job *job, struct err *e)
{
	MEM_SCOPE(m);
	struct work *w = plan(m, how, store);
	size_t threads = how->jobs < w->entries ? how->jobs : w->entries;
	void **worker = start_workers(m, w, threads, spec, database, e);

	return worker ? pool_run(worker, threads, w->entries, job, e) : -1;
}

int
load_check(const struct restore *how, const struct value *store, const char *spec, const char *database,
    struct err *e)
{
	return for_tables(how, store, spec, database, check_table, e);
}

int
load_analyze(const struct restore *how, const struct value *store, const char *spec, const char *database,
    struct err *e)
{
	return for_tables(how, store, spec, database, analyze_table, e);
}
