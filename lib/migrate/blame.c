/* blame.c - which line of which file the server means. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/blame.h"
#include "migrate/place.h"

enum {
	STATEMENT_MAX = 2000,
	/* bytes of one of the server's fields, in a message that has room for 2000 */
	EXTRA_MAX = 300,
};

/* What kind of failure sends us where. */
enum where { IN_TEXT, IN_HISTORY };

static void
extra(struct mem_text *t, const char *label, const char *text)
{
	if (text && *text)
		mem_text_fmt(t, "\n%s: %.*s%s", label, EXTRA_MAX, text,
		    strlen(text) > EXTRA_MAX ? " ..." : "");
}

/* The query of a function or a DO block that went wrong, with the place in it. */
static void
inner(struct mem_text *t, const struct pg_report *r)
{
	struct migrate_place p;
	size_t len;

	if (!r->query || !*r->query)
		return;
	len = strlen(r->query);
	p = migrate_place_of(t->m, r->query, len, migrate_byte_of(r->query, len, r->query_position),
	    1);
	mem_text_fmt(t, "\nQUERY, line %d, column %d:\n%s", p.line, p.column, p.caret);
}

/* The piece that was running, by the count of those that were done. NULL: none of them. */
static const struct sql_statement *
by_count(const struct migrate_sent *sent, int done)
{
	int n = done - sent->before;

	for (size_t i = 0; i < sent->script->count; i++) {
		const struct sql_statement *p = &sent->script->piece[i];

		if (p->start >= sent->from && p->start < sent->to && n-- == 0)
			return p;
	}
	return NULL;
}

static const struct sql_statement *
by_place(const struct migrate_script *s, size_t at)
{
	for (size_t i = 0; i < s->count; i++)
		if (at >= s->piece[i].start && at <= s->piece[i].start + s->piece[i].len)
			return &s->piece[i];
	return NULL;
}

/* The byte at which the line of COPY's data begins that CONTEXT tells of ("COPY x, line 3"); the
 * statement's own when it tells of none. */
static size_t
data_line(const struct migrate_script *s, const struct sql_statement *p, const char *context)
{
	const char *line = context ? strstr(context, ", line ") : NULL;
	const char *at = s->text + p->data, *end = at + p->data_len;

	if (p->kind != SQL_COPY_IN || !line || strncmp(context, "COPY ", 5))
		return p->start;
	for (long n = strtol(line + 7, NULL, 10); n > 1 && at; n--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return at && at < end ? (size_t)(at - s->text) : p->start;
}

/* Where it went wrong: *AT and *PIECE, when that is in the text. */
static enum where
find(const struct migrate_sent *sent, int position, int done, const char *context, size_t *at,
    const struct sql_statement **piece)
{
	const struct migrate_script *s = sent->script;

	*piece = NULL;
	if (position > sent->prefix) {
		*at = sent->from +
		    migrate_byte_of(s->text + sent->from, s->len - sent->from,
			position - sent->prefix);
		*piece = by_place(s, *at);
		return *at < sent->to ? IN_TEXT : IN_HISTORY;
	}
	if ((*piece = by_count(sent, done))) {
		*at = data_line(s, *piece, context);
		return IN_TEXT;
	}
	return IN_HISTORY;
}

static void
record(struct mem *m, struct migrate_apply *a, const struct migrate_sent *sent, const char *path,
    const struct migrate_place *p, const struct sql_statement *piece, const struct pg_report *r)
{
	struct value *f = a->failed = value_object(m);
	const struct migrate_script *s = sent->script;
	const char *text = piece ? migrate_script_excerpt(m, s, piece) : "";

	value_set_string(f, "file", path);
	value_set_string(f, "version", s->file->version);
	if (p) {
		value_set_int(f, "line", p->line);
		value_set_int(f, "column", p->column);
	}
	if (piece)
		value_set_text(f, "statement", text, strnlen(text, STATEMENT_MAX));
	value_set_string(f, "sqlstate", r->sqlstate);
	value_set_string(f, "message", r->message);
	if (r->detail)
		value_set_string(f, "detail", r->detail);
	if (r->hint)
		value_set_string(f, "hint", r->hint);
	if (r->context)
		value_set_string(f, "context", r->context);
	if (r->query)
		value_set_string(f, "query", r->query);
}

static const char *
word_of(const struct err *e)
{
	static const char *const kept[] = { "lock-timeout", "statement-timeout", "no-space" };

	if (!strcmp(e->word, "sql-53200"))
		return "out-of-memory";
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!strcmp(kept[i], e->word))
			return kept[i];
	return "migration-failed";
}

