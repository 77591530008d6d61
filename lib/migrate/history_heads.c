/* history_heads.c - other tools' histories that say only how far the database is: every file up to
 * there is applied. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/history_kind.h"
#include "migrate/version.h"

/* Rows for the files up to the INDEXth, and for VERSION itself when no file has it (INDEX is how
 * many count). */
static void
fill(struct mem *m, struct migrate_history *h, size_t index)
{
	for (size_t i = 0; i < index; i++) {
		struct migrate_row *row;

		if (h->dir->file[i].kind == MIGRATE_REPEATABLE ||
		    h->dir->file[i].kind == MIGRATE_BASELINE)
			continue;
		row = migrate_history_add(m, h);
		row->version = h->dir->file[i].version;
		row->name = h->dir->file[i].name;
		row->file = &h->dir->file[i];
	}
}

static void
fill_to_number(struct mem *m, struct migrate_history *h, const char *version)
{
	size_t n = 0;

	while (n < h->dir->count && migrate_version_compare(h->dir->file[n].version, version) <= 0)
		n++;
	fill(m, h, n);
	if (strcmp(version, "0") && !migrate_dir_find(h->dir, version))
		migrate_history_add(m, h)->version = mem_string(m, version);
}

static struct pg_rows *
ask(struct mem *m, struct pg *pg, const struct migrate_history *h, const char *sql, struct err *e)
{
	return pg_query(m, pg, e, mem_fmt(m, "SELECT %s FROM %s", sql, h->table), 0, NULL);
}

static int
load_golang(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = ask(m, pg, h, "version, dirty", e);

	if (!r)
		return -1;
	if (pg_rows_count(r) && pg_rows_bool(r, 0, 1)) {
		err_set(e, FAIL_NO, "dirty", "golang-migrate left the database dirty at version %s",
		    pg_rows_text(r, 0, 0));
		return err_hint(e, "look how far that migration came, then: migrate force %s",
		    pg_rows_text(r, 0, 0));
	}
	if (pg_rows_count(r))
		fill_to_number(m, h, pg_rows_text(r, 0, 0));
	return 0;
}

static int
load_number(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = ask(m, pg, h, "max(version)", e);

	if (!r)
		return -1;
	if (pg_rows_text(r, 0, 0))
		fill_to_number(m, h, pg_rows_text(r, 0, 0));
	return 0;
}

/* The file before this one in the order of the directory. */
static const struct migrate_file *
before(const struct migrate_history *h, const struct migrate_file *f)
{
	return f > h->dir->file ? f - 1 : NULL;
}

static long long
number(const struct migrate_file *f)
{
	return f ? strtoll(f->version, NULL, 10) : 0;
}

static void
note_golang(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s; INSERT INTO %s (version, dirty) VALUES (%lld, false);\n",
	    h->table, h->table, number(n->file));
}

static void
forget_golang(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s;\n", h->table);
	if (before(h, f))
		mem_text_fmt(t, "INSERT INTO %s (version, dirty) VALUES (%lld, false);\n", h->table,
		    number(before(h, f)));
}

static int64_t
key_golang(struct pg *pg, const struct migrate_history *h)
{
	MEM_SCOPE(m);
	struct mem_text t = { .m = m };

	for (int part = 0; part < 2; part++) {
		const char *name = migrate_table_part(m, h, part);

		mem_text_add(&t, name, strlen(name) + 1);
	}
	mem_text_fmt(&t, "/%s", pg_database(pg));
	return migrate_crc32(t.text, t.len) * (uint32_t)1486364155;
}

static void
note_tern(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s; INSERT INTO %s (version) VALUES (%lld);\n", h->table,
	    h->table, number(n->file));
}

static void
forget_tern(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "UPDATE %s SET version = %lld;\n", h->table, number(before(h, f)));
}

static int64_t
key_tern(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 9628173550095224;
}

static void
note_postgrator(struct mem_text *t, const struct migrate_history *h,
    const struct migrate_author *by, const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t,
	    "INSERT INTO %s (version, name, md5, run_at) VALUES (%lld, %s, '%s', "
	    "pg_catalog.now());\n",
	    h->table, number(n->file), migrate_quoted(t->m, n->file->name), n->sum);
}

static void
forget_postgrator(struct mem_text *t, const struct migrate_history *h,
    const struct migrate_author *by, const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %lld;\n", h->table, number(f));
}

static void
accept_postgrator(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	mem_text_fmt(t, "UPDATE %s SET md5 = '%s' WHERE version = %lld;\n", h->table, n->sum,
	    number(n->file));
}

static void
sum_postgrator(char sum[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)f;
	digest_other(sum, "md5", text, len);
}

