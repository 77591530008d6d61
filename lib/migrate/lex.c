/* lex.c - the lexical rules of Postgres. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "migrate/lex.h"

static bool
starts_word(char c)
{
	return isalpha((unsigned char)c) || c == '_' || ((unsigned char)c & 0x80);
}

static bool
in_word(char c)
{
	return starts_word(c) || isdigit((unsigned char)c) || c == '$';
}

static char
peek(const struct migrate_lexer *x, size_t ahead)
{
	return x->at + ahead < x->len ? x->text[x->at + ahead] : 0;
}

static void
skip_comment(struct migrate_lexer *x)
{
	int depth = 0;

	do {
		if (peek(x, 0) == '/' && peek(x, 1) == '*') {
			depth++;
			x->at += 2;
		} else if (peek(x, 0) == '*' && peek(x, 1) == '/') {
			depth--;
			x->at += 2;
		} else {
			x->at++;
		}
	} while (depth && x->at < x->len);
}

static void
skip_blank(struct migrate_lexer *x)
{
	while (x->at < x->len) {
		if (isspace((unsigned char)peek(x, 0))) {
			x->at++;
		} else if (peek(x, 0) == '-' && peek(x, 1) == '-') {
			const char *end = memchr(x->text + x->at, '\n', x->len - x->at);

			x->at = end ? (size_t)(end - x->text) : x->len;
		} else if (peek(x, 0) == '/' && peek(x, 1) == '*') {
			skip_comment(x);
		} else {
			return;
		}
	}
	x->at = x->len;
}

/* Past the closing QUOTE; a doubled one is part of the text, with ESCAPES one behind a backslash, too. */
static void
skip_quoted(struct migrate_lexer *x, char quote, bool escapes)
{
	for (x->at++; x->at < x->len; x->at++) {
		if (escapes && peek(x, 0) == '\\') {
			x->at++;
		} else if (peek(x, 0) == quote) {
			if (peek(x, 1) != quote)
				break;
			x->at++;
		}
	}
	x->at = x->at < x->len ? x->at + 1 : x->len;
}

/* Past $tag$ … $tag$; false: this dollar begins none. */
static bool
skip_dollars(struct migrate_lexer *x)
{
	const char *from = x->text + x->at, *close;
	size_t n = 1, left = x->len - x->at;

	if (n < left && isdigit((unsigned char)from[n]))
		return false;
	while (n < left && in_word(from[n]) && from[n] != '$')
		n++;
	if (n >= left || from[n] != '$')
		return false;
	n++;
	close = memmem(from + n, left - n, from, n);
	x->at = close ? (size_t)(close - x->text) + n : x->len;
	return true;
}

static void
skip_word(struct migrate_lexer *x)
{
	while (x->at < x->len && in_word(x->text[x->at]))
		x->at++;
}

static void
skip_line(struct migrate_lexer *x)
{
	while (x->at < x->len && x->text[x->at] != '\n')
		x->at++;
}

static enum migrate_token_kind
skip_token(struct migrate_lexer *x)
{
	char c = peek(x, 0), next = peek(x, 1);

	if ((c == 'e' || c == 'E') && next == '\'') {
		x->at++;
		skip_quoted(x, '\'', true);
		return MIGRATE_TOKEN_QUOTED;
	}
	if (starts_word(c)) {
		skip_word(x);
		return MIGRATE_TOKEN_WORD;
	}
	if (c == '\'' || c == '"') {
		skip_quoted(x, c, c == '\'' && x->escapes);
		return MIGRATE_TOKEN_QUOTED;
	}
	if (c == '$' && skip_dollars(x))
		return MIGRATE_TOKEN_QUOTED;
	if (c == '\\') {
		skip_line(x);
		return MIGRATE_TOKEN_META;
	}
	x->at++;
	/* a number swallows what could begin a word: 1e5, 0xff */
	if (isdigit((unsigned char)c))
		skip_word(x);
	return MIGRATE_TOKEN_SYMBOL;
}

struct migrate_token
migrate_lex(struct migrate_lexer *x)
{
	struct migrate_token t = { .kind = MIGRATE_TOKEN_END };

	skip_blank(x);
	t.at = x->at;
	if (x->at < x->len)
		t.kind = skip_token(x);
	t.len = x->at - t.at;
	return t;
}

bool
migrate_token_is(const struct migrate_lexer *x, const struct migrate_token *t, const char *word)
{
	return t->kind == MIGRATE_TOKEN_WORD && t->len == strlen(word) && !strncasecmp(x->text + t->at, word, t->len);
}
