/* lint.c - walks files and statements, remembers what is new, keeps what is allowed. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "pg/sql.h"
#include "schema/lint.h"

enum { MAX_FILE = 256 << 20 };

struct walk {
	struct mem *m;
	struct lint *lint;
	const char *const *allow;
	size_t allow_count;
	const char *file, *lead; /* where we are; the comments before the statement */
	int line;
	const char **made; /* tables that this run made */
	size_t made_count, made_room;
};

/* The reason when a comment before the statement, or --allow, accepts HAZARD. */
static const char *
allowed(const struct walk *w, const char *hazard)
{
	static const char mark[] = "handrail: allow ";
	size_t n = strlen(hazard);

	for (const char *p = w->lead; (p = strstr(p, mark)); p += sizeof mark - 1) {
		const char *id = p + sizeof mark - 1, *reason = id + n;

		if (strncmp(id, hazard, n) || (*reason && !strchr(" \t\r\n", *reason)))
			continue;
		reason += strspn(reason, " \t");
		return mem_dup(w->m, reason, strcspn(reason, "\r\n"));
	}
	for (size_t i = 0; i < w->allow_count; i++)
		if (!strcmp(w->allow[i], hazard))
			return "--allow";
	return NULL;
}

static void
found(void *walk, const char *id, const char *object)
{
	struct walk *w = walk;
	struct lint *l = w->lint;
	struct lint_finding f = { hazard_find(id), w->file, w->line,
		object ? mem_string(w->m, object) : NULL, allowed(w, id) };

	mem_grow(l->m, &l->items, l->count, &l->room, sizeof f);
	l->items[l->count++] = f;
}

static bool
is_new(void *walk, const char *table)
{
	const struct walk *w = walk;

	for (size_t i = 0; i < w->made_count; i++)
		if (!strcmp(w->made[i], table))
			return true;
	return false;
}

static void
remember(struct walk *w, const struct value *tree)
{
	const struct value *relation = value_at(tree, "CreateStmt.relation");
	const char *schema, *name;

	if (!relation)
		relation = value_at(tree, "CreateTableAsStmt.into.rel");
	if (!(name = value_get_string(relation, "relname")))
		return;
	schema = value_get_string(relation, "schemaname");
	mem_grow(w->m, &w->made, w->made_count, &w->made_room, sizeof *w->made);
	w->made[w->made_count++] =
	    schema ? mem_fmt(w->m, "%s.%s", schema, name) : mem_string(w->m, name);
}

static void
look(struct walk *w, const char *text, const struct sql_statement *s, bool *open)
{
	MEM_SCOPE(m);
	struct lint_statement what = {
		.in_transaction = *open, .found = found, .is_new = is_new, .arg = w
	};
	struct err ignored;

	w->lead = mem_dup(m, text + s->lead, s->start - s->lead);
	w->line = s->line;
	if (s->kind == SQL_BEGIN || s->kind == SQL_COMMIT || s->kind == SQL_ROLLBACK)
		*open = s->kind == SQL_BEGIN;
	if (s->kind == SQL_EMPTY || s->kind == SQL_META || s->kind == SQL_COPY_IN ||
	    sql_controls_transaction(s->kind))
		return;
	w->lint->statements++;
	if (s->kind == SQL_ALONE && *open)
		found(w, "alone-in-transaction", NULL);
	if (!(what.tree = sql_tree(m, text + s->start, s->len, NULL, &ignored))) {
		found(w, "unparsed", NULL);
		return;
	}
	lint_look(w->m, &what);
	remember(w, what.tree);
}

static int
look_file(struct walk *w, const char *path, struct err *e)
{
	MEM_SCOPE(m);
	struct sql_script script = { 0 };
	bool open = false;
	size_t len;
	char *text = io_read_file(m, path, MAX_FILE, &len, e);

	if (!text)
		return -1;
	if (sql_split(m, text, len, &script, e))
		return err_in(e, "%s", path);
	w->file = mem_string(w->m, path);
	w->lint->files++;
	for (size_t i = 0; i < script.count; i++)
		look(w, text, &script.item[i], &open);
	return 0;
}

static int
is_up(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && !strcmp(d->d_name + n - 4, ".sql") &&
	       !(n > 9 && !strcmp(d->d_name + n - 9, ".down.sql"));
}

static int
look_directory(struct walk *w, const char *path, struct err *e)
{
	struct dirent **list;
	int n = scandir(path, &list, is_up, versionsort), bad = n < 0 ? err_sys(e, "%s", path) : 0;

	for (int i = 0; i < n; i++) {
		MEM_SCOPE(m);

		bad = bad || look_file(w, mem_fmt(m, "%s/%s", path, list[i]->d_name), e);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return bad ? -1 : 0;
}

struct lint *
lint_paths(struct mem *m, char *const *paths, int count, const char *const *allow,
    size_t allow_count, struct err *e)
{
	struct walk w = { .m = m,
		.lint = mem_zero(m, 1, sizeof *w.lint),
		.allow = allow,
		.allow_count = allow_count };
	struct stat st;

	w.lint->m = m;
	for (int i = 0; i < count; i++) {
		if (stat(paths[i], &st)) {
			err_sys(e, "%s", paths[i]);
			return NULL;
		}
		if (S_ISDIR(st.st_mode) ? look_directory(&w, paths[i], e)
					: look_file(&w, paths[i], e))
			return NULL;
	}
	return w.lint;
}

size_t
lint_count(const struct lint *l, enum hazard_class class)
{
	size_t n = 0;

	for (size_t i = 0; l && i < l->count; i++)
		n += l->items[i].hazard->class == class && !l->items[i].allowed;
	return n;
}

void
lint_result(struct mem *m, struct value *result, const struct lint *l)
{
	struct value *list = value_set_array(m, result, "findings");

	for (size_t i = 0; i < l->count; i++) {
		const struct lint_finding *f = &l->items[i];
		struct value *v = value_add_object(m, list);

		value_set_string(v, "id", f->hazard->id);
		value_set_string(v, "class", hazard_class_name(f->hazard->class));
		value_set_string(v, "file", f->file);
		value_set_int(v, "line", f->line);
		value_set_string(v, "object", f->object);
		value_set_string(v, "why", f->hazard->why);
		value_set_string(v, "instead", f->hazard->instead);
		value_set_string(v, "aliases", f->hazard->aliases);
		value_set_string(v, "allowed", f->allowed);
	}
}
