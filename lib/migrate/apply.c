/* apply.c - a migration in one transaction, with its row in the history. */
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "core/stop.h"
#include "migrate/blame.h"
#include "migrate/estimate.h"
#include "migrate/handover.h"
#include "migrate/steps.h"

enum { UNDO_SECONDS = 15 };

/* COPY's data, a chunk at a time. */
struct data {
	const char *text;
	size_t len;
};

static long
next_chunk(void *arg, const char **chunk, struct err *e)
{
	struct data *d = arg;
	size_t n = d->len > 1 << 16 ? 1 << 16 : d->len;

	(void)e;
	*chunk = d->text;
	d->text += n;
	d->len -= n;
	return (long)n;
}

int
migrate_send_text(struct migrate_apply *a, struct migrate_script *s, const char *prefix,
    size_t from, size_t to, const char *suffix, struct err *e)
{
	MEM_SCOPE(m);
	struct migrate_sent sent = { s, from, to, (int)strlen(prefix), 0 };
	struct mem_text t = { .m = m };

	for (const char *p = prefix; *p; p++)
		sent.before += *p == ';';
	mem_text_add(&t, prefix, strlen(prefix));
	mem_text_add(&t, s->text + from, to - from);
	mem_text_fmt(&t, "\n;%s", suffix);
	return pg_exec(a->x->pg, t.text, e) ? migrate_blame(a, &sent, e) : 0;
}

int
migrate_send_copy(struct migrate_apply *a, struct migrate_script *s, const struct sql_statement *p,
    struct err *e)
{
	MEM_SCOPE(m);
	struct data d = { s->text + p->data, p->data_len };
	struct migrate_sent sent = { s, p->start, p->start + p->len, 0, 0 };

	return pg_copy_in(a->x->pg, mem_dup(m, s->text + p->start, p->len), next_chunk, &d, e) ?
	    migrate_blame(a, &sent, e) : 0;
}

/* What comes before the text. A file with its own BEGIN keeps it: it may ask for an isolation
 * level. */
static int
begin(struct migrate_apply *a, struct migrate_script *s, const char **prefix, size_t *from,
    struct err *e)
{
	bool inside = pg_in_transaction(a->x->pg);

	*from = 0;
	/* of several files in one transaction the one before may have left things, too */
	*prefix = inside ? a->x->within : s->own ? a->x->between : a->x->begin;
	/* DISCARD in the same message counts as a query of the transaction */
	if (s->early && !inside) {
		if (pg_exec(a->x->pg, a->x->between, e))
			return -1;
		*prefix = *a->x->local ? *prefix : s->own ? "" : "BEGIN;";
	}
	if (!s->own || !*a->x->local || pg_in_transaction(a->x->pg))
		return 0;
	*from = s->piece[0].end;
	return migrate_send_text(a, s, "", 0, *from, a->x->local, e);
}

/* The text in as few messages as COPY's data and changes of the syntax allow; SUFFIX ends the
 * last. */
static int
send(struct migrate_apply *a, struct migrate_script *s, const char *suffix, struct err *e)
{
	const char *prefix;
	size_t from;

	if (begin(a, s, &prefix, &from, e))
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		const struct sql_statement *p = &s->piece[i];
		bool copy = p->kind == SQL_COPY_IN;

		if (!copy && p->kind != SQL_STRINGS)
			continue;
		if (migrate_send_text(a, s, prefix, from, copy ? p->start : p->start + p->len, "",
			e) ||
		    (copy && migrate_send_copy(a, s, p, e)))
			return -1;
		prefix = "";
		from = p->end;
	}
	return migrate_send_text(a, s, prefix, from, s->len, suffix, e);
}

int
migrate_apply_look(struct migrate_apply *a, const struct migrate_script *s,
    const struct sql_statement *p, double since, struct err *e)
{
	struct mem *m = step_mem(a->s);
	double seconds = clock_now() - since;
	struct value *one;

	if (!a->observe)
		return 0;
	one = value_add_object(m, a->statements);
	value_set_int(one, "line", p->line + s->first - 1);
	value_set_real(one, "seconds", (double)(long long)(seconds * 1e6 + 0.5) / 1e6);
	if (pg_observe_next(a->observer, one, e))
		return -1;
	a->seen = pg_observe_sum(m, a->observer);
	value_set(a->seen, "statements", a->statements);
	return 0;
}

/* Each statement in a message of its own, for those who look on. */
static int
send_each(struct migrate_apply *a, struct migrate_script *s, const char *suffix, struct err *e)
{
	const char *prefix;
	size_t from;

	if (begin(a, s, &prefix, &from, e) || migrate_send_text(a, s, prefix, 0, 0, "", e))
		return -1;
	for (size_t i = 0; i < s->count; i++) {
		const struct sql_statement *p = &s->piece[i];
		double since = clock_now();

		if (p->start < from)
			continue;
		migrate_session_at(a->x, (int)i + 1, (int)s->count);
		if (p->kind == SQL_COPY_IN ? migrate_send_copy(a, s, p, e) :
		    migrate_send_text(a, s, "", p->start, p->start + p->len, "", e))
			return -1;
		if (migrate_apply_look(a, s, p, since, e))
			return -1;
	}
	return migrate_send_text(a, s, "", s->len, s->len, suffix, e);
}

