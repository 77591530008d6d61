/* query.c - commands: sent, waited for, cancelled; their rows and their errors. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/secret.h"
#include "core/stop.h"
#include "pg/conn_private.h"

enum {
	/* together less than the 7.5 s after which a GitHub runner no longer asks politely */
	CANCEL_SECONDS = 3,     /* for the server to take a cancel request */
	OBEY_SECONDS = 4,       /* ... and then to obey it */
};

struct pg_rows {
	PGresult *r;
};

static int
gone(struct pg *pg, struct err *e)
{
	MEM_SCOPE(m);
	const char *why = pg->c ? pg_info_line(m, PQerrorMessage(pg->c)) : "";

	return err_set(e, FAIL_TROUBLE, "connection-lost", "%s: %s", pg->uri,
	    pg->lost ? "the server did not answer" : *why ? why : "the connection is closed");
}

int
pg_begin(struct pg *pg, struct err *e)
{
	mem_free(pg->last);
	pg->last = mem_new();
	pg->report = (struct pg_report){ .message = "" };
	pg->affected = -1;
	pg->cancelling = false;
	pg->completed = 0;
	pg->deadline = INFINITY;
	pg->next_tick = pg->tick ? clock_now() + pg->tick_every : INFINITY;
	if (pg->shield > 0)
		pg->deadline = clock_now() + pg->shield;
	else if (stop_check(e))
		return -1;
	if (pg->lost || PQstatus(pg->c) != CONNECTION_OK)
		return gone(pg, e);
	return 0;
}

/* PQcancel waits for the server without end; a child may be left waiting, we not. The server has
 * passed the request on when it closes the cancel connection: so when the child has ended, it
 * cannot hit a later command. */
void
pg_cancel(struct pg *pg)
{
	struct pollfd p = { .events = POLLIN };
	int end[2];
	pid_t pid, parent = getpid();

	pg->cancelling = true;
	pg->deadline = clock_now() + CANCEL_SECONDS;
	if (pipe2(end, O_CLOEXEC))
		return;
	if (!(pid = fork())) {
		char text[256];

		stop_reset_child();
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() == parent)
			PQcancel(pg->cancel, text, sizeof text);
		_exit(0);
	}
	close(end[1]);
	p.fd = end[0];
	while (pid > 0 && poll(&p, 1, clock_poll_ms(pg->deadline)) < 0 && errno == EINTR)
		;
	if (pid > 0 && !p.revents) {
		kill(pid, SIGKILL);
		pg->lost = true;
	}
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(end[0]);
	pg->deadline = clock_now() + OBEY_SECONDS;
}

static int
too_late(struct pg *pg, struct err *e)
{
	pg->lost = true;
	if (!stop_check(e) || pg->shield > 0)
		return gone(pg, e);
	return err_in(e, "%s: the server did not answer the request to cancel", pg->uri);
}

/* The call that is due while a command runs. */
static void
tick(struct pg *pg)
{
	if (clock_now() < pg->next_tick)
		return;
	pg->tick(pg->tick_arg);
	pg->next_tick = clock_now() + pg->tick_every;
}

int
pg_await(struct pg *pg, short events, struct err *e)
{
	for (;;) {
		bool heed = pg->shield <= 0 && !pg->cancelling;
		struct pollfd p[] = {
			{ .fd = PQsocket(pg->c), .events = events },
			{ .fd = heed ? stop_fd() : -1, .events = POLLIN },
		};
		int n;

		if (p[0].fd < 0)
			return gone(pg, e);
		n = poll(p, 2, clock_poll_ms(fmin(pg->deadline, pg->next_tick)));
		if (n < 0 && errno != EINTR)
			return err_sys(e, "poll");
		tick(pg);
		if (heed && stop_signal())
			pg_cancel(pg);
		if (pg->lost || (n == 0 && clock_now() >= pg->deadline))
			return too_late(pg, e);
		if (n > 0 && (p[0].revents & (POLLIN | POLLERR | POLLHUP)))
			PQconsumeInput(pg->c);
		if (n > 0 && p[0].revents)
			return 0;
	}
}

int
pg_flush(struct pg *pg, struct err *e)
{
	int left;

	/* the server may wait for us to read before it reads on */
	while ((left = PQflush(pg->c)) == 1)
		if (pg_await(pg, POLLIN | POLLOUT, e))
			return -1;
	return 0;
}

int
pg_next(struct pg *pg, PGresult **result, struct err *e)
{
	*result = NULL;
	if (pg_flush(pg, e))
		return -1;
	while (PQisBusy(pg->c))
		if (pg_await(pg, POLLIN, e))
			return -1;
	*result = PQgetResult(pg->c);
	return 0;
}

