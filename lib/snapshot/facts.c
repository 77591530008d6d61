/* facts.c - asks a server about a database. */
#include <string.h>

#include "pg/history.h"
#include "snapshot/facts.h"

/* Every column of every row as a member; what looks like a number in the catalogs' types becomes
 * one. */
static int
add_row(struct mem *m, struct pg *pg, struct value *to, const char *sql, const char *numbers,
    struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, sql, 0, NULL);

	if (!r)
		return -1;
	for (int c = 0; pg_rows_count(r) && c < pg_rows_columns(r); c++) {
		const char *name = pg_rows_name(r, c);

		if (strstr(numbers, name) && pg_rows_text(r, 0, c))
			value_set_int(to, name, pg_rows_int(r, 0, c));
		else
			value_set_string(to, name, pg_rows_text(r, 0, c));
	}
	return 0;
}

/* The one JSON value that SQL gives. */
static int
add_json(struct mem *m, struct pg *pg, struct value *to, const char *key, const char *sql,
    struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e, sql, 0, NULL);
	const char *text;
	struct value *v;

	if (!r)
		return -1;
	if (!pg_rows_count(r) || !(text = pg_rows_text(r, 0, 0)))
		return 0;
	if (!(v = value_parse(m, text, strlen(text), e)))
		return -1;
	value_set(to, key, v);
	return 0;
}

void
facts_of_server(struct mem *m, struct pg *pg, struct value *facts)
{
	struct err ignored;

	value_set_string(facts, "uri", pg_uri(pg));
	value_set_string(facts, "database", pg_database(pg));
	value_set_int(facts, "server_version", pg_server_version(pg));
	add_row(m, pg, facts, "SELECT system_identifier FROM pg_catalog.pg_control_system()", "",
	    &ignored);
}

/* Which migration was its last; of several histories all, as none of them tells for the others. */
static int
add_revision(struct mem *m, struct pg *pg, struct value *facts, struct err *e)
{
	size_t count;
	struct pg_history *h = pg_history_find(m, pg, &count, e);
	struct value *list = count > 1 ? value_set_array(m, facts, "histories") : NULL;

	if (!h)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct value *v = list ? value_add_object(m, list) : facts;

		value_set_string(v, list ? "table" : "history_table", h[i].table);
		value_set_string(v, list ? "kind" : "history_kind", h[i].kind);
		value_set_string(v, list ? "revision" : "history_revision", h[i].revision);
	}
	return 0;
}

int
facts_of_snapshot(struct mem *m, struct pg *pg, struct value *facts, struct err *e)
{
	return add_row(m, pg, facts, "SELECT pg_catalog.txid_snapshot_xmin(s) AS snapshot_xmin,"
	    " pg_catalog.txid_snapshot_xmax(s) AS snapshot_xmax,"
	    " CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()"
	    "   ELSE pg_catalog.pg_current_wal_lsn() END AS lsn,"
	    " CASE WHEN pg_catalog.pg_is_in_recovery() THEN 'yes' END AS standby,"
	    " pg_catalog.to_char(pg_catalog.now() AT TIME ZONE 'UTC',"
	    "   'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"') AS frozen_at,"
	    " pg_catalog.getdatabaseencoding() AS encoding"
	    " FROM pg_catalog.txid_current_snapshot() s", "snapshot_xmin snapshot_xmax", e);
}

int
facts_of_contents(struct mem *m, struct pg *pg, struct value *facts, struct err *e)
{
	if (add_json(m, pg, facts, "properties",
		"SELECT (pg_catalog.to_jsonb(d) - 'datacl' - 'datfrozenxid'"
		" - 'datminmxid' - 'oid' - 'datdba') || pg_catalog.jsonb_build_object("
		"  'owner', pg_catalog.pg_get_userbyid(d.datdba),"
		"  'tablespace', (SELECT spcname FROM pg_catalog.pg_tablespace s WHERE s.oid = "
		"d.dattablespace),"
		"  'comment', pg_catalog.shobj_description(d.oid, 'pg_database'),"
		"  'grants', CASE WHEN d.datacl IS NOT NULL THEN coalesce((SELECT"
		"    pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('grantee',"
		"    CASE WHEN a.grantee <> 0 THEN pg_catalog.pg_get_userbyid(a.grantee) END,"
		"    'grantor', pg_catalog.pg_get_userbyid(a.grantor),"
		"    'privilege', a.privilege_type, 'grantable', a.is_grantable)) FROM "
		"pg_catalog.aclexplode(d.datacl) a), '[]') END,"
		"  'settings', (SELECT pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object('role',"
		"    CASE WHEN s.setrole <> 0 THEN pg_catalog.pg_get_userbyid(s.setrole) END, "
		"'setting', c)"
		"    ORDER BY s.setrole, c)"
		"    FROM pg_catalog.pg_db_role_setting s, pg_catalog.unnest(s.setconfig) c WHERE "
		"s.setdatabase = d.oid))"
		" FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()",
		e))
		return -1;
	if (add_json(m, pg, facts, "extensions",
		"SELECT coalesce(pg_catalog.jsonb_object_agg(extname, extversion), '{}')"
		" FROM pg_catalog.pg_extension",
		e))
		return -1;
	/* Sorted by other versions, texts may have another order. Without statistics of a new
	 * database's catalogs EXISTS would look through all columns for each of hundreds of
	 * collations, without DISTINCT IN does so with them: 20 s with 3,000 and 10,000 tables. */
	if (add_json(m, pg, facts, "collations",
		"SELECT pg_catalog.jsonb_object_agg(pg_catalog.quote_ident(n.nspname) || '.'"
		" || pg_catalog.quote_ident(c.collname), c.collversion)"
		" FROM pg_catalog.pg_collation c JOIN pg_catalog.pg_namespace n ON n.oid = "
		"c.collnamespace"
		" WHERE c.collversion IS NOT NULL AND (c.oid >= 16384"
		"   OR c.oid IN (SELECT DISTINCT attcollation FROM pg_catalog.pg_attribute"
		"    WHERE attrelid >= 16384))",
		e))
		return -1;
	/* what every new database has, and this one may have no more: the other is plpgsql */
	if (add_json(m, pg, facts, "public", "SELECT pg_catalog.to_jsonb(EXISTS (SELECT FROM"
	    " pg_catalog.pg_namespace WHERE nspname = 'public'))", e))
		return -1;
	/* for a place that has none of them: a trial restore */
	if (add_json(m, pg, facts, "roles", "SELECT pg_catalog.jsonb_agg(rolname ORDER BY rolname)"
	    " FROM pg_catalog.pg_roles WHERE rolname !~ '^pg_'", e))
		return -1;
	/* not part of any snapshot: as they were a moment later */
	if (add_json(m, pg, facts, "sequences",
		"SELECT pg_catalog.jsonb_object_agg(pg_catalog.quote_ident(schemaname)"
		" || '.' || pg_catalog.quote_ident(sequencename), last_value) FROM "
		"pg_catalog.pg_sequences",
		e))
		return -1;
	return add_revision(m, pg, facts, e);
}
