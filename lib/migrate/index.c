/* index.c - reads the names in CREATE INDEX CONCURRENTLY and REINDEX CONCURRENTLY, and drops what
 * is left of one. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "migrate/index.h"

bool
migrate_index_is_concurrent(const struct migrate_script *s, const struct sql_statement *p)
{
	static const char word[] = "concurrently";

	for (size_t i = 0; i + sizeof word - 1 <= p->len; i++)
		if (!strncasecmp(s->text + p->start + i, word, sizeof word - 1))
			return true;
	return false;
}

static const char *
skip_blank(const char *s, const char *end)
{
	for (;;) {
		while (s < end && isspace((unsigned char)*s))
			s++;
		if (end - s > 1 && !memcmp(s, "--", 2)) {
			while (s < end && *s != '\n')
				s++;
		} else if (end - s > 1 && !memcmp(s, "/*", 2)) {
			const char *close = memmem(s, (size_t)(end - s), "*/", 2);

			s = close ? close + 2 : end;
		} else {
			return s;
		}
	}
}

/* The end of the name that begins at S: words parted by dots, quoted or not. */
static const char *
end_of_name(const char *s, const char *end)
{
	bool quoted = false;

	for (; s < end; s++) {
		if (*s == '"')
			quoted = !quoted;
		else if (!quoted && !isalnum((unsigned char)*s) && !strchr("_.$", *s) &&
		    !((unsigned char)*s & 0x80))
			break;
	}
	return s;
}

/* Take WORD off the front of *S. */
static bool
take(const char **s, const char *end, const char *word)
{
	const char *from = skip_blank(*s, end), *to = end_of_name(from, end);

	if ((size_t)(to - from) != strlen(word) || strncasecmp(from, word, strlen(word)))
		return false;
	*s = to;
	return true;
}

static char *
take_name(struct mem *m, const char **s, const char *end)
{
	const char *from = skip_blank(*s, end), *to = end_of_name(from, end);

	*s = to;
	return to > from ? mem_dup(m, from, (size_t)(to - from)) : NULL;
}

/* What CREATE INDEX CONCURRENTLY says, as written. */
struct words {
	bool unique;
	char *index;            /* NULL: the server finds a name */
	char *table;
	char *rest;             /* what follows the table */
};

/* "CREATE [UNIQUE] INDEX CONCURRENTLY [[IF NOT EXISTS] name] ON [ONLY] table …" */
static bool
read_words(struct mem *m, const struct migrate_script *s, const struct sql_statement *p,
    struct words *w)
{
	const char *at = s->text + p->start, *end = at + p->len;

	*w = (struct words){ .unique = false };
	if (!take(&at, end, "create"))
		return false;
	w->unique = take(&at, end, "unique");
	if (!take(&at, end, "index") || !take(&at, end, "concurrently"))
		return false;
	if (take(&at, end, "if") && !(take(&at, end, "not") && take(&at, end, "exists")))
		return false;
	if (!take(&at, end, "on") &&
	    (!(w->index = take_name(m, &at, end)) || !take(&at, end, "on")))
		return false;
	take(&at, end, "only");
	if (!(w->table = take_name(m, &at, end)))
		return false;
	w->rest = mem_dup(m, at, (size_t)(end - at));
	return true;
}

/* How the server writes down what an index without a name is: it makes one on an empty table of the
 * same columns, which is rolled back. NULL: it cannot be told. */
static const char *
definition(struct mem *m, struct pg *pg, const struct words *w)
{
	struct err ignored;
	struct pg_rows *r = NULL;

	if (!pg_exec(pg,
		mem_fmt(m,
		    "BEGIN;CREATE TEMP TABLE handrail_like (LIKE %s);CREATE %sINDEX handrail_index "
		    "ON"
		    " pg_temp.handrail_like %s;" PG_OWN_NAMES_LOCAL,
		    w->table, w->unique ? "UNIQUE " : "", w->rest),
		&ignored))
		r = pg_query(m, pg, &ignored,
		    "SELECT substring(pg_get_indexdef('pg_temp.handrail_index'::regclass)"
		    " FROM ' USING .*')",
		    0, NULL);
	pg_exec(pg, "ROLLBACK", &ignored);
	return r && pg_rows_count(r) ? pg_rows_text(r, 0, 0) : NULL;
}

