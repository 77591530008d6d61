/* ddl_make.c - CREATE and DROP. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"

#define GET(p) model_get(o, PROP_##p)

static const char *
after(const char *text, const char *prefix)
{
	return text ? prefix : "";
}

static const char *
or_empty(const char *text)
{
	return text ? text : "";
}

const char *
ddl_written(const struct model_object *o)
{
	return GET(WRITTEN) ? GET(WRITTEN) : GET(OPTIONS);
}

/* What FOR ROLE keeps of its own privileges on what it makes: WHAT, up to the end of the line; not
 * GIVE: all. */
static void
change_owner_default(struct plan *p, const struct model_object *o, const char *what, bool give)
{
	const char *on = strstr(o->name, " ON "), *maker = o->name + strlen("FOR ROLE ");
	const char *before = mem_fmt(p->m, "ALTER DEFAULT PRIVILEGES %.*s ", (int)(on - o->name),
	    o->name);
	int role = (int)(on - maker);

	if (give)
		ddl_say(p->out, o, "%sREVOKE ALL%s FROM %.*s", before, on, role, maker);
	ddl_grant_list(p->out, o, before, give ? what : "ALL", "",
	    mem_fmt(p->m, "%s TO %.*s", on, role, maker));
}

/* Each name of the default privileges: FOR ROLE x IN SCHEMA y ON TABLES. */
static void
default_privileges(struct plan *p, const struct model_object *o, bool give)
{
	const char *on = strstr(o->name, " ON "), *acl = or_empty(GET(DEFINITION));
	const char *maker = o->name + strlen("FOR ROLE "), *in = strstr(maker, " IN SCHEMA ");
	int n = (int)(on - o->name), role = (int)((in ? in : on) - maker);
	bool global = !GET(IN_SCHEMA), functions = !strcmp(on, " ON ROUTINES"),
	     types = !strcmp(on, " ON TYPES");

	for (const char *line = acl; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		int who = (int)strcspn(line, "=");
		bool owner = !strncmp(line, "<owner>=", 8), everyone = !strncmp(line, "PUBLIC=", 7);

		if (global && everyone && (functions || types))
			continue;
		if (global && owner)
			change_owner_default(p, o, line + who + 1, give);
		else if (give)
			ddl_grant_list(p->out, o,
			    mem_fmt(p->m, "ALTER DEFAULT PRIVILEGES %.*s ", n, o->name),
			    line + who + 1, "",
			    mem_fmt(p->m, "%s TO %.*s", on, owner ? role : who,
				owner ? maker : line));
		else
			ddl_say(p->out, o, "ALTER DEFAULT PRIVILEGES %.*s REVOKE ALL%s FROM %.*s",
			    n, o->name, on, owner ? role : who, owner ? maker : line);
	}
	if (global && (functions || types) && !strstr(acl, "PUBLIC="))
		ddl_say(p->out, o, "ALTER DEFAULT PRIVILEGES %.*s %s %s%s %s PUBLIC", n, o->name,
		    give ? "REVOKE" : "GRANT", functions ? "EXECUTE" : "USAGE", on,
		    give ? "FROM" : "TO");
}

static void
drop_column(struct plan *p, const struct model_object *o)
{
	if (o->table->kind == MODEL_TABLE)
		ddl_say(p->out, o, "ALTER TABLE %s%s DROP COLUMN %s",
		    p->alone[o->place] ? "ONLY " : "", o->table->id, o->name);
	else if (GET(DEFAULT))
		ddl_say(
		    p->out, o, "ALTER VIEW %s ALTER COLUMN %s DROP DEFAULT", o->table->id, o->name);
	if (o->table->kind != MODEL_TABLE)
		ddl_reset_column(p, o);
}

/* Without its slot, which is another server's: that server may be gone. */
static void
drop_subscription(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "ALTER SUBSCRIPTION %s DISABLE", o->name);
	ddl_say(p->out, o, "ALTER SUBSCRIPTION %s SET (slot_name = NONE)", o->name);
	ddl_say_alone(p->out, o, "DROP SUBSCRIPTION %s", o->name);
}

