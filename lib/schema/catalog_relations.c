/* catalog_relations.c - queries for tables and what hangs on them. */
#include "schema/catalog.h"

#define RELATION \
	"c.oid, quote_ident(n.nspname) AS schema, quote_ident(c.relname) AS name," \
	CATALOG_OWNER("c.relowner") "," CATALOG_COMMENT("pg_class", "c.oid")
#define ON_TABLE \
	"quote_ident(n.nspname) AS schema, quote_ident(c.relname) AS parent"
#define FROM_CLASS " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
#define OURS_CLASS \
	" c.oid >= 16384 AND" CATALOG_OURS("n") "AND" CATALOG_FREE("pg_class", "c.oid")
#define TABLESPACE(c)                                                                              \
	" CASE WHEN " c ".reltablespace <> 0 THEN (SELECT quote_ident(x.spcname)" \
	" FROM pg_tablespace x WHERE x.oid = " c ".reltablespace) END AS tablespace"
/* A comment where there are many rows. */
#define DESCRIBED(e, class, oid)                                                                   \
	" LEFT JOIN pg_description " e " ON " e ".classoid = '" class "'::regclass" \
	" AND " e ".objoid = " oid " AND " e ".objsubid = 0"
/* heap (2) is the default access method everywhere, but where a partitioned table says so itself */
#define ACCESS_METHOD \
	" CASE WHEN c.relam <> 2 OR c.relkind = 'p' THEN (SELECT quote_ident(x.amname)" \
	" FROM pg_am x WHERE x.oid = c.relam) END AS access_method"

#define SIZE \
	" greatest(c.reltuples, 0)::bigint AS rows, c.relpages::bigint" \
	" * (SELECT current_setting('block_size')::int) AS bytes"

static const char tables[] = "SELECT c.oid, quote_ident(n.nspname) AS schema,"
	" quote_ident(c.relname) AS name," CATALOG_OWNER("c.relowner") ", e.description AS comment,"
	CATALOG_ACL("c.relacl", "c.relowner", "r") ","
	" CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END AS persistence,"
	" CASE c.relkind WHEN 'p' THEN pg_get_partkeydef(c.oid) END AS partition_key,"
	" CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, 0) END AS partition_bound,"
	" CASE WHEN c.oid IN (SELECT x.inhrelid FROM pg_inherits x) THEN"
	" (SELECT string_agg(x.inhparent::regclass::text, ', ' ORDER BY x.inhseqno)"
	" FROM pg_inherits x"
	"  WHERE x.inhrelid = c.oid) END AS inherits,"
	CATALOG_STORAGE("c.reloptions") ","
	CATALOG_SORTED("toast.reloptions") "AS toast_options,"
	" CASE c.relreplident WHEN 'f' THEN 'FULL' WHEN 'n' THEN CASE c.relkind WHEN 'f' THEN NULL"
	" ELSE 'NOTHING' END"
	"  WHEN 'i' THEN 'USING INDEX ' || (SELECT quote_ident(x.relname) FROM pg_index i"
	" JOIN pg_class x ON"
	"  x.oid = i.indexrelid WHERE i.indrelid = c.oid AND i.indisreplident) END AS"
	" replica_identity,"
	" CASE WHEN c.relrowsecurity THEN 'ENABLE' END AS rls, CASE WHEN c.relforcerowsecurity"
	" THEN 'FORCE' END AS force_rls,"
	ACCESS_METHOD "," TABLESPACE("c") ","
	" CASE WHEN c.reloftype <> 0 THEN c.reloftype::regtype::text END AS of_type,"
	" CASE c.relkind WHEN 'f' THEN (SELECT quote_ident(s.srvname) FROM pg_foreign_table f"
	" JOIN pg_foreign_server s ON s.oid = f.ftserver"
	"  WHERE f.ftrelid = c.oid) END AS server,"
	" CASE c.relkind WHEN 'f' THEN (SELECT" CATALOG_OPTIONS("f.ftoptions")
	"FROM pg_foreign_table f WHERE f.ftrelid = c.oid) END AS attributes,"
	SIZE
	FROM_CLASS "LEFT JOIN pg_class toast ON toast.oid = c.reltoastrelid"
	" AND toast.reloptions IS NOT NULL" DESCRIBED("e", "pg_class", "c.oid")
	" WHERE c.relkind IN ('r', 'p', 'f') AND" OURS_CLASS;

