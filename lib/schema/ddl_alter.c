/* ddl_alter.c - ALTER: from what an object has to what it shall have. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"

#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define DIFFERS(p) plan_differs(from, to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

static void
alter_table(SIDES)
{
	const char *what = mem_fmt(p->m, "ALTER %s %s", ddl_sql_kind(to), to->id),
		   *identity = NEW(REPLICA_IDENTITY);

	partition_detach(p, from, to);
	if (DIFFERS(PERSISTENCE))
		ddl_say(p->out, to, "%s SET %s", what, NEW(PERSISTENCE) ? "UNLOGGED" : "LOGGED");
	if (DIFFERS(ACCESS_METHOD))
		ddl_say(p->out, to, "%s SET ACCESS METHOD %s", what,
		    NEW(ACCESS_METHOD)	? NEW(ACCESS_METHOD)
		    : NEW(PARTITION_KEY) ? "DEFAULT"
					  : "heap");
	if (DIFFERS(TABLESPACE))
		ddl_say(p->out, to, "%s SET TABLESPACE %s", what,
		    NEW(TABLESPACE) ? NEW(TABLESPACE) : "pg_default");
	if (DIFFERS(OF_TYPE) && NEW(OF_TYPE))
		ddl_say(p->out, to, "%s OF %s", what, NEW(OF_TYPE));
	else if (DIFFERS(OF_TYPE))
		ddl_say(p->out, to, "%s NOT OF", what);
	if (DIFFERS(OPTIONS))
		ddl_alter_options(p, from, to, PROP_OPTIONS, what, "");
	if (DIFFERS(TOAST_OPTIONS))
		ddl_alter_options(p, from, to, PROP_TOAST_OPTIONS, what, "toast.");
	if (DIFFERS(ATTRIBUTES))
		ddl_say(p->out, to, "%s OPTIONS (%s)", what,
		    ddl_foreign_options(p->m, OLD(ATTRIBUTES), NEW(ATTRIBUTES)));
	if (DIFFERS(RLS))
		ddl_say(
		    p->out, to, "%s %s ROW LEVEL SECURITY", what, NEW(RLS) ? "ENABLE" : "DISABLE");
	if (DIFFERS(FORCE_RLS))
		ddl_say(p->out, to, "%s %s ROW LEVEL SECURITY", what,
		    NEW(FORCE_RLS) ? "FORCE" : "NO FORCE");
	/* its index holds back columns that may be NULL */
	if (DIFFERS(REPLICA_IDENTITY) && OLD(REPLICA_IDENTITY) &&
	    !strncmp(OLD(REPLICA_IDENTITY), "USING", 5))
		ddl_say(p->out, to, "%s REPLICA IDENTITY DEFAULT", what);
	if (DIFFERS(REPLICA_IDENTITY))
		ddl_say(
		    p->late, to, "%s REPLICA IDENTITY %s", what, identity ? identity : "DEFAULT");
}

static void
cluster(SIDES, const char *index)
{
	const char *table = to->table->id,
		   *kind = to->table->kind == MODEL_MATVIEW ? "MATERIALIZED VIEW" : "TABLE";

	if (!DIFFERS(CLUSTERED))
		return;
	if (NEW(CLUSTERED))
		ddl_say(p->late, to, "ALTER %s %s CLUSTER ON %s", kind, table, index);
	else
		ddl_say(p->out, to, "ALTER %s %s SET WITHOUT CLUSTER", kind, table);
}

/* Where an index lies, and how its pages are filled: without building it anew. WHAT: "INDEX i". */
static void
alter_index_storage(SIDES, const char *what)
{
	if (DIFFERS(OPTIONS))
		ddl_alter_options(p, from, to, PROP_OPTIONS, mem_fmt(p->m, "ALTER %s", what), "");
	if (DIFFERS(TABLESPACE))
		ddl_say(p->out, to, "ALTER %s SET TABLESPACE %s", what,
		    NEW(TABLESPACE) ? NEW(TABLESPACE) : "pg_default");
}

