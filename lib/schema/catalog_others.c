/* catalog_others.c - queries for what does not hang on a table. */
#include "schema/catalog.h"

static const char schemas[] = "SELECT n.oid, quote_ident(n.nspname) AS name,"
	" quote_ident(NULLIF(pg_get_userbyid(n.nspowner), CASE n.nspname WHEN 'public'"
	" THEN {{150000?'pg_database_owner'`pg_get_userbyid(10)}} ELSE"
	"  (SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = current_database())"
	" END)) AS owner,"
	" CASE n.nspname WHEN 'public' THEN NULLIF("
	CATALOG_ACL_TEXT("coalesce(n.nspacl, acldefault('n', n.nspowner))", "n.nspowner") ","
	"  E'<owner>=CREATE,USAGE\\nPUBLIC={{150000?`CREATE,}}USAGE') ELSE CASE"
	" WHEN n.nspacl IS NOT NULL THEN NULLIF(" CATALOG_ACL_TEXT("n.nspacl", "n.nspowner") ","
	CATALOG_ACL_TEXT("acldefault('n', n.nspowner)", "n.nspowner") ") END END AS acl,"
	" NULLIF(coalesce((SELECT x.description FROM pg_description x"
	" WHERE x.classoid = 'pg_namespace'::regclass AND x.objoid = n.oid),"
	"  CASE n.nspname WHEN 'public' THEN '' END), CASE n.nspname WHEN 'public'"
	" THEN 'standard public schema' END) AS comment"
	" FROM pg_namespace n WHERE" CATALOG_OURS("n") "AND" CATALOG_FREE("pg_namespace", "n.oid");

static const char extensions[] = "SELECT e.oid, quote_ident(e.extname) AS name,"
	" e.extversion AS version,"
	" quote_ident(n.nspname) AS in_schema," CATALOG_COMMENT("pg_extension", "e.oid")
	" FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace"
	" WHERE e.extname <> 'plpgsql'";

static const char languages[] = "SELECT l.oid, quote_ident(l.lanname) AS name,"
	" concat('CREATE ', CASE WHEN l.lanpltrusted THEN 'TRUSTED ' END, 'LANGUAGE ',"
	" quote_ident(l.lanname), ' HANDLER ',"
	"  l.lanplcallfoid::regproc, ' INLINE ' ||" CATALOG_PROC("l.laninline") ", ' VALIDATOR ' ||"
	CATALOG_PROC("l.lanvalidator") ") AS definition,"
	CATALOG_ACL("l.lanacl", "l.lanowner", "l") "," CATALOG_OWNER("l.lanowner") ","
	CATALOG_COMMENT("pg_language", "l.oid")
	" FROM pg_language l WHERE l.lanispl AND l.lanname <> 'plpgsql' AND"
	CATALOG_FREE("pg_language", "l.oid");

static const char collations[] = "SELECT c.oid, " CATALOG_NAMED("c.collname") ","
	" concat('CREATE COLLATION ', quote_ident(n.nspname), '.', quote_ident(c.collname),"
	" ' (provider = ',"
	"  CASE c.collprovider WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' ELSE 'libc' END,"
	"  ', locale = ' || quote_literal(coalesce({{170000?c.colllocale`NULL}},"
	" {{150000?NULL`CASE c.collprovider WHEN 'i' THEN c.collcollate END}},"
	"   to_jsonb(c) ->> 'colliculocale', CASE WHEN c.collcollate = c.collctype"
	" THEN c.collcollate END)),"
	"  CASE WHEN c.collprovider = 'c' AND c.collcollate <> c.collctype THEN concat(',"
	" lc_collate = ', quote_literal(c.collcollate),"
	"   ', lc_ctype = ', quote_literal(c.collctype)) END,"
	"  ', rules = ' || quote_literal(to_jsonb(c) ->> 'collicurules'),"
	"  CASE WHEN to_jsonb(c) ->> 'collisdeterministic' = 'false' THEN ',"
	" deterministic = false' END, ')') AS definition,"
	CATALOG_OWNER("c.collowner") "," CATALOG_COMMENT("pg_collation", "c.oid")
	" FROM pg_collation c JOIN pg_namespace n ON n.oid = c.collnamespace WHERE"
	CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_collation", "c.oid");

#define ROUTINE "p.oid, " CATALOG_NAMED("p.proname") "," CATALOG_OWNER("p.proowner") "," \
	CATALOG_ACL("p.proacl", "p.proowner", "f") "," CATALOG_COMMENT("pg_proc", "p.oid") ","
#define FROM_PROC " FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace "
#define OURS_PROC CATALOG_OURS("n") "AND" CATALOG_FREE("pg_proc", "p.oid")