/* What follows the text: nothing that the file set stays, then its row, both or none. */
static char *
suffix(struct mem *m, struct migrate_apply *a)
{
	struct migrate_note n = a->note;

	n.seconds = MIGRATE_SECONDS;
	/* of several files in one transaction a later one may make good what is deferred */
	return mem_fmt(m, "%s%s%s%s%s", a->single ? "" : MIGRATE_SETTLE, a->x->reset, a->x->ours,
	    a->down ? migrate_history_forget(m, a->history, &a->author, n.file) :
		      migrate_history_note(m, a->history, &a->author, &n),
	    a->single ? "" : mem_fmt(m, "COMMIT;%s", a->x->end));
}

/* What is left behind a transaction that was rolled back. */
static const char *
nothing(const struct migrate_apply *a)
{
	return a->single ? "rolled back: nothing of this run is in the database" :
			   "rolled back: nothing of this file is in the database";
}

int
migrate_apply_outcome(struct migrate_apply *a, const struct migrate_file *f, struct err *e)
{
	struct err lost = *e;

	if (migrate_session_reopen(a->x, UNDO_SECONDS, e) ||
	    migrate_history_load(step_mem(a->s), a->x->pg, a->history, e)) {
		err_set(e, FAIL_DIRTY, lost.word, "%s\nwhether it was committed cannot be told",
		    lost.text);
		return err_hint(e,
		    "when the server is back, migrate-status tells; then run migrate-apply again");
	}
	if (migrate_history_holds(a->history, f) != a->down)
		return 0;
	*e = lost;
	migrate_blame_state(a, true, nothing(a), e);
	return err_hint(e, "run migrate-apply again");
}

/* End the failed transaction; the message says what that leaves. */
static int
undo(struct migrate_apply *a, const struct migrate_script *s, struct err *e)
{
	struct err more;
	int bad;

	if (!pg_alive(a->x->pg))
		return migrate_apply_outcome(a, s->file, e);
	pg_shield(a->x->pg, UNDO_SECONDS);
	bad = pg_in_transaction(a->x->pg) && pg_exec(a->x->pg, "ROLLBACK", &more);
	pg_shield(a->x->pg, 0);
	if (bad)
		return migrate_apply_outcome(a, s->file, e);
	return migrate_blame_state(a, true, nothing(a), e);
}

/* "must be called before any query", of SET TRANSACTION ISOLATION LEVEL, and "cannot be executed
 * from a function" have the state of "cannot run inside a transaction block", and nothing is won
 * without one. */
static bool
is_hopeless(const struct migrate_apply *a)
{
	static const char *const words[] = { "set ", "begin ", "start " };
	const char *statement = value_get_string(a->failed, "statement");
	const struct pg_report *r = pg_report(a->x->pg);

	if (strcmp(r->sqlstate, "25001"))
		return false;
	if (r->context && *r->context)
		return true;
	for (size_t i = 0; statement && i < sizeof words / sizeof *words; i++)
		if (!strncasecmp(statement, words[i], strlen(words[i])))
			return true;
	return false;
}

enum migrate_verdict
migrate_verdict(const struct migrate_apply *a)
{
	static const struct {
		char state[6];
		enum migrate_verdict verdict;
	} known[] = {
		{ "55P03", MIGRATE_TRY_AGAIN },
		{ "40P01", MIGRATE_TRY_AGAIN },
		{ "40001", MIGRATE_TRY_AGAIN },
		/* "cannot run inside a transaction block"; a value added to an enum and used in the
		   same transaction */
		{ "25001", MIGRATE_NO_BLOCK },
		{ "55P04", MIGRATE_NO_BLOCK },
		/* a procedure that commits */
		{ "2D000", MIGRATE_COMMITS },
	};

	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (!strcmp(pg_report(a->x->pg)->sqlstate, known[i].state))
			return known[i].verdict == MIGRATE_NO_BLOCK && is_hopeless(a) ?
			    MIGRATE_FINAL :
			    known[i].verdict;
	return MIGRATE_FINAL;
}

/* The script's own BEGIN goes, too: each statement is for itself now. */
static void
dissolve(struct migrate_script *s)
{
	if (s->own) {
		s->piece++;
		s->count--;
		s->own = false;
	}
	s->steps = true;
}

