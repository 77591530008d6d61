/* dir.c - reads a directory of migrations into one ordered list. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "migrate/content.h"
#include "migrate/included.h"
#include "migrate/style.h"
#include "migrate/version.h"

enum { DEPTH = 8 };     /* of directories inside each other */

static const size_t file_max = (size_t)4 << 30;         /* bytes of one migration */

/* What a walk over the names gathers besides the list: the ways down, to be joined to it. */
struct other {
	const char *version, *file;
};

struct walk {
	struct mem *m;
	struct migrate_dir *d;
	struct other *other;
	size_t count, room;
};

struct migrate_file *
migrate_dir_add(struct mem *m, struct migrate_dir *d)
{
	mem_grow(m, &d->file, d->count, &d->room, sizeof *d->file);
	return &d->file[d->count++];
}

/* Names mostly come in order. */
static void
sort(void *items, size_t count, size_t size, int (*order)(const void *, const void *))
{
	const char *at = items;
	size_t i = 1;

	while (i < count && order(at + (i - 1) * size, at + i * size) <= 0)
		i++;
	if (i < count)
		qsort(items, count, size, order);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
ignore(struct mem *m, struct migrate_dir *d, const char *name, const char *why)
{
	mem_grow(m, &d->ignored, d->ignored_count, &d->ignored_room, sizeof *d->ignored);
	d->ignored[d->ignored_count++] = mem_fmt(m, "%s: %s", name, why);
}

/* The name under which a directory entry counts, or NULL. */
static char *
entry_name(struct migrate_listing *l, const struct dirent *entry)
{
	static const char *const inside[] = { "migration.sql", "up.sql" };
	struct stat st;

	if (*entry->d_name == '.')
		return NULL;
	if (entry->d_type == DT_REG)
		return mem_string(l->m, entry->d_name);
	if (stat(mem_fmt(l->m, "%s/%s", l->dir, entry->d_name), &st) || S_ISREG(st.st_mode))
		/* a dangling link is told of when it is read */
		return mem_string(l->m, entry->d_name);
	for (size_t i = 0; S_ISDIR(st.st_mode) && i < sizeof inside / sizeof *inside; i++) {
		char *name = mem_fmt(l->m, "%s/%s", entry->d_name, inside[i]);

		if (!access(mem_fmt(l->m, "%s/%s", l->dir, name), F_OK))
			return name;
	}
	return NULL;
}

static void
add_name(struct migrate_listing *l, char *name)
{
	mem_grow(l->m, &l->name, l->count, &l->room, sizeof *l->name);
	l->name[l->count++] = name;
}

/* Flyway looks into directories, too, and no other tool does: a directory with other SQL, or with a
 * number and without its migration.sql, counts as a name that ends with a slash, to be told of. */
static void
list_below(struct migrate_listing *l, const char *sub, int depth)
{
	DIR *dir = opendir(mem_fmt(l->m, "%s/%s", l->dir, sub));
	bool others = !dir;

	for (struct dirent *entry; dir && (entry = readdir(dir));) {
		char *name = mem_fmt(l->m, "%s/%s", sub, entry->d_name);
		size_t n = strlen(name);

		if (entry->d_type == DT_DIR && *entry->d_name != '.' && depth)
			list_below(l, name, depth - 1);
		else if (migrate_is_flyway(entry->d_name))
			add_name(l, name);
		else
			others |= isdigit((unsigned char)*sub) ||
			    (n > 4 && !strcasecmp(name + n - 4, ".sql"));
	}
	if (dir)
		closedir(dir);
	if (others)
		add_name(l, mem_fmt(l->m, "%s/", sub));
}

static int
list(struct migrate_listing *l, struct err *e)
{
	DIR *dir = opendir(l->dir);
	struct dirent *entry;

	if (!dir) {
		err_sys(e, "%s: cannot read the directory of migrations", l->dir);
		return err_hint(e,
		    "the operand of migrate-apply is a directory; the connection goes with --pg");
	}
	/* looking at an entry may set errno: readdir tells its end from an error by it */
	while (errno = 0, (entry = readdir(dir))) {
		char *name = entry_name(l, entry);

		if (name)
			add_name(l, name);
		else if (*entry->d_name != '.')
			list_below(l, entry->d_name, DEPTH);
	}
	if (errno)
		err_sys(e, "%s", l->dir);
	closedir(dir);
	sort(l->name, l->count, sizeof *l->name, by_name);
	return errno ? -1 : 0;
}

static void
take_sample(struct migrate_listing *l)
{
	struct err ignored;
	size_t len;

	l->sample = "";
	for (size_t i = 0; i < l->count; i++) {
		len = strlen(l->name[i]);
		if (len > 4 && !strcmp(l->name[i] + len - 4, ".sql")) {
			char *text = io_read_file(l->m, mem_fmt(l->m, "%s/%s", l->dir, l->name[i]),
			    file_max, NULL, &ignored);

			if (text)
				l->sample = text;
			return;
		}
	}
}

static const struct migrate_style *
choose(struct migrate_listing *l, const char *name, struct err *e)
{
	take_sample(l);
	for (size_t i = 0; i < migrate_style_count; i++)
		if (name ? !strcmp(migrate_styles[i].name, name) : migrate_styles[i].claims(l))
			return &migrate_styles[i];
	err_set(e, FAIL_TROUBLE, "usage", "there is no directory style '%s'", name);
	err_hint(e, "the styles are %s", migrate_style_names(l->m));
	return NULL;
}

char *
migrate_style_names(struct mem *m)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < migrate_style_count; i++)
		mem_text_fmt(&t, "%s%s", i ? ", " : "", migrate_styles[i].name);
	return t.text;
}

