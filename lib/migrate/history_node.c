/* history_node.c - the histories of JavaScript's tools, with a row for each migration: exactly
 * their columns, as they write them. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/history_kind.h"

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

/* node-pg-migrate */

static const struct migrate_file *
match_stem(const struct migrate_history *h, const struct migrate_row *row)
{
	return migrate_match_by(h, row->name, stem);
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
	return migrate_match_by(h, row->name, folder);
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

const struct migrate_history_kind migrate_history_node[] = {
	{ .name = "node-pg-migrate",
	    .table = "pgmigrations",
	    .ddl = "CREATE TABLE %s (id serial PRIMARY KEY, name varchar(255) NOT NULL, run_on "
		   "timestamp NOT NULL)",
	    .select = "SELECT substring(name from '^[0-9]*'), name, NULL, " MIGRATE_UTC(
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
	    .select = "SELECT created_at, '', hash, " MIGRATE_UTC(
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
		"SELECT substring(migration_name from '^[0-9]*'), migration_name, checksum, "
		MIGRATE_UTC("finished_at")
		", NULL, extract(epoch from finished_at - started_at), false, finished_at IS NULL"
		" FROM %s WHERE rolled_back_at IS NULL ORDER BY started_at",
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
	    .select = "SELECT substring(filename from '^[0-9]*'), filename, hash, " MIGRATE_UTC(
		"date") ", NULL, NULL FROM %s ORDER BY filename",
	    .note = note_graphile,
	    .forget = forget_graphile,
	    .key = key_graphile,
	    .sum = sum_graphile },
	{ .name = NULL }
};
