/* sql_split.c - a script cut into its statements. */
#include <string.h>
#include <strings.h>

#include "pg/sql_private.h"

enum { HEAD = 4 };      /* words that tell whether a body may follow: CREATE OR REPLACE FUNCTION */

/* The statement that is being read. */
struct piece {
	/* where comments begin, the first word, behind the last word */
	size_t lead, first, last;
	int line;                       /* of the first word */
	bool any, comments;             /* words were met; comments were met */
	int parens;
	size_t paren_at;                /* the outermost open one */
	const char *head[HEAD];
	size_t head_len[HEAD];
	int heads;
	bool copy, from, stdin_;        /* COPY … FROM stdin */
	bool begin;                     /* the last word was BEGIN, and a body may follow */
	/* the last word was AS, or the last mark a dot: a name follows */
	bool as;
	int depth;                      /* of BEGIN ATOMIC and CASE */
	size_t body_at;
};

struct split {
	struct sql_scan scan;
	struct mem *m;
	struct sql_script *script;
	struct piece piece;
	size_t counted;                 /* lines are counted up to here */
	int line;
};

static int
line_at(struct split *s, size_t at)
{
	while (s->counted < at)
		s->line += s->scan.text[s->counted++] == '\n';
	return s->line;
}

static int
line_of(const struct split *s, size_t at)
{
	int line = 1;

	for (size_t i = 0; i < at && i < s->scan.len; i++)
		line += s->scan.text[i] == '\n';
	return line;
}

static struct sql_statement *
add(struct split *s, enum sql_kind kind)
{
	const struct piece *p = &s->piece;
	struct sql_script *script = s->script;

	mem_grow(s->m, &script->item, script->count, &script->room, sizeof *script->item);
	script->item[script->count] = (struct sql_statement){ .kind = kind,
		.line = p->line,
		.start = p->first,
		.len = p->last - p->first,
		.lead = p->lead,
		.end = s->scan.at };
	return script->item + script->count++;
}

static void
reset(struct split *s)
{
	s->piece = (struct piece){ .lead = s->scan.at };
}

/* "SET standard_conforming_strings = off", with any of the words for it. */
static bool
sets_off(const char *text, size_t len)
{
	static const char *const off[] = { "off", "'off'", "false", "'false'", "0", "'0'" };

	for (size_t i = 0; i < sizeof off / sizeof *off; i++) {
		size_t n = strlen(off[i]);

		if (len > n && !strncasecmp(text + len - n, off[i], n) &&
		    strchr(" =\t\n", text[len - n - 1]))
			return true;
	}
	return false;
}

/* The statement, or the comments, up to here. */
static struct sql_statement *
end_piece(struct split *s)
{
	struct piece *p = &s->piece;
	struct sql_statement *done = NULL;

	if (p->any) {
		done = add(s, sql_kind_of(s->scan.text + p->first, p->last - p->first));
		if (done->kind == SQL_STRINGS)
			s->scan.backslash = sets_off(s->scan.text + p->first, p->last - p->first);
	} else if (p->comments)
		done = add(s, SQL_EMPTY);
	reset(s);
	return done;
}

static bool
word_is(const struct split *s, size_t begin, const char *word)
{
	size_t n = strlen(word);

	return s->scan.at - begin == n && !strncasecmp(s->scan.text + begin, word, n);
}

static bool
head_is(const struct piece *p, int i, const char *word)
{
	return i < p->heads && strlen(word) == p->head_len[i] &&
	    !strncasecmp(p->head[i], word, p->head_len[i]);
}

/* CREATE [OR REPLACE] FUNCTION or PROCEDURE: only there BEGIN ATOMIC begins a body. */
static bool
may_have_body(const struct piece *p)
{
	int i = head_is(p, 1, "or") && head_is(p, 2, "replace") ? 3 : 1;

	return head_is(p, 0, "create") && (head_is(p, i, "function") || head_is(p, i, "procedure"));
}

static void
see_word(struct split *s, size_t begin)
{
	struct piece *p = &s->piece;
	bool name = p->as;

	if (p->heads < HEAD) {
		p->head[p->heads] = s->scan.text + begin;
		p->head_len[p->heads++] = s->scan.at - begin;
	}
	p->as = word_is(s, begin, "as");
	if (p->parens == 0 && p->heads == 1)
		p->copy = word_is(s, begin, "copy");
	else if (p->copy && p->parens == 0) {
		p->stdin_ |= p->from && word_is(s, begin, "stdin");
		p->from = word_is(s, begin, "from");
	}
	if (p->begin && word_is(s, begin, "atomic")) {
		p->depth = 1;
		p->body_at = begin;
	} else if (p->depth && !name && word_is(s, begin, "case")) {
		p->depth++;
	} else if (p->depth && !name && word_is(s, begin, "end")) {
		p->depth--;
	}
	p->begin = !p->depth && p->parens == 0 && word_is(s, begin, "begin") && may_have_body(p);
}

static void
see_mark(struct split *s, size_t begin)
{
	struct piece *p = &s->piece;
	char c = s->scan.text[begin];

	p->as = c == '.';
	if (c == '(' && p->parens++ == 0)
		p->paren_at = begin;
	if (c == ')' && p->parens)
		p->parens--;
}

