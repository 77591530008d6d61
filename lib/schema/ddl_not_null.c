/* ddl_not_null.c - NOT NULL: since 18 a constraint, which an heir has from its parents, or of its
 * own, or both. */
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"
#include "schema/diff.h"

#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define DIFFERS(p) plan_differs(from, to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

static bool
has_kind(const struct model_object *o, const char *kind)
{
	const char *has = model_get(o, PROP_NOT_NULL_KIND);

	return has && strstr(has, kind);
}

/* Do heirs have it, too? */
static bool
is_heritable(const struct model_object *o)
{
	return model_get(o, PROP_NOT_NULL) && !has_kind(o, "NO INHERIT");
}

/* Has it the NOT NULL from its parents alone? */
static bool
is_from_parents(const struct model_object *o)
{
	return plan_same(model_get(o, PROP_NOT_NULL_FROM), "parent");
}

/* PART (a quoted or plain name) as it stands within another name. */
static void
add_bare(struct mem_text *t, const char *part)
{
	for (bool quoted = *part == '"'; *part; part++)
		if (!quoted || *part != '"')
			mem_text_fmt(t, "%c", *part);
		else if (part[1] == '"')
			mem_text_fmt(t, "%c", *part++);
}

const char *
ddl_not_null_name(struct mem *m, const struct model_object *o)
{
	struct mem_text t = { .m = m };

	if (model_get(o, PROP_NOT_NULL_NAME))
		return model_get(o, PROP_NOT_NULL_NAME);
	if (o->kind == MODEL_COLUMN) {
		add_bare(&t, o->table->name);
		mem_text_fmt(&t, "_");
	}
	add_bare(&t, o->name);
	mem_text_fmt(&t, "_not_null");
	return pg_quote_name(m, t.text);
}

/* The same column of the next heir of its table, both of TO; *AT begins at 0. NULL: no more. */
static const struct model_object *
next_heir(const struct plan *p, const struct model_object *column, size_t *at)
{
	size_t first, n = model_of_kind(p->to, MODEL_TABLE, &first);

	while (*at < n) {
		const struct model_object *t = p->to->objects[first + (*at)++], *o;

		if (model_is_listed(column->table->id, model_get(t, PROP_INHERITS)) &&
		    (o = model_find(p->to, MODEL_COLUMN,
			 mem_fmt(p->m, "%s.%s", t->id, column->name))))
			return o;
	}
	return NULL;
}

/* What is known when one is added: a parent has proven it; all heirs' were dropped just now. */
struct adding {
	bool proven, anew;
};
static void add_not_null(struct plan *, const struct model_object *to, struct adding);

/* Before a NOT NULL reaches the heirs: what shall be their own, too, they have before, by their own
 * name; what shall be their parents' alone they must not have. */
static void
prepare_heirs(struct plan *p, const struct model_object *to, bool anew)
{
	size_t at = 0;

	for (const struct model_object *heir;
	     p->to->server_version >= 180000 && (heir = next_heir(p, to, &at));) {
		const struct model_object *was = p->past[heir->place];
		bool partition = model_get(heir->table, PROP_PARTITION_BOUND),
		     own = partition ? !has_kind(heir, "NOT VALID") &&
			     strcmp(ddl_not_null_name(p->m, heir),
				 ddl_not_null_name(p->m, to)) :
				       !is_from_parents(heir);

		if (!was || plan_is_made(p, heir) || partition_moves(p, heir->table) ||
		    !model_get(heir, PROP_NOT_NULL))
			continue;
		if (own && (anew || !model_get(was, PROP_NOT_NULL)))
			add_not_null(p, heir, (struct adding){ .proven = true, .anew = anew });
		else if (own && !model_get(was, PROP_NOT_NULL_FROM) &&
			 plan_differs(was, heir, PROP_NOT_NULL_NAME))
			ddl_say(p->out, heir, "ALTER TABLE %s RENAME CONSTRAINT %s TO %s",
			    heir->table->id, ddl_not_null_name(p->m, was),
			    ddl_not_null_name(p->m, heir));
		else if (!own && !anew && !partition && model_get(was, PROP_NOT_NULL) &&
			 !model_get(was, PROP_NOT_NULL_FROM))
			ddl_say(p->out, heir, "ALTER TABLE ONLY %s ALTER COLUMN %s DROP NOT NULL",
			    heir->table->id, heir->name);
		prepare_heirs(p, heir, anew);
	}
}

/* A proven CHECK spares the scan under the strongest lock: one that is there, or one for the while.
 */
