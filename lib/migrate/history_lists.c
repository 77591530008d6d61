/* history_lists.c - other tools' histories with a row for each migration: exactly their columns, as
 * they write them. */
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
#define UTC(column) "to_char(" column ", 'YYYY-MM-DD\"T\"HH24:MI:SS')"

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

/* The file's name without its directory part and its ending. */
static char *
stem(struct mem *m, const struct migrate_file *f)
{
	const char *dot = strrchr(f->file, '.');

	return mem_dup(m, f->file, dot ? (size_t)(dot - f->file) : strlen(f->file));
}

/* The name of a directory that holds one migration. */
static char *
folder(struct mem *m, const struct migrate_file *f)
{
	return mem_dup(m, f->file, strcspn(f->file, "/"));
}

static const struct migrate_file *
match_by(const struct migrate_history *h, const char *name,
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

/* node-pg-migrate */

static const struct migrate_file *
match_stem(const struct migrate_history *h, const struct migrate_row *row)
{
	return match_by(h, row->name, stem);
}

static void
note_node(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (name, run_on) VALUES (%s, pg_catalog.now());\n", h->table,
	    migrate_quoted(t->m, stem(t->m, n->file)));
}

static void
forget_node(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE name = %s;\n", h->table,
	    migrate_quoted(t->m, stem(t->m, f)));
}

static int64_t
key_node(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 7241865325823964;
}

/* drizzle: by the journal's "when" and the digest of the file, else by one of them */

static const struct migrate_file *
match_drizzle(const struct migrate_history *h, const struct migrate_row *row)
{
	int64_t when = strtoll(row->version, NULL, 10);
	const struct migrate_file *by_sum = NULL, *by_time = NULL;

	for (size_t i = 0; i < h->dir->count; i++) {
		const struct migrate_file *f = &h->dir->file[i];
		bool sum = !strcmp(f->sha256, row->sha256),
		     time = value_get_int(f->note, "when", -1) == when;

		if (sum && time)
			return f;
		by_sum = sum && !by_sum ? f : by_sum;
		by_time = time && !by_time ? f : by_time;
	}
	return by_time ? by_time : by_sum;
}

static void
note_drizzle(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (hash, created_at) VALUES ('%s', %" PRId64 ");\n", h->table,
	    n->file->sha256, value_get_int(n->file->note, "when", 0));
}

static void
forget_drizzle(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE created_at = %" PRId64 ";\n", h->table,
	    value_get_int(f->note, "when", 0));
}

/* Prisma */

static const struct migrate_file *
match_folder(const struct migrate_history *h, const struct migrate_row *row)
{
	return match_by(h, row->name, folder);
}

static void
note_prisma(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t,
	    "INSERT INTO %s (id, checksum, finished_at, migration_name, started_at, "
	    "applied_steps_count)"
	    " VALUES (pg_catalog.md5(pg_catalog.random()::text)::uuid::text, '%s', "
	    "pg_catalog.clock_timestamp(), %s,"
	    " pg_catalog.now(), 1);\n",
	    h->table, n->file->sha256, migrate_quoted(t->m, folder(t->m, n->file)));
}

static void
forget_prisma(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE migration_name = %s;\n", h->table,
	    migrate_quoted(t->m, folder(t->m, f)));
}

static void
accept_prisma(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	mem_text_fmt(t, "UPDATE %s SET checksum = '%s' WHERE migration_name = %s;\n", h->table,
	    n->file->sha256, migrate_quoted(t->m, folder(t->m, n->file)));
}

static int64_t
key_prisma(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 72707369;
}

/* graphile-migrate: the chain of hashes stands in the files' first lines; its name for 000001-x.sql
 * is 000001.sql */

static const char *
graphile_name(struct mem *m, const struct migrate_file *f)
{
	return migrate_quoted(m, mem_fmt(m, "%s.sql", f->version));
}

static void
note_graphile(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	(void)by;
	mem_text_fmt(t, "INSERT INTO %s (hash, previous_hash, filename) VALUES (%s, %s, %s);\n",
	    h->table, migrate_quoted(t->m, value_get_string(n->file->note, "hash")),
	    migrate_quoted(t->m, value_get_string(n->file->note, "previous")),
	    graphile_name(t->m, n->file));
}

