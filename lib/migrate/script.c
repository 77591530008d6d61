/* script.c - parts the text into statements and tells those that need care. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "migrate/lex.h"
#include "migrate/place.h"
#include "migrate/script.h"

enum { HEAD = 6 };      /* words of a statement that tell what it is */

/* A statement while it is read. */
struct reading {
	struct migrate_lexer x;
	struct migrate_token head[HEAD];
	size_t words, begin, end;
	int parens, blocks;
	bool any, concurrently, from, stdin_next, copies, detach;
};

/* Statements by the words they begin with; '*' stands for CONCURRENTLY anywhere in it. */
static const struct {
	const char *words;
	enum migrate_piece_kind kind;
} kinds[] = {
	{ "begin", MIGRATE_BEGIN }, { "start transaction", MIGRATE_BEGIN },
	{ "commit prepared", MIGRATE_ROLLBACK }, { "commit and chain", MIGRATE_ROLLBACK },
	{ "commit", MIGRATE_COMMIT }, { "end", MIGRATE_COMMIT },
	{ "rollback to", MIGRATE_STATEMENT }, { "rollback work to", MIGRATE_STATEMENT },
	{ "rollback transaction to", MIGRATE_STATEMENT },
	{ "rollback", MIGRATE_ROLLBACK }, { "abort", MIGRATE_ROLLBACK }, { "prepare transaction", MIGRATE_ROLLBACK },
	{ "create index *", MIGRATE_ALONE }, { "create unique index *", MIGRATE_ALONE },
	{ "drop index *", MIGRATE_ALONE }, { "reindex *", MIGRATE_ALONE }, { "alter table *", MIGRATE_ALONE },
	{ "reindex database", MIGRATE_ALONE }, { "reindex system", MIGRATE_ALONE },
	{ "reindex schema", MIGRATE_ALONE }, { "vacuum", MIGRATE_ALONE }, { "alter system", MIGRATE_ALONE },
	{ "create database", MIGRATE_ALONE }, { "drop database", MIGRATE_ALONE },
	{ "create tablespace", MIGRATE_ALONE }, { "drop tablespace", MIGRATE_ALONE },
	{ "create subscription", MIGRATE_ALONE }, { "alter subscription", MIGRATE_ALONE },
	{ "drop subscription", MIGRATE_ALONE },
};

static bool
begins_with(const struct reading *r, const char *words)
{
	for (size_t i = 0; *words; i++) {
		size_t n = strcspn(words, " ");

		if (*words == '*')
			return r->concurrently;
		if (i >= r->words || r->head[i].len != n || strncasecmp(r->x.text + r->head[i].at, words, n))
			return false;
		words += n + (words[n] == ' ');
	}
	return true;
}

static enum migrate_piece_kind
kind_of(const struct reading *r)
{
	if (r->copies)
		return MIGRATE_COPY;
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (begins_with(r, kinds[i].words))
			return kinds[i].kind;
	return MIGRATE_STATEMENT;
}

/* Only the body of a function holds statements that end in semicolons of its own. */
static bool
makes_routine(const struct reading *r)
{
	return begins_with(r, "create function") || begins_with(r, "create procedure") ||
	    begins_with(r, "create or replace function") || begins_with(r, "create or replace procedure");
}

static void
take_word(struct reading *r, const struct migrate_token *t)
{
	struct migrate_lexer *x = &r->x;

	if (r->words < HEAD)
		r->head[r->words++] = *t;
	if (migrate_token_is(x, t, "concurrently"))
		r->concurrently = true;
	if (r->from && migrate_token_is(x, t, "stdin") && begins_with(r, "copy"))
		r->copies = true;
	r->from = !r->parens && migrate_token_is(x, t, "from");
	if (!makes_routine(r))
		return;
	if (migrate_token_is(x, t, "begin") || (r->blocks && migrate_token_is(x, t, "case")))
		r->blocks++;
	else if (r->blocks && migrate_token_is(x, t, "end"))
		r->blocks--;
}

/* A script may turn backslashes in strings on and off; what follows is read accordingly. */
static bool
note_escapes(struct reading *r)
{
	MEM_SCOPE(m);
	const char *text;

	if (!begins_with(r, "set standard_conforming_strings"))
		return false;
	text = mem_dup(m, r->x.text + r->begin, r->end - r->begin);
	r->x.escapes = strcasestr(text, "off") || strcasestr(text, "false");
	return true;
}

/* The data of a COPY begins on the line after it and ends with a line of "\." or with the text. */
static void
take_data(struct reading *r, struct migrate_piece *p)
{
	const char *text = r->x.text, *stop = text + r->x.len, *line = memchr(text + r->x.at, '\n', r->x.len - r->x.at);

	line = line ? line + 1 : stop;
	p->data_at = (size_t)(line - text);
	while (line < stop) {
		const char *end = memchr(line, '\n', (size_t)(stop - line));
		size_t n = (size_t)((end ? end : stop) - line);

		if (n >= 2 && !memcmp(line, "\\.", 2) && (n == 2 || (n == 3 && line[2] == '\r')))
			break;
		line = end ? end + 1 : stop;
	}
	p->data_len = (size_t)(line - text) - p->data_at;
	while (line < stop && *line != '\n')
		line++;
	r->x.at = (size_t)(line - text);
}

