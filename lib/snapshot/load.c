/* load.c - copies rows into tables. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/load.h"
#include "snapshot/rows.h"
#include "snapshot/session.h"
#include "snapshot/tar.h"

/* A table of the store, as the manifest tells. */
struct entry {
	const char *name, *quoted, *columns;
	int64_t rows;
	uint64_t row_sum;
};

struct work {
	const struct restore *how;
	const char *store;
	struct entry *entry;    /* sorted by name */
	size_t entries;
	size_t *frame;          /* numbers of the frames that hold rows of the store */
	size_t frames;
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
	w->frame = mem_zero(m, reader_count(how->r) + 1, sizeof *w->frame);
	for (size_t i = 0; i < reader_count(how->r); i++) {
		const struct format_frame *f = reader_frame(how->r, i);

		if (f->table && f->store && !strcmp(f->store, w->store))
			w->frame[w->frames++] = i;
	}
	return w;
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
load_frame(void *worker, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	struct worker *w = worker;
	const struct format_frame *f = reader_frame(w->work->how->r, w->work->frame[i]);
	struct entry key = { .name = f->table }, *t;
	struct tar_entry entry;
	int found;

	t = bsearch(&key, w->work->entry, w->work->entries, sizeof *t, by_name);
	if (!t)
		return err_set(e, FAIL_NO, "damaged", "%s: the manifest has rows of %s, but not the table",
		    reader_name(w->work->how->r), f->table);
	reader_seek(w->cursor, w->work->frame[i]);
	w->tar = tar_reader_new(m, reader_read, w->cursor);
	if ((found = tar_next(w->tar, &entry, e)) < 0)
		return -1;
	if (!found || strcmp(entry.name, f->member))
		return err_set(e, FAIL_NO, "damaged", "%s: %s is not where the manifest says",
		    reader_name(w->work->how->r), f->member);
	if (pg_copy_in(w->pg, mem_fmt(m, "COPY %s %s FROM STDIN", t->quoted, t->columns), give_rows, w, e) ||
	    reader_drain(w->cursor, e))
		return err_in(e, "%s", f->table);
	if (pg_affected(w->pg) != f->rows)
		return err_set(e, FAIL_NO, "mismatch", "%s: %s: the server took %lld rows of %lld", f->table, f->member,
		    (long long)pg_affected(w->pg), (long long)f->rows);
	return 0;
}

struct pool *
load_start(struct mem *m, const struct restore *how, const struct value *store, const char *spec,
    const char *database, struct err *e)
{
	struct work *w = plan(m, how, store);
	size_t jobs = how->jobs < w->frames ? how->jobs : w->frames;
	void **worker = start_workers(m, w, jobs, spec, database, e);

	return worker ? pool_start(m, worker, jobs, w->frames, load_frame, e) : NULL;
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

int
load_check(const struct restore *how, const struct value *store, const char *spec, const char *database,
    struct err *e)
{
	MEM_SCOPE(m);
	struct work *w = plan(m, how, store);
	size_t jobs = how->jobs < w->entries ? how->jobs : w->entries;
	void **worker = start_workers(m, w, jobs, spec, database, e);

	return worker ? pool_run(worker, jobs, w->entries, check_table, e) : -1;
}
