/* history_handrail.c - our own history: handrail.history. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "migrate/history_kind.h"

/* The file of row I: mostly they come in the order of the files. */
static const struct migrate_file *
file_of(const struct migrate_dir *d, size_t i, const char *version)
{
	if (i < d->count && d->file[i].kind == MIGRATE_SQL && !strcmp(d->file[i].version, version))
		return &d->file[i];
	return migrate_dir_find(d, version);
}

static void
add_details(struct migrate_row *row, const struct pg_rows *r, int i)
{
	row->name = pg_rows_text(r, i, 5);
	row->loose = pg_rows_text(r, i, 6);
	row->applied_at = pg_rows_text(r, i, 7);
	row->applied_by = pg_rows_text(r, i, 8);
	row->release = pg_rows_text(r, i, 9);
	row->seconds = strtod(pg_rows_text(r, i, 10), NULL);
}

static int
load(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT version, sha256, done, total, kind = 'baseline'%s FROM %s"
		" ORDER BY seq",
		h->detailed ?
		    ", name, loose_sha256, to_char(applied_at AT TIME ZONE 'UTC',"
		    " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), applied_by, release, seconds" :
		    "",
		h->table),
	    0, NULL);
	bool as_it_should = true;
	char hex[DIGEST_HEX];

	if (!r)
		return -1;
	h->room = (size_t)pg_rows_count(r);
	h->row = mem_zero(m, h->room + 1, sizeof *h->row);
	for (int i = 0; i < pg_rows_count(r); i++) {
		struct migrate_row *row = migrate_history_add(m, h);

		row->version = pg_rows_text(r, i, 0);
		row->sha256 = pg_rows_text(r, i, 1);
		row->done = (int)pg_rows_int(r, i, 2);
		row->total = (int)pg_rows_int(r, i, 3);
		row->baseline = pg_rows_bool(r, i, 4);
		row->file = file_of(h->dir, (size_t)i, row->version);
		row->changed = row->file &&
		    strcmp(row->sha256, migrate_file_digest(hex, row->file));
		as_it_should = as_it_should && row->file && !row->changed;
		if (h->detailed)
			add_details(row, r, i);
	}
	/* only what is to be told of needs more than a glance, and ten thousand rows are as many
	 * dates to be written */
	if (as_it_should || h->detailed)
		return 0;
	h->detailed = true;
	h->count = 0;
	return load(m, pg, h, e);
}

/* SQL for how long the file of this row took. Where the message holds more files, now() is the same
 * for all: but the row before, of version SINCE (SQL), tells when it was done. */
static char *
seconds_since(struct mem *m, const struct migrate_history *h, const char *since)
{
	return mem_fmt(m,
	    "pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-)"
	    " coalesce((SELECT applied_at FROM %s WHERE version OPERATOR(pg_catalog.=) %s), "
	    "pg_catalog.now()))",
	    h->table, since);
}

static void
note(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	static const char *const kind[] = { "sql", "repeatable", "baseline", "script", "code" };
	const struct migrate_file *f = n->file;
	const struct migrate_row *from = n->from;
	struct mem *m = t->m;
	const char *who = from && from->applied_by ? from->applied_by : by->by;
	char done[64] = "NULL, NULL", hex[DIGEST_HEX];
	bool again = n->total || f->kind == MIGRATE_REPEATABLE;

	if (n->total)
		snprintf(done, sizeof done, "%d, %d", n->done, n->total);
	mem_text_fmt(t,
	    "INSERT INTO %s%s (version, name, file, kind, sha256, loose_sha256, seconds, xid_from, "
	    "xid_to,"
	    " done, total, release, applied_by, run, tool, applied_at) VALUES (%s, %s, %s, '%s', "
	    "'%s', %s, %s,"
	    " pg_catalog.txid_current(), pg_catalog.txid_current(), %s, %s, %s, %s, %s,"
	    " coalesce(%s::timestamptz, pg_catalog.clock_timestamp()))",
	    h->table, again ? " AS h" : "",
	    migrate_quoted(m, again ? migrate_kept_version(h, f) : f->version),
	    migrate_quoted(m, f->name), migrate_quoted(m, f->file), n->how ? n->how : kind[f->kind],
	    migrate_file_digest(hex, f), migrate_quoted(m, n->loose),
	    n->since ? seconds_since(m, h, migrate_quoted(m, n->since)) : n->seconds, done,
	    migrate_quoted(m, by->release), migrate_quoted(m, who), migrate_quoted(m, by->run),
	    migrate_quoted(m, record_tool()), migrate_quoted(m, from ? from->applied_at : NULL));
	/* of a repeatable the newest run counts; of a file in steps the sum of its runs */
	if (again)
		mem_text_fmt(t,
		    " ON CONFLICT (version) DO UPDATE SET sha256 = excluded.sha256,"
		    " loose_sha256 = excluded.loose_sha256, applied_at = excluded.applied_at,"
		    " seconds = excluded.seconds + CASE WHEN h.done < h.total THEN h.seconds ELSE "
		    "0 END,"
		    " xid_to = excluded.xid_to, done = excluded.done, total = excluded.total,"
		    " release = excluded.release, applied_by = excluded.applied_by, run = "
		    "excluded.run,"
		    " tool = excluded.tool");
	mem_text_fmt(t, ";\n");
}

