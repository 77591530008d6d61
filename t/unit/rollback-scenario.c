/* which evidence leads to which scenario: one row a case */
#include <string.h>

#include "../tap.h"
#include "core/mem.h"
#include "rollback/plan.h"
#include "rollback/scenario.h"

#define SUM "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define DB "postgres://app@db:5432/notes"

/* Records: AT is the minute of the release in which the step ran, from :00 to :30. */
#define HEAD(at, step)                                                               \
	"{\"handrail\":1,\"id\":\"01JD00000000000000000000" at "\",\"step\":\"" step \
	"\",\"service\":\"notes\","
#define OPEN(at, step) \
	HEAD(at, step) "\"status\":\"started\",\"time\":\"2026-11-20T10:" at ":00.000Z\"}\n"
#define END(at, step, status, rest)                              \
	HEAD(at, step)                                           \
	"\"status\":\"" status "\",\"time\":\"2026-11-20T10:" at \
	":30.000Z\",\"seconds\":30.0" rest "}\n"
#define RESULT(text) ",\"result\":{" text "}"
#define ERROR(word) ",\"error\":{\"code\":\"" word "\",\"message\":\"m\"}"

#define CHANGE(image, from, to, kind)                                                           \
	"{\"file\":\"m.yaml\",\"real\":\"/srv/m.yaml\",\"path\":\"" image                       \
	".tag\",\"image\":\"" image "\",\"from\":\"" image ":" from "\",\"to\":\"" image ":" to \
	"\",\"from_version\":\"" from "\",\"to_version\":\"" to "\",\"kind\":\"" kind "\"}"
#define BUMPED(changes) END("01", "manifest-bump", "ok", RESULT("\"changes\":[" changes "]"))
#define BUMP BUMPED(CHANGE("notes", "6", "7", "major"))
#define STORE(name, uri, more)                                                                  \
	"{\"name\":\"" name "\",\"kind\":\"postgres\",\"uri\":\"" uri "\",\"database\":\"" name \
	"\"" more "}"
#define ARCHIVE \
	"\"archive\":\"/nowhere/a.tar.zst\",\"sha256\":\"" SUM "\",\"format\":1,\"verified\":true"
#define SNAPPED(at, stores) END(at, "snapshot", "ok", RESULT(ARCHIVE ",\"stores\":[" stores "]"))
#define SNAP SNAPPED("02", STORE("notes", DB, ""))
#define RAN(status, rest) \
	END("03", "migrate-apply", status, RESULT("\"database\":\"" DB "\"," rest))
#define QUIET \
	RAN("unchanged", "\"before\":\"2\",\"after\":\"2\",\"applied\":[],\"pending_count\":0")
#define APPLIED                                                                                   \
	"\"before\":\"2\",\"after\":\"3\",\"applied\":[{\"version\":\"3\",\"name\":\"add_tags\"," \
	"\"xid\":901}],\"pending_count\":0"
#define MIGRATED RAN("ok", APPLIED)
#define DIFFED(word, back, changes)                                      \
	END("00", "schema-diff", "ok",                                   \
	    RESULT("\"compatibility\":\"" word "\",\"rollback\":\"" back \
		   "\",\"changes\":[" changes "]"))
#define ADDS                                                                                       \
	"{\"action\":\"create\",\"kind\":\"column\",\"object\":\"public.notes.tag\",\"hazards\":[" \
	"]}"
#define DROPS                                                                                      \
	"{\"action\":\"drop\",\"kind\":\"column\",\"object\":\"public.notes.author\",\"hazards\":" \
	"[{\"id\":\"drop-column\",\"class\":\"old-code\"}]}"
#define LABEL                                                                                      \
	"{\"action\":\"alter\",\"kind\":\"enum\",\"object\":\"public.mood\",\"hazards\":[{\"id\":" \
	"\"new-label\",\"class\":\"old-code\"}]}"
#define DEPLOYED \
	END("04", "deploy", "ok", RESULT("\"argv\":[\"up\"],\"directory\":\"/srv\",\"exit\":0"))
#define SICK                               \
	END("05", "health-wait", "failed", \
	    ERROR("not-healthy") RESULT("\"healthy\":false,\"targets\":[]"))
#define TAIL DEPLOYED SICK
/* a code release that names itself */
#define THIS                                                                                    \
	"{\"handrail\":1,\"id\":\"01JB\",\"step\":\"preflight\",\"status\":\"ok\",\"release\":" \
	"\"this\","                                                                             \
	"\"time\":\"2026-11-20T09:00:00.000Z\",\"seconds\":1.0}\n" BUMP SNAP QUIET TAIL