static const char functions[] = "SELECT " ROUTINE " '(' || oidvectortypes(p.proargtypes)"
	" || ')' AS args,"
	" pg_get_functiondef(p.oid) AS definition, pg_get_function_arguments(p.oid) AS arguments,"
	" pg_get_function_result(p.oid) AS result, CASE p.prokind WHEN 'f' THEN NULL"
	" ELSE p.prokind END AS type, l.lanname AS language"
	FROM_PROC "JOIN pg_language l ON l.oid = p.prolang WHERE p.prokind <> 'a' AND" OURS_PROC
	"AND NOT EXISTS (SELECT FROM pg_depend x WHERE x.classid = 'pg_proc'::regclass"
	" AND x.objid = p.oid AND x.deptype = 'i')";

#define AGG_MODIFY(x) \
	" CASE " x " WHEN 'r' THEN 'READ_ONLY' WHEN 's' THEN 'SHAREABLE' ELSE 'READ_WRITE' END "
static const char aggregates[] = "SELECT " ROUTINE
	" '(' || pg_get_function_identity_arguments(p.oid) || ')' AS args,"
	" concat('CREATE AGGREGATE ', quote_ident(n.nspname), '.', quote_ident(p.proname), '(',"
	" CASE WHEN p.pronargs = 0 THEN '*'"
	"  ELSE pg_get_function_arguments(p.oid) END, ') (sfunc = ', a.aggtransfn, ', stype = ',"
	" a.aggtranstype::regtype,"
	"  ', sspace = ' || NULLIF(a.aggtransspace, 0), ', finalfunc = '"
	" || NULLIF(a.aggfinalfn::oid, 0)::regproc,"
	"  CASE WHEN a.aggfinalextra THEN ', finalfunc_extra' END,"
	"  CASE WHEN a.aggfinalfn <> 0 THEN ', finalfunc_modify = ' ||"
	AGG_MODIFY("a.aggfinalmodify") "END, ', combinefunc = '"
	" || NULLIF(a.aggcombinefn::oid, 0)::regproc,"
	"  ', serialfunc = ' || NULLIF(a.aggserialfn::oid, 0)::regproc, ', deserialfunc = '"
	" || NULLIF(a.aggdeserialfn::oid, 0)::regproc,"
	"  ', initcond = ' || quote_literal(a.agginitval), ', msfunc = '"
	" || NULLIF(a.aggmtransfn::oid, 0)::regproc,"
	"  ', minvfunc = ' || NULLIF(a.aggminvtransfn::oid, 0)::regproc, ', mstype = '"
	" || NULLIF(a.aggmtranstype, 0)::regtype,"
	"  ', msspace = ' || NULLIF(a.aggmtransspace, 0), ', mfinalfunc = '"
	" || NULLIF(a.aggmfinalfn::oid, 0)::regproc,"
	"  CASE WHEN a.aggmfinalextra THEN ', mfinalfunc_extra' END,"
	"  CASE WHEN a.aggmfinalfn <> 0 THEN ', mfinalfunc_modify = ' ||"
	AGG_MODIFY("a.aggmfinalmodify") "END, ', minitcond = '"
	" || quote_literal(a.aggminitval),"
	"  ', sortop = OPERATOR(' || (SELECT concat(quote_ident(y.nspname), '.', x.oprname)"
	" FROM pg_operator x JOIN pg_namespace y"
	"   ON y.oid = x.oprnamespace WHERE x.oid = a.aggsortop) || ')', CASE WHEN a.aggkind = 'h'"
	" THEN ', hypothetical' END,"
	"  CASE p.proparallel WHEN 's' THEN ', parallel = safe' WHEN 'r' THEN ',"
	" parallel = restricted' END, ')') AS definition"
	FROM_PROC "JOIN pg_aggregate a ON a.aggfnoid = p.oid WHERE p.prokind = 'a' AND" OURS_PROC;

static const char operators[] = "SELECT o.oid, quote_ident(n.nspname) AS schema, o.oprname AS name,"
	" concat(' (', CASE WHEN o.oprleft = 0 THEN 'NONE' ELSE format_type(o.oprleft, NULL) END,"
	" ', ', format_type(o.oprright, NULL), ')') AS args,"
	" concat('CREATE OPERATOR ', quote_ident(n.nspname), '.', o.oprname, ' (FUNCTION = ',"
	" o.oprcode, ', LEFTARG = ' || NULLIF(o.oprleft, 0)::regtype,"
	"  ', RIGHTARG = ', o.oprright::regtype, CASE WHEN o.oprcom <> 0 THEN (SELECT concat(',"
	" COMMUTATOR = OPERATOR(', quote_ident(y.nspname), '.', x.oprname, ')')"
	"   FROM pg_operator x JOIN pg_namespace y ON y.oid = x.oprnamespace"
	" WHERE x.oid = o.oprcom) END,"
	"  CASE WHEN o.oprnegate <> 0 THEN (SELECT concat(', NEGATOR = OPERATOR(',"
	" quote_ident(y.nspname), '.', x.oprname, ')')"
	"   FROM pg_operator x JOIN pg_namespace y ON y.oid = x.oprnamespace"
	" WHERE x.oid = o.oprnegate) END,"
	" CASE WHEN o.oprcanmerge THEN ', MERGES' END, CASE WHEN o.oprcanhash THEN ', HASHES' END,"
	" ')') AS definition, CASE WHEN o.oprrest <> 0 OR o.oprjoin <> 0 THEN concat('RESTRICT = ',"
	" COALESCE(" CATALOG_PROC("o.oprrest") ", 'NONE'), ', JOIN = ',"
	" COALESCE(" CATALOG_PROC("o.oprjoin") ", 'NONE')) END AS options,"
	CATALOG_OWNER("o.oprowner") "," CATALOG_COMMENT("pg_operator", "o.oid")
	" FROM pg_operator o JOIN pg_namespace n ON n.oid = o.oprnamespace WHERE o.oprcode <> 0 AND"
	CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_operator", "o.oid");

