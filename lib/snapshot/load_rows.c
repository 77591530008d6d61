/* load_rows.c - copies frames into tables, in COPY's binary form where it can be made. */
#include <string.h>

#include "pg/conn.h"
#include "snapshot/binary.h"
#include "snapshot/load_rows.h"
#include "snapshot/session.h"
#include "snapshot/tar.h"

/* The next rows of the frame, as they are there. */
static long
take_rows(struct loader *w, const char **data, struct err *e)
{
	long n = tar_data(w->tar, data, e);

	if (n > 0)
		atomic_fetch_add(&w->loaded, n);
	return n;
}

static long
give_rows(void *worker, const char **data, struct err *e)
{
	struct loader *w = worker;
	long n, made = 0;

	if (!w->binary)
		return take_rows(w, data, e);
	while (!made && !w->dry) {
		if ((n = take_rows(w, data, e)) < 0)
			return -1;
		w->dry = !n;
		made = binary_add(w->binary, *data, (size_t)n, data, e);
	}
	return made;
}

/* Can the rows of T be sent in binary form? Its texts are always in our client encoding, UTF8. */
static int
choose_form(struct mem *m, struct loader *w, const struct load_table *t, struct err *e)
{
	struct pg_rows *r;
	struct binary_type *type;
	size_t count, n = strlen(t->columns);

	w->binary = NULL;
	if (t->size <= LOAD_SMALL || !n || strcmp(t->encoding, "UTF8"))
		return 0;
	if (!(r = pg_query(m, w->pg, e,
		  mem_fmt(m, "SELECT %.*s FROM ONLY %s LIMIT 0", (int)n - 2, t->columns + 1,
		      t->quoted),
		  0, NULL)))
		return err_in(e, "%s", t->name);
	count = (size_t)pg_rows_columns(r);
	type = mem_zero(m, count + 1, sizeof *type);
	for (size_t i = 0; i < count; i++)
		type[i] = (struct binary_type){ pg_rows_type(r, (int)i),
			pg_rows_modifier(r, (int)i) };
	w->binary = binary_new(m, type, count);
	return 0;
}

static char *
copy_sql(struct mem *m, const struct loader *w, const struct load_part *p)
{
	const struct load_table *t = p->table;

	return mem_fmt(m, "COPY %s %s FROM STDIN WITH (%s%s%s)", t->quoted, t->columns,
	    w->binary ? "FORMAT binary" : "ENCODING ",
	    w->binary ? "" : pg_quote_literal(m, t->encoding), p->freeze ? ", FREEZE" : "");
}

static int
load_frame(struct loader *w, const struct load_part *p, size_t i, struct err *e)
{
	MEM_SCOPE(m);
	const struct reader *r = w->how->r;
	const struct format_frame *f = reader_frame(r, i);
	struct tar_entry entry;
	int found;

	reader_seek(w->cursor, i);
	w->dry = false;
	if (w->binary)
		binary_begin(w->binary);
	w->tar = tar_reader_new(m, reader_read, w->cursor);
	if ((found = tar_next(w->tar, &entry, e)) < 0)
		return -1;
	if (!found || strcmp(entry.name, f->member))
		return err_set(e, FAIL_NO, "damaged", "%s: %s is not where the manifest says",
		    reader_name(r), f->member);
	if (pg_copy_in(w->pg, copy_sql(m, w, p), give_rows, w, e))
		return session_explain(w->pg, e), err_in(e, "%s", f->table);
	if (reader_drain(w->cursor, e))
		return err_in(e, "%s", f->table);
	if (pg_affected(w->pg) != f->rows)
		return err_set(e, FAIL_NO, "mismatch", "%s: %s: the server took %lld rows of %lld",
		    f->table, f->member, (long long)pg_affected(w->pg), (long long)f->rows);
	return 0;
}

/* Those that are not there yet. */
static int
load_frames(struct loader *w, struct load_part *p, struct err *e)
{
	for (; p->there < p->frames; p->there++)
		if (load_frame(w, p, p->frame[p->there], e))
			return -1;
	return 0;
}

/* Rows written in the transaction that emptied their table are frozen at once: no second writing by
 * a later vacuum. */
static int
begin_part(struct loader *w, const struct load_part *p, struct err *e)
{
	MEM_SCOPE(m);

	return p->freeze &&
	    pg_exec(w->pg, mem_fmt(m, "BEGIN; TRUNCATE ONLY %s", p->table->quoted), e) ?
		err_in(e, "%s", p->table->name) :
		0;
}

/* Frames of their own stay. */
static int
undo_part(struct loader *w, struct load_part *p, struct err *e)
{
	if (!p->freeze)
		return 0;
	p->there = 0;
	return pg_exec(w->pg, "ROLLBACK", e);
}

/* Does the error come of what a value is, and not of the server? */
static bool
is_refusal(const struct err *e)
{
	/* data exception, constraint violation, RAISE */
	static const char *const words[] = { "sql-22", "sql-23", "sql-P0" };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strncmp(e->word, words[i], 6))
			return true;
	return false;
}

int
load_rows(void *worker, void *arg, struct err *e)
{
	MEM_SCOPE(m);
	struct loader *w = worker;
	struct load_part *p = arg;
	struct err second;
	bool bad;

	if (choose_form(m, w, p->table, e) || begin_part(w, p, e))
		return -1;
	bad = load_frames(w, p, e);
	if (bad && !strcmp(e->word, BINARY_UNKNOWN)) {
		/* the server may read what we do not */
		w->binary = NULL;
		if (undo_part(w, p, e) || begin_part(w, p, e))
			return -1;
		bad = load_frames(w, p, e);
	}
	if (bad)
		return is_refusal(e) && !undo_part(w, p, &second) ? GRAPH_LATER : -1;
	return p->freeze ? pg_exec(w->pg, "COMMIT", e) : 0;
}