void
ddl_drop(struct plan *p, const struct model_object *o)
{
	bool live =
	    o->table && p->peer[o->table->place] && plan_is_live(p, p->peer[o->table->place]);

	switch (o->kind) {
	case MODEL_COLUMN: drop_column(p, o); return;
	case MODEL_TABLE:
		if (partition_is_referenced(p, o))
			ddl_say(p->out, o, "ALTER TABLE %s DETACH PARTITION %s", GET(INHERITS),
			    o->id);
		break;
	case MODEL_CONSTRAINT:
		ddl_say(p->out, o, "ALTER TABLE %s DROP CONSTRAINT %s", o->table->id, o->name);
		return;
	case MODEL_DOMAIN_CONSTRAINT:
		ddl_say(p->out, o, "ALTER DOMAIN %s DROP CONSTRAINT %s", o->table->id, o->name);
		return;
	case MODEL_DEFAULT_PRIVILEGES: default_privileges(p, o, false); return;
	case MODEL_SECURITY_LABEL: ddl_say(p->out, o, "SECURITY LABEL %s IS NULL", o->name); return;
	case MODEL_PRIVILEGES: ddl_privileges(p, o, false); return;
	case MODEL_SUBSCRIPTION: drop_subscription(p, o); return;
	case MODEL_INDEX:
		if (p->online && live && !model_get(o->table, PROP_PARTITION_KEY)) {
			ddl_say_alone(
			    p->out, o, "DROP INDEX CONCURRENTLY %s.%s", o->schema, o->name);
			return;
		}
		if (partition_has_constraint(p, o)) {
			ddl_say(p->out, o, "DROP INDEX %s.%s CASCADE", o->schema, o->name);
			return;
		}
		break;
	default:
		if (p->fate[o->place] == PLAN_SWAP) {
			ddl_put_aside(p, o);
			return;
		}
	}
	ddl_say(p->out, o, "DROP %s%s", ddl_name(p->m, o), ddl_type_cascade(p, o));
}

void
ddl_keep_replica_identity(struct plan *p, const struct model_object *o)
{
	const struct model_object *t = o->table;
	const char *identity = t ? model_get(t, PROP_REPLICA_IDENTITY) : NULL;

	if (identity && plan_is_live(p, t) &&
	    !plan_differs(p->past[t->place], t, PROP_REPLICA_IDENTITY) &&
	    !strcmp(identity, mem_fmt(p->m, "USING INDEX %s", o->name)))
		ddl_say(p->late, t, "ALTER TABLE %s REPLICA IDENTITY %s", t->id, identity);
}

static bool
is_inherited(const struct model_object *o)
{
	return GET(INHERITED) && !strcmp(GET(INHERITED), "inherited");
}

/* Is it generated by what an heir's parent says? Since 16 it may say something else. */
static bool
is_from_parent(const struct plan *p, const struct model_object *o)
{
	bool own = p->to->server_version >= 160000 && GET(INHERITED) && !is_inherited(o);
	const char *list = GET(INHERITED) && !own && !model_get(o->table, PROP_PARTITION_BOUND)
			       ? model_get(o->table, PROP_INHERITS)
			       : NULL;

	for (const char *s = list; s && *s; s += strcspn(s, ","), s += strspn(s, ", ")) {
		const struct model_object *parent = model_find(p->to, MODEL_COLUMN,
		    mem_fmt(p->m, "%.*s.%s", (int)strcspn(s, ","), s, o->name));

		if (parent && model_get(parent, PROP_GENERATED))
			return true;
	}
	return false;
}

/* Is its NOT NULL not proven, which only ALTER says, or an heir's from its parent alone? */
static bool
is_weak(const struct model_object *o)
{
	const char *kind = GET(NOT_NULL_KIND);

	return (kind && strstr(kind, "NOT VALID")) ||
	       (GET(NOT_NULL_FROM) && !model_get(o->table, PROP_PARTITION_BOUND));
}

