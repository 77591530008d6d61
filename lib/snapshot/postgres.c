/* postgres.c - takes a Postgres database: plain tables by our own threads, all else by pg_dump, in
 * one snapshot. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/proc.h"
#include "pg/fingerprint.h"
#include "pg/scratch.h"
#include "snapshot/clone.h"
#include "snapshot/copy.h"
#include "snapshot/exclude.h"
#include "snapshot/facts.h"
#include "snapshot/globals.h"
#include "snapshot/left.h"
#include "snapshot/progress.h"
#include "snapshot/properties.h"
#include "snapshot/session.h"
#include "snapshot/spool.h"
#include "snapshot/tables.h"

enum {
	TRIES = 5, /* new snapshots because tables changed under us */
	/* How long pg_dump waits for its locks behind somebody who waits for our leader's to end:
	 * short, as only to let him go first helps; longer, when it may not be that, after each so
	 * many attempts. */
	PATIENCE = 50,  /* ms; and so much for each */
	TABLES = 10,
	PATIENT = 10,
	ATTEMPTS = 6,   /* at least, however long each takes */
};

struct state {
	/* its transaction holds the snapshot and the locks until all is copied */
	struct pg *leader;
	const char *snapshot;
	/* where pg_dump is: looked for before the snapshot, as it takes time */
	const char *bin;
	struct tables tables;
	struct clone *clone;    /* that was made, or NULL */
};

/* Taking the snapshot */

static int
connect(struct mem *m, struct store *s, struct state *st, struct err *e)
{
	if (!(st->leader = pg_open(m, s->spec, NULL, e)))
		return -1;
	return session_set(st->leader, e) ? err_in(e, "%s", pg_uri(st->leader)) : 0;
}

static int
open_store(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	struct state *st = s->state = mem_zero(m, 1, sizeof *st);
	const char *version;

	if (connect(m, s, st, e))
		return -1;
	if (!s->name)
		s->name = mem_string(m, pg_database(st->leader));
	facts_of_server(m, st->leader, s->facts);
	st->bin = pg_find_bindir(m, "pg_dump", pg_server_version(st->leader) / 10000, &version, e);
	if (!st->bin)
		return -1;
	/* for the restore, which needs a pg_restore that knows what this pg_dump writes */
	value_set_string(s->facts, "client_version", version);
	tables_note(m, t, s->facts);
	return tables_check(st->leader, t, e) ? err_in(e, "%s", pg_uri(st->leader)) : 0;
}

/* A transaction with a snapshot. */
static int
fix(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	struct state *st = s->state;
	struct pg *pg = st->leader;
	struct pg_rows *r;
	long long wait = (long long)(t->lock_timeout * 1000);

	if (session_begin(pg, NULL, wait, e))
		return err_in(e, "%s", pg_uri(pg));
	/* those that were listed before, unless they are gone by now */
	if (tables_lock(pg, &st->tables, e) &&
	    (!strcmp(e->word, "lock-timeout") || pg_exec(pg, "ROLLBACK", e) ||
		session_begin(pg, NULL, wait, e)))
		return err_in(e, "%s", pg_uri(pg));
	s->begun = clock_unix_ms();
	if (!(r = pg_query(m, pg, e, "SELECT pg_catalog.pg_export_snapshot()", 0, NULL)))
		return err_in(e, "%s", pg_uri(pg));
	s->ended = clock_unix_ms();
	st->snapshot = pg_rows_text(r, 0, 0);
	return 0;
}

static int
freeze(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	struct state *st = s->state;
	const char *database = mem_string(m, pg_database(st->leader));

	if (t->clone) {
		/* we, too, are somebody who is connected */
		pg_close(st->leader);
		if (!(st->clone = clone_make(m, s->spec, database, t->clone, e)) ||
		    connect(m, s, st, e))
			return -1;
		value_set_string(s->facts, "clone", t->clone);
	}
	return fix(m, s, t, e);
}

/* The catalog could not be read. */
static int
unread(const struct pg *pg, struct err *e)
{
	if (!strcmp(e->word, "sql-22021"))
		err_hint(e,
		    "the database checks no encoding (SQL_ASCII), and a name or a comment in its "
		    "catalog is no UTF-8: rename it (rows and functions may hold such bytes)");
	return err_in(e, "%s", pg_uri(pg));
}

