/* service.c - steps that put the old version back: manifests, recorded commands, health. */
#include <string.h>

#include "rollback/assertion.h"
#include "rollback/making.h"

/* What stood there before may be anything but a step forward; it was good once. */
void
making_bump(struct making *k, struct words *w, const struct evidence_change *c, bool dry)
{
	struct mem *m = k->m;

	WORDS(m, w, "manifest-bump");
	if (dry)
		making_word(m, w, "--dry-run");
	if (*c->path)
		WORDS(m, w, "--path", c->path);
	else
		WORDS(m, w, "--image", c->image);
	if (c->doc > 1)
		WORDS(m, w, "--doc", mem_fmt(m, "%lld", c->doc));
	WORDS(m, w, "--to", c->from_version, "--allow-downgrade", "--allow-variant",
	    "--allow-incomparable", "--allow-prerelease", c->file);
}

bool
making_can_bump(const struct evidence_change *c)
{
	return (*c->path || *c->image) && *c->from_version && *c->file;
}

const char *
making_name(const struct evidence_change *c)
{
	return *c->image ? c->image : *c->path ? c->path : "the image";
}

static const struct story_step *
command(const struct making *k, const char *name)
{
	const struct story_step *s = NULL, *found = NULL;

	while ((s = evidence_next(k->ev, name, s)))
		if (value_count(value_get(s->result, "argv")))
			found = s;
	return found;
}

struct plan_step *
making_again(struct making *k, const char *name, const char *kind, const char *title)
{
	const struct story_step *was = command(k, name);
	const struct value *argv = was ? value_get(was->result, "argv") : NULL;
	const char *dir = was ? value_get_string(was->result, "directory") : NULL;
	struct words w = { 0 };
	struct plan_step *s;

	if (!was)
		return NULL;
	WORDS(k->m, &w, "step-exec", "--name", was->step);
	if (dir)
		WORDS(k->m, &w, "-C", dir);
	making_word(k->m, &w, "--");
	for (size_t i = 0; i < value_count(argv); i++) {
		const char *text = value_string(value_item(argv, i));

		making_word(k->m, &w, text ? text : "");
		if (text && strstr(text, "****"))
			sentences_add(k->m, &k->v->caveats,
			    "the recorded command of %s holds a washed secret: edit it before it "
			    "is run",
			    was->step);
	}
	s = making_add(k, kind, NULL, title, &w);
	s->keeps_running = true;
	making_seconds(s, value_real(value_get(was->result, "seconds"), was->seconds), 120, 600);
	return s;
}

/* Started again as it is, it would be the new version, which migrates the restored data. */
static void
put_back_by_hand(struct making *k)
{
	making_by_hand(k, "repin", "Put the old version back by hand",
	    "The records do not say which version ran before: pin the one that ran, best by its "
	    "digest, where the deploy command finds it. Nothing is started before that.");
}

void
service_repin(struct making *k)
{
	/* Helm keeps the revisions itself */
	if (!k->ev->change_count && k->o->platform != PLATFORM_HELM)
		put_back_by_hand(k);
	for (size_t i = 0; i < k->ev->change_count; i++) {
		const struct evidence_change *c = &k->ev->changes[i];
		struct words w = { 0 }, check = { 0 };
		struct plan_step *s;

		if (!making_can_bump(c)) {
			s = making_add(k, "repin", making_name(c),
			    mem_fmt(k->m, "Put %s back in %s by hand", making_name(c), c->file),
			    NULL);
			s->by_hand = mem_fmt(k->m,
			    "The records do not say which version stood at %s before: pin the one "
			    "that ran, "
			    "best by its digest.",
			    *c->path ? c->path : "that place");
			making_seconds(s, -1, 60, 600);
			continue;
		}
		making_bump(k, &w, c, false);
		making_bump(k, &check, c, true);
		s = making_add(k, "repin", making_name(c),
		    mem_fmt(k->m, "Pin %s back to %s in %s", making_name(c), c->from_version,
			c->file),
		    &w);
		s->check = check.item;
		s->check_argc = check.count;
		s->expect = "\"status\":\"unchanged\"";
		s->undo = mem_fmt(k->m, "pin it to %s again", c->to_version);
		making_seconds(s, 0, 0, 1);
	}
}

void
service_wait(struct making *k)
{
	const struct story_step *health = NULL;
	const struct value *targets;
	struct words w = { 0 };
	size_t asked = 0;

	for (const struct story_step *s = NULL; (s = evidence_next(k->ev, "health-wait", s));)
		if (value_count(value_get(s->result, "targets")))
			health = s;
	if (!health) {
		sentences_add(k->m, &k->v->caveats,
		    "no health-wait is recorded: look yourself whether the old version answers");
		return;
	}
	targets = value_get(health->result, "targets");
	making_word(k->m, &w, "health-wait");
	if (value_real(value_get(health->result, "timeout"), 0) > 0)
		WORDS(k->m, &w, "--timeout",
		    mem_fmt(k->m, "%g", value_real(value_get(health->result, "timeout"), 0)));
	if (value_real(value_get(health->result, "stable_for"), 0) > 0)
		WORDS(k->m, &w, "--stable-for",
		    mem_fmt(k->m, "%g", value_real(value_get(health->result, "stable_for"), 0)));
	for (size_t i = 0; i < value_count(targets); i++) {
		const char **words;
		size_t n = assertion_turn(k->m, k->ev, value_get(value_item(targets, i), "argv"),
		    &words, &k->v->caveats);

		for (size_t j = 0; j < n; j++)
			making_word(k->m, &w, words[j]);
		asked += n > 0;
	}
	if (asked) {
		struct plan_step *s = making_add(k, "health", NULL,
		    "Wait until the old version is healthy", &w);

		s->image = "old";
		making_seconds(s, -1, 1, value_real(value_get(health->result, "timeout"), 300));
	}
}