static const struct row {
	const char *name;
	const char *stream;
	int scenario;
	const char *strategy;
	const char *rule;               /* one of the reasons with the highest floor */
	bool consistent;
	enum scenario_writes writes;
	const char *release;
	bool contradiction;
} rows[] = {
	{ "no evidence at all", "", 3, "forward-fix", .rule = "no-records" },
	{ "code alone: tag changed, nothing to migrate", BUMP SNAP QUIET TAIL, 1, "code",
	    .rule = "manifest-changed" },
	{ "code alone needs no snapshot", BUMP QUIET TAIL, 1, "code", .rule = "manifest-changed" },
	{ "a patch version proves nothing",
	    BUMPED(CHANGE("notes", "6.0.1", "6.0.2", "patch")) SNAP MIGRATED TAIL, 3,
	    "restore-swap", .rule = "schema" },
	{ "nothing was changed at all",
	    END("01", "manifest-bump", "unchanged", RESULT("\"changes\":[]")) QUIET, 0, "none",
	    .rule = NULL },
	{ "nothing was pinned, and the service deployed",
	    END("01", "manifest-bump", "unchanged", RESULT("\"changes\":[]")) SNAP QUIET DEPLOYED,
	    3, "restore-swap", .rule = "manifest-missing" },
	{ "the pin failed, and the service deployed",
	    END("01", "manifest-bump", "failed", ERROR("not-found")) SNAP QUIET DEPLOYED, 3,
	    "restore-swap", .rule = "manifest-missing" },
	{ "no file of the pin",
	    BUMPED("{\"image\":\"notes\",\"from\":\"notes:6\",\"to\":\"notes:7\","
		   "\"from_version\":\"6\",\"to_version\":\"7\"}") SNAP QUIET TAIL,
	    3, "restore-swap", .rule = "manifest-changed" },
	{ "an old tag without a number", BUMPED(CHANGE("notes", "alpine", "7", "major")) SNAP QUIET
	    TAIL, 3, "restore-swap", .rule = "old-tag-moves" },
	{ "an old tag in a variable", BUMPED(CHANGE("notes", "${TAG:-6}", "7", "major")) SNAP QUIET
	    TAIL, 3, "restore-swap", .rule = "old-tag-moves" },
	{ "the server's major behind the extension's version",
	    BUMPED(CHANGE("timescaledb", "2.14.2-pg15", "2.15.0-pg16", "minor")) SNAP QUIET TAIL, 3,
	    "restore-new-instance", .rule = "server-version" },
	{ "the extension's version alone",
	    BUMPED(CHANGE("timescaledb", "2.14.2-pg15", "2.15.0-pg15", "minor")) SNAP QUIET TAIL, 1,
	    "code", .rule = "manifest-changed" },
	{ "a status that is none", BUMP SNAP RAN("UNCHANGED",
	    "\"before\":\"2\",\"after\":\"2\",\"applied\":[]") TAIL, 3, "restore-swap",
	    .rule = "doubt" },
	{ "a record of another format", BUMP SNAP QUIET TAIL
	    "{\"handrail\":2,\"id\":\"01JD0000000000000000000009\",\"step\":\"preflight\","
	    "\"service\":\"notes\",\"status\":\"ok\"}\n", 3, "restore-swap", .rule = "doubt",
	    .contradiction = true },
	{ "a record that names no step", BUMP SNAP QUIET TAIL
	    "{\"handrail\":1,\"id\":\"01JD0000000000000000000009\",\"status\":\"ok\"}\n", 3,
	    "restore-swap", .rule = "doubt" },
	{ "marked as applied without being run", BUMP SNAP RAN("ok",
	    "\"before\":\"2\",\"after\":\"3\",\"applied\":[],\"marked\":[\"3\"]") TAIL, 2,
	    "code", .rule = "history-changed" },
	{ "migrated, compatibility not known", BUMP SNAP MIGRATED TAIL, 3, "restore-swap",
	    .rule = "schema" },
	{ "migrated, old code can live with it",
	    DIFFED("old-code-ok", "code", ADDS) BUMP SNAP MIGRATED TAIL, 2, "code",
	    .rule = "schema" },
	{ "migrated, full compatibility", DIFFED("full", "code", ADDS) BUMP SNAP MIGRATED TAIL, 2,
	    "code", .rule = "schema" },
	{ "migrated, data need a check",
	    DIFFED("needs-check", "code", LABEL) BUMP SNAP MIGRATED TAIL, 2, "code",
	    .rule = "schema" },
	{ "migrated, breaking", DIFFED("breaking", "restore", DROPS) BUMP SNAP MIGRATED TAIL, 3,
	    "restore-swap", .rule = "schema" },
	{ "breaking without saying where",
	    DIFFED("breaking", "restore", "") BUMP SNAP MIGRATED TAIL, 3, "restore-swap",
	    .rule = "schema" },
	{ "a compatibility word nobody knows", DIFFED("fine", "code", ADDS) BUMP SNAP MIGRATED TAIL,
	    3, "restore-swap", .rule = "schema" },
	{ "schema-diff against itself",
	    DIFFED("old-code-ok", "restore", ADDS) BUMP SNAP MIGRATED TAIL, 3, "restore-swap",
	    .rule = "schema" },
	{ "migrations that leave the schema: data changed",
	    DIFFED("full", "code", "") BUMP SNAP MIGRATED TAIL, 3, "restore-swap",
	    .rule = "schema" },
	{ "schema-diff failed and says nothing",
	    END("00", "schema-diff", "failed", ERROR("no-connection")) BUMP SNAP MIGRATED TAIL, 3,
	    "restore-swap", .rule = "schema" },
	{ "compatible, but the data must be exact",
	    DIFFED("full", "code", ADDS) BUMP SNAP MIGRATED TAIL, 3, "restore-swap",
	    .rule = "writes", .consistent = true },
	{ "compatible, exact, and nothing was written",
	    DIFFED("full", "code", ADDS) BUMP SNAP MIGRATED TAIL, 2, "code", .rule = "schema",
	    .consistent = true, .writes = WRITES_NONE },
	{ "restore, but no snapshot", BUMP MIGRATED TAIL, 3, "forward-fix", .rule = "schema" },
	{ "restore, the snapshot failed",
	    BUMP END("02", "snapshot", "failed", ERROR("no-space")) MIGRATED TAIL, 3, "forward-fix",
	    .rule = "schema" },
	{ "restore, the snapshot never ended", BUMP OPEN("02", "snapshot") MIGRATED TAIL, 3,
	    "forward-fix", .rule = "schema" },
	{ "restore, the snapshot was only planned",
	    BUMP END("02", "snapshot", "planned", "") MIGRATED TAIL, 3, "forward-fix",
	    .rule = "schema" },
	{ "snapshot newer than the migration",
	    BUMP MIGRATED SNAPPED("04", STORE("notes", DB, "")) SICK, 3, "forward-fix",
	    .rule = "schema" },
	{ "snapshot after the migration, by transaction id",
	    BUMP SNAPPED("02", STORE("notes", DB, ",\"snapshot_xmax\":902")) MIGRATED TAIL, 3,
	    "forward-fix", .rule = "schema" },
	{ "snapshot before the migration, by transaction id",
	    BUMP SNAPPED("02", STORE("notes", DB, ",\"snapshot_xmax\":901")) MIGRATED TAIL, 3,
	    "restore-swap", .rule = "schema" },
	{ "snapshot of another database",
	    BUMP SNAPPED("02", STORE("other", "postgres://app@db:5432/other", "")) MIGRATED TAIL, 3,
	    "forward-fix", .rule = "schema" },
	{ "snapshot by another user of the same database",
	    BUMP SNAPPED("02", STORE("notes", "postgres://backup@db:5432/notes", "")) MIGRATED TAIL,
	    3, "restore-swap", .rule = "schema" },
	{ "two stores and one snapshot",
	    BUMP SNAP MIGRATED END("06", "migrate-apply", "ok",
		RESULT("\"database\":\"postgres://app@db:5432/b\"," APPLIED)) TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "two stores and two snapshots",
	    BUMP SNAP SNAPPED("00", STORE("b", "postgres://app@db:5432/b", "")) MIGRATED END("06",
		"migrate-apply", "ok", RESULT("\"database\":\"postgres://app@db:5432/b\"," APPLIED))
		TAIL,
	    3, "restore-swap", .rule = "schema" },
	{ "two sums for one archive",
	    BUMP END("02", "snapshot", "ok",
		",\"subject\":[{\"name\":\"a\",\"digest\":{\"sha256\":\"ff\"}}]" RESULT(
		    ARCHIVE ",\"stores\":[" STORE("notes", DB, "") "]")) MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "an archive without a sum",
	    BUMP END("02", "snapshot", "ok",
		RESULT("\"archive\":\"/a\",\"stores\":[" STORE("notes", DB, "") "]")) MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "an archive of a later format",
	    BUMP END("02", "snapshot", "ok",
		RESULT("\"archive\":\"/a\",\"sha256\":\"" SUM
		       "\",\"format\":2,\"stores\":[" STORE("notes", DB, "") "]")) MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "a snapshot without stores", BUMP SNAPPED("02", "") MIGRATED TAIL, 3, "forward-fix",
	    .rule = "schema" },
	{ "latest as the old tag",
	    BUMPED(CHANGE("notes", "latest", "7", "unknown")) SNAP QUIET TAIL, 3, "restore-swap",
	    .rule = "old-tag-moves" },
	{ "no tag as the old tag", BUMPED(CHANGE("notes", "", "7", "unknown")) SNAP QUIET TAIL, 3,
	    "restore-swap", .rule = "old-tag-moves" },
	{ "Postgres major in the manifest",
	    BUMPED(CHANGE("postgres", "15.4", "16.1", "major")) SNAP QUIET TAIL, 3,
	    "restore-new-instance", .rule = "server-version" },
	{ "Postgres minor in the manifest",
	    BUMPED(CHANGE("postgres", "15.4", "15.5", "minor")) SNAP QUIET TAIL, 1, "code",
	    .rule = "manifest-changed" },
	{ "MySQL minor in the manifest",
	    BUMPED(CHANGE("library/mysql", "8.0.1", "8.0.2", "patch")) SNAP QUIET TAIL, 3,
	    "restore-new-instance", .rule = "server-version" },
	{ "no manifest-bump", SNAP QUIET TAIL, 3, "restore-swap", .rule = "manifest-missing" },
	{ "manifest-bump only planned",
	    END("01", "manifest-bump", "planned", RESULT("\"changes\":[]")) SNAP QUIET TAIL, 3,
	    "restore-swap", .rule = "manifest-missing" },
	{ "manifest-bump never ended", OPEN("01", "manifest-bump") SNAP QUIET TAIL, 3,
	    "restore-swap", .rule = "doubt", .contradiction = true },
	{ "manifest-bump never ended, then another did",
	    OPEN("00", "manifest-bump") BUMP SNAP QUIET TAIL, 3, "restore-swap", .rule = "doubt",
	    .contradiction = true },
	{ "one id, two ends", BUMP SNAP QUIET END("04", "deploy", "failed", "") DEPLOYED, 3,
	    "restore-swap", .rule = "doubt", .contradiction = true },
	{ "one snapshot, two ends",
	    BUMP SNAP END("02", "snapshot", "failed", ERROR("no-space")) MIGRATED TAIL, 3,
	    "forward-fix", .rule = "doubt" },
	{ "deploy failed, then worked",
	    BUMP SNAP QUIET END("04", "deploy", "failed", "")
		END("05", "deploy", "ok", RESULT("\"argv\":[\"up\"]")),
	    1, "code", .rule = "manifest-changed" },
	{ "somebody migrated between two runs",
	    BUMP SNAP DIFFED("full", "code", ADDS) MIGRATED END("06", "migrate-apply", "unchanged",
		RESULT("\"database\":\"" DB "\",\"before\":\"5\",\"after\":\"5\",\"applied\":[]"))
		TAIL,
	    3, "restore-swap", .rule = "doubt", .contradiction = true },
	{ "somebody migrated after the snapshot",
	    BUMP SNAPPED("02", STORE("notes", DB, ",\"history_revision\":\"1\""))
		DIFFED("full", "code", ADDS) MIGRATED TAIL,
	    3, "restore-swap", .rule = "doubt", .contradiction = true },
	{ "the snapshot's revision is the one that was found",
	    BUMP SNAPPED("02", STORE("notes", DB, ",\"history_revision\":\"2\""))
		DIFFED("full", "code", ADDS) MIGRATED TAIL,
	    2, "code", .rule = "schema" },
	{ "migrations taken back in the release",
	    BUMP SNAP RAN("ok",
		"\"before\":\"3\",\"after\":\"2\",\"reverted\":[{\"version\":\"3\"}]") TAIL,
	    3, "restore-swap", .rule = "doubt", .contradiction = true },
	{ "another service migrated the same database",
	    BUMP SNAP QUIET "{\"handrail\":1,\"id\":\"01JD9\",\"step\":\"migrate-apply\","
			    "\"service\":\"wiki\",\"status\":\"ok\",\"result\":{\"database\":\"" DB
			    "\"," APPLIED "}}\n" TAIL,
	    3, "restore-swap", .rule = "doubt", .contradiction = true },
	{ "snapshot-verify found the archive damaged",
	    BUMP SNAP END("02", "snapshot-verify", "failed",
		RESULT("\"archives\":[{\"archive\":"
		       "\"/nowhere/a.tar.zst\",\"sound\":false}]")) MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "snapshot-verify found another archive",
	    BUMP SNAP END("06", "snapshot-verify", "ok",
		RESULT("\"archives\":[{\"archive\":"
		       "\"/nowhere/a.tar.zst\",\"sound\":true,\"sha256\":\"ff\"}]")) MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
	{ "snapshot-prune removed the archive",
	    BUMP SNAP MIGRATED TAIL END("06", "snapshot-prune", "ok",
		RESULT("\"directory\":\"/nowhere\","
		       "\"removed\":[\"a.tar.zst\"]")),
	    3, "forward-fix", .rule = "schema" },
	{ "snapshot-prune would remove it",
	    BUMP SNAP MIGRATED TAIL END("06", "snapshot-prune", "ok",
		RESULT("\"directory\":\"/nowhere\","
		       "\"dry\":true,\"removed\":[\"a.tar.zst\"]")),
	    3, "restore-swap", .rule = "schema" },
	{ "a migration that failed without telling its transaction's end",
	    BUMP SNAP END("03", "migrate-apply", "failed",
		ERROR("sql-23502") RESULT(
		    "\"database\":\"" DB "\",\"before\":\"2\",\"after\":\"2\",\"applied\":[]")),
	    3, "restore-swap", .rule = "migrate-unclear" },
	{ "the connection was lost in the middle of a migration",
	    BUMP SNAP END("03", "migrate-apply", "failed",
		ERROR("no-connection") RESULT(
		    "\"database\":\"" DB
		    "\",\"applied\":[],\"failed\":{\"file\":\"3.sql\",\"rolled_back\":false}")),
	    3, "restore-swap", .rule = "migrate-unclear" },
	{ "a Postgres major without the image's name",
	    BUMPED("{\"file\":\"m\",\"real\":\"/m\",\"path\":\"db\",\"from\":\"postgres:15\","
		   "\"to\":\"postgres:16\",\"from_version\":\"15\",\"to_version\":\"16\",\"kind\":"
		   "\"major\"}") SNAP QUIET TAIL,
	    3, "restore-new-instance", .rule = "server-version" },
	{ "a later release of the same service",
	    THIS "{\"handrail\":1,\"id\":\"01JE\",\"step\":\"migrate-apply\",\"service\":\"notes\","
		 "\"release\":\"later\",\"status\":\"ok\",\"time\":\"2026-11-21T00:00:00.000Z\","
		 "\"seconds\":1.0,\"result\":{}}\n",
	    3, "restore-swap", .rule = "doubt", .release = "this" },
	{ "an earlier release of the same service",
	    "{\"handrail\":1,\"id\":\"01JA\",\"step\":\"migrate-apply\",\"service\":\"notes\","
	    "\"release\":\"before\",\"status\":\"ok\",\"time\":\"2026-11-19T00:00:00.000Z\","
	    "\"seconds\":1.0,\"result\":{}}\n" THIS,
	    1, "code", .rule = "manifest-changed", .release = "this" },
	{ "manifest-bump ok without a change", END("01", "manifest-bump", "ok", "") SNAP QUIET TAIL,
	    3, "restore-swap", .rule = "manifest-missing" },
	{ "more than tags changed in the manifests",
	    BUMP SNAP QUIET END("00", "manifest-diff", "ok", RESULT("\"structure\":\"differs\""))
		TAIL,
	    2, "code", .rule = "manifest-structure" },
	{ "only tags changed in the manifests",
	    BUMP SNAP QUIET END("00", "manifest-diff", "ok", RESULT("\"structure\":\"same\"")) TAIL,
	    1, "code", .rule = "manifest-changed" },
	{ "no migrate-apply", BUMP SNAP TAIL, 3, "restore-swap", .rule = "migrate-missing" },
	{ "migrate-apply only planned", BUMP SNAP END("03", "migrate-apply", "planned", "") TAIL, 3,
	    "restore-swap", .rule = "migrate-missing" },
	{ "migrate-apply was refused",
	    BUMP SNAP END("03", "migrate-apply", "refused", ERROR("upstream-failed")), 1, "code",
	    .rule = "manifest-changed" },
	{ "migrate-apply never ended", BUMP SNAP OPEN("03", "migrate-apply"), 3, "restore-swap",
	    .rule = "migrate-unclear" },
	{ "migrate-apply could not connect",
	    BUMP SNAP END("03", "migrate-apply", "failed", ERROR("no-connection")), 1, "code",
	    .rule = "manifest-changed" },
	{ "migration failed and was rolled back",
	    BUMP SNAP RAN("failed",
		"\"before\":\"2\",\"after\":\"2\",\"applied\":[],"
		"\"failed\":{\"file\":\"3.sql\",\"rolled_back\":true}"),
	    1, "code", .rule = "manifest-changed" },
	{ "migration rolled back, but the revision moved",
	    BUMP SNAP RAN("failed",
		"\"before\":\"2\",\"after\":\"3\",\"applied\":[],"
		"\"failed\":{\"file\":\"3.sql\",\"rolled_back\":true}"),
	    3, "restore-swap", .rule = "migrate-unclear" },
	{ "migration failed and was not rolled back",
	    BUMP SNAP RAN("failed",
		"\"before\":\"2\",\"after\":\"2\",\"applied\":[],"
		"\"failed\":{\"file\":\"3.sql\",\"rolled_back\":false}"),
	    3, "restore-swap", .rule = "migrate-unclear" },
	{ "migration failed without a word",
	    BUMP SNAP END("03", "migrate-apply", "failed", ERROR("sql-42P01")), 3, "restore-swap",
	    .rule = "migrate-unclear" },
	{ "cancelled before anything was applied",
	    BUMP SNAP RAN("cancelled", "\"before\":\"2\",\"after\":\"2\",\"applied\":[]"), 1,
	    "code", .rule = "manifest-changed" },
	{ "the second of two migrations failed",
	    BUMP SNAP RAN("failed",
		APPLIED ",\"failed\":{\"file\":\"4.sql\",\"rolled_back\":true}"),
	    3, "restore-swap", .rule = "schema" },
	{ "unchanged, with migrations applied", BUMP SNAP RAN("unchanged", APPLIED) TAIL, 3,
	    "restore-swap", .rule = "migrate-unclear" },
	{ "unchanged, as migrate-apply writes it",
	    BUMP SNAP RAN("unchanged", "\"before\":\"2\",\"after\":\"2\",\"pending_count\":0") TAIL,
	    1, "code", .rule = "manifest-changed" },
	{ "unchanged, and the revision another",
	    BUMP SNAP RAN("unchanged", "\"before\":\"2\",\"after\":\"3\"") TAIL, 3, "restore-swap",
	    .rule = "migrate-unclear", .contradiction = true },
	{ "applied, and the revision the same",
	    DIFFED("full", "code", ADDS) BUMP SNAP RAN("ok",
		"\"before\":\"2\",\"after\":\"2\","
		"\"applied\":[{\"version\":\"3\"}]") TAIL,
	    3, "restore-swap", .rule = "migrated", .contradiction = true },
	{ "ok without a list of what was applied", BUMP SNAP RAN("ok", "\"before\":\"2\"") TAIL, 3,
	    "restore-swap", .rule = "migrate-unclear" },
	{ "a command nobody knows",
	    BUMP SNAP QUIET END("04", "fix-data", "ok", RESULT("\"argv\":[\"rake\"]")), 3,
	    "restore-swap", .rule = "command" },
	{ "a command declared harmless",
	    BUMP SNAP QUIET END("04", "banner", "ok", RESULT("\"argv\":[\"x\"]")), 1, "code",
	    .rule = "manifest-changed" },
	{ "a command that calls itself migrate-apply",
	    BUMP SNAP END("03", "migrate-apply", "ok", RESULT("\"argv\":[\"rake\"]")) TAIL, 3,
	    "restore-swap", .rule = "migrate-unclear" },
	{ "a command before the snapshot may have spoilt it",
	    BUMP END("00", "fix-data", "ok", RESULT("\"argv\":[\"rake\"]")) SNAP QUIET, 3,
	    "forward-fix", .rule = "command" },
	{ "data restored in this release", BUMP SNAP QUIET END("04", "snapshot-restore", "ok", ""),
	    3, "restore-swap", .rule = "restored" },
	{ "the same tag moved twice",
	    BUMP END("02", "manifest-bump", "ok",
		RESULT("\"changes\":[" CHANGE("notes", "7", "8", "major") "]")) QUIET TAIL,
	    1, "code", .rule = "manifest-changed" },
	{ "two records disagree about the tag between",
	    BUMP END("06", "manifest-bump", "ok",
		RESULT("\"changes\":[" CHANGE("notes", "7.1", "8", "major") "]")) SNAP QUIET TAIL,
	    3, "restore-swap", .rule = "manifest-changed" },
	{ "another service's migrations do not count",
	    BUMP SNAP QUIET "{\"handrail\":1,\"id\":\"01JD9\",\"step\":\"migrate-apply\","
			    "\"service\":\"wiki\",\"status\":\"ok\",\"result\":{" APPLIED
			    "}}\n" TAIL,
	    1, "code", .rule = "manifest-changed" },
	{ "times that are missing make no snapshot usable",
	    BUMP HEAD("02", "snapshot") "\"status\":\"ok\"" RESULT(
		ARCHIVE ",\"stores\":[" STORE("notes", DB, "") "]") "}\n" MIGRATED TAIL,
	    3, "forward-fix", .rule = "schema" },
};

static struct evidence *
read_stream(struct mem *m, const char *stream)
{
	struct evidence *ev = evidence_new(m);

	while (*stream) {
		size_t n = strcspn(stream, "\n");
		struct err e;
		struct value *v = value_parse(m, stream, n, &e);

		if (!v)
			diag("bad row: %s: %.*s", e.text, (int)n, stream);
		evidence_add(ev, v);
		stream += n + 1;
	}
	return ev;
}

static bool
has_reason(const struct scenario_verdict *v, const char *rule)
{
	for (size_t i = 0; i < v->reason_count; i++)
		if (v->reasons[i].floor == v->scenario && !strcmp(v->reasons[i].rule, rule))
			return true;
	return !rule;
}

/* What is decided from EV, of the release and with the options of R. */
static struct scenario_verdict *
decide(struct mem *m, struct evidence *ev, const struct row *r, char digest[DIGEST_HEX])
{
	static const char *const harmless[] = { "banner" };
	const struct evidence_names names = { "deploy", "stop", harmless, 1 };
	struct scenario_given g = { .evidence = ev,
		.names = &names,
		.writes = r->writes,
		.consistent = r->consistent };
	struct plan_options o = { .names = &names };
	struct scenario_verdict *v;

	evidence_close(ev, "notes", r->release, &names);
	v = scenario_decide(m, &g);
	memcpy(digest, plan_make(m, ev, v, &o)->digest, DIGEST_HEX);
	return v;
}

static void
try(const struct row *r)
{
	MEM_SCOPE(m);
	struct evidence *ev = read_stream(m, r->stream);
	char digest[DIGEST_HEX];
	struct scenario_verdict *v = decide(m, ev, r, digest);

	if (!ok((int)v->scenario == r->scenario && !strcmp(v->strategy, r->strategy) &&
		    (!r->rule || has_reason(v, r->rule)),
		"%s: %d, %s", r->name, r->scenario, r->strategy)) {
		diag("got %d, %s", v->scenario, v->strategy);
		for (size_t i = 0; i < v->reason_count; i++)
			diag("%d %s: %s", v->reasons[i].floor, v->reasons[i].rule,
			    v->reasons[i].text);
		for (size_t i = 0; i < ev->flaws.count; i++)
			diag("%s", ev->flaws.item[i]);
	}
}

/* A copy of V without its Nth member, counted through all depths; *N is below 0 when it was met. */
static const struct value *
without(struct mem *m, const struct value *v, int *n, const char **gone)
{
	struct value *copy;

	if (value_kind(v) == VALUE_ARRAY) {
		copy = value_array(m);
		for (size_t i = 0; i < value_count(v); i++)
			value_add(copy, without(m, value_item(v, i), n, gone));
		return copy;
	}
	if (value_kind(v) != VALUE_OBJECT)
		return v;
	copy = value_object(m);
	for (void *at = value_first(v); at; at = value_next(v, at)) {
		if ((*n)-- == 0)
			*gone = mem_string(m, value_key(at));
		else
			value_set(copy, value_key(at), without(m, value_member(at), n, gone));
	}
	return copy;
}

struct record {
	const struct value *value;
	const char *step;
};

static size_t
read_records(struct mem *m, const char *stream, struct record *list)
{
	size_t n = 0;
	struct err e;

	for (; *stream; stream += strcspn(stream, "\n") + 1, n++) {
		list[n].value = value_parse(m, stream, strcspn(stream, "\n"), &e);
		list[n].step = value_get_string(list[n].value, "step");
		list[n].step = list[n].step ? list[n].step : "";
	}
	return n;
}

/* Must record I of LIST be there? Nobody can miss a comparison that was never made, a command or a
 * restore that was never run, what others did, or one of two runs of a program. */
static bool
is_needed(const struct record *list, size_t n, size_t i)
{
	static const char *const extra[] = { "manifest-diff", "fix-data", "banner",
		"snapshot-restore", "deploy" };
	const char *service = value_get_string(list[i].value, "service");

	for (size_t k = 0; k < sizeof extra / sizeof *extra; k++)
		if (!strcmp(list[i].step, extra[k]))
			return false;
	for (size_t k = 0; k < n; k++)
		if (k != i && !strcmp(list[k].step, list[i].step))
			return false;
	return service && !strcmp(service, "notes") && !value_get(list[i].value, "release") &&
	    strcmp(value_get_string(list[i].value, "status"), "started");
}

static int
scenario_of(struct mem *m, const struct record *list, size_t n, size_t skip, const struct row *r,
    char digest[DIGEST_HEX])
{
	struct evidence *ev = evidence_new(m);

	for (size_t i = 0; i < n; i++)
		if (i != skip)
			evidence_add(ev, list[i].value);
	return (int)decide(m, ev, r, digest)->scenario;
}

/* Taking one record away, or one field of one, must never lower the answer, whatever the release
 * was. (A contradiction takes two: without the one, the other stands.) */
static void
try_without(const struct row *r)
{
	MEM_SCOPE(m);
	struct record list[32];
	char digest[DIGEST_HEX];
	size_t n = read_records(m, r->stream, list);

	for (size_t i = 0; i < n && !r->contradiction; i++) {
		const struct value *whole = list[i].value, *result = value_get(whole, "result");
		const char *gone;
		int got;

		if (!is_needed(list, n, i))
			continue;
		got = scenario_of(m, list, n, i, r, digest);
		ok(got >= r->scenario, "%s, less %s", r->name, list[i].step);
		for (int k = 0, left = -1; result && left < 0; k++) {
			struct value *record = value_object(m);

			left = k;
			gone = "nothing";
			for (void *at = value_first(whole); at; at = value_next(whole, at))
				value_set(record, value_key(at), value_member(at));
			value_set(record, "result", without(m, result, &left, &gone));
			list[i].value = record;
			got = scenario_of(m, list, n, n, r, digest);
			if (got < r->scenario)
				ok(false, "%s, %s without %s: %d", r->name, list[i].step, gone,
				    got);
		}
		list[i].value = whole;
	}
}

/* Any records in any order, some of them twice: the order of the lines changes nothing, and no
 * record less lowers the answer. */
static void
try_random(unsigned seed)
{
	static const struct row any = { .name = "random" };
	static struct record pool[1024];
	MEM_SCOPE(m);
	struct record list[8];
	char one[DIGEST_HEX], two[DIGEST_HEX];
	size_t count = 0, n = 0;
	int whole;

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (!rows[i].release && !rows[i].contradiction)
			count += read_records(m, rows[i].stream, pool + count);
	for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
		const struct record *x = &pool[(seed = seed * 1103515245 + 12345) / 65536 % count];
		bool taken = false;

		/* the stream refuses two different records of one id and status */
		for (size_t k = 0; k < n; k++)
			taken |= !strcmp(value_get_string(x->value, "id"),
			    value_get_string(list[k].value, "id"));
		if (!taken)
			list[n++] = *x;
	}
	whole = scenario_of(m, list, n, n, &any, one);
	for (size_t i = 0; i < n / 2; i++) {
		struct record x = list[i];

		list[i] = list[n - 1 - i];
		list[n - 1 - i] = x;
	}
	ok(scenario_of(m, list, n, n, &any, two) == whole && !strcmp(one, two),
	    "random %u: the order of lines", seed);
	for (size_t i = 0; i < n; i++) {
		int got = scenario_of(m, list, n, i, &any, two);

		/* that the schema differs matters without a migration, too, and nobody need have
		 * looked */
		if (got < whole && is_needed(list, n, i) && strcmp(list[i].step, "schema-diff"))
			ok(false, "random %u: less %s: from %d to %d", seed, list[i].step, whole,
			    got);
	}
}

int
main(void)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		try(&rows[i]);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		try_without(&rows[i]);
	for (unsigned seed = 1; seed <= 300; seed++)
		try_random(seed);
	return done();
}