/* List and lock the tables that the snapshot sees; and again, with a new one, when they have
 * changed since. */
static int
settle(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	struct state *st = s->state;
	struct pg *pg = st->leader;
	bool changed;

	for (int i = 0; i < TRIES; i++) {
		if (i && (pg_exec(pg, "ROLLBACK", e) || fix(m, s, t, e)))
			return -1;
		if (facts_of_snapshot(m, pg, s->facts, e) ||
		    tables_list(m, pg, t, &st->tables, &changed, e))
			return unread(pg, e);
		if (changed)
			continue;
		if (facts_of_contents(m, pg, s->facts, e) || globals_read(m, pg, s->facts, e))
			return unread(pg, e);
		return t->clone &&
			(clone_tell(m, pg, t->clone, t->say, t->arg, e) ||
			    properties_apply(m, s->facts, s->spec, t->clone, t->say, t->arg, e)) ?
		    -1 :
		    0;
	}
	err_set(e, FAIL_TROUBLE, "changing",
	    "%s: tables are dropped, emptied or rewritten all the time: %d snapshots "
	    "were out of date before their tables were locked",
	    pg_uri(pg), (int)TRIES);
	return err_hint(e, "try again when no migration or bulk load runs");
}

static void
undo(struct store *s)
{
	struct state *st = s->state;

	if (st)
		clone_drop(st->clone);
}

/* pg_dump */

static int
dump_failed(const struct proc_result *r, struct err *e)
{
	const char *line = strstr(r->output, "error: ");
	/* as --lock-wait-timeout ends its LOCK TABLE */
	bool queued = strstr(r->output, "due to statement timeout") != NULL;

	line = line ? line + 7 : r->output_len ? r->output : "without a word";
	err_set(e, FAIL_TROUBLE,
	    strstr(r->output, "No space left") ? "no-space" :
		queued			       ? "lock-timeout" :
						 "pg-dump",
	    "pg_dump ended with %s %d: %.*s", r->signal ? "signal" : "exit status",
	    r->signal ? r->signal : r->status, (int)strcspn(line, "\n"), line);
	return -1;
}

/* pg_dump at work, beside all this, on what our threads do not copy. */
struct dump {
	struct pool *pool;
	struct mem *m;          /* of its thread */
	struct proc_spec spec;
	int fd;                 /* what it writes */
};

static void
drop_dump(void *arg)
{
	mem_free(((struct dump *)arg)->m);
}

static int
run_dump(void *dump, size_t i, struct err *e)
{
	struct dump *d = dump;
	struct proc_result result;

	(void)i;
	if (proc_run(d->m, &d->spec, &result, e))
		return -1;
	return result.status ? dump_failed(&result, e) : 0;
}

/* For locks it waits WAIT ms. */
static const char **
dump_command(struct mem *m, struct store *s, const struct store_taking *t, long long wait)
{
	static const char *const fixed[] = { "--format=custom", "--compress=0", "--no-password",
		"--load-via-partition-root" };
	struct state *st = s->state;
	size_t n = 0, count;
	const char **options = exclude_options(m, &st->tables, &count);
	const char **argv = mem_zero(m, count + t->schemas.count + 12, sizeof *argv);

	argv[n++] = mem_fmt(m, "%s/pg_dump", st->bin);
	for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
		argv[n++] = fixed[i];
	argv[n++] = mem_fmt(m, "--snapshot=%s", st->snapshot);
	/* the encoding that our patterns are in; a database without one has no other */
	argv[n++] = strcmp(value_get_string(s->facts, "encoding"), "SQL_ASCII") ?
	    "--encoding=UTF8" :
	    "--encoding=SQL_ASCII";
	argv[n++] = mem_fmt(m, "--lock-wait-timeout=%lld", wait);
	for (size_t i = 0; i < t->schemas.count; i++)
		argv[n++] = mem_fmt(m, "--schema=%s", pg_quote_exactly(m, t->schemas.item[i]));
	for (size_t i = 0; i < count; i++)
		argv[n++] = options[i];
	return argv;
}

static struct dump *
start_dump(struct mem *m, struct store *s, const struct store_taking *t, long long wait,
    struct err *e)
{
	struct dump *d = mem_zero(m, 1, sizeof *d);
	const char **argv = dump_command(m, s, t, wait);
	void *const worker[] = { d };