/* Members of operator classes and families. */
#define CLASS_OPERATOR \
	"concat('OPERATOR ', x.amopstrategy, ' ', x.amopopr::regoperator, ' FOR ORDER BY ' ||" \
	" (SELECT concat(quote_ident(z.nspname), '.', quote_ident(w.opfname)) FROM pg_opfamily w" \
	" JOIN pg_namespace z ON z.oid = w.opfnamespace WHERE w.oid = x.amopsortfamily))"
#define CLASS_FUNCTION \
	"concat('FUNCTION ', x.amprocnum, ' (', x.amproclefttype::regtype, ', '," \
	" x.amprocrighttype::regtype, ') ', x.amproc::regprocedure)"

static const char families[] = "SELECT f.oid, " CATALOG_NAMED("f.opfname")
	", ' USING ' || quote_ident(m.amname) AS args,"
	" concat('CREATE OPERATOR FAMILY ', quote_ident(n.nspname), '.', quote_ident(f.opfname),"
	" ' USING ', quote_ident(m.amname)) AS definition,"
	/* members that belong to no class */
	" (SELECT string_agg(y.line, E'\\n' ORDER BY y.line) FROM (SELECT " CLASS_OPERATOR
	" AS line FROM pg_amop x WHERE x.amopfamily = f.oid AND"
	"   NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amop'::regclass"
	" AND d.objid = x.oid AND d.refclassid = 'pg_opclass'::regclass)"
	"  UNION ALL SELECT " CLASS_FUNCTION
	"   FROM pg_amproc x WHERE x.amprocfamily = f.oid AND"
	"   NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_amproc'::regclass"
	" AND d.objid = x.oid AND d.refclassid = 'pg_opclass'::regclass)) y) AS attributes,"
	CATALOG_OWNER("f.opfowner") "," CATALOG_COMMENT("pg_opfamily", "f.oid")
	" FROM pg_opfamily f JOIN pg_namespace n ON n.oid = f.opfnamespace JOIN pg_am m"
	" ON m.oid = f.opfmethod WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_opfamily", "f.oid");

static const char classes[] = "SELECT o.oid, " CATALOG_NAMED("o.opcname")
	", ' USING ' || quote_ident(m.amname) AS args,"
	" concat('CREATE OPERATOR CLASS ', quote_ident(n.nspname), '.', quote_ident(o.opcname),"
	" CASE WHEN o.opcdefault THEN ' DEFAULT' END,"
	"  ' FOR TYPE ', o.opcintype::regtype, ' USING ', quote_ident(m.amname), ' FAMILY ',"
	" (SELECT concat(quote_ident(y.nspname), '.', quote_ident(x.opfname))"
	"   FROM pg_opfamily x JOIN pg_namespace y ON y.oid = x.opfnamespace"
	" WHERE x.oid = o.opcfamily), ' AS ',"
	"  concat_ws(', ', (SELECT string_agg(" CLASS_OPERATOR ", ', ' ORDER BY x.amopstrategy)"
	"    FROM pg_depend d JOIN pg_amop x ON x.oid = d.objid"
	" WHERE d.classid = 'pg_amop'::regclass AND d.refclassid = 'pg_opclass'::regclass"
	" AND d.refobjid = o.oid),"
	"   (SELECT string_agg(" CLASS_FUNCTION ", ', ' ORDER BY x.amprocnum)"
	"    FROM pg_depend d JOIN pg_amproc x ON x.oid = d.objid"
	" WHERE d.classid = 'pg_amproc'::regclass AND d.refclassid = 'pg_opclass'::regclass"
	" AND d.refobjid = o.oid),"
	"   'STORAGE ' || coalesce(NULLIF(o.opckeytype, 0), o.opcintype)::regtype)) AS definition,"
	CATALOG_OWNER("o.opcowner") "," CATALOG_COMMENT("pg_opclass", "o.oid")
	" FROM pg_opclass o JOIN pg_namespace n ON n.oid = o.opcnamespace JOIN pg_am m"
	" ON m.oid = o.opcmethod WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_opclass", "o.oid");

