/* conn_private - what the files behind conn.h share; nobody else includes it. */
#ifndef PG_CONN_PRIVATE_H
#define PG_CONN_PRIVATE_H

#include <libpq-fe.h>

#include "pg/conn.h"

struct pg {
	PGconn *c;
	PGcancel *cancel;
	struct mem *last;       /* holds the report of the last command */
	struct pg_report report;
	int64_t affected;
	char *uri;
	const char *schemas;    /* names.c */
	bool shared;            /* a proxy gives each transaction another connection */
	void (*notice)(void *, const char *);
	void *notice_arg;
	/* seconds that each command may take though stop was asked; 0: stop is obeyed */
	double shield;
	double deadline;        /* of the running command */
	void (*tick)(void *);   /* called while a command runs */
	void *tick_arg;
	double tick_every, next_tick;
	int completed;          /* statements of the last pg_exec that were done */
	bool cancelling;        /* the server was asked to cancel the running command */
	bool lost;              /* the server did not answer in time: what it does now is unknown */
};

/* conninfo.c */

/* Resolve and parse SPEC; only what it says itself, no defaults. NULL: error "usage", without a
 * word of SPEC. */
PQconninfoOption *pg_info_parse(struct mem *, const char *spec, struct err *);
/* The value of KEYWORD, or NULL when it has none. */
const char *pg_info_get(const PQconninfoOption *, const char *keyword);
/* Options for PQconnectStartParams: NULL-ended keys and values. */
enum { PG_INFO_ROOM = 100 };
struct pg_info_list {
	const char *key[PG_INFO_ROOM], *value[PG_INFO_ROOM];
	size_t count;
};
/* Set KEY, or replace its value; nothing is copied. */
void pg_info_set(struct pg_info_list *, const char *key, const char *value);
/* Set all that have a value. */
void pg_info_add(struct pg_info_list *, const PQconninfoOption *);
/* Give KEYWORD another value (NULL: none). */
void pg_info_replace(PQconninfoOption *, const char *keyword, const char *value);
/* Variables that make libpq choose the same options, NULL-ended. */
const char *const *pg_info_environment(struct mem *, const PQconninfoOption *);
/* S on one line, without its secrets. */
char *pg_info_line(struct mem *, const char *s);

/* query.c */

/* Before a command: forgets the last one's report; fails when stop was asked or the connection is
 * gone. */
int pg_begin(struct pg *, struct err *);
/* Wait for EVENTS on the connection (a timeout of the running command ends it), then take what
 * came. On a stop request the server is asked to cancel, and the wait goes on for its answer. -1:
 * the connection is of no use. */
int pg_await(struct pg *, short events, struct err *);
/* Send what is queued. */
int pg_flush(struct pg *, struct err *);
/* The next result of the running command in *RESULT, to be cleared; NULL there when it was the
 * last. */
int pg_next(struct pg *, PGresult **result, struct err *);
/* The error of a failed RESULT (NULL: of the connection) into the report and E. Returns -1. */
int pg_fail(struct pg *, const PGresult *result, struct err *);
/* Drop results up to the last; the first error among them goes into E unless BAD says that it holds
 * one already. A COPY that nobody feeds or reads is ended. Returns -1 when BAD or an error was
 * met. */
int pg_finish(struct pg *, bool bad, struct err *);
/* Ask the server to cancel the running command. */
void pg_cancel(struct pg *);

#endif
