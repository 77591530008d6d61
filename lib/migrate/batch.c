/* batch.c - one round trip for up to a hundred files; the next message is made while the server
 * works at the last. */
#include <string.h>

#include "migrate/batch.h"
#include "migrate/steps.h"
#include "pg/sql.h"

enum {
	FILES = 100,
	TEXT_MAX = 16 * 1024,           /* of one file: a longer one gains nothing */
	UNDO_SECONDS = 15,
};

/* What stands around a file's text: the text has BEFORE before it; behind it BEHIND, its row, a
 * COMMIT, and AFTER. */
struct frame {
	const char *before, *behind, *after;
	/* statements up to its COMMIT, but for the text and the row; and in AFTER */
	int inside, outside;
};

struct migrate_batch {
	struct migrate_apply *a;
	struct mem *m;
	struct mem_text message;
	const struct migrate_entry *first;
	const struct migrate_file *file[FILES];
	/* statements of the message up to the COMMIT of this file */
	int end[FILES];
	size_t count;
	int statements;
	/* SQL that makes a file's row a prepared statement; NULL: rows are INSERTs */
	const char *prepare;
	struct frame careful, plain;
};

/* Statements in SQL of our own making. */
static int
count_statements(struct mem *m, const char *sql)
{
	struct sql_script parts;
	struct err ignored;

	return sql_split(m, sql, strlen(sql), &parts, &ignored) ? 0 : (int)parts.count;
}

/* Nothing that needs a message of its own. */
static bool
fits(const struct migrate_script *s)
{
	/* between the files of a batch prepared statements stay, ours among them */
	static const char *const own_words[] = { "prepare", "deallocate", "discard" };

	if (s->steps || s->own || s->said || s->locks || s->early || s->len > TEXT_MAX)
		return false;
	for (size_t i = 0; i < sizeof own_words / sizeof *own_words; i++)
		if (strcasestr(s->text, own_words[i]))
			return false;
	for (size_t i = 0; i < s->count; i++)
		if (s->piece[i].kind == SQL_COPY_IN || s->piece[i].kind == SQL_STRINGS)
			return false;
	return true;
}

/* Does S only make, drop and describe things, in ways that evaluate no expression and so call no
 * function? Then no setting, role, cursor or temporary table comes from it, and nothing is to be
 * put back: a twentieth of the server's work. When in doubt: no. (AS: a query; OF: the bounds of a
 * partition; pg_temp: a temporary table.) */
static bool
is_plain(const struct migrate_script *s)
{
	static const char *const begins[] = { "create table ", "create sequence ", "comment on ",
		"drop table ", "drop index ", "drop view ", "drop sequence ", "grant ", "revoke " };

	if (sql_says(s->text, s->len, "as") || sql_says(s->text, s->len, "of") ||
	    strcasestr(s->text, "pg_temp"))
		return false;
	for (size_t i = 0; i < s->count; i++) {
		size_t k = 0;

		while (k < sizeof begins / sizeof *begins &&
		    strncasecmp(s->text + s->piece[i].start, begins[k], strlen(begins[k])))
			k++;
		if (k == sizeof begins / sizeof *begins)
			return false;
	}
	return true;
}

static char *
note(struct mem *m, const struct migrate_batch *b, const struct migrate_note *n)
{
	return b->prepare ? migrate_history_execute(m, b->a->history, n) :
	    migrate_history_note(m, b->a->history, &b->a->author, n);
}

/* False: ENTRY needs care, or cannot even be read. */
static bool
add(struct migrate_batch *b, const struct migrate_entry *entry)
{
	MEM_SCOPE(m);
	struct migrate_apply *a = b->a;
	const struct frame *f;
	struct migrate_script s;
	struct err ignored;
	char sum[DIGEST_HEX], *row;

	if (entry->row || entry->file->kind != MIGRATE_SQL ||
	    migrate_script_read(m, entry->file, false, a->fill, &s, &ignored) || !fits(&s) ||
	    migrate_history_sum(a->history, entry->file, sum, &ignored))
		return false;
	row = note(m, b,
	    &(struct migrate_note){ .file = entry->file,
		.loose = s.loose,
		.sum = sum,
		.count = (int)s.count,
		.seconds = MIGRATE_SECONDS,
		.since = b->count ? b->file[b->count - 1]->version : NULL });
	f = is_plain(&s) ? &b->plain : &b->careful;
	mem_text_fmt(&b->message, "%s", f->before);
	mem_text_add(&b->message, s.text, s.len);
	mem_text_fmt(&b->message, "\n;%s%sCOMMIT;%s\n", f->behind, row, f->after);
	b->statements += f->inside + (int)s.count + (b->prepare ? 1 : count_statements(m, row));
	b->file[b->count] = entry->file;
	b->end[b->count++] = b->statements;
	b->statements += f->outside;
	return true;
}