static void
see(struct split *s, enum sql_token t, size_t begin)
{
	struct piece *p = &s->piece;

	if (!p->any) {
		p->first = begin;
		p->line = line_at(s, begin);
	}
	p->any = true;
	p->last = s->scan.at;
	if (t == SQL_WORD) {
		see_word(s, begin);
		return;
	}
	p->begin = p->from = p->as = false;
	if (t == SQL_MARK)
		see_mark(s, begin);
}

static void
see_comment(struct split *s, size_t begin)
{
	struct piece *p = &s->piece;

	if (p->any)
		return;
	if (!p->comments) {
		p->first = begin;
		p->line = line_at(s, begin);
	}
	p->comments = true;
	p->last = s->scan.at;
}

/* Where the line that AT is in ends, before its newline. */
static size_t
line_end(const struct split *s, size_t at)
{
	const char *nl = memchr(s->scan.text + at, '\n', s->scan.len - at);

	return nl ? (size_t)(nl - s->scan.text) : s->scan.len;
}

static size_t
without_cr(const struct split *s, size_t begin, size_t end)
{
	return end > begin && s->scan.text[end - 1] == '\r' ? end - 1 : end;
}

/* A line for psql. It also ends a statement before it: \gexec and its like send that. */
static void
take_meta(struct split *s, size_t begin)
{
	size_t end = line_end(s, begin);

	s->scan.at = begin;
	if (s->piece.any)
		end_piece(s);
	s->piece.first = begin;
	s->piece.line = line_at(s, begin);
	s->piece.last = without_cr(s, begin, end);
	s->scan.at = end;
	add(s, SQL_META);
	reset(s);
}

static int
refuse(const struct split *s, size_t at, const char *why, struct err *e)
{
	s->script->bad = at;
	s->script->bad_line = line_of(s, at);
	return err_set(e, FAIL_TROUBLE, "bad-input", "%s", why);
}

/* The data of a COPY begin on the line after it. */
static int
take_data(struct split *s, struct sql_statement *copy, struct err *e)
{
	size_t at = line_end(s, s->scan.at);
	struct sql_scan rest = { .text = s->scan.text, .len = at, .at = s->scan.at };
	enum sql_token t;

	while ((t = sql_next(&rest)) == SQL_SPACE || t == SQL_COMMENT)
		;
	if (t != SQL_END)
		return refuse(s, copy->start, "the data of COPY ... FROM stdin must begin on a new "
		    "line", e);
	copy->data = at < s->scan.len ? at + 1 : at;
	for (at = copy->data; at < s->scan.len;) {
		size_t end = line_end(s, at), text = without_cr(s, at, end);

		if (text - at == 2 && !memcmp(s->scan.text + at, "\\.", 2)) {
			copy->data_len = at - copy->data;
			copy->end = s->scan.at = end;
			reset(s);
			return 0;
		}
		at = end < s->scan.len ? end + 1 : end;
	}
	copy->data_len = at - copy->data;
	copy->end = s->scan.at = at;
	reset(s);
	return 0;
}

static int
take_semicolon(struct split *s, struct err *e)
{
	bool data = s->piece.copy && s->piece.stdin_;
	struct sql_statement *done = end_piece(s);

	if (!data || !done)
		return 0;
	done->kind = SQL_COPY_IN;
	return take_data(s, done, e);
}

static int
check_end(struct split *s, size_t begin, struct err *e)
{
	const struct piece *p = &s->piece;

	if (s->scan.open)
		return refuse(s, begin,
		    mem_fmt(s->m, "%s that begins here has no end", s->scan.open), e);
	if (p->parens)
		return refuse(s, p->paren_at, "the parenthesis that opens here is never closed", e);
	if (p->depth)
		return refuse(s, p->body_at, "the body that begins here has no END", e);
	return 0;
}

static int
split(struct split *s, struct err *e)
{
	for (;;) {
		size_t begin = s->scan.at;
		enum sql_token t = sql_next(&s->scan);

		if (t == SQL_END || s->scan.open)
			return check_end(s, begin, e);
		if (t == SQL_COMMENT)
			see_comment(s, begin);
		else if (t == SQL_BACKSLASH)
			take_meta(s, begin);
		else if (t == SQL_MARK && s->scan.text[begin] == ';' && !s->piece.parens &&
		    !s->piece.depth) {
			if (take_semicolon(s, e))
				return -1;
		} else if (t != SQL_SPACE)
			see(s, t, begin);
	}
}

static int
check_text(const struct split *s, struct err *e)
{
	const char *nul = memchr(s->scan.text, 0, s->scan.len);

	if (s->scan.len >= 2 &&
	    (!memcmp(s->scan.text, "\xff\xfe", 2) || !memcmp(s->scan.text, "\xfe\xff", 2))) {
		refuse(s, 0, "the file is UTF-16, not UTF-8", e);
		return err_hint(e, "iconv -f UTF-16 -t UTF-8 converts it");
	}
	if (nul)
		return refuse(s, (size_t)(nul - s->scan.text), "a NUL byte", e);
	return 0;
}

int
sql_split(struct mem *m, const char *text, size_t len, struct sql_script *script, struct err *e)
{
	struct split s = { .scan = { .text = text, .len = len },
		.m = m,
		.script = script,
		.line = 1 };

	*script = (struct sql_script){ .count = 0 };
	if (check_text(&s, e))
		return -1;
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		s.scan.at = 3;
	reset(&s);
	if (split(&s, e))
		return -1;
	/* a COPY at the very end has no data, but is one */
	if (s.piece.copy && s.piece.stdin_)
		return take_semicolon(&s, e);
	end_piece(&s);
	return 0;
}
