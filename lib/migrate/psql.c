/* psql.c - the commands of psql that have a meaning for what is run: variables, included files,
 * conditions. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "migrate/content.h"
#include "migrate/psql_variables.h"
#include "migrate/weave.h"
#include "pg/conn.h"

enum {
	DEPTH = 16,             /* of files and conditions inside each other */
};

/* One \if that is open. */
struct branch {
	bool live;              /* this part of it is run */
	bool had;               /* one of its parts was */
	bool last;              /* \else was met */
	size_t at;
};

struct psql {
	struct migrate_weave *w;
	struct mem *m;
	struct psql_variables variables;
	struct branch branch[DEPTH];
	int branches;
	int depth;              /* of files */
	struct mem_text *said;
};

/* One command and its words. */
struct command {
	struct psql *p;
	const struct migrate_source *f;
	size_t at;              /* of the backslash */
	char **word;
	size_t count, room;
};

static int weave(struct psql *, const struct migrate_source *, const struct sql_script *,
    struct err *);

static bool
live(const struct psql *p)
{
	for (int i = 0; i < p->branches; i++)
		if (!p->branch[i].live)
			return false;
	return true;
}

/* The words of a command, as psql reads them */

static int
refuse_at(const struct command *c, const char *word, const char *why, struct err *e)
{
	return migrate_refuse(c->f, c->at, word, why, e);
}

/* A quoted part of a word from S on, behind its quote; the end, or NULL. */
static const char *
take_quoted(struct mem_text *t, const char *s, const char *end)
{
	static const char escape[] = "n\nt\tb\br\rf\f";

	for (; s < end; s++) {
		if (*s == '\'' && s + 1 < end && s[1] == '\'')
			mem_text_add(t, s++, 1);
		else if (*s == '\'')
			return s + 1;
		else if (*s == '\\' && s + 1 < end) {
			const char *found = strchr(escape, *++s);
			char octal = (char)strtol(s, NULL, 8);

			if (*s >= '0' && *s <= '7') {
				mem_text_add(t, &octal, 1);
				while (s + 1 < end && s[1] >= '0' && s[1] <= '7')
					s++;
			} else {
				mem_text_add(t, found ? found + 1 : s, 1);
			}
		} else {
			mem_text_add(t, s, 1);
		}
	}
	return NULL;
}

static const char *
take_word(struct command *c, const char *s, const char *end, struct err *e)
{
	struct mem_text t = { .m = c->p->m };
	char *value;
	size_t n;

	mem_text_add(&t, "", 0);
	while (s < end && !isspace((unsigned char)*s)) {
		if (*s == '`')
			return refuse_at(c, "psql-command",
				   "a command of the shell, which is not run here", e),
			       NULL;
		if (*s == '\'') {
			if (!(s = take_quoted(&t, s + 1, end)))
				return refuse_at(c, "bad-input", "a quoted string without its end",
					   e),
				       NULL;
		} else if (*s == '"') {
			const char *close = memchr(s + 1, '"', (size_t)(end - s - 1));

			if (!close)
				return refuse_at(c, "bad-input", "a quoted name without its end",
					   e),
				       NULL;
			mem_text_add(&t, s, (size_t)(close - s) + 1);
			s = close + 1;
		} else if (*s == ':' && (value = psql_variables_put(&c->p->variables, s, &n))) {
			mem_text_add(&t, value, strlen(value));
			s += n;
		} else {
			mem_text_add(&t, s++, 1);
		}
	}
	mem_grow(c->p->m, &c->word, c->count, &c->room, sizeof *c->word);
	c->word[c->count++] = t.text;
	return s;
}

static int
take_words(struct command *c, const char *s, const char *end, struct err *e)
{
	while (s < end && isspace((unsigned char)*s))
		s++;
	while (s < end) {
		if (!(s = take_word(c, s, end, e)))
			return -1;
		while (s < end && isspace((unsigned char)*s))
			s++;
	}
	return 0;
}

/* The commands */

/* psql's own switches: what is asked for here anyway, and what concerns its output. */
static int
check_switch(const struct command *c, const char *name, const char *value, struct err *e)
{
	static const char *const wanted[][2] = { { "ON_ERROR_STOP", "on" }, { "AUTOCOMMIT", "on" },
		{ "ON_ERROR_ROLLBACK", "off" }, { "SINGLELINE", "off" } };
	bool on = strcasecmp(value, "off") && strcasecmp(value, "false") && strcmp(value, "0") &&
	    strcasecmp(value, "no");

	for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
		if (!strcmp(name, wanted[i][0]) && on != !strcmp(wanted[i][1], "on"))
			return refuse_at(c, "psql-command", "a mode of psql's that is not had here",
			    e);
	return 0;
}

