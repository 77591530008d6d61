/* tables.c - lists and locks plain tables. */
#include <stdlib.h>
#include <string.h>

#include "pg/sql.h"
#include "snapshot/pattern.h"
#include "snapshot/tables.h"

enum { LOCK_BATCH = 500 };

/* The name of a table, of which N and C are the rows in the catalog, quoted where it must be. */
#define SHOWN(n, c) \
	"pg_catalog.quote_ident(" n ".nspname) || '.' || pg_catalog.quote_ident(" c ".relname)"

#define PARENTS(c) \
	"(SELECT pg_catalog.json_agg(" SHOWN("an", "ac") " ORDER BY t.n) FROM" \
	" pg_catalog.pg_partition_ancestors(" c ".oid) WITH ORDINALITY t(relid, n)" \
	" JOIN pg_catalog.pg_class ac ON ac.oid = t.relid" \
	" JOIN pg_catalog.pg_namespace an ON an.oid = ac.relnamespace WHERE t.n > 1)"

/* Is the partitioned table PT one by the hash of an enum or an expression? In another cluster its
 * rows may belong to other partitions. */
#define UNSTABLE \
	"pt.partstrat = 'h' AND (0 = ANY (pt.partattrs) OR EXISTS (SELECT FROM" \
	" pg_catalog.pg_attribute a LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation" \
	" WHERE a.attrelid = pt.partrelid AND a.attnum = ANY (pt.partattrs)" \
	" AND (a.atttypid >= 16384 OR NOT l.collisdeterministic)))"

/* Heap tables of users. Not: members of extensions (pg_dump knows which of their rows are
 * configuration), other access methods (no ctid ranges), unlogged tables of a standby (unreadable),
 * and partitions by the hash of an enum or an expression (in another cluster the rows may belong
 * elsewhere: pg_dump loads them through the root). But any of them whose rows are to be left out:
 * then nobody copies them. $1: schemas, none for all; $2: tables to leave out, with their
 * partitions; $3: unlogged ones, too. */
static const char list_sql[] =
    "SELECT c.oid, n.nspname, c.relname, " TABLES_QUOTED("n", "c") ", " SHOWN("n", "c") ","
    " coalesce('(' || " TABLES_COLUMNS("c") " || ')', ''),"
    " CASE WHEN c.relispartition THEN " PARENTS("c") " END, x.out"
    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
    " LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam,"
    " LATERAL (SELECT (c.relpersistence = 'u' AND $3::bool) OR"
    "   c.oid IN (SELECT p.relid FROM pg_catalog.unnest($2::oid[]) o(oid),"
    "   pg_catalog.pg_partition_tree(o.oid) p UNION ALL"
    "   SELECT pg_catalog.unnest($2::oid[])) AS out) x"
    " WHERE c.relkind = 'r' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
    " AND ($1::text[] = '{}' OR n.nspname = ANY ($1))"
    " AND (x.out OR am.amname = 'heap'"
    " AND (c.relpersistence = 'p' OR (c.relpersistence = 'u' AND NOT "
    "pg_catalog.pg_is_in_recovery()))"
    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = "
    "'pg_catalog.pg_class'::regclass"
    "   AND d.objid = c.oid AND d.deptype = 'e')"
    " AND NOT (c.relispartition AND EXISTS (SELECT FROM pg_catalog.pg_partition_ancestors(c.oid) "
    "p(relid)"
    "   JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = p.relid AND " UNSTABLE ")))"
    " ORDER BY n.nspname, c.relname";

char *
tables_array(struct mem *m, const struct opt_list *list)
{
	struct mem_text t = { .m = m };

	mem_text_fmt(&t, "{");
	for (size_t i = 0; i < list->count; i++) {
		mem_text_fmt(&t, "%s\"", i ? "," : "");
		for (const char *p = list->item[i]; *p; p++)
			mem_text_fmt(&t, *p == '"' || *p == '\\' ? "\\%c" : "%c", *p);
		mem_text_fmt(&t, "\"");
	}
	mem_text_fmt(&t, "}");
	return t.text;
}

