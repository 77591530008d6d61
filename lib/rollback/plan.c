/* plan.c - makes the steps, in the one order that is safe. */
#include <ctype.h>
#include <string.h>

#include "rollback/assertion.h"
#include "rollback/plan.h"

/* The making of one plan. */
struct making {
	struct mem *m;
	struct plan *p;
	const struct evidence *ev;
	struct scenario_verdict *v;
	const struct plan_options *o;
	bool restore;
};

/* Words of a command. */
struct words {
	const char **item;
	size_t count, room;
};

static void
word(struct mem *m, struct words *w, const char *text)
{
	mem_grow(m, &w->item, w->count, &w->room, sizeof *w->item);
	w->item[w->count++] = text;
}

#define WORDS(m, w, ...)                                                              \
	do {                                                                          \
		const char *const list_[] = { __VA_ARGS__ };                          \
		for (size_t i_ = 0; i_ < sizeof list_ / sizeof *list_; i_++)          \
			word(m, w, list_[i_]);                                        \
	} while (0)

/* An id is a name in the journal: NAME's letters and digits, and a number when that is not unique. */
static const char *
make_id(struct making *k, const char *kind, const char *name)
{
	char *id = name ? mem_fmt(k->m, "%s-%.40s", kind, name) : mem_string(k->m, kind), *base = id;

	for (char *c = id; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '-';
	for (int n = 2;; n++) {
		bool taken = false;

		for (size_t i = 0; i < k->p->step_count; i++)
			taken |= !strcmp(k->p->steps[i].id, id);
		if (!taken)
			return id;
		id = mem_fmt(k->m, "%s-%d", base, n);
	}
}

static struct plan_step *
add_step(struct making *k, const char *kind, const char *name, const char *title, const struct words *argv)
{
	struct plan *p = k->p;
	struct plan_step *s;
	const char *id = make_id(k, kind, name), *before = p->step_count ? p->steps[p->step_count - 1].id : NULL;

	mem_grow(k->m, &p->steps, p->step_count, &p->step_room, sizeof *s);
	s = &p->steps[p->step_count++];
	*s = (struct plan_step){ .id = id, .title = title, .image = "none", .needs = before };
	if (argv) {
		s->argv = argv->item;
		s->argc = argv->count;
	}
	return s;
}

/* From a recorded duration, or the range that is usual. */
static void
set_seconds(struct plan_step *s, double recorded, double min, double max)
{
	s->published = recorded < 0;
	s->min = recorded < 0 ? min : recorded / 2;
	s->max = recorded < 0 ? max : recorded * 2 + 1;
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* What stood there before may be anything but a step forward; it was good once. */
static void
bump_words(struct mem *m, struct words *w, const struct evidence_change *c, bool dry)
{
	WORDS(m, w, "manifest-bump");
	if (dry)
		word(m, w, "--dry-run");
	if (*c->path)
		WORDS(m, w, "--path", c->path);
	else
		WORDS(m, w, "--image", c->image);
	if (c->doc > 1)
		WORDS(m, w, "--doc", mem_fmt(m, "%lld", c->doc));
	WORDS(m, w, "--to", c->from_version, "--allow-downgrade", "--allow-variant", "--allow-incomparable",
	    "--allow-prerelease", c->file);
}

static bool
can_repin(const struct evidence_change *c)
{
	return (*c->path || *c->image) && *c->from_version && *c->file;
}

static const char *
name_of(const struct evidence_change *c)
{
	return *c->image ? c->image : *c->path ? c->path : "the image";
}

/* Preflight */

static void
check_archives(struct making *k)
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
		s = add_step(k, "archive", base_name(st->archive),
		    mem_fmt(k->m, "Check that %s is here and whole", st->archive), &w);
		s->preflight = true;
		s->expect = st->sha256;
		set_seconds(s, st->seconds < 0 ? -1 : st->seconds / 4, 1, 120);
		if (st->verified)
			continue;
		w = (struct words){ 0 };
		WORDS(k->m, &w, "snapshot-verify", st->archive);
		s = add_step(k, "verify", base_name(st->archive), mem_fmt(k->m,
		    "Verify %s: it was not verified when it was taken", st->archive), &w);
		s->preflight = true;
		set_seconds(s, st->seconds, 1, 300);
	}
}

