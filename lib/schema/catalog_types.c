/* catalog_types.c - queries for types. */
#include "schema/catalog.h"

#define TYPE \
	"t.oid, " CATALOG_NAMED("t.typname") "," CATALOG_OWNER("t.typowner") "," \
	CATALOG_ACL("t.typacl", "t.typowner", "T") ","
#define FROM_TYPE " FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace "
#define OURS_TYPE CATALOG_OURS("n") "AND" CATALOG_FREE("pg_type", "t.oid")

/* A base type begins as a shell, which its own functions need: so each has one here, too; and so
 * does a range with a function that makes its values canonical. */
#define BASE_TYPE \
	"t.typtype = 'b' AND NOT EXISTS (SELECT FROM pg_type x WHERE x.typarray = t.oid) AND" \
	OURS_TYPE
static const char shells[] = "SELECT t.oid, " CATALOG_NAMED("t.typname") ", CASE WHEN t.typtype"
	" <> 'p' THEN 'base' END AS type,"
	" CASE t.typtype WHEN 'p' THEN x.owner END AS owner, CASE t.typtype WHEN 'p'"
	" THEN x.acl END AS acl, CASE t.typtype WHEN 'p' THEN x.comment END AS comment"
	FROM_TYPE "CROSS JOIN LATERAL (SELECT" CATALOG_OWNER("t.typowner") ","
	CATALOG_ACL("t.typacl", "t.typowner", "T") "," CATALOG_COMMENT("pg_type", "t.oid") ") x"
	" WHERE (t.typtype = 'p' AND" OURS_TYPE ") OR (" BASE_TYPE ")"
	" OR (t.typtype = 'r' AND EXISTS (SELECT FROM pg_range x WHERE x.rngtypid = t.oid"
	" AND x.rngcanonical <> 0) AND" OURS_TYPE ")";

static const char bases[] = "SELECT " TYPE CATALOG_COMMENT("pg_type", "t.oid")
	", concat('CREATE TYPE ', t.oid::regtype, ' (INPUT = ', t.typinput, ', OUTPUT = ',"
	" t.typoutput,"
	" ', RECEIVE = ' ||" CATALOG_PROC("t.typreceive") ", ', SEND = ' ||"
	CATALOG_PROC("t.typsend")
	", ', TYPMOD_IN = ' ||" CATALOG_PROC("t.typmodin") ", ', TYPMOD_OUT = ' ||"
	CATALOG_PROC("t.typmodout") ","
	" ', ANALYZE = ' ||" CATALOG_PROC("t.typanalyze") ", {{140000?', SUBSCRIPT = ' ||"
	CATALOG_PROC("t.typsubscript") "`NULL}}, ', INTERNALLENGTH = ', CASE t.typlen WHEN -1"
	" THEN 'VARIABLE' ELSE t.typlen::text END,"
	" CASE WHEN t.typbyval THEN ', PASSEDBYVALUE' END, ', ALIGNMENT = ', CASE t.typalign"
	" WHEN 'c' THEN 'char' WHEN 's' THEN 'int2' WHEN 'i' THEN 'int4' ELSE 'double' END,"
	" ', STORAGE = ', CASE t.typstorage WHEN 'p' THEN 'plain' WHEN 'e' THEN 'external' WHEN 'x'"
	" THEN 'extended' ELSE 'main' END, ', CATEGORY = ', quote_literal(t.typcategory::text),"
	" CASE WHEN t.typispreferred THEN ', PREFERRED = true' END, ', DEFAULT = '"
	" || quote_literal(t.typdefault), ', ELEMENT = ' || NULLIF(t.typelem, 0)::regtype,"
	" ', DELIMITER = ', quote_literal(t.typdelim::text), CASE WHEN t.typcollation <> 0 THEN ',"
	" COLLATABLE = true' END, ')') AS definition" FROM_TYPE "WHERE " BASE_TYPE;

static const char enums[] = "SELECT " TYPE CATALOG_COMMENT("pg_type", "t.oid") ","
	" (SELECT string_agg(quote_literal(e.enumlabel), ', ' ORDER BY e.enumsortorder)"
	" FROM pg_enum e WHERE e.enumtypid = t.oid) AS labels"
	FROM_TYPE "WHERE t.typtype = 'e' AND" OURS_TYPE;