static const char *
word_of(struct mem *m, const char *state)
{
	if (!strcmp(state, "55P03"))
		return "lock-timeout";
	if (!strcmp(state, "57014"))
		return "statement-timeout";
	if (!strcmp(state, "53100"))
		return "no-space";
	if (!*state || !strncmp(state, "08", 2) || !strncmp(state, "57P0", 4))
		return "connection-lost";
	return mem_fmt(m, "sql-%s", state);
}

static const char *
keep(struct pg *pg, const PGresult *r, int field)
{
	const char *s = PQresultErrorField(r, field);
	char *copy = s ? mem_string(pg->last, s) : NULL;

	if (copy)
		secret_wash(copy, strlen(copy));
	return copy;
}

static void
fill_report(struct pg *pg, const PGresult *r)
{
	const char *state = PQresultErrorField(r, PG_DIAG_SQLSTATE);
	const char *position = PQresultErrorField(r, PG_DIAG_STATEMENT_POSITION);
	const char *inner = PQresultErrorField(r, PG_DIAG_INTERNAL_POSITION);
	struct pg_report *report = &pg->report;

	if (state && strlen(state) == 5)
		memcpy(report->sqlstate, state, sizeof report->sqlstate);
	report->position = position ? (int)strtol(position, NULL, 10) : 0;
	report->message = keep(pg, r, PG_DIAG_MESSAGE_PRIMARY);
	if (!report->message)
		report->message = mem_string(pg->last,
		    r ? PQresultErrorMessage(r) : PQerrorMessage(pg->c));
	report->detail = keep(pg, r, PG_DIAG_MESSAGE_DETAIL);
	report->hint = keep(pg, r, PG_DIAG_MESSAGE_HINT);
	report->context = keep(pg, r, PG_DIAG_CONTEXT);
	report->query = keep(pg, r, PG_DIAG_INTERNAL_QUERY);
	report->query_position = inner ? (int)strtol(inner, NULL, 10) : 0;
}

int
pg_fail(struct pg *pg, const PGresult *r, struct err *e)
{
	MEM_SCOPE(m);
	const struct pg_report *report = &pg->report;
	const char *message;

	fill_report(pg, r);
	message = pg_info_line(m, report->message);
	/* we asked for it, not a statement_timeout */
	if (pg->cancelling && !strcmp(report->sqlstate, "57014") && stop_check(e))
		return -1;
	if (!*report->sqlstate)
		return err_set(e, FAIL_TROUBLE,
		    PQstatus(pg->c) == CONNECTION_OK ? "sql" : "connection-lost", "%s",
		    *message ? message : "the connection is closed");
	err_set(e, FAIL_TROUBLE, word_of(m, report->sqlstate), "%s (SQLSTATE %s)%s%s", message,
	    report->sqlstate, report->detail ? ": " : "",
	    report->detail ? pg_info_line(m, report->detail) : "");
	if (report->hint)
		err_hint(e, "%s", pg_info_line(m, report->hint));
	return -1;
}

/* Read what a COPY sends to its end. */
static int
swallow(struct pg *pg, struct err *e)
{
	char *row;
	int n;

	while ((n = PQgetCopyData(pg->c, &row, 1)) >= 0)
		if (n > 0)
			PQfreemem(row);
		else if (pg_await(pg, POLLIN, e))
			return -1;
	return 0;
}

/* A COPY without anyone to feed or to read it: ended, so that the command comes to its end. What it
 * sends is dropped as the rows of a SELECT are. */
static int
end_copy(struct pg *pg, ExecStatusType status, bool *bad, struct err *e)
{
	if (status == PGRES_COPY_OUT)
		return swallow(pg, e);
	if (!*bad)
		err_set(e, FAIL_TROUBLE, "usage", "COPY FROM STDIN has no data here");
	*bad = true;
	PQputCopyEnd(pg->c, "no data");
	return 0;
}

static void
note_affected(struct pg *pg, PGresult *r)
{
	const char *n = PQcmdTuples(r);

	pg->affected = *n ? strtoll(n, NULL, 10) : -1;
}

int
pg_finish(struct pg *pg, bool bad, struct err *e)
{
	struct err more;
	PGresult *r;

	for (;;) {
		struct err *to = bad ? &more : e;
		ExecStatusType status;
		int broken = 0;

		if (pg_next(pg, &r, to))
			return -1;
		if (!r)
			return bad ? -1 : 0;
		status = PQresultStatus(r);
		if (status == PGRES_COPY_IN || status == PGRES_COPY_OUT) {
			broken = end_copy(pg, status, &bad, to);
		} else if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
			if (!bad)
				pg_fail(pg, r, e);
			bad = true;
		} else {
			note_affected(pg, r);
			pg->completed += status != PGRES_SINGLE_TUPLE;
		}
		PQclear(r);
		if (broken)
			return -1;
	}
}