/* Were all of the text's statements done, but what they deferred to its end was not? */
static bool
at_its_end(const struct migrate_sent *sent, int done)
{
	for (size_t i = 0; i < sent->script->count; i++) {
		const struct sql_statement *p = &sent->script->piece[i];

		done -= p->start >= sent->from && p->start < sent->to;
	}
	return done == sent->before;
}

/* Our own row could not be written: why. */
static const char *
history_trouble(const struct migrate_sent *sent, int done, const struct pg_report *r)
{
	if (at_its_end(sent, done))
		return "its COMMIT failed";
	if (!strcmp(r->sqlstate, "42P01") || !strcmp(r->sqlstate, "3F000"))
		return "its row in the history cannot be written: the migration removed the "
		       "history's table";
	if (!strcmp(r->sqlstate, "23505"))
		return "another run has applied it in the meantime";
	if (!strncmp(r->sqlstate, "23", 2))
		return "its COMMIT failed";
	return "its row in the history cannot be written";
}

/* Stopped, or the connection is lost: outside of a transaction it counts in which statement. */
static int
cut_off(struct migrate_apply *a, const struct migrate_sent *sent, struct err *e)
{
	MEM_SCOPE(m);
	const struct migrate_script *s = sent->script;
	const struct sql_statement *piece = s->steps ? by_place(s, sent->from) : NULL;
	const char *path = s->path;
	struct migrate_place p;

	if (!piece)
		return err_in(e, "%s", path);
	p = migrate_script_place(m, s, piece->start, &path);
	record(step_mem(a->s), a, sent, path, &p, piece, pg_report(a->x->pg));
	return err_in(e, "%s:%d:%d", path, p.line, p.column);
}

int
migrate_blame(struct migrate_apply *a, const struct migrate_sent *sent, struct err *e)
{
	MEM_SCOPE(m);
	const struct pg_report *r = pg_report(a->x->pg);
	const struct sql_statement *piece;
	struct mem_text t = { .m = m };
	const char *path = sent->script->path;
	struct migrate_place p;
	size_t at = sent->from;

	if (!*r->sqlstate || !strcmp(e->word, "cancelled") || !strcmp(e->word, "connection-lost"))
		return cut_off(a, sent, e);
	if (find(sent, r->position, pg_completed(a->x->pg), r->context, &at, &piece) == IN_TEXT) {
		p = migrate_script_place(m, sent->script, at, &path);
		mem_text_fmt(&t, "%s:%d:%d: %s (SQLSTATE %s)\n%s", path, p.line, p.column,
		    r->message, r->sqlstate, p.caret);
		record(step_mem(a->s), a, sent, path, &p, piece, r);
	} else {
		mem_text_fmt(&t, "%s: %s: %s (SQLSTATE %s)", sent->script->path,
		    history_trouble(sent, pg_completed(a->x->pg), r), r->message, r->sqlstate);
		record(step_mem(a->s), a, sent, path, NULL, NULL, r);
	}
	extra(&t, "DETAIL", r->detail);
	extra(&t, "HINT", r->hint);
	inner(&t, r);
	extra(&t, "CONTEXT", r->context);
	err_set(e, FAIL_NO, word_of(e), "%s", t.text);
	if (!strcmp(r->sqlstate, "2D000"))
		err_hint(e,
		    "what commits by itself runs outside of a transaction when a line of the file "
		    "says: "
		    "-- handrail: no-transaction");
	if (!strcmp(e->word, "out-of-memory"))
		err_hint(e,
		    "one transaction locks each table it touches, and the server has room for so "
		    "many locks: leave "
		    "--single-transaction away, or raise max_locks_per_transaction");
	return -1;
}

int
migrate_blame_state(struct migrate_apply *a, bool rolled_back, const char *state, struct err *e)
{
	size_t used = strlen(e->text);

	if (a->failed)
		value_set_bool(a->failed, "rolled_back", rolled_back);
	snprintf(e->text + used, sizeof e->text - used, "\n%s", state);
	return -1;
}