#define CAST_NAME \
	"concat('(', format_type(c.castsource, NULL), ' AS ', format_type(c.casttarget, NULL)," \
	" ')')"
static const char casts[] = "SELECT c.oid, " CAST_NAME " AS name, concat('CREATE CAST ', " CAST_NAME
	","
	" CASE c.castmethod WHEN 'f' THEN ' WITH FUNCTION ' || c.castfunc::regprocedure WHEN 'i'"
	" THEN ' WITH INOUT' ELSE ' WITHOUT FUNCTION' END,"
	" CASE c.castcontext WHEN 'a' THEN ' AS ASSIGNMENT' WHEN 'i'"
	" THEN ' AS IMPLICIT' END) AS definition," CATALOG_COMMENT("pg_cast", "c.oid")
	" FROM pg_cast c WHERE c.oid >= 16384 AND NOT EXISTS (SELECT FROM pg_depend x"
	" WHERE x.classid = 'pg_cast'::regclass"
	"  AND x.objid = c.oid AND x.deptype IN ('e', 'i'))";

static const char conversions[] = "SELECT c.oid, " CATALOG_NAMED("c.conname")
	", concat('CREATE ', CASE"
	" WHEN c.condefault THEN 'DEFAULT ' END,"
	" 'CONVERSION ', quote_ident(n.nspname), '.', quote_ident(c.conname), ' FOR ',"
	" quote_literal(pg_encoding_to_char(c.conforencoding)), ' TO ',"
	" quote_literal(pg_encoding_to_char(c.contoencoding)), ' FROM ', c.conproc) AS definition,"
	CATALOG_OWNER("c.conowner") ","
	CATALOG_COMMENT("pg_conversion", "c.oid") " FROM pg_conversion c JOIN pg_namespace n"
	" ON n.oid = c.connamespace WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_conversion", "c.oid");

static const char transforms[] = "SELECT t.oid, concat('FOR ', t.trftype::regtype, ' LANGUAGE ',"
	" quote_ident(l.lanname)) AS name,"
	" concat('CREATE TRANSFORM FOR ', t.trftype::regtype, ' LANGUAGE ', quote_ident(l.lanname),"
	" ' (', concat_ws(', ',"
	"  'FROM SQL WITH FUNCTION ' || NULLIF(t.trffromsql, 0)::regprocedure,"
	" 'TO SQL WITH FUNCTION ' || NULLIF(t.trftosql, 0)::regprocedure), ')') AS definition,"
	CATALOG_COMMENT("pg_transform", "t.oid") " FROM pg_transform t JOIN pg_language l"
	" ON l.oid = t.trflang WHERE" CATALOG_FREE("pg_transform", "t.oid");

static const char templates[] = "SELECT t.oid, " CATALOG_NAMED("t.tmplname")
	", concat('CREATE TEXT SEARCH TEMPLATE ', quote_ident(n.nspname), '.',"
	" quote_ident(t.tmplname),"
	" ' (INIT = ' ||" CATALOG_PROC("t.tmplinit") "|| ', LEXIZE = ', CASE WHEN t.tmplinit = 0"
	" THEN ' (LEXIZE = ' END, t.tmpllexize, ')') AS definition,"
	CATALOG_COMMENT("pg_ts_template", "t.oid") " FROM pg_ts_template t JOIN pg_namespace n"
	" ON n.oid = t.tmplnamespace WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_ts_template", "t.oid");

static const char parsers[] = "SELECT p.oid, " CATALOG_NAMED("p.prsname")
	", concat('CREATE TEXT SEARCH PARSER ', quote_ident(n.nspname), '.',"
	" quote_ident(p.prsname),"
	" ' (START = ', p.prsstart, ', GETTOKEN = ', p.prstoken, ', END = ', p.prsend, ',"
	" HEADLINE = ' ||" CATALOG_PROC("p.prsheadline") ", ', LEXTYPES = ', p.prslextype,"
	" ')') AS definition,"
	CATALOG_COMMENT("pg_ts_parser", "p.oid") " FROM pg_ts_parser p JOIN pg_namespace n"
	" ON n.oid = p.prsnamespace WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_ts_parser", "p.oid");

static const char dictionaries[] = "SELECT d.oid, " CATALOG_NAMED("d.dictname")
	", concat('CREATE TEXT SEARCH DICTIONARY ', quote_ident(n.nspname), '.',"
	" quote_ident(d.dictname),"
	" ' (TEMPLATE = ', (SELECT concat(quote_ident(y.nspname), '.', quote_ident(x.tmplname))"
	" FROM pg_ts_template x JOIN pg_namespace y ON y.oid = x.tmplnamespace"
	" WHERE x.oid = d.dicttemplate),"
	" ', ' || d.dictinitoption, ')') AS definition," CATALOG_OWNER("d.dictowner") ","
	CATALOG_COMMENT("pg_ts_dict", "d.oid")
	" FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_ts_dict", "d.oid");

