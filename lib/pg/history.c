/* history.c - the tables of tools that migrate, and what is the newest in each. */
#include <stdbool.h>
#include <string.h>

#include "pg/history.h"

/* A kind of history. */
struct kind {
	const char *name, *table;
	const char *schema;     /* where it always is, or NULL */
	const char *columns;    /* literals: those that it has */
	const char *beside;     /* a table of the same schema, or NULL */
	const char *newest;     /* what of the table %s is the revision */
};

/* The newest of versions that are numbers, of any length. */
#define NUMBER(version, where)                                                           \
	"SELECT v FROM (SELECT (" version ")::text AS v FROM %s WHERE " where ") x"      \
	" ORDER BY pg_catalog.lpad(v, 64, '0') COLLATE \"C\" DESC NULLS LAST LIMIT 1"
/* With dots in them. */
#define DOTTED(where)                                                                          \
	"SELECT version FROM %s WHERE " where " ORDER BY CASE WHEN version ~ '^[0-9.]+$' THEN" \
	" pg_catalog.string_to_array(version, '.')::numeric[] END DESC NULLS LAST LIMIT 1"
#define LEADING(column) "pg_catalog.substring(" column ", '^[0-9]+')"
#define LAST(what, order) "SELECT " what " FROM %s ORDER BY " order " DESC LIMIT 1"

