/* copy.c - copies tables, a range of pages at a time. */
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "snapshot/copy.h"
#include "snapshot/rows.h"
#include "snapshot/session.h"
#include "snapshot/tar.h"

enum {
	/* What one COPY reads. Larger ones gave no more speed, but worse balance between
	 * threads. */
	RANGE = 32 << 20,
	/* What goes into one frame: a thread holds this much, and what it packs to, in memory. */
	FULL = 12 << 20,
	/* Room before the rows for the tar header, which can only be written when their size is
	   known. */
	HEAD = 8 << 10,
	/* How much of it is counted, and waited for, at once. */
	STEP = 64 << 10,
	HELD = 500,             /* tables that a thread has locked before it begins anew */
	PATIENCE = 1000,        /* ms that a thread waits for a table before the leader reads it */
};

/* A range of a table's pages; to < 0: to its end. */
struct range {
	struct table *table;
	int64_t from, to;
	int number;             /* of the table's ranges, from 1 */
	bool whole;
};

struct job {
	struct copy_from from;
	struct copy_first first;
	pthread_mutex_t lending;        /* of the leader's connection */
	const struct store *store;
	const struct store_taking *taking;
	struct range *range;
	size_t count, room;
};

struct worker {
	struct job *job;
	struct pg *pg;
	struct frame_packer *packer;
	struct rows *rows;
	const struct range *range;
	int part;               /* frames of this range so far */
	int held;               /* ranges since its transaction began */
	char *buf;              /* HEAD bytes, then rows */
	size_t len, room;       /* of the rows */
	size_t taken;           /* of them, that is not counted yet */
};

static void
drop(void *arg)
{
	struct worker *w = arg;

	free(w->buf);
}

static int
keep_head(void *text, const void *data, size_t len, struct err *e)
{
	(void)e;
	mem_text_add(text, data, len);
	return 0;
}

/* "0007.copy", and for the later parts of a range with wide rows "0007-02.copy". */
static char *
member_name(struct mem *m, const struct worker *w)
{
	const struct range *r = w->range;
	char *part = w->part > 1 ? mem_fmt(m, "-%02d", w->part) : mem_string(m, "");

	return store_member(m, w->job->store->name, mem_fmt(m, "data/%s.%s/%04d%s.copy",
	    store_escape(m, r->table->schema), store_escape(m, r->table->name), r->number, part));
}

/* The rows gathered so far become a frame. */
static int
flush(struct worker *w, struct err *e)
{
	static const char zeros[FORMAT_TAR_BLOCK];
	MEM_SCOPE(m);
	struct table *t = w->range->table;
	struct mem_text head = { .m = m };
	struct tar_writer *tar = tar_writer_new(m, keep_head, &head);
	struct format_frame f = { .members = 1, .store = w->job->store->name, .table = t->shown };
	size_t pad = (FORMAT_TAR_BLOCK - w->len % FORMAT_TAR_BLOCK) % FORMAT_TAR_BLOCK;

	w->part++;
	f.member = member_name(m, w);
	f.rows = rows_count(w->rows);
	f.row_sum = rows_sum(w->rows);
	if (tar_put_member(tar, f.member, (int64_t)w->len, clock_unix_ms() / 1000, e))
		return -1;
	if (head.len > HEAD)
		return err_set(e, FAIL_TROUBLE, "tar", "%s: the name is too long", t->shown);
	memcpy(w->buf + HEAD - head.len, head.text, head.len);
	memcpy(w->buf + HEAD + w->len, zeros, pad);
	if (writer_add(w->job->taking->w, w->packer, &f, w->buf + HEAD - head.len,
		head.len + w->len + pad, e))
		return -1;
	atomic_fetch_add(&t->rows, f.rows);
	atomic_fetch_add(&t->row_sum, f.row_sum);
	w->len = 0;
	rows_begin(w->rows);
	return 0;
}

/* What came since is counted, as soon as it is worth it. */
static int
account(struct worker *w, size_t least, struct err *e)
{
	size_t n = w->taken;

	if (n < least)
		return 0;
	w->taken = 0;
	return writer_take(w->job->taking->w, n, e);
}

static int
take_rows(void *arg, const char *data, size_t len, struct err *e)
{
	struct worker *w = arg;

	if (w->len + len > FULL && w->len && flush(w, e))
		return -1;
	if (w->len + len > w->room) {
		/* one row larger than a frame should be */
		w->room = w->len + len;
		w->buf = mem_must(realloc(w->buf, HEAD + w->room + FORMAT_TAR_BLOCK));
	}
	memcpy(w->buf + HEAD + w->len, data, len);
	w->len += len;
	rows_add(w->rows, data, len);
	w->taken += len;
	return account(w, STEP, e);
}

static int
sum_rows(void *worker, const char *data, size_t len, struct err *e)
{
	(void)e;
	rows_add(((struct worker *)worker)->rows, data, len);
	return 0;
}

static char *
copy_sql(struct mem *m, const struct range *r, const char *encoding)
{
	const struct table *t = r->table;
	char *end = r->to < 0 ? mem_string(m, "") :
				mem_fmt(m, " AND ctid < '(%" PRId64 ",0)'", r->to);
	size_t n = strlen(t->columns);

	encoding = pg_quote_literal(m, encoding);
	if (t->query)
		return mem_fmt(m, "COPY (%s) TO STDOUT WITH (ENCODING %s)", t->query, encoding);
	if (r->whole)
		return mem_fmt(m, "COPY %s %s TO STDOUT WITH (ENCODING %s)", t->quoted, t->columns,
		    encoding);
	return mem_fmt(m,
	    "COPY (SELECT %.*s FROM ONLY %s WHERE ctid >= '(%" PRId64
	    ",0)'%s) TO STDOUT WITH (ENCODING %s)",
	    (int)n - 2, t->columns + 1, t->quoted, r->from, end, encoding);
}

