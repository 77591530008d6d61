/* history_find.c - the table of the kinds of histories, and which of them a database has. */
#include <stdlib.h>
#include <string.h>

#include "migrate/history_kind.h"
#include "pg/history.h"

/* All kinds: ours first; NULL behind the last. */
static const struct migrate_history_kind *
kind(size_t i)
{
	const struct migrate_history_kind *const ones[] = { &migrate_history_handrail,
		&migrate_history_sqitch, &migrate_history_flyway, &migrate_history_atlas };
	const struct migrate_history_kind *const tables[] = { migrate_history_lists,
		migrate_history_node, migrate_history_heads };
	const size_t n = sizeof ones / sizeof *ones;

	if (i < n)
		return ones[i];
	i -= n;
	for (size_t t = 0; t < sizeof tables / sizeof *tables; t++)
		for (const struct migrate_history_kind *k = tables[t]; k->name; k++)
			if (i-- == 0)
				return k;
	return NULL;
}

static char *
kind_names(struct mem *m)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; kind(i); i++)
		mem_text_fmt(&t, "%s%s", i ? ", " : "", kind(i)->name);
	return t.text;
}

struct pg_rows *
migrate_history_tables(struct mem *m, struct pg *pg, const char *names, struct err *e)
{
	const char *const params[] = { pg_schemas(pg) };

	return pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT t.i - 1, format('%%I.%%I', n.nspname, c.relname)"
		" FROM unnest(ARRAY[%s]) WITH ORDINALITY t(name, i) JOIN pg_class c ON c.oid ="
		" (SELECT to_regclass(q.name) FROM unnest(array_append($1::text[], 'pg_catalog'))"
		" WITH ORDINALITY s(name, i),"
		"  LATERAL (SELECT CASE cardinality(parse_ident(t.name)) WHEN 1 THEN"
		"   quote_ident(s.name) || '.' || t.name ELSE t.name END) q(name)"
		"  WHERE to_regclass(q.name) IS NOT NULL ORDER BY s.i LIMIT 1)"
		" JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
		"('r', 'p', 'v', 'f') ORDER BY 1",
		names),
	    1, params);
}

static int
is_kind(struct pg *pg, const struct migrate_history_kind *k, const char *table, struct err *e)
{
	MEM_SCOPE(m);
	const char *const params[] = { table };
	struct pg_rows *r;

	if (!k->is_there)
		return 1;
	if (!(r = pg_query(m, pg, e, k->is_there, 1, params)))
		return -1;
	return pg_rows_count(r) && pg_rows_bool(r, 0, 0);
}

static const struct migrate_history_kind *
kind_named(const char *name, size_t len)
{
	for (size_t i = 0; kind(i); i++)
		if (strlen(kind(i)->name) == len && !strncmp(kind(i)->name, name, len))
			return kind(i);
	return NULL;
}

/* A place where a history may be. */
struct place {
	const struct migrate_history_kind *kind;
	const char *table;
};

enum { PLACES = 40 };

/* The places of all kinds, or only of ONE. */
static size_t
places(struct place list[PLACES], const struct migrate_history_kind *one)
{
	size_t n = 0;

	for (size_t i = 0; kind(i) && n + 2 < PLACES; i++) {
		if (one && kind(i) != one)
			continue;
		list[n++] = (struct place){ kind(i), kind(i)->table };
		if (kind(i)->also)
			list[n++] = (struct place){ kind(i), kind(i)->also };
	}
	return n;
}

/* Keep of LIST what is there and of its kind, in the same order. */
static int
narrow(struct mem *m, struct pg *pg, struct place *list, size_t *count, struct err *e)
{
	struct mem_text names = { .m = m };
	struct pg_rows *r;
	size_t n = 0;

	for (size_t i = 0; i < *count; i++)
		mem_text_fmt(&names, "%s%s", i ? ", " : "", pg_quote_literal(m, list[i].table));
	if (!(r = migrate_history_tables(m, pg, names.text, e)))
		return err_in(e, "cannot look for the history");
	for (int i = 0; i < pg_rows_count(r); i++) {
		struct place at = { list[pg_rows_int(r, i, 0)].kind, pg_rows_text(r, i, 1) };
		/* a table that one kind claims is none of another's */
		int yes = n && !strcmp(list[n - 1].table, at.table) ?
		    0 :
		    is_kind(pg, at.kind, at.table, e);

		if (yes < 0)
			return err_in(e, "cannot read the history %s", at.table);
		if (yes)
			list[n++] = at;
	}
	*count = n;
	return 0;
}

/* Did the tool that keeps this kind of history name these files? */
static bool
is_own_style(const struct migrate_history_kind *k, const struct migrate_dir *d)
{
	return !strcmp(k->style ? k->style : k->name, migrate_style_name(d));
}