/* Always the whole of them, in the order of CREATE SEQUENCE. */
#define SEQUENCE_OPTIONS \
	"concat_ws(' ', 'START WITH ' || q.seqstart, 'INCREMENT BY ' || q.seqincrement,"   \
	" 'MINVALUE ' || q.seqmin, 'MAXVALUE ' || q.seqmax, 'CACHE ' || q.seqcache, CASE" \
	" WHEN q.seqcycle THEN 'CYCLE' END)"

#define STORAGE(x) \
	" CASE " x " WHEN 'p' THEN 'PLAIN' WHEN 'e' THEN 'EXTERNAL' WHEN 'x' THEN 'EXTENDED'" \
	" ELSE 'MAIN' END "
#define COLUMN_OPTIONS \
	" CASE WHEN a.attoptions IS NOT NULL THEN NULLIF(array_to_string(ARRAY(SELECT x" \
	" FROM unnest(a.attoptions) x" \
	"  WHERE x NOT LIKE 'pg\\_attver=%' ORDER BY x), ', '), '') END"
#define COLUMN_ACL \
	" CASE WHEN a.attacl IS NOT NULL THEN NULLIF(" CATALOG_ACL_TEXT("a.attacl", "c.relowner") \
	", '') END AS acl"
#define COLUMN_PLACE "a.attnum AS sub, quote_ident(a.attname) AS name"
/* What it would be without a word is kept: the way back to that has no other name before 16. */
#define COLUMN_EXTRAS \
	" CASE WHEN a.attstorage <> t.typstorage THEN " STORAGE("a.attstorage") " END AS storage," \
	" CASE WHEN a.attstorage <> t.typstorage THEN " STORAGE("t.typstorage") " END AS written," \
	" {{140000?CASE a.attcompression WHEN 'p' THEN 'pglz' WHEN 'l'" \
	" THEN 'lz4' END`NULL::text}} AS compression," \
	" CASE WHEN a.attstattarget >= 0 THEN a.attstattarget::text END AS statistics," \
	COLUMN_OPTIONS " AS options"
#define FROM_COLUMN \
	" JOIN pg_attribute a ON a.attrelid = c.oid JOIN pg_type t" \
	" ON t.oid = a.atttypid" \
	" LEFT JOIN pg_description e ON e.classoid = 'pg_class'::regclass AND e.objoid = c.oid" \
	" AND e.objsubid = a.attnum"

/* Not by a join: few columns have one. OF: the table whose columns it names. */
#define COLUMN_DEFAULT(of) \
	"(SELECT pg_get_expr(d.adbin, " of ") FROM pg_attrdef d WHERE d.adrelid = a.attrelid" \
	" AND d.adnum = a.attnum)"