int
pg_send(struct pg *pg, const char *sql, struct err *e)
{
	if (pg_begin(pg, e))
		return -1;
	if (!PQsendQuery(pg->c, sql))
		return pg_fail(pg, NULL, e);
	/* rows that nobody looks at need not be gathered first */
	PQsetSingleRowMode(pg->c);
	return pg_flush(pg, e);
}

int
pg_receive(struct pg *pg, struct err *e)
{
	return pg_finish(pg, false, e);
}

int
pg_exec(struct pg *pg, const char *sql, struct err *e)
{
	return pg_send(pg, sql, e) ? -1 : pg_receive(pg, e);
}

static void
clear(void *r)
{
	PQclear(r);
}

static struct pg_rows *
query(struct mem *m, struct pg *pg, struct err *e, const char *sql, int nparams,
    const char *const *params)
{
	struct pg_rows *rows;
	PGresult *r;

	if (pg_begin(pg, e))
		return NULL;
	if (!PQsendQueryParams(pg->c, sql, nparams, NULL, params, NULL, NULL, 0)) {
		pg_fail(pg, NULL, e);
		return NULL;
	}
	if (pg_next(pg, &r, e))
		return NULL;
	rows = mem_zero(m, 1, sizeof *rows);
	rows->r = mem_own(m, r, clear);
	if (PQresultStatus(r) == PGRES_TUPLES_OK || PQresultStatus(r) == PGRES_COMMAND_OK) {
		if (pg_finish(pg, false, e))
			return NULL;
		note_affected(pg, r);
		return rows;
	}
	if (PQresultStatus(r) == PGRES_FATAL_ERROR || PQresultStatus(r) == PGRES_BAD_RESPONSE)
		pg_fail(pg, r, e);
	else
		err_set(e, FAIL_TROUBLE, "usage", "this statement returns no rows: %.200s", sql);
	pg_finish(pg, true, e);
	return NULL;
}

/* What is told of the failed command stays. */
static void
roll_back(struct pg *pg)
{
	const struct pg_report report = pg->report;
	struct mem *last = pg->last;
	struct err ignored;

	pg->last = NULL;
	if (pg_in_transaction(pg))
		pg_exec(pg, "ROLLBACK", &ignored);
	mem_free(pg->last);
	pg->last = last;
	pg->report = report;
}

struct pg_rows *
pg_query(struct mem *m, struct pg *pg, struct err *e, const char *sql, int nparams,
    const char *const *params)
{
	bool alone = pg->shared && !pg_in_transaction(pg);
	struct pg_rows *rows;
	int64_t affected;

	if (alone && pg_exec(pg, "BEGIN;" PG_OWN_NAMES_LOCAL, e))
		return NULL;
	rows = query(m, pg, e, sql, nparams, params);
	affected = pg->affected;
	if (alone && !rows)
		roll_back(pg);
	if (alone && rows && pg_exec(pg, "COMMIT", e))
		return NULL;
	pg->affected = affected;
	return rows;
}

int
pg_rows_count(const struct pg_rows *rows)
{
	return PQntuples(rows->r);
}

int
pg_rows_columns(const struct pg_rows *rows)
{
	return PQnfields(rows->r);
}

const char *
pg_rows_name(const struct pg_rows *rows, int column)
{
	return PQfname(rows->r, column);
}

unsigned
pg_rows_type(const struct pg_rows *rows, int column)
{
	return PQftype(rows->r, column);
}

int
pg_rows_modifier(const struct pg_rows *rows, int column)
{
	return PQfmod(rows->r, column);
}

const char *
pg_rows_text(const struct pg_rows *rows, int row, int column)
{
	return PQgetisnull(rows->r, row, column) ? NULL : PQgetvalue(rows->r, row, column);
}

size_t
pg_rows_length(const struct pg_rows *rows, int row, int column)
{
	return (size_t)PQgetlength(rows->r, row, column);
}

int64_t
pg_rows_int(const struct pg_rows *rows, int row, int column)
{
	const char *s = pg_rows_text(rows, row, column);

	return s ? strtoll(s, NULL, 10) : 0;
}

bool
pg_rows_bool(const struct pg_rows *rows, int row, int column)
{
	const char *s = pg_rows_text(rows, row, column);

	return s && *s == 't';
}

int
pg_completed(const struct pg *pg)
{
	return pg->completed;
}

const struct pg_report *
pg_report(const struct pg *pg)
{
	return &pg->report;
}

int64_t
pg_affected(const struct pg *pg)
{
	return pg->affected;
}