/* What stands after the column's name. */
static char *
column_definition(const struct plan *p, const struct model_object *o)
{
	struct mem_text t = { .m = p->m };
	const char *name = p->named ? ddl_not_null_name(p->m, o) : GET(NOT_NULL_NAME);

	mem_text_fmt(&t, "%s", GET(TYPE));
	if (GET(ATTRIBUTES))
		mem_text_fmt(&t, " OPTIONS (%s)", GET(ATTRIBUTES));
	mem_text_fmt(&t, "%s%s", after(GET(COLLATION), " COLLATE "), or_empty(GET(COLLATION)));
	mem_text_fmt(&t, "%s%s", after(GET(DEFAULT), " DEFAULT "), or_empty(GET(DEFAULT)));
	/* an heir has it from its parent, and must not say it again */
	if (!is_from_parent(p, o))
		mem_text_fmt(&t, "%s%s", after(GET(GENERATED), " GENERATED ALWAYS AS "),
		    or_empty(GET(GENERATED)));
	if (GET(IDENTITY) && !(is_inherited(o) && model_get(o->table, PROP_PARTITION_BOUND))) {
		const char *options = strchr(GET(IDENTITY), '(');

		mem_text_fmt(&t, " GENERATED %.*sAS IDENTITY %s", (int)(options - GET(IDENTITY)),
		    GET(IDENTITY), options);
	}
	if (GET(NOT_NULL) && !is_weak(o))
		mem_text_fmt(&t, "%s%s NOT NULL%s%s", after(name, " CONSTRAINT "), or_empty(name),
		    after(GET(NOT_NULL_KIND), " "), or_empty(GET(NOT_NULL_KIND)));
	return t.text;
}

/* The columns in their order, as a list in parentheses. */
static void
column_list(struct plan *p, const struct model_object *table, struct mem_text *t)
{
	size_t first, n = model_children(p->to, table, MODEL_COLUMN, &first);

	for (long last = 0;;) {
		const struct model_object *next = NULL;
		long at = 0;

		for (size_t i = first; i < first + n; i++) {
			long position =
			    strtol(model_get(p->to->objects[i], PROP_POSITION), NULL, 10);

			if (position > last && (!next || position < at)) {
				next = p->to->objects[i];
				at = position;
			}
		}
		if (!next)
			break;
		last = at;
		if (!is_inherited(next) || model_get(table, PROP_PARTITION_BOUND))
			mem_text_fmt(t, "%s\n\t%s %s", t->len ? "," : "", next->name,
			    column_definition(p, next));
	}
}

static void
make_table(struct plan *p, const struct model_object *o)
{
	struct mem_text t = { .m = p->m }, columns = { .m = p->m };

	column_list(p, o, &columns);
	partition_checks(p, o, &columns);
	mem_text_fmt(&t, "CREATE %s%s%s %s", or_empty(GET(PERSISTENCE)),
	    after(GET(PERSISTENCE), " "), ddl_sql_kind(o), o->id);
	mem_text_fmt(&t, "%s%s", after(GET(OF_TYPE), " OF "), or_empty(GET(OF_TYPE)));
	if (columns.len || !GET(OF_TYPE))
		mem_text_fmt(&t, " (%s%s)", or_empty(columns.text), columns.len ? "\n" : "");
	/* a partition is attached when its own indexes are there */
	if (GET(INHERITS) && !GET(PARTITION_BOUND))
		mem_text_fmt(&t, " INHERITS (%s)", GET(INHERITS));
	mem_text_fmt(
	    &t, "%s%s", after(GET(PARTITION_KEY), " PARTITION BY "), or_empty(GET(PARTITION_KEY)));
	mem_text_fmt(&t, "%s%s", after(GET(SERVER), " SERVER "), or_empty(GET(SERVER)));
	if (GET(SERVER) && GET(ATTRIBUTES))
		mem_text_fmt(&t, " OPTIONS (%s)", GET(ATTRIBUTES));
	mem_text_fmt(
	    &t, "%s%s", after(GET(ACCESS_METHOD), " USING "), or_empty(GET(ACCESS_METHOD)));
	mem_text_fmt(&t, "%s%s%s", after(GET(OPTIONS), " WITH ("), or_empty(ddl_written(o)),
	    after(GET(OPTIONS), ")"));
	mem_text_fmt(&t, "%s%s", after(GET(TABLESPACE), " TABLESPACE "), or_empty(GET(TABLESPACE)));
	ddl_say(p->out, o, "%s", t.text);
}

