/* steps.c - statement by statement; each one's progress is committed with it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "migrate/blame.h"
#include "migrate/index.h"
#include "migrate/steps.h"

enum { UNDO_SECONDS = 15 };

/* Pieces FROM up to and with TO that are done or not done together. */
struct unit {
	size_t from, to;
};

/* A BEGIN takes all up to its COMMIT. */
static struct unit
unit_at(const struct migrate_script *s, size_t i)
{
	struct unit u = { i, i };

	if (s->piece[i].kind == SQL_BEGIN)
		while (u.to + 1 < s->count && s->piece[u.to].kind != SQL_COMMIT)
			u.to++;
	return u;
}

static int
count_units(const struct migrate_script *s)
{
	int n = 0;

	for (size_t i = 0; i < s->count; i = unit_at(s, i).to + 1)
		n++;
	return n;
}

/* Statement DONE of TOTAL is done, together with the row that says so. */
struct progress {
	int done, total;
	bool silent;            /* an earlier run has told of it */
};

static const char *
note(struct mem *m, struct migrate_apply *a, const struct progress *p, const char *seconds)
{
	bool keeps = migrate_history_has_progress(a->history) && !a->down;
	struct migrate_note n = a->note;

	n.done = keeps ? p->done : 0;
	n.total = keeps ? p->total : 0;
	n.seconds = seconds;
	/* a history without room for progress hears of the end only */
	if (p->silent || (!keeps && p->done < p->total))
		return "";
	return a->down ? migrate_history_forget(m, a->history, &a->author, n.file) :
	    migrate_history_note(m, a->history, &a->author, &n);
}

/* The row is written by who migrates, whatever role the file has taken, and means the system's
 * names; behind the COMMIT the role and the names are the file's again. */
static char *
as_self(struct mem *m, const char *row)
{
	return mem_fmt(m, "%s%s",
	    *row ? MIGRATE_SETTLE "SET LOCAL SESSION AUTHORIZATION DEFAULT;SET LOCAL ROLE NONE;"
				  PG_OWN_NAMES_LOCAL :
		   "",
	    row);
}

/* Does this statement set up the session for those after it? Then a run that goes on later needs it
 * again. */
static bool
sets_up(const struct migrate_script *s, const struct sql_statement *p)
{
	const char *t = s->text + p->start;

	return p->kind == SQL_OTHER && p->len > 4 && !strncasecmp(t, "set ", 4) &&
	    strncasecmp(t + 4, "local ", 6) && strncasecmp(t + 4, "constraints ", 12);
}

static int
run_alone(struct migrate_apply *a, struct migrate_script *s, const struct sql_statement *p,
    struct err *e)
{
	char *text = s->text + p->start, after = text[p->len];
	struct migrate_sent sent = { s, p->start, p->start + p->len, 0, 0 };
	int bad;

	text[p->len] = 0;
	bad = pg_exec(a->x->pg, text, e);
	text[p->len] = after;
	return bad ? migrate_blame(a, &sent, e) : 0;
}

static int
send_alone(struct migrate_apply *a, struct migrate_script *s, const struct sql_statement *p,
    const struct progress *done, struct err *e)
{
	MEM_SCOPE(m);
	/* CONCURRENTLY waits for old transactions without standing in anybody's way */
	bool patient = migrate_index_is_concurrent(s, p) && !a->x->pooled;
	double since = clock_now();
	const char *row;

	if (patient && pg_exec(a->x->pg, "SET lock_timeout=0", e))
		return -1;
	if (run_alone(a, s, p, e))
		return -1;
	row = note(m, a, done, mem_fmt(m, "%.3f", clock_now() - since));
	return pg_exec(a->x->pg,
	    mem_fmt(m, "%sBEGIN;%sCOMMIT", patient ? migrate_session_timeouts(m, a->x) : "",
		as_self(m, row)),
	    e);
}

/* The row, and the end of the transaction; behind a proxy nothing may stay with the connection. */
static char *
end_of_unit(struct mem *m, struct migrate_apply *a, const struct progress *done)
{
	const char *row = note(m, a, done, MIGRATE_SECONDS);

	return a->x->pooled ? mem_fmt(m, MIGRATE_SETTLE "%s%sCOMMIT;%s", a->x->reset, row,
				  a->x->end) :
			      mem_fmt(m, "%sCOMMIT;", as_self(m, row));
}