static const char columns[] = "SELECT a.attrelid AS relation, " COLUMN_PLACE ","
	CATALOG_FEW("a.attcollation NOT IN (0, t.typcollation) {{120000?OR a.attgenerated <> ''`}}"
	" OR a.attidentity <> '' OR a.attstorage <> t.typstorage OR a.attstattarget >= 0"
	" {{140000?OR a.attcompression <> ''`}} OR a.attoptions IS NOT NULL"
	" OR a.attfdwoptions IS NOT NULL OR a.attacl IS NOT NULL {{180000?OR k.conname"
	" <> concat(c.relname, '_', a.attname, '_not_null') OR k.connoinherit"
	" OR NOT k.convalidated OR NOT k.conislocal OR k.coninhcount > 0 OR k.oid IN (SELECT"
	" x.objoid FROM pg_description x WHERE x.classoid = 'pg_constraint'::regclass)`}}",
	" CASE WHEN a.attcollation NOT IN (0, t.typcollation) THEN "
	CATALOG_COLLATION("a.attcollation") " END AS collation,"
	" {{120000?CASE WHEN a.attgenerated <> '' THEN concat('(', " COLUMN_DEFAULT("d.adrelid")
	", ') ', CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END`NULL::text}}"
	" AS generated,"
	" CASE WHEN a.attidentity <> '' THEN (SELECT CASE a.attidentity WHEN 'a' THEN 'ALWAYS '"
	" ELSE 'BY DEFAULT ' END"
	"  || '(SEQUENCE NAME ' || q.seqrelid::regclass || ' ' || " SEQUENCE_OPTIONS
	" || ')' FROM pg_depend x JOIN pg_sequence q ON q.seqrelid = x.objid"
	"  WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass"
	" AND x.refobjid = a.attrelid"
	"  AND x.refobjsubid = a.attnum AND x.deptype = 'i') END AS identity,"
	/* since 18 it is a constraint: with a name, when that is not the one which the server
	 * itself would give */
	" {{180000?CASE WHEN k.conname <> concat(c.relname, '_', a.attname, '_not_null')"
	" THEN quote_ident(k.conname) END AS not_null_name,"
	"  concat_ws(' ', CASE WHEN k.connoinherit THEN 'NO INHERIT' END, CASE"
	" WHEN NOT k.convalidated THEN 'NOT VALID' END) AS not_null_kind,"
	"  CASE WHEN NOT k.conislocal THEN 'parent' WHEN k.coninhcount > 0 THEN 'both' END AS"
	" not_null_from,"
	"  (SELECT x.description FROM pg_description x WHERE x.classoid = 'pg_constraint'::regclass"
	" AND x.objoid = k.oid) AS not_null_comment,`}}" COLUMN_EXTRAS ","
	" CASE WHEN a.attfdwoptions IS NOT NULL THEN" CATALOG_OPTIONS("a.attfdwoptions")
	"END AS attributes," COLUMN_ACL);
static const char from_columns[] =
	", format_type(a.atttypid, a.atttypmod) AS type,"
	/* without a table, which the server would open: only generated columns name others */
	" CASE WHEN a.atthasdef {{120000?AND a.attgenerated = ''`}} THEN " COLUMN_DEFAULT("0")
	" END AS \"default\","
	" CASE WHEN a.attnotnull THEN 't' END AS not_null,"
	" e.description AS comment, CASE WHEN c.reloftype <> 0 THEN 'inherited'"
	" WHEN a.attinhcount > 0 THEN CASE WHEN a.attislocal THEN 'local'"
	" ELSE 'inherited' END END AS inherited FROM pg_class c" FROM_COLUMN
	"{{180000? LEFT JOIN pg_constraint k"
	" ON k.contype = 'n' AND k.conrelid = a.attrelid AND k.conkey[1] = a.attnum`}}"
	" WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'f')"
	" AND c.oid >= 16384";

/* A view's or composite type's column counts only when something is said about it. */
static const char other_columns[] = "SELECT c.oid, " ON_TABLE ", " COLUMN_PLACE
	", pg_get_expr(d.adbin, d.adrelid) AS \"default\"," COLUMN_EXTRAS ","
	COLUMN_ACL ", e.description AS comment"
	FROM_CLASS FROM_COLUMN
	" LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
	" WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('v', 'm', 'c')"
	" AND (d.oid IS NOT NULL OR a.attacl IS NOT NULL OR e.description IS NOT NULL"
	"  OR a.attstattarget >= 0 OR a.attstorage <> t.typstorage {{140000?OR a.attcompression <>"
	" ''`}} OR " COLUMN_OPTIONS " IS NOT NULL) AND" OURS_CLASS;

/* The index of the parent table that this one is a part of, as its id. */
#define INDEX_PARENT(o)                                                                            \
	" CASE WHEN " o ".relispartition THEN (SELECT concat(quote_ident(y.nspname), '.'," \
	" quote_ident(t.relname), '.', quote_ident(x.relname)) FROM pg_inherits z" \
	" JOIN pg_index v ON v.indexrelid = z.inhparent JOIN pg_class x ON x.oid = z.inhparent" \
	" JOIN pg_class t ON t.oid = v.indrelid JOIN pg_namespace y ON y.oid = t.relnamespace" \
	" WHERE z.inhrelid = " o ".oid) END AS inherits"