static const char domains[] = "SELECT " TYPE CATALOG_COMMENT("pg_type", "t.oid") ","
	" format_type(t.typbasetype, t.typtypmod) AS type, CASE"
	" WHEN t.typcollation <> b.typcollation THEN " CATALOG_COLLATION("t.typcollation")
	" END AS collation,"
	" coalesce(pg_get_expr(t.typdefaultbin, 'pg_type'::regclass), quote_literal(t.typdefault))"
	" AS \"default\", CASE WHEN t.typnotnull THEN 't' END AS not_null"
	" {{170000?, CASE WHEN k.conname <> concat(t.typname, '_not_null')"
	" THEN quote_ident(k.conname) END AS not_null_name,"
	"  (SELECT x.description FROM pg_description x WHERE x.classoid = 'pg_constraint'::regclass"
	" AND x.objoid = k.oid) AS not_null_comment`}}"
	FROM_TYPE "JOIN pg_type b ON b.oid = t.typbasetype {{170000?LEFT JOIN pg_constraint k"
	" ON k.contype = 'n' AND k.contypid = t.oid`}} WHERE t.typtype = 'd' AND" OURS_TYPE;

static const char domain_constraints[] = "SELECT k.oid, quote_ident(n.nspname) AS schema,"
	" quote_ident(t.typname) AS parent,"
	" quote_ident(k.conname) AS name, pg_get_constraintdef(k.oid) AS definition,"
	CATALOG_COMMENT("pg_constraint", "k.oid")
	FROM_TYPE "JOIN pg_constraint k ON k.contypid = t.oid WHERE k.contype = 'c' AND" OURS_TYPE;

static const char composites[] = "SELECT " TYPE CATALOG_COMMENT("pg_type", "t.oid") ","
	" (SELECT string_agg(concat(quote_ident(a.attname), ' ', format_type(a.atttypid,"
	" a.atttypmod),"
	"  CASE WHEN a.attcollation <> y.typcollation THEN ' COLLATE ' || "
	CATALOG_COLLATION("a.attcollation") " END), E'\\n' ORDER BY a.attnum)"
	"  FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid WHERE a.attrelid = c.oid"
	" AND a.attnum > 0 AND NOT a.attisdropped) AS attributes"
	FROM_TYPE "JOIN pg_class c ON c.oid = t.typrelid WHERE t.typtype = 'c'"
	" AND c.relkind = 'c' AND" OURS_TYPE;

static const char ranges[] = "SELECT " TYPE CATALOG_COMMENT("pg_type", "t.oid") ","
	" concat('CREATE TYPE ', t.oid::regtype, ' AS RANGE (subtype = ', r.rngsubtype::regtype,"
	"  CASE WHEN NOT o.opcdefault THEN concat(', subtype_opclass = ', quote_ident(m.nspname),"
	" '.', quote_ident(o.opcname)) END,"
	"  CASE WHEN r.rngcollation <> s.typcollation THEN ', collation = ' || "
	CATALOG_COLLATION("r.rngcollation") " END,"
	"  ', canonical = ' ||" CATALOG_PROC("r.rngcanonical") ", ', subtype_diff = ' ||"
	CATALOG_PROC("r.rngsubdiff") ","
	"  {{140000?', multirange_type_name = ' || r.rngmultitypid::regtype`''}},"
	" ')') AS definition"
	FROM_TYPE "JOIN pg_range r ON r.rngtypid = t.oid JOIN pg_opclass o ON o.oid = r.rngsubopc"
	" JOIN pg_namespace m ON m.oid = o.opcnamespace"
	" JOIN pg_type s ON s.oid = r.rngsubtype WHERE t.typtype = 'r' AND" OURS_TYPE;

const char catalog_kinds[] = " FROM (SELECT string_agg(x.k::text, '') AS kinds FROM"
	" (SELECT DISTINCT relkind AS k FROM pg_class WHERE oid >= 16384) x) c"
	" CROSS JOIN (SELECT string_agg(x.k::text, '') AS kinds FROM (SELECT DISTINCT typtype AS k"
	" FROM pg_type WHERE oid >= 16384 AND typinput <> 'array_in'::regproc) x) t";

const struct catalog_query catalog_types[] = {
	{ MODEL_SHELL_TYPE, "shell", "t.kinds ~ '[bpr]'", shells, NULL, NULL },
	{ MODEL_BASE_TYPE, "pg_type", "t.kinds ~ 'b'", bases, NULL, NULL },
	{ MODEL_ENUM, "pg_type", "t.kinds ~ 'e'", enums, NULL, NULL },
	{ MODEL_DOMAIN, "pg_type", "t.kinds ~ 'd'", domains, NULL, NULL },
	{ MODEL_DOMAIN_CONSTRAINT, "pg_constraint", "t.kinds ~ 'd'", domain_constraints, NULL,
	    NULL },
	{ MODEL_COMPOSITE, "pg_type", "c.kinds ~ 'c'", composites, NULL, NULL },
	{ MODEL_RANGE, "pg_type", "t.kinds ~ 'r'", ranges, NULL, NULL },
	{ 0 },
};
