/* catalog_needs.c - queries for what depends on what. */
#include "schema/catalog.h"

/* A view's dependencies hang on its rule, a default's on the default, those of operator classes and
 * families on their members: they count for the view, the column, the class, the family. The
 * functions of a base type need its shell, and so does what makes a range canonical. */
const char catalog_needs[] = "SELECT CASE WHEN r.oid IS NOT NULL OR a.oid IS NOT NULL"
	" THEN 'pg_class' WHEN p.oid IS NOT NULL THEN 'pg_publication'"
	" ELSE coalesce(m.refclassid, d.classid)::regclass::text END, coalesce(r.ev_class,"
	" a.adrelid, p.prpubid, m.refobjid, d.objid),"
	" coalesce(a.adnum, CASE WHEN m.objid IS NULL THEN d.objsubid ELSE 0 END),"
	" CASE WHEN d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass"
	" AND EXISTS (SELECT FROM pg_type x WHERE x.oid = d.refobjid"
	"   AND d.objid IN (x.typinput, x.typoutput, x.typreceive, x.typsend, x.typmodin,"
	" x.typmodout, x.typanalyze{{140000?, x.typsubscript`}})"
	"  UNION ALL SELECT FROM pg_range x WHERE x.rngtypid = d.refobjid"
	"   AND x.rngcanonical = d.objid)"
	"  THEN 'shell' ELSE d.refclassid::regclass::text END, d.refobjid, d.refobjsubid, d.deptype"
	" FROM pg_depend d LEFT JOIN pg_rewrite r ON d.classid = 'pg_rewrite'::regclass"
	" AND r.oid = d.objid AND r.rulename = '_RETURN'"
	" LEFT JOIN pg_attrdef a ON d.classid = 'pg_attrdef'::regclass AND a.oid = d.objid"
	" LEFT JOIN pg_publication_rel p ON d.classid = 'pg_publication_rel'::regclass"
	" AND p.oid = d.objid"
	" LEFT JOIN pg_depend m ON d.classid IN ('pg_amop'::regclass, 'pg_amproc'::regclass)"
	" AND m.classid = d.classid AND m.objid = d.objid"
	"  AND m.refclassid IN ('pg_opclass'::regclass, 'pg_opfamily'::regclass)"
	" WHERE d.refobjid >= 16384 AND d.deptype IN ('n', 'a', 'i', 'P', 'S') AND ((d.refclassid,"
	" d.refobjid) IS DISTINCT FROM (d.classid, d.objid)"
	/* until 14 a generated column itself needs the others, not its default */
	"  OR d.objsubid > 0 AND d.refobjsubid > 0 AND d.objsubid <> d.refobjsubid)"
	" UNION ALL SELECT 'pg_type', oid, 0, 'shell', oid, 0, 'n' FROM pg_type WHERE typtype = 'b'"
	" AND oid >= 16384"
	" UNION ALL SELECT 'pg_type', rngtypid, 0, 'shell', rngtypid, 0, 'n' FROM pg_range"
	" WHERE rngtypid >= 16384 AND rngcanonical <> 0"
	" UNION ALL SELECT 'identity', d.objid, 0, 'pg_class', d.refobjid, d.refobjsubid, 'i'"
	" FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
	"  AND d.refclassid = 'pg_class'::regclass AND d.deptype = 'i' AND d.refobjsubid > 0";

/* Row types stand for tables, array types for their elements, types that are nothing but shells for
 * those, multiranges and what makes values of them for ranges, the index of a constraint for the
 * constraint, the sequence of an identity column for the column, what belongs to an extension for
 * that. */
const char catalog_aliases[] = "WITH element AS (SELECT t.oid, CASE WHEN c.relkind <> 'c'"
	" THEN 'pg_class' ELSE 'pg_type' END AS class,"
	"  CASE WHEN c.relkind <> 'c' THEN c.oid ELSE t.oid END AS stands, t.typarray, t.typrelid,"
	" c.relkind"
	"  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid WHERE t.oid >= 16384)"
	" SELECT 'pg_type', oid, class, stands, 0 FROM element WHERE class = 'pg_class'"
	" UNION ALL SELECT 'pg_type', oid, 'shell', oid, 0 FROM pg_type WHERE typtype = 'p'"
	" AND oid >= 16384"
	" UNION ALL SELECT 'pg_type', typarray, class, stands, 0 FROM element WHERE typarray <> 0"
	" UNION ALL SELECT classid::regclass::text, objid, 'pg_extension', refobjid, 0"
	" FROM pg_depend WHERE deptype = 'e' AND refclassid = 'pg_extension'::regclass"
	" UNION ALL SELECT 'pg_type', t.typarray, 'pg_extension', d.refobjid, 0 FROM pg_depend d"
	" JOIN pg_type t ON t.oid = d.objid WHERE d.classid = 'pg_type'::regclass"
	"  AND d.deptype = 'e' AND d.refclassid = 'pg_extension'::regclass AND t.typarray <> 0"
	" UNION ALL SELECT 'pg_class', typrelid, 'pg_type', oid, 0 FROM element WHERE relkind = 'c'"
	" {{140000?UNION ALL SELECT 'pg_type', rngmultitypid, 'pg_type', rngtypid, 0 FROM pg_range"
	" WHERE rngmultitypid >= 16384`}}"
	" UNION ALL SELECT 'pg_proc', d.objid, 'pg_type', d.refobjid, 0 FROM pg_depend d"
	" WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_type'::regclass"
	"  AND d.deptype = 'i'"
	" UNION ALL SELECT 'pg_class', conindid, 'pg_constraint', oid, 0 FROM pg_constraint"
	" WHERE contype IN ('p', 'u', 'x') AND conindid >= 16384"
	" UNION ALL SELECT 'pg_class', x.objid, 'pg_class', x.refobjid, x.refobjsubid"
	" FROM pg_depend x JOIN pg_sequence q ON q.seqrelid = x.objid"
	"  WHERE x.classid = 'pg_class'::regclass AND x.refclassid = 'pg_class'::regclass"
	" AND x.deptype = 'i'";