static void
add_piece(struct mem *m, struct migrate_script *s, struct reading *r, enum migrate_piece_kind kind)
{
	struct migrate_piece *p;

	mem_grow(m, &s->piece, s->count, &s->room, sizeof *s->piece);
	p = &s->piece[s->count++];
	*p = (struct migrate_piece){ .kind = kind, .at = r->begin, .len = r->end - r->begin };
	if (kind == MIGRATE_COPY)
		take_data(r, p);
	p->barrier = kind == MIGRATE_STATEMENT && note_escapes(r);
}

static void
split(struct mem *m, struct migrate_script *s)
{
	struct reading r = { .x = { .text = s->text, .len = s->len } };
	struct migrate_token t;

	do {
		t = migrate_lex(&r.x);
		if (t.kind == MIGRATE_TOKEN_META && !r.any) {
			r.begin = t.at;
			r.end = t.at + t.len;
			add_piece(m, s, &r, MIGRATE_META);
			continue;
		}
		if (t.kind == MIGRATE_TOKEN_END || (t.kind == MIGRATE_TOKEN_SYMBOL && s->text[t.at] == ';' &&
		    r.parens <= 0 && !r.blocks)) {
			if (r.any)
				add_piece(m, s, &r, kind_of(&r));
			r = (struct reading){ .x = r.x };
			continue;
		}
		if (!r.any)
			r.begin = t.at;
		r.any = true;
		r.end = t.at + t.len;
		if (t.kind == MIGRATE_TOKEN_WORD)
			take_word(&r, &t);
		else if (t.kind == MIGRATE_TOKEN_SYMBOL)
			r.parens += (s->text[t.at] == '(') - (s->text[t.at] == ')');
	} while (t.kind != MIGRATE_TOKEN_END);
}

static int
refuse(const struct migrate_script *s, const struct migrate_piece *p, const char *why, struct err *e)
{
	MEM_SCOPE(m);
	struct migrate_place at = migrate_place_of(m, s->text, s->len, p->at, s->first);

	return err_set(e, FAIL_TROUBLE, "bad-input", "%s:%d:%d: %s\n%s", s->path, at.line, at.column, why, at.caret);
}

static void
blank(struct migrate_script *s, const struct migrate_piece *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (s->text[p->at + i] != '\n')
			s->text[p->at + i] = ' ';
}

/* Commands of psql's: the two of pg_dump are a guard for psql alone, all others mean something. */
static int
judge_meta(struct migrate_script *s, struct migrate_piece *p, struct err *e)
{
	static const char *const harmless[] = { "\\restrict ", "\\unrestrict " };

	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (!strncmp(s->text + p->at, harmless[i], strlen(harmless[i]))) {
			blank(s, p);
			return 0;
		}
	refuse(s, p, "a command of psql's, which is not run here", e);
	return err_hint(e, "write it as SQL");
}

static int
judge_transactions(struct migrate_script *s, struct err *e)
{
	const struct migrate_piece *open = NULL;
	size_t begins = 0, alone = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct migrate_piece *p = &s->piece[i];

		alone += p->kind == MIGRATE_ALONE;
		if (p->kind == MIGRATE_ROLLBACK)
			return refuse(s, p, "this would part the migration from its row in the history", e);
		if (p->kind == MIGRATE_COMMIT && !open)
			return refuse(s, p, "a COMMIT without a BEGIN", e);
		if (p->kind == MIGRATE_ALONE && open)
			return refuse(s, p, "this cannot run between BEGIN and COMMIT", e);
		if (p->kind == MIGRATE_COMMIT)
			open = NULL;
		if (p->kind == MIGRATE_BEGIN) {
			if (open)
				return refuse(s, p, "a BEGIN inside of a transaction", e);
			open = p;
			begins++;
		}
	}
	if (open)
		return refuse(s, open, "a BEGIN without its COMMIT", e);
	s->own = begins == 1 && !alone && s->piece[0].kind == MIGRATE_BEGIN &&
	    s->piece[s->count - 1].kind == MIGRATE_COMMIT;
	s->steps = s->steps || alone || (begins && !s->own);
	return 0;
}

static void
drop_piece(struct migrate_script *s, size_t i)
{
	memmove(&s->piece[i], &s->piece[i + 1], (s->count - i - 1) * sizeof *s->piece);
	s->count--;
}

int
migrate_script_read(struct mem *m, const struct migrate_file *f, bool down, struct migrate_script *s, struct err *e)
{
	*s = (struct migrate_script){ .file = f, .path = down ? f->down_path : f->path,
		.steps = down ? f->down.bare : f->up.bare };
	if (!(s->text = migrate_file_text(m, f, down, &s->len, &s->first, e)))
		return -1;
	split(m, s);
	for (size_t i = s->count; i-- > 0;)
		if (s->piece[i].kind == MIGRATE_META) {
			if (judge_meta(s, &s->piece[i], e))
				return -1;
			drop_piece(s, i);
		}
	if (judge_transactions(s, e))
		return -1;
	if (s->own && !s->steps)
		blank(s, &s->piece[--s->count]);
	return 0;
}
