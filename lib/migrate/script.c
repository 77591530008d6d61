/* script.c - which statements of a migration need care, and what cannot be run here. */
#include <string.h>
#include <strings.h>

#include "migrate/content.h"
#include "migrate/weave.h"

/* The strand that byte AT is of. */
static const struct migrate_strand *
strand(const struct migrate_weave *w, size_t at)
{
	size_t i = w->count;

	while (i > 1 && w->strand[i - 1].at > at)
		i--;
	return &w->strand[i - 1];
}

/* The byte of its source that byte AT of the text stands for. */
static size_t
origin(const struct migrate_strand *t, size_t at)
{
	size_t from = t->from + (t->fixed ? 0 : at - t->at);

	return from < t->source->len ? from : t->source->len;
}

struct migrate_place
migrate_script_place(struct mem *m, const struct migrate_script *s, size_t at, const char **path)
{
	const struct migrate_strand *t;

	*path = s->path;
	if (!s->weave)
		return migrate_place_of(m, s->text, s->len, at, s->first);
	t = strand(s->weave, at);
	*path = t->source->path;
	return migrate_place_of(m, t->source->text, t->source->len, origin(t, at),
	    t->source->first);
}

char *
migrate_script_excerpt(struct mem *m, const struct migrate_script *s, const struct sql_statement *p)
{
	const struct migrate_strand *from, *to;
	size_t begin, end;

	if (!s->weave)
		return mem_dup(m, s->text + p->start, p->len);
	from = strand(s->weave, p->start);
	to = strand(s->weave, p->start + p->len);
	begin = origin(from, p->start);
	end = origin(to, p->start + p->len);
	return from->source == to->source && begin < end ?
	    mem_dup(m, from->source->text + begin, end - begin) :
	    mem_string(m, "");
}

static int
refuse(const struct migrate_script *s, size_t byte, const char *why, struct err *e)
{
	MEM_SCOPE(m);
	const char *path;
	struct migrate_place at = migrate_script_place(m, s, byte, &path);

	return err_set(e, FAIL_TROUBLE, "bad-input", "%s:%d:%d: %s\n%s", path, at.line, at.column,
	    why, at.caret);
}

static void
blank(struct migrate_script *s, const struct sql_statement *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (s->text[p->start + i] != '\n')
			s->text[p->start + i] = ' ';
}

/* The two commands of pg_dump's are a guard for psql alone. */
static bool
is_guard(const char *text, const struct sql_statement *p)
{
	static const char *const guards[] = { "\\restrict ", "\\unrestrict " };

	for (size_t i = 0; i < sizeof guards / sizeof *guards; i++)
		if (!strncmp(text + p->start, guards[i], strlen(guards[i])))
			return true;
	return false;
}

/* Does P end a transaction in a way that leaves no room for the row in the history? */
static bool
parts(const struct migrate_script *s, const struct sql_statement *p)
{
	static const char chain[] = "and chain";
	size_t n = sizeof chain - 1;

	return p->kind == SQL_ROLLBACK || p->kind == SQL_PREPARE ||
	    (p->kind == SQL_COMMIT && p->len > n &&
		!strncasecmp(s->text + p->start + p->len - n, chain, n));
}

static int
judge_transactions(struct migrate_script *s, struct err *e)
{
	const struct sql_statement *open = NULL;
	size_t begins = 0, alone = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct sql_statement *p = &s->piece[i];

		alone += p->kind == SQL_ALONE;
		if (parts(s, p))
			return refuse(s, p->start,
			    "this would part the migration from its row in the history", e);
		if (p->kind == SQL_COMMIT && !open)
			return refuse(s, p->start, "a COMMIT without a BEGIN", e);
		if (p->kind == SQL_ALONE && open)
			return refuse(s, p->start, "this cannot run between BEGIN and COMMIT", e);
		if (p->kind == SQL_COMMIT)
			open = NULL;
		if (p->kind == SQL_BEGIN) {
			if (open)
				return refuse(s, p->start, "a BEGIN inside of a transaction", e);
			open = p;
			begins++;
		}
	}
	if (open)
		return refuse(s, open->start, "a BEGIN without its COMMIT", e);
	s->own = begins == 1 && !alone && s->piece[0].kind == SQL_BEGIN &&
	    s->piece[s->count - 1].kind == SQL_COMMIT;
	s->steps = s->steps || alone || (begins && !s->own);
	return 0;
}