static int
send_unit(struct migrate_apply *a, struct migrate_script *s, const struct unit *u,
    const struct progress *done, struct err *e)
{
	MEM_SCOPE(m);
	const struct sql_statement *first = &s->piece[u->from], *last = &s->piece[u->to];
	const char *end = end_of_unit(m, a, done);

	switch (first->kind) {
	case SQL_ALONE:
		return send_alone(a, s, first, done, e);
	case SQL_COPY_IN:
		return pg_exec(a->x->pg, mem_fmt(m, "BEGIN;%s", a->x->local), e) ||
			migrate_send_copy(a, s, first, e) ?
		    -1 :
		    pg_exec(a->x->pg, end, e);
	case SQL_BEGIN:
		return (*a->x->local &&
			   migrate_send_text(a, s, "", first->start, first->end, a->x->local, e)) ?
		    -1 :
		    migrate_send_text(a, s, "", *a->x->local ? first->end : first->start,
			last->start, end, e);
	default:
		return migrate_send_text(a, s, mem_fmt(m, "BEGIN;%s", a->x->local), first->start,
		    last->start + last->len, end, e);
	}
}

/* The same, statement by statement, with a look behind each: before the end of its transaction, if
 * it has one. */
static int
send_observed(struct migrate_apply *a, struct migrate_script *s, const struct unit *u,
    const struct progress *done, struct err *e)
{
	MEM_SCOPE(m);
	const struct sql_statement *first = &s->piece[u->from];
	bool own = first->kind == SQL_BEGIN;
	double since = clock_now();

	if (first->kind == SQL_ALONE)
		return send_alone(a, s, first, done, e) ? -1 :
							  migrate_apply_look(a, s, first, since, e);
	if (!own && pg_exec(a->x->pg, mem_fmt(m, "BEGIN;%s", a->x->local), e))
		return -1;
	for (size_t i = u->from; i <= u->to - own; i++) {
		const struct sql_statement *p = &s->piece[i];

		since = clock_now();
		if (p->kind == SQL_COPY_IN ? migrate_send_copy(a, s, p, e) :
		    migrate_send_text(a, s, "", p->start, p->start + p->len, "", e))
			return -1;
		if (migrate_apply_look(a, s, p, since, e))
			return -1;
	}
	return pg_exec(a->x->pg, end_of_unit(m, a, done), e);
}

static bool
begins(const struct migrate_script *s, const struct sql_statement *p, const char *word)
{
	size_t n = strlen(word);

	return p->len > n && !strncasecmp(s->text + p->start, word, n) &&
	    !isalnum((unsigned char)s->text[p->start + n]);
}

/* May P, run by itself, have done a part of its work? CALL and DO what they committed;
 * CONCURRENTLY, but for an index that is built, an index that is not valid or a partition half
 * detached, unless it failed before it began. */
static bool
may_leave(const struct migrate_apply *a, const struct migrate_script *s,
    const struct sql_statement *p)
{
	const char *state = pg_report(a->x->pg)->sqlstate;

	if (begins(s, p, "call") || begins(s, p, "do"))
		return true;
	return migrate_index_is_concurrent(s, p) && !begins(s, p, "create") &&
	    !begins(s, p, "reindex") && strncmp(state, "42", 2) && strncmp(state, "0A", 2);
}

/* What a failed unit left behind goes away; true when nothing of it is left. */
static bool
undo(struct migrate_apply *a, const struct migrate_script *s, const struct unit *u)
{
	bool alone = s->piece[u->from].kind == SQL_ALONE,
	     left = alone && may_leave(a, s, &s->piece[u->from]);
	struct err ignored;
	bool clean;

	if (!pg_alive(a->x->pg))
		return false;
	pg_shield(a->x->pg, UNDO_SECONDS);
	clean = !pg_in_transaction(a->x->pg) || !pg_exec(a->x->pg, "ROLLBACK", &ignored);
	if (clean && alone)
		clean = !migrate_index_clear(a, s, &s->piece[u->from], &ignored);
	pg_shield(a->x->pg, 0);
	return clean && !left;
}

