/* copy.c - COPY streams, both ways, as fast as the socket takes them. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "core/stop.h"
#include "pg/conn_private.h"

enum {
	/* what a sink gets at once, and what is sent between two looks at the socket */
	CHUNK = 64 * 1024,
};

/* Send SQL, which must answer with a COPY in DIRECTION. */
static int
start(struct pg *pg, const char *sql, ExecStatusType direction, struct err *e)
{
	ExecStatusType status;
	PGresult *r;

	if (pg_begin(pg, e))
		return -1;
	if (!PQsendQuery(pg->c, sql))
		return pg_fail(pg, NULL, e);
	if (pg_next(pg, &r, e))
		return -1;
	status = PQresultStatus(r);
	if (status == direction) {
		PQclear(r);
		return 0;
	}
	if (status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE) {
		pg_fail(pg, r, e);
	} else {
		err_set(e, FAIL_TROUBLE, "usage", "not a COPY %s: %.200s",
		    direction == PGRES_COPY_OUT ? "TO STDOUT" : "FROM STDIN", sql);
		if (status == PGRES_COPY_OUT)
			pg_cancel(pg);
	}
	PQclear(r);
	return pg_finish(pg, true, e);
}

/* What has come and was not given away yet. */
struct chunk {
	char *data;
	size_t len, room;
};

static void
drop(void *arg)
{
	free(((struct chunk *)arg)->data);
}

/* Give away whole lines; the beginning of the next one stays, with room for its rest. */
static int
pour(struct chunk *c, int (*sink)(void *, const char *, size_t, struct err *), void *arg,
    struct err *e)
{
	char *end = memrchr(c->data, '\n', c->len);
	size_t whole = end ? (size_t)(end + 1 - c->data) : 0;

	if (whole && sink(arg, c->data, whole, e))
		return -1;
	memmove(c->data, c->data + whole, c->len - whole);
	c->len -= whole;
	if (c->len < c->room)
		return 0;
	c->room *= 2;
	c->data = mem_must(realloc(c->data, c->room));
	return 0;
}

/* Not by PQgetCopyData, which allocates memory for each row. */
int
pg_copy_out(struct pg *pg, const char *sql, int (*sink)(void *, const char *, size_t, struct err *),
    void *arg, struct err *e)
{
	MEM_SCOPE(m);
	struct chunk *c = mem_own(m, mem_zero(m, 1, sizeof *c), drop);
	struct err more;
	bool bad = false;
	int n;

	c->room = CHUNK;
	c->data = mem_must(malloc(c->room));
	if (start(pg, sql, PGRES_COPY_OUT, e))
		return -1;
	while ((n = PQgetlineAsync(pg->c, c->data + c->len, (int)(c->room - c->len))) >= 0) {
		if (n == 0) {
			if (pg_await(pg, POLLIN, bad ? &more : e))
				return -1;
			continue;
		}
		c->len += (size_t)n;
		if (!bad && c->len == c->room && pour(c, sink, arg, e)) {
			bad = true;
			pg_cancel(pg);
		}
		/* what is on its way is still read, until the server has taken the cancel
		 * request */
		if (bad)
			c->len = 0;
	}
	if (pg_finish(pg, bad, e))
		return -1;
	return c->len ? pour(c, sink, arg, e) : 0;
}

static int
put(struct pg *pg, const char *data, size_t len, struct err *e)
{
	while (len) {
		size_t n = len > CHUNK ? CHUNK : len;
		int done = PQputCopyData(pg->c, data, (int)n);

		if (done < 0)
			return pg_fail(pg, NULL, e);
		if (done == 0) {
			if (pg_await(pg, POLLIN | POLLOUT, e))
				return -1;
			continue;
		}
		data += n;
		len -= n;
	}
	return 0;
}

/* Until SOURCE is dry (0), it fails or stop is asked (-1), or there is no sense in sending more
 * (1). */
static int
feed(struct pg *pg, long (*source)(void *, const char **, struct err *), void *arg, struct err *e)
{
	size_t queued = 0;
	const char *data;
	long n;

	while ((n = source(arg, &data, e)) > 0) {
		if (put(pg, data, (size_t)n, e))
			return -1;
		/* libpq would queue without end */
		if ((queued += (size_t)n) < CHUNK)
			continue;
		queued = 0;
		if (pg->shield <= 0 && stop_check(e))
			return -1;
		if (pg_flush(pg, e))
			return -1;
		if (pg->cancelling)
			return 1;
	}
	return n < 0 ? -1 : 0;
}

int
pg_copy_in(struct pg *pg, const char *sql, long (*source)(void *, const char **, struct err *),
    void *arg, struct err *e)
{
	int fed, ended;

	if (start(pg, sql, PGRES_COPY_IN, e))
		return -1;
	fed = feed(pg, source, arg, e);
	if (fed < 0 && (pg->lost || PQstatus(pg->c) != CONNECTION_OK))
		return -1;
	while ((ended = PQputCopyEnd(pg->c, fed ? "the sender gave up" : NULL)) == 0)
		if (pg_await(pg, POLLIN | POLLOUT, e))
			return -1;
	if (ended < 0 && fed >= 0)
		return pg_fail(pg, NULL, e);
	return pg_finish(pg, fed < 0, e);
}