const char *
migrate_style_name(const struct migrate_dir *d)
{
	return d->style->name;
}

bool
migrate_style_is_planned(const struct migrate_dir *d)
{
	return d->style->walk != NULL;
}

/* What editors and merges leave beside a file. */
static bool
is_backup(const char *name)
{
	static const char *const ends[] = { "~", ".orig", ".rej", ".bak", ".swp", ".swo", ".tmp",
		".old", ".save" };
	size_t n = strlen(name);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (n > strlen(ends[i]) && !strcasecmp(name + n - strlen(ends[i]), ends[i]))
			return true;
	return *name == '#' && name[n - 1] == '#';
}

static void
take_name(struct walk *w, const char *name)
{
	struct migrate_named n = { .name = "" };
	struct migrate_file *f;

	if (is_backup(name))
		n.ignored = "a backup copy";
	else if (!w->d->style->parse(w->m, name, &n) && !migrate_parse_code(w->m, name, &n))
		n.ignored = name[strlen(name) - 1] == '/' ?
		    "a directory: what is in it is not read" :
		    "not a migration of this style";
	else if (n.kind == MIGRATE_SCRIPT &&
	    access(mem_fmt(w->m, "%s/%s", w->d->path, name), X_OK) &&
	    !migrate_parse_code(w->m, name, &n))
		n.ignored = "neither .sql nor executable";
	if (!n.version || n.ignored) {
		if (*n.ignored)
			ignore(w->m, w->d, name, n.ignored);
		return;
	}
	if (n.role != MIGRATE_UP) {
		mem_grow(w->m, &w->other, w->count, &w->room, sizeof *w->other);
		w->other[w->count++] = (struct other){ n.version, name };
		return;
	}
	f = migrate_dir_add(w->m, w->d);
	f->version = n.version;
	f->name = n.name;
	f->file = name;
	f->kind = n.kind;
}

static int
in_order(const void *a, const void *b)
{
	const struct migrate_file *x = a, *y = b;
	int rx = x->kind == MIGRATE_REPEATABLE, ry = y->kind == MIGRATE_REPEATABLE;
	int order = rx != ry ? rx - ry : migrate_version_compare(x->version, y->version);

	return order ? order : strcmp(x->file, y->file);
}

static int
by_version(const void *a, const void *b)
{
	return migrate_version_compare((*(struct migrate_file *const *)a)->version,
	    (*(struct migrate_file *const *)b)->version);
}

static void
index_versions(struct mem *m, struct migrate_dir *d)
{
	size_t n = 0;

	d->by_version = mem_zero(m, d->count + 1, sizeof *d->by_version);
	for (size_t i = 0; i < d->count; i++)
		if (d->file[i].kind != MIGRATE_BASELINE)
			d->by_version[n++] = &d->file[i];
	sort(d->by_version, n, sizeof *d->by_version, by_version);
	d->indexed = n;
}

static struct migrate_file *
find(const struct migrate_dir *d, const char *version)
{
	const struct migrate_file key = { .version = version }, *at = &key;
	struct migrate_file **found = d->indexed ?
	    bsearch(&at, d->by_version, d->indexed, sizeof *d->by_version, by_version) : NULL;

	return found ? *found : NULL;
}

const struct migrate_file *
migrate_dir_find(const struct migrate_dir *d, const char *version)
{
	return find(d, version);
}

/* Ways down join the file of their version. */
static int
join(struct walk *w, struct err *e)
{
	for (size_t i = 0; i < w->count; i++) {
		const struct other *o = &w->other[i];
		struct migrate_file *f = find(w->d, o->version);
		char *path = mem_fmt(w->m, "%s/%s", w->d->path, o->file);

		if (!f)
			return err_set(e, FAIL_TROUBLE, "bad-input",
			    "%s: there is no file for the way up of version %s", path, o->version);
		if (f->down_path)
			return err_set(e, FAIL_TROUBLE, "duplicate-version",
			    "two files take version %s back: %s and %s", f->version, f->down_path,
			    path);
		f->down_path = path;
	}
	return 0;
}