static void
check_manifests(struct making *k)
{
	for (size_t i = 0; i < k->ev->change_count; i++) {
		const struct evidence_change *c = &k->ev->changes[i];
		struct words w = { 0 };
		struct plan_step *s;
		struct value *text = value_array(k->m);
		char *json;

		if (!can_repin(c))
			continue;
		bump_words(k->m, &w, c, true);
		s = add_step(k, "manifest", name_of(c),
		    mem_fmt(k->m, "Check that %s still pins %s to %s, or again to %s", c->file, name_of(c),
			c->to_version, c->from_version),
		    &w);
		s->preflight = true;
		value_add_string(text, c->to);
		json = value_text(k->m, text, 0);
		s->expect = mem_fmt(k->m, "\"from\":%.*s", (int)strlen(json) - 2, json + 1);
		set_seconds(s, 0, 0, 0);
	}
}

static const char *
connection(const struct making *k, const struct evidence_store *st)
{
	const char *any = "DATABASE_URL";

	for (size_t i = 0; i < k->o->connection_count; i++) {
		const struct plan_connection *c = &k->o->connections[i];

		if (c->store && !strcmp(c->store, st->name))
			return c->variable;
		if (!c->store)
			any = c->variable;
	}
	return any;
}

/* The live database must be the recorded one, at the revision that the migrations left or, when a killed run has
 * restored it already, at that of the snapshot. */
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
	WORDS(k->m, &w, "preflight", "--pg", mem_fmt(k->m, "env:%s", connection(k, st)), "--check",
	    "same-database,server-version,history", "--database-is", st->uri);
	after = run ? value_get_string(run->result, "after") : NULL;
	before = run ? value_get_string(run->result, "before") : NULL;
	if (after)
		WORDS(k->m, &w, "--revision", after, "--revision",
		    st->revision ? st->revision
		    : before     ? before
				 : "");
	s = add_step(k, "database", st->name,
	    mem_fmt(k->m, "Check that $%s leads to %s, as the release left it", connection(k, st),
		st->database ? st->database : st->name),
	    &w);
	s->variable = connection(k, st);
	s->preflight = true;
	s->until = make_id(k, "restore", st->name);
	set_seconds(s, 0, 0, 1);
}

static void
check_databases(struct making *k)
{
	for (size_t i = 0; k->restore && !k->v->new_instance && i < k->ev->store_count; i++)
		if (k->ev->stores[i].uri)
			check_database(k, &k->ev->stores[i]);
}

/* The way back */

static const struct story_step *
command(const struct making *k, const char *name)
{
	const struct story_step *s = NULL, *found = NULL;

	while ((s = evidence_next(k->ev, name, s)))
		if (value_count(value_get(s->result, "argv")))
			found = s;
	return found;
}

/* A recorded command once more, where it ran. */
static struct plan_step *
add_command(struct making *k, const struct story_step *was, const char *kind, const char *title)
{
	const struct value *argv = value_get(was->result, "argv");
	const char *dir = value_get_string(was->result, "directory");
	struct words w = { 0 };
	struct plan_step *s;

	WORDS(k->m, &w, "step-exec", "--name", was->step);
	if (dir)
		WORDS(k->m, &w, "-C", dir);
	word(k->m, &w, "--");
	for (size_t i = 0; i < value_count(argv); i++) {
		const char *text = value_string(value_item(argv, i));

		word(k->m, &w, text ? text : "");
		if (text && strstr(text, "****"))
			sentences_add(k->m, &k->v->caveats,
			    "the recorded command of %s holds a washed secret: edit it before it is run", was->step);
	}
	s = add_step(k, kind, NULL, title, &w);
	s->keeps_running = true;
	set_seconds(s, value_real(value_get(was->result, "seconds"), was->seconds), 120, 600);
	return s;
}