/* What a foreign key does with its rows when the others change. */
#define ACTION(on, x) \
	"CASE " x " WHEN 'r' THEN ' ON " on " RESTRICT' WHEN 'c' THEN ' ON " on " CASCADE'" \
	" WHEN 'n' THEN ' ON " on " SET NULL' WHEN 'd' THEN ' ON " on " SET DEFAULT' END"

/* What DEF says of the index O without its storage parameters: these change without building it
 * anew. */
#define WITHOUT_STORAGE(def)                                                                       \
	"CASE WHEN o.reloptions IS NULL THEN " def " ELSE replace(" def \
	", (SELECT ' WITH (' || string_agg(x.name || '=' || CASE" \
	" quote_ident(x.value) WHEN x.value THEN x.value ELSE quote_literal(x.value) END, ', '" \
	" ORDER BY x.n) || ')' FROM (SELECT quote_ident(split_part(y.o, '=', 1)) AS name," \
	" substr(y.o, strpos(y.o, '=') + 1) AS value, y.n FROM unnest(o.reloptions)" \
	" WITH ORDINALITY y(o, n)) x), '') END"

/* Inherited ones follow from the parent's, unless an index bears them. */
static const char constraints[] = "SELECT k.oid, k.conrelid AS relation,"
	" quote_ident(k.conname) AS name, k.contype, CASE k.contype"
	" WHEN 'f' THEN CASE WHEN k.confmatchtype = 's' {{150000?AND k.confdelsetcols IS NULL`}}"
	"  {{180000?AND NOT k.conperiod AND k.conenforced`}} THEN 'FOREIGN KEY' END"
	" WHEN 'c' THEN NULL WHEN 'x' THEN NULL ELSE CASE WHEN i.indnatts = i.indnkeyatts"
	"  {{150000?AND NOT i.indnullsnotdistinct`}} {{180000?AND NOT k.conperiod`}}"
	"  THEN CASE k.contype WHEN 'p' THEN 'PRIMARY KEY' ELSE 'UNIQUE' END END END AS begins,"
	" k.conkey AS keys, NULLIF(k.confrelid, 0) AS other, k.confkey AS other_keys,"
	" CASE WHEN k.confupdtype NOT IN ('a', ' ') OR k.confdeltype NOT IN ('a', ' ')"
	"  OR k.condeferrable OR NOT k.convalidated THEN concat(" ACTION("UPDATE", "k.confupdtype")
	", " ACTION("DELETE", "k.confdeltype") ", CASE WHEN k.condeferrable THEN ' DEFERRABLE' END,"
	"  CASE WHEN k.condeferred THEN ' INITIALLY DEFERRED' END,"
	"  CASE WHEN NOT k.convalidated THEN ' NOT VALID' END) END AS ends,"
	" e.description AS comment,"
	CATALOG_FEW("o.relispartition OR o.reloptions IS NOT NULL OR i.indisclustered"
	" OR o.reltablespace <> 0 OR f.description IS NOT NULL",
	INDEX_PARENT("o") "," CATALOG_SORTED("o.reloptions") "AS options,"
	" CASE WHEN i.indisclustered THEN 't' END AS clustered,"
	TABLESPACE("o") ", f.description AS index_comment")
	" FROM pg_constraint k"
	" LEFT JOIN pg_index i ON i.indexrelid = k.conindid AND k.contype IN ('p', 'u', 'x')"
	" LEFT JOIN pg_class o ON o.oid = i.indexrelid"
	DESCRIBED("e", "pg_constraint", "k.oid") DESCRIBED("f", "pg_class", "o.oid")
	" WHERE k.contype IN ('p', 'u', 'c', 'f', 'x') AND (k.contype IN ('p', 'u', 'x')"
	"  OR k.conparentid = 0 AND (k.conislocal OR k.coninhcount = 0)) AND k.conrelid >= 16384";