static struct frame
frame(struct mem *m, const char *before, const char *behind, const char *after)
{
	return (struct frame){ before, behind, after,
		count_statements(m, before) + count_statements(m, behind) + 1,
		count_statements(m, after) };
}

/* What the message has besides the files. Behind a proxy nothing may stay with the server's
 * connection. */
static void
start(struct migrate_batch *b)
{
	const struct migrate_session *x = b->a->x;
	static const char no_sync[] = "SET synchronous_commit=off;";
	const char *ours, *theirs;

	if (x->pooled) {
		b->careful = frame(b->m, x->begin,
		    mem_fmt(b->m, MIGRATE_SETTLE "%sSET LOCAL synchronous_commit=off;", x->reset),
		    x->end);
		b->plain = b->careful;
		return;
	}
	b->prepare = migrate_history_prepare(b->m, b->a->history, &b->a->author);
	/* what is prepared names the schema of each thing */
	ours = b->prepare ? "" : x->ours;
	theirs = b->prepare ? "" : x->theirs;
	b->careful = frame(b->m, mem_fmt(b->m, "%sBEGIN;", theirs),
	    mem_fmt(b->m, MIGRATE_SETTLE "%s%s%s", x->reset, no_sync, ours),
	    "CLOSE ALL;UNLISTEN *;DISCARD TEMP;");
	b->plain = frame(b->m, b->careful.before, ours, "");
	mem_text_fmt(&b->message, "%s%s", x->theirs, no_sync);
	b->statements = 2;
}

static struct migrate_batch *
make(struct migrate_apply *a, const struct migrate_entry *const *entry, size_t count)
{
	struct mem *m = mem_new();
	struct migrate_batch *b = mem_zero(m, 1, sizeof *b);

	b->a = a;
	b->m = b->message.m = m;
	b->first = count ? entry[0] : NULL;
	start(b);
	while (b->count < count && b->count < FILES && add(b, entry[b->count]))
		;
	if (!a->x->pooled)
		mem_text_fmt(&b->message, "RESET synchronous_commit;%s", a->x->ours);
	return b;
}

static void
drop_ahead(struct migrate_apply *a)
{
	if (a->ahead)
		mem_free(a->ahead->m);
	a->ahead = NULL;
}

/* The message that begins with ENTRY: it may be there already. */
static struct migrate_batch *
take(struct migrate_apply *a, const struct migrate_entry *const *entry, size_t count)
{
	struct migrate_batch *b = a->ahead;

	if (!b || b->first != entry[0]) {
		drop_ahead(a);
		b = make(a, entry, count);
	}
	a->ahead = NULL;
	return b;
}

static size_t
done_by(const struct migrate_batch *b, int completed)
{
	size_t n = 0;

	while (n < b->count && b->end[n] <= completed)
		n++;
	return n;
}

static void
on_notice(void *batch, const char *line)
{
	struct migrate_batch *b = batch;
	struct migrate_apply *a = b->a;
	size_t n = done_by(b, pg_completed(a->x->pg));
	const char *path = n < b->count ? b->file[n]->path : "server";

	if (!strncmp(line, "WARNING", 7))
		step_warn(a->s, "%s: %s", path, line);
	else
		step_debug(a->s, "%s: %s", path, line);
	if (value_count(a->notices) < 50)
		value_add_string(a->notices, mem_fmt(b->m, "%s: %s", path, line));
}

/* After a lost connection only the history knows. */
static int
recount(struct migrate_batch *b, size_t *done, struct err *e)
{
	struct err lost = *e;
	struct migrate_apply *a = b->a;

	if (migrate_session_reopen(a->x, UNDO_SECONDS, e) ||
	    migrate_history_load(step_mem(a->s), a->x->pg, a->history, e)) {
		err_set(e, FAIL_DIRTY, lost.word,
		    "%s\nhow many of %zu small migrations were applied cannot be told", lost.text,
		    b->count);
		return err_hint(e,
		    "when the server is back, migrate-status tells; then run migrate-apply again");
	}
	*done = 0;
	while (*done < b->count && migrate_history_holds(a->history, b->file[*done]))
		++*done;
	err_set(e, lost.code, lost.word,
	    "%s: %s\nrolled back: nothing of this file is in the database",
	    b->file[*done < b->count ? *done : b->count - 1]->path, lost.text);
	return err_hint(e, "run migrate-apply again");
}

