/* toc.c - a script of pg_restore, cut into entries and run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/sql.h"
#include "snapshot/session.h"
#include "snapshot/toc.h"

enum {
	BATCH = 400,            /* statements in a transaction */
	TRIES = 5,              /* of an entry that is chosen as the victim of a deadlock */
};

bool
toc_begins(const char *s, const char *with)
{
	return !strncmp(s, with, strlen(with));
}

/* Reading */

struct reading {
	struct mem *m;
	const char *text;       /* the script */
	struct toc *toc;
	/* the one that statements belong to; NULL before the first */
	struct toc_entry *entry;
	size_t start;           /* of its first statement */
	struct mem_text preamble;
	const char *tablespace, *method;        /* SET statements in force, or NULL */
};

static void
read_needs(struct mem *m, struct toc_entry *t, const char *numbers)
{
	size_t room = 0;
	int *list = NULL;
	char *end;

	for (long id; id = strtol(numbers, &end, 10), end > numbers; numbers = end) {
		mem_grow(m, &list, t->needs_count, &room, sizeof *list);
		list[t->needs_count++] = (int)id;
	}
	t->needs = list;
}

/* The heading that pg_restore writes over each entry is in the comments before its first
 * statement. */
static bool
read_heading(struct mem *m, const char *comments, struct toc_entry *t)
{
	bool found = false;

	for (const char *p = comments; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL) {
		int id;
		unsigned catalog, oid;

		if (sscanf(p, "-- TOC entry %d (class %u OID %u)", &id, &catalog, &oid) == 3) {
			*t = (struct toc_entry){ .id = id,
				.catalog = catalog,
				.oid = oid,
				.name = "" };
			found = true;
		} else if (found && toc_begins(p, "-- Dependencies: ")) {
			read_needs(m, t, p + strlen("-- Dependencies: "));
		} else if (found && toc_begins(p, "-- Name: ")) {
			p += strlen("-- Name: ");
			t->name = mem_dup(m, p, strcspn(p, "\n"));
		}
	}
	return found;
}

static void
begin_entry(struct reading *r, const struct toc_entry *t, size_t start)
{
	struct toc *toc = r->toc;

	mem_grow(r->m, &toc->item, toc->count, &toc->room, sizeof *toc->item);
	r->entry = &toc->item[toc->count++];
	*r->entry = *t;
	r->entry->settings = mem_fmt(r->m, "%s%s", r->tablespace ? r->tablespace : "",
	    r->method ? r->method : "");
	r->entry->settings_count = !!r->tablespace + !!r->method;
	r->start = start;
}

static int
see(struct reading *r, const struct sql_statement *s, struct err *e)
{
	struct mem *m = r->m;
	char *text = mem_dup(m, r->text + s->start, s->len);
	struct toc_entry t;

	if (s->kind == SQL_META)
		return toc_begins(text, "\\restrict") || toc_begins(text, "\\unrestrict") ?
		    0 :
		    err_set(e, FAIL_TROUBLE, "pg-restore",
			"line %d: pg_restore wrote a command for psql: %.40s", s->line, text);
	if (s->kind == SQL_EMPTY)
		return 0;
	if (read_heading(m, mem_dup(m, r->text + s->lead, s->start - s->lead), &t))
		begin_entry(r, &t, s->start);
	else if (toc_begins(text, "SET default_tablespace ")) {
		r->tablespace = mem_fmt(m, "%s;\n", text);
		return 0;
	} else if (toc_begins(text, "SET default_table_access_method ")) {
		r->method = mem_fmt(m, "%s;\n", text);
		return 0;
	}
	if (r->entry) {
		r->entry->sql = mem_fmt(m, "%.*s\n", (int)(s->end - r->start), r->text + r->start);
		r->entry->count++;
	} else if (toc_begins(text, "SET client_encoding ") ||
	    toc_begins(text, "SET standard_conforming_strings ")) {
		mem_text_fmt(&r->preamble, "%s;", text);
	}
	return 0;
}

int
toc_read(struct mem *m, const char *script, size_t len, struct toc *toc, struct err *e)
{
	MEM_SCOPE(scope);
	struct reading r = { .m = m, .text = script, .toc = toc, .preamble = { .m = m } };
	struct sql_script list;

	*toc = (struct toc){ .count = 0 };
	if (sql_split(scope, script, len, &list, e))
		return err_in(e, "what pg_restore wrote");
	for (size_t i = 0; i < list.count; i++)
		if (see(&r, &list.item[i], e))
			return -1;
	toc->preamble = r.preamble.text ? r.preamble.text : "";
	return 0;
}

