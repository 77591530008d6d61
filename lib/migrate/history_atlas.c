/* history_atlas.c - Atlas's history: its table of revisions. */
#include <stdio.h>

#include "core/record.h"
#include "migrate/history_kind.h"

/* What "atlas.sum" vouches for. */
static void
sum_atlas(char sum[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)text;
	(void)len;
	snprintf(sum, DIGEST_HEX, "%s", value_get_string(f->note, "sum"));
}

/* Its kinds of revisions: 2 was run, 4 was said to be there. */
static void
note(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by, const struct migrate_note *n)
{
	struct mem *m = t->m;
	const struct migrate_file *f = n->file;

	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (version, description, type, applied, total, executed_at, execution_time, hash,"
	    " operator_version) VALUES (%s, %s, %d, %d, %d, pg_catalog.now(), ((%s) * 1e9)::bigint, %s, %s);\n", h->table,
	    pg_quote_literal(m, f->version), pg_quote_literal(m, f->name), n->how ? 4 : 2, n->count, n->count, n->seconds,
	    pg_quote_literal(m, n->sum), pg_quote_literal(m, record_tool()));
}

static void
forget(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table, pg_quote_literal(t->m, f->version));
}

/* Each sum is one of all files up to its own: with one file all those after it have another. */
static void
accept_text(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	struct mem *m = t->m;

	(void)n;
	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file && h->row[i].changed)
			mem_text_fmt(t, "UPDATE %s SET hash = %s WHERE version = %s;\n", h->table, pg_quote_literal(m,
			    value_get_string(h->row[i].file->note, "sum")), pg_quote_literal(m, h->row[i].version));
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
	.ddl = "CREATE TABLE %s (version varchar NOT NULL PRIMARY KEY, description varchar NOT NULL, type bigint NOT NULL"
	    " DEFAULT 2, applied bigint NOT NULL DEFAULT 0, total bigint NOT NULL DEFAULT 0, executed_at timestamptz NOT"
	    " NULL, execution_time bigint NOT NULL, error text, error_stmt text, hash varchar NOT NULL, partial_hashes"
	    " jsonb, operator_version varchar NOT NULL)",
	.select = "SELECT version, description, hash, to_char(executed_at AT TIME ZONE 'UTC',"
	    " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), operator_version, execution_time / 1e9, type & 1 = 1,"
	    " coalesce(error, '') <> '' OR applied < total FROM %s WHERE version <> '.atlas_cloud_identifier'"
	    " ORDER BY executed_at, version",
	.note = note,
	.forget = forget,
	.accept = accept_text,
	.key = key,
	.sum = sum_atlas,
};