static const char configurations[] = "SELECT c.oid, " CATALOG_NAMED("c.cfgname")
	", concat('CREATE TEXT SEARCH CONFIGURATION ', quote_ident(n.nspname), '.',"
	" quote_ident(c.cfgname),"
	" ' (PARSER = ', (SELECT concat(quote_ident(y.nspname), '.', quote_ident(x.prsname))"
	" FROM pg_ts_parser x JOIN pg_namespace y ON y.oid = x.prsnamespace"
	" WHERE x.oid = c.cfgparser), ')') AS definition,"
	" (SELECT string_agg(z.alias || ' WITH ' || z.dicts, E'\\n' ORDER BY z.alias) FROM"
	" (SELECT t.alias, string_agg(m.mapdict::regdictionary::text, ', '"
	" ORDER BY m.mapseqno) AS dicts"
	"  FROM pg_ts_config_map m JOIN LATERAL ts_token_type(c.cfgparser) t"
	" ON t.tokid = m.maptokentype WHERE m.mapcfg = c.oid GROUP BY 1) z) AS attributes,"
	CATALOG_OWNER("c.cfgowner") "," CATALOG_COMMENT("pg_ts_config", "c.oid")
	" FROM pg_ts_config c JOIN pg_namespace n ON n.oid = c.cfgnamespace WHERE" CATALOG_OURS("n")
	"AND" CATALOG_FREE("pg_ts_config", "c.oid");

static const char wrappers[] = "SELECT f.oid, quote_ident(f.fdwname) AS name,"
	" concat('CREATE FOREIGN DATA WRAPPER ', quote_ident(f.fdwname), ' HANDLER ' ||"
	CATALOG_PROC("f.fdwhandler") ","
	" ' VALIDATOR ' ||" CATALOG_PROC("f.fdwvalidator") ") AS definition,"
	CATALOG_OPTIONS("f.fdwoptions") "AS attributes,"
	CATALOG_ACL("f.fdwacl", "f.fdwowner", "F") "," CATALOG_OWNER("f.fdwowner") ","
	CATALOG_COMMENT("pg_foreign_data_wrapper", "f.oid")
	" FROM pg_foreign_data_wrapper f WHERE" CATALOG_FREE("pg_foreign_data_wrapper", "f.oid");

/* Passwords in options stay in the database. */
#define SECRET "password|secret|token"
#define OPTIONS_WITHOUT_SECRETS(array) " (SELECT string_agg(quote_ident(x.option_name) || ' '" \
	" || quote_literal(x.option_value), ', ' ORDER BY x.option_name)" \
	" FROM pg_options_to_table(" array ") x WHERE x.option_name !~* '" SECRET "') "

static const char servers[] = "SELECT s.oid, quote_ident(s.srvname) AS name,"
	" concat('CREATE SERVER ', quote_ident(s.srvname), ' TYPE ' || quote_literal(s.srvtype),"
	" ' FOREIGN DATA WRAPPER ', (SELECT quote_ident(x.fdwname) FROM pg_foreign_data_wrapper x"
	" WHERE x.oid = s.srvfdw)) AS definition, quote_literal(s.srvversion) AS version,"
	OPTIONS_WITHOUT_SECRETS("s.srvoptions") "AS attributes,"
	CATALOG_ACL("s.srvacl", "s.srvowner", "S") ","
	CATALOG_OWNER("s.srvowner") "," CATALOG_COMMENT("pg_foreign_server", "s.oid")
	" FROM pg_foreign_server s WHERE" CATALOG_FREE("pg_foreign_server", "s.oid");

#define MAPPING \
	"concat('FOR ', CASE WHEN u.umuser = 0 THEN 'PUBLIC' ELSE quote_ident(u.usename) END," \
	" ' SERVER ', quote_ident(u.srvname))"
static const char mappings[] = "SELECT u.umid AS oid, " MAPPING
	" AS name, concat('CREATE USER MAPPING ', " MAPPING ") AS definition,"
	OPTIONS_WITHOUT_SECRETS("u.umoptions") "AS attributes"
	" FROM pg_user_mappings u";

