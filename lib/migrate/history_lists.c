/* history_lists.c - other tools' histories with a row for each migration: exactly their columns, as
 * they write them. Those of JavaScript's tools are in history_node.c. */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/history_kind.h"

#define COLUMNS_ARE(list)                                                \
	"SELECT array_agg(attname::text ORDER BY attname) = ARRAY[" list \
	"] FROM pg_catalog.pg_attribute"                                 \
	" WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped"

uint32_t
migrate_crc32(const char *s, size_t len)
{
	uint32_t crc = 0xffffffff;

	for (size_t i = 0; i < len; i++) {
		crc ^= (unsigned char)s[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
	}
	return ~crc;
}

const char *
migrate_quoted(struct mem *m, const char *s)
{
	return s ? pg_quote_literal(m, s) : "NULL";
}

const struct migrate_file *
migrate_match_by(const struct migrate_history *h, const char *name,
    char *(*call)(struct mem *, const struct migrate_file *))
{
	MEM_SCOPE(m);
	const struct migrate_file *guess = migrate_dir_find(h->dir,
	    mem_dup(m, name, strspn(name, "0123456789")));

	if (guess && !strcmp(call(m, guess), name))
		return guess;
	for (size_t i = 0; i < h->dir->count; i++)
		if (!strcmp(call(m, &h->dir->file[i]), name))
			return &h->dir->file[i];
	return NULL;
}

/* dbmate, by the text of the version, and Rails, by its number */

static const struct migrate_file *
match_text(const struct migrate_history *h, const struct migrate_row *row)
{
	const struct migrate_file *f = migrate_dir_find(h->dir, row->version);

	return f && !strcmp(f->version, row->version) ? f : NULL;
}

static void
note_version(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (version) VALUES (%s);\n", h->table,
	    migrate_quoted(t->m, n->file->version));
}

static void
forget_version(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    migrate_quoted(t->m, f->version));
}

static const char *
number(const struct migrate_file *f)
{
	const char *s = f->version + strspn(f->version, "0");

	return *s ? s : "0";
}

static void
note_rails(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (version) VALUES (%s);\n", h->table,
	    migrate_quoted(t->m, number(n->file)));
}

static void
forget_rails(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    migrate_quoted(t->m, number(f)));
}

static int
create_rails(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	char *beside = mem_fmt(m, "%s.ar_internal_metadata",
	    pg_quote_name(m, migrate_table_part(m, h, 0)));

	return pg_exec(pg,
	    mem_fmt(m,
		"CREATE TABLE %s (version varchar PRIMARY KEY); CREATE TABLE %s (key varchar"
		" PRIMARY KEY, value varchar, created_at timestamp(6) NOT NULL, updated_at"
		" timestamp(6) NOT NULL);"
		"INSERT INTO %s VALUES ('environment', 'production', now(), now())",
		h->table, beside, beside),
	    e);
}

static int64_t
key_rails(struct pg *pg, const struct migrate_history *h)
{
	const char *name = pg_database(pg);

	(void)h;
	return (int64_t)2053462845 * migrate_crc32(name, strlen(name));
}

/* goose */

static void
note_goose(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (version_id, is_applied) VALUES (%s, true);\n", h->table,
	    number(n->file));
}

static void
forget_goose(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version_id = %s;\n", h->table, number(f));
}

static int64_t
key_goose(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 4097083626;
}

/* sql-migrate, by the name of the file */

static char *
whole(struct mem *m, const struct migrate_file *f)
{
	return mem_string(m, f->file);
}

static const struct migrate_file *
match_file(const struct migrate_history *h, const struct migrate_row *row)
{
	return migrate_match_by(h, row->name, whole);
}

static void
note_gorp(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (id, applied_at) VALUES (%s, pg_catalog.now());\n",
	    h->table, migrate_quoted(t->m, n->file->file));
}