static int
no_such(struct err *e, const char *option, const char *what, const char *name)
{
	err_set(e, FAIL_TROUBLE, "not-found", "%s %s: there is no such %s", option, name, what);
	return err_hint(e,
	    "a table's name begins with its schema, and both are quoted as in SQL: public.notes; a "
	    "schema's is exact");
}

/* The tables that the pattern means. */
static struct pg_rows *
match(struct mem *m, struct pg *pg, const struct pattern *p, struct err *e)
{
	const char *values[] = { p->schema, p->name };
	/* a name without a schema is looked up as the user's own sessions do */
	struct pg_rows *r = pg_exec(pg, "SELECT pg_catalog.set_config('search_path', reset_val,"
	    " false) FROM pg_catalog.pg_settings WHERE name = 'search_path'", e) ?
	    NULL :
	    pg_query(m, pg, e,
		"SELECT c.oid FROM pg_catalog.pg_class c"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
		" WHERE c.relkind IN ('r', 'p') AND c.relname OPERATOR(pg_catalog.~) $2::text"
		" AND CASE WHEN $1::text OPERATOR(pg_catalog.=) ''"
		"   THEN pg_catalog.pg_table_is_visible(c.oid)"
		"   ELSE n.nspname OPERATOR(pg_catalog.~) $1::text END", 2, values);

	return r && !pg_exec(pg, "SET search_path = ''", e) ? r : NULL;
}

/* All that --exclude-table-data means, as the text of an array. CHECK: what means nothing is told,
 * and is an error when it is a plain name. */
static char *
excluded(struct mem *m, struct pg *pg, const struct store_taking *how, bool check, struct err *e)
{
	static const char option[] = "--exclude-table-data";
	struct mem_text t = { .m = m };
	struct pattern p;
	struct pg_rows *r;

	mem_text_fmt(&t, "{");
	for (size_t i = 0; i < how->exclude_data.count; i++) {
		const char *text = how->exclude_data.item[i];

		if (pattern_parse(m, text, &p, e) || !(r = match(m, pg, &p, e)))
			return err_in(e, "%s", option), NULL;
		if (check && !pg_rows_count(r) && p.exact)
			return no_such(e, option, "table", text), NULL;
		if (check && !pg_rows_count(r))
			how->say(how->arg, mem_fmt(m, "%s %s: no table of %s is called so", option,
			    text, pg_database(pg)));
		for (int k = 0; k < pg_rows_count(r); k++)
			mem_text_fmt(&t, "%s%s", t.len > 1 ? "," : "", pg_rows_text(r, k, 0));
	}
	mem_text_fmt(&t, "}");
	return t.text;
}

int
tables_check(struct pg *pg, const struct store_taking *how, struct err *e)
{
	MEM_SCOPE(m);
	const char *schemas = tables_array(m, &how->schemas);
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT s FROM pg_catalog.unnest($1::text[]) s WHERE NOT EXISTS"
	    " (SELECT FROM pg_catalog.pg_namespace WHERE nspname = s)", 1, &schemas);

	if (!r)
		return -1;
	if (pg_rows_count(r))
		return no_such(e, "--schema", "schema", pg_rows_text(r, 0, 0));
	return excluded(m, pg, how, true, e) ? 0 : -1;
}

void
tables_note(struct mem *m, const struct store_taking *how, struct value *facts)
{
	const struct {
		const char *key;
		const struct opt_list *list;
	} lists[] = { { "schemas", &how->schemas }, { "exclude_table_data", &how->exclude_data } };

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		struct value *v = lists[i].list->count ? value_set_array(m, facts, lists[i].key) :
							 NULL;

		for (size_t k = 0; k < lists[i].list->count; k++)
			value_add_string(v, lists[i].list->item[k]);
	}
	if (how->no_unlogged)
		value_set_bool(facts, "unlogged", false);
}

