/* prove.c - proves that an archive holds what its manifest says. */
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/seen.h"
#include "snapshot/pool.h"
#include "snapshot/prove.h"
#include "snapshot/rows.h"
#include "snapshot/store.h"
#include "snapshot/tar.h"

enum { LARGE = 16 << 20 };      /* of a frame, packed: more than a thread should have alone */

/* The names of all members, for all threads. */
struct names {
	pthread_mutex_t lock;
	struct seen *seen;
};

/* What one thread proves at a time: a frame. A large one is two jobs, so that its bytes are summed
 * up while they are unpacked. */
struct job {
	size_t frame;
	int64_t large;          /* its packed size; 0: it is not */
	bool sum;               /* only that; what is in a large one is another job */
};

/* What one thread works with. */
struct prover {
	const struct reader *r;
	const struct job *job;
	struct names *names;
	struct reader_cursor *cursor;
	struct rows *rows;
};

static int
wrong(const struct prover *p, const struct format_frame *f, const char *what, struct err *e)
{
	err_set(e, FAIL_NO, "damaged", "%s: the frame at byte %lld (%s): %s", reader_name(p->r),
	    (long long)f->offset, f->member, what);
	return err_hint(e, "take another archive; this one cannot be trusted");
}

/* Does NAME belong to F? Members of a store stay below the store's own directory. */
static bool
belongs(const char *name, const struct format_frame *f)
{
	MEM_SCOPE(m);
	const char *directory = f->store ? store_member(m, f->store, "") : "";

	for (const char *p = name; *p;) {
		size_t part = strcspn(p, "/");

		if (part == 2 && !strncmp(p, "..", 2))
			return false;
		p += part + (p[part] == '/');
	}
	if (!f->store)
		return !strcmp(name, f->member);
	return !strncmp(name, directory, strlen(directory));
}

/* Is NAME what the manifest calls MEMBER? Names of files need not be UTF-8, JSON is. */
static bool
is_called(const char *name, const char *member)
{
	MEM_SCOPE(m);
	struct value *v = value_object(m);

	value_set_string(v, "member", name);
	return !strcmp(value_get_string(v, "member"), member);
}

/* Of two members with one name the second would take the place of the first. */
static bool
is_new(struct names *names, const char *name)
{
	bool yes;

	pthread_mutex_lock(&names->lock);
	yes = seen_add(names->seen, name, "", "", 0) == SEEN_NEW;
	pthread_mutex_unlock(&names->lock);
	return yes;
}

static int
prove_members(struct prover *p, const struct format_frame *f, struct err *e)
{
	MEM_SCOPE(m);
	struct tar_reader *tar = tar_reader_new(m, reader_read, p->cursor);
	struct tar_entry entry;
	int64_t count = 0;
	const char *data;
	long n = 0;
	int more;

	while ((more = tar_next(tar, &entry, e)) > 0) {
		if (!belongs(entry.name, f) || (!count && !is_called(entry.name, f->member)))
			return wrong(p, f,
			    mem_fmt(m, "it holds a member '%s' that does not belong there",
				entry.name),
			    e);
		if (!is_new(p->names, entry.name))
			return wrong(p, f, mem_fmt(m, "the archive holds '%s' twice", entry.name),
			    e);
		while (entry.regular && (n = tar_data(tar, &data, e)) > 0)
			if (f->table)
				rows_add(p->rows, data, (size_t)n);
		if (n < 0)
			return -1;
		count++;
	}
	if (more < 0)
		return -1;
	return count == f->members ?
	    0 :
	    wrong(p, f, "it does not hold as many members as the manifest says", e);
}

static int
prove_frame(void *worker, size_t i, struct err *e)
{
	struct prover *p = worker;
	const struct job *job = &p->job[i];
	const struct format_frame *f = reader_frame(p->r, job->frame);

	if (job->sum)
		return reader_sum(p->cursor, job->frame, e);
	rows_begin(p->rows);
	if (job->large)
		reader_seek_unsummed(p->cursor, job->frame);
	else
		reader_seek(p->cursor, job->frame);
	if (prove_members(p, f, e) || reader_drain(p->cursor, e))
		return -1;
	if (f->table && (rows_count(p->rows) != f->rows || rows_sum(p->rows) != f->row_sum))
		return wrong(p, f, "its rows are not those the manifest counts", e);
	return 0;
}

/* Rows and sums of TABLE over all frames. */
struct tally {
	const char *store, *table;
	int64_t rows;
	uint64_t sum;
};

