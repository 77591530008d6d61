/* history.c - reads a history, matches its rows with the files, and writes to it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "migrate/history_kind.h"
#include "migrate/weave.h"

struct migrate_row *
migrate_history_add(struct mem *m, struct migrate_history *h)
{
	mem_grow(m, &h->row, h->count, &h->room, sizeof *h->row);
	return &h->row[h->count++];
}

const char *
migrate_kept_version(const struct migrate_history *h, const struct migrate_file *f)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file == f)
			return h->row[i].version;
	return f->version;
}

const char *
migrate_history_name(const struct migrate_history *h)
{
	return h->kind->name;
}

char *
migrate_table_part(struct mem *m, const struct migrate_history *h, int part)
{
	struct mem_text t = { .m = m };
	bool quoted = false;

	for (const char *p = h->table; *p; p++) {
		if (*p == '.' && !quoted && part-- == 0)
			break;
		if (*p == '"')
			quoted = !quoted;
		/* a doubled quote is one of the name's characters */
		if (part == 0 &&
		    (*p == '"' ? quoted && p > h->table && p[-1] == '"' : *p != '.' || quoted))
			mem_text_add(&t, p, 1);
	}
	return t.text ? t.text : mem_string(m, "");
}

/* CREATE SCHEMA IF NOT EXISTS wants the privilege even where there is nothing to create: so look
 * first. */
static int
create_schema(struct mem *m, struct pg *pg, const char *table, struct err *e)
{
	const char *dot = *table == '"' ? strchr(strchr(table + 1, '"'), '.') : strchr(table, '.');
	char *schema = dot ? mem_dup(m, table, (size_t)(dot - table)) : NULL;

	return schema ? pg_exec(pg,
			    mem_fmt(m,
				"DO $handrail$ BEGIN IF pg_catalog.to_regnamespace(%s) IS NULL THEN"
				" CREATE SCHEMA %s; END IF; END $handrail$",
				pg_quote_literal(m, schema), schema),
			    e) :
			0;
}

int
migrate_history_create(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	const struct migrate_history_kind *k = h->kind;
	struct pg_rows *r;

	if (h->exists)
		return 0;
	if (create_schema(m, pg, h->table, e) ||
	    (k->create ? k->create(m, pg, h, e) :
			 pg_exec(pg, pg_expand(m, k->ddl, h->table), e))) {
		err_in(e, "cannot create the history %s", h->table);
		if (!strcmp(pg_report(pg)->sqlstate, "42501"))
			err_hint(e, "GRANT CREATE ON DATABASE to the user that migrates");
		return -1;
	}
	if (!(r = migrate_history_tables(m, pg, pg_quote_literal(m, h->table), e)))
		return -1;
	if (!pg_rows_count(r))
		return err_set(e, FAIL_TROUBLE, "history", "%s cannot be seen after it was created",
		    h->table);
	h->table = mem_string(m, pg_rows_text(r, 0, 1));
	h->exists = true;
	return 0;
}

int
migrate_history_sum(const struct migrate_history *h, const struct migrate_file *f,
    char sum[DIGEST_HEX], struct err *e)
{
	MEM_SCOPE(m);
	char *text;
	size_t len;

	*sum = 0;
	if (!h->kind->sum)
		return 0;
	if (!(text = io_read_file(m, f->path, SIZE_MAX >> 1, &len, e)))
		return -1;
	/* of what runs again when it changes, Flyway sums up what it would run */
	if (f->kind == MIGRATE_REPEATABLE && migrate_weave_wanted(h->fill, f, text) &&
	    !(text = migrate_fill_text(m, h->fill, f, text, &len, e)))
		return -1;
	h->kind->sum(sum, f, text, len);
	return 0;
}

/* The text with each line end a "\r\n", or each a "\n". */
static char *
with_line_ends(struct mem *m, const char *text, size_t len, bool cr, size_t *size)
{
	char *out = mem_zero(m, 2 * len + 1, 1);

	*size = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] == '\r' && i + 1 < len && text[i + 1] == '\n')
			continue;
		if (text[i] == '\n' && cr)
			out[(*size)++] = '\r';
		out[(*size)++] = text[i];
	}
	return out;
}

/* Has KEPT been the sum of FILE with other line ends? */
static bool
is_respaced(const struct migrate_history *h, const struct migrate_file *f, const char *kept)
{
	MEM_SCOPE(m);
	struct err ignored;
	size_t len, size;
	char sum[DIGEST_HEX], *text = io_read_file(m, f->path, SIZE_MAX >> 1, &len, &ignored);

	for (int cr = 0; text && cr < 2; cr++) {
		const char *other = with_line_ends(m, text, len, cr, &size);

		if (h->kind->sum)
			h->kind->sum(sum, f, other, size);
		else
			digest_bytes(sum, other, size);
		if (!strcmp(sum, kept))
			return true;
	}
	return false;
}

int
migrate_history_compare(const struct migrate_history *h, struct migrate_row *row, const char *kept,
    struct err *e)
{
	char sum[DIGEST_HEX];

	if (!row->file || !kept || !*kept)
		return 0;
	if (migrate_history_sum(h, row->file, sum, e))
		return -1;
	row->changed = strcmp(h->kind->sum ? sum : row->file->sha256, kept);
	row->respaced = row->changed && is_respaced(h, row->file, kept);
	return 0;
}

static int
failed(const struct migrate_history *h, const struct migrate_row *row, struct err *e)
{
	err_set(e, FAIL_NO, "dirty", "%s says that migration %s failed", h->table,
	    row->version ? row->version : row->name);
	return err_hint(e, "look how far it came, then repair the history with %s", h->kind->name);
}

