/* handover.c - runs psql on a file, and lets it write the file's row, too. */
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/proc.h"
#include "migrate/command.h"
#include "migrate/handover.h"
#include "migrate/steps.h"
#include "migrate/weave.h"

struct handover {
	struct migrate_apply *a;
	const struct migrate_file *file;
	const char *path;
	bool alone;             /* the file has transactions of its own, or needs to have none */
};

/* What psql must not do, and whether the file can be in one transaction. */
static int
look(struct handover *h, struct err *e)
{
	MEM_SCOPE(m);
	struct sql_script sql;
	size_t len;
	int first;
	char *text = migrate_file_text(m, h->file, h->a->down, &len, &first, e);
	const struct migrate_source f = { h->path, text, len, first };
	const struct migrate_part *part = h->a->down ? &h->file->down : &h->file->up;

	if (!text || migrate_split(m, &f, &sql, e))
		return -1;
	if (part->at || (h->file->down_path && !strcmp(h->file->down_path, h->file->path)))
		return err_set(e, FAIL_TROUBLE, "psql-command",
		    "%s: it holds both ways, and psql takes whole files", h->path);
	h->alone = part->bare;
	for (size_t i = 0; i < sql.count; i++) {
		const struct sql_statement *p = &sql.item[i];
		const char *s = text + p->start;

		h->alone |= p->kind == SQL_ALONE ||
		    (sql_controls_transaction(p->kind) && p->kind != SQL_SAVEPOINT);
		if (p->kind == SQL_META && (!strncmp(s, "\\c ", 3) || !strncmp(s, "\\connect", 8)))
			return migrate_refuse(&f, p->start, "psql-command",
			    "a migration stays in its database", e);
	}
	return 0;
}

/* What psql reads as its standard input: the file, then its row; where both are in one transaction,
 * only when that is still the one that began before the file. */
static int
input(struct mem *m, const struct handover *h, const char *row, struct err *e)
{
	static const char file[] = "\\i :handrail_file\n", xid[] = "pg_catalog.txid_current()";
	char *text = h->alone ? mem_fmt(m, "%s%s", file, row) :
				mem_fmt(m,
				    "SELECT %s AS handrail_begun \\gset\n%s"
				    "SELECT %s = :handrail_begun AS handrail_same \\gset\n"
				    "\\if :handrail_same\n%s\\endif\n",
				    xid, file, xid, row);
	int fd = memfd_create("handrail", MFD_CLOEXEC);

	if (fd < 0 || io_write_all(fd, text, strlen(text)) || lseek(fd, 0, SEEK_SET)) {
		err_sys(e, "cannot pass the history's row to psql");
		if (fd >= 0)
			close(fd);
		return -1;
	}
	return fd;
}

static int
run(struct mem *m, const struct handover *h, const char *row, struct proc_result *result,
    struct err *e)
{
	const char *argv[] = { "psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-v",
		"VERBOSITY=verbose", "-P", "pager=off", "-v",
		mem_fmt(m, "handrail_file=%s", h->path), "-f", "-",
		h->alone ? NULL : "--single-transaction", NULL };
	struct proc_spec spec = { .argv = argv,
		.env = migrate_environment(m, h->a->x),
		.out = -1,
		.errfd = -1,
		.echo = true };
	int bad;

	if ((spec.in = input(m, h, row, e)) < 0)
		return -1;
	bad = proc_run(m, &spec, result, e);
	close(spec.in);
	return bad;
}

/* Why it failed: the first of psql's lines that tells of an error. */
static int
blame(struct mem *m, const struct handover *h, const struct proc_result *result, struct err *e)
{
	const char *at = strstr(result->output, "ERROR:"), *begin = at;
	bool lock = at && !strncmp(at, "ERROR:  55P03", 13);

	while (begin && begin > result->output && begin[-1] != '\n')
		begin--;
	err_set(e, h->alone ? FAIL_DIRTY : FAIL_NO,
	    h->alone ? "half-applied" :
		lock ? "lock-timeout" :
		       "migration-failed",
	    "%s: psql ended with exit status %d%s%s\n%s", h->path, result->status,
	    begin ? ": " : "", begin ? mem_dup(m, begin, strcspn(begin, "\n")) : "",
	    h->alone ? "what it did until then stays done" :
		       "rolled back: nothing of this file is in the database");
	return err_hint(e, "its output is above and in the record");
}

/* psql ended well: but a file can end the transaction, go to another database, or go on after
 * errors. */
static int
check_row(const struct handover *h, struct err *e)
{
	struct migrate_apply *a = h->a;

	if (migrate_history_load(step_mem(a->s), a->x->pg, a->history, e))
		return -1;
	if (migrate_history_holds(a->history, h->file) != a->down)
		return 0;
	err_set(e, FAIL_DIRTY, "half-applied",
	    "%s: psql ended well, but the file did not end in the transaction that it began in, "
	    "and its row is not in the history\nwhat it committed before stays done",
	    h->path);
	return err_hint(e,
	    "look what is there; leave ROLLBACK, COMMIT, \\connect and ON_ERROR_STOP to "
	    "migrate-apply, and run it again");
}

int
migrate_apply_psql(struct migrate_apply *a, const struct migrate_entry *entry, struct err *e)
{
	MEM_SCOPE(m);
	struct handover h = { .a = a,
		.file = entry->file,
		.path = a->down ? entry->file->down_path : entry->file->path };
	double deadline = clock_now() + a->x->settings->lock_budget;
	struct migrate_note n = a->note;
	char *row;

	if (look(&h, e))
		return -1;
	if (a->single)
		return err_set(e, FAIL_NO, "not-in-one",
		    "%s: psql runs it, so it cannot be part of --single-transaction", h.path);
	n.seconds = h.alone ? "0" : MIGRATE_SECONDS;
	row = mem_fmt(m, "\nRESET SESSION AUTHORIZATION;RESET ROLE;\n%s", a->down ?
	    migrate_history_forget(m, a->history, &a->author, n.file) :
	    migrate_history_note(m, a->history, &a->author, &n));
	migrate_session_watch(a->x, h.path);
	for (int try = 0;; try++) {
		struct proc_result result = { 0 };

		if (run(m, &h, row, &result, e))
			return err_in(e, "%s", h.path);
		if (result.output_len)
			value_add_string(a->notices, result.output);
		if (!result.status)
			return check_row(&h, e);
		blame(m, &h, &result, e);
		if (strcmp(e->word, "lock-timeout") ||
		    migrate_session_back_off(a->x, try, deadline, e))
			return -1;
	}
}