/* "REINDEX [(…)] INDEX|TABLE [CONCURRENTLY] name": the name, as written; NULL: it is none. */
static char *
reindexed(struct mem *m, const struct migrate_script *s, const struct sql_statement *p)
{
	const char *at = s->text + p->start, *end = at + p->len, *open;

	if (!take(&at, end, "reindex"))
		return NULL;
	open = skip_blank(at, end);
	if (open < end && *open == '(' && !(at = memchr(open, ')', (size_t)(end - open))))
		return NULL;
	at += *at == ')';
	if (!take(&at, end, "index") && !take(&at, end, "table"))
		return NULL;
	take(&at, end, "concurrently");
	return take_name(m, &at, end);
}

/* The OID, as text, of what the file calls NAME; NULL: there is none. */
static const char *
oid_of(struct mem *m, struct pg *pg, const char *name)
{
	struct err ignored;
	struct pg_rows *r = pg_query(m, pg, &ignored,
	    "SELECT pg_catalog.to_regclass($1)::pg_catalog.oid", 1, &name);

	return r ? pg_rows_text(r, 0, 0) : NULL;
}

/* Invalid indexes for which the condition holds. Its names are ours, whatever search_path the file
 * has set; one that somebody else is building is no ruin. */
static struct pg_rows *
invalid(struct mem *m, struct pg *pg, const char *condition, int count, const char *const *params,
    struct err *e)
{
	struct pg_rows *r;
	struct err ignored;

	if (pg_exec(pg, "BEGIN;" PG_OWN_NAMES_LOCAL, e))
		return NULL;
	r = pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT format('%%I.%%I', n.nspname, c.relname) FROM pg_index i"
		" JOIN pg_class c ON c.oid = i.indexrelid"
		" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE NOT i.indisvalid"
		" AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.relation = i.indexrelid"
		" AND l.granted AND l.pid <> pg_backend_pid() AND l.mode = 'RowExclusiveLock')"
		" AND %s",
		condition),
	    count, params);
	return pg_exec(pg, "ROLLBACK", r ? e : &ignored) ? NULL : r;
}

/* The ruins of what P would build; none when P builds nothing. NULL on error. */
static struct pg_rows *
ruins(struct mem *m, struct pg *pg, const struct migrate_script *s, const struct sql_statement *p,
    struct err *e)
{
	struct words w;
	const char *params[4] = { reindexed(m, s, p) };

	/* the server gives these names to what takes the place of an index, and to the one that is
	 * replaced */
	if (params[0]) {
		params[0] = oid_of(m, pg, params[0]);
		return invalid(m, pg,
		    "c.relname ~ '_cc(new|old)[0-9]*$' AND n.nspname <> 'pg_toast' AND i.indrelid"
		    " IN (SELECT $1::oid UNION SELECT x.indrelid FROM pg_index x"
		    " WHERE x.indexrelid = $1::oid)",
		    1, params, e);
	}
	if (!read_words(m, s, p, &w))
		return pg_query(m, pg, e, "SELECT WHERE false", 0, NULL);
	params[0] = w.index;
	params[1] = oid_of(m, pg, w.table);
	params[2] = w.index ? NULL : definition(m, pg, &w);
	params[3] = w.unique ? "t" : "f";
	/* parse_ident folds case and takes quotes off as the server does */
	return invalid(m, pg,
	    "i.indrelid = $2::oid AND (c.relname = (parse_ident($1))[1] OR (i.indisunique ="
	    " $4::boolean AND substring(pg_get_indexdef(c.oid) FROM ' USING .*') = $3))",
	    4, params, e);
}

int
migrate_index_clear(struct migrate_apply *a, const struct migrate_script *s,
    const struct sql_statement *p, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r;

	if (!migrate_index_is_concurrent(s, p))
		return 0;
	r = ruins(m, a->x->pg, s, p, e);
	for (int i = 0; r && i < pg_rows_count(r); i++) {
		step_say(a->s, "%s: dropping the invalid index %s that a failed run left", s->path,
		    pg_rows_text(r, i, 0));
		if (pg_exec(a->x->pg,
			mem_fmt(m, "DROP INDEX CONCURRENTLY %s", pg_rows_text(r, i, 0)), e))
			return -1;
	}
	return r ? 0 : -1;
}