	if ((d->fd = spool_open(m, t->directory, e)) < 0)
		return NULL;
	d->m = mem_new();
	mem_own(m, d, drop_dump);
	d->spec = (struct proc_spec){ .argv = argv,
		.env = pg_environment(m, ((struct state *)s->state)->leader),
		.in = -1,
		.out = d->fd,
		.errfd = -1 };
	d->pool = pool_start(m, worker, 1, 1, run_dump, e);
	return d->pool ? d : NULL;
}

/* What goes on beside the copying. pg_dump takes longest where there are many tables: as it has one
 * of the threads for itself the copying leaves it a processor. */

struct beside {
	struct dump *dump;
	struct mem *m;          /* of the fingerprint's thread */
	const char *spec, *snapshot;
	const char *fingerprint;        /* of the schema; NULL: there is none, for the reason WHY */
	struct err why;
};

enum { WAIT_FOR_DUMP, FINGERPRINT, BESIDE };

static void
drop_beside(void *arg)
{
	mem_free(((struct beside *)arg)->m);
}

static int
do_beside(void *beside, size_t i, struct err *e)
{
	struct beside *b = beside;

	if (i == WAIT_FOR_DUMP)
		return pool_wait(b->dump->pool, e);
	b->fingerprint = pg_fingerprint(b->m, b->spec, b->snapshot, &b->why);
	return b->fingerprint || strcmp(b->why.word, "cancelled") ? 0 : (*e = b->why, -1);
}

static struct beside *
plan_beside(struct mem *m, const struct store *s, struct dump *d)
{
	struct beside *b = mem_zero(m, 1, sizeof *b);

	b->m = mem_new();
	b->spec = s->spec;
	b->snapshot = ((struct state *)s->state)->snapshot;
	b->dump = d;
	return mem_own(m, b, drop_beside);
}

/* An archive is as good without. */
static void
note_fingerprint(struct store *s, const struct store_taking *t, const struct beside *b)
{
	if (!b->fingerprint)
		t->say(t->arg,
		    mem_fmt(b->m, "%s: without a fingerprint: %s", s->name, b->why.text));
	value_set_string(s->facts, "schema_fingerprint", b->fingerprint);
}

/* Into the archive */

/* Each table with its rows, and the statement that loads them again. */
static int
list_tables(struct mem *m, struct store *s, const struct tables *t, struct err *e)
{
	struct value *list = value_set_array(m, s->facts, "tables");

	for (size_t i = 0; i < t->count; i++) {
		struct value *v = value_add_object(m, list);
		struct table *x = &t->item[i];
		const struct value *parents = NULL;

		if (x->parents && !(parents = value_parse(m, x->parents, strlen(x->parents), e)))
			return -1;
		if (parents)
			value_set(v, "partition_of", parents);
		value_set_string(v, "name", x->shown);
		value_set_int(v, "oid", strtoll(x->oid, NULL, 10));
		value_set_int(v, "rows", atomic_load(&x->rows));
		value_set_string(v, "row_sum", mem_fmt(m, "%016" PRIx64, atomic_load(&x->row_sum)));
		value_set_int(v, "bytes", x->bytes);
		value_set_string(v, "quoted", x->quoted);
		value_set_string(v, "columns", x->columns);
		value_set_string(v, "from", x->from);
		value_set_string(v, "extension", x->extension);
		if (x->left_out)
			value_set_bool(v, "left_out", true);
	}
	return 0;
}

static void
watch(struct pool *pool, const struct store *s, const struct tables *tables,
    const struct store_taking *t)
{
	struct progress p;
	int64_t total = 0;

	for (size_t i = 0; i < tables->count; i++)
		total += tables->item[i].pages ? tables->item[i].bytes : 0;
	p = progress_begin(s, t, total);
	pool_watch(pool, progress_interval(), progress_tell, &p);
}

/* A standby must choose between its primary's changes and those who read it; not everyone it cuts
 * off is told why. */
