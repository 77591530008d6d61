/* lint.c - walks files and statements, keeps what is allowed. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "core/io.h"
#include "schema/lint_private.h"

enum { MAX_FILE = 256 << 20 };

static const char allow_mark[] = "handrail: allow ";

/* The reason when a comment before the statement accepts H. */
static const char *
allowed_here(const struct lint_walk *w, const struct hazard *h)
{
	for (const char *p = w->lead; p && (p = strstr(p, allow_mark)); p++) {
		const char *id = p + sizeof allow_mark - 1, *reason;
		size_t n = strcspn(id, " \t\r\n");

		if (!hazard_is_called(h, id, n))
			continue;
		reason = id + n + strspn(id + n, " \t");
		return mem_dup(w->m, reason, strcspn(reason, "\r\n"));
	}
	return NULL;
}

/* A hazard that is none would never accept anything. */
static int
check_allowed(const struct lint_walk *w, struct err *e)
{
	for (const char *p = w->lead; p && (p = strstr(p, allow_mark)); p++) {
		const char *id = p + sizeof allow_mark - 1;

		if (hazard_check_name(id, strcspn(id, " \t\r\n"), e))
			return err_in(e, "%s:%d", w->file, w->line);
	}
	return 0;
}

void
lint_say(struct lint_walk *w, const char *id, const char *table, const char *object)
{
	struct lint *l = w->lint;
	struct lint_finding f = { .hazard = hazard_find(id),
		.file = w->file,
		.line = w->line,
		.begin = w->begin,
		.nth = w->nth,
		.table = table,
		.object = table };

	if (f.hazard->class == HAZARD_ADVICE && !w->options->advice)
		return;
	lint_lock(w, f.hazard, table);
	for (size_t i = l->count; i-- && l->items[i].file == f.file &&
	     l->items[i].begin == f.begin && l->items[i].nth == f.nth;)
		if (l->items[i].hazard == f.hazard &&
		    model_same(l->items[i].object, object ? object : table))
			return;
	/* it may be a text of the tree, which goes with the statement */
	if (object)
		f.object = mem_string(w->m, object);
	if (!(f.allowed = allowed_here(w, f.hazard)))
		f.allowed = hazard_allowed(w->m, f.hazard, f.object, w->options->allow);
	mem_grow(l->m, &l->items, l->count, &l->room, sizeof f);
	l->items[l->count++] = f;
}

void
lint_add(struct lint *l, const struct hazard *h, const char *file, const char *allowed)
{
	mem_grow(l->m, &l->items, l->count, &l->room, sizeof *l->items);
	l->items[l->count++] = (struct lint_finding){ .hazard = h,
		.file = file,
		.line = 1,
		.nth = -1,
		.object = file,
		.allowed = allowed };
}

/* Is there a relation of that name before? Without a schema it may be in any, by search_path. */
static bool
was_there(const struct lint_walk *w, const char *table)
{
	static const enum model_kind kinds[] = { MODEL_TABLE, MODEL_VIEW, MODEL_MATVIEW,
		MODEL_SEQUENCE, MODEL_IDENTITY };
	const struct model *before = w->options->before;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (lint_before(w, kinds[i], table, NULL))
			return true;
	for (size_t i = 0; !strchr(table, '.') && i < before->count; i++)
		for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++)
			if (before->objects[i]->kind == kinds[k] &&
			    !strcmp(before->objects[i]->name, table))
				return true;
	return false;
}

bool
lint_is_new(const struct lint_walk *w, const char *table)
{
	return lint_knows(w->known, "made %s", table) ||
	    (w->options->before && !was_there(w, table));
}

void
lint_say_old(struct lint_walk *w, const char *id, const char *table, const char *object)
{
	if (!table || !lint_is_new(w, table))
		lint_say(w, id, table, object);
}

bool
lint_in_transaction(const struct lint_walk *w)
{
	return w->open || w->options->whole_files;
}

/* BEGIN, COMMIT and the like. */
static void
control(struct lint_walk *w, enum sql_kind kind)
{
	if (kind == SQL_BEGIN && w->open)
		lint_say(w, "transaction-nesting", NULL, NULL);
	if ((kind == SQL_COMMIT || kind == SQL_ROLLBACK) && !w->open)
		lint_say(w, "transaction-nesting", NULL, NULL);
	if (kind != SQL_BEGIN && kind != SQL_COMMIT && kind != SQL_ROLLBACK)
		return;
	w->open = kind == SQL_BEGIN;
	if (kind == SQL_ROLLBACK)
		lint_roll_back(w->known);
	lint_begin(w->known, w->open);
}

