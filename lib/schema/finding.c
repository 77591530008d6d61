/* finding.c - joins three witnesses. */
#include <stdlib.h>
#include <string.h>

#include "pg/sql.h"
#include "schema/finding.h"

/* HEAD: bytes of a statement that tell what it is about. More than LOOKS_MOST changes times
 * statements take too long. */
enum { HEAD = 100, LOOKS_MOST = 1 << 22 };

struct join {
	struct mem *m;
	struct findings *all;
	const struct diff *diff;
	const struct lint *lint;
	const struct value *observed;
};

static struct finding *
add(struct join *j, const struct finding *f)
{
	struct findings *all = j->all;

	mem_grow(j->m, &all->item, all->count, &all->room, sizeof *f);
	all->item[all->count] = *f;
	return &all->item[all->count++];
}

/* Is a NAME as statements write it the object with this id, or the table of it? */
static bool
names(struct mem *m, const char *name, const char *id)
{
	size_t n;

	if (!name || !id)
		return false;
	if (!strcmp(name, id))
		return true;
	name = mem_fmt(m, "public.%s", name);
	n = strlen(name);
	return !strcmp(name, id) || (!strncmp(id, name, n) && id[n] == '(');
}

/* What was observed of the statement in FILE that begins on LINE as its NTH; NULL: nothing. */
static const struct value *
observed(const struct join *j, const char *file, int line, int nth)
{
	for (size_t i = 0; file && i < value_count(j->observed); i++) {
		const struct value *one = value_item(j->observed, i),
				   *list = value_at(one, "observed.statements");
		const char *name = value_get_string(one, "file");
		size_t n = name ? strlen(name) : 0, k = strlen(file);

		if (!n || n > k || strcmp(file + k - n, name) || (n < k && file[k - n - 1] != '/'))
			continue;
		for (size_t s = 0, same = 0; s < value_count(list); s++)
			if (value_get_int(value_item(list, s), "line", 0) == line &&
			    (int)same++ == nth)
				return value_item(list, s);
	}
	return NULL;
}

/* The lock on the table of that id, without the word Lock. */
static const char *
lock_on(struct mem *m, const struct value *seen, const char *id)
{
	const struct value *locks = value_get(seen, "locks");

	for (size_t i = 0; id && i < value_count(locks); i++) {
		const char *relation = value_get_string(value_item(locks, i), "relation"),
			*mode = value_get_string(value_item(locks, i), "mode");

		if (relation && mode && !strcmp(relation, id))
			return mem_dup(m, mode, strlen(mode) - strlen("Lock"));
	}
	return NULL;
}

/* Tried, and it did not happen: nothing was rewritten, nothing was read. */
static bool
disproved(const struct hazard *h, const struct value *seen)
{
	static const char *const scans[] = { "set-not-null", "key-of-index", "scan-table-type" };

	if (!seen || h->class != HAZARD_BLOCKS)
		return false;
	if (h->rewrite && strcmp(h->id, "observed-rewrite"))
		return !value_count(value_get(seen, "rewrites"));
	for (size_t i = 0; i < sizeof scans / sizeof *scans; i++)
		if (!strcmp(h->id, scans[i]))
			return !value_count(value_get(seen, "scans"));
	return false;
}

/* The catalogs say what is there in the end: a statement's word on old code counts only with
 * theirs. */
static bool
left_to_catalogs(const struct hazard *h)
{
	return (h->class == HAZARD_OLD_CODE || h->class == HAZARD_NEW_CODE) &&
	    h->action != DIFF_STATEMENT && h->action != DIFF_RENAME;
}

/* A statement renamed it: it is not lost. */
static bool
renamed(const struct join *j, const struct diff_change *c)
{
	MEM_SCOPE(m);

	if (c->action != DIFF_DROP)
		return false;
	for (size_t i = 0; j->lint && i < j->lint->count; i++)
		if (!strcmp(j->lint->items[i].hazard->id, "rename") &&
		    names(m, j->lint->items[i].object, c->from->id))
			return true;
	return false;
}

/* What it was called before, where statements and what was observed name it. */
static const char *
old_id(const struct join *j, const char *id)
{
	/* they stand behind the other changes, with the schemas that were made for them */
	for (size_t i = j->diff->count; i--;) {
		const struct diff_change *c = &j->diff->changes[i];

		if (c->action != DIFF_RENAME && c->kind != MODEL_SCHEMA)
			break;
		if (c->action == DIFF_RENAME && c->prop == MODEL_PROPS && !strcmp(c->to->id, id))
			return c->from->id;
	}
	return id;
}