static void
alter_constraint(SIDES)
{
	if (strcmp(from->name, to->name))
		ddl_say(p->out, to, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s", to->table->id,
		    from->name, to->name);
	if (DIFFERS(DEFINITION) && strstr(OLD(DEFINITION), " NOT VALID"))
		(p->online ? ddl_say_alone : ddl_say)(p->late, to,
		    "ALTER TABLE %s VALIDATE CONSTRAINT %s", to->table->id, to->name);
	alter_index_storage(p, from, to, mem_fmt(p->m, "INDEX %s.%s", to->schema, to->name));
	if (DIFFERS(INDEX_COMMENT))
		ddl_say(p->out, to, "COMMENT ON INDEX %s.%s IS %s", to->schema, to->name,
		    NEW(INDEX_COMMENT) ? pg_quote_literal(p->m, NEW(INDEX_COMMENT)) : "NULL");
	cluster(p, from, to, to->name);
}

static void
swap_index(SIDES)
{
	bool built = ddl_index_is_built(p, to), online = p->online &&
		plan_is_live(p, to->table) && !model_get(to->table, PROP_PARTITION_KEY);

	if (!built)
		ddl_make_index(p, to, DDL_NEW_INDEX, online);
	if (online && !built)
		ddl_say_alone(
		    p->out, to, "DROP INDEX CONCURRENTLY %s.%s", from->schema, from->name);
	else
		ddl_say(p->out, to, "DROP INDEX %s.%s", from->schema, from->name);
	ddl_say(p->out, to, "ALTER INDEX %s." DDL_NEW_INDEX " RENAME TO %s", to->schema, to->name);
	ddl_keep_replica_identity(p, to);
}

/* One that a failed CREATE INDEX CONCURRENTLY has left is built anew. */
static void
rebuild_index(SIDES)
{
	if (!OLD(VALID) && NEW(VALID) && !model_get(to->table, PROP_PARTITION_KEY))
		ddl_leave(p->out, to, "no SQL makes an index INVALID: it stays valid");
	if (!OLD(VALID) || NEW(VALID) || model_get(to->table, PROP_PARTITION_KEY))
		return;
	if (p->online)
		ddl_say_alone(p->out, to, "REINDEX INDEX CONCURRENTLY %s.%s", to->schema, to->name);
	else
		ddl_say(p->out, to, "REINDEX INDEX %s.%s", to->schema, to->name);
}

static void
alter_index(SIDES)
{
	struct model_object fresh = *from;
	const char *name = ddl_name(p->m, to);

	if (strcmp(from->name, to->name))
		ddl_say(p->out, to, "ALTER INDEX %s.%s RENAME TO %s", from->schema, from->name,
		    to->name);
	else if (DIFFERS(DEFINITION)) {
		swap_index(p, from, to);
		fresh.value_count = 0;
		from = &fresh;
		if (NEW(COMMENT))
			ddl_say(p->out, to, "COMMENT ON %s IS %s", name,
			    pg_quote_literal(p->m, NEW(COMMENT)));
	}
	if (from != &fresh) {
		alter_index_storage(p, from, to, name);
		rebuild_index(p, from, to);
	}
	for (const char *s = OLD(STATISTICS) && DIFFERS(STATISTICS) ? OLD(STATISTICS) : ""; *s;
	     s += strcspn(s, ","), s += strspn(s, ", "))
		ddl_say(p->out, to, "ALTER %s ALTER COLUMN %.*s SET STATISTICS -1", name,
		    (int)strcspn(s, " "), s);
	for (const char *s = NEW(STATISTICS) && DIFFERS(STATISTICS) ? NEW(STATISTICS) : ""; *s;
	     s += strcspn(s, ","), s += strspn(s, ", "))
		ddl_say(p->out, to, "ALTER %s ALTER COLUMN %.*s SET STATISTICS %.*s", name,
		    (int)strcspn(s, " "), s, (int)strcspn(s + strcspn(s, " ") + 1, ","),
		    s + strcspn(s, " ") + 1);
	cluster(p, from, to, to->name);
}

void
ddl_alter_bounds(struct plan *p, const struct model_object *to, const char *sequence,
    const char *statement, const struct ddl_bounds *b)
{
	bool low = b->was_start < b->minimum;

	if (!low && b->was_start <= b->maximum)
		ddl_say(p->out, to, "%s", statement);
	else
		ddl_say(p->out, to, "DO %s",
		    pg_quote_literal(p->m,
			mem_fmt(p->m,
			    "BEGIN IF (SELECT last_value %c %lld FROM %s) THEN %s RESTART; "
			    "ELSE %s; END IF; END",
			    low ? '<' : '>', low ? b->minimum : b->maximum, sequence, statement,
			    statement)));
}

