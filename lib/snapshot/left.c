/* left.c - asks the catalogs about what pg_dump leaves behind without a word. */
#include <string.h>

#include "snapshot/left.h"
#include "snapshot/tables.h"

/* $1: these schemas alone, when there are any. */
static const char left_sql[] =
    "SELECT pg_catalog.format('index %s: it is invalid', c.oid::regclass)"
    " FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
    " WHERE c.relkind = 'i' AND NOT (i.indisvalid AND i.indisready)"
    " AND (SELECT nspname <> 'pg_toast' AND ($1::text[] = '{}' OR nspname = ANY ($1))"
    "  FROM pg_catalog.pg_namespace WHERE oid = c.relnamespace)"
    " UNION ALL SELECT pg_catalog.format('rows of %s: the extension %I, to which it belongs, does"
    " not call them its configuration', c.oid::regclass, e.extname)"
    " FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid"
    " JOIN pg_catalog.pg_class c ON c.oid = d.objid"
    " WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.deptype = 'e'"
    " AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND c.relkind = 'r'"
    " AND c.oid <> ALL (coalesce(e.extconfig, '{}')) AND $1::text[] = '{}'"
    " AND pg_catalog.pg_relation_size(c.oid) > 0"
    " UNION ALL SELECT pg_catalog.format('rows of %s: a standby has none of what is unlogged',"
    "  c.oid::regclass) FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n"
    "  ON n.oid = c.relnamespace WHERE pg_catalog.pg_is_in_recovery()"
    " AND c.relkind = 'r' AND c.relpersistence = 'u'"
    " AND ($1::text[] = '{}' OR n.nspname = ANY ($1)) ORDER BY 1";

int
left_tell(struct mem *m, struct pg *pg, const struct store_taking *how, struct value *facts,
    struct err *e)
{
	const char *schemas = tables_array(m, &how->schemas);
	struct pg_rows *r = pg_query(m, pg, e, left_sql, 1, &schemas);
	struct value *list = r && pg_rows_count(r) ? value_set_array(m, facts, "left") : NULL;

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		value_add_string(list, pg_rows_text(r, i, 0));
		how->say(how->arg, mem_fmt(m, "not in the archive: %s", pg_rows_text(r, i, 0)));
	}
	return r ? 0 : -1;
}

static const char *
columns_of(const struct value *tables, const char *quoted)
{
	for (size_t i = 0; i < value_count(tables); i++) {
		const char *name = value_get_string(value_item(tables, i), "quoted");

		if (name && !strcmp(name, quoted))
			return value_get_string(value_item(tables, i), "columns");
	}
	return NULL;
}

int
left_compare(struct pg *pg, const struct restore *how, const struct value *store, struct err *e)
{
	MEM_SCOPE(m);
	const struct value *tables = value_get(store, "tables");
	/* a heir is made with what it inherits in front; its rows are told by name */
	struct pg_rows *r = pg_query(m, pg, e, "SELECT " TABLES_QUOTED("n", "c") ","
	    " '(' || " TABLES_COLUMNS("c") " || ')', c.oid::regclass FROM pg_catalog.pg_class c"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r'"
	    " AND NOT c.relispartition AND c.oid IN (SELECT inhrelid FROM pg_catalog.pg_inherits)"
	    " ORDER BY 1", 0, NULL);

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		const char *was = columns_of(tables, pg_rows_text(r, i, 0)),
			   *is = pg_rows_text(r, i, 1);

		if (was && is && strcmp(was, is) != 0)
			how->say(how->arg,
			    mem_fmt(m, "not kept: the order of the columns of %s, which has what "
				"it inherits in front now: %s; it was %s",
				pg_rows_text(r, i, 2), is, was));
	}
	return r ? 0 : -1;
}
