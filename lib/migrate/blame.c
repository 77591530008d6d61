/* blame.c - which line of which file the server means. */
#include <stdio.h>
#include <string.h>

#include "migrate/blame.h"
#include "migrate/place.h"

enum { STATEMENT_MAX = 2000 };

/* What kind of failure sends us where. */
enum where { IN_TEXT, IN_HISTORY };

static void
extra(struct mem_text *t, const char *label, const char *text)
{
	if (text && *text)
		mem_text_fmt(t, "\n%s: %s", label, text);
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

/* Where it went wrong: *AT and *PIECE, when that is in the text. */
static enum where
find(const struct migrate_sent *sent, int position, int done, size_t *at,
    const struct sql_statement **piece)
{
	const struct migrate_script *s = sent->script;

	*piece = NULL;
	if (position > sent->prefix) {
		*at = sent->from + migrate_byte_of(s->text + sent->from, s->len - sent->from, position - sent->prefix);
		*piece = by_place(s, *at);
		return *at < sent->to ? IN_TEXT : IN_HISTORY;
	}
	if ((*piece = by_count(sent, done))) {
		*at = (*piece)->start;
		return IN_TEXT;
	}
	return IN_HISTORY;
}

static void
record(struct mem *m, struct migrate_apply *a, const struct migrate_sent *sent, const struct migrate_place *p,
    const struct sql_statement *piece, const struct pg_report *r)
{
	struct value *f = a->failed = value_object(m);
	const struct migrate_script *s = sent->script;

	value_set_string(f, "file", s->path);
	value_set_string(f, "version", s->file->version);
	if (p) {
		value_set_int(f, "line", p->line);
		value_set_int(f, "column", p->column);
	}
	if (piece)
		value_set_text(f, "statement", s->text + piece->start,
		    piece->len > STATEMENT_MAX ? STATEMENT_MAX : piece->len);
	value_set_string(f, "sqlstate", r->sqlstate);
	value_set_string(f, "message", r->message);
	if (r->detail)
		value_set_string(f, "detail", r->detail);
	if (r->hint)
		value_set_string(f, "hint", r->hint);
	if (r->context)
		value_set_string(f, "context", r->context);
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

/* Our own row could not be written: why. */
static const char *
history_trouble(const struct pg_report *r)
{
	if (!strcmp(r->sqlstate, "42P01") || !strcmp(r->sqlstate, "3F000"))
		return "its row in the history cannot be written: the migration removed the history's table";
	if (!strcmp(r->sqlstate, "23505"))
		return "another run has applied it in the meantime";
	if (!strncmp(r->sqlstate, "23", 2))
		return "its COMMIT failed";
	return "its row in the history cannot be written";
}

int
migrate_blame(struct migrate_apply *a, const struct migrate_sent *sent, struct err *e)
{
	MEM_SCOPE(m);
	const struct pg_report *r = pg_report(a->x->pg);
	const struct sql_statement *piece;
	struct mem_text t = { .m = m };
	struct migrate_place p;
	size_t at = sent->from;

	if (!*r->sqlstate || !strcmp(e->word, "cancelled") || !strcmp(e->word, "connection-lost"))
		return err_in(e, "%s", sent->script->path);
	if (find(sent, r->position, pg_completed(a->x->pg), &at, &piece) == IN_TEXT) {
		p = migrate_place_of(m, sent->script->text, sent->script->len, at, sent->script->first);
		mem_text_fmt(&t, "%s:%d:%d: %s (SQLSTATE %s)\n%s", sent->script->path, p.line, p.column, r->message,
		    r->sqlstate, p.caret);
		record(step_mem(a->s), a, sent, &p, piece, r);
	} else {
		mem_text_fmt(&t, "%s: %s: %s (SQLSTATE %s)", sent->script->path, history_trouble(r), r->message,
		    r->sqlstate);
		record(step_mem(a->s), a, sent, NULL, NULL, r);
	}
	extra(&t, "DETAIL", r->detail);
	extra(&t, "HINT", r->hint);
	extra(&t, "CONTEXT", r->context);
	err_set(e, FAIL_NO, word_of(e), "%s", t.text);
	if (!strcmp(e->word, "out-of-memory"))
		err_hint(e, "one transaction locks each table it touches, and the server has room for so many locks: leave "
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
