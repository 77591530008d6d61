/* history.c - finds the history of a database; the table of their kinds. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "migrate/history_kind.h"

/* All kinds: ours first; NULL behind the last. */
static const struct migrate_history_kind *
kind(size_t i)
{
	const struct migrate_history_kind *const tables[] = { migrate_history_lists, migrate_history_heads };

	if (i-- == 0)
		return &migrate_history_handrail;
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct migrate_history_kind *k = tables[t]; k->name; k++)
			if (i-- == 0)
				return k;
	return NULL;
}

struct migrate_row *
migrate_history_add(struct mem *m, struct migrate_history *h)
{
	mem_grow(m, &h->row, h->count, &h->room, sizeof *h->row);
	return &h->row[h->count++];
}

static char *
kind_names(struct mem *m)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; kind(i); i++)
		mem_text_fmt(&t, "%s%s", i ? ", " : "", kind(i)->name);
	return t.text;
}

const char *
migrate_history_name(const struct migrate_history *h)
{
	return h->kind->name;
}

/* The table TABLE as regclass prints it, quoted and with its schema; NULL: not there (or the error is set). */
static char *
find_table(struct mem *m, struct pg *pg, const char *table, struct err *e)
{
	const char *const params[] = { table };
	struct pg_rows *r = pg_query(m, pg, e, "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
	    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)", 1, params);

	e->code = r ? 0 : e->code;
	return r && pg_rows_count(r) ? mem_string(m, pg_rows_text(r, 0, 0)) : NULL;
}

static int
is_kind(struct pg *pg, const struct migrate_history_kind *k, const char *table, struct err *e)
{
	MEM_SCOPE(m);
	const char *const params[] = { table };
	struct pg_rows *r;

	if (!k->is_there)
		return 1;
	if (!(r = pg_query(m, pg, e, k->is_there, 1, params)))
		return -1;
	return pg_rows_count(r) && pg_rows_bool(r, 0, 0);
}

static const struct migrate_history_kind *
kind_named(const char *name)
{
	for (size_t i = 0; kind(i); i++)
		if (!strcmp(kind(i)->name, name))
			return kind(i);
	return NULL;
}

/* The table of kind K, when it is there: 1 found, 0 not, -1 error. */
static int
look(struct mem *m, struct pg *pg, struct migrate_history *h, const struct migrate_history_kind *k,
    const char *name, struct err *e)
{
	char *table = find_table(m, pg, name, e);
	int yes;

	if (!table)
		return e->code ? err_in(e, "cannot read the history %s", name) : 0;
	if ((yes = is_kind(pg, k, table, e)) <= 0)
		return yes;
	h->kind = k;
	h->table = table;
	h->exists = true;
	return 1;
}

static int
look_around(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	for (size_t i = 0; kind(i); i++) {
		int found = look(m, pg, h, kind(i), kind(i)->table, e);

		if (found)
			return found < 0 ? -1 : 0;
	}
	h->kind = kind(0);
	h->table = kind(0)->table;
	return 0;
}

static int
look_for(struct mem *m, struct pg *pg, struct migrate_history *h, const char *name, struct err *e)
{
	const struct migrate_history_kind *k = kind_named(name);
	int found;

	if (!k && !strchr(name, '.')) {
		err_set(e, FAIL_TROUBLE, "usage", "--history %s: no such kind of history", name);
		return err_hint(e, "the kinds are %s; SCHEMA.TABLE keeps ours under another name",
		    kind_names(m));
	}
	h->kind = k ? k : kind(0);
	h->table = k ? k->table : name;
	found = look(m, pg, h, h->kind, h->table, e);
	return found < 0 ? -1 : 0;
}

struct migrate_history *
migrate_history_ours(struct mem *m, const struct migrate_dir *d)
{
	struct migrate_history *h = mem_zero(m, 1, sizeof *h);

	h->kind = &migrate_history_handrail;
	h->table = h->kind->table;
	h->dir = d;
	return h;
}

struct migrate_history *
migrate_history_find(struct mem *m, struct pg *pg, const struct migrate_dir *d, const char *name, struct err *e)
{
	struct migrate_history *h = mem_zero(m, 1, sizeof *h);

	e->code = 0;
	h->dir = d;
	return (name ? look_for(m, pg, h, name, e) : look_around(m, pg, h, e)) ? NULL : h;
}

/* SQL with the table put in. */
static char *
expand(struct mem *m, const char *sql, const char *table)
{
	struct mem_text t = { .m = m };

	for (const char *at; (at = strstr(sql, "%s")); sql = at + 2) {
		mem_text_add(&t, sql, (size_t)(at - sql));
		mem_text_add(&t, table, strlen(table));
	}
	mem_text_add(&t, sql, strlen(sql));
	return t.text;
}