/* Comments are no statements, and psql's own lines are judged. */
static int
sift(struct migrate_script *s, struct err *e)
{
	size_t n = 0;

	for (size_t i = 0; i < s->count; i++) {
		struct sql_statement *p = &s->piece[i];

		if (p->kind == SQL_META && !is_guard(s->text, p))
			return refuse(s, p->start,
			    "a command of psql's in the value of a variable", e);
		if (p->kind == SQL_META)
			blank(s, p);
		if (p->kind != SQL_META && p->kind != SQL_EMPTY)
			s->piece[n++] = *p;
	}
	s->count = n;
	return 0;
}

/* Is there anything in SQL that the text must be put together for? */
static bool
has_commands(const char *text, const struct sql_script *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		if (sql->item[i].kind == SQL_META && !is_guard(text, &sql->item[i]))
			return true;
	return false;
}

/* A variable that psql has by itself, as :"DBNAME": with psql at hand it is the one to run this. */
static int
check_variables(const struct migrate_source *f, const struct sql_script *sql, struct err *e)
{
	struct sql_variable v;

	for (size_t i = 0; i < sql->count; i++) {
		const struct sql_statement *p = &sql->item[i];

		for (size_t at = p->start; sql_next_variable(f->text, p->start + p->len, &at, &v);)
			if (f->text[v.name] < '0' || f->text[v.name] > '9')
				return migrate_refuse(f, v.start, "psql-command",
				    "a variable of psql's", e);
	}
	return 0;
}

static int
put_together(struct mem *m, struct migrate_script *s, const struct migrate_source *f,
    const struct migrate_fill *fill, struct sql_script *sql, struct err *e)
{
	struct migrate_weave *w = mem_zero(m, 1, sizeof *w);
	struct mem_text said = { .m = m };
	int bad;

	w->m = w->text.m = m;
	w->fill = fill;
	w->file = s->file;
	mem_text_add(&w->text, "", 0);
	if (migrate_delimiter_wanted(s->file, s->text))
		bad = migrate_delimiter_weave(w, f, e);
	else if (has_commands(s->text, sql))
		bad = migrate_psql_weave(w, f, sql, &said, e);
	else
		bad = migrate_weave_add(w, f, 0, f->len, e);
	if (bad)
		return -1;
	s->weave = w;
	s->said = said.text;
	s->text = w->text.text;
	s->len = w->text.len;
	return sql_split(m, s->text, s->len, sql, e) ?
	    refuse(s, sql->bad, mem_string(m, e->text), e) :
	    0;
}

/* The text as it is run, and its statements. */
static int
take_text(struct mem *m, struct migrate_script *s, const struct migrate_fill *fill,
    struct sql_script *sql, struct err *e)
{
	struct migrate_source *from = mem_zero(m, 1, sizeof *from);

	migrate_cut_text(s->file, s->text, s->len);
	*from = (struct migrate_source){ s->path, s->text, s->len, s->first };
	if (migrate_delimiter_wanted(s->file, s->text))
		return put_together(m, s, from, fill, sql, e);
	if (migrate_split(m, from, sql, e))
		return -1;
	if (fill && fill->psql && !has_commands(s->text, sql) && check_variables(from, sql, e))
		return -1;
	return has_commands(s->text, sql) || migrate_weave_wanted(fill, s->file, s->text) ?
	    put_together(m, s, from, fill, sql, e) :
	    0;
}

int
migrate_script_read(struct mem *m, const struct migrate_file *f, bool down,
    const struct migrate_fill *fill, struct migrate_script *s, struct err *e)
{
	struct sql_script sql;

	*s = (struct migrate_script){ .file = f, .path = down ? f->down_path : f->path,
		.steps = down ? f->down.bare : f->up.bare };
	if (!(s->text = migrate_file_text(m, f, down, &s->len, &s->first, e)))
		return -1;
	migrate_file_loose(s->loose, f, s->text, s->len);
	if (take_text(m, s, fill, &sql, e))
		return -1;
	s->locks = strcasestr(s->text, "advisory") || strcasestr(s->text, "discard");
	s->early = strcasestr(s->text, "isolation") || strcasestr(s->text, "deferrable") ||
	    strcasestr(s->text, "snapshot");
	s->piece = sql.item;
	s->count = sql.count;
	if (sift(s, e) || judge_transactions(s, e))
		return -1;
	if (s->own && !s->steps)
		blank(s, &s->piece[--s->count]);
	return 0;
}