static void
alter_sequence(SIDES)
{
	struct mem_text t = { .m = p->m };
	struct ddl_bounds bounds = { strtoll(OLD(START), NULL, 10), strtoll(NEW(MINIMUM), NULL, 10),
		strtoll(NEW(MAXIMUM), NULL, 10) };

	mem_text_fmt(&t, "ALTER SEQUENCE %s", to->id);
	ddl_make_sequence_options(&t, to);
	if (DIFFERS(TYPE) || DIFFERS(START) || DIFFERS(INCREMENT) || DIFFERS(MINIMUM) ||
	    DIFFERS(MAXIMUM) || DIFFERS(CACHE) || DIFFERS(CYCLE))
		ddl_alter_bounds(p, to, to->id, t.text, &bounds);
	if (DIFFERS(PERSISTENCE))
		ddl_say(p->out, to, "ALTER SEQUENCE %s SET %s", to->id,
		    NEW(PERSISTENCE) ? "UNLOGGED" : "LOGGED");
	if ((DIFFERS(OWNED_BY) || p->released[from->place]) && NEW(OWNED_BY))
		ddl_say(p->late, to, "ALTER SEQUENCE %s OWNED BY %s", to->id, NEW(OWNED_BY));
}

static void
alter_identity(SIDES)
{
	const struct model_object *column = model_find(p->to, MODEL_COLUMN, NEW(IDENTITY));

	if (strcmp(from->name, to->name))
		ddl_say(p->out, to, "ALTER SEQUENCE %s RENAME TO %s", from->id, to->name);
	if (DIFFERS(PERSISTENCE))
		ddl_say(p->late, to, "ALTER SEQUENCE %s SET %s", to->id,
		    NEW(PERSISTENCE)				     ? NEW(PERSISTENCE)
		    : column && model_get(column->table, PROP_PERSISTENCE) ? "UNLOGGED"
									     : "LOGGED");
}

/* Each label that is new goes before the next one that was there. */
static void
alter_enum(SIDES)
{
	const char *old = OLD(LABELS) ? OLD(LABELS) : "", *previous = NULL;
	size_t previous_len = 0;

	for (const char *l = NEW(LABELS); DIFFERS(LABELS) && l && *l;) {
		const char *end = l + 1;
		size_t n;

		while (*end && (*end != '\'' || end[1] == '\''))
			end += *end == '\'' ? 2 : 1;
		n = (size_t)(end + 1 - l);
		if (!strncmp(old, l, n))
			old += n + (old[n] == ',' ? 2 : 0);
		else if (previous)
			ddl_say_alone(p->out, to, "ALTER TYPE %s ADD VALUE %.*s AFTER %.*s", to->id,
			    (int)n, l, (int)previous_len, previous);
		else if (*old) {
			const char *e = old + 1;

			while (*e && (*e != '\'' || e[1] == '\''))
				e += *e == '\'' ? 2 : 1;
			ddl_say_alone(p->out, to, "ALTER TYPE %s ADD VALUE %.*s BEFORE %.*s",
			    to->id, (int)n, l, (int)(e + 1 - old), old);
		} else
			ddl_say_alone(
			    p->out, to, "ALTER TYPE %s ADD VALUE %.*s", to->id, (int)n, l);
		previous = l;
		previous_len = n;
		l = *end ? end + 1 + strspn(end + 1, ", ") : NULL;
	}
}

static void
alter_domain(SIDES)
{
	bool gone = p->released[from->place];

	if ((gone || DIFFERS(DEFAULT)) && NEW(DEFAULT))
		ddl_say(p->out, to, "ALTER DOMAIN %s SET DEFAULT %s", to->id, NEW(DEFAULT));
	else if (DIFFERS(DEFAULT) && !gone)
		ddl_say(p->out, to, "ALTER DOMAIN %s DROP DEFAULT", to->id);
	if (DIFFERS(NOT_NULL))
		ddl_say(p->out, to, "ALTER DOMAIN %s %s NOT NULL", to->id,
		    NEW(NOT_NULL) ? "SET" : "DROP");
	ddl_alter_not_null_name(p, from, to);
}