static void
forget_gorp(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE id = %s;\n", h->table, migrate_quoted(t->m, f->file));
}

/* Diesel, by the version without its dashes */

static char *
without_dashes(struct mem *m, const char *version)
{
	struct mem_text t = { .m = m };

	for (; *version; version++)
		if (*version != '-')
			mem_text_add(&t, version, 1);
	return t.text ? t.text : mem_string(m, "");
}

static const struct migrate_file *
match_diesel(const struct migrate_history *h, const struct migrate_row *row)
{
	MEM_SCOPE(m);

	for (size_t i = 0; i < h->dir->count; i++)
		if (!strcmp(without_dashes(m, h->dir->file[i].version), row->version))
			return &h->dir->file[i];
	return NULL;
}

static void
note_diesel(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (version) VALUES (%s);\n", h->table,
	    migrate_quoted(t->m, without_dashes(t->m, n->file->version)));
}

static void
forget_diesel(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    migrate_quoted(t->m, without_dashes(t->m, f->version)));
}

const struct migrate_history_kind migrate_history_lists[] = {
	{ .name = "rails",
	    .table = "schema_migrations",
	    .is_there =
		"SELECT EXISTS (SELECT FROM pg_catalog.pg_class c JOIN pg_catalog.pg_class o USING "
		"(relnamespace) WHERE"
		" c.oid = $1::regclass AND o.relname = 'ar_internal_metadata') AND (" COLUMNS_ARE(
		    "'version'") ")",
	    .create = create_rails,
	    .select =
		"SELECT version, '', NULL, NULL, NULL, NULL FROM %s ORDER BY version::numeric",
	    .note = note_rails,
	    .forget = forget_rails,
	    .key = key_rails },
	{ .name = "dbmate",
	    .table = "schema_migrations",
	    .is_there = COLUMNS_ARE("'version'"),
	    .ddl = "CREATE TABLE %s (version varchar PRIMARY KEY)",
	    .select = "SELECT version, '', NULL, NULL, NULL, NULL FROM %s ORDER BY version",
	    .match = match_text,
	    .note = note_version,
	    .forget = forget_version },
	{ .name = "goose",
	    .table = "goose_db_version",
	    .ddl = "CREATE TABLE %s (id int PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, "
		   "version_id bigint NOT NULL,"
		   " is_applied boolean NOT NULL, tstamp timestamp NOT NULL DEFAULT now());"
		   "INSERT INTO %s (version_id, is_applied) VALUES (0, true)",
	    .select = "SELECT version_id, '', NULL, " MIGRATE_UTC(
		"tstamp") ", NULL, NULL FROM (SELECT DISTINCT ON (version_id) *"
			  " FROM %s ORDER BY version_id, id DESC) h WHERE is_applied AND "
			  "version_id > 0 ORDER BY id",
	    .note = note_goose,
	    .forget = forget_goose,
	    .key = key_goose },
	{ .name = "sql-migrate",
	    .table = "gorp_migrations",
	    .ddl = "CREATE TABLE %s (id text NOT NULL PRIMARY KEY, applied_at timestamptz)",
	    .select = "SELECT substring(id from '^[0-9]+'), id, NULL, " MIGRATE_UTC(
		"applied_at AT TIME ZONE 'UTC'") ", NULL, NULL FROM %s ORDER BY id",
	    .match = match_file,
	    .note = note_gorp,
	    .forget = forget_gorp },
	{ .name = "diesel",
	    .table = "__diesel_schema_migrations",
	    .style = "directories",
	    .ddl = "CREATE TABLE %s (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp "
		   "NOT NULL DEFAULT"
		   " CURRENT_TIMESTAMP)",
	    .select = "SELECT version, '', NULL, " MIGRATE_UTC(
		"run_on") ", NULL, NULL FROM %s ORDER BY version",
	    .match = match_diesel,
	    .note = note_diesel,
	    .forget = forget_diesel },
	{ .name = NULL }
};
