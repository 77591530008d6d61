/* alembic.c - Alembic's revisions: each file names the one that it follows. They are code, run by
 * Alembic alone; what is read here is their order. */
#include <string.h>

#include "core/io.h"
#include "migrate/plans.h"

enum { FILE_MAX = 16 << 20 };

struct revision {
	const char *file, *id, *name;
	const char *down;       /* NULL: it is the first */
	bool merged;            /* it follows several */
};

/* The value of a line "NAME = …" or "NAME: TYPE = …"; NULL: there is none. */
static const char *
value_of(const char *text, const char *name)
{
	size_t n = strlen(name);

	for (const char *line = text; line;
	     line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		const char *at = line + n, *end = line + strcspn(line, "\n");

		if (strncmp(line, name, n) || !strchr(" :=\t", *at))
			continue;
		at = memchr(at, '=', (size_t)(end - at));
		return at ? at + 1 + strspn(at + 1, " \t") : NULL;
	}
	return NULL;
}

/* A string of Python's at AT; NULL: it is none. */
static char *
string(struct mem *m, const char *at)
{
	const char *close = at && (*at == '"' || *at == '\'') ? strchr(at + 1, *at) : NULL;

	return close ? mem_dup(m, at + 1, (size_t)(close - at) - 1) : NULL;
}

/* False: no revision. */
static bool
read_revision(struct mem *m, const struct migrate_listing *l, const char *file, struct revision *r)
{
	struct err ignored;
	size_t n = strlen(file);
	const char *text = n > 3 && !strcmp(file + n - 3, ".py") ?
	    io_read_file(m, mem_fmt(m, "%s/%s", l->dir, file), FILE_MAX, NULL, &ignored) : NULL;
	const char *down = text ? value_of(text, "down_revision") : NULL;

	*r = (struct revision){ .file = file };
	if (!down || !(r->id = string(m, value_of(text, "revision"))))
		return false;
	r->down = string(m, down);
	r->merged = *down == '(' || *down == '[';
	r->name = mem_dup(m, file, n - 3);
	return r->merged || r->down || !strncmp(down, "None", 4);
}

bool
migrate_claims_alembic(const struct migrate_listing *l)
{
	struct revision r;

	for (size_t i = 0; i < l->count; i++)
		if (read_revision(l->m, l, l->name[i], &r))
			return true;
	return false;
}

/* The revision that follows ID (NULL: the first one). Error: several do. */
static int
follower(const struct revision *r, size_t count, const char *id, const struct migrate_dir *d,
    const struct revision **found, struct err *e)
{
	*found = NULL;
	for (size_t i = 0; i < count; i++) {
		if (r[i].merged || (id ? !r[i].down || strcmp(r[i].down, id) : r[i].down != NULL))
			continue;
		if (*found)
			return err_set(e, FAIL_TROUBLE, "heads",
			    "%s: both %s and %s follow %s; only a single line of revisions is "
			    "read here",
			    d->path, (*found)->file, r[i].file, id ? id : "nothing");
		*found = &r[i];
	}
	return 0;
}

static void
add(struct mem *m, struct migrate_dir *d, const struct revision *r)
{
	struct migrate_file *f = migrate_dir_add(m, d);
	size_t n = strlen(r->id);

	f->version = r->id;
	f->name = !strncmp(r->name, r->id, n) && r->name[n] == '_' ? r->name + n + 1 : r->name;
	f->file = r->file;
	f->kind = MIGRATE_CODE;
}

int
migrate_walk_alembic(struct mem *m, struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	struct revision *r = mem_zero(m, l->count + 1, sizeof *r);
	const struct revision *at = NULL;
	size_t count = 0;

	for (size_t i = 0; i < l->count; i++)
		count += read_revision(m, l, l->name[i], &r[count]);
	for (size_t i = 0; i < count; i++)
		if (r[i].merged)
			return err_set(e, FAIL_TROUBLE, "heads",
			    "%s/%s follows several revisions; only a single line of them is read "
			    "here",
			    d->path, r[i].file);
	do {
		if (follower(r, count, at ? at->id : NULL, d, &at, e))
			return -1;
		if (at)
			add(m, d, at);
	} while (at && d->count <= count);
	if (d->count == count)
		return 0;
	return err_set(e, FAIL_TROUBLE, "gap",
	    "%s: %zu of %zu revisions do not follow from the first one", d->path, count - d->count,
	    count);
}
