/* scenario.c - the rules. Each looks at the evidence and may raise the floor; none can lower it. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rollback/scenario.h"
#include "rollback/schema.h"
#include "rollback/strategy.h"

/* One rule at work. */
struct case_ {
	const struct scenario_given *g;
	const struct evidence *ev;
	struct scenario_verdict *v;
	const char *rule;
};

static void __attribute__((format(printf, 3, 4)))
raise_to(struct case_ *c, enum scenario floor, const char *fmt, ...)
{
	struct scenario_verdict *v = c->v;
	char *text;
	va_list ap;

	va_start(ap, fmt);
	text = mem_vfmt(v->m, fmt, ap);
	va_end(ap);
	mem_grow(v->m, &v->reasons, v->reason_count, &v->reason_room, sizeof *v->reasons);
	v->reasons[v->reason_count++] = (struct scenario_reason){ c->rule, floor, text };
	if (floor > v->scenario)
		v->scenario = floor;
}

/* Manifests */

static void
no_records(struct case_ *c)
{
	if (!c->ev->story.count)
		raise_to(c, SCENARIO_RESTORE,
		    "there are no records of this release: nothing is known of what it changed");
}

static const struct story_step *
was_deployed(const struct case_ *c)
{
	const struct story_step *s = evidence_last(c->ev, c->g->names->deploy);

	return s && evidence_acted(s) ? s : NULL;
}

static void
manifest_missing(struct case_ *c)
{
	const struct story_step *s = evidence_last(c->ev, "manifest-bump");

	if (!s || story_is(s, "planned"))
		raise_to(c, SCENARIO_RESTORE,
		    "no record says which version ran before: manifest-bump is not in the records");
	else if (story_is(s, "ok") && !value_count(value_get(s->result, "changes")))
		raise_to(c, SCENARIO_RESTORE,
		    "manifest-bump is recorded as ok but names no change");
	else if (!c->ev->change_count && was_deployed(c))
		raise_to(c, SCENARIO_RESTORE,
		    "no record says which version ran before: manifest-bump %s, and step %s ran "
		    "all the same",
		    story_is(s, "unchanged") ? "found nothing to change" : "did not change it",
		    c->g->names->deploy);
}

static void
manifest_changed(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->change_count; i++) {
		const struct evidence_change *x = &c->ev->changes[i];

		raise_to(c, SCENARIO_CODE, "%s went from %s to %s in %s",
		    *x->image ? x->image : x->path, *x->from_version ? x->from_version : x->from,
		    *x->to_version ? x->to_version : x->to, x->file);
		if (!*x->file || (!*x->image && !*x->path))
			raise_to(c, SCENARIO_RESTORE,
			    "manifest-bump does not say in which file, or where in it, the "
			    "version stands");
		if (!*x->image && !*x->from)
			raise_to(c, SCENARIO_RESTORE,
			    "manifest-bump does not say what stood at %s in %s before", x->path,
			    x->file);
		if (x->broken_chain)
			raise_to(c, SCENARIO_RESTORE,
			    "the records disagree about %s in %s: it was changed in between",
			    x->path, x->file);
	}
}

static void
manifest_structure(struct case_ *c)
{
	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "manifest-diff", s));) {
		const char *structure = value_get_string(s->result, "structure");

		if (structure && !strcmp(structure, "same"))
			continue;
		raise_to(c, SCENARIO_CAVEATS,
		    "the manifests differ in more than image tags (manifest-diff)");
		sentences_add(c->v->m, &c->v->caveats,
		    "put the manifests back by git revert: the steps here only repin the recorded "
		    "tags");
	}
}

/* A tag that is moved from image to image names no image. */
static bool
is_moving(const struct evidence_change *x)
{
	if (strstr(x->from, "@sha256:"))
		return false;
	/* "latest", "main", "alpine", or what a variable holds */
	return !strpbrk(x->from_version, "0123456789") || strpbrk(x->from_version, "${");
}

static void
old_tag_moves(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->change_count; i++)
		if (is_moving(&c->ev->changes[i]))
			raise_to(c, SCENARIO_RESTORE,
			    "the old tag of %s, '%s', names no fixed version: what ran before is "
			    "not known",
			    c->ev->changes[i].image, c->ev->changes[i].from_version);
}

/* Servers that write their data files in a form the older version cannot read. MINOR: older minors
 * can. */
static const struct { const char *image; bool minor;
} servers[] = {
	{ "postgres", true },
	{ "postgresql", true },
	{ "postgis", true },
	{ "pgvector", true },
	{ "timescaledb", true },
	{ "timescaledb-ha", true },
	{ "mysql", false },
	{ "percona", false },
	{ "mariadb", false },
	{ "mongo", false },
	{ "mongodb", false },
	{ "elasticsearch", false },
	{ "opensearch", false },
	{ "neo4j", false },
	{ "clickhouse-server", false },
	{ "cassandra", false },
	{ "couchdb", false },
	{ "influxdb", false },
};