static const char late_constraints[] = "SELECT "
	WITHOUT_STORAGE("pg_get_constraintdef(k.oid)") " AS definition,"
	" CASE WHEN k.confrelid <> 0 THEN k.confrelid::regclass::text END AS \"references\""
	" FROM unnest($1::oid[]) WITH ORDINALITY l(oid, n) LEFT JOIN pg_constraint k"
	" ON k.oid = l.oid LEFT JOIN pg_class o ON o.oid = k.conindid AND k.contype = 'x'"
	" ORDER BY l.n";

static const char indexes[] = "SELECT i.indexrelid AS oid, i.indrelid AS relation,"
	" quote_ident(o.relname) AS name,"
	" CASE WHEN o.relam = 403 AND o.relkind = 'i' AND i.indexprs IS NULL AND i.indpred IS NULL"
	"  AND i.indnatts = i.indnkeyatts AND 0 = ALL (i.indoption::int2[])"
	"  {{150000?AND NOT i.indnullsnotdistinct`}} THEN"
	"  CASE WHEN i.indisunique THEN 'CREATE UNIQUE INDEX' ELSE 'CREATE INDEX' END END"
	" AS begins,"
	" i.indkey AS keys, i.indclass AS classes, i.indcollation AS collations,"
	" e.description AS comment,"
	CATALOG_FEW("o.relispartition OR o.reloptions IS NOT NULL OR NOT i.indisvalid"
	" OR i.indisclustered OR o.reltablespace <> 0 OR i.indexprs IS NOT NULL",
	INDEX_PARENT("o") ","
	CATALOG_STORAGE("o.reloptions") ","
	" CASE WHEN NOT i.indisvalid THEN 'INVALID' END AS valid,"
	" CASE WHEN i.indisclustered THEN 't' END AS clustered," TABLESPACE("o") ","
	" CASE WHEN i.indexprs IS NOT NULL THEN (SELECT string_agg(x.attnum || ' '"
	" || x.attstattarget, ', ' ORDER BY x.attnum)"
	"  FROM pg_attribute x WHERE x.attrelid = o.oid AND x.attstattarget >= 0) END AS"
	" statistics")
	" FROM pg_index i JOIN pg_class o ON o.oid = i.indexrelid"
	DESCRIBED("e", "pg_class", "o.oid")
	" WHERE i.indrelid >= 16384 AND o.relnamespace <> 'pg_toast'::regnamespace"
	" AND i.indexrelid NOT IN (SELECT k.conindid FROM pg_constraint k"
	" WHERE k.contype IN ('p', 'u', 'x'))";

static const char late_indexes[] = "SELECT " WITHOUT_STORAGE("pg_get_indexdef(l.oid)")
	" AS definition FROM unnest($1::oid[]) WITH ORDINALITY l(oid, n)"
	" LEFT JOIN pg_class o ON o.oid = l.oid ORDER BY l.n";

/* The sequence of an identity column is a part of it, and has nothing of its own but who may use
 * it, and whether it is logged where its table is not. */
static const char identities[] = "SELECT c.oid, quote_ident(n.nspname) AS schema,"
	" quote_ident(c.relname) AS name," CATALOG_COMMENT("pg_class", "c.oid") ","
	CATALOG_ACL("c.relacl", "c.relowner", "s") ", {{150000?(SELECT CASE c.relpersistence"
	" WHEN t.relpersistence THEN NULL WHEN 'u' THEN 'UNLOGGED'"
	"  ELSE 'LOGGED' END FROM pg_class t WHERE t.oid = d.refobjid)`NULL::text}} AS persistence,"
	" d.refobjid::regclass::text || '.' ||"
	"  (SELECT quote_ident(x.attname) FROM pg_attribute x WHERE x.attrelid = d.refobjid"
	" AND x.attnum = d.refobjsubid) AS identity"
	FROM_CLASS "JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = c.oid"
	" AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass"
	" AND d.deptype = 'i' WHERE c.relkind = 'S' AND" OURS_CLASS;