static void
keep_text(const struct lint_walk *w)
{
	struct lint *l = w->lint;

	if (!w->options->before)
		return;
	mem_grow(l->m, &l->texts, l->text_count, &l->text_room, sizeof *l->texts);
	l->texts[l->text_count++] = (struct lint_text){ w->file, mem_dup(l->m, w->text, w->len),
		w->line };
}

static void
look(struct lint_walk *w, const char *text, const struct sql_statement *s)
{
	MEM_SCOPE(m);
	const struct value *tree;
	struct err ignored;
	size_t before = w->lint->count;

	w->text = text + s->start;
	w->len = s->len;
	w->lead = s->start > s->lead ? mem_dup(m, text + s->lead, s->start - s->lead) : NULL;
	if (w->lead && check_allowed(w, w->e)) {
		w->bad = true;
		return;
	}
	if (sql_controls_transaction(s->kind)) {
		control(w, s->kind);
		return;
	}
	w->lint->statements++;
	w->locked = lint_in_transaction(w) && lint_knows(w->known, "locked");
	keep_text(w);
	if (s->kind == SQL_ALONE && w->open)
		lint_say(w, "alone-in-transaction", NULL, NULL);
	if (!(tree = sql_tree(m, text + s->start, s->len, NULL, &ignored)))
		lint_say(w, "unparsed", NULL, NULL);
	else if (value_get(tree, "DoStmt"))
		lint_do(w, value_get(tree, "DoStmt"), text + s->start, s->len);
	else
		lint_look(w, tree);
	if (w->lead && strstr(w->lead, allow_mark) && w->lint->count == before)
		lint_say(w, "unused-allow", NULL, NULL);
	if (!lint_in_transaction(w))
		lint_forget_transaction(w->known);
}

/* Lines that part a file into a way there and a way back, of the tools that keep both in one. */
static const struct { const char *up, *down;
} marks[] = {
	{ "-- migrate:up", "-- migrate:down" },
	{ "-- +goose up", "-- +goose down" },
	{ "-- +migrate up", "-- +migrate down" },
	{ "-- up migration", "-- down migration" },
	{ "-- rambler up", "-- rambler down" },
	{ NULL, "---- create above / drop below" },
};

static bool
line_is(const char *line, const char *mark)
{
	return mark && !strncasecmp(line, mark, strlen(mark));
}

/* What takes a migration back is not part of the change. Lines keep their numbers. */
static void
blank_way_back(char *text)
{
	bool back = false;

	for (char *line = text; *line; line += *line == '\n') {
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++)
			back = line_is(line, marks[i].down) ||
			    (back && !line_is(line, marks[i].up));
		for (; *line && *line != '\n'; line++)
			if (back && *line != '\r')
				*line = ' ';
	}
}

/* Does the file run statement by statement, whatever is usual? */
static bool
in_steps(const char *text, const struct sql_script *script)
{
	static const char *const words[] = { "handrail: no-transaction", "transaction:false",
		"+goose NO TRANSACTION", "notransaction", "atlas:txmode none", "disable-tx",
		"pgm.noTransaction" };

	for (size_t i = 0; i < script->count; i++)
		if (script->item[i].kind == SQL_ALONE || script->item[i].kind == SQL_BEGIN)
			return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strstr(text, words[i]))
			return true;
	return false;
}

static int
look_script(struct lint_walk *w, const char *text, const struct sql_script *script)
{
	int begun = 0, last = 0;

	for (size_t i = 0; i < script->count && !w->bad; i++) {
		const struct sql_statement *s = &script->item[i];

		if (s->kind == SQL_EMPTY || s->kind == SQL_META || s->kind == SQL_COPY_IN)
			continue;
		w->nth = !sql_controls_transaction(s->kind) && s->line == last ? w->nth + 1 : 0;
		w->line = w->begin = s->line;
		last = sql_controls_transaction(s->kind) ? 0 : s->line;
		look(w, text, s);
		w->lead = NULL;
		if (s->kind == SQL_BEGIN)
			begun = s->line;
	}
	if (w->open && !w->bad) {
		w->line = w->begin = begun;
		lint_say(w, "uncommitted-transaction", NULL, NULL);
	}
	w->open = false;
	lint_begin(w->known, false);
	return w->bad ? -1 : 0;
}