static int
check_duplicates(const struct migrate_dir *d, struct err *e)
{
	for (size_t i = 1; i < d->count; i++) {
		const struct migrate_file *a = &d->file[i - 1], *b = &d->file[i];

		if ((a->kind == MIGRATE_BASELINE) != (b->kind == MIGRATE_BASELINE) ||
		    migrate_version_compare(a->version, b->version))
			continue;
		err_set(e, FAIL_TROUBLE, "duplicate-version",
		    "%s: two migrations have version %s: %s and %s", d->path, a->version, a->file,
		    b->file);
		return err_hint(e,
		    "give one of them a new number: the one that is applied nowhere yet");
	}
	return 0;
}

/* Of 1_x.ts and what was made of it, 1_x.js, one is enough. */
static void
drop_compiled(struct mem *m, struct migrate_dir *d)
{
	size_t n = 0;

	for (size_t i = 0; i < d->count; i++) {
		struct migrate_file *f = &d->file[i], *last = n ? &d->file[n - 1] : NULL;

		if (last && f->kind == MIGRATE_CODE && last->kind == MIGRATE_CODE &&
		    !migrate_version_compare(f->version, last->version))
			ignore(m, d, f->file, mem_fmt(m, "the same migration as %s", last->file));
		else
			d->file[n++] = *f;
	}
	d->count = n;
}

static int
walk_names(struct mem *m, struct migrate_dir *d, const struct migrate_listing *l, struct err *e)
{
	struct walk w = { .m = m, .d = d };

	d->room = l->count;
	d->file = mem_zero(m, d->room, sizeof *d->file);
	for (size_t i = 0; i < l->count; i++)
		take_name(&w, l->name[i]);
	sort(d->file, d->count, sizeof *d->file, in_order);
	drop_compiled(m, d);
	index_versions(m, d);
	return check_duplicates(d, e) ? -1 : join(&w, e);
}

static char *
path_of(struct mem *m, const struct migrate_dir *d, const char *file)
{
	size_t dir = strlen(d->path), len = strlen(file);
	char *path = mem_zero(m, dir + len + 2, 1);

	memcpy(path, d->path, dir);
	path[dir] = '/';
	memcpy(path + dir + 1, file, len);
	return path;
}

static int
read_parts(struct mem *all, struct migrate_dir *d, struct migrate_file *f, struct err *e)
{
	MEM_SCOPE(m);
	char why[300];
	size_t len;
	char *text = io_read_file(m, f->path, file_max, &len, e);

	if (!text)
		return -1;
	digest_bytes(f->sha256, text, len);
	f->up = (struct migrate_part){ 0, len, f->kind == MIGRATE_SCRIPT };
	if (f->kind == MIGRATE_SCRIPT || f->kind == MIGRATE_CODE)
		return 0;
	f->marks = d->style->marks;
	f->fills = f->marks && f->marks->fills;
	if (f->marks && migrate_find_parts(f, f->marks, text, len, e))
		return -1;
	if (migrate_find_included(all, f, text, len, why, sizeof why))
		ignore(all, d, f->file, mem_string(all, why));
	return 0;
}

static int
read_files(struct mem *m, struct migrate_dir *d, struct err *e)
{
	for (size_t i = 0; i < d->count; i++) {
		struct migrate_file *f = &d->file[i];

		f->path = path_of(m, d, f->file);
		if (read_parts(m, d, f, e))
			return -1;
	}
	return 0;
}

struct migrate_dir *
migrate_dir_read(struct mem *m, const char *dir, const char *style, struct err *e)
{
	struct migrate_dir *d = mem_zero(m, 1, sizeof *d);
	struct migrate_listing l = { .m = m, .dir = dir };

	d->path = mem_string(m, dir);
	if (list(&l, e) || !(d->style = choose(&l, style, e)))
		return NULL;
	if ((d->style->walk ? d->style->walk : walk_names)(m, d, &l, e) || read_files(m, d, e))
		return NULL;
	if (!d->by_version)
		index_versions(m, d);
	if (d->style->check && d->style->check(m, d, &l, e))
		return NULL;
	return d;
}

char *
migrate_file_text(struct mem *m, const struct migrate_file *f, bool down, size_t *len, int *first,
    struct err *e)
{
	const char *path = down ? f->down_path : f->path;
	/* a down file of its own goes down as a whole */
	bool whole = down && strcmp(f->down_path, f->path);
	size_t all;
	char *text = io_read_file(m, path, file_max, &all, e);
	struct migrate_part part = whole ? (struct migrate_part){ 0, 0, false } :
	    down                         ? f->down :
					   f->up;

	if (!text)
		return NULL;
	if (whole)
		part.len = all;
	if (part.at > all || part.len > all - part.at) {
		err_set(e, FAIL_TROUBLE, "bad-input", "%s: the file changed while it was read",
		    path);
		return NULL;
	}
	return migrate_trim_part(text, &part, path, len, first, e);
}
