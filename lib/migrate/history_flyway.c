/* history_flyway.c - Flyway's history. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "migrate/history_kind.h"

/* Of the lines: without byte order mark, without line ends; as a signed number. */
static void
sum_flyway(char sum[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)f;
	MEM_SCOPE(m);
	char *bare = mem_zero(m, len + 1, 1);
	size_t n = 0;

	for (size_t i = len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0; i < len; i++)
		if (text[i] != '\n' && text[i] != '\r')
			bare[n++] = text[i];
	snprintf(sum, DIGEST_HEX, "%" PRId32, (int32_t)migrate_crc32(bare, n));
}

static const struct migrate_file *
match_flyway(const struct migrate_history *h, const struct migrate_row *row)
{
	if (row->version)
		return migrate_dir_find(h->dir, row->version);
	for (size_t i = 0; i < h->dir->count; i++)
		if (h->dir->file[i].kind == MIGRATE_REPEATABLE &&
		    !strcmp(h->dir->file[i].file, row->name))
			return &h->dir->file[i];
	return NULL;
}

static void
note_flyway(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	const struct migrate_file *f = n->file;
	char *words = mem_string(t->m, f->name);

	(void)by;
	for (char *p = words; *p; p++)
		if (*p == '_')
			*p = ' ';
	mem_text_fmt(t,
	    "INSERT INTO %s (installed_rank, version, description, type, script, checksum, "
	    "installed_by,"
	    " installed_on, execution_time, success) SELECT coalesce(max(installed_rank), 0) + 1, "
	    "%s, %s, '%s', %s, %s,"
	    " current_user, now(), ((%s) * 1000)::int, true FROM %s;\n",
	    h->table, f->kind == MIGRATE_REPEATABLE ? "NULL" : migrate_quoted(t->m, f->version),
	    migrate_quoted(t->m, words), f->kind == MIGRATE_BASELINE ? "SQL_BASELINE" : "SQL",
	    migrate_quoted(t->m, f->file), n->sum, n->seconds, h->table);
}

static void
forget_flyway(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	(void)by;
	mem_text_fmt(t, "DELETE FROM %s WHERE version = %s;\n", h->table,
	    migrate_quoted(t->m, migrate_kept_version(h, f)));
}

static void
accept_flyway(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	mem_text_fmt(t, "UPDATE %s SET checksum = %s WHERE version = %s;\n", h->table, n->sum,
	    migrate_quoted(t->m, migrate_kept_version(h, n->file)));
}

/* Java's hash of "schema"."table" above a fixed number. */
static int64_t
key_flyway(struct pg *pg, const struct migrate_history *h)
{
	MEM_SCOPE(m);
	char *name = mem_fmt(m, "\"%s\".\"%s\"", migrate_table_part(m, h, 0),
	    migrate_table_part(m, h, 1));
	int32_t hash = 0;

	(void)pg;
	for (; *name; name++)
		hash = (int32_t)((uint32_t)hash * 31 + (unsigned char)*name);
	return 0x466C79776179 + (int64_t)hash;
}

/* Of each version, and of each repeatable, the newest row counts; undone and deleted ones are as
 * good as none. What is not SQL was done by Flyway alone: it needs no file. */
const struct migrate_history_kind migrate_history_flyway = {
	.name = "flyway",
	.table = "flyway_schema_history",
	.also = "schema_version",
	.is_there = "SELECT EXISTS (SELECT FROM pg_catalog.pg_attribute WHERE attrelid = "
		    "$1::regclass AND attname ="
		    " 'installed_rank')",
	.ddl = "CREATE TABLE %s (installed_rank int NOT NULL CONSTRAINT flyway_schema_history_pk "
	       "PRIMARY KEY,"
	       " version varchar(50), description varchar(200) NOT NULL, type varchar(20) NOT NULL,"
	       " script varchar(1000) NOT NULL, checksum int, installed_by varchar(100) NOT NULL,"
	       " installed_on timestamp NOT NULL DEFAULT now(), execution_time int NOT NULL, "
	       "success boolean NOT NULL);"
	       "CREATE INDEX flyway_schema_history_s_idx ON %s (success)",
	.select = "SELECT version, CASE WHEN version IS NULL THEN script ELSE description END, "
		  "CASE WHEN type"
		  " IN ('SQL', 'BASELINE', 'SQL_BASELINE') THEN checksum::text END,"
		  " to_char(installed_on, 'YYYY-MM-DD\"T\"HH24:MI:SS'), installed_by, "
		  "execution_time / 1000.0,"
		  " type IN ('BASELINE', 'SQL_BASELINE'), NOT success, type NOT IN ('SQL', "
		  "'BASELINE', 'SQL_BASELINE')"
		  " FROM (SELECT *, row_number() OVER (PARTITION BY version, CASE WHEN version IS "
		  "NULL THEN script END"
		  " ORDER BY installed_rank DESC) AS newest FROM %s WHERE type <> 'SCHEMA') h"
		  " WHERE newest = 1 AND type <> 'DELETE' AND type NOT LIKE 'UNDO%%' ORDER BY "
		  "installed_rank",
	.match = match_flyway,
	.timed = true,
	.note = note_flyway,
	.forget = forget_flyway,
	.accept = accept_flyway,
	.key = key_flyway,
	.sum = sum_flyway,
};
