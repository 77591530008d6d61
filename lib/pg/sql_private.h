/* sql_private - what the files behind sql.h share; nobody else but their test includes it. */
#ifndef PG_SQL_PRIVATE_H
#define PG_SQL_PRIVATE_H

#include "pg/sql.h"

/* Where a scan of SQL stands. */
struct sql_scan {
	const char *text;
	size_t len, at;
	bool backslash;         /* in plain strings, too: standard_conforming_strings is off */
	/* what was begun and has no end: "a quoted string" …; NULL: nothing */
	const char *open;
};

enum sql_token {
	SQL_END,
	SQL_SPACE,
	SQL_COMMENT,
	SQL_WORD,
	SQL_NAME,
	SQL_STRING,
	SQL_BACKSLASH,
	SQL_MARK
};

/* The next token from AT on, which moves behind it: a run of blanks, a comment, a word (keyword,
 * bare name or number), a quoted name, a string, or one other character. */
enum sql_token sql_next(struct sql_scan *);

/* By the first words alone; SURE: the tree would say the same. */
enum sql_kind sql_kind_by_words(const char *statement, size_t len, bool *sure);
/* By the parse tree; false when there is none. */
bool sql_kind_by_tree(const char *statement, size_t len, enum sql_kind *);

#endif