/* "docker.io/library/postgres:16" is postgres. */
static char *
image_name(struct mem *m, const struct evidence_change *x)
{
	const char *image = *x->image ? x->image : x->from, *slash = strrchr(image, '/');
	const char *name = slash ? slash + 1 : image;

	return mem_dup(m, name, strcspn(name, ":@"));
}

/* "2.14.2-pg15": the server's own major stands behind the "pg"; 0: it does not. */
static long
server_major(const char *version)
{
	const char *pg = strstr(version, "pg");

	return pg ? strtol(pg + 2, NULL, 10) : 0;
}

static void
server_went_up(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->change_count; i++) {
		const struct evidence_change *x = &c->ev->changes[i];
		const char *name = image_name(c->v->m, x);

		for (size_t k = 0; k < sizeof servers / sizeof *servers; k++) {
			if (strcmp(name, servers[k].image) ||
			    (servers[k].minor &&
				server_major(x->from_version) == server_major(x->to_version) &&
				(!strcmp(x->kind, "minor") || !strcmp(x->kind, "patch") ||
				    !strcmp(x->kind, "digest"))))
				continue;
			raise_to(c, SCENARIO_RESTORE,
			    "%s %s may have rewritten its data files: %s cannot be expected to "
			    "read them",
			    name, x->to_version, x->from_version);
			c->v->new_instance = true;
		}
	}
}

/* Migrations */

static void
migrate_missing(struct case_ *c)
{
	const struct story_step *s = evidence_last(c->ev, "migrate-apply");

	if (!s || story_is(s, "planned"))
		raise_to(c, SCENARIO_RESTORE,
		    "no record says whether the schema or the data were migrated: migrate-apply is "
		    "not in the records");
}

/* Failed, but so that its database is as it was? */
static bool
rolled_back(const struct story_step *s)
{
	const struct value *failed = value_get(s->result, "failed");
	const struct value *before = value_get(s->result, "before"),
			   *after = value_get(s->result, "after");

	if (value_count(value_get(s->result, "applied")))
		return false;
	if (value_kind(failed) == VALUE_OBJECT)
		return value_bool(value_get(failed, "rolled_back")) && value_equal(before, after);
	/* a statement that failed is told there, with what became of its transaction */
	if (story_is(s, "failed") &&
	    (!s->word || !strcmp(s->word, "migration-failed") || !strncmp(s->word, "sql-", 4)))
		return false;
	return s->result && before && value_equal(before, after);
}

static void
migrate_unclear(struct case_ *c)
{
	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "migrate-apply", s));) {
		size_t applied = evidence_applied(s);
		bool list = value_kind(value_get(s->result, "applied")) == VALUE_ARRAY;
		const struct value *failed = value_get(s->result, "failed");

		if (!evidence_acted(s))
			continue;
		if (story_is(s, "started"))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply began and never ended: how far it came is not known");
		else if (story_is(s, "unchanged") && applied)
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply contradicts itself: unchanged, with %zu applied",
			    applied);
		else if (story_is(s, "unchanged") &&
		    !value_equal(value_get(s->result, "before"), value_get(s->result, "after")))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply contradicts itself: unchanged, and the revision "
			    "another");
		else if (story_is(s, "ok") && !list)
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply is recorded as ok but does not list what it applied");
		else if (story_is(s, "ok") && !applied && !value_get(s->result, "marked") &&
		    !value_equal(value_get(s->result, "before"), value_get(s->result, "after")))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply contradicts itself: nothing applied, and the revision "
			    "another");
		else if (story_is_done(s) && value_get_int(s->result, "pending_count", 0) > 0)
			raise_to(c, SCENARIO_CAVEATS, "migrate-apply left %lld migrations pending",
			    (long long)value_get_int(s->result, "pending_count", 0));
		else if (!story_is_done(s) && value_kind(failed) == VALUE_OBJECT &&
		    !value_bool(value_get(failed, "rolled_back")))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply failed in %s and could not roll it back",
			    value_get_string(failed, "file") ? value_get_string(failed, "file") :
							       "a migration");
		else if (!story_is_done(s) && !applied && !rolled_back(s))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply %s, and no record says that the database is as it was",
			    story_is(s, "cancelled") ? "was cancelled" : "failed");
	}
}

/* Versions in the history whose files did not run, or have another text now: an old migrator that
 * verifies its own files may refuse. */
static void
history_changed(struct case_ *c)
{
	static const char *const lists[] = { "marked", "accepted" };

	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "migrate-apply", s));)
		for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
			size_t n = value_count(value_get(s->result, lists[i]));

			if (n)
				raise_to(c, SCENARIO_CAVEATS,
				    "migrate-apply %s %zu migrations in the history without "
				    "running them: the old version's own check of it may refuse",
				    lists[i], n);
		}
}