#define POSTGRATOR_ROWS "SELECT version, name, md5, to_char(run_at AT TIME ZONE 'UTC'," \
    " 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), NULL, NULL FROM %s WHERE version > 0 ORDER BY version"

/* Alembic: a revision is the name of a file here, as "alembic upgrade --sql" renders them */

static const struct migrate_file *
revision(const struct migrate_history *h, const char *name)
{
	for (size_t i = 0; i < h->dir->count; i++)
		if (!strcmp(h->dir->file[i].name, name) || !strcmp(h->dir->file[i].version, name))
			return &h->dir->file[i];
	return NULL;
}

static const char *
revision_of(const struct migrate_file *f)
{
	return *f->name ? f->name : f->version;
}

/* Of files of SQL; those of Alembic's own have an id besides. */
static int
check_revisions(const struct migrate_history *h, struct err *e)
{
	for (size_t i = 1; i < h->dir->count; i++)
		for (size_t k = 0; k < i && h->dir->file[i].kind == MIGRATE_SQL; k++)
			if (!strcmp(revision_of(&h->dir->file[i]), revision_of(&h->dir->file[k])))
				return err_set(e, FAIL_TROUBLE, "usage",
				    "%s and %s are both revision %s to Alembic's history",
				    h->dir->file[k].path, h->dir->file[i].path,
				    revision_of(&h->dir->file[i]));
	return 0;
}

static int
load_alembic(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct pg_rows *r = ask(m, pg, h, "version_num", e);
	const struct migrate_file *f;

	if (!r || check_revisions(h, e))
		return -1;
	if (pg_rows_count(r) > 1)
		return err_set(e, FAIL_NO, "heads",
		    "alembic_version has %d heads; only a single one can be kept here",
		    pg_rows_count(r));
	if (!pg_rows_count(r))
		return 0;
	f = revision(h, pg_rows_text(r, 0, 0));
	if (f)
		fill(m, h, (size_t)(f - h->dir->file) + 1);
	else
		migrate_history_add(m, h)->version = pg_rows_text(r, 0, 0);
	return 0;
}

/* A rendered revision writes the table itself: then this finds it done. */
static void
set_revision(struct mem_text *t, const struct migrate_history *h, const char *name)
{
	const char *to = migrate_quoted(t->m, name);

	mem_text_fmt(t,
	    "DELETE FROM %s WHERE version_num <> %s; INSERT INTO %s SELECT %s WHERE NOT EXISTS "
	    "(SELECT FROM"
	    " %s);\n",
	    h->table, to, h->table, to, h->table);
}

static void
note_alembic(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	set_revision(t, h, revision_of(n->file));
}

static void
forget_alembic(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	const struct migrate_file *to = before(h, f);

	if (to)
		set_revision(t, h, revision_of(to));
	else
		mem_text_fmt(t, "DELETE FROM %s;\n", h->table);
}

const struct migrate_history_kind migrate_history_heads[] = {
	{ .name = "golang-migrate",
	    .table = "schema_migrations",
	    .is_there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = "
			"$1::regclass AND attname ="
			" 'dirty')",
	    .ddl = "CREATE TABLE %s (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)",
	    .load = load_golang,
	    .note = note_golang,
	    .forget = forget_golang,
	    .key = key_golang },
	{ .name = "tern",
	    .table = "schema_version",
	    .is_there = "SELECT count(*) = 1 FROM pg_catalog.pg_attribute WHERE attrelid = "
			"$1::regclass AND attnum > 0 AND"
			" NOT attisdropped",
	    .ddl = "CREATE TABLE %s (version int4 NOT NULL); INSERT INTO %s VALUES (0)",
	    .load = load_number,
	    .note = note_tern,
	    .forget = forget_tern,
	    .key = key_tern },
	{ .name = "postgrator",
	    .table = "schemaversion",
	    .ddl = "CREATE TABLE %s (version bigint PRIMARY KEY, name text, md5 text, run_at "
		   "timestamptz);"
		   "INSERT INTO %s (version, name, md5, run_at) VALUES (0, NULL, NULL, NULL)",
	    .select = POSTGRATOR_ROWS,
	    .note = note_postgrator,
	    .forget = forget_postgrator,
	    .accept = accept_postgrator,
	    .sum = sum_postgrator },
	{ .name = "alembic",
	    .table = "alembic_version",
	    .ddl = "CREATE TABLE %s (version_num varchar(32) NOT NULL CONSTRAINT "
		   "alembic_version_pkc PRIMARY KEY)",
	    .load = load_alembic,
	    .note = note_alembic,
	    .forget = forget_alembic },
	{ .name = NULL }
};
