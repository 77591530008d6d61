/* data.c - steps that take the data back: restored beside the live ones, proven, and put in their
 * place last. */
#include <string.h>

#include "pg/swap.h"
#include "rollback/making.h"

bool
making_describes(const struct evidence_store *st)
{
	static const char *const begins[] = { "helm ", "docker image inspect " };

	for (size_t i = 0; st->command && i < sizeof begins / sizeof *begins; i++)
		if (!strncmp(st->command, begins[i], strlen(begins[i])))
			return true;
	return false;
}

/* Names hold the snapshot's, so that a second run finds what the first has made. */
static const char *
name_kept(struct making *k, const struct evidence_store *st)
{
	return pg_name_beside(k->m, st->database ? st->database : st->name, "failed",
	    st->snapshot_id);
}

static const char *
called(const struct evidence_store *st)
{
	return st->database ? st->database : st->name;
}

static void
restore_database(struct making *k, const struct evidence_store *st)
{
	struct words w = { 0 };
	const char *variable = making_variable(k, st);
	struct plan_step *s;

	WORDS(k->m, &w, "snapshot-restore", st->archive, "--pg-into",
	    mem_fmt(k->m, "%s=env:%s", st->name, variable));
	if (k->v->in_place)
		WORDS(k->m, &w, "--create-db", called(st));
	s = making_add(k, "restore", st->name,
	    mem_fmt(k->m, "Restore %s from %s into %s, and compare the rows ($%s)", called(st),
		st->archive, k->v->in_place ? "the emptied database" : "a new database", variable),
	    &w);
	s->variable = variable;
	s->undo = "drop the new database";
	k->restored[st - k->ev->stores] = s->id;
	making_seconds(s, st->seconds < 0 ? -1 : st->seconds * 2, 300, 1800);
}

/* Two databases of one server change names; what comes in is looked at first. */
static void
swap_words(struct making *k, struct words *w, const struct evidence_store *st, bool dry)
{
	WORDS(k->m, w, "database-swap");
	if (dry)
		making_word(k->m, w, "--dry-run");
	WORDS(k->m, w, "--pg", mem_fmt(k->m, "env:%s", making_variable(k, st)), "--keep-as",
	    name_kept(k, st));
	if (st->revision)
		WORDS(k->m, w, "--revision", st->revision);
	if (st->clone)
		making_word(k->m, w, st->clone);
	else
		WORDS(k->m, w, "--store", st->name);
}

static void
add_swap(struct making *k, const struct evidence_store *st, bool dry)
{
	struct words w = { 0 };
	struct plan_step *s;

	swap_words(k, &w, st, dry);
	s = making_add(k, dry ? "verify" : "swap", st->name,
	    dry ? mem_fmt(k->m, "Verify the %s of %s: its revision and the rows of each table",
		      st->clone ? "copy" : "restored database", called(st)) :
		  mem_fmt(k->m, "Let it take the place of %s, which is kept as %s", called(st),
		      name_kept(k, st)),
	    &w);
	s->variable = making_variable(k, st);
	s->input = st->clone ? NULL : k->restored[st - k->ev->stores];
	s->undo = dry ? NULL : "two renames bring the failed database back: database-swap";
	making_seconds(s, dry ? st->seconds : 0, 0, dry ? 300 : 1);
}

static void
restore_directory(struct making *k, const struct evidence_store *st)
{
	struct words w = { 0 };
	const char *new = mem_fmt(k->m, "%s.restored-%s", st->path, st->snapshot_id);
	struct plan_step *s;

	WORDS(k->m, &w, "snapshot-restore", st->archive, "--dir-into",
	    mem_fmt(k->m, "%s=%s", st->name, new));
	s = making_add(k, "restore", st->name,
	    mem_fmt(k->m, "Restore the files of %s beside %s", st->name, st->path), &w);
	s->half_made = new;
	s->undo = mem_fmt(k->m, "remove %s", new);
	making_seconds(s, st->seconds, 60, 1800);
}

static void
swap_directory(struct making *k, const struct evidence_store *st)
{
	const char *kept = mem_fmt(k->m, "%s.failed-%s", st->path, st->snapshot_id);
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "swap_directory", st->path,
	    mem_fmt(k->m, "%s.restored-%s", st->path, st->snapshot_id), kept);
	s = making_add(k, "swap", st->name,
	    mem_fmt(k->m, "Put the restored files at %s; the failed ones stay at %s", st->path,
		kept),
	    &w);
	s->undo = mem_fmt(k->m, "two mv bring %s back", kept);
	making_seconds(s, 0, 0, 1);
}

static void
restore_by_hand(struct making *k, const struct evidence_store *st)
{
	struct plan_step *s = making_add(k, "restore", st->name,
	    mem_fmt(k->m, "Restore %s by hand", st->name), NULL);

	s->by_hand = mem_fmt(k->m,
	    "The snapshot %s holds store %s, of kind %s: load it with "
	    "snapshot-restore --only %s --exec-into %s=COMMAND.",
	    st->archive, st->name, st->kind, st->name, st->name);
	making_seconds(s, -1, 300, 1800);
}