/* Of several histories the one of the tool whose files these are; NULL: cannot be told. */
static const struct place *
choose(const struct place *list, size_t count, const struct migrate_dir *d)
{
	const struct place *found = NULL;

	if (count == 1 || (count && list->kind == kind(0)))
		return list;
	for (size_t i = 0; i < count; i++) {
		if (!is_own_style(list[i].kind, d))
			continue;
		if (found)
			return NULL;
		found = &list[i];
	}
	return found;
}

/* Histories that are in no schema of search_path, but in another one, under the name that their
 * tool gives them. */
static struct pg_rows *
hidden(struct mem *m, struct pg *pg, const struct place *list, size_t count, struct err *e)
{
	const char *const params[] = { pg_schemas(pg) };
	struct mem_text names = { .m = m };

	for (size_t i = 0; i < count; i++)
		mem_text_fmt(&names, "%s%s", i ? ", " : "", pg_quote_literal(m, list[i].table));
	return pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT t.i - 1, format('%%I.%%I', n.nspname, c.relname)"
		" FROM unnest(ARRAY[%s]) WITH ORDINALITY t(name, i) JOIN pg_catalog.pg_class c ON "
		"c.relname = t.name"
		" JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN "
		"('r', 'p')"
		" AND n.nspname <> ALL ($1::text[]) AND n.nspname !~ '^pg_' AND"
		" pg_catalog.has_schema_privilege(n.oid, 'USAGE') AND "
		"pg_catalog.has_table_privilege(c.oid, 'SELECT')"
		" ORDER BY 2, 1 LIMIT 50",
		names.text),
	    1, params);
}

/* Does H hold migrations of these files? *ALL: and no others. */
static bool
is_of_these_files(struct mem *m, struct pg *pg, struct migrate_history *h, bool *all)
{
	struct err ignored;
	size_t known = 0;

	*all = false;
	/* one that cannot be read to its end, as a migration failed, may be */
	if (migrate_history_load(m, pg, h, &ignored))
		return true;
	for (size_t i = 0; i < h->count; i++)
		known += h->row[i].file != NULL;
	*all = known && known == h->count;
	return known;
}

/* Another tool has run SQL files here, and its table cannot be gone on with: to run them once more
 * would be wrong. */
static int
refuse_foreign(struct mem *m, struct pg *pg, struct err *e)
{
	static const char *const tools[] = { "sqlx", "refinery", "liquibase" };
	size_t count, k;
	const struct pg_history *list = pg_history_find(m, pg, &count, e);

	for (size_t i = 0; list && i < count; i++) {
		for (k = 0; k < sizeof tools / sizeof *tools; k++)
			if (!strcmp(tools[k], list[i].kind))
				break;
		if (k == sizeof tools / sizeof *tools)
			continue;
		err_set(e, FAIL_TROUBLE, "usage",
		    "%s has migrated this database up to %s, by its table %s, which cannot be gone "
		    "on with here",
		    tools[k], list[i].revision ? list[i].revision : "nothing", list[i].table);
		return err_hint(e,
		    "--history handrail begins a history of our own, and --baseline VERSION says "
		    "what of the files is there already");
	}
	return list ? 0 : -1;
}

/* There is no history where one is looked for: is there one elsewhere that is of these files? To
 * begin anew beside it would be wrong; so would it to go on with somebody else's. */
static int
look_everywhere(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	struct place list[PLACES];
	struct pg_rows *r = hidden(m, pg, list, places(list, NULL), e);
	struct migrate_history found = { .dir = NULL };
	struct mem_text t = { .m = m };
	const char *last = "";
	bool all, sure = false;
	int n = 0;

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		struct migrate_history x = { .kind = list[pg_rows_int(r, i, 0)].kind,
			.table = pg_rows_text(r, i, 1),
			.dir = h->dir,
			.exists = true,
			.hidden = true };
		int yes = strcmp(last, x.table) ? is_kind(pg, x.kind, x.table, e) : 0;

		if (yes < 0)
			return -1;
		last = yes ? x.table : last;
		if (!yes || !is_of_these_files(m, pg, &x, &all))
			continue;
		found = x;
		sure = all;
		mem_text_fmt(&t, "%s%s (%s)", n++ ? ", " : "", x.table, x.kind->name);
	}
	if (!n)
		return r ? refuse_foreign(m, pg, e) : -1;
	if (n == 1 && sure && is_own_style(found.kind, h->dir)) {
		*h = found;
		return 0;
	}
	err_set(e, FAIL_TROUBLE, "usage", "there is no history in search_path, but elsewhere: %s",
	    t.text);
	return err_hint(e,
	    "--history %s:%s goes on with that one; --history handrail begins a new one",
	    found.kind->name, found.table);
}