static const char publications[] = "SELECT p.oid, quote_ident(p.pubname) AS name, concat_ws(', ',"
	" CASE WHEN p.pubinsert THEN 'insert' END, CASE WHEN p.pubupdate THEN 'update' END,"
	" CASE WHEN p.pubdelete THEN 'delete' END, CASE WHEN p.pubtruncate"
	" THEN 'truncate' END) AS command, CASE WHEN p.puballtables THEN 'ALL TABLES'"
	" ELSE concat_ws(', ',"
	" (SELECT {{150000?''`'TABLE '}} || string_agg(concat({{150000?'TABLE '`''}},"
	" r.prrelid::regclass, {{150000?' (' ||"
	" (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum) FROM pg_attribute a"
	"   WHERE a.attrelid = r.prrelid AND a.attnum = ANY (r.prattrs)) || ')', ' WHERE ('"
	" || pg_get_expr(r.prqual, r.prrelid) || ')'`''}}), ', '"
	" ORDER BY r.prrelid::regclass::text)"
	"  FROM pg_publication_rel r WHERE r.prpubid = p.oid){{150000?,"
	" (SELECT string_agg('TABLES IN SCHEMA ' || s.pnnspid::regnamespace, ', '"
	" ORDER BY s.pnnspid::regnamespace::text)"
	"  FROM pg_publication_namespace s WHERE s.pnpubid = p.oid)`}}) END AS tables, concat_ws(',"
	" ', {{130000?CASE WHEN p.pubviaroot THEN 'publish_via_partition_root = true' END`NULL}},"
	" {{180000?CASE p.pubgencols WHEN 's' THEN 'publish_generated_columns = stored' END`NULL}})"
	" AS options,"
	CATALOG_OWNER("p.pubowner") "," CATALOG_COMMENT("pg_publication", "p.oid")
	" FROM pg_publication p WHERE" CATALOG_FREE("pg_publication", "p.oid");

/* The password in its connection string stays in the database. */
static const char subscriptions[] = "SELECT s.oid, quote_ident(s.subname) AS name,"
	" (SELECT string_agg(quote_ident(x), ', ' ORDER BY x) FROM unnest(s.subpublications) x) AS"
	" tables,"
	" quote_literal(regexp_replace(regexp_replace(s.subconninfo,"
	" 'password\\s*=\\s*(''([^''\\\\]|\\\\.)*''|\\S*)\\s*', '', 'g'), '(//[^:/@]*):[^@/]*@',"
	" '\\1@')) AS server,"
	" concat_ws(', ', 'slot_name = ' || coalesce(quote_literal(s.subslotname), 'NONE'), CASE"
	" WHEN s.subsynccommit <> 'off' THEN 'synchronous_commit = '"
	" || quote_literal(s.subsynccommit) END,"
	"  {{140000?CASE WHEN s.subbinary THEN 'binary = true' END,"
	" CASE to_jsonb(s) ->> 'substream' WHEN 'true' THEN 'streaming = on' WHEN 't'"
	" THEN 'streaming = on' WHEN 'p' THEN 'streaming = parallel' END`NULL}},"
	"  CASE WHEN to_jsonb(s) ->> 'subtwophasestate' <> 'd' THEN 'two_phase = on' END,"
	" CASE to_jsonb(s) ->> 'subdisableonerr' WHEN 'true' THEN 'disable_on_error = true' END,"
	"  CASE to_jsonb(s) ->> 'suborigin' WHEN 'none' THEN 'origin = none' END,"
	" CASE to_jsonb(s) ->> 'subpasswordrequired' WHEN 'false' THEN 'password_required = false'"
	" END,"
	"  CASE to_jsonb(s) ->> 'subrunasowner' WHEN 'true' THEN 'run_as_owner = true' END,"
	" CASE to_jsonb(s) ->> 'subfailover' WHEN 'true' THEN 'failover = true' END) AS options,"
	CATALOG_OWNER("s.subowner") "," CATALOG_COMMENT("pg_subscription", "s.oid")
	" FROM pg_subscription s WHERE s.subdbid = (SELECT oid FROM pg_database"
	" WHERE datname = current_database())";

static const char event_triggers[] = "SELECT e.oid, quote_ident(e.evtname) AS name,"
	" concat('CREATE EVENT TRIGGER ', quote_ident(e.evtname), ' ON ', e.evtevent,"
	" ' WHEN TAG IN (' || (SELECT string_agg(quote_literal(x), ', ') FROM unnest(e.evttags) x)"
	" || ')', ' EXECUTE FUNCTION ', e.evtfoid::regproc, '()') AS definition,"
	CATALOG_FIRES("e.evtenabled") "," CATALOG_OWNER("e.evtowner") ","
	CATALOG_COMMENT("pg_event_trigger", "e.oid")
	" FROM pg_event_trigger e WHERE" CATALOG_FREE("pg_event_trigger", "e.oid");

static const char security_labels[] = "SELECT row_number() OVER () AS oid, concat('FOR ',"
	" quote_ident(s.provider), ' ON ', upper(s.objtype), ' ', s.objname) AS name,"
	" quote_literal(s.label) AS definition FROM pg_seclabels s"
	" WHERE s.objtype NOT IN ('database', 'role', 'tablespace')";