static int
in_transaction(struct migrate_apply *a, struct migrate_script *s, struct err *e)
{
	MEM_SCOPE(m);
	double deadline = clock_now() + a->x->settings->lock_budget;
	char *end = suffix(m, a);

	for (int try = 0;; try++) {
		enum migrate_verdict verdict;

		a->failed = NULL;
		a->statements = value_array(step_mem(a->s));
		if (!(a->observe || a->x->live ? send_each : send)(a, s, end, e))
			return 0;
		verdict = migrate_verdict(a);
		if (!undo(a, s, e))
			return 0;
		if (e->code == FAIL_DIRTY || verdict == MIGRATE_FINAL ||
		    verdict == MIGRATE_COMMITS || a->single)
			return -1;
		if (verdict == MIGRATE_NO_BLOCK) {
			dissolve(s);
			return migrate_apply_steps(a, s, NULL, e);
		}
		if (migrate_session_back_off(a->x, try, deadline, e))
			return -1;
	}
}

static void
on_notice(void *apply, const char *line)
{
	struct migrate_apply *a = apply;

	if (a->notices && value_count(a->notices) < 50)
		value_add_string(a->notices, line);
	migrate_session_clear(a->x);
	if (!strncmp(line, "WARNING", 7))
		step_warn(a->s, "%s: %s", a->x->doing ? a->x->doing : "server", line);
	else
		step_debug(a->s, "%s", line);
}

int
migrate_apply_entry(struct migrate_apply *a, const struct migrate_entry *entry, struct err *e)
{
	MEM_SCOPE(m);
	char sum[DIGEST_HEX];
	struct migrate_script s;
	int bad;

	a->notices = value_array(step_mem(a->s));
	if (migrate_history_sum(a->history, entry->file, sum, e))
		return -1;
	if (migrate_script_read(m, entry->file, a->down, a->fill, &s, e)) {
		a->note = (struct migrate_note){ .file = entry->file,
			.loose = s.loose,
			.sum = sum };
		return a->fill->psql && !strcmp(e->word, "psql-command") ?
		    migrate_apply_psql(a, entry, e) :
		    -1;
	}
	for (const char *line = s.said; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL)
		step_say(a->s, "%.*s", (int)strcspn(line, "\n"), line);
	a->note = (struct migrate_note){ .file = entry->file,
		.loose = s.loose,
		.sum = sum,
		.count = (int)s.count };
	a->seen = NULL;
	if (a->observe && !(a->observer = pg_observe_start(step_mem(a->s), a->x->pg, e)))
		return -1;
	migrate_session_watch(a->x, s.path);
	pg_on_notice(a->x->pg, on_notice, a);
	if (a->single && (s.steps || (s.own && pg_in_transaction(a->x->pg))))
		bad = err_set(e, FAIL_NO, "not-in-one",
		    "%s: %s, so it cannot be part of --single-transaction", s.path,
		    s.own ? "it has a BEGIN and COMMIT of its own" :
			    "something in it cannot run in a transaction");
	else
		bad = s.steps ? migrate_apply_steps(a, &s, entry->row, e) :
				in_transaction(a, &s, e);
	if (!bad && s.locks && !a->single)
		bad = migrate_session_clear_locks(a->x, e);
	pg_on_notice(a->x->pg, NULL, NULL);
	migrate_session_watch(a->x, NULL);
	if (bad)
		migrate_session_own(a->x);
	if (a->seen)
		migrate_estimate_locks(step_mem(a->s), a->seen, s.steps);
	return bad;
}

/* SQL on the history alone, for FILE as it is now. */
static int
rewrite(struct migrate_apply *a, const struct migrate_entry *entry, const char *how, struct err *e)
{
	MEM_SCOPE(m);
	char sum[DIGEST_HEX], loose[DIGEST_HEX], *text, *sql;
	struct migrate_note n = { .file = entry->file,
		.sum = sum,
		.loose = loose,
		.seconds = "0",
		.how = how,
		.from = entry->row };
	size_t len;
	int first;

	if (!(text = migrate_file_text(m, entry->file, false, &len, &first, e)) ||
	    migrate_history_sum(a->history, entry->file, sum, e))
		return -1;
	migrate_file_loose(loose, entry->file, text, len);
	sql = how ? migrate_history_note(m, a->history, &a->author, &n) :
		    migrate_history_accept(m, a->history, &n);
	if (!sql)
		return err_set(e, FAIL_TROUBLE, "usage", "--accept-changed: %s keeps no checksum",
		    a->history->table);
	return pg_exec(a->x->pg, sql, e) ? err_in(e, "%s", a->history->table) : 0;
}

int
migrate_apply_mark(struct migrate_apply *a, const struct migrate_entry *entry, const char *how,
    struct err *e)
{
	return rewrite(a, entry, how, e);
}

int
migrate_apply_accept(struct migrate_apply *a, const struct migrate_entry *entry, struct err *e)
{
	return rewrite(a, entry, NULL, e);
}
