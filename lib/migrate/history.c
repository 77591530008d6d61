/* history.c - finds the history of a database; the table of their kinds. */
#include <stdlib.h>
#include <string.h>

#include "migrate/history_kind.h"

static const struct migrate_history_kind *const kinds[] = {
	&migrate_history_handrail,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

struct migrate_row *
migrate_history_add(struct mem *m, struct migrate_history *h)
{
	mem_grow(m, &h->row, h->count, &h->room, sizeof *h->row);
	return &h->row[h->count++];
}

char *
migrate_history_names(struct mem *m)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < KINDS; i++)
		mem_text_fmt(&t, "%s%s", i ? ", " : "", kinds[i]->name);
	return t.text;
}

const char *
migrate_history_name(const struct migrate_history *h)
{
	return h->kind->name;
}

/* The table TABLE as regclass prints it, quoted and with its schema; NULL: not there (or the error is set). */
static char *
find_table(struct mem *m, struct pg *pg, const char *table, struct err *e)
{
	const char *const params[] = { table };
	struct pg_rows *r = pg_query(m, pg, e, "SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c"
	    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)", 1, params);

	e->code = r ? 0 : e->code;
	return r && pg_rows_count(r) ? mem_string(m, pg_rows_text(r, 0, 0)) : NULL;
}

static int
is_kind(struct pg *pg, const struct migrate_history_kind *k, const char *table, struct err *e)
{
	MEM_SCOPE(m);
	const char *const params[] = { table };
	struct pg_rows *r;

	if (!k->is_there)
		return 1;
	if (!(r = pg_query(m, pg, e, k->is_there, 1, params)))
		return -1;
	return pg_rows_count(r) && pg_rows_bool(r, 0, 0);
}

static const struct migrate_history_kind *
kind_named(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (!strcmp(kinds[i]->name, name))
			return kinds[i];
	return NULL;
}

/* The table of kind K, when it is there: 1 found, 0 not, -1 error. */
static int
look(struct mem *m, struct pg *pg, struct migrate_history *h, const struct migrate_history_kind *k,
    const char *name, struct err *e)
{
	char *table = find_table(m, pg, name, e);
	int yes;

	if (!table)
		return e->code ? err_in(e, "cannot read the history %s", name) : 0;
	if ((yes = is_kind(pg, k, table, e)) <= 0)
		return yes;
	h->kind = k;
	h->table = table;
	h->exists = true;
	return 1;
}

static int
look_around(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	for (size_t i = 0; i < KINDS; i++) {
		int found = look(m, pg, h, kinds[i], kinds[i]->table, e);

		if (found)
			return found < 0 ? -1 : 0;
	}
	h->kind = kinds[0];
	h->table = kinds[0]->table;
	return 0;
}

static int
look_for(struct mem *m, struct pg *pg, struct migrate_history *h, const char *name, struct err *e)
{
	const struct migrate_history_kind *k = kind_named(name);
	int found;

	if (!k && !strchr(name, '.')) {
		err_set(e, FAIL_TROUBLE, "usage", "--history %s: no such kind of history", name);
		return err_hint(e, "the kinds are %s; SCHEMA.TABLE keeps ours under another name",
		    migrate_history_names(m));
	}
	h->kind = k ? k : kinds[0];
	h->table = k ? k->table : name;
	found = look(m, pg, h, h->kind, h->table, e);
	return found < 0 ? -1 : 0;
}

struct migrate_history *
migrate_history_find(struct mem *m, struct pg *pg, const struct migrate_dir *d, const char *name, struct err *e)
{
	struct migrate_history *h = mem_zero(m, 1, sizeof *h);

	e->code = 0;
	h->dir = d;
	return (name ? look_for(m, pg, h, name, e) : look_around(m, pg, h, e)) ? NULL : h;
}

int
migrate_history_create(struct pg *pg, struct migrate_history *h, struct err *e)
{
	MEM_SCOPE(m);

	if (h->exists)
		return 0;
	if (h->kind->create(m, pg, h, e)) {
		err_in(e, "cannot create the history %s", h->table);
		if (!strcmp(pg_report(pg)->sqlstate, "42501"))
			err_hint(e, "GRANT CREATE ON DATABASE to the user that migrates");
		return -1;
	}
	h->exists = true;
	return 0;
}

int
migrate_history_load(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	h->row = NULL;
	h->count = h->room = 0;
	if (!h->exists)
		return 0;
	return h->kind->load(m, pg, h, e) ? err_in(e, "cannot read the history %s", h->table) : 0;
}

int
migrate_history_locks(struct pg *pg, const struct migrate_history *h, int64_t key[2])
{
	char hex[DIGEST_HEX];
	MEM_SCOPE(m);
	char *what = mem_fmt(m, "handrail migrate %s", h->table);

	digest_bytes(hex, what, strlen(what));
	hex[16] = 0;
	key[0] = (int64_t)strtoull(hex, NULL, 16);
	if (!h->kind->key)
		return 1;
	key[1] = h->kind->key(pg, h);
	return 2;
}

char *
migrate_history_note(struct mem *m, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	struct mem_text t = { .m = m };

	h->kind->note(&t, h, by, n);
	return t.text;
}

char *
migrate_history_forget(struct mem *m, const struct migrate_history *h, const struct migrate_file *f)
{
	struct mem_text t = { .m = m };

	h->kind->forget(&t, h, f);
	return t.text;
}

bool
migrate_history_has_progress(const struct migrate_history *h)
{
	return h->kind->progress;
}