static void
migrated(struct case_ *c)
{
	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "migrate-apply", s));) {
		const struct value *applied = value_get(s->result, "applied");
		size_t n = value_count(applied);
		const char *first = value_get_string(value_item(applied, 0), "name");
		const char *last = value_get_string(value_item(applied, n ? n - 1 : 0), "name");

		if (!n)
			continue;
		raise_to(c, SCENARIO_CAVEATS,
		    n == 1 ? "%zu migration was applied: %s%s%s" :
			     "%zu migrations were applied: %s%s%s",
		    n, first ? first : "without a name", n > 1 ? " to " : "",
		    n > 1 ? last ? last : "one without a name" : "");
		if (!value_get(s->result, "after") ||
		    value_equal(value_get(s->result, "before"), value_get(s->result, "after")))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply contradicts itself: migrations applied, the revision "
			    "the same");
		if (!value_get_string(s->result, "database"))
			raise_to(c, SCENARIO_RESTORE,
			    "migrate-apply does not say which database it migrated");
	}
}

static void
schema(struct case_ *c)
{
	struct schema_judgement j;
	bool applied = false;

	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "migrate-apply", s));)
		applied |= evidence_applied(s) > 0;
	schema_judge(c->v->m, c->ev, c->g->code, applied, &j);
	for (size_t i = 0; i < j.breaking.count; i++)
		raise_to(c, SCENARIO_RESTORE, "%s", j.breaking.item[i]);
	for (size_t i = 0; i < j.bearable.count; i++)
		raise_to(c, SCENARIO_CAVEATS, "%s", j.bearable.item[i]);
	for (size_t i = 0; i < j.checks.count; i++)
		sentences_add(c->v->m, &c->v->caveats, "%s", j.checks.item[i]);
}

/* Other steps */

static void
commands(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->story.count; i++) {
		const struct story_step *s = &c->ev->story.steps[i];

		if (!story_is_command(s) || !evidence_acted(s) ||
		    !strcmp(s->step, c->g->names->deploy) || evidence_is_harmless(s, c->g->names))
			continue;
		raise_to(c, SCENARIO_RESTORE,
		    "what the command of step %s did to the data is not known (--harmless %s says: "
		    "nothing)",
		    s->step, s->step);
	}
}

static void
deployed(struct case_ *c)
{
	const struct story_step *s = was_deployed(c);

	if (s)
		raise_to(c, SCENARIO_CODE, "step %s %s", s->step,
		    story_is_done(s) ? "started the new version" :
				       "may have started the new version, or a part of it");
}

static void
restored(struct case_ *c)
{
	for (const struct story_step *s = NULL; (s = evidence_next(c->ev, "snapshot-restore", s));)
		if (evidence_acted(s))
			raise_to(c, SCENARIO_RESTORE,
			    "snapshot-restore ran in this release: the data are not what "
			    "migrate-apply left");
}

static void
doubts(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->doubts.count; i++)
		raise_to(c, SCENARIO_RESTORE, "%s", c->ev->doubts.item[i]);
}

static void
writes(struct case_ *c)
{
	if (c->g->consistent && c->g->writes != WRITES_NONE && c->ev->changer)
		raise_to(c, SCENARIO_RESTORE,
		    "the data shall be exactly as before, and %s written since",
		    c->g->writes == WRITES_WINDOW ? "rows were" : "rows may have been");
	else if (c->g->writes != WRITES_NONE && c->v->scenario == SCENARIO_CAVEATS)
		sentences_add(c->v->m, &c->v->caveats,
		    "rows that the new version wrote %sstay; the old version must be able to live "
		    "with them",
		    c->g->writes == WRITES_WINDOW ? "" : "(if it wrote any) ");
}

static void
other_services(struct case_ *c)
{
	for (size_t i = 0; i < c->ev->others.count; i++)
		sentences_add(c->v->m, &c->v->caveats,
		    "the records also tell of service %s, which this plan leaves alone: "
		    "rollback-plan --service %s",
		    c->ev->others.item[i], c->ev->others.item[i]);
}

static const struct {
	const char *name;
	void (*look)(struct case_ *);
} rules[] = {
	{ "no-records", no_records },
	{ "manifest-missing", manifest_missing },
	{ "manifest-changed", manifest_changed },
	{ "manifest-structure", manifest_structure },
	{ "old-tag-moves", old_tag_moves },
	{ "server-version", server_went_up },
	{ "migrate-missing", migrate_missing },
	{ "migrate-unclear", migrate_unclear },
	{ "history-changed", history_changed },
	{ "migrated", migrated },
	{ "schema", schema },
	{ "command", commands },
	{ "deployed", deployed },
	{ "restored", restored },
	{ "doubt", doubts },
	{ "writes", writes },
	{ "other-services", other_services },
};

struct scenario_verdict *
scenario_decide(struct mem *m, const struct scenario_given *g)
{
	struct scenario_verdict *v = mem_zero(m, 1, sizeof *v);
	struct case_ c = { .g = g, .ev = g->evidence, .v = v };

	v->m = m;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		c.rule = rules[i].name;
		rules[i].look(&c);
	}
	strategy_choose(g, v);
	v->stops = !strncmp(v->strategy, "restore", 7) || !strcmp(v->strategy, "down");
	return v;
}
