/* conn - one connection to Postgres: the one door to libpq. Everything waits in poll(), so that a
 * stop request cancels what runs on the server, and a deadline holds. */
#ifndef PG_CONN_H
#define PG_CONN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

struct pg;
struct pg_rows;

/* Open SPEC: a URI, a conninfo string, or "env:NAME"; NULL: $DATABASE_URL, else libpq's own
 * variables. DATABASE, when not NULL, replaces the database name of SPEC (admin work on another
 * database of the server). application_name is handrail/PROGRAM unless SPEC names one. Client
 * encoding UTF8, TCP keepalives, client_connection_check_interval 2s where the server has it and no
 * pooling proxy stands between. Closed with MEM. Errors: FAIL_TROUBLE, words "usage" (SPEC
 * malformed), "no-connection", "auth", "no-database", "cancelled". No message holds the
 * password. */
struct pg *pg_open(struct mem *, const char *spec, const char *database, struct err *);
/* The same, and pg_shield() from the beginning: to undo when stop was asked. */
struct pg *pg_open_shielded(struct mem *, const char *spec, const char *database, double seconds,
    struct err *);
void pg_close(struct pg *);

/* For records and messages: "postgres://user@host:5432/db", never a password. Owned by the pg. */
const char *pg_uri(const struct pg *);
/* The same of its parts, each NULL or "" when unknown; a HOST that begins with / is a socket's
 * directory. */
char *pg_uri_of(struct mem *, const char *host, const char *port, const char *user,
    const char *database);
const char *pg_database(const struct pg *);
int pg_server_version(const struct pg *);       /* 150018 */
/* PG* variables (PGHOST, PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGSSLMODE …) that open the same
 * database, for children's environments: NULL-ended array in MEM, fit for proc_spec.env. Holds
 * "PGSERVICE" without a value: that one is to be removed. */
const char *const *pg_environment(struct mem *, const struct pg *);
/* The same for a SPEC without connecting. */
const char *const *pg_spec_environment(struct mem *, const char *spec, const char *database,
    struct err *);

/* Run SQL (several statements allowed), results dropped, those of COPY … TO STDOUT too. Errors
 * carry the server's message, DETAIL and HINT; the word is the SQLSTATE's name where we act on it
 * ("lock-timeout" 55P03, "statement-timeout" 57014, "no-space" 53100, "connection-lost" 08*,
 * 57P0*), else "sql-XXXXX". FAIL_TROUBLE. */
int pg_exec(struct pg *, const char *sql, struct err *);
/* The same in two parts, to do something else while the server works: pg_send returns when SQL is
 * under way (-1: there is nothing to receive), pg_receive when it is done. Nothing else may be done
 * with the connection in between. */
int pg_send(struct pg *, const char *sql, struct err *);
int pg_receive(struct pg *, struct err *);
/* One statement with $n parameters (NULL elements are SQL NULL), rows as text, owned by MEM. NULL
 * on error. */
struct pg_rows *pg_query(struct mem *, struct pg *, struct err *, const char *sql, int nparams,
    const char *const *params);

int pg_rows_count(const struct pg_rows *);
int pg_rows_columns(const struct pg_rows *);
const char *pg_rows_name(const struct pg_rows *, int column);
/* The OID of its type; of a domain, of the type that it is over. */
unsigned pg_rows_type(const struct pg_rows *, int column);
/* Its atttypmod: what stands in parentheses behind the type, or -1. */
int pg_rows_modifier(const struct pg_rows *, int column);
/* Text of one field; NULL for SQL NULL. */
const char *pg_rows_text(const struct pg_rows *, int row, int column);
size_t pg_rows_length(const struct pg_rows *, int row, int column);
int64_t pg_rows_int(const struct pg_rows *, int row, int column);
bool pg_rows_bool(const struct pg_rows *, int row, int column);

/* What the last error of this connection was: SQLSTATE ("" when none), character position (1-based,
 * 0 none), and the server's fields. Owned by the pg until its next command. */
struct pg_report {
	char sqlstate[6];
	int position;
	const char *message, *detail, *hint, *context;
	const char *query;      /* of a function, in which it went wrong */
	int query_position;     /* character of that */
};
const struct pg_report *pg_report(const struct pg *);
/* Rows touched as the last command tag tells ("COPY 5", "INSERT 0 3"), -1 when it tells none. */
int64_t pg_affected(const struct pg *);
/* How many statements of the last pg_exec were done: after an error, the index of the one that
 * failed. Empty ones ("; ;") do not count. */
int pg_completed(const struct pg *);
bool pg_in_transaction(const struct pg *);
bool pg_alive(const struct pg *);
int pg_backend_pid(const struct pg *);

/* From now on a name without a schema is the system's own: in a schema of search_path anybody may
 * have put a function, an operator or a table that would be taken for it, and would be called with
 * our rights. Not for statements of the user's. Behind a proxy that pools transactions it holds for
 * each pg_query outside of a transaction, and for nothing else. MEM must live as long as the pg. */
int pg_own_names(struct mem *, struct pg *, struct err *);
#define PG_OWN_NAMES "SET search_path=pg_catalog,pg_temp;"
#define PG_OWN_NAMES_LOCAL "SET LOCAL search_path=pg_catalog,pg_temp;"
/* The schemas of search_path as it was before that, those that are there, as text of an array. */
const char *pg_schemas(const struct pg *);

/* Undo work: from now on commands run although stop was asked, each for at most SECONDS; then the
 * connection is given up ("connection-lost"). 0: a stop request is obeyed again, as it is at first:
 * the running command is cancelled on the server and fails with "cancelled" (one that was done
 * before the request came is a success), later ones are not begun. */
void pg_shield(struct pg *, double seconds);

/* Called for each NOTICE with one line of text; NULL: dropped. */
void pg_on_notice(struct pg *, void (*)(void *, const char *), void *);

/* Called every SECONDS while a command runs: to tell of long ones, to look from another connection
 * at what blocks them. It must not use this connection. NULL: nothing is called. */
void pg_on_tick(struct pg *, double seconds, void (*)(void *), void *);

/* COPY … TO STDOUT: SINK gets each chunk (whole lines); it returns -1 with the error set to
 * stop. */
int pg_copy_out(struct pg *, const char *sql,
    int (*sink)(void *, const char *, size_t, struct err *), void *, struct err *);
/* COPY … FROM STDIN: SOURCE gives the next chunk in *DATA, its length, 0 at the end, -1 on error.
 * An error of the server is seen when SOURCE is dry (libpq looks no earlier): load large tables in
 * chunks. */
int pg_copy_in(struct pg *, const char *sql,
    long (*source)(void *, const char **data, struct err *), void *, struct err *);

/* Quoting for SQL that is built; in MEM. No connection is needed. */
char *pg_quote_name(struct mem *, const char *);        /* only quoted when it must be */
char *pg_quote_exactly(struct mem *, const char *);     /* a name, quoted always */
char *pg_quote_literal(struct mem *, const char *);
/* SQL with NAME, which is quoted as it must be, for each %s; a doubled % is one of its own. */
char *pg_expand(struct mem *, const char *sql, const char *name);

#endif
