/* looks.c - the steps before anything is changed: is everything as the plan has it? All are
 * harmless. */
#include <string.h>

#include "rollback/making.h"

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

void
look_at_archives(struct making *k)
{
	for (size_t i = 0; k->restore && i < k->ev->store_count; i++) {
		const struct evidence_store *st = &k->ev->stores[i];
		struct words w = { 0 };
		struct plan_step *s;
		bool before = false;

		for (size_t j = 0; j < i; j++)
			before |= !strcmp(k->ev->stores[j].archive, st->archive);
		if (before)
			continue;
		WORDS(k->m, &w, "sha256sum", st->archive);
		s = making_add(k, "archive", base_name(st->archive),
		    mem_fmt(k->m, "Check that %s is here and whole", st->archive), &w);
		s->preflight = true;
		s->expect = st->sha256;
		making_seconds(s, st->seconds < 0 ? -1 : st->seconds / 4, 1, 120);
		if (st->verified)
			continue;
		w = (struct words){ 0 };
		WORDS(k->m, &w, "snapshot-verify", st->archive);
		s = making_add(k, "verify", base_name(st->archive), mem_fmt(k->m,
		    "Verify %s: it was not verified when it was taken", st->archive), &w);
		s->preflight = true;
		making_seconds(s, st->seconds, 1, 300);
	}
}

void
look_at_manifests(struct making *k)
{
	for (size_t i = 0; i < k->ev->change_count; i++) {
		const struct evidence_change *c = &k->ev->changes[i];
		struct words w = { 0 };
		struct plan_step *s;
		struct value *text = value_array(k->m);
		char *json;

		if (!making_can_bump(c))
			continue;
		making_bump(k, &w, c, true);
		/* the old image must still be there to be pulled; a platform of our own may have
		 * built it */
		if (k->o->platform != PLATFORM_COMMAND)
			making_word(k->m, &w, "--verify");
		s = making_add(k, "manifest", making_name(c),
		    mem_fmt(k->m, "Check that %s still pins %s to %s, or again to %s", c->file,
			making_name(c), c->to_version, c->from_version),
		    &w);
		s->preflight = true;
		value_add_string(text, c->to);
		json = value_text(k->m, text, 0);
		s->expect = mem_fmt(k->m, "\"from\":%.*s", (int)strlen(json) - 2, json + 1);
		making_seconds(s, 0, 0, 0);
	}
}

/* The live database must be the recorded one, at the revision that the migrations left or, when a
 * killed run has restored it already, at that of the snapshot. */
static void
check_database(struct making *k, const struct evidence_store *st)
{
	const struct story_step *run = NULL;
	struct words w = { 0 };
	struct plan_step *s;
	const char *after, *before;

	for (const struct story_step *x = NULL; (x = evidence_next(k->ev, "migrate-apply", x));)
		if (evidence_same_database(value_get_string(x->result, "database"), st->uri))
			run = x;
	WORDS(k->m, &w, "preflight", "--pg", mem_fmt(k->m, "env:%s", making_variable(k, st)),
	    "--check",
	    "same-database,server-version,history,migration-lock,copy-room,restore-client",
	    "--database-is", st->uri);
	if (!st->clone && !k->v->in_place)
		making_word(k->m, &w, "--copy-room");
	if (st->server_major)
		WORDS(k->m, &w, "--restore-client", mem_fmt(k->m, "%d", st->server_major));
	after = run ? value_get_string(run->result, "after") : NULL;
	before = run ? value_get_string(run->result, "before") : NULL;
	if (after)
		WORDS(k->m, &w, "--revision", after, "--revision",
		    st->revision ? st->revision
		    : before     ? before
				 : "");
	s = making_add(k, "database", st->name,
	    mem_fmt(k->m, "Check that $%s leads to %s, as the release left it",
		making_variable(k, st), st->database ? st->database : st->name),
	    &w);
	s->variable = making_variable(k, st);
	s->preflight = true;
	s->until = !k->restore ? "down" :
				 making_id(k, k->v->in_place ? "restore" : "swap", st->name);
	making_seconds(s, 0, 0, 1);
}

void
look_at_databases(struct making *k)
{
	for (size_t i = 0; k->v->stops && !k->v->new_instance && i < k->ev->store_count; i++)
		if (k->ev->stores[i].uri)
			check_database(k, &k->ev->stores[i]);
}