/* A column of a table that is there, or what CREATE TABLE could not say about one. */
static void
make_column(struct plan *p, const struct model_object *o)
{
	struct model_object bare = *o;
	bool moves = partition_moves(p, o->table),
	     follows =
		 is_inherited(o) && !moves && !model_get(o->table, PROP_PARTITION_BOUND);

	if (o->table->kind == MODEL_TABLE && !plan_is_made(p, o->table) &&
	    (!is_inherited(o) || moves))
		ddl_say(p->out, o, "ALTER TABLE %s ADD COLUMN %s %s", o->table->id, o->name,
		    column_definition(p, o));
	/* as if it had nothing but what its definition says, or what its parent has */
	bare.values = mem_zero(p->m, o->value_count + 1, sizeof *bare.values);
	bare.value_count = 0;
	for (size_t i = 0; i < o->value_count; i++) {
		enum model_prop prop = o->values[i].prop;
		bool not_null = prop == PROP_NOT_NULL || prop == PROP_NOT_NULL_NAME ||
		    prop == PROP_NOT_NULL_KIND;
		bool own = follows &&
		    (prop == PROP_DEFAULT || (prop == PROP_NOT_NULL && !GET(NOT_NULL_FROM)));

		if (prop != PROP_STORAGE && prop != PROP_COMPRESSION && prop != PROP_STATISTICS &&
		    prop != PROP_OPTIONS && prop != PROP_OWNER && prop != PROP_ACL &&
		    prop != PROP_COMMENT && prop != PROP_NOT_NULL_COMMENT &&
		    !(not_null && is_weak(o) && GET(NOT_NULL_KIND)) &&
		    !(own && o->table->kind == MODEL_TABLE) &&
		    !(o->table->kind != MODEL_TABLE && prop == PROP_DEFAULT))
			bare.values[bare.value_count++] = o->values[i];
	}
	ddl_alter(p, &bare, o);
}

/* NAME in place of the index's own. */
void
ddl_make_index(struct plan *p, const struct model_object *o, const char *name, bool concurrently)
{
	const char *text = GET(DEFINITION),
		   *rest = strstr(text, " INDEX ") + strlen(" INDEX ") + strlen(o->name);
	bool unique = !strncmp(text, "CREATE UNIQUE", 13);

	if (GET(TABLESPACE) || GET(OPTIONS)) {
		const char *where = strstr(rest, " WHERE ");
		int n = where ? (int)(where - rest) : (int)strlen(rest);

		rest = mem_fmt(p->m, "%.*s%s%s%s%s%s%s", n, rest, after(GET(OPTIONS), " WITH ("),
		    or_empty(ddl_written(o)), after(GET(OPTIONS), ")"),
		    after(GET(TABLESPACE), " TABLESPACE "), or_empty(GET(TABLESPACE)),
		    or_empty(where));
	}
	if (concurrently)
		ddl_say_alone(p->out, o, "CREATE%s INDEX CONCURRENTLY %s%s",
		    unique ? " UNIQUE" : "", name, rest);
	else
		ddl_say(p->out, o, "CREATE%s INDEX %s%s", unique ? " UNIQUE" : "", name, rest);
}

/* Can its index be built before it, concurrently? A plain PRIMARY KEY or UNIQUE. */
static bool
index_first(const char *definition)
{
	const char *open = strchr(definition, '('), *close = open ? strrchr(definition, ')') : NULL;

	return close && !close[1] && !strstr(definition, " INCLUDE ") &&
	       (!strncmp(definition, "PRIMARY KEY (", 13) || !strncmp(definition, "UNIQUE (", 8));
}

