/* create.c - entries of a dump's schema, tables side by side. */
#include <string.h>

#include "snapshot/create.h"
#include "snapshot/pool.h"

/* Statements that all connections together have in transactions: each holds locks. */
enum { AT_ONCE = 400 };

/* Entries that one connection makes in one transaction, beside others. */
struct chunk {
	const struct toc_entry *const *entry;
	size_t count;
	bool failed;
};

/* Chunks of which none needs what another makes. */
struct run {
	struct mem *m;
	struct chunk *chunk;
	size_t count, room;
	size_t first;           /* the number of the first chunk, from 1 */
	size_t *made;           /* by the id of an entry: the number of its chunk */
	size_t ids;
	int limit;              /* statements of a chunk */
};

struct lane {
	struct run *run;
	struct pg *pg;
};

/* What makes or changes nothing but a table or a sequence, alone. */
static bool
is_apart(const struct toc_entry *t)
{
	static const char *const begins[] = { "CREATE TABLE ", "CREATE UNLOGGED TABLE ",
		"CREATE SEQUENCE ", "CREATE UNLOGGED SEQUENCE ", "ALTER SEQUENCE ",
		"COMMENT ON TABLE ", "COMMENT ON COLUMN ", "COMMENT ON SEQUENCE " };

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (toc_begins(t->sql, begins[i]))
			return true;
	return toc_begins(t->sql, "ALTER TABLE ") && strstr(t->sql, " ADD GENERATED ");
}

/* Which chunk of the run makes the entry ID? 0: none. */
static size_t
maker(const struct run *r, int id)
{
	size_t made = id >= 0 && (size_t)id < r->ids ? r->made[id] : 0;

	return made >= r->first ? made : 0;
}

/* Does T need what chunk NUMBER makes, or, OTHERS, what another one makes? */
static bool
needs(const struct run *r, const struct toc_entry *t, size_t number, bool others)
{
	for (size_t i = 0; i < t->needs_count; i++) {
		size_t made = maker(r, t->needs[i]);

		if (made && (made != number) == others)
			return true;
	}
	return false;
}

/* The longest run from ENTRY on; returns how many entries it has. */
static size_t
find_run(struct run *r, const struct toc_entry *const *entry, size_t n)
{
	size_t i;
	int statements = 0;

	r->first += r->count;
	r->count = 0;
	for (i = 0; i < n && is_apart(entry[i]); i++) {
		size_t number = r->first + r->count - 1;
		bool full = statements >= r->limit && !needs(r, entry[i], number, false);

		if (!r->count || full)
			number++;
		if (needs(r, entry[i], number, true))
			break;
		if (!r->count || full) {
			mem_grow(r->m, &r->chunk, r->count, &r->room, sizeof *r->chunk);
			r->chunk[r->count++] = (struct chunk){ .entry = entry + i };
			statements = 0;
		}
		r->made[entry[i]->id] = number;
		r->chunk[r->count - 1].count++;
		statements += entry[i]->count;
	}
	return i;
}

/* What is wrong with a chunk may be that others were made at the same time. */
static int
make(void *worker, size_t i, struct err *e)
{
	struct lane *l = worker;
	struct chunk *c = &l->run->chunk[i];

	c->failed = toc_run(l->pg, c->entry, c->count, e);
	return c->failed && !strcmp(e->word, "cancelled") ? -1 : 0;
}

/* Those that failed are tried once more, alone. */
static int
make_all(struct run *r, struct pg *pg, void *const *loader, size_t count, struct err *e)
{
	MEM_SCOPE(m);
	struct lane *lane = mem_zero(m, count, sizeof *lane);
	void **worker = mem_zero(m, count, sizeof *worker);

	for (size_t i = 0; i < count; i++) {
		lane[i] = (struct lane){ r, ((struct loader *)loader[i])->pg };
		worker[i] = &lane[i];
	}
	if (pool_run(worker, count, r->count, make, e))
		return -1;
	for (size_t i = 0; i < r->count; i++)
		if (r->chunk[i].failed && toc_run(pg, r->chunk[i].entry, r->chunk[i].count, e))
			return -1;
	return 0;
}

int
create_run(struct pg *pg, void *const *loader, size_t count, const struct toc_entry *const *entry,
    size_t n, struct err *e)
{
	MEM_SCOPE(m);
	struct run r = { .m = m, .first = 1, .limit = (int)(AT_ONCE / count) };
	size_t from = 0, length;

	for (size_t i = 0; i < n; i++)
		if ((size_t)entry[i]->id >= r.ids)
			r.ids = (size_t)entry[i]->id + 1;
	r.made = mem_zero(m, r.ids + 1, sizeof *r.made);
	for (size_t at = 0; at < n; at += length ? length : 1) {
		length = find_run(&r, entry + at, n - at);
		if (r.count < 2)
			continue;
		if (toc_run(pg, entry + from, at - from, e) ||
		    make_all(&r, pg, loader, count, e))
			return -1;
		from = at + length;
	}
	return toc_run(pg, entry + from, n - from, e);
}