static void
alter_composite(SIDES)
{
	const char *new = NEW(ATTRIBUTES) ? NEW(ATTRIBUTES) : "", *cascade = "";

	/* tables OF the type follow it */
	for (size_t i = 0; DIFFERS(ATTRIBUTES) && i < p->from->count; i++) {
		const char *type = model_get(p->from->objects[i], PROP_OF_TYPE);

		if (type && !strcmp(type, to->id))
			cascade = " CASCADE";
	}

	for (const char *o = OLD(ATTRIBUTES) ? OLD(ATTRIBUTES) : ""; *o; o = model_next_line(o)) {
		size_t n = strcspn(o, "\n");

		if (!strncmp(new, o, n) && (!new[n] || new[n] == '\n'))
			new += n + (new[n] == '\n');
		else
			ddl_say(p->out, to, "ALTER TYPE %s DROP ATTRIBUTE %.*s%s", to->id,
			    (int)strcspn(o, " "), o, cascade);
	}
	for (; *new; new = model_next_line(new))
		ddl_say(p->out, to, "ALTER TYPE %s ADD ATTRIBUTE %.*s%s", to->id,
		    (int)strcspn(new, "\n"), new, cascade);
}

static void
alter_search(SIDES)
{
	struct mem_text tokens = { .m = p->m };

	if (!DIFFERS(ATTRIBUTES))
		return;
	for (const char *o = OLD(ATTRIBUTES) ? OLD(ATTRIBUTES) : ""; *o; o = model_next_line(o))
		mem_text_fmt(&tokens, "%s%.*s", tokens.len ? ", " : "", (int)strcspn(o, " "), o);
	if (tokens.len)
		ddl_say(p->out, to, "ALTER TEXT SEARCH CONFIGURATION %s DROP MAPPING FOR %s",
		    to->id, tokens.text);
	for (const char *n = NEW(ATTRIBUTES) ? NEW(ATTRIBUTES) : ""; *n; n = model_next_line(n))
		ddl_say(p->out, to, "ALTER TEXT SEARCH CONFIGURATION %s ADD MAPPING FOR %.*s",
		    to->id, (int)strcspn(n, "\n"), n);
}

/* "OPERATOR 1 <(integer,bigint)" or "FUNCTION 1 (integer, bigint) f(…)" is dropped by its number
 * and types. */
static void
alter_family(SIDES)
{
	const char *sides[2] = { OLD(ATTRIBUTES), NEW(ATTRIBUTES) };

	for (int i = 0; i < 2; i++)
		for (const char *l = sides[i] ? sides[i] : ""; *l; l = model_next_line(l)) {
			const char *types = strchr(l, '('), *other = sides[!i];
			size_t n = strcspn(l, "\n"), number = strcspn(l, " ") + 1;
			bool there = false;

			number += strcspn(l + number, " ");
			for (; other && *other && !there; other = model_next_line(other))
				there = !strncmp(other, l, n) && (!other[n] || other[n] == '\n');
			if (!there && i)
				ddl_say(p->out, to, "ALTER %s ADD %.*s", ddl_name(p->m, to), (int)n,
				    l);
			else if (!there)
				ddl_say(p->out, to, "ALTER %s DROP %.*s %.*s)", ddl_name(p->m, to),
				    (int)number, l, (int)strcspn(types, ")"), types);
		}
}

static void
alter_enabled(SIDES)
{
	const char *state = NEW(ENABLED) ? NEW(ENABLED) : "ENABLE";

	if (!DIFFERS(ENABLED) || NEW(INHERITED))
		return;
	if (to->kind == MODEL_EVENT_TRIGGER)
		ddl_say(p->out, to, "ALTER EVENT TRIGGER %s %s", to->name, state);
	else
		ddl_say(p->out, to, "ALTER TABLE %s %s %s %s", to->table->id, state,
		    ddl_sql_kind(to), to->name);
}