int
migrate_history_create(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	const struct migrate_history_kind *k = h->kind;

	if (h->exists)
		return 0;
	if (k->create ? k->create(m, pg, h, e) : pg_exec(pg, expand(m, k->ddl, h->table), e)) {
		err_in(e, "cannot create the history %s", h->table);
		if (!strcmp(pg_report(pg)->sqlstate, "42501"))
			err_hint(e, "GRANT CREATE ON DATABASE to the user that migrates");
		return -1;
	}
	h->table = find_table(m, pg, h->table, e);
	h->exists = h->table != NULL;
	return h->exists ? 0 : -1;
}

int
migrate_history_sum(const struct migrate_history *h, const struct migrate_file *f, char sum[DIGEST_HEX],
    struct err *e)
{
	MEM_SCOPE(m);
	char *text;
	size_t len;

	*sum = 0;
	if (!h->kind->sum)
		return 0;
	if (!(text = io_read_file(m, f->path, SIZE_MAX >> 1, &len, e)))
		return -1;
	h->kind->sum(sum, text, len);
	return 0;
}

/* Is the file another than the one of which the table keeps a checksum? */
static int
compare_sum(const struct migrate_history *h, struct migrate_row *row, const char *kept, struct err *e)
{
	char sum[DIGEST_HEX];

	if (!row->file || !kept || !*kept)
		return 0;
	if (!h->kind->sum) {
		row->changed = strcmp(row->sha256, row->file->sha256);
		return 0;
	}
	if (migrate_history_sum(h, row->file, sum, e))
		return -1;
	row->changed = strcmp(sum, kept);
	return 0;
}

static int
failed(const struct migrate_history *h, const struct migrate_row *row, struct err *e)
{
	err_set(e, FAIL_NO, "dirty", "%s says that migration %s failed", h->table, row->version ? row->version : row->name);
	return err_hint(e, "look how far it came, then repair the history with %s", h->kind->name);
}

static int
load_rows(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, expand(m, h->kind->select, h->table), 0, NULL);
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
		if (more && pg_rows_bool(r, i, 7))
			return failed(h, row, e);
		row->file = h->kind->match ? h->kind->match(h, row) : migrate_dir_find(h->dir, row->version);
		if (!row->version || !*row->version)
			row->version = row->file ? row->file->version : row->name;
		if (compare_sum(h, row, pg_rows_text(r, i, 2), e))
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
	bad = h->kind->load ? h->kind->load(m, pg, h, e) : load_rows(m, pg, h, e);
	return bad && e->code == FAIL_TROUBLE ? err_in(e, "cannot read the history %s", h->table) : bad;
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
migrate_history_facts(struct mem *m, struct pg *pg, const struct migrate_history *h, const char *run, size_t *count)
{
	const char *const params[] = { run };
	struct migrate_fact *facts;
	struct err ignored;
	struct pg_rows *r;

	*count = 0;
	if (h->kind != &migrate_history_handrail || !(r = pg_query(m, pg, &ignored, mem_fmt(m,
	    "SELECT version, seconds, xid_to FROM %s WHERE run = $1 ORDER BY seq", h->table), 1, params)))
		return NULL;
	*count = (size_t)pg_rows_count(r);
	facts = mem_zero(m, *count + 1, sizeof *facts);
	for (size_t i = 0; i < *count; i++)
		facts[i] = (struct migrate_fact){ pg_rows_text(r, (int)i, 0), pg_rows_text(r, (int)i, 1),
		    pg_rows_text(r, (int)i, 2) };
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
migrate_history_note(struct mem *m, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	h->kind->note(&t, h, by, n);
	return t.text;
}

char *
migrate_history_prepare(struct mem *m, const struct migrate_history *h, const struct migrate_author *by,
    const char *seconds)
{
	struct mem_text t = { .m = m };

	if (h->kind->prepare)
		h->kind->prepare(&t, h, by, seconds);
	return t.text;
}

char *
migrate_history_execute(struct mem *m, const struct migrate_history *h, const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	h->kind->execute(&t, n);
	return t.text;
}

char *
migrate_history_forget(struct mem *m, const struct migrate_history *h, const struct migrate_file *f)
{
	struct mem_text t = { .m = m };

	h->kind->forget(&t, h, f);
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
migrate_history_seal(struct mem *m, const struct migrate_history *h, const struct migrate_file *f, const char *print)
{
	if (h->kind != &migrate_history_handrail)
		return NULL;
	return mem_fmt(m, "UPDATE %s SET fingerprint = %s WHERE version = %s", h->table, pg_quote_literal(m, print),
	    pg_quote_literal(m, f->version));
}

bool
migrate_history_has_progress(const struct migrate_history *h)
{
	return h->kind->progress;
}
