/* jobs.c - which entries of a dump are made at the same time, and what each waits for. */
#include <stdlib.h>
#include <string.h>

#include "snapshot/entry.h"
#include "snapshot/jobs.h"
#include "snapshot/key.h"

/* OIDs of catalogs, the same in every version. */
enum { PG_PROC = 1255, PG_CLASS = 1259, PG_CONSTRAINT = 2606, PG_OPERATOR = 2617 };

enum {
	SMALL = 1 << 20,        /* a table of fewer bytes is done before two steps are */
	SAMPLE = 64 << 20,      /* of a larger one statistics cost no more */
};

/* What becomes of an entry of the dump, by its id. */
struct fate {
	/* with the schema, which comes first; as a job; after all jobs */
	enum { DONE, JOB, LATE } is;
	size_t job;
	bool relation, function;
	struct load_table *table;       /* whose rows are loaded by jobs of ours */
	int indexes;            /* that are made by statements of their own */
	bool computed;          /* one of them is of an expression */
};

struct jobs {
	struct mem *m;
	struct graph *graph;
	const struct toc *schema, *rest;        /* sections pre-data and post-data */
	const struct load *tables;
	struct fate *fate;
	size_t ids;
	size_t streamed;        /* the job that stands for the data that pg_dump kept */
	size_t read;            /* the job behind which functions find all tables filled */
	const struct toc_entry **late;  /* of rest, in its order */
	size_t late_count;
};

static const struct fate *
fate(const struct jobs *j, int id)
{
	return id >= 0 && (size_t)id < j->ids ? &j->fate[id] : NULL;
}

static int
run_entry(void *worker, void *entry, struct err *e)
{
	struct loader *w = worker;

	return entry_make(w->pg, w->how, entry, e);
}

static int
analyze(void *worker, void *table, struct err *e)
{
	MEM_SCOPE(m);
	struct loader *w = worker;

	return pg_exec(w->pg, mem_fmt(m, "ANALYZE %s", ((struct load_table *)table)->quoted), e);
}

/* How long making it will take, as long as loading so many bytes. */
static double
weight(const struct jobs *j, const struct toc_entry *t)
{
	double size = 0;

	/* the other half of key_split */
	if (strstr(t->sql, " USING INDEX "))
		return 0;
	for (size_t i = 0; i < t->needs_count; i++) {
		const struct fate *a = fate(j, t->needs[i]);

		if (a && a->table && (double)a->table->size > size)
			size = (double)a->table->size;
	}
	return strstr(t->sql, " USING gin ") ? 3 * size : size / 2;
}

static bool
is_index(const struct toc_entry *t)
{
	return toc_begins(t->sql, "CREATE INDEX ") || toc_begins(t->sql, "CREATE UNIQUE INDEX ");
}

/* Does the index have a parenthesis in its list of columns? */
static bool
is_computed(const struct toc_entry *index)
{
	const char *list = strstr(index->sql, " USING ");

	list = list ? strchr(list, '(') : NULL;
	return list && list[1 + strcspn(list + 1, "()")] == '(';
}

/* Indexes and constraints take long, and can be made at the same time. An entry behind one that
 * comes late comes late. */
static bool
is_job(const struct jobs *j, const struct toc_entry *t)
{
	for (size_t i = 0; i < t->needs_count; i++)
		if (fate(j, t->needs[i]) && fate(j, t->needs[i])->is == LATE)
			return false;
	return t->catalog == PG_CONSTRAINT || is_index(t) || toc_begins(t->sql, "ALTER INDEX ");
}

/* Does T call functions of the database? They may read its other tables, whatever they say of
 * themselves. */
static bool
calls(const struct jobs *j, const struct toc_entry *t)
{
	for (size_t i = 0; i < t->needs_count; i++)
		if (fate(j, t->needs[i]) && fate(j, t->needs[i])->function)
			return true;
	return false;
}

/* A job that makes T, which is T itself or a part of it. */
static size_t
add_job(struct jobs *j, const struct toc_entry *t)
{
	size_t job = graph_add(j->graph, weight(j, t), run_entry,
	    memcpy(mem_zero(j->m, 1, sizeof *t), t, sizeof *t));

	for (size_t i = 0; i < t->needs_count; i++) {
		const struct fate *a = fate(j, t->needs[i]);

		if (!a)
			continue;
		if (a->is == JOB)
			graph_after(j->graph, job, a->job);
		/* an index lets others at its table, a constraint does not */
		if (a->relation)
			graph_use(j->graph, job, t->needs[i], !is_index(t));
	}
	if (calls(j, t))
		graph_after(j->graph, job, j->read);
	return job;
}

/* Is T on a table that is worth two steps, as it has other indexes, which can be made at the same
 * time? */
static bool
is_shared(const struct jobs *j, const struct toc_entry *t)
{
	const struct fate *a = t->catalog == PG_CONSTRAINT && t->needs_count ?
	    fate(j, t->needs[0]) :
	    NULL;

	return a && a->table && a->indexes > 0 && a->table->size > SMALL;
}

static void
add_entry(struct jobs *j, const struct toc_entry *t)
{
	struct fate *a = &j->fate[t->id];
	struct toc_entry index, constraint;

	a->is = JOB;
	if (is_shared(j, t) && key_split(j->m, t, &index, &constraint)) {
		size_t job = add_job(j, &index);

		a->job = add_job(j, &constraint);
		graph_after(j->graph, a->job, job);
	} else {
		a->job = add_job(j, t);
	}
}