static const struct model_object *
subject(const struct diff_change *c)
{
	return c->action == DIFF_RENAME ? c->from : diff_object(c);
}

static const struct model_object *
table_of(const struct join *j, const char *table)
{
	static const char schema[] = "public.";
	MEM_SCOPE(m);
	const char *id = !table ? "" :
	    strchr(table, '.')  ? table :
				  mem_fmt(m, "%s%s", schema, table);

	return j->diff ? model_find(j->diff->before, MODEL_TABLE, old_id(j, id)) : NULL;
}

/* Did it come to write a table that has no rows where it was tried? Then nobody has seen what it
 * does to them. */
static bool
wrote_unseen(const struct join *j, const struct value *seen)
{
	const struct value *locks = value_get(seen, "locks"), *rows = value_get(seen, "rows");

	for (size_t i = 0; i < value_count(locks); i++) {
		const char *relation = value_get_string(value_item(locks, i), "relation"),
			*mode = value_get_string(value_item(locks, i), "mode");
		size_t k = 0;

		while (k < value_count(rows) &&
		    strcmp(value_get_string(value_item(rows, k), "relation"), relation))
			k++;
		if (k == value_count(rows) && !strcmp(mode, "RowExclusiveLock") &&
		    table_of(j, relation))
			return true;
	}
	return false;
}

static void
add_statement(struct join *j, const struct lint_finding *l)
{
	const struct value *seen = observed(j, l->file, l->begin, l->nth);
	const struct model_object *table = table_of(j, l->table);
	struct finding f = { .hazard = l->hazard,
		.witnesses = FINDING_STATEMENT,
		.file = l->file,
		.line = l->line,
		.begin = l->begin,
		.object = l->object,
		.allowed = l->allowed,
		.lock = l->hazard->lock };
	const char *lock;

	if (disproved(l->hazard, seen) || (j->diff && left_to_catalogs(l->hazard)))
		return;
	/* what could not be read was tried, and the catalogs show the rest */
	if (seen && !strcmp(l->hazard->id, "dynamic-sql") && !wrote_unseen(j, seen))
		return;
	if (seen) {
		f.witnesses |= FINDING_OBSERVED;
		f.seconds = value_real(value_get(seen, "seconds"), 0);
		if ((lock = lock_on(j->m, seen, table ? table->id : NULL)))
			f.lock = lock;
	}
	finding_set_size(j->m, &f, table);
	f.what = l->object ? l->object : "the statement";
	add(j, &f);
}

/* Its place: the statement with the same hazard, else one that works on the same thing. */
static const struct lint_finding *
find_place(const struct join *j, const struct hazard *h, const struct model_object *o)
{
	MEM_SCOPE(m);
	const struct lint_finding *near = NULL;

	for (size_t i = 0; j->lint && i < j->lint->count; i++) {
		const struct lint_finding *l = &j->lint->items[i];
		const char *id = o->table ? o->table->id : o->id;
		bool exact = names(m, l->object, o->id),
		     table = names(m, l->table, id) || names(m, l->table, old_id(j, id));

		if (l->hazard == h && (exact || table))
			return l;
		if (exact && !near)
			near = l;
	}
	return near;
}

/* The first statement that locked the table of O where it was tried. */
static void
place_by_lock(const struct join *j, const struct model_object *o, struct finding *f)
{
	const char *id = old_id(j, o->table ? o->table->id : o->id);

	for (size_t i = 0; i < value_count(j->observed); i++) {
		const struct value *one = value_item(j->observed, i),
				   *list = value_at(one, "observed.statements");

		for (size_t s = 0; s < value_count(list); s++)
			if (lock_on(j->m, value_item(list, s), id)) {
				f->file = mem_fmt(j->m, "%s", value_get_string(one, "path"));
				f->line = (int)value_get_int(value_item(list, s), "line", 1);
				return;
			}
	}
}

/* NAME as SQL writes it, without its quotes. */
static const char *
bare(struct mem *m, const char *name)
{
	return *name == '"' ? mem_dup(m, name + 1, strlen(name) - 2) : name;
}