/* The failed data are kept in a snapshot, as there is no room for two databases. Dropping is a
 * person's. */
static void
empty_database(struct making *k, const struct evidence_store *st)
{
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "snapshot", "--pg",
	    mem_fmt(k->m, "%s=env:%s", st->name, making_variable(k, st)), "-o",
	    mem_fmt(k->m, "%s.failed-%s.tar.zst", called(st), st->snapshot_id));
	s = making_add(k, "keep", st->name,
	    mem_fmt(k->m, "Keep the failed data of %s in a snapshot", called(st)), &w);
	s->variable = making_variable(k, st);
	making_seconds(s, st->seconds, 60, 1800);
	s = making_by_hand(k, "empty", mem_fmt(k->m, "Empty the database %s", called(st)),
	    mem_fmt(k->m,
		"Drop %s and create it anew, or drop all schemas in it and create public again: "
		"nothing of the failed release "
		"may be left. What it held is in the snapshot that was just taken.",
		called(st)));
	s->irreversible = true;
	s->variable = making_variable(k, st);
}

void
data_restore(struct making *k)
{
	if (!k->restore)
		return;
	if (k->v->new_instance)
		making_by_hand(k, "instance",
		    "Start the old server version on an empty data directory",
		    "The new server has taken over the data files. Move its data directory aside, "
		    "start the old version "
		    "on an empty one, and let the variable of the connection name it.");
	for (size_t i = 0; i < k->ev->store_count; i++) {
		const struct evidence_store *st = &k->ev->stores[i];

		if (making_describes(st))
			continue;
		if (!st->uri) {
			st->path ? restore_directory(k, st) : restore_by_hand(k, st);
			continue;
		}
		if (k->v->in_place)
			empty_database(k, st);
		if (!st->clone || k->v->in_place || k->v->new_instance)
			restore_database(k, st);
		if (!k->v->in_place && !k->v->new_instance)
			add_swap(k, st, true);
	}
}

/* The last look at what goes: the service is stopped, so the number is final. */
void
data_loss(struct making *k)
{
	for (size_t i = 0;
	     k->restore && !k->v->new_instance && !k->v->in_place && i < k->ev->store_count; i++) {
		const struct evidence_store *st = &k->ev->stores[i];
		struct words w = { 0 };
		struct plan_step *s;

		if (!st->uri || !st->xmax)
			continue;
		WORDS(k->m, &w, "count_loss", st->name, making_variable(k, st));
		s = making_add(k, "loss", st->name,
		    mem_fmt(k->m, "Count what %s loses", called(st)), &w);
		s->variable = making_variable(k, st);
		s->counted = st;
		making_seconds(s, 0, 0, 10);
	}
}

void
data_swap(struct making *k)
{
	for (size_t i = 0; k->restore && i < k->ev->store_count; i++) {
		const struct evidence_store *st = &k->ev->stores[i];
		struct words w = { 0 };
		struct plan_step *s;

		if (st->path)
			swap_directory(k, st);
		if (!st->uri || k->v->new_instance || k->v->in_place)
			continue;
		add_swap(k, st, false);
		WORDS(k->m, &w, "preflight", "--pg",
		    mem_fmt(k->m, "env:%s", making_variable(k, st)), "--check",
		    "same-database,privileges", "--database-is", st->uri);
		s = making_add(k, "grants", st->name,
		    mem_fmt(k->m,
			"Check the grants of %s: the restore brought the database's own and its "
			"settings back",
			called(st)),
		    &w);
		s->variable = making_variable(k, st);
		making_seconds(s, 0, 0, 1);
	}
}

/* Down migrations, proven on the snapshot to lose nothing: by the new version's files, while it is
 * still pinned. */
void
data_down(struct making *k)
{
	const struct story_step *run = k->v->down;
	struct words w = { 0 };
	struct plan_step *s;
	const char *variable = "DATABASE_URL";

	if (!run || strcmp(k->v->strategy, "down"))
		return;
	for (size_t i = 0; i < k->ev->store_count; i++)
		if (evidence_same_database(k->ev->stores[i].uri,
			value_get_string(run->result, "database")))
			variable = making_variable(k, &k->ev->stores[i]);
	WORDS(k->m, &w, "migrate-apply", "--pg", mem_fmt(k->m, "env:%s", variable), "--down-to",
	    value_get_string(run->result, "before"), "--accept-data-loss",
	    value_get_string(run->result, "directory"));
	s = making_add(k, "down", NULL,
	    mem_fmt(k->m,
		"Take the migrations back to revision %s: rehearsed, and nothing was lost",
		value_get_string(run->result, "before")),
	    &w);
	s->image = "new";
	s->variable = variable;
	s->undo = "migrate-apply applies them again";
	making_seconds(s, run->seconds, 1, 600);
}