static void
stop_service(struct making *k)
{
	const struct story_step *stop = command(k, k->o->names->stop);
	struct plan_step *s;

	if (!k->restore)
		return;
	if (stop) {
		s = add_command(k, stop, "stop", "Stop the new version, which holds connections to the data");
		s->image = "new";
		return;
	}
	sentences_add(k->m, &k->v->caveats,
	    "stop the new version first when you can: what it writes until the old one runs is lost, "
	    "and it may migrate the restored data again (a recorded step named %s would have been run here)",
	    k->o->names->stop);
}

static void
repin(struct making *k)
{
	for (size_t i = 0; i < k->ev->change_count; i++) {
		const struct evidence_change *c = &k->ev->changes[i];
		struct words w = { 0 }, check = { 0 };
		struct plan_step *s;

		if (!can_repin(c)) {
			s = add_step(k, "repin", name_of(c),
			    mem_fmt(k->m, "Put %s back in %s by hand", name_of(c), c->file), NULL);
			s->by_hand = mem_fmt(k->m,
			    "The records do not say which version stood at %s before: pin the one that ran, "
			    "best by its digest.",
			    *c->path ? c->path : "that place");
			set_seconds(s, -1, 60, 600);
			continue;
		}
		bump_words(k->m, &w, c, false);
		bump_words(k->m, &check, c, true);
		s = add_step(k, "repin", name_of(c),
		    mem_fmt(k->m, "Pin %s back to %s in %s", name_of(c), c->from_version, c->file), &w);
		s->check = check.item;
		s->check_argc = check.count;
		s->expect = "\"status\":\"unchanged\"";
		s->undo = mem_fmt(k->m, "pin it to %s again", c->to_version);
		set_seconds(s, 0, 0, 1);
	}
}

static void
restore_database(struct making *k, const struct evidence_store *st)
{
	struct words w = { 0 };
	struct plan_step *s;
	const char *variable = connection(k, st);

	WORDS(k->m, &w, "snapshot-restore", st->archive, "--pg-into", mem_fmt(k->m, "%s=env:%s", st->name, variable));
	if (!k->v->new_instance)
		word(k->m, &w, "--swap");
	s = add_step(k, "restore", st->name,
	    mem_fmt(k->m, "Restore %s from %s into a new database%s ($%s)", st->database ? st->database : st->name,
		st->archive, k->v->new_instance ? "" : ", and let the two change names", variable),
	    &w);
	s->variable = variable;
	s->undo = k->v->new_instance ? "drop the new database" :
	    "the failed database is kept beside it; two renames bring it back";
	set_seconds(s, st->seconds < 0 ? -1 : st->seconds * 2, 300, 1800);
}

static void
restore_directory(struct making *k, const struct evidence_store *st)
{
	struct words w = { 0 };
	struct plan_step *s;
	const char *new, *kept;

	if (!st->path) {
		s = add_step(k, "restore", st->name, mem_fmt(k->m, "Restore %s by hand", st->name), NULL);
		s->by_hand = mem_fmt(k->m,
		    "The snapshot %s holds store %s, of kind %s: load it with snapshot-restore --only %s.",
		    st->archive, st->name, st->kind, st->name);
		set_seconds(s, -1, 300, 1800);
		return;
	}
	new = mem_fmt(k->m, "%s.restored-%s", st->path, st->snapshot_id);
	kept = mem_fmt(k->m, "%s.failed-%s", st->path, st->snapshot_id);
	WORDS(k->m, &w, "snapshot-restore", st->archive, "--dir-into", mem_fmt(k->m, "%s=%s", st->name, new));
	s = add_step(
	    k, "restore", st->name, mem_fmt(k->m, "Restore the files of %s beside %s", st->name, st->path), &w);
	s->half_made = new;
	s->undo = mem_fmt(k->m, "remove %s", new);
	set_seconds(s, st->seconds, 60, 1800);
	w = (struct words){ 0 };
	WORDS(k->m, &w, "swap_directory", st->path, new, kept);
	s = add_step(k, "swap", st->name, mem_fmt(k->m, "Put the restored files at %s; the failed ones stay at %s",
	    st->path, kept), &w);
	s->undo = mem_fmt(k->m, "two mv bring %s back", kept);
	set_seconds(s, 0, 0, 1);
}