static int
fill(struct mem *m, struct pg *pg, const struct store_taking *how, struct tables *t, struct err *e)
{
	const char *values[] = { tables_array(m, &how->schemas), excluded(m, pg, how, false, e),
		how->no_unlogged ? "t" : "f" };
	struct pg_rows *r = values[1] ? pg_query(m, pg, e, list_sql, 3, values) : NULL;

	if (!r)
		return -1;
	t->own = t->count = (size_t)pg_rows_count(r);
	t->item = mem_zero(m, t->count + 1, sizeof *t->item);
	for (size_t i = 0; i < t->count; i++) {
		struct table *x = &t->item[i];
		const char **text[] = { &x->oid, &x->schema, &x->name, &x->quoted, &x->shown,
			&x->columns, &x->parents };

		for (int k = 0; k < 7; k++)
			*text[k] = pg_rows_text(r, (int)i, k);
		x->left_out = pg_rows_bool(r, (int)i, 7);
	}
	return 0;
}

/* The oids as the text of an array. */
static char *
oids(struct mem *m, const struct tables *t)
{
	struct mem_text text = { .m = m };

	mem_text_fmt(&text, "{");
	for (size_t i = 0; i < t->count; i++)
		mem_text_fmt(&text, "%s%s", i ? "," : "", t->item[i].oid);
	mem_text_fmt(&text, "}");
	return text.text;
}

/* Who holds what we waited for; the transaction is over. */
static int
name_blocker(struct pg *pg, const struct tables *t, struct err *e)
{
	MEM_SCOPE(m);
	struct err ignored;
	struct pg_rows *r;
	const char *list = oids(m, t);

	if (pg_exec(pg, "ROLLBACK", &ignored))
		return -1;
	r = pg_query(m, pg, &ignored,
	    "SELECT l.relation::regclass, l.pid, coalesce(a.usename, '?'),"
	    " coalesce(nullif(a.application_name, ''), '?'), coalesce(a.state, '?'), "
	    "coalesce(a.query, ''), p.gid, pg_catalog.quote_literal(p.gid)"
	    " FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	    " LEFT JOIN pg_catalog.pg_locks x ON l.pid IS NULL AND x.pid IS NULL"
	    "   AND x.virtualtransaction = l.virtualtransaction AND x.locktype = 'transactionid'"
	    " LEFT JOIN pg_catalog.pg_prepared_xacts p ON p.transaction = x.transactionid"
	    " WHERE l.granted AND l.mode = 'AccessExclusiveLock' AND l.relation = ANY ($1::oid[]) "
	    "LIMIT 1",
	    1, &list);
	if (!r || !pg_rows_count(r))
		return -1;
	if (pg_rows_text(r, 0, 6)) {
		err_set(e, FAIL_TROUBLE, "lock-timeout",
		    "%s cannot be locked for reading: the prepared transaction %s holds it",
		    pg_rows_text(r, 0, 0), pg_rows_text(r, 0, 6));
		return err_hint(e, "end it: COMMIT PREPARED %s, or ROLLBACK PREPARED",
		    pg_rows_text(r, 0, 7));
	}
	err_set(e, FAIL_TROUBLE, "lock-timeout",
	    "%s cannot be locked for reading: process %s (%s, %s, %s) holds it: %s",
	    pg_rows_text(r, 0, 0), pg_rows_text(r, 0, 1), pg_rows_text(r, 0, 2),
	    pg_rows_text(r, 0, 3), pg_rows_text(r, 0, 4),
	    sql_outline(m, pg_rows_text(r, 0, 5), 80));
	return err_hint(e,
	    "wait for it, or end it: SELECT pg_terminate_backend(%s); or give more time by "
	    "--lock-timeout",
	    pg_rows_text(r, 0, 1));
}