/* The first statement that says the name of O, and of its table, where it begins; else anywhere. */
static bool
place_by_text(const struct join *j, const struct model_object *o, struct finding *f)
{
	MEM_SCOPE(m);
	const char *name = bare(m, o->name), *table = o->table ? bare(m, o->table->name) : name;

	if (!j->lint || j->lint->text_count * j->diff->count > LOOKS_MOST)
		return false;
	for (int anywhere = 0; anywhere < 2; anywhere++)
		for (size_t i = 0; i < j->lint->text_count; i++) {
			const struct lint_text *t = &j->lint->texts[i];
			size_t len = strlen(t->text);

			if (!anywhere && len > HEAD)
				len = HEAD;
			if (!sql_says(t->text, len, name) || !sql_says(t->text, len, table))
				continue;
			f->file = t->file;
			f->line = t->line;
			return true;
		}
	return false;
}

static void
add_change(struct join *j, const struct diff_change *c, size_t k)
{
	const struct model_object *o = subject(c), *table = o->kind == MODEL_TABLE ? o : o->table;
	const struct lint_finding *place = find_place(j, c->hazards[k], o);
	const struct model_object *sized = table ?
	    model_find(c->action == DIFF_RENAME ? j->diff->before : j->diff->from, MODEL_TABLE,
		table->id) :
	    NULL;
	struct finding f = { .hazard = c->hazards[k],
		.witnesses = FINDING_CATALOG,
		.object = o->id,
		.allowed = c->allowed[k],
		.lock = c->lock };

	if (place) {
		f.file = place->file;
		f.line = place->line;
		if (place->hazard == f.hazard) {
			f.witnesses |= FINDING_STATEMENT;
			f.allowed = f.allowed ? f.allowed : place->allowed;
		}
	} else if (!place_by_text(j, o, &f))
		place_by_lock(j, o, &f);
	finding_set_size(j->m, &f, sized);
	f.what = diff_line(j->m, c);
	add(j, &f);
}

/* Does a statement that says NAME mean what changed, before its table got another name, or after
 * it? */
static bool
means(const struct join *j, const char *name, const struct diff_change *c)
{
	MEM_SCOPE(m);
	const struct model_object *o = subject(c), *table = diff_object(c)->table;

	return names(m, name, o->id) ||
	    (table &&
		(names(m, name, mem_fmt(m, "%s.%s", table->id, o->name)) ||
		    names(m, name, mem_fmt(m, "%s.%s", old_id(j, table->id), o->name))));
}

/* The same told by a statement and by the catalogs is one. */
static bool
told(struct join *j, const struct diff_change *c, const struct hazard *h)
{
	for (size_t i = 0; i < j->all->count; i++) {
		struct finding *f = &j->all->item[i];

		if (f->hazard != h || !means(j, f->object, c))
			continue;
		f->witnesses |= FINDING_CATALOG;
		f->what = diff_line(j->m, c);
		return true;
	}
	return false;
}

static void
add_changes(struct join *j)
{
	for (size_t i = 0; j->diff && i < j->diff->count; i++) {
		const struct diff_change *c = &j->diff->changes[i];

		for (size_t k = 0; k < c->hazard_count; k++)
			if (!j->lint ||
			    !(c->hazards[k]->class == HAZARD_BLOCKS || renamed(j, c) ||
				told(j, c, c->hazards[k])))
				add_change(j, c, k);
	}
}

/* Has a statement's finding said so already? */
static bool
explained(const struct join *j, const char *file, int line, bool rewrite)
{
	for (size_t i = 0; i < j->all->count; i++) {
		const struct finding *f = &j->all->item[i];

		if (f->file && !strcmp(f->file, file) && f->begin == line &&
		    ((rewrite && f->hazard->rewrite) ||
			(!rewrite && f->hazard->class == HAZARD_DESTROYS)))
			return true;
	}
	return false;
}

/* Did the text of the statement tell what it does? */
static bool
was_read(const struct join *j, const char *file, int line)
{
	for (size_t i = 0; j->lint && i < j->lint->count; i++) {
		const struct lint_finding *l = &j->lint->items[i];

		if (l->begin == line && !strcmp(l->file, file) &&
		    (!strcmp(l->hazard->id, "dynamic-sql") || !strcmp(l->hazard->id, "unparsed")))
			return false;
	}
	return true;
}