static void
alter_rule(SIDES)
{
	if (DIFFERS(DEFINITION))
		ddl_say(p->out, to, "CREATE OR REPLACE %s", NEW(DEFINITION) + strlen("CREATE "));
	alter_enabled(p, from, to);
}

static void
alter_function(SIDES)
{
	if (DIFFERS(DEFINITION))
		ddl_say(p->out, to, "%s", NEW(DEFINITION));
}

static void
alter_statistics(SIDES)
{
	if (DIFFERS(STATISTICS))
		ddl_say(p->out, to, "ALTER STATISTICS %s SET STATISTICS %s", to->id,
		    NEW(STATISTICS) ? NEW(STATISTICS) : "-1");
}

/* It is validated: anything else makes it anew. */
static void
alter_domain_constraint(SIDES)
{
	if (DIFFERS(DEFINITION))
		(p->online ? ddl_say_alone : ddl_say)(p->late, to,
		    "ALTER DOMAIN %s VALIDATE CONSTRAINT %s", to->table->id, to->name);
}

static void
alter_extension(SIDES)
{
	if (DIFFERS(VERSION))
		ddl_say(p->out, to, "ALTER EXTENSION %s UPDATE TO %s", to->name,
		    pg_quote_literal(p->m, NEW(VERSION)));
	if (DIFFERS(IN_SCHEMA))
		ddl_say(p->out, to, "ALTER EXTENSION %s SET SCHEMA %s", to->name, NEW(IN_SCHEMA));
}

/* Never made anew for its options: passwords are not read, and would be gone. */
static void
alter_foreign(SIDES)
{
	const char *what = mem_fmt(p->m, "ALTER %s", ddl_name(p->m, to));

	if (DIFFERS(VERSION))
		ddl_say(p->out, to, "%s VERSION %s", what, NEW(VERSION) ? NEW(VERSION) : "NULL");
	if (DIFFERS(ATTRIBUTES))
		ddl_say(p->out, to, "%s OPTIONS (%s)", what,
		    ddl_foreign_options(p->m, OLD(ATTRIBUTES), NEW(ATTRIBUTES)));
}

static void
alter_operator(SIDES)
{
	if (DIFFERS(OPTIONS))
		ddl_say(p->out, to, "ALTER OPERATOR %s SET (%s)", to->id,
		    NEW(OPTIONS) ? NEW(OPTIONS) : "RESTRICT = NONE, JOIN = NONE");
}

static void (*const alters[MODEL_KINDS])(SIDES) = {
	[MODEL_TABLE] = alter_table,
	[MODEL_COLUMN] = ddl_alter_column,
	[MODEL_CONSTRAINT] = alter_constraint,
	[MODEL_INDEX] = alter_index,
	[MODEL_SEQUENCE] = alter_sequence,
	[MODEL_IDENTITY] = alter_identity,
	[MODEL_VIEW] = ddl_alter_view,
	[MODEL_MATVIEW] = ddl_alter_view,
	[MODEL_ENUM] = alter_enum,
	[MODEL_DOMAIN] = alter_domain,
	[MODEL_DOMAIN_CONSTRAINT] = alter_domain_constraint,
	[MODEL_COMPOSITE] = alter_composite,
	[MODEL_TS_CONFIGURATION] = alter_search,
	[MODEL_OPERATOR] = alter_operator,
	[MODEL_OPERATOR_FAMILY] = alter_family,
	[MODEL_FDW] = alter_foreign,
	[MODEL_SERVER] = alter_foreign,
	[MODEL_USER_MAPPING] = alter_foreign,
	[MODEL_PUBLICATION] = ddl_alter_publication,
	[MODEL_SUBSCRIPTION] = ddl_alter_subscription,
	[MODEL_TRIGGER] = alter_enabled,
	[MODEL_EVENT_TRIGGER] = alter_enabled,
	[MODEL_RULE] = alter_rule,
	[MODEL_POLICY] = ddl_alter_policy,
	[MODEL_FUNCTION] = alter_function,
	[MODEL_STATISTICS] = alter_statistics,
	[MODEL_EXTENSION] = alter_extension,
};

void
ddl_alter(struct plan *p, const struct model_object *from, const struct model_object *to)
{
	if (alters[to->kind])
		alters[to->kind](p, from, to);
	ddl_grant(p, from, to);
}