void
tables_name_waiter(struct pg *pg, const struct tables *t, struct err *e)
{
	MEM_SCOPE(m);
	const char *list = oids(m, t);
	struct err ignored;
	struct pg_rows *r = pg_query(m, pg, &ignored,
	    "SELECT l.relation::regclass, l.pid, coalesce(a.usename, '?'),"
	    " coalesce(nullif(a.application_name, ''), '?'), coalesce(a.query, '')"
	    " FROM pg_catalog.pg_locks l LEFT JOIN pg_catalog.pg_stat_activity a ON a.pid = l.pid"
	    " WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock'"
	    " AND l.relation = ANY ($1::oid[]) LIMIT 1", 1, &list);

	if (r && pg_rows_count(r))
		err_set(e, FAIL_TROUBLE, "lock-timeout",
		    "%s: process %s (%s, %s) waits for this snapshot to have it for himself, and "
		    "whoever comes then waits behind him: %s",
		    pg_rows_text(r, 0, 0), pg_rows_text(r, 0, 1), pg_rows_text(r, 0, 2),
		    pg_rows_text(r, 0, 3), sql_outline(m, pg_rows_text(r, 0, 4), 80));
	err_hint(e,
	    "let nobody ALTER, TRUNCATE or VACUUM FULL tables all the time beside it, or give more "
	    "time by --lock-timeout");
}

/* Statements that lock them all, each for so many that it stays readable. */
static const char **
lock_statements(struct mem *m, const struct tables *t)
{
	const char **list = mem_zero(m, t->count / LOCK_BATCH + 2, sizeof *list);

	for (size_t i = 0; i < t->count; i += LOCK_BATCH) {
		struct mem_text sql = { .m = m };

		mem_text_fmt(&sql, "LOCK TABLE ");
		for (size_t k = i; k < t->count && k < i + LOCK_BATCH; k++)
			mem_text_fmt(&sql, "%sONLY %s", k > i ? ", " : "", t->item[k].quoted);
		mem_text_fmt(&sql, " IN ACCESS SHARE MODE");
		list[i / LOCK_BATCH] = sql.text;
	}
	return list;
}

int
tables_lock(struct pg *pg, const struct tables *t, struct err *e)
{
	MEM_SCOPE(m);

	for (const char **sql = lock_statements(m, t); *sql; sql++)
		if (pg_exec(pg, *sql, e))
			return strcmp(e->word, "lock-timeout") ? -1 : name_blocker(pg, t, e);
	return 0;
}

static int
lock(struct pg *pg, const struct tables *t, bool *changed, struct err *e)
{
	if (!tables_lock(pg, t, e))
		return 0;
	if (!strcmp(e->word, "lock-timeout"))
		return -1;
	/* dropped, or renamed, since the snapshot was taken */
	*changed = !strcmp(pg_report(pg)->sqlstate, "42P01") ||
	    !strcmp(pg_report(pg)->sqlstate, "3F000");
	return *changed ? 0 : -1;
}

/* A table that was truncated or rewritten after the snapshot was taken and before the lock was had
 * has another file now, in which the snapshot sees no rows at all. */
static int
compare_files(struct pg *pg, const struct tables *t, bool *changed, struct err *e)
{
	MEM_SCOPE(m);
	const char *list = oids(m, t);
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT 1 FROM pg_catalog.pg_class c WHERE c.oid = ANY ($1::oid[])"
	    " AND c.relkind = 'r' AND c.relfilenode IS DISTINCT FROM "
	    "pg_catalog.pg_relation_filenode(c.oid) LIMIT 1",
	    1, &list);

	if (!r)
		return -1;
	*changed = pg_rows_count(r) > 0;
	return 0;
}

/* What is left to pg_dump, which does not look whether it still has the file that the snapshot
 * knows. Of the members of extensions, those whose rows are configuration. */