static void
prepare(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by)
{
	struct mem *m = t->m;

	mem_text_fmt(t,
	    "PREPARE handrail_note AS INSERT INTO %s (version, name, file, kind, sha256, "
	    "loose_sha256, seconds,"
	    " xid_from, xid_to, release, applied_by, run, tool, applied_at) VALUES ($1, $2, $3, "
	    "'sql', $4, $5, %s,"
	    " pg_catalog.txid_current(), pg_catalog.txid_current(), %s, %s, %s, %s, "
	    "pg_catalog.clock_timestamp());",
	    h->table, seconds_since(m, h, "$6"), migrate_quoted(m, by->release),
	    migrate_quoted(m, by->by), migrate_quoted(m, by->run),
	    migrate_quoted(m, record_tool()));
}

static void
execute(struct mem_text *t, const struct migrate_note *n)
{
	struct mem *m = t->m;
	char hex[DIGEST_HEX];

	mem_text_fmt(t, "EXECUTE handrail_note(%s, %s, %s, '%s', '%s', %s);\n",
	    migrate_quoted(m, n->file->version), migrate_quoted(m, n->file->name),
	    migrate_quoted(m, n->file->file), migrate_file_digest(hex, n->file), n->loose,
	    migrate_quoted(m, n->since));
}

static void
accept_text(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	char hex[DIGEST_HEX];

	mem_text_fmt(t, "UPDATE %s SET sha256 = '%s', loose_sha256 = %s WHERE version = %s;\n",
	    h->table, migrate_file_digest(hex, n->file), migrate_quoted(t->m, n->loose),
	    pg_quote_literal(t->m, migrate_kept_version(h, n->file)));
}

static void
forget(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    pg_quote_literal(t->m, migrate_kept_version(h, f)));
}

const struct migrate_history_kind migrate_history_handrail = {
	.name = "handrail",
	.table = "handrail.history",
	.ddl = "CREATE TABLE %s ("
	       " version text PRIMARY KEY,"
	       " name text NOT NULL,"
	       " file text NOT NULL,"
	       " kind text NOT NULL,"
	       " sha256 text NOT NULL,"
	       " loose_sha256 text,"
	       " applied_at timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),"
	       " seconds double precision NOT NULL,"
	       " xid_from bigint NOT NULL,"
	       " xid_to bigint NOT NULL,"
	       " done integer,"
	       " total integer,"
	       " release text,"
	       " applied_by text NOT NULL,"
	       " run text NOT NULL,"
	       " tool text NOT NULL,"
	       " fingerprint text,"
	       " seq bigint GENERATED ALWAYS AS IDENTITY);"
	       "COMMENT ON TABLE %s IS 'migrations applied by migrate-apply; done < total: stopped "
	       "in the middle'",
	.load = load,
	.note = note,
	.prepare = prepare,
	.execute = execute,
	.forget = forget,
	.accept = accept_text,
	.progress = true,
};