/* The message failed at one of its files: those before it are applied. */
static int
undo(struct migrate_batch *b, size_t *done, struct err *e)
{
	struct migrate_apply *a = b->a;
	struct pg *pg = a->x->pg;
	struct err more;
	int bad;

	*done = done_by(b, pg_completed(pg));
	if (!pg_alive(pg))
		return recount(b, done, e);
	pg_shield(pg, UNDO_SECONDS);
	bad = pg_exec(pg,
	    mem_fmt(b->m, "%sRESET synchronous_commit;%s",
		pg_in_transaction(pg) ? "ROLLBACK;" : "", a->x->ours),
	    &more);
	pg_shield(pg, 0);
	if (bad)
		return recount(b, done, e);
	return strcmp(e->word, "cancelled") ? 0 : -1;
}

/* Send it, make the next one of the COUNT entries that follow, hear what became of it. */
static int
run(struct migrate_batch *b, const struct migrate_entry *const *entry, size_t count, size_t *done,
    struct err *e)
{
	struct migrate_apply *a = b->a;

	a->unsynced = true;
	if (pg_send(a->x->pg, b->message.text, e))
		return undo(b, done, e);
	if (count)
		a->ahead = make(a, entry, count);
	if (pg_receive(a->x->pg, e))
		return undo(b, done, e);
	*done = b->count;
	return 0;
}

/* What a file that ran alone has left goes away. The row is prepared in a message of its own: each
 * use of it copies the whole message that it came with. */
static int
make_ready(struct migrate_batch *b, struct err *e)
{
	struct migrate_apply *a = b->a;

	if (!a->ready && !a->x->pooled &&
	    pg_exec(a->x->pg, mem_fmt(b->m, "%s%s", a->x->between, b->prepare ? b->prepare : ""),
		e))
		return -1;
	a->ready = true;
	return 0;
}

static int
apply(struct migrate_batch *b, const struct migrate_entry *const *entry, size_t count, size_t *done,
    struct err *e)
{
	struct migrate_apply *a = b->a;
	int bad;

	/* a single one gains nothing */
	if (b->count < 2 || make_ready(b, e))
		return b->count < 2 ? 0 : -1;
	a->notices = value_array(step_mem(a->s));
	migrate_session_watch(a->x,
	    mem_fmt(b->m, "%s and %zu more", b->file[0]->path, b->count - 1));
	pg_on_notice(a->x->pg, on_notice, b);
	bad = run(b, entry + b->count, count - b->count, done, e);
	pg_on_notice(a->x->pg, NULL, NULL);
	migrate_session_watch(a->x, NULL);
	return bad;
}

int
migrate_batch_apply(struct migrate_apply *a, const struct migrate_entry *const *entry, size_t count,
    size_t *done, struct err *e)
{
	struct migrate_batch *b;
	int bad;

	*done = 0;
	if (a->observe || a->x->live || !migrate_history_batches(a->history))
		return 0;
	b = take(a, entry, count);
	bad = apply(b, entry, count, done, e);
	a->last = *done ? entry[*done - 1]->file : a->last;
	/* the next one runs alone, or the session may be another */
	if (!*done || *done < b->count)
		a->ready = false;
	mem_free(b->m);
	return bad;
}

/* A commit that waits for the disk takes all before it along; it waits only where something was
 * logged: a message that nobody reads. */
static int
sync_log(struct migrate_apply *a, struct err *e)
{
	int bad;

	pg_shield(a->x->pg, UNDO_SECONDS);
	bad = pg_exec(a->x->pg, "SELECT pg_catalog.pg_logical_emit_message(true, 'handrail', '')",
	    e);
	pg_shield(a->x->pg, 0);
	return bad;
}

/* Cut off in that. Where the server crashed, the last of them may be gone. */
static int
sync_again(struct migrate_apply *a, struct err *e)
{
	struct err lost = *e;

	if (!migrate_session_reopen(a->x, UNDO_SECONDS, e) && !sync_log(a, e) &&
	    !migrate_history_load(step_mem(a->s), a->x->pg, a->history, e) &&
	    (!a->last || migrate_history_holds(a->history, a->last)))
		return 0;
	err_set(e, FAIL_DIRTY, lost.word, "%s\nwhether the last files applied have reached the "
	    "server's disk cannot be told", lost.text);
	return err_hint(e,
	    "when the server is back, migrate-status tells; then run migrate-apply again");
}

int
migrate_batch_end(struct migrate_apply *a, struct err *e)
{
	drop_ahead(a);
	if (!a->unsynced || !pg_alive(a->x->pg) || !sync_log(a, e))
		return 0;
	return pg_alive(a->x->pg) ? -1 : sync_again(a, e);
}