static int
fill_others(struct mem *m, struct pg *pg, const struct store_taking *how, const struct tables *ours,
    struct tables *t, struct err *e)
{
	const char *values[] = { tables_array(m, &how->schemas), oids(m, ours) };
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT c.oid, pg_catalog.format('%I.%I', n.nspname, c.relname)"
	    " FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_' AND n.nspname <> "
	    "'information_schema'"
	    " AND ($1::text[] = '{}' OR n.nspname = ANY ($1)) AND c.oid <> ALL ($2::oid[])"
	    " AND (c.oid IN (SELECT pg_catalog.unnest(extconfig) FROM pg_catalog.pg_extension)"
	    "   OR NOT EXISTS (SELECT FROM pg_catalog.pg_depend d WHERE d.classid = "
	    "'pg_catalog.pg_class'::regclass"
	    "   AND d.objid = c.oid AND d.deptype = 'e')) ORDER BY n.nspname, c.relname",
	    2, values);

	if (!r)
		return -1;
	t->count = (size_t)pg_rows_count(r);
	t->item = mem_zero(m, t->count + 1, sizeof *t->item);
	for (size_t i = 0; i < t->count; i++) {
		t->item[i].oid = pg_rows_text(r, (int)i, 0);
		t->item[i].quoted = pg_rows_text(r, (int)i, 1);
	}
	return 0;
}

/* Those of OTHERS whose rows pg_dump takes, behind ours: each with the part of its rows that an
 * extension calls its configuration, and what is divided by an unstable hash as a whole. */
static const char dumped_sql[] =
    "WITH leaf AS (SELECT c.oid, coalesce((SELECT p.relid FROM"
    "   pg_catalog.pg_partition_ancestors(c.oid) WITH ORDINALITY p(relid, n)"
    "   JOIN pg_catalog.pg_partitioned_table pt ON pt.partrelid = p.relid AND " UNSTABLE
    "   ORDER BY p.n DESC LIMIT 1), c.oid) AS root FROM pg_catalog.pg_class c"
    "   WHERE c.oid = ANY ($1::oid[]) AND c.relkind = 'r'"
    "   AND NOT (c.relpersistence = 'u' AND pg_catalog.pg_is_in_recovery())),"
    " config AS (SELECT e.extname, u.oid, u.sql"
    "   FROM pg_catalog.pg_extension e, ROWS FROM (pg_catalog.unnest(e.extconfig),"
    "   pg_catalog.unnest(e.extcondition)) u(oid, sql))"
    " SELECT r.oid, rn.nspname, r.relname, " TABLES_QUOTED("rn", "r") ", " SHOWN("rn", "r") ","
    " coalesce('(' || x.columns || ')', ''),"
    " CASE WHEN r.relispartition THEN " PARENTS("r") " END,"
    " pg_catalog.string_agg('SELECT ' || coalesce(x.columns, '') || ' FROM ONLY ' || "
    TABLES_QUOTED("cn", "c") " || coalesce(' ' || g.sql, ''), ' UNION ALL ' ORDER BY c.oid),"
    " CASE WHEN r.relkind = 'p' THEN '' ELSE 'ONLY ' END || " TABLES_QUOTED("rn", "r")
    " || coalesce(' ' || g.sql, ''), g.extname"
    " FROM leaf JOIN pg_catalog.pg_class c ON c.oid = leaf.oid"
    " JOIN pg_catalog.pg_namespace cn ON cn.oid = c.relnamespace"
    " JOIN pg_catalog.pg_class r ON r.oid = leaf.root"
    " JOIN pg_catalog.pg_namespace rn ON rn.oid = r.relnamespace"
    " LEFT JOIN config g ON g.oid = c.oid, LATERAL (SELECT " TABLES_COLUMNS("r") " AS columns) x"
    " GROUP BY r.oid, rn.nspname, r.relname, r.relkind, r.relispartition, x.columns, g.sql,"
    " g.extname"
    " ORDER BY rn.nspname, r.relname";

