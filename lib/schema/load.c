/* load.c - runs the catalog queries and makes objects of their rows. */
#include <stdlib.h>
#include <string.h>

#include "core/value.h"
#include "schema/address.h"
#include "schema/catalog.h"
#include "schema/load.h"
#include "schema/plain.h"

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
	IS_RELATION,
	IS_MORE,
	IS_FACT, /* the first of them, in the order of struct plain_facts */
	IS_NOTHING = IS_FACT + 7
};
static const char *const roles[] = { "oid", "sub", "schema", "parent", "name", "args", "rows",
	"bytes", "relation", "more", "begins", "keys", "classes", "collations", "other",
	"other_keys", "ends" };

/* The rows of one query. */
struct result {
	const struct catalog_query *q;
	const struct pg_rows *rows;
	int column_of[IS_NOTHING + 1]; /* -1: there is none */
	enum model_prop props[MODEL_PROPS]; /* those that there are, in order */
	size_t prop_count;
};

struct load {
	struct mem *m; /* of the model */
	struct pg *pg;
	struct model *model;
	bool needs;
	struct address_book book; /* tables, views and columns; of all there is for the needs */
	struct plain plain;
	struct model_object **late; /* whose definition is to be asked for */
	size_t late_count, late_room;
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

static const char *
text_of(const struct result *r, int row, int role)
{
	return r->column_of[role] < 0 ? NULL : pg_rows_text(r->rows, row, r->column_of[role]);
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

/* Rows of facts do not stay: what a definition is made of takes more room than all the rest. */
static const char *
kept(struct load *l, const struct result *r, const char *text)
{
	return text && r->q->late ? mem_string(l->m, text) : text;
}

/* Are these privileges that the owner's are among? Default privileges are, unless they add to
 * others. */
static bool
is_acl(const struct model_object *o, enum model_prop p, const struct result *r, int row)
{
	if (o->kind == MODEL_DEFAULT_PRIVILEGES)
		return p == PROP_DEFINITION && !text_of(r, row, PROP_IN_SCHEMA);
	if (o->kind == MODEL_PRIVILEGES)
		return (p == PROP_ACL || p == PROP_WRITTEN) && !text_of(r, row, PROP_COLUMNS);
	return p == PROP_ACL && o->kind != MODEL_COLUMN;
}

/* An empty text says nothing, but no privileges and no comment at all are something else than the
 * usual ones. */
static bool
says(enum model_prop p, const char *text)
{
	return text && (*text || p == PROP_ACL || p == PROP_LABELS || p == PROP_COMMENT);
}

/* The properties of one row, in the order of the enum, into the object. */
static void
take_values(struct load *l, struct model_object *o, const struct result *r, int row)
{
	struct model_value values[MODEL_PROPS];
	size_t n = 0;

	for (size_t i = 0; i < r->prop_count; i++) {
		enum model_prop p = r->props[i];
		const char *text = kept(l, r, text_of(r, row, p));

		if (text && is_acl(o, p, r, row))
			text = strip_owner(l->m, text);
		if (says(p, text))
			values[n++] = (struct model_value){ p, text };
	}
	o->values = mem_zero(l->m, n ? n : 1, sizeof *values);
	memcpy(o->values, values, n * sizeof *values);
	o->value_count = n;
}

/* One more property. */
static void
put_value(struct load *l, struct model_object *o, enum model_prop p, const char *text)
{
	struct model_value *values = mem_zero(l->m, o->value_count + 1, sizeof *values);
	size_t n = 0;

	while (n < o->value_count && o->values[n].prop < p)
		n++;
	memcpy(values, o->values, n * sizeof *values);
	values[n] = (struct model_value){ p, text };
	memcpy(values + n + 1, o->values + n, (o->value_count - n) * sizeof *values);
	o->values = values;
	o->value_count++;
}

/* Those of a JSON object. */
static int
put_more(struct load *l, struct model_object *o, const char *text, struct err *e)
{
	MEM_SCOPE(m);
	const struct value *more = value_parse(m, text, strlen(text), e);

	if (!more)
		return -1;
	for (void *at = value_first(more); at; at = value_next(more, at)) {
		enum model_prop p = model_prop_find(value_key(at));
		const char *one = value_string(value_member(at));

		if (says(p, one))
			put_value(l, o, p, mem_string(l->m, one));
	}
	return 0;
}

static uint32_t
oid_of(const char *text)
{
	return text ? (uint32_t)strtoul(text, NULL, 10) : 0;
}

/* The definition from its facts, or later. */
static void
define(struct load *l, struct model_object *o, const struct model_object *relation,
    const char *const facts[])
{
	const struct plain_facts f = { facts[0], facts[1], facts[2], facts[3],
		address_find(&l->book, "pg_class", oid_of(facts[4]), 0), facts[5], facts[6] };
	const char *text = facts[4] && !f.other ? NULL :
						  plain_definition(&l->plain, o, relation, &f);

	if (!text) {
		mem_grow(l->m, &l->late, l->late_count, &l->late_room, sizeof(void *));
		l->late[l->late_count++] = o;
		return;
	}
	put_value(l, o, PROP_DEFINITION, text);
	if (f.other)
		put_value(l, o, PROP_REFERENCES, f.other->id);
}

static int
take_row(struct load *l, const struct result *r, int row, struct err *e)
{
	const char *text[IS_NOTHING] = { NULL };
	struct model_object *o, *relation = NULL;

	for (int i = IS_OID; i < IS_NOTHING; i++)
		text[i] = text_of(r, row, i);
	if (text[IS_RELATION] &&
	    !(relation = address_find(&l->book, "pg_class", oid_of(text[IS_RELATION]), 0)))
		return 0;
	o = model_add(l->model, r->q->kind, relation ? relation->schema : text[IS_SCHEMA],
	    relation ? relation->name : text[IS_PARENT], kept(l, r, text[IS_NAME]),
	    text[IS_ARGS]);
	o->oid = oid_of(text[text[IS_OID] ? IS_OID : IS_RELATION]);
	o->sub = text[IS_SUB] ? (int16_t)strtol(text[IS_SUB], NULL, 10) : 0;
	o->rows = text[IS_ROWS] ? strtoll(text[IS_ROWS], NULL, 10) : 0;
	o->bytes = text[IS_BYTES] ? strtoll(text[IS_BYTES], NULL, 10) : 0;
	take_values(l, o, r, row);
	if (text[IS_MORE] && put_more(l, o, text[IS_MORE], e))
		return -1;
	if (r->q->late)
		define(l, o, relation, text + IS_FACT);
	if (l->needs || o->kind == MODEL_TABLE || o->kind == MODEL_VIEW ||
	    o->kind == MODEL_MATVIEW || o->kind == MODEL_COLUMN)
		address_add(&l->book, r->q->class, o->oid, o->sub, o);
	return 0;
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

/* What the columns of its rows are. */
static void
take_heads(struct result *r)
{
	r->prop_count = 0;
	for (int i = 0; i <= IS_NOTHING; i++)
		r->column_of[i] = -1;
	for (int i = 0; i < pg_rows_columns(r->rows); i++)
		r->column_of[role_of(pg_rows_name(r->rows, i))] = i;
	if (r->q->kind == MODEL_COLUMN)
		r->column_of[PROP_POSITION] = r->column_of[IS_SUB];
	for (int i = 0; i < MODEL_PROPS; i++)
		if (r->column_of[i] >= 0)
			r->props[r->prop_count++] = (enum model_prop)i;
}

/* What the server has to be asked for: the definitions that are not plain. */
static int
run_late(struct load *l, const struct catalog_query *q, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text oids = { .m = m };
	struct result r = { .q = q };
	const char *param;

	for (size_t i = 0; i < l->late_count; i++)
		mem_text_fmt(&oids, "%c%u", i ? ',' : '{', l->late[i]->oid);
	mem_text_add(&oids, "}", 1);
	param = oids.text;
	r.rows = pg_query(m, l->pg, e, q->late, 1, &param);
	if (!r.rows)
		return -1;
	take_heads(&r);
	for (size_t i = 0; i < l->late_count; i++)
		for (size_t j = 0; j < r.prop_count; j++) {
			const char *text = kept(l, &r, text_of(&r, (int)i, r.props[j]));

			if (text)
				put_value(l, l->late[i], r.props[j], text);
		}
	l->late_count = 0;
	return 0;
}

static int
run(struct load *l, const struct catalog_query *q, struct err *e)
{
	MEM_SCOPE(m);
	struct result r = { .q = q };
	int may = may_read(l, q, e);

	if (may < 1)
		return may;
	r.rows = pg_query(q->late ? m : l->m, l->pg, e,
	    expand(m, mem_fmt(m, "%s%s", q->sql, q->from ? q->from : ""),
		pg_server_version(l->pg)),
	    0, NULL);
	if (!r.rows)
		return err_in(e, "reading each %s", model_kind_info(q->kind)->name);
	take_heads(&r);
	if (r.column_of[IS_RELATION] >= 0)
		address_sort(&l->book);
	for (int i = 0; i < pg_rows_count(r.rows); i++)
		if (take_row(l, &r, i, e))
			return -1;
	return l->late_count ? run_late(l, q, e) : 0;
}

static struct model_object *
at(const struct load *l, const char *class, const char *oid, const char *sub)
{
	int column = (int)strtol(sub, NULL, 10);
	struct model_object *o = address_find(&l->book, class, oid_of(oid), column);

	return o || !column ? o : address_find(&l->book, class, oid_of(oid), 0);
}

static int
add_aliases(struct load *l, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *rows = pg_query(
	    l->m, l->pg, e, expand(m, catalog_aliases, pg_server_version(l->pg)), 0, NULL);

	if (!rows)
		return err_in(e, "reading aliases");
	address_sort(&l->book);
	for (int i = 0; i < pg_rows_count(rows); i++) {
		struct model_object *o = at(l, pg_rows_text(rows, i, 2),
		    pg_rows_text(rows, i, 3), pg_rows_text(rows, i, 4));

		if (o)
			address_add(&l->book, pg_rows_text(rows, i, 0),
			    oid_of(pg_rows_text(rows, i, 1)), 0, o);
	}
	address_sort(&l->book);
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

/* In the order in which they run: what hangs on a table comes after it. */
static const struct catalog_query *const catalogs[] = { catalog_types, catalog_others,
	catalog_relations };
enum { CATALOGS = sizeof catalogs / sizeof *catalogs };

/* One row: a boolean for each query, whether it has to run. NULL on error. */
static struct pg_rows *
ask_there(struct load *l, struct mem *m, struct err *e)
{
	struct mem_text sql = { .m = m };
	struct pg_rows *there;

	for (size_t i = 0; i < CATALOGS; i++)
		for (const struct catalog_query *q = catalogs[i]; q->sql; q++)
			mem_text_fmt(&sql,
			    q->there ? "%s%s" : "%sEXISTS (SELECT FROM %s WHERE oid >= 16384)",
			    sql.len ? ", " : "SELECT ", q->there ? q->there : q->class);
	mem_text_fmt(&sql, "%s", catalog_kinds);
	there = pg_query(m, l->pg, e, expand(m, sql.text, pg_server_version(l->pg)), 0, NULL);
	if (!there)
		err_in(e, "looking which kinds of objects there are");
	return there;
}

static int
read_all(struct load *l, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *there = ask_there(l, m, e);
	int n = 0;

	if (!there || plain_begin(&l->plain, l->pg, e))
		return -1;
	for (size_t i = 0; i < CATALOGS; i++)
		for (const struct catalog_query *q = catalogs[i]; q->sql; q++)
			if (pg_rows_bool(there, 0, n++) && run(l, q, e))
				return -1;
	if (add_uncovered(l, e))
		return -1;
	model_finish(l->model);
	return l->needs ? add_needs(l, e) : 0;
}

struct model *
load_model(struct mem *m, struct pg *pg, bool needs, const char *source, struct err *e)
{
	struct load l = { .m = m, .pg = pg, .model = model_new(m, source), .needs = needs,
		.book = { .m = m }, .plain = { .m = m, .book = &l.book } };
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
