/* load.c - runs the catalog queries and makes objects of their rows. */
#include <stdlib.h>
#include <string.h>

#include "schema/catalog.h"
#include "schema/load.h"

/* What the columns of a result mean. */
enum role {
	IS_OID = MODEL_PROPS,
	IS_SUB,
	IS_SCHEMA,
	IS_PARENT,
	IS_NAME,
	IS_ARGS,
	IS_ROWS,
	IS_BYTES,
	IS_NOTHING
};
static const char *const roles[] = { "oid", "sub", "schema", "parent", "name", "args", "rows",
	"bytes" };

/* Address of an object in the catalogs. */
struct address {
	const char *class;
	uint32_t oid;
	int sub;
	struct model_object *object;
};

struct load {
	struct mem *m; /* of the model */
	struct pg *pg;
	struct model *model;
	bool needs;
	struct address *addresses;
	size_t count, room;
};

/* SQL with its {{VERSION?A`B}} resolved. */
static char *
expand(struct mem *m, const char *sql, int server_version)
{
	struct mem_text out = { .m = m };

	for (const char *p = sql; *p;) {
		const char *open = strstr(p, "{{"), *ask, *other, *close;

		if (!open) {
			mem_text_add(&out, p, strlen(p));
			break;
		}
		mem_text_add(&out, p, (size_t)(open - p));
		ask = strchr(open, '?') + 1;
		other = strchr(ask, '`') + 1;
		close = strstr(other, "}}");
		if (server_version >= strtol(open + 2, NULL, 10))
			mem_text_add(&out, ask, (size_t)(other - 1 - ask));
		else
			mem_text_add(&out, other, (size_t)(close - other));
		p = close + 2;
	}
	return out.text;
}

static enum role
role_of(const char *name)
{
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (!strcmp(roles[i], name))
			return (enum role)(IS_OID + i);
	return (enum role)model_prop_find(name);
}

static void
remember(struct load *l, const char *class, uint32_t oid, int sub, struct model_object *o)
{
	struct address a = { class, oid, sub, o };

	mem_grow(l->m, &l->addresses, l->count, &l->room, sizeof a);
	l->addresses[l->count++] = a;
}

/* The owner has every privilege unless it is said otherwise: then his line says what he has, or
 * nothing. */
static const char *
strip_owner(struct mem *m, const char *acl)
{
	static const char *const all[] = {
		"DELETE,INSERT,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE",
		"DELETE,INSERT,MAINTAIN,REFERENCES,SELECT,TRIGGER,TRUNCATE,UPDATE",
		"SELECT,UPDATE,USAGE", "EXECUTE", "USAGE", "CREATE,USAGE"
	};
	const char *line = strstr(acl, "<owner>="), *what = line ? line + strlen("<owner>=") : "";
	size_t n = strcspn(what, "\n");

	if (!line)
		return mem_fmt(m, "<owner>=%s%s", *acl ? "\n" : "", acl);
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (strlen(all[i]) == n && !strncmp(all[i], what, n))
			return mem_fmt(
			    m, "%.*s%s", (int)(line - acl), acl, what + n + (what[n] == '\n'));
	return acl;
}

/* Are these privileges that the owner's are among? Default privileges are, unless they add to
 * others. */
static bool
is_acl(const struct model_object *o, enum model_prop p, const struct pg_rows *rows, int row,
    const int *column_of)
{
	if (o->kind == MODEL_DEFAULT_PRIVILEGES)
		return p == PROP_DEFINITION && !pg_rows_text(rows, row, column_of[PROP_IN_SCHEMA]);
	if (o->kind == MODEL_PRIVILEGES)
		return (p == PROP_ACL || p == PROP_WRITTEN) &&
		    !pg_rows_text(rows, row, column_of[PROP_COLUMNS]);
	return p == PROP_ACL && o->kind != MODEL_COLUMN;
}

