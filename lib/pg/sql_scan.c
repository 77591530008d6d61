/* sql_scan.c - the tokens of SQL as psql's scanner sees them. Each function takes the token that
 * begins at AT, and moves AT behind it. */
#include <ctype.h>
#include <string.h>

#include "pg/sql_private.h"

static int
peek(const struct sql_scan *s, size_t ahead)
{
	return s->at + ahead < s->len ? (unsigned char)s->text[s->at + ahead] : -1;
}

static bool
is_space(int c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool
begins_word(int c)
{
	return isalpha(c) || c == '_' || c >= 0x80;
}

static bool
in_word(int c)
{
	return begins_word(c) || (c >= '0' && c <= '9') || c == '$';
}

static void
line_comment(struct sql_scan *s)
{
	while (peek(s, 0) != '\n' && peek(s, 0) != '\r' && peek(s, 0) >= 0)
		s->at++;
}

static void
block_comment(struct sql_scan *s)
{
	int depth = 0;

	do {
		if (peek(s, 0) == '/' && peek(s, 1) == '*') {
			depth++;
			s->at += 2;
		} else if (peek(s, 0) == '*' && peek(s, 1) == '/') {
			depth--;
			s->at += 2;
		} else {
			s->at++;
		}
	} while (depth && s->at < s->len);
	if (depth)
		s->open = "a comment";
}

/* Up to MARK; a doubled one is one of its characters, and so is one behind a \ when BACKSLASH. */
static bool
quoted(struct sql_scan *s, int mark, bool backslash)
{
	for (s->at++; s->at < s->len; s->at++) {
		if (backslash && peek(s, 0) == '\\' && s->at + 1 < s->len) {
			s->at++;
		} else if (peek(s, 0) == mark) {
			if (peek(s, 1) != mark) {
				s->at++;
				return true;
			}
			s->at++;
		}
	}
	s->open = mark == '"' ? "a quoted name" : "a quoted string";
	return false;
}

/* A string goes on after a line's end, in the manner of its first part: E'a' \n 'b\'' is one
 * string. */
static bool
goes_on(struct sql_scan *s)
{
	size_t begin = s->at;
	bool newline = false;

	for (;;) {
		if (is_space(peek(s, 0))) {
			newline |= peek(s, 0) == '\n' || peek(s, 0) == '\r';
			s->at++;
		} else if (peek(s, 0) == '-' && peek(s, 1) == '-') {
			line_comment(s);
		} else {
			break;
		}
	}
	if (newline && peek(s, 0) == '\'')
		return true;
	s->at = begin;
	return false;
}

static enum sql_token
string(struct sql_scan *s, bool backslash)
{
	while (quoted(s, '\'', backslash) && backslash && goes_on(s))
		;
	return SQL_STRING;
}

/* $tag$ … $tag$. False: the $ does not begin one. */
static bool
dollar_quoted(struct sql_scan *s)
{
	const char *open = s->text + s->at, *close;
	size_t tag = 1;

	if (begins_word(peek(s, tag)))
		while (in_word(peek(s, tag)) && peek(s, tag) != '$')
			tag++;
	if (peek(s, tag) != '$')
		return false;
	tag++;
	close = memmem(open + tag, s->len - s->at - tag, open, tag);
	if (close)
		s->at = (size_t)(close - s->text) + tag;
	else
		s->open = "a dollar-quoted string";
	if (!close)
		s->at = s->len;
	return true;
}

static enum sql_token
word(struct sql_scan *s)
{
	while (in_word(peek(s, 0)))
		s->at++;
	return SQL_WORD;
}

static enum sql_token
blanks(struct sql_scan *s)
{
	while (is_space(peek(s, 0)))
		s->at++;
	return SQL_SPACE;
}

enum sql_token
sql_next(struct sql_scan *s)
{
	int c = peek(s, 0), next = peek(s, 1);

	if (c < 0)
		return SQL_END;
	if (is_space(c))
		return blanks(s);
	if (c == '-' && next == '-')
		return line_comment(s), SQL_COMMENT;
	if (c == '/' && next == '*')
		return block_comment(s), SQL_COMMENT;
	if (c == '\'')
		return string(s, s->backslash);
	if ((c == 'e' || c == 'E') && next == '\'')
		return s->at++, string(s, true);
	if (c == '"')
		return quoted(s, '"', false), SQL_NAME;
	if (c == '$' && dollar_quoted(s))
		return SQL_STRING;
	/* a number takes no $ with it: one may begin a string there */
	if (c >= '0' && c <= '9') {
		while (isalnum(peek(s, 0)) || peek(s, 0) == '_')
			s->at++;
		return SQL_WORD;
	}
	if (begins_word(c))
		return word(s);
	s->at++;
	return c == '\\' ? SQL_BACKSLASH : SQL_MARK;
}

size_t
sql_skip(const char *text, size_t len, size_t at)
{
	struct sql_scan s = { .text = text, .len = len, .at = at };
	enum sql_token t;

	do {
		at = s.at;
		t = sql_next(&s);
	} while (t == SQL_SPACE || t == SQL_COMMENT);
	return at;
}

/* Does END stand anywhere in a token that begins at FROM? One that is quoted, or a comment, is
 * looked at no further than its beginning. */
static bool
stands(const struct sql_scan *s, enum sql_token t, size_t *from, const char *end)
{
	size_t n = strlen(end), to = t == SQL_SPACE || t == SQL_WORD ? s->at : *from + 1;

	for (; *from < to; ++*from)
		if (s->len - *from >= n && !memcmp(s->text + *from, end, n))
			return true;
	return false;
}

size_t
sql_find(const char *text, size_t len, size_t at, const char *end)
{
	struct sql_scan s = { .text = text, .len = len, .at = at };
	enum sql_token t;
	int depth = 0;

	while (at = s.at, (t = sql_next(&s)) != SQL_END) {
		if (!depth && stands(&s, t, &at, end))
			return at;
		depth += t == SQL_MARK && text[at] == '(';
		depth -= t == SQL_MARK && text[at] == ')' && depth;
	}
	return len;
}

bool
sql_variable_at(const char *s, size_t len, struct sql_variable *v)
{
	static const char open[] = "'\"{", close[] = "'\"}";
	const char *mark = len > 1 && s[1] ? strchr(open, s[1]) : NULL;
	size_t n;

	*v = (struct sql_variable){ .name = mark ? *mark == '{' ? 3 : 2 : 1,
		.form = mark ? *mark == '{' ? '?' : *mark : 0 };
	if (len <= v->name || *s != ':' || (v->form == '?' && s[2] != '?'))
		return false;
	for (n = v->name; n < len && in_word((unsigned char)s[n]) && s[n] != '$';)
		n++;
	v->name_len = n - v->name;
	v->len = n + (mark != NULL);
	return v->name_len && (!mark || (n < len && s[n] == close[mark - open]));
}

bool
sql_next_variable(const char *text, size_t len, size_t *at, struct sql_variable *v)
{
	struct sql_scan s = { .text = text, .len = len, .at = *at };
	enum sql_token t;

	for (size_t begin; begin = s.at, (t = sql_next(&s)) != SQL_END; ) {
		if (t != SQL_MARK || text[begin] != ':')
			continue;
		/* a cast */
		if (s.at < len && text[s.at] == ':') {
			s.at++;
			continue;
		}
		if (!sql_variable_at(text + begin, len - begin, v))
			continue;
		v->start += begin;
		v->name += begin;
		*at = begin + v->len;
		return true;
	}
	return false;
}
