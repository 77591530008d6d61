/* load.c - plans what copies rows into tables, and compares what came. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "snapshot/load.h"
#include "snapshot/load_rows.h"
#include "snapshot/rows.h"
#include "snapshot/session.h"
#include "snapshot/tables.h"

enum {
	LARGE = 256 << 20,      /* a table of more bytes may be loaded by several threads */
	PIECE = 64 << 20,       /* of a large table, to be compared by one thread */
	NOTABLE = 8 << 20,      /* autovacuum has gone through a smaller one at once */
};

/* Part NUMBER of OF of a table's pages, to be compared. */
struct piece {
	struct load_table *table;
	int64_t number, of;
};

struct pg *
load_connect(struct mem *m, const char *spec, const char *database, struct err *e)
{
	struct pg *pg = pg_open(m, spec, database, e);

	/* a restore that is cut short is dropped, not recovered: no commit need wait for the
	 * disk */
	return pg && !session_set(pg, e) && !pg_exec(pg, "SET synchronous_commit = off", e) ? pg :
											      NULL;
}

void **
load_workers(struct mem *m, const struct restore *how, size_t count, const char *spec,
    const char *database, const char *sql, struct err *e)
{
	void **worker = mem_zero(m, count + 1, sizeof *worker);

	for (size_t i = 0; i < count; i++) {
		struct loader *w = worker[i] = mem_zero(m, 1, sizeof *w);

		w->how = how;
		w->cursor = reader_cursor_new(m, how->r);
		w->rows = rows_new(m);
		if (!(w->pg = load_connect(m, spec, database, e)) || pg_exec(w->pg, sql, e))
			return NULL;
	}
	return worker;
}

/* Checking */

static int
sum_rows(void *worker, const char *data, size_t len, struct err *e)
{
	struct loader *w = worker;

	(void)e;
	rows_add(w->rows, data, len);
	return 0;
}

static int
measure(void *worker, void *arg, struct err *e)
{
	MEM_SCOPE(m);
	struct loader *w = worker;
	struct load_table *t = arg;
	const char *name = t->quoted;
	struct pg_rows *r = pg_query(m, w->pg, e, "SELECT pg_catalog.pg_relation_size($1::regclass)"
	    " / pg_catalog.current_setting('block_size')::int", 1, &name);

	t->pages = r ? pg_rows_int(r, 0, 0) : 0;
	return r ? 0 : err_in(e, "%s", t->name);
}

/* The rows that the server gives back are those that it got. */
static int
sum_piece(void *worker, void *arg, struct err *e)
{
	MEM_SCOPE(m);
	struct loader *w = worker;
	const struct piece *p = arg;
	struct load_table *t = p->table;
	int64_t from = t->pages * p->number / p->of, to = t->pages * (p->number + 1) / p->of;
	size_t n = strlen(t->columns);
	bool path = w->how->search_path;
	char *what;

	if (t->from)
		what = mem_fmt(m, "(SELECT %.*s FROM %s)", n ? (int)n - 2 : 0, t->columns + !!n,
		    t->from);
	else if (p->of == 1)
		what = mem_fmt(m, "%s %s", t->quoted, t->columns);
	else
		what = mem_fmt(m,
		    "(SELECT %.*s FROM ONLY %s WHERE ctid >= '(%" PRId64
		    ",0)' AND ctid < '(%" PRId64 ",0)')",
		    (int)n - 2, t->columns + 1, t->quoted, from, to);
	rows_begin(w->rows);
	/* names in values do not show the schemas that are in it */
	if ((path && pg_exec(w->pg, "BEGIN; SET LOCAL search_path = ''", e)) ||
	    pg_copy_out(w->pg, mem_fmt(m, "COPY %s TO STDOUT WITH (ENCODING %s)", what,
		pg_quote_literal(m, t->encoding)), sum_rows, w, e) ||
	    (path && pg_exec(w->pg, "COMMIT", e)))
		return err_in(e, "%s", t->name);
	atomic_fetch_add(&t->rows_there, rows_count(w->rows));
	atomic_fetch_add(&t->sum_there, rows_sum(w->rows));
	return 0;
}