static void
add_not_null(struct plan *p, const struct model_object *to, struct adding how)
{
	const char *table = to->table->id, *kind = model_get(to, PROP_NOT_NULL_KIND);
	bool named = kind || model_get(to, PROP_NOT_NULL_NAME) ||
	    (p->named && p->to->server_version >= 180000);
	const struct model_object *past = p->past[to->place],
				  *proof = past ? diff_proof(p->from, past) : NULL;
	bool eased = !kind && !how.proven && p->online && plan_is_live(p, to->table) &&
	    !model_get(to->table, PROP_SERVER) && !(proof && !plan_goes(p, proof));

	if (eased) {
		ddl_say_alone(p->out, to,
		    "ALTER TABLE %s ADD CONSTRAINT handrail_not_null CHECK (%s IS NOT NULL) NOT "
		    "VALID",
		    table, to->name);
		ddl_say_alone(
		    p->out, to, "ALTER TABLE %s VALIDATE CONSTRAINT handrail_not_null", table);
	}
	if (is_heritable(to))
		prepare_heirs(p, to, how.anew);
	/* heirs get it by this name, too, and then no other one */
	if (named)
		ddl_say(p->out, to, "ALTER %s %s ADD CONSTRAINT %s NOT NULL %s%s%s",
		    ddl_sql_kind(to->table), table, ddl_not_null_name(p->m, to), to->name,
		    after(kind, " "), or_empty(kind));
	else
		ddl_say(p->out, to, "ALTER %s %s ALTER COLUMN %s SET NOT NULL",
		    ddl_sql_kind(to->table), table, to->name);
	if (eased)
		ddl_say(p->out, to, "ALTER TABLE %s DROP CONSTRAINT handrail_not_null", table);
}

/* Does an heir keep what the column loses? */
static bool
is_kept(const struct plan *p, const struct model_object *to)
{
	const struct model_object *heir;

	for (size_t at = 0; (heir = next_heir(p, to, &at));)
		if ((p->past[heir->place] && model_get(p->past[heir->place], PROP_NOT_NULL) &&
			model_get(heir, PROP_NOT_NULL)) ||
		    is_kept(p, heir))
			return true;
	return false;
}

/* Heirs can keep it: since 18 as their own, and a partition that had it before it was attached has
 * it so already; before that a partitioned table takes it from all parts. */
static void
drop_not_null(struct plan *p, const struct model_object *to)
{
	bool since = p->to->server_version >= 180000, kept = is_kept(p, to),
	     all = !since && model_get(to->table, PROP_PARTITION_KEY);
	const struct model_object *heir;

	ddl_say(p->out, to, "ALTER %s %s%s ALTER COLUMN %s DROP NOT NULL", ddl_sql_kind(to->table),
	    kept && !all ? "ONLY " : "", to->table->id, to->name);
	for (size_t at = 0; (since || kept) && (heir = next_heir(p, to, &at));) {
		const struct model_object *was = p->past[heir->place];

		if (!was || !model_get(was, PROP_NOT_NULL))
			continue;
		if (all && model_get(heir, PROP_NOT_NULL))
			add_not_null(p, heir, (struct adding){ .proven = true });
		else if (!all && !model_get(heir, PROP_NOT_NULL) &&
			 (!since || !strchr(model_get(heir->table, PROP_INHERITS), ',')))
			drop_not_null(p, heir);
	}
}

/* Of the column and all heirs that have it as their own, too. */
static void
drop_everywhere(struct plan *p, const struct model_object *to)
{
	const struct model_object *past = p->past[to->place], *heir;

	if (past && model_get(past, PROP_NOT_NULL) && !is_from_parents(past))
		ddl_say(p->out, to, "ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL", to->table->id,
		    to->name);
	for (size_t at = 0; (heir = next_heir(p, to, &at));)
		drop_everywhere(p, heir);
}

static void
validate_heirs(struct plan *p, const struct model_object *to, const char *name)
{
	const struct model_object *heir;

	for (size_t at = 0; (heir = next_heir(p, to, &at));) {
		if (!is_from_parents(heir) || strcmp(ddl_not_null_name(p->m, heir), name))
			continue;
		if (has_kind(heir, "NOT VALID"))
			validate_heirs(p, heir, name);
		else
			(p->online ? ddl_say_alone : ddl_say)(p->out, heir,
			    "ALTER TABLE %s VALIDATE CONSTRAINT %s", heir->table->id, name);
	}
}

/* The parent's column of TO that has the NOT NULL which this one has from it; or NULL. */
static const struct model_object *
parent_of(const struct plan *p, const struct model_object *to)
{
	const char *list = model_get(to, PROP_NOT_NULL_FROM) ?
	    model_get(to->table, PROP_INHERITS) :
	    NULL;
	const struct model_object *parent, *o = NULL;

	while (!(o && is_heritable(o)) && (parent = partition_next_parent(p, p->to, &list)))
		o = model_find(
		    p->to, MODEL_COLUMN, mem_fmt(p->m, "%s.%s", parent->id, to->name));
	return o && is_heritable(o) ? o : NULL;
}

/* One that was valid and no longer is can only be dropped and made again, with those of all heirs:
 * where it comes from. */
static void
make_weak(struct plan *p, const struct model_object *to)
{
	const struct model_object *parent;

	while ((parent = parent_of(p, to)))
		to = parent;
	drop_everywhere(p, to);
	add_not_null(p, to, (struct adding){ .anew = true });
	validate_heirs(p, to, ddl_not_null_name(p->m, to));
}

