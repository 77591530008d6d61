/* catalog - the bulk queries that read a schema: one row of the table is one query for all objects
 * of a kind. */
#ifndef SCHEMA_CATALOG_H
#define SCHEMA_CATALOG_H

#include "schema/model.h"

/* The result's columns: oid, sub (column number), schema, parent, name, args, rows, bytes are what
 * they say in struct model_object; relation is the oid of the table or view that the object hangs
 * on (a row whose relation the model does not hold makes no object); begins, keys, classes,
 * collations, other, other_keys, ends are the facts of plain.h; more is a JSON object of further
 * properties; every other column is the property of that name.
 * {{140000?A`B}} in SQL stands for A on servers of at least that version, else for B. */
struct catalog_query {
	enum model_kind kind;
	const char *class;      /* catalog that oid belongs to */
	const char *there; /* a condition (see catalog_kinds) without which it has no rows, and does
			      not run; NULL: that CLASS has oids which are not from initdb */
	const char *sql, *from; /* FROM: the rest, or NULL: no literal is longer than 4095 */
	const char *late;       /* the definitions of oids ($1) whose facts are not plain */
};

/* FROM what the conditions are asked: c.kinds are the relkinds, t.kinds the typtypes of all that
 * initdb has not made, without arrays. */
extern const char catalog_kinds[];
/* Each ends with a row without sql. */
extern const struct catalog_query catalog_relations[], catalog_types[], catalog_others[];
/* Rows: one text for each sort of thing in the database that no query above reads, with its
 * number. */
extern const char catalog_uncovered[];
/* Rows: class, oid, sub, and class, oid, sub of what that needs. */
extern const char catalog_needs[];
/* Rows: class, oid of another name (an array type, a row type, a view's rule …), class, oid of the
 * object it stands for. */
extern const char catalog_aliases[];

/* Pieces that the queries share. */
/* Properties (each AS its name, and a text) that few rows have, looked for under CONDITION only. */
#define CATALOG_FEW(condition, properties) \
	" CASE WHEN " condition " THEN (SELECT row_to_json(x) FROM (SELECT " properties \
	") x) END AS more "
#define CATALOG_NAMED(col) "quote_ident(n.nspname) AS schema, quote_ident(" col ") AS name"
/* A function as CREATE takes it: without arguments; NULL for none. */
#define CATALOG_PROC(x) " NULLIF(" x "::oid, 0)::regproc::text "
#define CATALOG_OURS(n) \
	" " n ".nspname !~ '^pg_' AND " n ".nspname NOT IN ('information_schema', 'handrail') "
/* Not a part of an extension. NOT IN: read once, and not looked up for each row. */
#define CATALOG_FREE(class, oid) \
	" " oid " NOT IN (SELECT x.objid FROM pg_depend x" \
	" WHERE x.refclassid = 'pg_extension'::regclass" \
	" AND x.classid = '" class "'::regclass AND x.deptype = 'e') "
#define CATALOG_COMMENT(class, oid) \
	" (SELECT x.description FROM pg_description x WHERE x.classoid = '" class \
	"'::regclass AND x.objoid = " oid \
	" AND x.objsubid = 0) AS comment "
/* Objects of the database's owner have no owner of their own: so that what alice made here equals
 * what bob made there. */
#define CATALOG_OWNER(owner) \
	" CASE WHEN " owner " <> (SELECT datdba FROM pg_database" \
	" WHERE datname = current_database())" \
	" THEN quote_ident(pg_get_userbyid(" owner ")) END AS owner "
/* One line per grantee (and grantor, where that is not the owner); the owner stands as such. NULL
 * where the privileges are what they are without any GRANT. */
#define CATALOG_ACL_TEXT(acl, owner) \
	" COALESCE((SELECT string_agg(y.who || '=' || y.what, E'\\n'" \
	" ORDER BY y.who COLLATE \"C\") FROM (" \
	"SELECT CASE x.grantee WHEN 0 THEN 'PUBLIC' WHEN " owner " THEN '<owner>'" \
	" ELSE quote_ident(pg_get_userbyid(x.grantee)) END || CASE WHEN x.grantor <> " owner \
	" THEN '/' || quote_ident(pg_get_userbyid(x.grantor)) ELSE '' END AS who," \
	" string_agg(x.privilege_type || CASE WHEN x.is_grantable AND x.grantee <> " owner \
	" THEN '*' ELSE '' END, ','" \
	" ORDER BY x.privilege_type COLLATE \"C\") AS what FROM aclexplode(" acl \
	") x GROUP BY 1) y), '') "
#define CATALOG_ACL(acl, owner, type) \
	" CASE WHEN " acl " IS NOT NULL THEN NULLIF(" CATALOG_ACL_TEXT(acl, owner) ", " \
	CATALOG_ACL_TEXT("acldefault('" type "', " owner ")", owner) ") END AS acl "
/* When a trigger or a rule fires, unless as it is made. */
#define CATALOG_FIRES(x) \
	" CASE " x " WHEN 'D' THEN 'DISABLE' WHEN 'R' THEN 'ENABLE REPLICA' WHEN 'A'" \
	" THEN 'ENABLE ALWAYS' END AS enabled"
/* A collation's name as regcollation, which came with 13, gives it. */
#define CATALOG_COLLATION(oid) \
	" {{130000?" oid "::regcollation::text`(SELECT CASE n.nspname WHEN 'pg_catalog' THEN ''" \
	" ELSE quote_ident(n.nspname) || '.' END || quote_ident(k.collname) FROM pg_collation k" \
	" JOIN pg_namespace n ON n.oid = k.collnamespace WHERE k.oid = " oid ")}} "
#define CATALOG_SORTED(array) \
	" CASE WHEN " array " IS NOT NULL THEN array_to_string(ARRAY(SELECT x FROM unnest(" array \
	") x" \
	" ORDER BY x), ', ') END "
/* Storage parameters: sorted for comparison, and as they were written. */
#define CATALOG_STORAGE(array) \
	CATALOG_SORTED(array) "AS options, array_to_string(" array ", ', ') AS written"
#define CATALOG_OPTIONS(array) \
	" (SELECT string_agg(quote_ident(x.option_name) || ' ' || quote_literal(x.option_value)," \
	" ', '" \
	" ORDER BY x.option_name) FROM pg_options_to_table(" array ") x) "

#endif
