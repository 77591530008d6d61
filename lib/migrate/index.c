/* index.c - reads the names in CREATE INDEX CONCURRENTLY, and drops what is left of one. */
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
		else if (!quoted && !isalnum((unsigned char)*s) && !strchr("_.$", *s) && !((unsigned char)*s & 0x80))
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

/* "CREATE [UNIQUE] INDEX CONCURRENTLY [IF NOT EXISTS] name ON [ONLY] table": the names as written. */
static bool
names(struct mem *m, const struct migrate_script *s, const struct sql_statement *p, char **index, char **table)
{
	const char *at = s->text + p->start, *end = at + p->len;

	if (!take(&at, end, "create"))
		return false;
	take(&at, end, "unique");
	if (!take(&at, end, "index") || !take(&at, end, "concurrently"))
		return false;
	if (take(&at, end, "if") && !(take(&at, end, "not") && take(&at, end, "exists")))
		return false;
	if (take(&at, end, "on") || !(*index = take_name(m, &at, end)) || !take(&at, end, "on"))
		return false;
	take(&at, end, "only");
	return (*table = take_name(m, &at, end));
}

int
migrate_index_clear(struct migrate_apply *a, const struct migrate_script *s, const struct sql_statement *p,
    struct err *e)
{
	MEM_SCOPE(m);
	char *index, *table;
	const char *params[2];
	struct pg_rows *r;

	if (!names(m, s, p, &index, &table))
		return 0;
	params[0] = index;
	params[1] = table;
	/* parse_ident folds case and takes quotes off as the server does */
	r = pg_query(m, a->x->pg, e, "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_index i"
	    " JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid"
	    " JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace"
	    " WHERE NOT i.indisvalid AND i.indrelid = pg_catalog.to_regclass($2)"
	    " AND c.relname = (pg_catalog.parse_ident($1))[1]"
	    " AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = i.indexrelid AND l.granted"
	    " AND l.pid <> pg_catalog.pg_backend_pid() AND l.mode = 'RowExclusiveLock')", 2, params);
	if (!r)
		return -1;
	if (!pg_rows_count(r))
		return 0;
	step_say(a->s, "%s: dropping the invalid index %s that a failed run left", s->path, pg_rows_text(r, 0, 0));
	return pg_exec(a->x->pg, mem_fmt(m, "DROP INDEX CONCURRENTLY %s", pg_rows_text(r, 0, 0)), e);
}