static void
make_constraint(struct plan *p, const struct model_object *o)
{
	const char *def = GET(DEFINITION), *type = GET(CONTYPE), *table = o->table->id,
		   *kind = ddl_sql_kind(o->table);
	bool plain = !p->online || !plan_is_live(p, o->table) || strstr(def, " NOT ENFORCED") ||
		     model_get(o->table, PROP_PARTITION_KEY) || model_get(o->table, PROP_SERVER);

	if (GET(OPTIONS) && (*type == 'p' || *type == 'u' || *type == 'x'))
		def = mem_fmt(p->m, "%s WITH (%s)", def, GET(OPTIONS));
	if (GET(TABLESPACE))
		def = mem_fmt(p->m, "%s USING INDEX TABLESPACE %s", def, GET(TABLESPACE));
	if (!plain && index_first(def)) {
		ddl_say_alone(p->out, o, "CREATE UNIQUE INDEX CONCURRENTLY %s ON %s %s", o->name,
		    table, strchr(def, '('));
		ddl_say(p->out, o, "ALTER TABLE %s ADD CONSTRAINT %s %.*sUSING INDEX %s", table,
		    o->name, (int)(strchr(def, '(') - def), def, o->name);
	} else if (!plain && (*type == 'f' || *type == 'c') && !strstr(def, " NOT VALID")) {
		ddl_say_alone(p->out, o, "ALTER TABLE %s ADD CONSTRAINT %s %s NOT VALID", table,
		    o->name, def);
		ddl_say_alone(p->out, o, "ALTER TABLE %s VALIDATE CONSTRAINT %s", table, o->name);
	} else
		ddl_say(p->out, o, "ALTER %s %s%s ADD CONSTRAINT %s %s", kind,
		    strchr("pux", *type) && model_get(o->table, PROP_PARTITION_KEY) ? "ONLY " : "",
		    table, o->name, def);
}

void
ddl_make_sequence_options(struct mem_text *t, const struct model_object *o)
{
	mem_text_fmt(t,
	    " AS %s INCREMENT BY %s MINVALUE %s MAXVALUE %s START WITH %s CACHE %s%s CYCLE",
	    GET(TYPE), GET(INCREMENT), GET(MINIMUM), GET(MAXIMUM), GET(START), GET(CACHE),
	    GET(CYCLE) ? "" : " NO");
}

static void
make_sequence(struct plan *p, const struct model_object *o)
{
	struct mem_text t = { .m = p->m };

	mem_text_fmt(&t, "CREATE %s%sSEQUENCE %s", or_empty(GET(PERSISTENCE)),
	    after(GET(PERSISTENCE), " "), o->id);
	ddl_make_sequence_options(&t, o);
	ddl_say(p->out, o, "%s", t.text);
	if (GET(OWNED_BY))
		ddl_say(p->late, o, "ALTER SEQUENCE %s OWNED BY %s", o->id, GET(OWNED_BY));
}

static void
make_policy(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "CREATE POLICY %s ON %s%s%s%s%s%s%s%s%s%s%s%s%s", o->name, o->table->id,
	    after(GET(PERMISSIVE), " AS "), or_empty(GET(PERMISSIVE)), after(GET(COMMAND), " FOR "),
	    or_empty(GET(COMMAND)), after(GET(ROLES), " TO "), or_empty(GET(ROLES)),
	    after(GET(USING), " USING ("), or_empty(GET(USING)), after(GET(USING), ")"),
	    after(GET(CHECK), " WITH CHECK ("), or_empty(GET(CHECK)), after(GET(CHECK), ")"));
}

static void
make_publication(struct plan *p, const struct model_object *o)
{
	bool streams = p->to->server_version >= 180000; /* without a word */

	if (o->kind == MODEL_SUBSCRIPTION)
		ddl_say_alone(p->out, o,
		    "CREATE SUBSCRIPTION %s CONNECTION %s PUBLICATION %s WITH (connect = "
		    "false%s%s%s)",
		    o->name, GET(SERVER), GET(TABLES), after(GET(OPTIONS), ", "),
		    or_empty(GET(OPTIONS)),
		    streams && !strstr(or_empty(GET(OPTIONS)), "streaming = ") ?
			", streaming = off" :
			"");
	else
		ddl_say(p->out, o, "CREATE PUBLICATION %s%s%s WITH (publish = '%s'%s%s)", o->name,
		    after(GET(TABLES), " FOR "), or_empty(GET(TABLES)), or_empty(GET(COMMAND)),
		    after(GET(OPTIONS), ", "), or_empty(GET(OPTIONS)));
}