static void
forget_graphile(struct mem_text *t, const struct migrate_history *h,
    const struct migrate_author *by, const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE filename = %s;\n", h->table, graphile_name(t->m, f));
}

static void
sum_graphile(char sum[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)text;
	(void)len;
	snprintf(sum, DIGEST_HEX, "%s", value_get_string(f->note, "hash"));
}

static int64_t
key_graphile(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 4727445306447283;
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
	return match_by(h, row->name, whole);
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
	    .select = "SELECT version_id, '', NULL, " UTC(
		"tstamp") ", NULL, NULL FROM (SELECT DISTINCT ON (version_id) *"
			  " FROM %s ORDER BY version_id, id DESC) h WHERE is_applied AND "
			  "version_id > 0 ORDER BY id",
	    .note = note_goose,
	    .forget = forget_goose,
	    .key = key_goose },
	{ .name = "node-pg-migrate",
	    .table = "pgmigrations",
	    .ddl = "CREATE TABLE %s (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on "
		   "timestamp NOT NULL)",
	    .select = "SELECT substring(name from '^[0-9]*'), name, NULL, " UTC(
		"run_on") ", NULL, NULL FROM %s"
			  " ORDER BY run_on, id",
	    .match = match_stem,
	    .note = note_node,
	    .forget = forget_node,
	    .key = key_node },
	{ .name = "drizzle",
	    .table = "drizzle.__drizzle_migrations",
	    .also = "__drizzle_migrations",
	    .style = "drizzle",
	    .ddl = "CREATE TABLE %s (id serial PRIMARY KEY, hash text NOT NULL,"
		   " created_at bigint)",
	    .select = "SELECT created_at, '', hash, " UTC(
		"to_timestamp(created_at / 1000.0)") ", NULL, NULL FROM %s ORDER BY created_at",
	    .match = match_drizzle,
	    .note = note_drizzle,
	    .forget = forget_drizzle },
	{ .name = "prisma",
	    .table = "_prisma_migrations",
	    .style = "directories",
	    .ddl =
		"CREATE TABLE %s (id varchar(36) PRIMARY KEY NOT NULL, checksum varchar(64) NOT "
		"NULL, finished_at"
		" timestamptz, migration_name varchar(255) NOT NULL, logs text, rolled_back_at "
		"timestamptz, started_at"
		" timestamptz NOT NULL DEFAULT now(), applied_steps_count int NOT NULL DEFAULT 0)",
	    .select =
		"SELECT substring(migration_name from '^[0-9]*'), migration_name, checksum, " UTC(
		    "finished_at") ", NULL, extract(epoch from finished_at - started_at), false, "
				   "finished_at IS NULL FROM %s"
				   " WHERE rolled_back_at IS NULL ORDER BY started_at",
	    .match = match_folder,
	    .note = note_prisma,
	    .forget = forget_prisma,
	    .accept = accept_prisma,
	    .key = key_prisma },
	{ .name = "graphile",
	    .table = "graphile_migrate.migrations",
	    .style = "graphile",
	    .ddl = "CREATE TABLE %s (hash text PRIMARY KEY, previous_hash text REFERENCES %s, "
		   "filename text NOT NULL, date timestamptz NOT NULL DEFAULT now())",
	    .select = "SELECT substring(filename from '^[0-9]*'), filename, hash, " UTC(
		"date") ", NULL, NULL FROM %s ORDER BY filename",
	    .note = note_graphile,
	    .forget = forget_graphile,
	    .key = key_graphile,
	    .sum = sum_graphile },
	{ .name = "sql-migrate",
	    .table = "gorp_migrations",
	    .ddl = "CREATE TABLE %s (id text NOT NULL PRIMARY KEY, applied_at timestamptz)",
	    .select = "SELECT substring(id from '^[0-9]+'), id, NULL, " UTC(
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
	    .select = "SELECT version, '', NULL, " UTC(
		"run_on") ", NULL, NULL FROM %s ORDER BY version",
	    .match = match_diesel,
	    .note = note_diesel,
	    .forget = forget_diesel },
	{ .name = NULL }
};