static const char sequences[] = "SELECT " RELATION "," CATALOG_ACL("c.relacl", "c.relowner", "s")
	","
	" CASE c.relpersistence WHEN 'u' THEN 'UNLOGGED' END AS persistence,"
	" format_type(q.seqtypid, NULL) AS type,"
	" q.seqstart AS start, q.seqincrement AS increment, q.seqmin AS minimum,"
	" q.seqmax AS maximum, q.seqcache AS cache,"
	" CASE WHEN q.seqcycle THEN 't' END AS cycle, CASE d.deptype WHEN 'a'"
	" THEN d.refobjid::regclass::text || '.' ||"
	"  (SELECT quote_ident(x.attname) FROM pg_attribute x WHERE x.attrelid = d.refobjid"
	" AND x.attnum = d.refobjsubid) END AS owned_by"
	FROM_CLASS "JOIN pg_sequence q ON q.seqrelid = c.oid LEFT JOIN pg_depend d"
	" ON d.classid = 'pg_class'::regclass"
	" AND d.objid = c.oid AND d.objsubid = 0 AND d.refclassid = 'pg_class'::regclass"
	" AND d.deptype IN ('a', 'i')"
	" WHERE d.deptype IS DISTINCT FROM 'i' AND" OURS_CLASS;

#define VIEW_COLUMNS \
	" (SELECT string_agg(quote_ident(x.attname) || ' ' || format_type(x.atttypid," \
	" x.atttypmod), ', ' ORDER BY x.attnum)" \
	"  FROM pg_attribute x WHERE x.attrelid = c.oid AND x.attnum > 0" \
	" AND NOT x.attisdropped) AS columns,"

static const char views[] = "SELECT " RELATION "," CATALOG_ACL("c.relacl", "c.relowner", "r") ","
	VIEW_COLUMNS
	CATALOG_STORAGE("c.reloptions") ", rtrim(pg_get_viewdef(c.oid), ';') AS definition"
	FROM_CLASS "WHERE c.relkind = 'v' AND" OURS_CLASS;

static const char matviews[] = "SELECT " RELATION "," CATALOG_ACL("c.relacl", "c.relowner", "r") ","
	VIEW_COLUMNS
	CATALOG_STORAGE("c.reloptions") ", rtrim(pg_get_viewdef(c.oid), ';') AS definition,"
	" CASE WHEN NOT c.relispopulated THEN 'WITH NO DATA' END AS populated," ACCESS_METHOD ","
	TABLESPACE("c") "," SIZE
	FROM_CLASS "WHERE c.relkind = 'm' AND" OURS_CLASS;

static const char rules[] = "SELECT r.oid, " ON_TABLE ", quote_ident(r.rulename) AS name,"
	" rtrim(pg_get_ruledef(r.oid), ';') AS definition," CATALOG_FIRES("r.ev_enabled") ","
	CATALOG_COMMENT("pg_rewrite", "r.oid")
	FROM_CLASS "JOIN pg_rewrite r ON r.ev_class = c.oid WHERE r.rulename <> '_RETURN' AND"
	OURS_CLASS;

/* Partitions have triggers from their parents, which follow from those but for when they fire. */
#define TRIGGER_PARENT "{{130000?g.tgparentid`(SELECT x.refobjid FROM pg_depend x" \
	" WHERE x.classid = 'pg_trigger'::regclass" \
	" AND x.objid = g.oid AND x.refclassid = 'pg_trigger'::regclass)}}"

static const char triggers[] = "SELECT g.oid, " ON_TABLE ", quote_ident(g.tgname) AS name,"
	" pg_get_triggerdef(g.oid) AS definition," CATALOG_FIRES("g.tgenabled") ","
	CATALOG_COMMENT("pg_trigger", "g.oid")
	FROM_CLASS "JOIN pg_trigger g ON g.tgrelid = c.oid WHERE NOT g.tgisinternal AND coalesce("
	TRIGGER_PARENT ", 0) = 0 AND" OURS_CLASS;

