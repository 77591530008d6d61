/* notes.c - what a person looks at when the old version runs, and what the next attempt must
 * know. */
#include <string.h>

#include "rollback/making.h"

static void
what_to_look_at(struct making *k)
{
	struct plan *p = k->p;

	for (size_t i = 0; i < k->ev->change_count; i++)
		if (*k->ev->changes[i].from_version)
			sentences_add(k->m, &p->verify, "%s answers as %s",
			    making_name(&k->ev->changes[i]), k->ev->changes[i].from_version);
	for (size_t i = 0; k->restore && i < k->ev->store_count; i++) {
		const struct evidence_store *st = &k->ev->stores[i];

		if (st->tables)
			sentences_add(k->m, &p->verify,
			    "%s holds %zu tables%s%s, and its newest rows are from before the "
			    "release",
			    st->database ? st->database : st->name, value_count(st->tables),
			    st->revision ? " at revision " : "", st->revision ? st->revision : "");
	}
	sentences_add(k->m, &p->verify,
	    "a user can sign in, read, and write; background jobs run; the log holds no new "
	    "errors");
}

/* Types that a migration made outlive a rollback of the code, and CREATE TYPE fails when it comes
 * again. */
static void
orphans(struct making *k)
{
	static const char *const kinds[] = { "type", "enum", "domain", "composite", "range" };

	for (const struct story_step *s = NULL; (s = evidence_next(k->ev, "schema-diff", s));) {
		const struct value *changes = value_get(s->result, "changes");

		for (size_t i = 0; i < value_count(changes); i++) {
			const struct value *c = value_item(changes, i);
			const char *kind = value_get_string(c, "kind"),
				   *action = value_get_string(c, "action");
			const char *object = value_get_string(c, "object");

			for (size_t n = 0; n < sizeof kinds / sizeof *kinds; n++)
				if (kind && action && object && !strcmp(action, "create") &&
				    !strcmp(kind, kinds[n]))
					sentences_add(k->m, &k->p->next,
					    "%s %s stays, and nothing uses it", kind, object);
		}
	}
}

static void
migrations(struct making *k)
{
	for (const struct story_step *s = NULL; (s = evidence_next(k->ev, "migrate-apply", s));) {
		const struct value *applied = value_get(s->result, "applied");
		const char *first = value_get_string(value_item(applied, 0), "version");
		const char *last = value_get_string(value_item(applied, value_count(applied) - 1),
		    "version");

		if (!value_count(applied) || !first || !last)
			continue;
		if (strcmp(first, last))
			first = mem_fmt(k->m, "%s to %s", first, last);
		sentences_add(k->m, &k->p->next,
		    strcmp(k->v->strategy, "code") ?
			"to be applied again: migration %s" :
			"still applied, and not run again: migration %s; what it does to rows is "
			"to be done again for those that "
			"the old version writes until then",
		    first);
	}
}

void
service_notes(struct making *k)
{
	what_to_look_at(k);
	migrations(k);
	if (!strcmp(k->v->strategy, "code"))
		orphans(k);
	if (k->restore)
		sentences_add(k->m, &k->p->next,
		    "what was written in the window is kept beside the restored data: bring "
		    "over what is missed before it is dropped");
}
