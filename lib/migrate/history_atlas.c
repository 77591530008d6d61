/* history_atlas.c - Atlas's history: its table of revisions. */
#include <stdio.h>

#include "core/record.h"
#include "migrate/history_kind.h"
#include "migrate/version.h"

/* What "atlas.sum" vouches for. */
static void
sum_atlas(char sum[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)text;
	(void)len;
	snprintf(sum, DIGEST_HEX, "%s", value_get_string(f->note, "sum"));
}

/* Which versions are known to be the same as those that the sums were taken of. */
struct known {
	/* a baseline stands for all up to it; NULL: there is none */
	const char *base;
	const char *gone;               /* the first of those without a file; NULL: there is none */
};

static struct known
look(const struct migrate_history *h)
{
	struct known k = { NULL, NULL };

	for (size_t i = 0; i < h->count; i++) {
		const struct migrate_row *row = &h->row[i];

		if (row->baseline && (!k.base || migrate_version_compare(row->version, k.base) > 0))
			k.base = row->version;
		if (!row->file && !row->baseline &&
		    (!k.gone || migrate_version_compare(row->version, k.gone) < 0))
			k.gone = row->version;
	}
	return k;
}

/* Each sum is one of all files up to its own. So the first file whose sum differs was changed, and
 * of those after it nothing can be told; when there was a file more or less before it, of it
 * neither. */
static int
load(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct migrate_row **row = mem_zero(m, h->dir->count + 1, sizeof *row);
	bool broken = false;
	struct known k;

	if (migrate_history_load_rows(m, pg, h, e))
		return -1;
	k = look(h);
	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file)
			row[h->row[i].file - h->dir->file] = &h->row[i];
	for (size_t i = 0; i < h->dir->count; i++) {
		const char *version = h->dir->file[i].version;
		bool changed = row[i] && row[i]->changed;

		broken |= k.gone && migrate_version_compare(version, k.gone) > 0;
		if (changed && broken)
			row[i]->changed = false;
		broken |= changed ||
		    (!row[i] && (!k.base || migrate_version_compare(version, k.base) > 0));
	}
	return 0;
}

/* The sums of the files that are applied, from F on, are what they are now. */
static void
set_sums(struct mem_text *t, const struct migrate_history *h, const struct migrate_file *f)
{
	struct mem *m = t->m;

	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file && h->row[i].file >= f)
			mem_text_fmt(t, "UPDATE %s SET hash = %s WHERE version = %s;\n", h->table,
			    pg_quote_literal(m, value_get_string(h->row[i].file->note, "sum")),
			    pg_quote_literal(m, h->row[i].version));
}

/* Its kinds of revisions: 2 was run, 4 was said to be there. */
static void
note(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	struct mem *m = t->m;
	const struct migrate_file *f = n->file;

	(void)by;
	mem_text_fmt(t,
	    "INSERT INTO %s (version, description, type, applied, total, executed_at, "
	    "execution_time, hash,"
	    " operator_version) VALUES (%s, %s, %d, %d, %d, pg_catalog.now(), ((%s) * "
	    "1e9)::bigint, %s, %s);\n",
	    h->table, pg_quote_literal(m, f->version), pg_quote_literal(m, f->name), n->how ? 4 : 2,
	    n->count, n->count, n->seconds, pg_quote_literal(m, n->sum),
	    pg_quote_literal(m, record_tool()));
	set_sums(t, h, f);
}

static void
forget(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    pg_quote_literal(t->m, migrate_kept_version(h, f)));
}

static void
accept_text(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	set_sums(t, h, n->file);
}

static int64_t
key(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 2686470616;
}

const struct migrate_history_kind migrate_history_atlas = {
	.name = "atlas",
	.table = "atlas_schema_revisions.atlas_schema_revisions",
	.also = "atlas_schema_revisions",
	.style = "atlas",
	.ddl = "CREATE TABLE %s (version varchar NOT NULL PRIMARY KEY, description varchar NOT "
	       "NULL, type bigint NOT NULL"
	       " DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, "
	       "executed_at timestamptz NOT"
	       " NULL, execution_time bigint NOT NULL, error text, error_stmt text, hash varchar "
	       "NOT NULL, partial_hashes"
	       " jsonb, operator_version varchar NOT NULL)",
	.select = "SELECT version, description, hash, to_char(executed_at AT TIME ZONE 'UTC',"
		  " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), operator_version, execution_time / 1e9, "
		  "type & 1 = 1,"
		  " applied < total FROM %s WHERE version <> '.atlas_cloud_identifier'"
		  " ORDER BY executed_at, version",
	.load = load,
	.timed = true,
	.note = note,
	.forget = forget,
	.accept = accept_text,
	.key = key,
	.sum = sum_atlas,
};
