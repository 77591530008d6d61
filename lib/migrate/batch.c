/* batch.c - one round trip for up to a hundred files. */
#include <string.h>

#include "migrate/batch.h"
#include "migrate/steps.h"
#include "pg/sql.h"

enum {
	FILES = 100,
	TEXT_MAX = 16 * 1024,           /* of one file: a longer one gains nothing */
	UNDO_SECONDS = 15,
};

struct batch {
	struct migrate_apply *a;
	struct mem *m;
	struct mem_text message;
	const struct migrate_file *file[FILES];
	int end[FILES];                 /* statements of the message up to the end of this file */
	size_t count;
	int statements;
	int around;                     /* of those, what each file has before it and behind it, but for its row */
	bool prepared;                  /* the row is a prepared statement */
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

static const char own_begin[] = "CLOSE ALL;UNLISTEN *;DISCARD TEMP;BEGIN;", no_sync[] = "SET LOCAL synchronous_commit=off;";

static const char *
begin(const struct batch *b)
{
	return b->a->x->pooled ? b->a->x->begin : own_begin;
}

static char *
note(struct mem *m, const struct batch *b, const struct migrate_note *n)
{
	return b->prepared ? migrate_history_execute(m, b->a->history, n) :
	    migrate_history_note(m, b->a->history, &b->a->author, n);
}

/* False: ENTRY needs care, or cannot even be read. */
static bool
add(struct batch *b, const struct migrate_entry *entry)
{
	MEM_SCOPE(m);
	struct migrate_apply *a = b->a;
	struct migrate_script s;
	struct err ignored;
	char sum[DIGEST_HEX], *row;

	if (entry->row || entry->file->kind != MIGRATE_SQL ||
	    migrate_script_read(m, entry->file, false, a->fill, &s, &ignored) || !fits(&s) ||
	    migrate_history_sum(a->history, entry->file, sum, &ignored))
		return false;
	row = note(m, b, &(struct migrate_note){ .file = entry->file, .loose = s.loose, .sum = sum, .count = (int)s.count,
	    .seconds = MIGRATE_SECONDS });
	mem_text_fmt(&b->message, "%s%s", begin(b), no_sync);
	mem_text_add(&b->message, s.text, s.len);
	mem_text_fmt(&b->message, "\n;%s%sCOMMIT;%s\n", a->x->reset, row, a->x->end);
	b->statements += b->around + (int)s.count + (b->prepared ? 1 : count_statements(m, row));
	b->file[b->count] = entry->file;
	b->end[b->count++] = b->statements;
	return true;
}

static size_t
done_by(const struct batch *b, int completed)
{
	size_t n = 0;

	while (n < b->count && b->end[n] <= completed)
		n++;
	return n;
}

static void
on_notice(void *batch, const char *line)
{
	struct batch *b = batch;
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
recount(struct batch *b, size_t *done, struct err *e)
{
	struct err lost = *e;
	struct migrate_apply *a = b->a;

	if (migrate_session_reopen(a->x, UNDO_SECONDS, e) ||
	    migrate_history_load(step_mem(a->s), a->x->pg, a->history, e)) {
		err_set(e, FAIL_DIRTY, lost.word, "%s\nhow many of %zu small migrations were applied cannot be told",
		    lost.text, b->count);
		return err_hint(e, "when the server is back, migrate-status tells; then run migrate-apply again");
	}
	*done = 0;
	while (*done < b->count && migrate_history_holds(a->history, b->file[*done]))
		++*done;
	err_set(e, lost.code, lost.word, "%s: %s\nrolled back: nothing of this file is in the database",
	    b->file[*done < b->count ? *done : b->count - 1]->path, lost.text);
	return err_hint(e, "run migrate-apply again");
}

static int
run(struct batch *b, size_t *done, struct err *e)
{
	struct migrate_apply *a = b->a;
	struct err more;
	int bad;

	a->unsynced = true;
	if (!pg_exec(a->x->pg, b->message.text, e)) {
		*done = b->count;
		return 0;
	}
	*done = done_by(b, pg_completed(a->x->pg));
	if (!pg_alive(a->x->pg))
		return recount(b, done, e);
	pg_shield(a->x->pg, UNDO_SECONDS);
	bad = pg_in_transaction(a->x->pg) && pg_exec(a->x->pg, "ROLLBACK", &more);
	pg_shield(a->x->pg, 0);
	if (bad)
		return recount(b, done, e);
	return strcmp(e->word, "cancelled") ? 0 : -1;
}

/* What comes before the first file; behind a proxy nothing may stay prepared. */
static void
start(struct batch *b)
{
	struct migrate_apply *a = b->a;
	const char *prepare = a->x->pooled ? NULL : migrate_history_prepare(b->m, a->history, &a->author, MIGRATE_SECONDS);

	b->prepared = prepare != NULL;
	mem_text_fmt(&b->message, "%s%s", a->x->between, prepare ? prepare : "");
	b->statements = count_statements(b->m, b->message.text);
	b->around = count_statements(b->m, mem_fmt(b->m, "%s%s%s%sCOMMIT", begin(b), no_sync, a->x->reset, a->x->end));
}

int
migrate_batch_apply(struct migrate_apply *a, const struct migrate_entry *const *entry, size_t count, size_t *done,
    struct err *e)
{
	MEM_SCOPE(m);
	struct batch *b = mem_zero(m, 1, sizeof *b);
	int bad = 0;

	b->a = a;
	b->m = m;
	b->message.m = m;
	start(b);
	*done = 0;
	while (!a->observe && !a->x->live && b->count < count && b->count < FILES && add(b, entry[b->count]))
		;
	/* a single one gains nothing */
	if (b->count < 2)
		return 0;
	a->notices = value_array(step_mem(a->s));
	migrate_session_watch(a->x, mem_fmt(m, "%s and %zu more", b->file[0]->path, b->count - 1));
	pg_on_notice(a->x->pg, on_notice, b);
	bad = run(b, done, e);
	pg_on_notice(a->x->pg, NULL, NULL);
	migrate_session_watch(a->x, NULL);
	return bad;
}

int
migrate_batch_flush(struct migrate_apply *a, struct err *e)
{
	int bad;

	if (!a->unsynced || !pg_alive(a->x->pg))
		return 0;
	pg_shield(a->x->pg, UNDO_SECONDS);
	/* a commit that waits for the disk takes all before it along */
	bad = pg_exec(a->x->pg, "SELECT pg_catalog.txid_current()", e);
	pg_shield(a->x->pg, 0);
	return bad;
}