static int
explain(const struct store *s, struct err *e)
{
	bool cut = !strcmp(e->word, "connection-lost") || !strcmp(e->word, "pg-dump") ||
	    strstr(e->text, "conflict with recovery");

	return cut && value_get_string(s->facts, "standby") ?
	    err_hint(e,
		"was it a conflict with recovery? raise "
		"max_standby_streaming_delay on the standby, set hot_standby_feedback, or take it "
		"from the primary") :
	    -1;
}

static int
take_all_of(struct mem *m, struct store *s, const struct store_taking *t, struct dump *d,
    struct err *e)
{
	struct state *st = s->state;
	const struct copy_from from = { s->spec, st->snapshot, st->leader };
	struct copy_first first = { do_beside, plan_beside(m, s, d), BESIDE };
	struct pool *pool;

	if (tables_measure(st->leader, &st->tables, e))
		return err_in(e, "%s", pg_uri(st->leader));
	if (!(pool = copy_start(m, &from, &first, &st->tables, s, t, e)))
		return -1;
	watch(pool, s, &st->tables, t);
	if (pool_wait(pool, e))
		return -1;
	note_fingerprint(s, t, first.arg);
	if (spool_add(d->fd, "rest.dump", s, t, e) || globals_add(s, t, e))
		return -1;
	if (left_tell(m, st->leader, t, s->facts, e))
		return err_in(e, "%s", pg_uri(st->leader));
	/* as long as the transaction lived, nobody could change the tables under us */
	if (pg_exec(st->leader, "COMMIT", e))
		return err_in(e, "%s: the snapshot was lost", pg_uri(st->leader));
	pg_close(st->leader);
	return list_tables(m, s, &st->tables, e);
}

static bool
same_tables(const struct tables *a, const struct tables *b)
{
	bool same = a->own == b->own && a->count == b->count;

	for (size_t i = 0; same && i < a->count; i++)
		same = !strcmp(a->item[i].oid, b->item[i].oid) &&
		    !strcmp(a->item[i].quoted, b->item[i].quoted);
	return same;
}

/* One attempt; when it fails, nobody waits for it any more. AGAIN: with a new snapshot, and pg_dump
 * at once behind the locks of the tables that were there the last time: so hardly anybody comes
 * between the two. */
static int
attempt(struct mem *m, struct store *s, const struct store_taking *t, long long wait, bool again,
    struct err *e)
{
	struct state *st = s->state;
	struct tables before = st->tables;
	MEM_SCOPE(scope);
	struct err ignored;
	struct dump *d = again && fix(m, s, t, e) ? NULL : start_dump(scope, s, t, wait, e);
	const char *snapshot = st->snapshot;

	if (d && (!again || !settle(m, s, t, e))) {
		if (snapshot != st->snapshot || !same_tables(&before, &st->tables))
			err_set(e, FAIL_TROUBLE, "changing", "%s: tables come and go",
			    pg_uri(st->leader));
		else if (!take_all_of(scope, s, t, d, e))
			return 0;
	}
	if (!strcmp(e->word, "lock-timeout"))
		tables_name_waiter(st->leader, &st->tables, e);
	pg_exec(st->leader, "ROLLBACK", &ignored);
	return explain(s, e);
}

/* Who waits to have a table for himself waits for our leader, and pg_dump behind him: only to let
 * him go first helps, and a new snapshot. But where the moment has been chosen there is no
 * other. */
static int
take(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	const struct writer_mark *mark = writer_mark(m, t->w);
	long long tables = (long long)((struct state *)s->state)->tables.count;
	long long wait = t->frozen || t->clone ? (long long)(t->lock_timeout * 1000) :
						 PATIENCE + tables / TABLES;
	double until = clock_now() + t->lock_timeout;

	for (int i = 1; attempt(m, s, t, wait, i > 1, e); i++) {
		if (t->frozen || t->clone || (i >= ATTEMPTS && clock_now() > until) ||
		    (strcmp(e->word, "lock-timeout") && strcmp(e->word, "changing")))
			return -1;
		if (i == 1)
			t->say(t->arg,
			    mem_fmt(m, "%s: taken anew after this: %s", s->name, e->text));
		if (i % PATIENT == 0)
			wait *= 2;
		if (writer_rewind(t->w, mark, e))
			return -1;
	}
	return 0;
}

const struct store_kind store_postgres = { .name = "postgres", .open = open_store, .freeze = freeze,
	.settle = settle, .take = take, .undo = undo };