static int
one_unit(struct migrate_apply *a, struct migrate_script *s, const struct unit *u,
    const struct progress *done, bool *clean, struct err *e)
{
	double deadline = clock_now() + a->x->settings->lock_budget;
	struct sql_statement *p = &s->piece[u->from];

	for (int try = 0;; try++) {
		enum migrate_verdict verdict;

		a->failed = NULL;
		/* an invalid index that an earlier run left would make this one fail, or pass for a
		 * good one */
		if (p->kind == SQL_ALONE && migrate_index_clear(a, s, p, e))
			return -1;
		if (!(a->observe ? send_observed : send_unit)(a, s, u, done, e))
			return 0;
		verdict = migrate_verdict(a);
		*clean = undo(a, s, u);
		if ((verdict == MIGRATE_NO_BLOCK || verdict == MIGRATE_COMMITS) && *clean &&
		    p->kind != SQL_COPY_IN && p->kind != SQL_BEGIN && p->kind != SQL_ALONE)
			p->kind = SQL_ALONE;
		else if (verdict != MIGRATE_TRY_AGAIN || !*clean ||
		    migrate_session_back_off(a->x, try, deadline, e))
			return -1;
	}
}

static int
blame_half(struct migrate_apply *a, bool clean, int done, int total, struct err *e)
{
	char text[200] = "";

	if (!done && clean)
		return migrate_blame_state(a, true,
		    "it was the first statement, and nothing of it is left", e);
	if (done)
		snprintf(text, sizeof text, "%d of %d statements of this file are done and stay; ",
		    done, total);
	snprintf(text + strlen(text), sizeof text - strlen(text), "%s",
	    clean ? "nothing is left of the one that failed" :
		    "a part of the one that failed may be done, and stays");
	migrate_blame_state(a, false, text, e);
	e->code = FAIL_DIRTY;
	snprintf(e->word, sizeof e->word, "half-applied");
	if (!migrate_history_has_progress(a->history))
		return err_hint(e,
		    "%s has no room for this: run the rest by hand, and note it there; or keep the "
		    "history "
		    "in handrail.history: --import-history",
		    a->history->table);
	return err_hint(e,
	    "mend the cause and run migrate-apply again: it goes on at statement %d; if it is the "
	    "file that must be changed: --accept-changed %s",
	    done + 1, a->note.file->version);
}

/* Behind a proxy each statement may have another connection. */
static int
check_settings(const struct migrate_script *s, struct err *e)
{
	for (size_t i = 0; i < s->count; i++)
		if (sets_up(s, &s->piece[i])) {
			err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s:%d: this file runs statement by statement, and behind a proxy that "
			    "pools transactions a SET does not reach the next one",
			    s->path, s->piece[i].line + s->first - 1);
			return err_hint(e, "connect to the server itself");
		}
	return 0;
}

int
migrate_apply_steps(struct migrate_apply *a, struct migrate_script *s,
    const struct migrate_row *row, struct err *e)
{
	MEM_SCOPE(m);
	int total = count_units(s), skip = row ? row->done : 0, n = 0;
	struct unit u;

	if ((a->x->pooled && check_settings(s, e)) ||
	    (*a->x->theirs && pg_exec(a->x->pg, a->x->theirs, e)))
		return -1;
	a->statements = value_array(step_mem(a->s));
	if (skip)
		step_say(a->s, "%s: going on at statement %d of %d", s->path, skip + 1, total);
	for (size_t i = 0; i < s->count; i = u.to + 1, n++) {
		struct progress done = { n + 1, total, n < skip };
		bool clean = true;

		u = unit_at(s, i);
		if (done.silent && !sets_up(s, &s->piece[i]))
			continue;
		migrate_session_at(a->x, n + 1, total);
		if (one_unit(a, s, &u, &done, &clean, e))
			return blame_half(a, clean, n, total, e);
		step_debug(a->s, "%s: %d of %d statements", s->path, n + 1, total);
	}
	return a->x->pooled ? 0 :
	    pg_exec(a->x->pg, mem_fmt(m, "%s%s%s", a->x->between, a->x->reset, a->x->ours), e);
}