static void
add_seen(struct join *j, const char *id, const char *file, const struct value *seen,
    const char *relation, const char *what, const char *lock)
{
	const struct model_object *table = table_of(j, relation);
	struct finding f = { .hazard = hazard_find(id), .witnesses = FINDING_OBSERVED, .file = file,
		.line = (int)value_get_int(seen, "line", 1), .object = relation, .lock = lock,
		.seconds = value_real(value_get(seen, "seconds"), 0) };

	if (!table)
		return;
	finding_set_size(j->m, &f, table);
	f.what = mem_fmt(j->m, "%s%s", relation, what);
	add(j, &f);
}

/* Do the catalogs tell why the table with this id was written anew? */
static bool
rewrite_told(const struct join *j, const char *id)
{
	for (size_t i = 0; j->diff && i < j->diff->count; i++) {
		const struct diff_change *c = &j->diff->changes[i];
		const struct model_object *o = diff_object(c), *table = o->table ? o->table : o;

		/* of an enum or a domain: any table can have columns of it */
		if (c->rewrite && (table->kind != MODEL_TABLE || !strcmp(old_id(j, table->id), id)))
			return true;
	}
	return false;
}

static void
add_observed(struct join *j, const char *file, const struct value *seen)
{
	const struct value *rewrites = value_get(seen, "rewrites"), *rows = value_get(seen, "rows"),
			   *locks = value_get(seen, "locks");
	int line = (int)value_get_int(seen, "line", 1);

	for (size_t i = 0; !explained(j, file, line, true) && i < value_count(rewrites); i++) {
		const char *id = value_string(value_item(rewrites, i));

		add_seen(j, rewrite_told(j, id) ? "observed-rewrite" : "observed-emptied", file,
		    seen, id, "", "AccessExclusive");
	}
	for (size_t i = 0; !explained(j, file, line, false) && i < value_count(rows); i++) {
		int64_t gone = value_get_int(value_item(rows, i), "deleted", 0);

		if (!was_read(j, file, line) && value_get_int(value_item(rows, i), "updated", 0))
			add_seen(j, "rows-changed", file, seen,
			    value_get_string(value_item(rows, i), "relation"), "", NULL);
		if (gone)
			add_seen(j, "delete-rows", file, seen,
			    value_get_string(value_item(rows, i), "relation"),
			    mem_fmt(j->m, ": %lld rows where it was tried", (long long)gone), NULL);
	}
	for (size_t i = 0; !was_read(j, file, line) && i < value_count(locks); i++) {
		const char *mode = value_get_string(value_item(locks, i), "mode");

		if (strncmp(mode, "Row", 3) && strcmp(mode, "ShareUpdateExclusiveLock"))
			add_seen(j, "observed-lock", file, seen,
			    value_get_string(value_item(locks, i), "relation"),
			    mem_fmt(j->m, ": %s", mode),
			    mem_dup(j->m, mode, strlen(mode) - strlen("Lock")));
	}
}

static int
worst_first(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int c = (int)x->hazard->class - (int)y->hazard->class;

	c = c ? c : (x->allowed != NULL) - (y->allowed != NULL);
	c = c ? c : (int)y->hazard->verdict - (int)x->hazard->verdict;
	c = c ? c : (x->bytes < y->bytes) - (x->bytes > y->bytes);
	c = c ? c : strcmp(x->file ? x->file : "", y->file ? y->file : "");
	c = c ? c : x->line - y->line;
	c = c ? c : strcmp(x->what, y->what);
	return c ? c : strcmp(x->hazard->id, y->hazard->id);
}

struct findings *
finding_join(struct mem *m, const struct diff *d, const struct lint *l, const struct value *seen)
{
	struct join j = { m, mem_zero(m, 1, sizeof *j.all), d, l, seen };

	j.all->m = m;
	for (size_t i = 0; l && i < l->count; i++)
		add_statement(&j, &l->items[i]);
	add_changes(&j);
	for (size_t i = 0; i < value_count(seen); i++) {
		const struct value *one = value_item(seen, i),
				   *list = value_at(one, "observed.statements");

		for (size_t s = 0; value_get_string(one, "path") && s < value_count(list); s++)
			add_observed(&j, value_get_string(one, "path"), value_item(list, s));
	}
	if (j.all->count)
		qsort(j.all->item, j.all->count, sizeof *j.all->item, worst_first);
	return j.all;
}
