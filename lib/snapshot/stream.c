/* stream.c - runs a script without holding it in memory. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pg/sql.h"
#include "snapshot/stream.h"

struct stream {
	struct pg *pg;
	FILE *in;
	char *line;
	size_t room;
	ssize_t len;            /* of the line; -1 at the end */
	char *text;             /* statements not run yet */
	size_t text_len, text_room;
};

static void
drop(void *arg)
{
	struct stream *s = arg;

	fclose(s->in);
	free(s->line);
	free(s->text);
}

static bool
next_line(struct stream *s)
{
	s->len = getline(&s->line, &s->room, s->in);
	return s->len >= 0;
}

/* The rows of a COPY: the lines up to "\.". */
static long
give_row(void *arg, const char **data, struct err *e)
{
	struct stream *s = arg;

	if (!next_line(s))
		return ferror(s->in) ?
		    err_sys(e, "what pg_restore writes") :
		    err_set(e, FAIL_TROUBLE, "pg-restore",
			"what pg_restore writes ends within a table's rows");
	if (!strcmp(s->line, "\\.\n"))
		return 0;
	*data = s->line;
	return s->len;
}

static void
keep_line(struct stream *s)
{
	size_t len = (size_t)s->len;

	if (s->text_len + len + 1 > s->text_room) {
		s->text_room = 2 * (s->text_len + len + 1);
		s->text = mem_must(realloc(s->text, s->text_room));
	}
	memcpy(s->text + s->text_len, s->line, len + 1);
	s->text_len += len;
}

/* Settings are for the server that the script was written for, and ours are made: but for what says
 * how it is to be read, and who gives what. */
static bool
is_theirs(const char *sql)
{
	static const char *const ours[] = { "client_encoding ", "standard_conforming_strings ",
		"SESSION AUTHORIZATION " };

	if (strncmp(sql, "SET ", 4) != 0)
		return false;
	for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
		if (!strncmp(sql + 4, ours[i], strlen(ours[i])))
			return false;
	return true;
}

static int
run_statement(struct stream *s, const struct sql_statement *t, struct err *e)
{
	MEM_SCOPE(m);
	const char *sql = mem_dup(m, s->text + t->start, t->len);

	if (t->kind == SQL_EMPTY || t->kind == SQL_META)
		return 0;
	if (t->kind == SQL_COPY_IN)
		return pg_copy_in(s->pg, sql, give_row, s, e) ? err_in(e, "%.200s", sql) : 0;
	if (is_theirs(sql))
		return 0;
	return pg_exec(s->pg, sql, e) ? err_in(e, "%.200s", sql) : 0;
}

/* Run what has come when it ends with the end of a statement: then the splitter finds nothing left
 * open. */
static int
run_some(struct stream *s, bool last, struct err *e)
{
	MEM_SCOPE(m);
	struct sql_script script;

	if (sql_split(m, s->text, s->text_len, &script, e))
		return last ? err_in(e, "what pg_restore writes") : 0;
	for (size_t i = 0; i < script.count; i++)
		if (run_statement(s, &script.item[i], e))
			return -1;
	s->text_len = 0;
	return 0;
}

int
stream_run(struct pg *pg, int fd, struct err *e)
{
	MEM_SCOPE(m);
	struct stream *s = mem_zero(m, 1, sizeof *s);

	s->pg = pg;
	if (!(s->in = fdopen(fd, "r")))
		return err_sys(e, "pipe");
	mem_own(m, s, drop);
	while (next_line(s)) {
		keep_line(s);
		if (s->len > 1 && !strcmp(s->line + s->len - 2, ";\n") && run_some(s, false, e))
			return -1;
	}
	if (ferror(s->in))
		return err_sys(e, "what pg_restore writes");
	return s->text_len ? run_some(s, true, e) : 0;
}
