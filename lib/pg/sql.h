/* sql - a script as its statements, and what each needs from a transaction: the one door to
 * libpg_query. */
#ifndef PG_SQL_H
#define PG_SQL_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

enum sql_kind {
	SQL_OTHER,      /* runs inside a transaction or outside, as one likes */
	SQL_EMPTY,      /* nothing but comments */
	SQL_META,       /* a line for psql: \connect, \restrict, \gexec … */
	SQL_COPY_IN,    /* COPY … FROM stdin, with its data */
	SQL_BEGIN,      /* BEGIN, START TRANSACTION */
	SQL_COMMIT,     /* COMMIT, END */
	SQL_ROLLBACK,   /* ROLLBACK, ABORT */
	SQL_SAVEPOINT,  /* SAVEPOINT, RELEASE, ROLLBACK TO: do nothing to the transaction itself */
	SQL_PREPARE,    /* PREPARE TRANSACTION */
	/* the server refuses it inside a transaction block: CREATE INDEX CONCURRENTLY, VACUUM … */
	SQL_ALONE,
	/* SET standard_conforming_strings: what follows must be sent after it is done */
	SQL_STRINGS,
	/* ALTER TYPE … ADD VALUE: alone before 12, and since then not used before the commit */
	SQL_ENUM_VALUE,
};

struct sql_statement {
	enum sql_kind kind;
	int line;               /* of its first word, from 1 */
	/* from its first word to its last, without comments around it and without the ";" */
	size_t start, len;
	size_t lead;            /* where the comments before it begin */
	size_t end;             /* behind its ";", its data, or the end of its line */
	size_t data, data_len;  /* SQL_COPY_IN: the lines up to "\." */
};

struct sql_script {
	struct sql_statement *item;
	size_t count, room;
	size_t bad;             /* after an error: the byte that it is about */
	int bad_line;           /* and its line, from 1 */
};

/* Split TEXT as psql does: quotes of all kinds (standard_conforming_strings is on until the text
 * sets it), nested comments, parentheses, bodies BEGIN ATOMIC … END, data of COPY, psql's own
 * lines; a byte order mark is skipped. Statements stand in *SCRIPT in their order (in MEM); a ";"
 * without a statement makes none, comments alone before one or at the end SQL_EMPTY. Error
 * "bad-input", its place in *SCRIPT: a quote, comment, parenthesis or body without its end, a NUL
 * byte, UTF-16. */
int sql_split(struct mem *, const char *text, size_t len, struct sql_script *, struct err *);

/* Behind the blanks and comments at AT. */
size_t sql_skip(const char *text, size_t len, size_t at);
/* Where END stands next from AT, the beginning of a token, on, outside of quotes, comments and
 * parentheses (though it may be what begins one); LEN: nowhere. */
size_t sql_find(const char *text, size_t len, size_t at, const char *end);

/* A variable of psql's: ":name", ":'name'", ":\"name\"", ":{?name}". */
struct sql_variable {
	size_t start, len;
	size_t name, name_len;
	char form;              /* 0, or what the name stands in: ' " ? */
};
/* Is S the beginning of one? Places count from S. */
bool sql_variable_at(const char *s, size_t len, struct sql_variable *);
/* The next one outside of quotes and comments, from *AT (the beginning of a token) on, which moves
 * behind it; of the LEN bytes of TEXT. Places count from TEXT. */
bool sql_next_variable(const char *text, size_t len, size_t *at, struct sql_variable *);

/* What one statement is: by its parse tree where libpg_query can parse it, else (newer syntax) by
 * its first words. */
enum sql_kind sql_kind_of(const char *statement, size_t len);
/* Does WORD stand as a whole word, in whatever case, in the first LEN bytes of TEXT, which ends
 * with a NUL? Quotes and comments are not told apart. */
bool sql_says(const char *text, size_t len, const char *word);
/* SQL_BEGIN, SQL_COMMIT, SQL_ROLLBACK, SQL_SAVEPOINT or SQL_PREPARE. */
bool sql_controls_transaction(enum sql_kind);
/* "transaction control", "cannot run in a transaction" …, for messages. */
const char *sql_kind_text(enum sql_kind);

/* SQL, whole or cut off, as one line of at most MAX bytes for people and logs: each string stands
 * as '…' (it may be a password), comments are left out. */
char *sql_outline(struct mem *, const char *sql, size_t max);

/* The parse tree of one statement as libpg_query's JSON: an object with one member, named after the
 * node ({"IndexStmt": {…}}); NULL for none. Error "bad-input", with the position (in characters,
 * from 1; 0 unknown) in *POSITION, which may be NULL: malformed, or syntax newer than the
 * library's. */
const struct value *sql_tree(struct mem *, const char *statement, size_t len, int *position,
    struct err *);

/* The body of one CREATE FUNCTION or DO in PL/pgSQL, as libpg_query's JSON: a list of
 * PLpgSQL_function. Error "bad-input". */
const struct value *sql_plpgsql(struct mem *, const char *statement, size_t len, struct err *);

#endif