static int
by_name(const void *a, const void *b)
{
	const struct tally *x = a, *y = b;
	int c = strcmp(x->store, y->store);

	return c ? c : strcmp(x->table, y->table);
}

/* One tally for each table, sorted; *COUNT of them. */
static struct tally *
tally_frames(struct mem *m, const struct reader *r, size_t *count)
{
	struct tally *t = mem_zero(m, reader_count(r) + 1, sizeof *t);
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (f->table && f->store)
			t[n++] = (struct tally){ f->store, f->table, f->rows, f->row_sum };
	}
	qsort(t, n, sizeof *t, by_name);
	for (size_t i = 0; i < n; i++) {
		if (kept && !by_name(&t[kept - 1], &t[i])) {
			t[kept - 1].rows += t[i].rows;
			t[kept - 1].sum += t[i].sum;
		} else {
			t[kept++] = t[i];
		}
	}
	*count = kept;
	return t;
}

static int
prove_table(const struct reader *r, const char *store, const struct value *table,
    const struct tally *t, size_t count, struct err *e)
{
	const char *name = value_get_string(table, "name"),
		   *sum = value_get_string(table, "row_sum");
	struct tally key = { store, name, 0, 0 };
	const struct tally *got;

	/* the rows of one that pg_dump has taken are in the dump of the rest */
	if (!name || !sum || value_get(table, "from"))
		return 0;
	got = bsearch(&key, t, count, sizeof *t, by_name);
	if ((got ? got->rows : 0) == value_get_int(table, "rows", -1) &&
	    (got ? got->sum : 0) == strtoull(sum, NULL, 16))
		return 0;
	return err_set(e, FAIL_NO, "damaged", "%s: store %s: the rows of %s are not all there",
	    reader_name(r), store, name);
}

/* All entries of a directory are members. */
static int
prove_entries(const struct reader *r, const struct value *store, struct err *e)
{
	const char *name = value_get_string(store, "name");
	int64_t members = 0, entries = value_get_int(store, "entries", -1);

	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (f->store && name && !strcmp(f->store, name))
			members += f->members;
	}
	return entries < 0 || members == entries ?
	    0 :
	    err_set(e, FAIL_NO, "damaged",
		"%s: store %s: of %lld entries it has %lld", reader_name(r), name ? name : "",
		(long long)entries, (long long)members);
}

static int
prove_tables(const struct reader *r, struct err *e)
{
	MEM_SCOPE(m);
	const struct value *stores = value_get(reader_manifest(r), "stores");
	size_t count;
	struct tally *t = tally_frames(m, r, &count);

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *store = value_item(stores, i),
				   *tables = value_get(store, "tables");
		const char *name = value_get_string(store, "name");

		if (prove_entries(r, store, e))
			return -1;
		for (size_t k = 0; name && k < value_count(tables); k++)
			if (prove_table(r, name, value_item(tables, k), t, count, e))
				return -1;
	}
	return 0;
}

/* Large frames first: else all threads but one would wait in the end for who has such a one. The
 * others as they lie in the file. */
static int
by_turn(const void *a, const void *b)
{
	const struct job *x = a, *y = b;

	return x->large != y->large ? (x->large < y->large) - (x->large > y->large) :
				      (x->frame > y->frame) - (x->frame < y->frame);
}

/* All jobs, *COUNT of them. */
static struct job *
make_jobs(struct mem *m, const struct reader *r, size_t *count)
{
	struct job *job = mem_zero(m, 2 * reader_count(r), sizeof *job);

	*count = 0;
	for (size_t i = 0; i < reader_count(r); i++) {
		int64_t packed = reader_frame(r, i)->packed, large = packed < LARGE ? 0 : packed;

		job[(*count)++] = (struct job){ i, large, false };
		if (large)
			job[(*count)++] = (struct job){ i, large, true };
	}
	qsort(job, *count, sizeof *job, by_turn);
	return job;
}

int
prove_archive(const struct reader *r, size_t threads, struct err *e)
{
	MEM_SCOPE(m);
	void **worker = mem_zero(m, threads, sizeof *worker);
	struct names names = { PTHREAD_MUTEX_INITIALIZER, seen_new(m) };
	size_t count;
	const struct job *job = make_jobs(m, r, &count);

	for (size_t i = 0; i < threads; i++) {
		struct prover *p = worker[i] = mem_zero(m, 1, sizeof *p);

		p->r = r;
		p->job = job;
		p->names = &names;
		p->cursor = reader_cursor_new(m, r);
		p->rows = rows_new(m);
	}
	if (pool_run(worker, threads, count, prove_frame, e))
		return -1;
	return prove_tables(r, e);
}