/* Of two kinds with one table the first that fits. */
static const struct kind kinds[] = {
	{ "handrail", "history", "handrail", "'version'", NULL,
	    /* those of names that follow no order, as they were applied; none that is half done */
	    "SELECT version FROM %s t WHERE pg_catalog.to_jsonb(t) ->> 'kind' IS DISTINCT FROM"
	    " 'repeatable' AND ((pg_catalog.to_jsonb(t) ->> 'done')::int <"
	    " (pg_catalog.to_jsonb(t) ->> 'total')::int) IS NOT TRUE"
	    " ORDER BY CASE WHEN version ~ '^[0-9]+([._][0-9]+)*$' THEN"
	    " pg_catalog.string_to_array(pg_catalog.translate(version, '_', '.'), '.')::numeric[]"
	    " END DESC NULLS LAST,"
	    " (pg_catalog.to_jsonb(t) ->> 'seq')::bigint DESC NULLS LAST LIMIT 1" },
	{ "sqitch", "changes", NULL, "'change', 'change_id', 'committed_at'", "dependencies",
	    LAST("change", "committed_at") },
	{ "flyway", "flyway_schema_history", NULL, "'installed_rank', 'version', 'success'", NULL,
	    DOTTED("success AND version IS NOT NULL") },
	{ "flyway", "schema_version", NULL, "'installed_rank', 'version', 'success'", NULL,
	    DOTTED("success AND version IS NOT NULL") },
	{ "atlas", "atlas_schema_revisions", NULL, "'version', 'hash', 'applied', 'total'", NULL,
	    NUMBER("version", "version <> '.atlas_cloud_identifier' AND applied = total") },
	{ "rails", "schema_migrations", NULL, "'version'", "ar_internal_metadata",
	    NUMBER("version", "true") },
	{ "golang-migrate", "schema_migrations", NULL, "'version', 'dirty'", NULL,
	    NUMBER("version", "true") },
	{ "dbmate", "schema_migrations", NULL, "'version'", NULL, NUMBER("version", "true") },
	{ "goose", "goose_db_version", NULL, "'version_id', 'is_applied', 'id'", NULL,
	    "SELECT version_id FROM (SELECT DISTINCT ON (version_id) * FROM %s"
	    " ORDER BY version_id, id DESC) h WHERE is_applied AND version_id > 0"
	    " ORDER BY version_id DESC LIMIT 1" },
	{ "node-pg-migrate", "pgmigrations", NULL, "'name', 'run_on'", NULL,
	    NUMBER(LEADING("name"), "true") },
	{ "drizzle", "__drizzle_migrations", NULL, "'hash', 'created_at'", NULL,
	    NUMBER("created_at", "true") },
	{ "prisma", "_prisma_migrations", NULL, "'migration_name', 'finished_at', 'rolled_back_at'",
	    NULL,
	    NUMBER(LEADING("migration_name"),
		"finished_at IS NOT NULL AND rolled_back_at IS NULL") },
	{ "graphile", "migrations", "graphile_migrate", "'hash', 'filename'", NULL,
	    NUMBER(LEADING("filename"), "true") },
	{ "sql-migrate", "gorp_migrations", NULL, "'id', 'applied_at'", NULL,
	    NUMBER(LEADING("id"), "true") },
	{ "diesel", "__diesel_schema_migrations", NULL, "'version', 'run_on'", NULL,
	    NUMBER("version", "true") },
	{ "tern", "schema_version", NULL, "'version'", NULL, NUMBER("version", "version > 0") },
	{ "postgrator", "schemaversion", NULL, "'version', 'md5'", NULL,
	    NUMBER("version", "version > 0") },
	{ "alembic", "alembic_version", NULL, "'version_num'", NULL,
	    "SELECT pg_catalog.string_agg(version_num, ' ' ORDER BY version_num) FROM %s" },
	/* those whose files only their own tool can run: migrate-apply --exec */
	{ "django", "django_migrations", NULL, "'id', 'app', 'name', 'applied'", NULL,
	    LAST("app || '.' || name", "id") },
	{ "ef-core", "__EFMigrationsHistory", NULL, "'MigrationId'", NULL,
	    LAST("\"MigrationId\"", "1") },
	{ "liquibase", "databasechangelog", NULL, "'id', 'author', 'orderexecuted'", NULL,
	    LAST("id", "orderexecuted") },
	{ "sqlx", "_sqlx_migrations", NULL, "'version', 'checksum', 'success'", NULL,
	    NUMBER("version", "success") },
	{ "refinery", "refinery_schema_history", NULL, "'version', 'applied_on', 'checksum'", NULL,
	    NUMBER("version", "true") },
	{ "knex", "knex_migrations", NULL, "'id', 'name', 'batch'", NULL, LAST("name", "id") },
	{ "laravel", "migrations", NULL, "'id', 'migration', 'batch'", NULL,
	    LAST("migration", "id") },
	{ "typeorm", "migrations", NULL, "'id', 'timestamp', 'name'", NULL, LAST("name", "id") },
	{ "sequelize", "SequelizeMeta", NULL, "'name'", NULL, LAST("name", "1") },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Tables that look like one of the kinds: its number, and the name. */
static struct pg_rows *
find(struct mem *m, struct pg *pg, struct err *e)
{
	struct mem_text t = { .m = m };

	mem_text_fmt(&t,
	    "SELECT DISTINCT ON (c.oid) k.i, pg_catalog.quote_ident(n.nspname)"
	    " || '.' || pg_catalog.quote_ident(c.relname) FROM (VALUES ");
	for (size_t i = 0; i < KINDS; i++)
		mem_text_fmt(&t, "%s(%zu, '%s', %s, ARRAY[%s], %s)", i ? ", " : "", i,
		    kinds[i].table,
		    kinds[i].schema ? pg_quote_literal(m, kinds[i].schema) : "NULL",
		    kinds[i].columns,
		    kinds[i].beside ? pg_quote_literal(m, kinds[i].beside) : "NULL");
	mem_text_fmt(&t, ") k(i, relation, schema, columns, beside)"
	    " JOIN pg_catalog.pg_class c ON c.relname = k.relation AND c.relkind IN ('r', 'p')"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE n.nspname !~ '^pg_' AND n.nspname = coalesce(k.schema, n.nspname)"
	    " AND pg_catalog.has_schema_privilege(n.oid, 'USAGE')"
	    " AND pg_catalog.has_table_privilege(c.oid, 'SELECT')"
	    " AND k.columns <@ ARRAY(SELECT attname::text FROM pg_catalog.pg_attribute a"
	    "   WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped)"
	    " AND (k.beside IS NULL OR EXISTS (SELECT FROM pg_catalog.pg_class o"
	    "   WHERE o.relnamespace = n.oid AND o.relname = k.beside)) ORDER BY c.oid, k.i");
	return pg_query(m, pg, e, t.text, 0, NULL);
}

/* What is newest in it. *NONE: although it looks like a history, it is another table. */
static int
ask(struct mem *m, struct pg *pg, const struct kind *k, struct pg_history *h, bool *none,
    struct err *e)
{
	bool within = pg_in_transaction(pg);
	struct pg_rows *r = NULL;

	*none = false;
	if (within && pg_exec(pg, "SAVEPOINT history", e))
		return -1;
	if ((r = pg_query(m, pg, e, pg_expand(m, k->newest, h->table), 0, NULL)))
		h->revision = pg_rows_count(r) ? pg_rows_text(r, 0, 0) : NULL;
	else
		/* columns of other types, and what is in them */
		*none = !strncmp(pg_report(pg)->sqlstate, "42", 2) ||
		    !strncmp(pg_report(pg)->sqlstate, "22", 2);
	if (!r && !*none)
		return err_in(e, "the history %s", h->table);
	return within ? pg_exec(pg, "ROLLBACK TO history; RELEASE history", e) : 0;
}

struct pg_history *
pg_history_find(struct mem *m, struct pg *pg, size_t *count, struct err *e)
{
	struct pg_rows *found = find(m, pg, e);
	struct pg_history *list;

	*count = 0;
	if (!found)
		return NULL;
	list = mem_zero(m, (size_t)pg_rows_count(found) + 1, sizeof *list);
	for (int i = 0; i < pg_rows_count(found); i++) {
		const struct kind *k = &kinds[pg_rows_int(found, i, 0)];
		struct pg_history h = { .kind = k->name, .table = pg_rows_text(found, i, 1) };
		bool none;

		if (ask(m, pg, k, &h, &none, e))
			return NULL;
		if (!none && k == kinds) {
			*list = h;
			*count = 1;
			return list;
		}
		if (!none)
			list[(*count)++] = h;
	}
	return list;
}