/* A transaction of the thread's own. */
static int
begin(struct worker *w, struct err *e)
{
	return session_begin(w->pg, w->job->from.snapshot, PATIENCE, e);
}

/* All rows of the range by the connection PG, as far as they do not make a full frame. */
static int
gather(struct worker *w, struct pg *pg, struct err *e)
{
	MEM_SCOPE(m);
	const char *encoding = value_get_string(w->job->store->facts, "encoding");

	w->part = 0;
	w->len = 0;
	rows_begin(w->rows);
	return pg_copy_out(pg, copy_sql(m, w->range, encoding),
	    w->range->table->query ? sum_rows : take_rows, w, e);
}

/* Somebody waits to have the table for himself, and all others wait behind him. The leader, whom
 * he waits for, need not. */
static int
gather_by_leader(struct worker *w, struct err *e)
{
	int bad;

	pthread_mutex_lock(&w->job->lending);
	bad = gather(w, w->job->from.leader, e);
	pthread_mutex_unlock(&w->job->lending);
	return bad;
}

static int
gather_anyhow(struct worker *w, struct err *e)
{
	struct table *t = w->range->table;

	if (atomic_load(&t->wanted))
		return gather_by_leader(w, e);
	if (!gather(w, w->pg, e))
		return 0;
	if (strcmp(e->word, "lock-timeout") || w->part)
		return -1;
	atomic_store(&t->wanted, true);
	return pg_exec(w->pg, "ROLLBACK", e) || begin(w, e) ? -1 : gather_by_leader(w, e);
}

static int
copy_range(struct worker *w, const struct range *range, struct err *e)
{
	struct table *t = range->table;

	w->range = range;
	if (gather_anyhow(w, e) || account(w, 1, e) || (w->len && flush(w, e))) {
		if (strstr(e->text, "invalid memory alloc request size"))
			err_hint(e,
			    "a row is longer than 1 GB as text, which neither COPY nor pg_dump can "
			    "read: find it by octet_length(), or leave the table's rows out by "
			    "--exclude-table-data");
		return err_in(e, "%s", t->shown);
	}
	/* of many thousands of tables the server has no room for everyone's locks: those that
	 * count are the leader's */
	if (++w->held % HELD == 0 && (pg_exec(w->pg, "COMMIT", e) || begin(w, e)))
		return -1;
	if (t->query) {
		atomic_store(&t->rows, rows_count(w->rows));
		atomic_store(&t->row_sum, rows_sum(w->rows));
	}
	return 0;
}

static int
work(void *worker, size_t i, struct err *e)
{
	struct worker *w = worker;
	const struct copy_first *first = &w->job->first;

	return i < first->count ? first->job(first->arg, i, e) :
				  copy_range(w, &w->job->range[i - first->count], e);
}

/* Ranges of about RANGE bytes, counting what is stored apart. A table without pages has no rows
 * that we could see. */
static void
plan(struct mem *m, struct job *j, struct table *t, bool ranges)
{
	int64_t count = ranges && *t->columns ? (t->bytes + RANGE - 1) / RANGE : 1;

	if (!t->pages && !t->query)
		return;
	if (t->query)
		count = 1;
	else if (count > t->pages)
		count = t->pages;
	for (int64_t i = 0; i < count; i++) {
		mem_grow(m, &j->range, j->count, &j->room, sizeof *j->range);
		j->range[j->count++] = (struct range){ t, t->pages * i / count,
			i + 1 < count ? t->pages * (i + 1) / count : -1, (int)i + 1, count == 1 };
	}
}

/* Biggest first: a long one begun last would leave the other threads idle. */
static int
by_size(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	if (x->table->bytes != y->table->bytes)
		return x->table->bytes < y->table->bytes ? 1 : -1;
	if (x->table != y->table)
		return x->table < y->table ? -1 : 1;
	return x->number - y->number;
}

static struct worker *
start_worker(struct mem *m, struct job *j, struct err *e)
{
	struct worker *w = mem_zero(m, 1, sizeof *w);

	w->job = j;
	w->packer = writer_packer(m, j->taking->w);
	w->rows = rows_new(m);
	w->room = FULL;
	w->buf = mem_must(malloc(HEAD + w->room + FORMAT_TAR_BLOCK));
	mem_own(m, w, drop);
	if (!(w->pg = pg_open(m, j->from.spec, NULL, e)) || session_set(w->pg, e) || begin(w, e))
		return NULL;
	return w;
}

struct pool *
copy_start(struct mem *m, const struct copy_from *from, const struct copy_first *first,
    struct tables *tables, const struct store *s, const struct store_taking *taking, struct err *e)
{
	struct job *j = mem_zero(m, 1, sizeof *j);
	void **worker = mem_zero(m, taking->jobs, sizeof *worker);
	size_t count = taking->jobs, jobs;

	j->from = *from;
	j->first = *first;
	pthread_mutex_init(&j->lending, NULL);
	j->store = s;
	j->taking = taking;
	for (size_t i = 0; i < tables->count; i++)
		/* before 14 each range would read the table from its beginning */
		plan(m, j, &tables->item[i],
		    value_get_int(s->facts, "server_version", 0) >= 140000);
	if (j->count)
		qsort(j->range, j->count, sizeof *j->range, by_size);
	jobs = first->count + j->count;
	if (count > jobs)
		count = jobs;
	for (size_t i = 0; i < count; i++)
		if (!(worker[i] = start_worker(m, j, e)))
			return NULL;
	return pool_start(m, worker, count, jobs, work, e);
}