static int
count_rows(struct loader *w, struct load_table *t, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r = pg_query(m, w->pg, e,
	    t->from ? mem_fmt(m, "SELECT pg_catalog.count(*) FROM %s", t->from) :
		      mem_fmt(m, "SELECT pg_catalog.count(*) FROM ONLY %s", t->quoted), 0, NULL);

	if (!r)
		return err_in(e, "%s", t->name);
	atomic_store(&t->rows_there, pg_rows_int(r, 0, 0));
	atomic_store(&t->sum_there, t->row_sum);
	return 0;
}

static int
compare(void *worker, void *arg, struct err *e)
{
	struct loader *w = worker;
	struct load_table *t = arg;
	int64_t rows;

	if (!w->how->check_content && !t->plain && count_rows(w, t, e))
		return -1;
	rows = atomic_load(&t->rows_there);
	if (rows == t->rows && atomic_load(&t->sum_there) == t->row_sum)
		return 0;
	if (rows != t->rows)
		err_set(e, FAIL_NO, "mismatch", "%s holds %lld rows, the archive %lld", t->name,
		    (long long)rows, (long long)t->rows);
	else
		err_set(e, FAIL_NO, "mismatch", "the rows of %s are not those of the archive",
		    t->name);
	return err_hint(e,
	    "does a rule, a type or a setting of the new server change rows on their way in?");
}

/* Planning */

struct plan {
	struct mem *m;
	const struct restore *how;
	struct graph *g;
	/* numbers of the frames that hold rows of the store, table by table */
	size_t *frame;
	size_t frames;
	int64_t total;          /* bytes of all tables */
	size_t dumped;          /* the job that loads what is in the dump */
};

static int
by_name(const void *a, const void *b)
{
	const struct load_table *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static int
by_table(const void *a, const void *b, void *reader)
{
	const size_t *x = a, *y = b;
	int c = strcmp(reader_frame(reader, *x)->table, reader_frame(reader, *y)->table);

	return c ? c : *x < *y ? -1 : 1;
}

static const char *
text(const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? s : "";
}

/* Another version of an extension may call other rows its configuration, and bring other ones. */
static int
is_as_taken(struct plan *p, struct pg *pg, const struct value *store, const struct value *table,
    bool *yes, struct err *e)
{
	const char *extension = value_get_string(table, "extension");
	const char *version = text(value_get(store, "extensions"), extension ? extension : "");
	struct pg_rows *r;

	*yes = true;
	if (!extension)
		return 0;
	if (!(r = pg_query(p->m, pg, e, "SELECT extversion FROM pg_catalog.pg_extension"
	    " WHERE extname = $1", 1, &extension)))
		return -1;
	if (!(*yes = pg_rows_count(r) && !strcmp(pg_rows_text(r, 0, 0), version)))
		p->how->say(p->how->arg,
		    mem_fmt(p->m, "not compared: %s: it is from %s %s", text(table, "name"),
			extension, version));
	return 0;
}

static int
list_tables(struct plan *p, struct pg *pg, const struct value *store, struct load *tables,
    struct err *e)
{
	const struct value *list = value_get(store, "tables");
	bool wanted;

	tables->item = mem_zero(p->m, value_count(list) + 1, sizeof *tables->item);
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *v = value_item(list, i);
		struct load_table *t = &tables->item[tables->count];

		if (is_as_taken(p, pg, store, v, &wanted, e))
			return -1;
		if (!wanted)
			continue;
		tables->count++;
		t->name = text(v, "name");
		t->quoted = text(v, "quoted");
		t->columns = text(v, "columns");
		t->encoding = text(store, "encoding");
		t->from = value_get_string(v, "from");
		t->oid = (unsigned)value_get_int(v, "oid", 0);
		t->rows = value_get_int(v, "rows", 0);
		t->row_sum = strtoull(text(v, "row_sum"), NULL, 16);
	}
	qsort(tables->item, tables->count, sizeof *tables->item, by_name);
	return 0;
}