static int
look_file(struct lint_walk *w, const char *path, struct err *e)
{
	MEM_SCOPE(m);
	struct lint_options options = *w->options;
	const struct lint_options *usual = w->options;
	struct sql_script script = { 0 };
	size_t len;
	char *text = io_read_file(m, path, MAX_FILE, &len, e);
	int bad;

	if (!text)
		return -1;
	blank_way_back(text);
	if (sql_split(m, text, len, &script, e))
		return err_in(e, "%s:%d", path, script.bad_line);
	w->file = mem_string(w->m, path);
	w->lint->files++;
	if (options.whole_files && in_steps(text, &script))
		options.whole_files = false;
	w->options = &options;
	bad = look_script(w, text, &script);
	w->options = usual;
	return bad;
}

static bool
ends(const char *name, const char *with)
{
	size_t n = strlen(name), k = strlen(with);

	return n >= k && !strcasecmp(name + n - k, with);
}

/* Not a way back, as the tools call them, nor what only checks. */
static bool
goes_up(const char *name)
{
	static const char *const back[] = { ".down.sql", "_down.sql" };
	static const char *const others[] = { "down.sql", "revert", "verify", "meta", "downgrade" };

	if (*name == '.' || (*name == 'U' && strstr(name, "__")) || strstr(name, ".undo."))
		return false;
	for (size_t i = 0; i < sizeof back / sizeof *back; i++)
		if (ends(name, back[i]))
			return false;
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(name, others[i]))
			return false;
	return true;
}

bool
lint_is_migration(const char *path)
{
	for (const char *name = path; name; name = strchr(name, '/')) {
		char part[NAME_MAX + 1];
		size_t n = strcspn(name += *name == '/', "/");

		if (n >= sizeof part)
			return false;
		memcpy(part, name, n);
		part[n] = 0;
		if (!goes_up(part))
			return false;
	}
	return ends(path, ".sql");
}

static int
is_up(const struct dirent *d)
{
	return goes_up(d->d_name) &&
	    (ends(d->d_name, ".sql") || d->d_type == DT_DIR || d->d_type == DT_UNKNOWN ||
		d->d_type == DT_LNK);
}

static int
look_directory(struct lint_walk *w, const char *path, struct err *e)
{
	struct dirent **list;
	int n = scandir(path, &list, is_up, versionsort), bad = n < 0 ? err_sys(e, "%s", path) : 0;

	for (int i = 0; i < n; i++) {
		MEM_SCOPE(m);
		const char *below = mem_fmt(m, "%s%s%s", path, ends(path, "/") ? "" : "/",
		    list[i]->d_name);
		struct stat st;

		if (!bad && !stat(below, &st) && S_ISDIR(st.st_mode))
			bad = look_directory(w, below, e);
		else if (!bad && ends(below, ".sql"))
			bad = look_file(w, below, e);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
	return bad ? -1 : 0;
}

/* Foreign keys of this run whose columns no index of it begins with. */
static void
look_keys(struct lint_walk *w)
{
	const struct lint_key *key;

	for (size_t i = 0; (key = lint_key(w->known, i)); i++) {
		w->file = key->file;
		w->line = w->begin = key->line;
		w->nth = key->nth;
		if (!lint_knows(w->known, "indexed %s", key->column))
			lint_say(w, "key-without-index", key->table, key->column);
	}
}

struct lint *
lint_paths(struct mem *m, char *const *paths, int count, const struct lint_options *options,
    struct err *e)
{
	struct lint_walk w = { .m = m,
		.lint = mem_zero(m, 1, sizeof *w.lint),
		.options = options,
		.known = lint_known_new(m),
		.e = e };
	struct stat st;

	w.lint->m = m;
	for (int i = 0; i < count; i++) {
		if (stat(paths[i], &st)) {
			err_sys(e, "%s", paths[i]);
			return NULL;
		}
		if (S_ISDIR(st.st_mode) ? look_directory(&w, paths[i], e) :
					  look_file(&w, paths[i], e))
			return NULL;
	}
	look_keys(&w);
	return w.lint;
}