static int
look_around(struct mem *m, struct pg *pg, struct migrate_history *h,
    const struct migrate_history_kind *one, struct err *e)
{
	struct place list[PLACES];
	const struct place *found;
	size_t count = places(list, one);
	struct mem_text t = { .m = m };

	if (narrow(m, pg, list, &count, e))
		return -1;
	h->kind = one ? one : kind(0);
	h->table = h->kind->table;
	if (!count)
		return one ? 0 : look_everywhere(m, pg, h, e);
	if ((found = choose(list, count, h->dir))) {
		h->kind = found->kind;
		h->table = found->table;
		h->exists = true;
		return 0;
	}
	for (size_t i = 0; i < count; i++)
		mem_text_fmt(&t, "%s%s (%s)", i ? ", " : "", list[i].table, list[i].kind->name);
	err_set(e, FAIL_TROUBLE, "usage", "several histories are there: %s", t.text);
	return err_hint(e, "say which one counts: --history %s:%s", list->kind->name, list->table);
}

/* The end of a name as it stands in SQL, or NULL. */
static const char *
end_of_name(const char *s)
{
	size_t n;

	if (*s != '"') {
		n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_$");
		return n && (*s < '0' || *s > '9') ? s + n : NULL;
	}
	do {
		n = strcspn(s + 1, "\"");
		if (!s[n + 1])
			return NULL;
		s += n + 2;
	} while (*s == '"');
	return s;
}

/* A table's name, with its schema or without. */
static bool
is_name(const char *s)
{
	const char *end = end_of_name(s);

	if (end && *end == '.')
		end = end_of_name(end + 1);
	return end && !*end;
}

/* "KIND", "KIND:TABLE", or the table of ours alone. */
static int
look_for(struct mem *m, struct pg *pg, struct migrate_history *h, const char *name, struct err *e)
{
	size_t len = strcspn(name, ":");
	const struct migrate_history_kind *k = kind_named(name, len);
	struct place list[1];
	size_t count = 1;

	if (k && !name[len])
		return look_around(m, pg, h, k, e);
	if (name[len] ? !k : !strchr(name, '.')) {
		err_set(e, FAIL_TROUBLE, "usage", "--history %s: no such kind of history", name);
		return err_hint(e,
		    "the kinds are %s; KIND:SCHEMA.TABLE names another table than the usual one, "
		    "SCHEMA.TABLE"
		    " keeps ours there",
		    kind_names(m));
	}
	h->kind = k ? k : kind(0);
	h->table = k ? name + len + 1 : name;
	if (!is_name(h->table)) {
		err_set(e, FAIL_TROUBLE, "usage", "--history %s: this is not the name of a table",
		    name);
		return err_hint(e, "it is written as in SQL, with its schema: --history %s:app.%s",
		    h->kind->name, "history");
	}
	if (h->kind == &migrate_history_sqitch && !strchr(h->table, '.'))
		h->table = mem_fmt(m, "%s.changes", h->table);
	*list = (struct place){ h->kind, h->table };
	if (narrow(m, pg, list, &count, e))
		return -1;
	h->exists = count;
	h->table = count ? list->table : h->table;
	return 0;
}

/* A table that is not there yet has the name that it will have: locks are made of it. */
static int
name_it(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	const char *const params[] = { h->table, pg_schemas(pg) };
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT format('%I.%I', CASE cardinality(p) WHEN 1 THEN s[1] ELSE p[1] END,"
	    " p[cardinality(p)]) FROM parse_ident($1) p, (SELECT $2::text[]) x(s)"
	    " WHERE cardinality(p) > 1 OR cardinality(s) > 0",
	    2, params);

	if (r && pg_rows_count(r))
		h->table = pg_rows_text(r, 0, 0);
	return r ? 0 : -1;
}

struct migrate_history *
migrate_history_ours(struct mem *m, const struct migrate_dir *d)
{
	struct migrate_history *h = mem_zero(m, 1, sizeof *h);

	h->kind = &migrate_history_handrail;
	h->table = h->kind->table;
	h->dir = d;
	return h;
}

struct migrate_history *
migrate_history_find(struct mem *m, struct pg *pg, const struct migrate_dir *d, const char *name,
    struct err *e)
{
	struct migrate_history *h = mem_zero(m, 1, sizeof *h);

	h->dir = d;
	if ((name ? look_for(m, pg, h, name, e) : look_around(m, pg, h, NULL, e)) ||
	    (!h->exists && name_it(m, pg, h, e)))
		return NULL;
	if (!h->kind->style || !strcmp(h->kind->style, migrate_style_name(d)))
		return h;
	err_set(e, FAIL_TROUBLE, "usage",
	    "%s is a history of %s, and %s holds files of the style %s", h->table, h->kind->name,
	    d->path, migrate_style_name(d));
	err_hint(e, "give the directory of %s, or keep a history of our own: --history handrail",
	    h->kind->name);
	return NULL;
}