static int
do_set(struct command *c, struct err *e)
{
	struct mem_text t = { .m = c->p->m };

	if (!c->count)
		return refuse_at(c, "psql-command",
		    "this lists psql's variables, which is not done here", e);
	mem_text_add(&t, "", 0);
	for (size_t i = 1; i < c->count; i++)
		mem_text_add(&t, c->word[i], strlen(c->word[i]));
	if (check_switch(c, c->word[0], t.text, e))
		return -1;
	psql_variables_set(&c->p->variables, c->word[0], t.text);
	return 0;
}

static int
do_unset(struct command *c, struct err *e)
{
	if (c->count != 1)
		return refuse_at(c, "bad-input", "\\unset takes one name", e);
	psql_variables_set(&c->p->variables, c->word[0], NULL);
	return 0;
}

static int
do_echo(struct command *c, struct err *e)
{
	size_t i = c->count && !strcmp(c->word[0], "-n");

	(void)e;
	if (c->p->said->len)
		mem_text_add(c->p->said, "\n", 1);
	for (size_t first = i; i < c->count; i++)
		mem_text_fmt(c->p->said, "%s%s", i > first ? " " : "", c->word[i]);
	return 0;
}

/* The file NAME: in the way of \ir beside the one that includes it. */
static int
include(struct command *c, bool beside, struct err *e)
{
	struct psql *p = c->p;
	struct mem *m = p->m;
	const char *slash = strrchr(c->f->path, '/'), *name = c->count ? c->word[0] : NULL;
	struct migrate_source *f = mem_zero(m, 1, sizeof *f);
	struct sql_script sql;
	int bad;

	if (c->count != 1)
		return refuse_at(c, "bad-input", "this takes the name of one file", e);
	if (p->depth == DEPTH)
		return refuse_at(c, "bad-input", "files include each other without end", e);
	f->path = beside && *name != '/' && slash ?
	    mem_fmt(m, "%.*s/%s", (int)(slash - c->f->path), c->f->path, name) :
	    mem_string(m, name);
	if (!(f->text = migrate_read_text(m, f->path, &f->len, e)))
		return err_in(e, "%s", c->f->path);
	f->first = 1;
	if (migrate_split(m, f, &sql, e))
		return -1;
	p->depth++;
	bad = weave(p, f, &sql, e);
	p->depth--;
	if (!bad)
		migrate_weave_value(p->w, c->f, c->at, "\n");
	return bad;
}

static int
do_include(struct command *c, struct err *e)
{
	return include(c, false, e);
}

static int
do_include_beside(struct command *c, struct err *e)
{
	return include(c, true, e);
}

/* Is WORD true, false (0), or neither (-1)? Beginnings of the words do, as with psql. */
static int
truth(const char *word)
{
	static const struct {
		char word[6];
		size_t least;
		int is;
	} words[] = { { "true", 1, 1 }, { "false", 1, 0 }, { "yes", 1, 1 }, { "no", 1, 0 },
		{ "on", 2, 1 }, { "off", 2, 0 }, { "1", 1, 1 }, { "0", 1, 0 } };
	size_t n = strlen(word);

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (n >= words[i].least && n <= strlen(words[i].word) &&
		    !strncasecmp(word, words[i].word, n))
			return words[i].is;
	return -1;
}

static int
condition(struct command *c, bool *is, struct err *e)
{
	int value = c->count == 1 ? truth(c->word[0]) : -1;

	*is = value == 1;
	return value < 0 ? refuse_at(c, "bad-input", "the condition is neither true nor false", e) :
			   0;
}

static int
do_if(struct command *c, struct err *e)
{
	struct psql *p = c->p;
	bool is = false;

	if (p->branches == DEPTH)
		return refuse_at(c, "bad-input", "too many \\if inside each other", e);
	if (live(p) && condition(c, &is, e))
		return -1;
	p->branch[p->branches++] = (struct branch){ is, is, false, c->at };
	return 0;
}

/* \elif and \else */
static int
turn(struct command *c, bool is_else, struct err *e)
{
	struct psql *p = c->p;
	struct branch *b = p->branches ? &p->branch[p->branches - 1] : NULL;
	bool is = is_else;

	if (!b || b->last)
		return refuse_at(c, "bad-input",
		    b ? "behind \\else only \\endif may come" : "there is no \\if before it", e);
	b->live = true;
	if (!is_else && !b->had && live(p) && condition(c, &is, e))
		return -1;
	b->live = is && !b->had;
	b->had |= b->live;
	b->last = is_else;
	return 0;
}

static int
do_elif(struct command *c, struct err *e)
{
	return turn(c, false, e);
}