static const char inherited_triggers[] = "SELECT g.oid, g.tgrelid AS relation,"
	" quote_ident(g.tgname) AS name,"
	" 'inherited' AS inherited, concat(quote_ident(y.nspname), '.', quote_ident(t.relname),"
	" '.', quote_ident(u.tgname)) AS inherits," CATALOG_FIRES("g.tgenabled")
	" FROM pg_trigger g JOIN pg_trigger u ON u.oid = " TRIGGER_PARENT
	" JOIN pg_class t ON t.oid = u.tgrelid JOIN pg_namespace y ON y.oid = t.relnamespace"
	" WHERE {{130000?g.tgparentid <> 0 AND`}} (g.tgconstraint = 0 OR EXISTS (SELECT"
	" FROM pg_constraint k WHERE k.oid = g.tgconstraint AND k.contype = 't'))";

static const char policies[] = "SELECT p.oid, " ON_TABLE ", quote_ident(p.polname) AS name,"
	" CASE WHEN NOT p.polpermissive THEN 'RESTRICTIVE' END AS permissive,"
	" CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'"
	" WHEN 'd' THEN 'DELETE' END AS command,"
	" CASE WHEN p.polroles <> '{0}' THEN (SELECT string_agg(quote_ident(pg_get_userbyid(x)), ',"
	" ' ORDER BY pg_get_userbyid(x))"
	"  FROM unnest(p.polroles) x) END AS roles, pg_get_expr(p.polqual,"
	" p.polrelid) AS \"using\","
	" pg_get_expr(p.polwithcheck, p.polrelid) AS \"check\","
	CATALOG_COMMENT("pg_policy", "p.oid")
	FROM_CLASS "JOIN pg_policy p ON p.polrelid = c.oid WHERE" OURS_CLASS;

static const char statistics[] = "SELECT s.oid, quote_ident(n.nspname) AS schema,"
	" quote_ident(s.stxname) AS name,"
	" pg_get_statisticsobjdef(s.oid) AS definition, {{130000?CASE WHEN s.stxstattarget >= 0"
	" THEN s.stxstattarget END`NULL::int}} AS statistics,"
	CATALOG_OWNER("s.stxowner") "," CATALOG_COMMENT("pg_statistic_ext", "s.oid")
	" FROM pg_statistic_ext s JOIN pg_namespace n ON n.oid = s.stxnamespace WHERE"
	CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_statistic_ext", "s.oid");

const struct catalog_query catalog_relations[] = {
	{ MODEL_TABLE, "pg_class", "c.kinds ~ '[rpf]'", tables, NULL, NULL },
	{ MODEL_VIEW, "pg_class", "c.kinds ~ 'v'", views, NULL, NULL },
	{ MODEL_MATVIEW, "pg_class", "c.kinds ~ 'm'", matviews, NULL, NULL },
	{ MODEL_COLUMN, "pg_class", "c.kinds ~ '[rpf]'", columns, from_columns, NULL },
	{ MODEL_COLUMN, "pg_class", "c.kinds ~ '[vmc]'", other_columns, NULL, NULL },
	{ MODEL_CONSTRAINT, "pg_constraint", "c.kinds ~ '[rpf]'", constraints, NULL,
	    late_constraints },
	{ MODEL_INDEX, "pg_class", "c.kinds ~ '[iI]'", indexes, NULL, late_indexes },
	{ MODEL_SEQUENCE, "pg_class", "c.kinds ~ 'S'", sequences, NULL, NULL },
	{ MODEL_IDENTITY, "identity", "c.kinds ~ 'S'", identities, NULL, NULL },
	{ MODEL_RULE, "pg_rewrite",
	    "EXISTS (SELECT FROM pg_rewrite WHERE rulename <> '_RETURN' AND oid >= 16384)", rules,
	    NULL, NULL },
	{ MODEL_TRIGGER, "pg_trigger",
	    "EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal)", triggers, NULL, NULL },
	{ MODEL_TRIGGER, "pg_trigger",
	    "EXISTS (SELECT FROM pg_trigger {{130000?WHERE tgparentid <> 0`}})",
	    inherited_triggers, NULL, NULL },
	{ MODEL_POLICY, "pg_policy", NULL, policies, NULL, NULL },
	{ MODEL_STATISTICS, "pg_statistic_ext", NULL, statistics, NULL,
	    NULL },
	{ 0 },
};
