/* script.c - which statements of a migration need care, and what cannot be run here. */
#include <string.h>
#include <strings.h>

#include "migrate/place.h"
#include "migrate/script.h"

static int
refuse(const struct migrate_script *s, const struct sql_statement *p, const char *why, struct err *e)
{
	MEM_SCOPE(m);
	struct migrate_place at = migrate_place_of(m, s->text, s->len, p->start, s->first);

	return err_set(e, FAIL_TROUBLE, "bad-input", "%s:%d:%d: %s\n%s", s->path, at.line, at.column, why, at.caret);
}

static void
blank(struct migrate_script *s, const struct sql_statement *p)
{
	for (size_t i = 0; i < p->len; i++)
		if (s->text[p->start + i] != '\n')
			s->text[p->start + i] = ' ';
}

/* Commands of psql's: the two of pg_dump are a guard for psql alone, all others mean something. */
static int
judge_meta(struct migrate_script *s, struct sql_statement *p, struct err *e)
{
	static const char *const harmless[] = { "\\restrict ", "\\unrestrict " };

	for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++)
		if (!strncmp(s->text + p->start, harmless[i], strlen(harmless[i]))) {
			blank(s, p);
			return 0;
		}
	refuse(s, p, "a command of psql's, which is not run here", e);
	return err_hint(e, "write it as SQL");
}

/* Does P end a transaction in a way that leaves no room for the row in the history? */
static bool
parts(const struct migrate_script *s, const struct sql_statement *p)
{
	static const char chain[] = "and chain";
	size_t n = sizeof chain - 1;

	return p->kind == SQL_ROLLBACK || p->kind == SQL_PREPARE ||
	    (p->kind == SQL_COMMIT && p->len > n && !strncasecmp(s->text + p->start + p->len - n, chain, n));
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
			return refuse(s, p, "this would part the migration from its row in the history", e);
		if (p->kind == SQL_COMMIT && !open)
			return refuse(s, p, "a COMMIT without a BEGIN", e);
		if (p->kind == SQL_ALONE && open)
			return refuse(s, p, "this cannot run between BEGIN and COMMIT", e);
		if (p->kind == SQL_COMMIT)
			open = NULL;
		if (p->kind == SQL_BEGIN) {
			if (open)
				return refuse(s, p, "a BEGIN inside of a transaction", e);
			open = p;
			begins++;
		}
	}
	if (open)
		return refuse(s, open, "a BEGIN without its COMMIT", e);
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

		if (p->kind == SQL_META && judge_meta(s, p, e))
			return -1;
		if (p->kind != SQL_META && p->kind != SQL_EMPTY)
			s->piece[n++] = *p;
	}
	s->count = n;
	return 0;
}

int
migrate_script_read(struct mem *m, const struct migrate_file *f, bool down, struct migrate_script *s, struct err *e)
{
	struct sql_script sql;

	*s = (struct migrate_script){ .file = f, .path = down ? f->down_path : f->path,
		.steps = down ? f->down.bare : f->up.bare };
	if (!(s->text = migrate_file_text(m, f, down, &s->len, &s->first, e)))
		return -1;
	migrate_loose_digest(s->loose, s->text, s->len);
	if (sql_split(m, s->text, s->len, &sql, e))
		return err_in(e, "%s", s->path);
	s->piece = sql.item;
	s->count = sql.count;
	if (sift(s, e) || judge_transactions(s, e))
		return -1;
	if (s->own && !s->steps)
		blank(s, &s->piece[--s->count]);
	return 0;
}