static int
do_else(struct command *c, struct err *e)
{
	return turn(c, true, e);
}

static int
do_endif(struct command *c, struct err *e)
{
	if (!c->p->branches)
		return refuse_at(c, "bad-input", "there is no \\if before it", e);
	c->p->branches--;
	return 0;
}

/* A guard of pg_dump's, or about psql's output. */
static int
do_nothing(struct command *c, struct err *e)
{
	(void)c;
	(void)e;
	return 0;
}

static int
do_encoding(struct command *c, struct err *e)
{
	if (c->count == 1 && (!strcasecmp(c->word[0], "utf8") || !strcasecmp(c->word[0], "utf-8") ||
	    !strcasecmp(c->word[0], "unicode")))
		return 0;
	return refuse_at(c, "bad-input", "the text must be UTF-8", e);
}

static const struct {
	const char *name;
	int (*run)(struct command *, struct err *);
	bool always;            /* also where a condition is false */
} commands[] = {
	{ "set", do_set, false },
	{ "unset", do_unset, false },
	{ "i", do_include, false },
	{ "include", do_include, false },
	{ "ir", do_include_beside, false },
	{ "include_relative", do_include_beside, false },
	{ "echo", do_echo, false },
	{ "qecho", do_echo, false },
	{ "warn", do_echo, false },
	{ "if", do_if, true },
	{ "elif", do_elif, true },
	{ "else", do_else, true },
	{ "endif", do_endif, true },
	{ "encoding", do_encoding, false },
	{ "restrict", do_nothing, false },
	{ "unrestrict", do_nothing, false },
	{ "pset", do_nothing, false },
	{ "timing", do_nothing, false },
	{ "t", do_nothing, false },
	{ "a", do_nothing, false },
	{ "x", do_nothing, false },
};

static int
run(struct psql *p, const struct migrate_source *f, const struct sql_statement *s, struct err *e)
{
	struct command c = { .p = p, .f = f, .at = s->start };
	const char *name = f->text + s->start + 1, *end = f->text + s->start + s->len;
	size_t n = 0;

	while (name + n < end && (isalpha((unsigned char)name[n]) || name[n] == '_'))
		n++;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strlen(commands[i].name) != n || strncmp(commands[i].name, name, n))
			continue;
		if (!live(p) && !commands[i].always)
			return 0;
		return take_words(&c, name + n, end, e) ? -1 : commands[i].run(&c, e);
	}
	if (!live(p))
		return 0;
	refuse_at(&c, "psql-command", "a command of psql's, which is not run here", e);
	return err_hint(e,
	    n && !strncmp(name, "connect", n) ?
		"a migration stays in its database: --databases applies it to "
		"others" :
		"write it as SQL, or hand the file to psql: --psql");
}

/* One statement with the values of its variables. */
static int
add_statement(struct psql *p, const struct migrate_source *f, size_t from, size_t to, struct err *e)
{
	struct sql_variable v;
	char *value;

	for (size_t at = from; sql_next_variable(f->text, to, &at, &v);) {
		size_t len;

		if (!(value = psql_variables_put(&p->variables, f->text + v.start, &len))) {
			at = v.start + v.len;
			continue;
		}
		if (migrate_weave_add(p->w, f, from, v.start, e))
			return -1;
		migrate_weave_value(p->w, f, v.start, value);
		from = at = v.start + len;
	}
	return migrate_weave_add(p->w, f, from, to, e);
}

static int
weave(struct psql *p, const struct migrate_source *f, const struct sql_script *sql, struct err *e)
{
	int branches = p->branches;
	size_t done = 0;

	for (size_t i = 0; i < sql->count; i++) {
		const struct sql_statement *s = &sql->item[i];

		if (live(p) && migrate_weave_add(p->w, f, done, s->start, e))
			return -1;
		done = s->kind == SQL_META ? s->start + s->len : s->end;
		if (s->kind == SQL_META ? run(p, f, s, e) :
		    live(p) && (add_statement(p, f, s->start, s->start + s->len, e) ||
		    migrate_weave_add(p->w, f, s->start + s->len, done, e)))
			return -1;
	}
	if (p->branches != branches)
		return migrate_refuse(f, p->branches ? p->branch[p->branches - 1].at : 0,
		    "bad-input", "an \\if without its \\endif", e);
	return migrate_weave_add(p->w, f, done, f->len, e);
}

int
migrate_psql_weave(struct migrate_weave *w, const struct migrate_source *f,
    const struct sql_script *sql, struct mem_text *said, struct err *e)
{
	struct psql p = { .w = w, .m = w->m, .variables = { .m = w->m }, .said = said };

	return weave(&p, f, sql, e);
}