static void
restore_stores(struct making *k)
{
	struct plan_step *s;

	if (!k->restore)
		return;
	if (k->v->new_instance) {
		s = add_step(k, "instance", NULL, "Start the old server version on an empty data directory", NULL);
		s->by_hand =
		    "The new server has taken over the data files. Move its data directory aside, start the old version "
		    "on an empty one, and let the variable of the connection name it.";
		set_seconds(s, -1, 120, 600);
	}
	for (size_t i = 0; i < k->ev->store_count; i++) {
		if (k->ev->stores[i].uri)
			restore_database(k, &k->ev->stores[i]);
		else
			restore_directory(k, &k->ev->stores[i]);
	}
}

static void
start_old(struct making *k)
{
	const struct story_step *recorded = command(k, k->o->names->deploy);
	const struct story_step *last = evidence_last(k->ev, k->o->names->deploy);
	struct plan_step *s;

	if (last && !evidence_acted(last) && !recorded) {
		sentences_add(k->m, &k->v->caveats, "the new version was never started: step %s was %s", last->step,
		    last->status);
		if (!k->restore)
			return;
	}
	if (recorded) {
		s = add_command(k, recorded, "deploy", "Start the old version: run the deploy command again");
		s->image = "old";
		return;
	}
	s = add_step(k, "deploy", NULL, "Start the old version", NULL);
	s->by_hand =
	    mem_fmt(k->m, "No command of a step named %s is recorded: start the old version as you always do.",
		k->o->names->deploy);
	s->image = "old";
	set_seconds(s, -1, 120, 600);
}

static void
wait_healthy(struct making *k)
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
	word(k->m, &w, "health-wait");
	if (value_real(value_get(health->result, "timeout"), 0) > 0)
		WORDS(
		    k->m, &w, "--timeout", mem_fmt(k->m, "%g", value_real(value_get(health->result, "timeout"), 0)));
	if (value_real(value_get(health->result, "stable_for"), 0) > 0)
		WORDS(k->m, &w, "--stable-for",
		    mem_fmt(k->m, "%g", value_real(value_get(health->result, "stable_for"), 0)));
	for (size_t i = 0; i < value_count(targets); i++) {
		const char **words;
		size_t n =
		    assertion_turn(k->m, k->ev, value_get(value_item(targets, i), "argv"), &words, &k->v->caveats);

		for (size_t j = 0; j < n; j++)
			word(k->m, &w, words[j]);
		asked += n > 0;
	}
	if (asked) {
		struct plan_step *s = add_step(k, "health", NULL, "Wait until the old version is healthy", &w);

		s->image = "old";
		set_seconds(s, -1, 1, value_real(value_get(health->result, "timeout"), 300));
	}
}

static void
plan_digest(struct plan *p)
{
	MEM_SCOPE(m);
	struct value *v = value_object(m);
	char *text;

	plan_fill(p, m, v);
	text = value_text(m, v, 0);
	digest_bytes(p->digest, text, strlen(text));
}

struct plan *
plan_make(struct mem *m, const struct evidence *ev, struct scenario_verdict *v, const struct plan_options *o)
{
	struct plan *p = mem_zero(m, 1, sizeof *p);
	struct making k = { m, p, ev, v, o, !strncmp(v->strategy, "restore", 7) };
	static void (*const order[])(struct making *) = {
		check_archives,
		check_manifests,
		check_databases,
		stop_service,
		repin,
		restore_stores,
		start_old,
		wait_healthy,
	};

	p->m = m;
	p->evidence = ev;
	p->verdict = v;
	if (k.restore || !strcmp(v->strategy, "code"))
		for (size_t i = 0; i < sizeof order / sizeof *order; i++)
			order[i](&k);
	for (size_t i = 0; i < p->step_count; i++) {
		p->min += p->steps[i].min;
		p->max += p->steps[i].max;
	}
	plan_digest(p);
	return p;
}