/* What is known of the indexes of each table. */
static void
note_indexes(struct jobs *j, size_t end)
{
	for (size_t i = 0; i < end; i++) {
		const struct toc_entry *t = &j->rest->item[i];

		for (size_t k = 0; k < t->needs_count && is_index(t); k++) {
			if (!fate(j, t->needs[k]))
				continue;
			j->fate[t->needs[k]].indexes++;
			j->fate[t->needs[k]].computed |= is_computed(t);
		}
	}
}

static size_t
add_analyzing(struct jobs *j, struct load_table *t, int id)
{
	/* of a larger table it reads a part */
	size_t job = graph_add(j->graph, t->size < SAMPLE ? (double)t->size : SAMPLE, analyze, t);

	graph_after(j->graph, job, t->complete);
	graph_use(j->graph, job, id, true);
	return job;
}

/* Statistics of a table cannot be made at the same time as its indexes: so they come first, when
 * other tables are still loaded. But an index of an expression has statistics of its own. */
static void
analyze_tables(struct jobs *j, bool computed)
{
	for (size_t i = 0; i < j->schema->count; i++) {
		struct fate *a = &j->fate[j->schema->item[i].id];

		if (a->table && !a->table->parent && a->computed == computed)
			a->job = add_analyzing(j, a->table, j->schema->item[i].id);
	}
}

/* Those that must wait for the indexes of their expressions. */
static void
analyze_late(struct jobs *j)
{
	analyze_tables(j, true);
	for (size_t i = 0; i < j->rest->count; i++) {
		const struct toc_entry *t = &j->rest->item[i];

		for (size_t k = 0; j->fate[t->id].is == JOB && k < t->needs_count; k++) {
			const struct fate *a = fate(j, t->needs[k]);

			if (a && a->table && !a->table->parent && a->computed && is_index(t))
				graph_after(j->graph, a->job, j->fate[t->id].job);
		}
	}
}

static void
add_entries(struct jobs *j)
{
	size_t end = toc_first_grant(j->rest);

	j->late = mem_zero(j->m, end + 1, sizeof *j->late);
	note_indexes(j, end);
	analyze_tables(j, false);
	for (size_t i = 0; i < end; i++) {
		const struct toc_entry *t = &j->rest->item[i];

		if (is_job(j, t)) {
			add_entry(j, t);
		} else {
			j->fate[t->id].is = LATE;
			j->late[j->late_count++] = t;
		}
	}
	analyze_late(j);
}

/* Which of our tables has each relation of the schema become? */
static int
by_oid(const void *a, const void *b)
{
	const struct load_table *x = *(struct load_table *const *)a,
				*y = *(struct load_table *const *)b;

	return (x->oid > y->oid) - (x->oid < y->oid);
}

static void
find_tables(struct jobs *j)
{
	MEM_SCOPE(m);
	struct load_table **sorted = mem_zero(m, j->tables->count + 1, sizeof *sorted);

	for (size_t i = 0; i < j->tables->count; i++)
		sorted[i] = &j->tables->item[i];
	qsort(sorted, j->tables->count, sizeof *sorted, by_oid);
	for (size_t i = 0; i < j->schema->count; i++) {
		const struct toc_entry *t = &j->schema->item[i];
		struct load_table key = { .oid = t->oid }, *wanted = &key, **found;
		struct fate *a = &j->fate[t->id];

		a->function = t->catalog == PG_PROC || t->catalog == PG_OPERATOR;
		if (t->catalog != PG_CLASS)
			continue;
		found = bsearch(&wanted, sorted, j->tables->count, sizeof *sorted, by_oid);
		a->relation = true;
		a->is = JOB;
		a->table = found && !(*found)->from ? *found : NULL;
		a->job = found ? (*found)->complete : j->streamed;
	}
}

static int
nothing(void *worker, void *arg, struct err *e)
{
	(void)worker;
	(void)arg;
	(void)e;
	return 0;
}

/* A table that calls functions for each row that comes is loaded behind those that do not. */
static void
put_in_order(struct jobs *j)
{
	struct graph *g = j->graph;

	j->read = graph_add(g, 0, nothing, NULL);
	graph_after(g, j->read, j->streamed);
	for (size_t i = 0; i < j->schema->count; i++) {
		const struct toc_entry *t = &j->schema->item[i];
		const struct load_table *table = j->fate[t->id].table;
		bool late = table && calls(j, t) &&
		    (strstr(t->sql, " CHECK (") || strstr(t->sql, " GENERATED ALWAYS AS ("));

		for (size_t k = 0; table && k < table->loads; k++)
			if (late)
				graph_after(g, table->first + k, j->read);
			else
				graph_after(g, j->read, table->first + k);
	}
}

const struct toc_entry **
jobs_add(struct mem *m, struct graph *graph, size_t streamed, const struct toc *schema,
    const struct toc *rest, const struct load *tables, size_t *late)
{
	struct jobs j = { .m = m, .graph = graph, .schema = schema, .rest = rest,
		.tables = tables, .streamed = streamed };
	const struct toc *const both[] = { schema, rest };

	for (int k = 0; k < 2; k++)
		for (size_t i = 0; i < both[k]->count; i++)
			if ((size_t)both[k]->item[i].id >= j.ids)
				j.ids = (size_t)both[k]->item[i].id + 1;
	j.fate = mem_zero(m, j.ids + 1, sizeof *j.fate);
	find_tables(&j);
	put_in_order(&j);
	add_entries(&j);
	*late = j.late_count;
	return j.late;
}
