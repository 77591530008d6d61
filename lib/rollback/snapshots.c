/* snapshots.c - judges the snapshots of a release. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/digest.h"
#include "rollback/snapshots.h"

/* The subject's sum for the same archive must agree with the result's. */
static bool
contradicts(const struct story_step *s)
{
	const char *sum = value_get_string(s->result, "sha256");

	for (size_t i = 0; i < value_count(s->subject); i++) {
		const char *other = value_string(
		    value_at(value_item(s->subject, i), "digest.sha256"));

		if (other && sum && value_count(s->subject) == 1 && strcmp(other, sum))
			return true;
	}
	return false;
}

/* Transaction ids are 64 bits: some write them as text. */
static long long
number(const struct value *v, const char *key)
{
	const char *text = value_get_string(v, key);

	return text ? strtoll(text, NULL, 10) : (long long)value_get_int(v, key, 0);
}

/* Does a migration's transaction id lie in what the snapshot of STORE already holds? */
static bool
holds_migration(const struct evidence *ev, const struct value *store)
{
	long long xmax = number(store, "snapshot_xmax");

	for (const struct story_step *s = NULL;
	     xmax && (s = evidence_next(ev, "migrate-apply", s));) {
		const struct value *applied = value_get(s->result, "applied");

		if (!evidence_same_database(value_get_string(s->result, "database"),
			value_get_string(store, "uri")))
			continue;
		for (size_t i = 0; i < value_count(applied); i++) {
			long long xid = number(value_item(applied, i), "xid");

			if (xid && xid < xmax)
				return true;
		}
	}
	return false;
}

/* Why the archive on this machine is not what was recorded; NULL: it is, or it is not here. */
static const char *
check_archive(struct mem *m, const char *archive, const char *sum)
{
	char hex[DIGEST_HEX];
	struct err e;

	if (access(archive, F_OK))
		return NULL;
	if (digest_file(hex, archive, &e))
		return mem_fmt(m, "its archive cannot be read: %s", e.text);
	return strcmp(hex, sum) ? mem_fmt(m, "the SHA-256 of %s is not the recorded one", archive) :
				  NULL;
}

/* Did a snapshot-verify find the archive damaged, or another one under its name? */
static bool
verify_refutes(const struct evidence *ev, const char *archive, const char *sum)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot-verify", s));) {
		const struct value *list = value_get(s->result, "archives");

		if (story_is(s, "failed") && evidence_acted(s) && !value_count(list))
			return true;
		for (size_t i = 0; i < value_count(list); i++) {
			const struct value *v = value_item(list, i);
			const char *name = value_get_string(v, "archive"),
				   *seen = value_get_string(v, "sha256");
			bool same = name && !strcmp(name, archive);

			if ((same || (seen && !strcmp(seen, sum))) &&
			    !value_bool(value_get(v, "sound")))
				return true;
			if (same && seen && strcmp(seen, sum))
				return true;
		}
	}
	return false;
}

/* Has snapshot-prune dropped it? */
static bool
is_pruned(const struct evidence *ev, const char *archive)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot-prune", s));) {
		const struct value *removed = value_get(s->result, "removed");
		const char *dir = value_get_string(s->result, "directory");
		size_t n = dir ? strlen(dir) : 0;

		if (!dir || value_bool(value_get(s->result, "dry")) || strncmp(archive, dir, n) ||
		    archive[n] != '/')
			continue;
		for (size_t i = 0; i < value_count(removed); i++) {
			const char *name = value_string(value_item(removed, i));

			if (name && !strcmp(name, archive + n + 1))
				return true;
		}
	}
	return false;
}