static const char default_privileges[] = "SELECT d.oid, concat('FOR ROLE ', CASE"
	" WHEN d.defaclrole = (SELECT datdba FROM pg_database WHERE datname = current_database())"
	"  THEN 'CURRENT_USER' ELSE quote_ident(pg_get_userbyid(d.defaclrole)) END, CASE"
	" WHEN d.defaclnamespace <> 0 THEN ' IN SCHEMA ' || d.defaclnamespace::regnamespace END,"
	"  ' ON ', CASE d.defaclobjtype WHEN 'r' THEN 'TABLES' WHEN 'S' THEN 'SEQUENCES' WHEN 'f'"
	" THEN 'ROUTINES' WHEN 'T' THEN 'TYPES' WHEN 'n' THEN 'SCHEMAS'"
	" ELSE 'LARGE OBJECTS' END) AS name,"
	CATALOG_ACL_TEXT("d.defaclacl", "d.defaclrole")
	"AS definition, CASE WHEN d.defaclnamespace <> 0 THEN d.defaclnamespace::regnamespace::text"
	" END AS in_schema"
	" FROM pg_default_acl d";

static const char access_methods[] = "SELECT a.oid, quote_ident(a.amname) AS name,"
	" concat('CREATE ACCESS METHOD ', quote_ident(a.amname), ' TYPE ', CASE a.amtype WHEN 'i'"
	" THEN 'INDEX' ELSE 'TABLE' END,"
	" ' HANDLER ', a.amhandler) AS definition," CATALOG_COMMENT("pg_am", "a.oid")
	" FROM pg_am a WHERE a.oid >= 16384 AND" CATALOG_FREE("pg_am", "a.oid");

/* What initdb or an extension has made, without looking through all there is. */
#define OF_OTHERS(class, oid) \
	" (" oid " < 16384 OR " oid " = ANY (ARRAY(SELECT x.objid FROM pg_depend x" \
	" WHERE x.refclassid = 'pg_extension'::regclass" \
	" AND x.classid = '" class "'::regclass AND x.deptype = 'e'))) "
/* Who may use what is the system's or an extension's, or a table's own columns (ctid), where that
 * is not what they came with.
 * Those of information_schema are given after initdb has noted what there was. */
static const char privileges[] = "SELECT row_number() OVER () AS oid, concat_ws(' ', x.word,"
	" CASE x.class WHEN 'pg_class'::regclass THEN x.id::regclass::text"
	"  WHEN 'pg_proc'::regclass THEN x.id::regprocedure::text WHEN 'pg_type'::regclass"
	" THEN x.id::regtype::text WHEN 'pg_namespace'::regclass THEN x.id::regnamespace::text"
	"  WHEN 'pg_language'::regclass THEN (SELECT quote_ident(l.lanname) FROM pg_language l"
	" WHERE l.oid = x.id)"
	"  ELSE (SELECT quote_ident(f.fdwname) FROM pg_foreign_data_wrapper f"
	" WHERE f.oid = x.id) END) AS name, ' (' || x.part || ')' AS args,"
	"  x.part AS columns, x.now AS acl, x.first AS written"
	" FROM (SELECT o.*,"
	CATALOG_ACL_TEXT("coalesce(o.acl, acldefault(o.sort, o.owner))", "o.owner") "AS now,"
	CATALOG_ACL_TEXT("coalesce(i.initprivs, acldefault(o.sort, o.owner))", "o.owner")
	"AS first FROM ("
	"  SELECT 'pg_class'::regclass AS class, c.oid AS id, 0 AS sub, NULL AS part,"
	" c.relacl AS acl, c.relowner AS owner,"
	"   CASE c.relkind WHEN 'S' THEN 's'::\"char\" ELSE 'r' END AS sort, CASE c.relkind"
	" WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END AS word, c.relnamespace AS home"
	" FROM pg_class c WHERE" OF_OTHERS("pg_class", "c.oid")
	"  UNION ALL SELECT 'pg_class'::regclass, a.attrelid, a.attnum, quote_ident(a.attname),"
	" a.attacl, c.relowner, 'c', 'TABLE', c.relnamespace"
	"   FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid WHERE a.attacl IS NOT NULL"
	"  UNION ALL SELECT 'pg_proc'::regclass, oid, 0, NULL, proacl, proowner, 'f', 'ROUTINE',"
	" pronamespace FROM pg_proc WHERE" OF_OTHERS("pg_proc", "oid")
	"  UNION ALL SELECT 'pg_type'::regclass, oid, 0, NULL, typacl, typowner, 'T', 'TYPE',"
	" typnamespace FROM pg_type WHERE" OF_OTHERS("pg_type", "oid")
	"  UNION ALL SELECT 'pg_language'::regclass, oid, 0, NULL, lanacl, lanowner, 'l',"
	" 'LANGUAGE', 0 FROM pg_language"
	"  UNION ALL SELECT 'pg_foreign_data_wrapper'::regclass, oid, 0, NULL, fdwacl, fdwowner,"
	" 'F', 'FOREIGN DATA WRAPPER', 0 FROM pg_foreign_data_wrapper"
	"  UNION ALL SELECT 'pg_namespace'::regclass, oid, 0, NULL, nspacl, nspowner, 'n',"
	" 'SCHEMA', oid FROM pg_namespace WHERE nspname <> 'public') o"
	"  LEFT JOIN pg_init_privs i ON i.classoid = o.class AND i.objoid = o.id"
	" AND i.objsubid = o.sub WHERE o.acl IS DISTINCT FROM i.initprivs"
	"  AND o.home <> 'information_schema'::regnamespace AND (o.sub < 0 OR o.id < 16384"
	"   OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = o.class AND d.objid = o.id"
	" AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e')))"
	" x WHERE x.now <> x.first";

