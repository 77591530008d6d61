/* loss.c - counts rows by the age of the transaction that wrote them. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "rollback/loss.h"

/* The migrations' own transactions, as the 32 bits that a row keeps: "{901,902}" */
static char *
migrations(struct mem *m, const struct evidence *ev, const struct evidence_store *st)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "{", 1);
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));) {
		const struct value *applied = value_get(s->result, "applied");

		if (!evidence_same_database(value_get_string(s->result, "database"), st->uri))
			continue;
		for (size_t i = 0; i < value_count(applied); i++) {
			int64_t xid = value_get_int(value_item(applied, i), "xid", 0);

			if (xid)
				mem_text_fmt(&t, "%s%lld", t.len > 1 ? "," : "",
				    (long long)(xid & 0xffffffff));
		}
	}
	mem_text_add(&t, "}", 1);
	return t.text;
}

static int64_t
rows_then(const struct evidence_store *st, const char *table)
{
	for (size_t i = 0; i < value_count(st->tables); i++) {
		const char *name = value_get_string(value_item(st->tables, i), "name");

		if (name && !strcmp(name, table))
			return value_get_int(value_item(st->tables, i), "rows", 0);
	}
	return 0;
}

static void
add(struct mem *m, struct loss *l, const struct evidence_store *st, const char *table,
    int64_t written, int64_t removed)
{
	if (!written && !removed)
		return;
	mem_grow(m, &l->tables, l->count, &l->room, sizeof *l->tables);
	l->tables[l->count++] = (struct loss_table){ st->name, mem_string(m, table), written,
		removed };
}

/* A row is new when the transaction that wrote it began after the snapshot, and was none of the
 * migrations'. */
static int
count_table(struct mem *m, struct pg *pg, const struct evidence_store *st, const char *table,
    const char *quoted, const char *const params[2], struct loss *l, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT count(*) FILTER (WHERE age(xmin) <= age($1::xid) AND xmin::text::bigint <> "
		"ALL ($2::bigint[])), count(*)"
		" FROM ONLY %s",
		quoted),
	    2, params);
	int64_t then = rows_then(st, table);

	if (!r)
		return -1;
	add(m, l, st, table, pg_rows_int(r, 0, 0),
	    then > pg_rows_int(r, 0, 1) ? then - pg_rows_int(r, 0, 1) : 0);
	return 0;
}

int
loss_count(struct mem *m, const struct evidence *ev, const struct evidence_store *st,
    const char *connection, struct loss *l, struct err *e)
{
	struct pg *pg = pg_open(m, connection, NULL, e);
	const char *params[2] = { mem_fmt(m, "%lld", (long long)(st->xmax & 0xffffffff)),
		migrations(m, ev, st) };
	struct pg_rows *r;

	if (!pg || pg_own_names(m, pg, e))
		return -1;
	if (!evidence_same_database(pg_uri(pg), st->uri))
		return err_set(e, FAIL_TROUBLE, "other-database",
		    "the connection leads to %s, the records speak of %s", pg_uri(pg), st->uri);
	if (!st->xmax)
		return err_set(e, FAIL_TROUBLE, "no-snapshot-xmax",
		    "the snapshot's record does not say which transactions it holds");
	/* one snapshot for all counts; a lock that is not to be had must not hold the plan up */
	if (pg_exec(pg,
		"BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL lock_timeout = '2s'",
		e))
		return -1;
	r = pg_query(m, pg, e,
	    "SELECT format('%I.%I', n.nspname, c.relname), c.oid::regclass::text FROM pg_class c "
	    "JOIN pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE c.relkind = 'r' AND c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND "
	    "n.nspname NOT IN"
	    " ('information_schema', 'handrail') ORDER BY 1",
	    0, NULL);
	for (int i = 0; r && i < pg_rows_count(r); i++)
		if (count_table(m, pg, st, pg_rows_text(r, i, 0), pg_rows_text(r, i, 1), params, l,
			e))
			return -1;
	pg_close(pg);
	l->counted = r != NULL;
	return r ? 0 : -1;
}

char *
loss_text(struct mem *m, const struct loss *l)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < l->count; i++) {
		const struct loss_table *x = &l->tables[i];

		if (x->written)
			mem_text_fmt(&t, "%s%lld row%s of %s", t.len ? ", " : "",
			    (long long)x->written, x->written == 1 ? "" : "s", x->table);
		if (x->removed)
			mem_text_fmt(&t, "%sthe removal of %lld row%s of %s", t.len ? ", " : "",
			    (long long)x->removed, x->removed == 1 ? "" : "s", x->table);
	}
	return t.text ? t.text : mem_string(m, "nothing");
}