size_t
toc_first_grant(const struct toc *t)
{
	static const char *const last[] = { "GRANT ", "REVOKE ", "ALTER DEFAULT PRIVILEGES ",
		"CREATE EVENT TRIGGER ", "REFRESH MATERIALIZED VIEW " };

	for (size_t i = 0; i < t->count; i++)
		for (size_t k = 0; k < sizeof last / sizeof *last; k++)
			if (toc_begins(t->item[i].sql, last[k]))
				return i;
	return t->count;
}

/* Running */

int
toc_check_tablespaces(struct pg *pg, const struct toc *toc, struct err *e)
{
	static const char set[] = "SET default_tablespace = ";
	const char *last = "";

	for (size_t i = 0; i < toc->count; i++) {
		const char *sql = toc->item[i].settings;
		const char *name = toc_begins(sql, set) ? sql + strlen(set) : NULL;
		int len = name ? (int)strcspn(name, ";") : 0;

		if (!name || toc_begins(name, "''") || !strcmp(sql, last))
			continue;
		last = sql;
		if (!pg_exec(pg, sql, e))
			continue;
		if (strcmp(e->word, "sql-22023"))
			return -1;
		err_set(e, FAIL_TROUBLE, "no-tablespace", "%s: there is no tablespace %.*s",
		    toc->item[i].name, len, name);
		return err_hint(e,
		    "CREATE TABLESPACE %.*s LOCATION '/...'; or let --globals make those that the "
		    "archive knows, where they were; or do without by --no-tablespaces", len, name);
	}
	return pg_exec(pg, "SET default_tablespace = ''", e);
}

/* Must the settings of entry I of a batch be made, or are they there from the one before? */
static bool
sets(const struct toc_entry *const *entry, size_t i)
{
	return !i || strcmp(entry[i]->settings, entry[i - 1]->settings) != 0;
}

/* Which entry did statement AT of the batch (0 is its BEGIN) belong to? */
static const struct toc_entry *
culprit(const struct toc_entry *const *entry, size_t count, int at)
{
	for (size_t i = 0; i + 1 < count; i++)
		if ((at -= entry[i]->count + (sets(entry, i) ? entry[i]->settings_count : 0)) < 1)
			return entry[i];
	return entry[count - 1];
}

static int
run_batch(struct pg *pg, const struct toc_entry *const *entry, size_t count, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text sql = { .m = m };
	struct err ignored;
	bool locks;
	int done;

	mem_text_fmt(&sql, "BEGIN;\n");
	for (size_t i = 0; i < count; i++)
		mem_text_fmt(&sql, "%s%s", sets(entry, i) ? entry[i]->settings : "", entry[i]->sql);
	mem_text_fmt(&sql, "COMMIT");
	if (!pg_exec(pg, sql.text, e))
		return 0;
	session_explain(pg, e);
	done = pg_completed(pg);
	locks = !strcmp(pg_report(pg)->sqlstate, "53200");
	if (pg_alive(pg))
		pg_exec(pg, "ROLLBACK", &ignored);
	/* a server with a small table of locks */
	if (locks && count > 1)
		return run_batch(pg, entry, count / 2, e) ||
			run_batch(pg, entry + count / 2, count - count / 2, e) ?
		    -1 :
		    0;
	return err_in(e, "%s", culprit(entry, count, done)->name);
}

int
toc_run(struct pg *pg, const struct toc_entry *const *entry, size_t count, struct err *e)
{
	for (size_t from = 0, to; from < count; from = to) {
		int statements = entry[from]->count;

		for (to = from + 1; to < count && statements + entry[to]->count <= BATCH; to++)
			statements += entry[to]->count;
		if (run_batch(pg, entry + from, to - from, e))
			return -1;
	}
	return 0;
}

int
toc_run_one(struct pg *pg, const struct toc_entry *t, struct err *e)
{
	for (int tries = TRIES; run_batch(pg, &t, 1, e); tries--)
		if (!tries || strcmp(e->word, "sql-40P01"))
			return -1;
	return 0;
}
