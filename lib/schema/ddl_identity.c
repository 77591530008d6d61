/* ddl_identity.c - columns that are, become, or no longer are an identity. */
#include <stdlib.h>
#include <string.h>

#include "pg/conn.h"
#include "schema/ddl_plan.h"

#define OLD(p) model_get(from, PROP_##p)
#define NEW(p) model_get(to, PROP_##p)
#define SIDES struct plan *p, const struct model_object *from, const struct model_object *to

/* "ALWAYS (START WITH 1 …)" as ALTER COLUMN wants it: each word with a SET. */
static char *
identity_settings(struct mem *m, const char *identity)
{
	static const char *const words[] = { "START ", "INCREMENT ", "MINVALUE ", "MAXVALUE ",
		"CACHE ", "CYCLE" };
	struct mem_text t = { .m = m };
	const char *open = strchr(identity, '('), *start = strstr(identity, "START WITH ");

	mem_text_fmt(&t, "SET GENERATED %.*s", (int)(open - identity), identity);
	for (const char *s = start ? start : open + 1; *s && *s != ')';) {
		size_t n = strcspn(s, " )");

		for (size_t i = 0; i < sizeof words / sizeof *words; i++)
			if (!strncmp(s, words[i], strlen(words[i])))
				mem_text_fmt(&t, "SET ");
		mem_text_fmt(&t, "%.*s ", (int)n, s);
		s += n + (s[n] == ' ');
	}
	if (!strstr(identity, "CYCLE"))
		mem_text_fmt(&t, "SET NO CYCLE");
	return t.text;
}

/* The number after WORD in what an identity is. */
static long long
identity_number(const char *identity, const char *word)
{
	return strtoll(strstr(strstr(identity, "START WITH "), word) + strlen(word), NULL, 10);
}

static char *
identity_sequence(struct mem *m, const char *identity)
{
	static const char before[] = "SEQUENCE NAME ";
	const char *name = strstr(identity, before) + strlen(before);

	return mem_dup(m, name, (size_t)(strstr(name, " START WITH ") - name));
}

static void
alter_identity_settings(SIDES, const char *settings)
{
	const char *old = OLD(IDENTITY), *new = NEW(IDENTITY);
	struct ddl_bounds bounds = { identity_number(old, "START WITH "),
		identity_number(new, "MINVALUE "), identity_number(new, "MAXVALUE ") };

	ddl_alter_bounds(p, to, identity_sequence(p->m, old), settings, &bounds);
}

/* The sequence NAME goes on where OLD, which stands aside, has come to. */
static void
carry_number(struct plan *p, const struct model_object *column, const char *name,
    const struct model_object *old, const struct ddl_bounds *b)
{
	ddl_say(p->out, column,
	    "SELECT pg_catalog.setval(%s, last_value, is_called) FROM %s WHERE "
	    "(is_called OR last_value <> %lld) AND last_value BETWEEN %lld AND %lld",
	    pg_quote_literal(p->m, name), ddl_aside(p->m, old), b->was_start, b->minimum,
	    b->maximum);
}

/* The sequence that a column's default draws from and that is the column's own, or NULL. */
static const struct model_object *
own_sequence(const struct model_object *column)
{
	for (size_t i = 0; i < column->need_count; i++)
		if (column->needs[i]->kind == MODEL_SEQUENCE &&
		    plan_same(model_get(column->needs[i], PROP_OWNED_BY), column->id))
			return column->needs[i];
	return NULL;
}

static void
become_identity(SIDES)
{
	const struct model_object *own = own_sequence(from);
	const char *new = NEW(IDENTITY);
	struct ddl_bounds b = { 0, identity_number(new, "MINVALUE "),
		identity_number(new, "MAXVALUE ") };

	if (!own || p->fate[own->place] != PLAN_SWAP)
		return;
	b.was_start = strtoll(model_get(own, PROP_START), NULL, 10);
	carry_number(p, to, identity_sequence(p->m, new), own, &b);
}

const struct model_object *
ddl_left_identity(const struct plan *p, const struct model_object *from,
    const struct model_object *to)
{
	const struct model_object *own = NEW(IDENTITY) ? NULL : own_sequence(to);

	return own && OLD(IDENTITY) && plan_is_made(p, own) ?
	    model_find(p->from, MODEL_IDENTITY, identity_sequence(p->m, OLD(IDENTITY))) :
	    NULL;
}

void
ddl_leave_identity(SIDES, const char *what)
{
	const struct model_object *old = ddl_left_identity(p, from, to), *own = own_sequence(to);

	if (!old)
		return;
	carry_number(p, to, own->id, old,
	    &(struct ddl_bounds){ identity_number(OLD(IDENTITY), "START WITH "),
		strtoll(model_get(own, PROP_MINIMUM), NULL, 10),
		strtoll(model_get(own, PROP_MAXIMUM), NULL, 10) });
	ddl_say(p->out, to, "%s DROP IDENTITY", what);
}

void
ddl_alter_identity(SIDES, const char *what)
{
	const char *old = OLD(IDENTITY), *new = NEW(IDENTITY), *open = strchr(new, '(');

	/* another name is the sequence's own affair */
	if (old && strcmp(identity_settings(p->m, new), identity_settings(p->m, old)))
		alter_identity_settings(p, from, to,
		    mem_fmt(p->m, "%s %s", what, identity_settings(p->m, new)));
	else if (!old) {
		ddl_say(p->out, to, "%s ADD GENERATED %.*sAS IDENTITY %s", what, (int)(open - new),
		    new, open);
		become_identity(p, from, to);
	}
}
