/* lint_count.c - statements that say where a sequence goes on: numbers that were given out come
 * again. */
#include <string.h>

#include "schema/lint_private.h"

/* Has this run made the table that a sequence is named after: t of t_id_seq? */
static bool
is_of_new_table(const struct lint_walk *w, const char *sequence)
{
	for (const char *p = strchr(sequence, '_'); p; p = strchr(p + 1, '_'))
		if (lint_knows(w->known, "made %.*s", (int)(p - sequence), sequence))
			return true;
	return false;
}

static bool
is_new(const struct lint_walk *w, const char *sequence)
{
	return lint_is_new(w, sequence) || is_of_new_table(w, sequence);
}

void
lint_create_sequence(struct lint_walk *w, const struct value *node)
{
	lint_learn(w->known, false, "made %s", lint_relation(w->m, value_get(node, "sequence")));
}

void
lint_restart(struct lint_walk *w, const struct value *options, const char *sequence)
{
	for (size_t i = 0; i < value_count(options); i++)
		if (lint_is(value_get_string(value_get(value_item(options, i), "DefElem"),
				"defname"),
			"restart"))
			lint_say(w, "sequence-restarted", NULL, sequence);
}

void
lint_alter_sequence(struct lint_walk *w, const struct value *node)
{
	const char *sequence = lint_relation(w->m, value_get(node, "sequence"));

	if (sequence && !is_new(w, sequence))
		lint_restart(w, value_get(node, "options"), sequence);
}

/* The argument, without a cast. */
static const struct value *
constant(const struct value *v)
{
	const struct value *cast = value_at(v, "TypeCast.arg");

	return value_get(cast ? cast : v, "A_Const");
}

void
lint_setval(struct lint_walk *w, const struct value *call)
{
	const struct value *args = value_get(call, "args");
	const char *name = value_string(value_at(constant(value_item(args, 0)), "sval.sval"));

	if (!lint_is(lint_last_name(value_get(call, "funcname")), "setval") ||
	    !constant(value_item(args, 1)))
		return;
	if (name && !strncmp(name, "public.", 7))
		name += 7;
	if (!name || !is_new(w, name))
		lint_say(w, "sequence-restarted", NULL, name);
}