const struct catalog_query catalog_others[] = {
	{ MODEL_SCHEMA, "pg_namespace", "true", schemas, NULL, NULL },
	{ MODEL_EXTENSION, "pg_extension", NULL, extensions, NULL, NULL },
	{ MODEL_LANGUAGE, "pg_language", NULL, languages, NULL, NULL },
	{ MODEL_COLLATION, "pg_collation", NULL, collations, NULL, NULL },
	{ MODEL_FUNCTION, "pg_proc", NULL, functions, NULL, NULL },
	{ MODEL_AGGREGATE, "pg_proc",
	    "EXISTS (SELECT FROM pg_proc WHERE prokind = 'a' AND oid >= 16384)", aggregates, NULL,
	    NULL },
	{ MODEL_OPERATOR, "pg_operator", NULL, operators, NULL, NULL },
	{ MODEL_OPERATOR_FAMILY, "pg_opfamily", NULL, families, NULL, NULL },
	{ MODEL_OPERATOR_CLASS, "pg_opclass", NULL, classes, NULL, NULL },
	{ MODEL_CAST, "pg_cast", NULL, casts, NULL, NULL },
	{ MODEL_CONVERSION, "pg_conversion", NULL, conversions, NULL, NULL },
	{ MODEL_TRANSFORM, "pg_transform", NULL, transforms, NULL, NULL },
	{ MODEL_TS_TEMPLATE, "pg_ts_template", NULL, templates, NULL, NULL },
	{ MODEL_TS_PARSER, "pg_ts_parser", NULL, parsers, NULL, NULL },
	{ MODEL_TS_DICTIONARY, "pg_ts_dict", NULL, dictionaries, NULL, NULL },
	{ MODEL_TS_CONFIGURATION, "pg_ts_config", NULL, configurations, NULL, NULL },
	{ MODEL_FDW, "pg_foreign_data_wrapper", NULL, wrappers, NULL, NULL },
	{ MODEL_SERVER, "pg_foreign_server", NULL, servers, NULL, NULL },
	{ MODEL_USER_MAPPING, "pg_user_mapping",
	    "EXISTS (SELECT FROM pg_foreign_server)", mappings, NULL, NULL },
	{ MODEL_PUBLICATION, "pg_publication", NULL, publications, NULL, NULL },
	{ MODEL_SUBSCRIPTION, "pg_subscription",
	    "EXISTS (SELECT FROM pg_subscription WHERE subdbid = (SELECT oid FROM pg_database"
	    " WHERE datname = current_database()))",
	    subscriptions, NULL, NULL },
	{ MODEL_EVENT_TRIGGER, "pg_event_trigger", NULL, event_triggers, NULL, NULL },
	{ MODEL_DEFAULT_PRIVILEGES, "pg_default_acl", NULL, default_privileges, NULL, NULL },
	{ MODEL_ACCESS_METHOD, "pg_am", NULL, access_methods, NULL, NULL },
	{ MODEL_SECURITY_LABEL, "pg_seclabel",
	    "EXISTS (SELECT FROM pg_seclabel) OR EXISTS (SELECT FROM pg_shseclabel)",
	    security_labels, NULL, NULL },
	{ MODEL_PRIVILEGES, "privileges", "true", privileges, NULL, NULL },
	{ 0 },
};

const char catalog_uncovered[] = "SELECT what FROM (VALUES"
	" ('large objects', (SELECT count(*) FROM pg_largeobject_metadata)),"
	" ('passwords in options of foreign servers and user mappings', (SELECT count(*) FROM"
	" (SELECT srvoptions FROM pg_foreign_server UNION ALL"
	"  SELECT umoptions FROM pg_user_mappings) o(options), pg_options_to_table(o.options) x"
	" WHERE x.option_name ~* '" SECRET "'))"
	", ('which inherited CHECKs are also a table''s own', (SELECT count(*) FROM"
	" pg_constraint k JOIN pg_class c ON c.oid = k.conrelid WHERE k.contype = 'c'"
	"  AND k.conislocal AND k.coninhcount > 0 AND NOT c.relispartition AND c.oid >= 16384))"
	", ('which heirs have proven a CHECK that is NOT VALID in a parent', (SELECT count(*) FROM"
	" pg_constraint k JOIN pg_inherits i ON i.inhrelid = k.conrelid JOIN pg_constraint q"
	" ON q.conrelid = i.inhparent AND q.conname = k.conname AND q.contype = 'c'"
	" WHERE k.contype = 'c' AND k.coninhcount > 0 AND k.convalidated AND NOT q.convalidated))"
	") x(what, n) WHERE n > 0 ORDER BY 1";
