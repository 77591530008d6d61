/* doubts.c - every doubt raises the scenario to a restore; what is in doubt is never resolved by
 * guessing. */
#include <stdlib.h>
#include <string.h>

#include "rollback/doubts.h"

static bool
differ(const char *a, const char *b)
{
	return a && b && strcmp(a, b);
}

static const struct value *
database(const struct story_step *s)
{
	return strcmp(s->step, "migrate-apply") ? NULL : value_get(s->result, "database");
}

/* Does it leave something behind that this release's way back would meet? */
static bool
changes(const struct story_step *s)
{
	if (!evidence_acted(s) || story_is(s, "unchanged"))
		return false;
	return !strcmp(s->step, "migrate-apply") || !strcmp(s->step, "manifest-bump") ||
	    !strcmp(s->step, "snapshot-restore") || story_is_command(s);
}

static bool
is_own(const struct evidence *ev, const struct story_step *s)
{
	return !differ(ev->release, s->release) && !differ(ev->service, s->service);
}

/* Is URI one of the databases that the release's own steps name? */
static bool
is_own_database(const struct evidence *ev, const char *uri)
{
	for (size_t i = 0; i < ev->story.count; i++) {
		const struct story_step *s = &ev->story.steps[i];
		const struct value *stores = strcmp(s->step, "snapshot") ?
		    NULL :
		    value_get(s->result, "stores");

		if (!is_own(ev, s))
			continue;
		if (evidence_same_database(value_string(database(s)), uri))
			return true;
		for (size_t k = 0; k < value_count(stores); k++)
			if (evidence_same_database(value_get_string(value_item(stores, k), "uri"),
				uri))
				return true;
	}
	return false;
}

void
doubts_about_others(struct evidence *ev)
{
	const struct story_step *first = NULL;

	for (size_t i = 0; i < ev->story.count; i++) {
		const struct story_step *s = &ev->story.steps[i];

		if (is_own(ev, s) && (s->release || !ev->release)) {
			first = first ? first : s;
		} else if (!differ(ev->service, s->service)) {
			/* what came before this release is its ground; what came since stands on
			 * it */
			if (differ(ev->release, s->release) && changes(s) && (first || !s->begin))
				sentences_add(ev->m, &ev->doubts,
				    "release %s changed the same service since: its step %s",
				    s->release, s->step);
		} else if (changes(s) && is_own_database(ev, value_string(database(s)))) {
			sentences_add(ev->m, &ev->doubts,
			    "service %s migrated the same database: a restore takes its data back, "
			    "too",
			    s->service);
		}
	}
}

/* Records that some other program wrote, or somebody by hand. */
static void
strangers(struct evidence *ev)
{
	if (ev->unreadable)
		sentences_add(ev->m, &ev->doubts,
		    "%zu records lack their id, step or status: what they tell of is not known",
		    ev->unreadable);
	for (size_t i = 0; i < ev->story.count; i++)
		if (ev->story.steps[i].strange)
			sentences_add(ev->m, &ev->doubts,
			    "the record of step %s has another format, or a status that is none "
			    "(%s)",
			    ev->story.steps[i].step, ev->story.steps[i].status);
}

static void
told_twice(struct evidence *ev)
{
	for (size_t i = 0; i < ev->story.count; i++)
		if (ev->story.steps[i].twice)
			sentences_add(ev->m, &ev->doubts,
			    "the records contradict each other about step %s: its id has two ends",
			    ev->story.steps[i].step);
}

/* Runs of one database side by side, each in its order. */
static int
by_database(const void *a, const void *b)
{
	const struct story_step *const *x = a, *const *y = b;
	int order = strcmp(evidence_database((*x)->result), evidence_database((*y)->result));

	return order ? order : (*x > *y) - (*x < *y);
}

/* What a run of migrate-apply left is what the next one finds. */
static void
revisions(struct evidence *ev)
{
	const struct story_step **runs = mem_zero(ev->m, ev->story.count + 1, sizeof *runs);
	size_t n = 0;

	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));)
		if (*evidence_database(s->result) && value_get(s->result, "after"))
			runs[n++] = s;
	qsort(runs, n, sizeof *runs, by_database);
	for (size_t i = 1; i < n; i++) {
		const char *was = value_get_string(runs[i - 1]->result, "after");
		const char *is = value_get_string(runs[i]->result, "before"),
			   *uri = evidence_database(runs[i]->result);

		if (!strcmp(uri, evidence_database(runs[i - 1]->result)) &&
		    value_get(runs[i]->result, "before") && strcmp(was ? was : "", is ? is : ""))
			sentences_add(ev->m, &ev->doubts,
			    "migrate-apply left %s at revision %s and found it at %s: somebody "
			    "migrated in between",
			    uri, was ? was : "(none)", is ? is : "(none)");
	}
}

/* Nobody may have migrated between the snapshot and the first run of migrate-apply. */
static void
snapshot_revision(struct evidence *ev, const struct value *store)
{
	const char *uri = value_get_string(store, "uri"),
		   *held = value_get_string(store, "history_revision"), *found;

	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));) {
		const char *kind = value_get_string(s->result, "history_kind");

		if (!evidence_same_database(value_string(database(s)), uri))
			continue;
		found = value_get_string(s->result, "before");
		if (differ(held, found) && !differ(kind, value_get_string(store, "history_kind")))
			sentences_add(ev->m, &ev->doubts,
			    "the snapshot holds %s at revision %s, and migrate-apply found it at "
			    "%s",
			    uri, held, found);
		return;
	}
}

void
doubts_about_own(struct evidence *ev)
{
	strangers(ev);
	told_twice(ev);
	revisions(ev);
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot", s));) {
		const struct value *stores = value_get(s->result, "stores");

		for (size_t i = 0; story_is_done(s) && i < value_count(stores); i++)
			snapshot_revision(ev, value_item(stores, i));
	}
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "manifest-bump", s));)
		if (story_is(s, "started") && !s->twice)
			sentences_add(ev->m, &ev->doubts,
			    "a manifest-bump began and never ended: what the manifests said before "
			    "is not known");
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));)
		if (value_count(value_get(s->result, "reverted")))
			sentences_add(ev->m, &ev->doubts,
			    "migrate-apply took %zu migrations back in this release",
			    value_count(value_get(s->result, "reverted")));
}
