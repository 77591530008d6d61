/* fingerprint.c - a digest over the catalog, made by the server. */
#include "migrate/fingerprint.h"

/* Everything that users of the schema see, as text in an order of its own; no OIDs, they differ between databases. */
static const char sql[] =
	"WITH own AS (SELECT n.oid, n.nspname FROM pg_namespace n WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname NOT IN"
	" ('information_schema', 'handrail', 'drizzle', 'graphile_migrate', 'sqitch')),"
	" rel AS (SELECT c.*, own.nspname FROM pg_class c JOIN own ON own.oid = c.relnamespace WHERE c.relname NOT IN"
	" ('schema_migrations', 'ar_internal_metadata', 'alembic_version', 'goose_db_version', 'pgmigrations',"
	" 'schemaversion', 'schema_version', 'flyway_schema_history', '_prisma_migrations'))"
	" SELECT md5(coalesce(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\"), '')) FROM ("
	" SELECT concat_ws(' ', 'column', rel.nspname, rel.relname, rel.relkind, a.attname,"
	"  format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) AS line"
	"  FROM rel JOIN pg_attribute a ON a.attrelid = rel.oid AND a.attnum > 0 AND NOT a.attisdropped"
	"  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
	"  WHERE rel.relkind IN ('r', 'p', 'v', 'm', 'f', 'c')"
	" UNION ALL SELECT concat_ws(' ', 'index', rel.nspname, pg_get_indexdef(i.indexrelid), i.indisvalid)"
	"  FROM rel JOIN pg_index i ON i.indrelid = rel.oid"
	" UNION ALL SELECT concat_ws(' ', 'constraint', rel.nspname, rel.relname, k.conname, pg_get_constraintdef(k.oid))"
	"  FROM rel JOIN pg_constraint k ON k.conrelid = rel.oid"
	" UNION ALL SELECT concat_ws(' ', 'view', rel.nspname, rel.relname, pg_get_viewdef(rel.oid))"
	"  FROM rel WHERE rel.relkind IN ('v', 'm')"
	" UNION ALL SELECT concat_ws(' ', 'trigger', rel.nspname, pg_get_triggerdef(t.oid))"
	"  FROM rel JOIN pg_trigger t ON t.tgrelid = rel.oid AND NOT t.tgisinternal"
	" UNION ALL SELECT concat_ws(' ', 'sequence', rel.nspname, rel.relname) FROM rel WHERE rel.relkind = 'S'"
	"  AND rel.relname NOT IN ('goose_db_version_id_seq', 'pgmigrations_id_seq')"
	" UNION ALL SELECT concat_ws(' ', 'function', own.nspname, p.oid::regprocedure, p.prorettype::regtype, p.prosrc)"
	"  FROM pg_proc p JOIN own ON own.oid = p.pronamespace"
	" UNION ALL SELECT concat_ws(' ', 'enum', own.nspname, t.typname, string_agg(e.enumlabel, ',' ORDER BY"
	"  e.enumsortorder)) FROM pg_type t JOIN own ON own.oid = t.typnamespace JOIN pg_enum e ON e.enumtypid = t.oid"
	"  GROUP BY own.nspname, t.typname"
	" UNION ALL SELECT concat_ws(' ', 'extension', e.extname, e.extversion) FROM pg_extension e) lines";

const char *
migrate_fingerprint(struct mem *m, struct pg *pg, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, sql, 0, NULL);

	return r ? pg_rows_text(r, 0, 0) : NULL;
}