/* The properties of one row, in the order of the enum, into the object. */
static void
take_values(struct load *l, struct model_object *o, const struct pg_rows *rows, int row,
    const int *column_of)
{
	struct model_value values[MODEL_PROPS];
	size_t n = 0;

	for (int p = 0; p < MODEL_PROPS; p++) {
		const char *text = column_of[p] < 0 ? NULL : pg_rows_text(rows, row, column_of[p]);

		if (text && is_acl(o, (enum model_prop)p, rows, row, column_of))
			text = strip_owner(l->m, text);
		/* an empty text says nothing, but no privileges and no comment at all are something
		 * else than the usual ones */
		if (text && (*text || p == PROP_ACL || p == PROP_LABELS || p == PROP_COMMENT))
			values[n++] = (struct model_value){ (enum model_prop)p, text };
	}
	o->values = mem_zero(l->m, n ? n : 1, sizeof *values);
	memcpy(o->values, values, n * sizeof *values);
	o->value_count = n;
}

static void
take_row(struct load *l, const struct catalog_query *q, const struct pg_rows *rows, int row,
    const int *column_of)
{
	const char *text[IS_NOTHING] = { NULL };
	struct model_object *o;

	for (int r = IS_OID; r < IS_NOTHING; r++)
		if (column_of[r] >= 0)
			text[r] = pg_rows_text(rows, row, column_of[r]);
	o = model_add(
	    l->model, q->kind, text[IS_SCHEMA], text[IS_PARENT], text[IS_NAME], text[IS_ARGS]);
	o->oid = (uint32_t)strtoul(text[IS_OID], NULL, 10);
	o->sub = text[IS_SUB] ? (int16_t)strtol(text[IS_SUB], NULL, 10) : 0;
	o->rows = text[IS_ROWS] ? strtoll(text[IS_ROWS], NULL, 10) : 0;
	o->bytes = text[IS_BYTES] ? strtoll(text[IS_BYTES], NULL, 10) : 0;
	take_values(l, o, rows, row, column_of);
	if (l->needs)
		remember(l, q->class, o->oid, o->sub, o);
}

static void
leave_out(struct load *l, const char *what)
{
	struct model *mo = l->model;

	mem_grow(l->m, &mo->uncovered, mo->uncovered_count, &mo->uncovered_room,
	    sizeof *mo->uncovered);
	mo->uncovered[mo->uncovered_count++] = what;
}

/* Subscriptions hold passwords: not every role may read them. 0: they are left out, and it is said
 * if there are any. */
static int
may_read(struct load *l, const struct catalog_query *q, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r;

	if (q->kind != MODEL_SUBSCRIPTION)
		return 1;
	r = pg_query(m, l->pg, e,
	    "SELECT has_table_privilege('pg_catalog.pg_subscription', 'SELECT'), count(*) FROM "
	    "pg_catalog.pg_subscription"
	    " WHERE subdbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = "
	    "current_database())",
	    0, NULL);
	if (!r)
		return -1;
	if (!pg_rows_bool(r, 0, 0) && pg_rows_int(r, 0, 1))
		leave_out(l, "subscriptions, which this role may not read,");
	return pg_rows_bool(r, 0, 0);
}

static int
run(struct load *l, const struct catalog_query *q, struct err *e)
{
	MEM_SCOPE(m);
	int version = pg_server_version(l->pg), column_of[IS_NOTHING + 1];
	struct pg_rows *rows;

	int may = version < q->since ? 0 : may_read(l, q, e);

	if (may < 1)
		return may;
	rows = pg_query(l->m, l->pg, e,
	    expand(m, mem_fmt(m, "%s%s", q->sql, q->from ? q->from : ""), version), 0, NULL);
	if (!rows)
		return err_in(e, "reading each %s", model_kind_info(q->kind)->name);
	for (int i = 0; i <= IS_NOTHING; i++)
		column_of[i] = -1;
	for (int i = 0; i < pg_rows_columns(rows); i++)
		column_of[role_of(pg_rows_name(rows, i))] = i;
	for (int i = 0; i < pg_rows_count(rows); i++)
		take_row(l, q, rows, i, column_of);
	return 0;
}

static int
by_address(const void *a, const void *b)
{
	const struct address *x = a, *y = b;
	int c = x->oid == y->oid ? 0 : x->oid < y->oid ? -1 : 1;

	if (!c)
		c = strcmp(x->class, y->class);
	return c ? c : x->sub - y->sub;
}

static struct model_object *
at(const struct load *l, const char *class, const char *oid, const char *sub)
{
	struct address key = { class, (uint32_t)strtoul(oid, NULL, 10), (int)strtol(sub, NULL, 10),
		NULL },
		       *a;

	a = bsearch(&key, l->addresses, l->count, sizeof key, by_address);
	if (!a && key.sub) {
		key.sub = 0;
		a = bsearch(&key, l->addresses, l->count, sizeof key, by_address);
	}
	return a ? a->object : NULL;
}