static int
fill_dumped(struct mem *m, struct pg *pg, const struct tables *others, struct tables *t,
    struct err *e)
{
	const char *list = oids(m, others);
	struct pg_rows *r = pg_query(m, pg, e, dumped_sql, 1, &list);
	struct table *own = t->item;

	if (!r)
		return -1;
	t->count = t->own + (size_t)pg_rows_count(r);
	t->item = mem_zero(m, t->count + 1, sizeof *t->item);
	memcpy(t->item, own, t->own * sizeof *own);
	for (size_t i = t->own; i < t->count; i++) {
		struct table *x = &t->item[i];
		const char **text[] = { &x->oid, &x->schema, &x->name, &x->quoted, &x->shown,
			&x->columns, &x->parents, &x->query, &x->from, &x->extension };

		for (int k = 0; k < 10; k++)
			*text[k] = pg_rows_text(r, (int)(i - t->own), k);
	}
	return 0;
}

/* Names of all that is not ours and that pg_dump may look at, whatever that is. */
static int
fill_strangers(struct mem *m, struct pg *pg, struct tables *t, struct err *e)
{
	const char *list = oids(m, t);
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT DISTINCT c.relname FROM pg_catalog.pg_class c"
	    " LEFT JOIN pg_catalog.unnest($1::oid[]) own(oid) ON own.oid = c.oid"
	    " WHERE own.oid IS NULL AND c.relkind IN ('r', 'S', 'v', 'm', 'f', 'p')"
	    " AND c.relnamespace NOT IN ('pg_catalog'::pg_catalog.regnamespace,"
	    "   'information_schema'::pg_catalog.regnamespace)", 1, &list);

	if (!r)
		return -1;
	t->stranger_count = (size_t)pg_rows_count(r);
	t->strangers = mem_zero(m, t->stranger_count + 1, sizeof *t->strangers);
	for (size_t i = 0; i < t->stranger_count; i++)
		t->strangers[i] = pg_rows_text(r, (int)i, 0);
	return 0;
}

/* Lock them; nothing more may have happened to them since the snapshot was taken. */
static int
hold(struct pg *pg, const struct tables *t, bool *changed, struct err *e)
{
	return lock(pg, t, changed, e) || (!*changed && compare_files(pg, t, changed, e)) ? -1 : 0;
}

int
tables_list(struct mem *m, struct pg *pg, const struct store_taking *how, struct tables *t,
    bool *changed, struct err *e)
{
	struct tables others;

	*changed = false;
	if (fill(m, pg, how, t, e) || fill_others(m, pg, how, t, &others, e) ||
	    hold(pg, t, changed, e) || (!*changed && hold(pg, &others, changed, e)))
		return -1;
	if (*changed)
		return 0;
	return fill_strangers(m, pg, t, e) || fill_dumped(m, pg, &others, t, e) ? -1 : 0;
}

int
tables_measure(struct pg *pg, struct tables *t, struct err *e)
{
	MEM_SCOPE(m);
	const char *list = oids(m, t);
	/* pg_table_size looks at nine files of each */
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT x.size / pg_catalog.current_setting('block_size')::int,"
	    " x.size + coalesce(pg_catalog.pg_relation_size(nullif(c.reltoastrelid, 0)), 0)"
	    " FROM pg_catalog.unnest($1::oid[]) WITH ORDINALITY u(o, n)"
	    " JOIN pg_catalog.pg_class c ON c.oid = u.o,"
	    " LATERAL (SELECT pg_catalog.pg_relation_size(u.o) AS size OFFSET 0) x ORDER BY u.n",
	    1, &list);

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		t->item[i].pages = t->item[i].left_out ? 0 : pg_rows_int(r, i, 0);
		t->item[i].bytes = pg_rows_int(r, i, 1);
	}
	return r ? 0 : -1;
}