int
migrate_history_load_rows(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, pg_expand(m, h->kind->select, h->table), 0,
	    NULL);
	bool more = r && pg_rows_columns(r) > 6;

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		struct migrate_row *row = migrate_history_add(m, h);
		const char *seconds = pg_rows_text(r, i, 5);

		row->version = pg_rows_text(r, i, 0);
		row->name = pg_rows_text(r, i, 1);
		row->sha256 = h->kind->sum ? NULL : pg_rows_text(r, i, 2);
		row->applied_at = pg_rows_text(r, i, 3);
		row->applied_by = pg_rows_text(r, i, 4);
		row->seconds = seconds ? strtod(seconds, NULL) : 0;
		row->baseline = more && pg_rows_bool(r, i, 6);
		row->elsewhere = pg_rows_columns(r) > 8 && pg_rows_bool(r, i, 8);
		if (more && pg_rows_bool(r, i, 7))
			return failed(h, row, e);
		row->file = h->kind->match ? h->kind->match(h, row) :
					     migrate_dir_find(h->dir, row->version);
		if (!row->version || !*row->version)
			row->version = row->file ? row->file->version : row->name;
		if (migrate_history_compare(h, row, pg_rows_text(r, i, 2), e))
			return -1;
	}
	return r ? 0 : -1;
}

int
migrate_history_load(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	int bad;

	h->row = NULL;
	h->count = h->room = 0;
	if (!h->exists)
		return 0;
	bad = h->kind->load ? h->kind->load(m, pg, h, e) : migrate_history_load_rows(m, pg, h, e);
	return bad && e->code == FAIL_TROUBLE && strcmp(e->word, "bad-input") ?
	    err_in(e, "cannot read the history %s", h->table) :
						bad;
}

bool
migrate_history_holds(const struct migrate_history *h, const struct migrate_file *f)
{
	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file == f && h->row[i].done == h->row[i].total && !h->row[i].changed)
			return true;
	return false;
}

struct migrate_fact *
migrate_history_facts(struct mem *m, struct pg *pg, const struct migrate_history *h,
    const char *run, size_t *count)
{
	const char *const params[] = { run };
	struct migrate_fact *facts;
	struct err ignored;
	struct pg_rows *r;

	*count = 0;
	if (h->kind != &migrate_history_handrail ||
	    !(r = pg_query(m, pg, &ignored,
		  mem_fmt(m, "SELECT version, seconds, xid_to FROM %s WHERE run = $1 ORDER BY seq",
		      h->table),
		  1, params)))
		return NULL;
	*count = (size_t)pg_rows_count(r);
	facts = mem_zero(m, *count + 1, sizeof *facts);
	for (size_t i = 0; i < *count; i++)
		facts[i] = (struct migrate_fact){ pg_rows_text(r, (int)i, 0),
			pg_rows_text(r, (int)i, 1), pg_rows_text(r, (int)i, 2) };
	return facts;
}

int
migrate_history_locks(struct pg *pg, const struct migrate_history *h, int64_t key[2])
{
	char hex[DIGEST_HEX];
	MEM_SCOPE(m);
	char *what = mem_fmt(m, "handrail migrate %s", h->table);

	digest_bytes(hex, what, strlen(what));
	hex[16] = 0;
	key[0] = (int64_t)strtoull(hex, NULL, 16);
	if (!h->kind->key)
		return 1;
	key[1] = h->kind->key(pg, h);
	return 2;
}

char *
migrate_history_note(struct mem *m, const struct migrate_history *h,
    const struct migrate_author *by, const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	h->kind->note(&t, h, by, n);
	return t.text;
}

char *
migrate_history_prepare(struct mem *m, const struct migrate_history *h,
    const struct migrate_author *by)
{
	struct mem_text t = { .m = m };

	if (h->kind->prepare)
		h->kind->prepare(&t, h, by);
	return t.text;
}

char *
migrate_history_execute(struct mem *m, const struct migrate_history *h,
    const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	h->kind->execute(&t, n);
	return t.text;
}

char *
migrate_history_forget(struct mem *m, const struct migrate_history *h,
    const struct migrate_author *by, const struct migrate_file *f)
{
	struct mem_text t = { .m = m };

	h->kind->forget(&t, h, by, f);
	return t.text;
}

char *
migrate_history_accept(struct mem *m, const struct migrate_history *h, const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	if (h->kind->accept)
		h->kind->accept(&t, h, n);
	return t.text;
}

char *
migrate_history_set_baseline(struct mem *m, const struct migrate_history *h,
    const struct migrate_file *f)
{
	if (h->kind != &migrate_history_handrail)
		return NULL;
	return mem_fmt(m, "UPDATE %s SET kind = 'baseline' WHERE version = %s", h->table,
	    pg_quote_literal(m, migrate_kept_version(h, f)));
}

char *
migrate_history_seal(struct mem *m, const struct migrate_history *h, const struct migrate_file *f,
    const char *print)
{
	if (h->kind != &migrate_history_handrail)
		return NULL;
	return mem_fmt(m, "UPDATE %s SET fingerprint = %s WHERE version = %s", h->table,
	    pg_quote_literal(m, print), pg_quote_literal(m, migrate_kept_version(h, f)));
}

bool
migrate_history_batches(const struct migrate_history *h)
{
	return !h->kind->timed;
}

bool
migrate_history_has_progress(const struct migrate_history *h)
{
	return h->kind->progress;
}