/* The constraint that a NOT NULL is, since 18, and since 17 that of a domain. */
void
ddl_alter_not_null_name(SIDES)
{
	bool domain = to->kind == MODEL_DOMAIN;
	const char *kind = domain ? "DOMAIN" : ddl_sql_kind(to->table),
		   *id = domain ? to->id : to->table->id;

	if (!NEW(NOT_NULL) || p->to->server_version < (domain ? 170000 : 180000))
		return;
	/* what comes from a parent, too, cannot be renamed */
	if (DIFFERS(NOT_NULL_NAME) && (domain || OLD(NOT_NULL)) && !NEW(NOT_NULL_FROM))
		ddl_say(p->out, to, "ALTER %s %s RENAME CONSTRAINT %s TO %s", kind, id,
		    ddl_not_null_name(p->m, from), ddl_not_null_name(p->m, to));
	if (DIFFERS(NOT_NULL_COMMENT))
		ddl_say(p->out, to, "COMMENT ON CONSTRAINT %s ON %s%s IS %s",
		    ddl_not_null_name(p->m, to), domain ? "DOMAIN " : "", id,
		    NEW(NOT_NULL_COMMENT) ? pg_quote_literal(p->m, NEW(NOT_NULL_COMMENT)) : "NULL");
}

/* How an heir's column gets or loses it when a parent's does: by itself? */
static bool
follows_parent(SIDES)
{
	const char *list = OLD(INHERITED) && NEW(INHERITED) && !partition_moves(p, to->table) ?
	    model_get(to->table, PROP_INHERITS) :
	    NULL;

	for (const struct model_object *parent;
	     (parent = partition_next_parent(p, p->to, &list));) {
		const struct model_object *b = model_find(p->to, MODEL_COLUMN,
		    mem_fmt(p->m, "%s.%s", parent->id, to->name));
		const struct model_object *a = b ? p->past[b->place] : NULL;

		if (a && (NEW(NOT_NULL) ? !is_heritable(a) && is_heritable(b) :
					  is_heritable(a) && !model_get(b, PROP_NOT_NULL)))
			return true;
	}
	return false;
}

/* It is there, and stays, but not as it was. */
static void
change_not_null(SIDES)
{
	const char *table = to->table->id, *name = ddl_not_null_name(p->m, from);
	bool alone = has_kind(to, "NO INHERIT");

	if (has_kind(from, "NOT VALID") && !has_kind(to, "NOT VALID"))
		(p->online ? ddl_say_alone : ddl_say)(
		    p->out, to, "ALTER TABLE %s VALIDATE CONSTRAINT %s", table, name);
	if (alone != has_kind(from, "NO INHERIT")) {
		if (!alone)
			prepare_heirs(p, to, false);
		ddl_say(p->out, to, "ALTER TABLE %s ALTER CONSTRAINT %s %s", table, name,
		    alone ? "NO INHERIT" : "INHERIT");
	}
	if (!DIFFERS(NOT_NULL_FROM) || model_get(to->table, PROP_PARTITION_BOUND) ||
	    partition_moves(p, to->table))
		return;
	if (is_from_parents(from) && NEW(NOT_NULL_FROM))
		ddl_say(p->out, to, "ALTER TABLE ONLY %s ALTER COLUMN %s SET NOT NULL", table,
		    to->name);
	else if (is_from_parents(to))
		ddl_leave_from(p->out, to, PROP_NOT_NULL_FROM);
}

/* What was valid shall no longer be; or heirs shall have what is not, where INHERIT alone makes
 * theirs valid. */
static bool
is_weakened(const struct model_object *from, const struct model_object *to)
{
	return OLD(NOT_NULL) && has_kind(to, "NOT VALID") &&
	    (!has_kind(from, "NOT VALID") || (!is_heritable(from) && is_heritable(to)));
}

void
ddl_alter_not_null(SIDES)
{
	const struct model_object *parent = parent_of(p, to),
				  *past = parent ? p->past[parent->place] : NULL;
	bool weakened = is_weakened(from, to), follows = follows_parent(p, from, to);
	struct model_object without = *from;

	if (!DIFFERS(NOT_NULL) && !DIFFERS(NOT_NULL_NAME) && !DIFFERS(NOT_NULL_KIND) &&
	    !DIFFERS(NOT_NULL_FROM) && !DIFFERS(NOT_NULL_COMMENT))
		return;
	without.value_count = 0;
	if (weakened && !(past && is_weakened(past, parent)))
		make_weak(p, to);
	else if (!follows && !weakened && !NEW(NOT_NULL))
		drop_not_null(p, to);
	else if (!follows && !weakened && !OLD(NOT_NULL))
		add_not_null(p, to, (struct adding){ 0 });
	else if (!follows && !weakened)
		change_not_null(p, from, to);
	ddl_alter_not_null_name(p, weakened ? &without : from, to);
}