/* Why S cannot be restored from, or NULL. */
static const char *
find_flaw(const struct evidence *ev, const struct story_step *s)
{
	const struct value *stores = value_get(s->result, "stores");
	const char *sum = value_get_string(s->result, "sha256"),
		   *archive = value_get_string(s->result, "archive");

	if (s->twice)
		return "its record tells two ends";
	if (story_is(s, "started"))
		return "it never ended";
	if (!story_is_done(s))
		return mem_fmt(ev->m, "it is recorded as %s", s->status);
	if (!archive || !sum || strlen(sum) != DIGEST_HEX - 1)
		return "its record names no archive with a SHA-256";
	if (value_get(s->result, "format") && value_get_int(s->result, "format", 0) != 1)
		return "its archive has a format that this version does not know";
	if (!value_count(stores))
		return "its record lists no stores";
	if (verify_refutes(ev, archive, sum))
		return "snapshot-verify found it damaged";
	if (is_pruned(ev, archive))
		return "snapshot-prune removed it";
	if (contradicts(s))
		return "its record gives two different SHA-256 sums";
	if (ev->changer && (!s->end || !ev->changer->begin || s->end > ev->changer->begin))
		return mem_fmt(ev->m,
		    "it was not finished before step %s began, which may have changed the data",
		    ev->changer->step);
	for (size_t i = 0; i < value_count(stores); i++)
		if (holds_migration(ev, value_item(stores, i)))
			return "it was taken after a migration: its transaction ids say so";
	return check_archive(ev->m, archive, sum);
}

static bool
same_store(const struct evidence_store *a, const struct evidence_store *b)
{
	if (a->uri || b->uri)
		return evidence_same_database(a->uri, b->uri);
	if (a->path && b->path)
		return !strcmp(a->path, b->path);
	return a->name && b->name && !strcmp(a->name, b->name);
}

/* Later snapshots, still before the change, are nearer to what was. */
static void
cover(struct evidence *ev, const struct story_step *s, const struct value *v)
{
	const char *name = value_get_string(v, "name");
	struct evidence_store store = {
		.name = name ? name : "",
		.kind = value_get_string(v, "kind"),
		.uri = value_get_string(v, "uri"),
		.database = value_get_string(v, "database"),
		.path = value_get_string(v, "path"),
		.server_major = (int)(number(v, "server_version") / 10000),
		.command = value_get_string(v, "command"),
		.clone = value_get_string(v, "clone"),
		.revision = value_get_string(v, "history_revision"),
		.tables = value_get(v, "tables"),
		.archive = value_get_string(s->result, "archive"),
		.sha256 = value_get_string(s->result, "sha256"),
		.size = value_get_int(s->result, "size", 0),
		.verified = value_bool(value_get(s->result, "verified")),
		.snapshot_id = s->id,
		.seconds = s->seconds,
		.xmax = number(v, "snapshot_xmax"),
	};

	if (!store.kind)
		store.kind = store.uri ? "postgres" : "unknown";
	for (size_t i = 0; i < ev->store_count; i++)
		if (same_store(&ev->stores[i], &store)) {
			ev->stores[i] = store;
			return;
		}
	mem_grow(ev->m, &ev->stores, ev->store_count, &ev->store_room, sizeof store);
	ev->stores[ev->store_count++] = store;
}

static bool
is_covered(const struct evidence *ev, const char *uri)
{
	for (size_t i = 0; i < ev->store_count; i++)
		if (evidence_same_database(ev->stores[i].uri, uri))
			return true;
	return false;
}

/* Stores that are named anywhere in the records, also by snapshots that cannot be used. */
static void
find_uncovered(struct evidence *ev)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));) {
		const char *uri = value_get_string(s->result, "database");

		if (uri && evidence_acted(s) && !is_covered(ev, uri))
			sentences_add_once(ev->m, &ev->uncovered, uri);
	}
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot", s));) {
		const struct value *stores = value_get(s->result, "stores");

		for (size_t i = 0; i < value_count(stores); i++) {
			const struct value *v = value_item(stores, i);
			const char *name = value_get_string(v, "name");
			bool found = false;

			for (size_t k = 0; k < ev->store_count && !found; k++)
				found = name && !strcmp(ev->stores[k].name, name);
			if (!found)
				sentences_add_once(ev->m, &ev->uncovered,
				    name ? name : "a store without a name");
		}
	}
}

void
snapshots_judge(struct evidence *ev)
{
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "snapshot", s));) {
		const struct value *stores = value_get(s->result, "stores");
		const char *why = find_flaw(ev, s);

		if (why)
			sentences_add(ev->m, &ev->flaws, "snapshot %s cannot be used: %s", s->id,
			    why);
		for (size_t i = 0; !why && i < value_count(stores); i++)
			cover(ev, s, value_item(stores, i));
	}
	find_uncovered(ev);
}