static int
add_aliases(struct load *l, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *rows = pg_query(
	    l->m, l->pg, e, expand(m, catalog_aliases, pg_server_version(l->pg)), 0, NULL);
	size_t known = l->count;
	struct load before = *l;

	if (!rows)
		return err_in(e, "reading aliases");
	qsort(before.addresses, known, sizeof *before.addresses, by_address);
	for (int i = 0; i < pg_rows_count(rows); i++) {
		struct model_object *o = at(&before, pg_rows_text(rows, i, 2),
		    pg_rows_text(rows, i, 3), pg_rows_text(rows, i, 4));

		if (o)
			remember(
			    l, pg_rows_text(rows, i, 0), (uint32_t)pg_rows_int(rows, i, 1), 0, o);
	}
	qsort(l->addresses, l->count, sizeof *l->addresses, by_address);
	return 0;
}

/* Who needs whom. A sequence is owned by a column that needs it: what the catalogs call automatic
 * there is no need. */
static int
add_needs(struct load *l, struct err *e)
{
	struct pg_rows *rows;

	if (add_aliases(l, e) || 
	    !(rows = pg_query(l->m, l->pg, e,
		  expand(l->m, catalog_needs, pg_server_version(l->pg)), 0, NULL)))
		return err_in(e, "reading dependencies");
	for (int i = 0; i < pg_rows_count(rows); i++) {
		struct model_object *o = at(l, pg_rows_text(rows, i, 0), pg_rows_text(rows, i, 1),
		    pg_rows_text(rows, i, 2));
		struct model_object *n = at(l, pg_rows_text(rows, i, 3), pg_rows_text(rows, i, 4),
		    pg_rows_text(rows, i, 5));

		if (o && n && !(o->kind == MODEL_SEQUENCE && n->kind == MODEL_COLUMN) &&
		    o->table != n)
			model_need(l->model, o, n);
	}
	l->model->has_needs = true;
	return 0;
}

static int
add_uncovered(struct load *l, struct err *e)
{
	struct pg_rows *rows = pg_query(l->m, l->pg, e, catalog_uncovered, 0, NULL);

	if (!rows)
		return err_in(e, "looking for what the model does not hold");
	for (int i = 0; i < pg_rows_count(rows); i++) {
		leave_out(l, pg_rows_text(rows, i, 0));
	}
	return 0;
}

static const char begin[] = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; ";

/* What the server prints must not depend on the session. */
static const char settings[] = "SET LOCAL search_path = ''; SET LOCAL TimeZone = 'UTC';"
			       " SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'postgres';"
			       " SET LOCAL extra_float_digits = 1;"
			       " SET LOCAL quote_all_identifiers = off; SET LOCAL bytea_output = "
			       "'hex'; SET LOCAL xmloption = 'content';"
			       /* the other side is read meanwhile, and rows that go through another
				* process cost more than they save */
			       " SET LOCAL max_parallel_workers_per_gather = 0;"
			       /* each query runs once: to compile it takes longer than to run it */
			       " SET LOCAL jit = off";

static int
read_all(struct load *l, struct err *e)
{
	static const struct catalog_query *const tables[] = { catalog_types, catalog_others,
		catalog_relations };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct catalog_query *q = tables[i]; q->sql; q++)
			if (run(l, q, e))
				return -1;
	if (add_uncovered(l, e))
		return -1;
	model_finish(l->model);
	return l->needs ? add_needs(l, e) : 0;
}

struct model *
load_model(struct mem *m, struct pg *pg, bool needs, const char *source, struct err *e)
{
	struct load l = { .m = m, .pg = pg, .model = model_new(m, source), .needs = needs };
	struct err ignored;
	int bad;

	l.model->server_version = pg_server_version(pg);
	if (pg_exec(pg, mem_fmt(m, "%s%s", pg_in_transaction(pg) ? "" : begin, settings), e))
		return NULL;
	bad = read_all(&l, e);
	if (pg_exec(pg, "COMMIT", bad ? &ignored : e))
		bad = -1;
	return bad ? NULL : l.model;
}