/* Which tables were there empty, and change no row that is loaded? Which have others below them? */
static int
find_plain(const struct plan *p, struct pg *pg, struct load *tables, struct err *e)
{
	struct pg_rows *r = pg_query(p->m, pg, e,
	    "SELECT " TABLES_QUOTED("n", "c") ", c.relhassubclass, x.odd FROM pg_catalog.pg_class c"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace, LATERAL (SELECT"
	    "  c.relhastriggers OR pg_catalog.pg_relation_size(c.oid) > 0 AS odd) x"
	    " WHERE c.oid >= 16384 AND c.relkind = 'r' AND (c.relhassubclass OR x.odd)",
	    0, NULL);

	for (size_t i = 0; r && i < tables->count; i++) {
		struct load_table *t = &tables->item[i];

		t->plain = !t->from;
		for (int k = 0; k < pg_rows_count(r); k++)
			if (!strcmp(t->quoted, pg_rows_text(r, k, 0))) {
				t->parent = pg_rows_bool(r, k, 1);
				t->plain &= !pg_rows_bool(r, k, 2);
				break;
			}
	}
	return r ? 0 : -1;
}

static void
list_frames(struct plan *p, const char *store)
{
	const struct reader *r = p->how->r;

	p->frame = mem_zero(p->m, reader_count(r) + 1, sizeof *p->frame);
	for (size_t i = 0; i < reader_count(r); i++) {
		const struct format_frame *f = reader_frame(r, i);

		if (!f->table || !f->store || strcmp(f->store, store))
			continue;
		p->frame[p->frames++] = i;
		p->total += f->size;
	}
	if (p->frames)
		qsort_r(p->frame, p->frames, sizeof *p->frame, by_table, (void *)(uintptr_t)r);
}

/* JOB behind all jobs from FROM on. */
static void
after_all(struct plan *p, size_t job, size_t from)
{
	for (size_t i = from; i < job; i++)
		graph_after(p->g, job, i);
}

static void
add_loading(struct plan *p, const struct load_table *t)
{
	size_t each = t->shared ? 1 : t->frames;

	for (size_t i = 0; i < t->frames; i += each) {
		struct load_part *part = mem_zero(p->m, 1, sizeof *part);

		*part = (struct load_part){ t, t->frame + i, each,
			!t->shared && t->size > LOAD_SMALL, 0 };
		/* the server works about twice as long on what comes in as on what goes out */
		graph_add(p->g, 2.0 * (double)t->size * (double)each / (double)t->frames, load_rows,
		    part);
	}
}

static void
add_comparing(struct plan *p, struct load_table *t, bool ranges)
{
	int64_t count = ranges && *t->columns ? (t->size + PIECE - 1) / PIECE : 1;

	for (int64_t i = 0; i < count || i < 1; i++) {
		struct piece *piece = mem_zero(p->m, 1, sizeof *piece);

		*piece = (struct piece){ t, i, count < 1 ? 1 : count };
		graph_add(p->g, (double)t->size / (double)piece->of, sum_piece, piece);
	}
}

/* JOB behind those before it, from FIRST on, that load or read T. */
static void
after_rows(struct plan *p, const struct load_table *t, size_t job, size_t first)
{
	after_all(p, job, first);
	if (t->from)
		graph_after(p->g, job, p->dumped);
}

/* Its rows are loaded, then measured and summed, when that is wanted, then compared. */
static void
add_table(struct plan *p, struct load_table *t, bool ranges)
{
	size_t first = graph_count(p->g), measured;

	add_loading(p, t);
	t->first = first;
	t->loads = graph_count(p->g) - first;
	if (p->how->check_content) {
		measured = graph_add(p->g, 0, measure, t);
		after_rows(p, t, measured, first);
		first = measured + 1;
		add_comparing(p, t, ranges);
		for (size_t i = first; i < graph_count(p->g); i++)
			graph_after(p->g, i, measured);
	}
	t->complete = graph_add(p->g, (double)t->size / 10, compare, t);
	after_rows(p, t, t->complete, first);
}

/* The frames of each table: they have the same order. Returns how many there are before the first
 * of none. */
static size_t
give_frames(struct plan *p, struct load *tables)
{
	size_t next = 0;

	for (size_t i = 0; i < tables->count; i++) {
		struct load_table *t = &tables->item[i];

		t->frame = p->frame + next;
		for (; next < p->frames; next++) {
			const struct format_frame *f = reader_frame(p->how->r, p->frame[next]);

			if (strcmp(f->table, t->name))
				break;
			t->size += f->size;
			if (p->how->check_content)
				continue;
			t->rows_there += f->rows;
			t->sum_there += f->row_sum;
		}
		t->frames = (size_t)(p->frame + next - t->frame);
	}
	return next;
}

static int
by_size(const void *a, const void *b)
{
	const struct load_table *x = *(struct load_table *const *)a,
				*y = *(struct load_table *const *)b;

	return (y->size > x->size) - (y->size < x->size);
}

/* All threads share in the largest tables, as many as it takes to keep them busy to the end while
 * each of the others is loaded by one alone: only that can freeze its rows. */
static void
share(const struct plan *p, struct load *tables)
{
	MEM_SCOPE(m);
	struct load_table **list = mem_zero(m, tables->count + 1, sizeof *list);
	int64_t jobs = (int64_t)p->how->jobs, shared = 0;

	for (size_t i = 0; i < tables->count; i++)
		list[i] = &tables->item[i];
	qsort(list, tables->count, sizeof *list, by_size);
	for (size_t i = 0; i < tables->count; i++) {
		struct load_table *t = list[i];

		if (t->size <= LARGE || t->size * jobs < p->total / 4 ||
		    shared >= (jobs - 1) * t->size)
			return;
		t->shared = true;
		shared += t->size;
	}
}

int
load_plan(struct mem *m, const struct restore *how, const struct value *store, struct pg *pg,
    struct graph *g, size_t dumped, struct load *tables, struct err *e)
{
	struct plan p = { .m = m, .how = how, .g = g, .dumped = dumped };
	bool ranges = pg_server_version(pg) >= 140000;
	size_t given;

	if (list_tables(&p, pg, store, tables, e) || find_plain(&p, pg, tables, e))
		return -1;
	list_frames(&p, text(store, "name"));
	if ((given = give_frames(&p, tables)) < p.frames)
		return err_set(e, FAIL_NO, "damaged",
		    "%s: the manifest has rows of a table that it does not list: %s",
		    reader_name(how->r), reader_frame(how->r, p.frame[given])->table);
	share(&p, tables);
	for (size_t i = 0; i < tables->count; i++)
		add_table(&p, &tables->item[i], ranges);
	return 0;
}

/* Autovacuum */

int
load_quiet(struct pg *pg, struct load *tables, struct err *e)
{
	for (size_t i = 0; i < tables->count; i++) {
		MEM_SCOPE(m);
		struct load_table *t = &tables->item[i];
		struct pg_rows *r;

		if (t->size <= NOTABLE)
			continue;
		/* a table may have a word of its own about it */
		if (!(r = pg_query(m, pg, e, "SELECT 1 FROM pg_catalog.pg_class"
		    " WHERE oid = $1::regclass AND reloptions::text LIKE '%autovacuum_enabled=%'",
		    1, &t->quoted)))
			return err_in(e, "%s", t->name);
		if ((t->quiet = !pg_rows_count(r)) && pg_exec(pg, mem_fmt(m,
		    "ALTER TABLE ONLY %s SET (autovacuum_enabled = off)", t->quoted), e))
			return err_in(e, "%s", t->name);
	}
	return 0;
}

int
load_wake(struct pg *pg, struct load *tables, struct err *e)
{
	for (size_t i = 0; i < tables->count; i++) {
		MEM_SCOPE(m);
		struct load_table *t = &tables->item[i];

		if (t->quiet && pg_exec(pg, mem_fmt(m,
		    "ALTER TABLE ONLY %s RESET (autovacuum_enabled)", t->quoted), e))
			return err_in(e, "%s", t->name);
	}
	return 0;
}