static void
make_extension(struct plan *p, const struct model_object *o)
{
	ddl_say(p->out, o, "CREATE EXTENSION %s SCHEMA %s VERSION %s", o->name, GET(IN_SCHEMA),
	    pg_quote_literal(p->m, GET(VERSION)));
}

void
ddl_make(struct plan *p, const struct model_object *o)
{
	struct model_object bare = *o;
	bool live = o->kind == MODEL_INDEX && plan_is_live(p, o->table) &&
		    !model_get(o->table, PROP_PARTITION_KEY);

	switch (o->kind) {
	case MODEL_SCHEMA: ddl_say(p->out, o, "CREATE SCHEMA %s", o->name); break;
	case MODEL_EXTENSION: make_extension(p, o); break;
	case MODEL_ENUM:
	case MODEL_DOMAIN:
	case MODEL_COMPOSITE: ddl_make_type(p, o); break;
	case MODEL_IDENTITY: break;
	case MODEL_SEQUENCE: make_sequence(p, o); break;
	case MODEL_TABLE: make_table(p, o); break;
	case MODEL_COLUMN: make_column(p, o); return;
	case MODEL_CONSTRAINT: make_constraint(p, o); break;
	case MODEL_DOMAIN_CONSTRAINT:
		ddl_say(p->out, o, "ALTER DOMAIN %s ADD CONSTRAINT %s %s", o->table->id, o->name,
		    GET(DEFINITION));
		break;
	case MODEL_VIEW:
	case MODEL_MATVIEW: ddl_make_view(p, o); break;
	case MODEL_INDEX: ddl_make_index(p, o, o->name, p->online && live); break;
	case MODEL_POLICY: make_policy(p, o); break;
	case MODEL_PUBLICATION:
	case MODEL_SUBSCRIPTION: make_publication(p, o); break;
	case MODEL_DEFAULT_PRIVILEGES: default_privileges(p, o, true); break;
	case MODEL_PRIVILEGES: ddl_privileges(p, o, true); return;
	case MODEL_SHELL_TYPE: ddl_say(p->out, o, "CREATE TYPE %s", o->id); break;
	case MODEL_SECURITY_LABEL:
		ddl_say(p->out, o, "SECURITY LABEL %s IS %s", o->name, GET(DEFINITION));
		break;
	case MODEL_TRIGGER:
		if (is_inherited(o))
			return;
		/* fallthrough */
	default: ddl_say(p->out, o, "%s", GET(DEFINITION));
	}
	ddl_keep_replica_identity(p, o);
	/* what CREATE does not say is altered afterwards */
	bare.values = mem_zero(p->m, o->value_count + 4, sizeof *bare.values);
	bare.value_count = 0;
	for (size_t i = 0; i < o->value_count; i++) {
		enum model_prop prop = o->values[i].prop;
		bool table = o->kind == MODEL_TABLE &&
			     (prop == PROP_RLS || prop == PROP_FORCE_RLS ||
				 prop == PROP_REPLICA_IDENTITY || prop == PROP_TOAST_OPTIONS);
		bool other = prop == PROP_ENABLED || prop == PROP_CLUSTERED ||
			     prop == PROP_STATISTICS ||
			     (prop == PROP_PERSISTENCE && o->kind == MODEL_IDENTITY) ||
			     prop == PROP_INDEX_COMMENT || prop == PROP_NOT_NULL_COMMENT ||
			     (prop == PROP_ATTRIBUTES && (o->kind == MODEL_TS_CONFIGURATION ||
							     o->kind == MODEL_OPERATOR_FAMILY));

		if (!table && !other && prop != PROP_OWNER && prop != PROP_ACL &&
		    prop != PROP_COMMENT)
			bare.values[bare.value_count++] = o->values[i];
	}
	/* one that is made has nothing of what the first one of a database has */
	if (o->kind == MODEL_SCHEMA && !strcmp(o->name, "public"))
		for (enum model_prop prop = PROP_OWNER; prop <= PROP_COMMENT; prop++)
			bare.values[bare.value_count++] = (struct model_value){ prop, "" };
	ddl_alter(p, &bare, o);
}
