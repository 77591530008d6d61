/* lex - SQL text as psql reads it: tokens, no grammar, so that syntax newer than any parser passes. */
#ifndef MIGRATE_LEX_H
#define MIGRATE_LEX_H

#include <stdbool.h>
#include <stddef.h>

enum migrate_token_kind {
	MIGRATE_TOKEN_END,
	MIGRATE_TOKEN_WORD,             /* a keyword or an unquoted name */
	MIGRATE_TOKEN_SYMBOL,           /* one byte */
	MIGRATE_TOKEN_QUOTED,           /* a string, a quoted name, a dollar-quoted body */
	MIGRATE_TOKEN_META,             /* a backslash outside of them, up to the end of its line */
};

struct migrate_token {
	enum migrate_token_kind kind;
	size_t at, len;
};

struct migrate_lexer {
	const char *text;
	size_t len, at;
	bool escapes;                   /* standard_conforming_strings is off */
};

/* The next token; blanks and comments (nested ones, too) are left out. One that is not closed reaches to the end. */
struct migrate_token migrate_lex(struct migrate_lexer *);
/* Is TOKEN this word (lower case)? */
bool migrate_token_is(const struct migrate_lexer *, const struct migrate_token *, const char *word);

#endif
