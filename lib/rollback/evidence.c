/* evidence.c - what the records say, for one service and release. */
#include <string.h>

#include "rollback/doubts.h"
#include "rollback/evidence.h"
#include "rollback/snapshots.h"

struct evidence *
evidence_new(struct mem *m)
{
	struct evidence *ev = mem_zero(m, 1, sizeof *ev);

	ev->m = m;
	ev->story.m = m;
	return ev;
}

void
evidence_add(struct evidence *ev, const struct value *record)
{
	size_t before = ev->story.count;

	/* what a command wrote proves nothing */
	story_add(&ev->story, record, 0);
	ev->unreadable += ev->story.count == before;
}

/* Keep what is of this service and release, or of none. */
static void
choose(struct evidence *ev)
{
	size_t kept = 0;

	for (size_t i = 0; i < ev->story.count; i++) {
		struct story_step *s = &ev->story.steps[i];

		if (ev->release && s->release && strcmp(s->release, ev->release))
			continue;
		if (ev->service && s->service && strcmp(s->service, ev->service)) {
			sentences_add_once(ev->m, &ev->others, s->service);
			continue;
		}
		ev->story.steps[kept++] = *s;
	}
	ev->story.count = kept;
}

static const char *
text_or(const struct value *v, const char *key, const char *other)
{
	const char *s = value_get_string(v, key);

	return s ? s : other;
}

/* The same place once more: it goes back to where it first was. */
static void
follow(struct evidence *ev, const struct evidence_change *c)
{
	for (size_t i = 0; i < ev->change_count; i++) {
		struct evidence_change *old = &ev->changes[i];

		if (strcmp(old->file, c->file) || strcmp(old->path, c->path) || old->doc != c->doc)
			continue;
		if (strcmp(old->to, c->from))
			old->broken_chain = true;
		old->to = c->to;
		old->to_version = c->to_version;
		/* two moves make a move whose kind nobody judged */
		old->kind = "unknown";
		return;
	}
	mem_grow(ev->m, &ev->changes, ev->change_count, &ev->change_room, sizeof *c);
	ev->changes[ev->change_count++] = *c;
}

static void
collect_changes(struct evidence *ev)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "manifest-bump", s));) {
		const struct value *list = value_get(s->result, "changes");

		if (!story_is(s, "ok"))
			continue;
		for (size_t i = 0; i < value_count(list); i++) {
			const struct value *v = value_item(list, i);
			struct evidence_change c = {
				.file = text_or(v, "real", text_or(v, "file", "")),
				.path = text_or(v, "path", ""),
				.image = text_or(v, "image", ""),
				.from = text_or(v, "from", ""),
				.to = text_or(v, "to", ""),
				.from_version = text_or(v, "from_version", ""),
				.to_version = text_or(v, "to_version", ""),
				.kind = text_or(v, "kind", "unknown"),
				.doc = value_get_int(v, "doc", 1),
			};

			follow(ev, &c);
		}
	}
}

/* When did the data first come into danger? */
static const struct story_step *
first_change(const struct evidence *ev, const struct evidence_names *names)
{
	for (size_t i = 0; i < ev->story.count; i++) {
		const struct story_step *s = &ev->story.steps[i];
		bool touches = !strcmp(s->step, "migrate-apply") ||
		    !strcmp(s->step, "snapshot-restore") ||
		    (story_is_command(s) && !evidence_is_harmless(s, names));

		if (touches && evidence_acted(s) && !story_is(s, "unchanged"))
			return s;
	}
	return NULL;
}

void
evidence_close(struct evidence *ev, const char *service, const char *release,
    const struct evidence_names *names)
{
	ev->service = service;
	ev->release = release;
	story_close(&ev->story);
	doubts_about_others(ev);
	choose(ev);
	doubts_about_own(ev);
	collect_changes(ev);
	ev->changer = first_change(ev, names);
	snapshots_judge(ev);
}

const struct story_step *
evidence_next(const struct evidence *ev, const char *step, const struct story_step *after)
{
	for (size_t i = after ? (size_t)(after - ev->story.steps) + 1 : 0; i < ev->story.count; i++)
		if (!strcmp(ev->story.steps[i].step, step))
			return &ev->story.steps[i];
	return NULL;
}

const struct story_step *
evidence_last(const struct evidence *ev, const char *step)
{
	const struct story_step *closed = NULL, *open = NULL;

	for (const struct story_step *s = NULL; (s = evidence_next(ev, step, s));)
		*(story_is(s, "started") ? &open : &closed) = s;
	return closed ? closed : open;
}

bool
evidence_acted(const struct story_step *s)
{
	/* words of failures that come before any work */
	static const char *const before[] = { "usage", "bad-input", "no-connection", "auth",
		"no-database", "not-found" };

	if (story_is(s, "refused") || story_is(s, "planned"))
		return false;
	/* who has named the database was connected to it */
	if (!story_is(s, "failed") || !s->word || value_get(s->result, "database") ||
	    value_get(s->result, "failed"))
		return true;
	for (size_t i = 0; i < sizeof before / sizeof *before; i++)
		if (!strcmp(s->word, before[i]))
			return false;
	return true;
}

bool
evidence_is_harmless(const struct story_step *s, const struct evidence_names *names)
{
	if (!strcmp(s->step, names->stop))
		return true;
	for (size_t i = 0; i < names->harmless_count; i++)
		if (!strcmp(s->step, names->harmless[i]))
			return true;
	return false;
}

size_t
evidence_applied(const struct story_step *s)
{
	return value_count(value_get(s->result, "applied"));
}

/* Is GIVEN, as it stood on a command line, the file REAL? */
static bool
is_file(const char *real, const char *given)
{
	size_t n = strlen(real), k;

	given += strncmp(given, "./", 2) ? 0 : 2;
	k = strlen(given);
	return !strcmp(real, given) ||
	    (*given != '/' && k < n && real[n - k - 1] == '/' && !strcmp(real + n - k, given));
}

const struct story_step *
evidence_way_down(const struct evidence *ev)
{
	const struct story_step *run = NULL;
	const struct value *r;
	const char *archive;

	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));) {
		if (!evidence_acted(s) || story_is(s, "unchanged"))
			continue;
		if (run || !story_is(s, "ok") || !evidence_applied(s))
			return NULL;
		run = s;
	}
	r = run ? value_get(run->result, "rehearsal") : NULL;
	archive = value_get_string(r, "archive");
	if (!archive || !value_bool(value_get(r, "lossless")) || value_get(r, "failed") ||
	    value_count(value_get(r, "applied")) != evidence_applied(run) ||
	    !value_get_string(run->result, "before") || !value_get_string(run->result, "directory"))
		return NULL;
	for (size_t i = 0; i < ev->store_count; i++)
		if (is_file(ev->stores[i].archive, archive))
			return run;
	return NULL;
}

/* The part of a URI after scheme and user. */
static const char *
after_user(const char *uri)
{
	const char *p = strstr(uri, "://"), *slash, *at;

	p = p ? p + 3 : uri;
	slash = strchr(p, '/');
	at = memchr(p, '@', slash ? (size_t)(slash - p) : strlen(p));
	return at ? at + 1 : p;
}

const char *
evidence_database(const struct value *result)
{
	const char *uri = value_get_string(result, "database");

	return uri ? after_user(uri) : "";
}

bool
evidence_same_database(const char *a, const char *b)
{
	return a && b && !strcmp(after_user(a), after_user(b));
}
