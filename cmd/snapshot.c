/* snapshot - take one verified archive of all stores.
 *
 *	snapshot --pg "$DATABASE_URL" --dir files=/srv/redmine/files -o backups/
 */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/step.h"
#include "snapshot/archive.h"
#include "snapshot/hold.h"
#include "snapshot/pool.h"
#include "snapshot/take.h"

/* Stores in the order of their options; the names of these are take_add's. */
enum { PG, DIR, EXEC, MYSQL, MONGO, REDIS, HELM, COMPOSE, KINDS };
static const char *const kinds[] = { "pg", "dir", "exec", "mysql", "mongo", "redis", "helm",
	"compose" };

static struct {
	struct opt_list store[KINDS], exec_restore;
	struct archive_how archive;
	struct store_taking taking;
	const char *freeze, *thaw, *resume;
	int jobs;
} cfg = { .archive.level = 1, .taking.lock_timeout = 30 };

static int
set_unlogged(const char *arg, struct err *e)
{
	cfg.taking.no_unlogged = arg && !strcmp(arg, "no");
	if (!arg || cfg.taking.no_unlogged || !strcmp(arg, "yes"))
		return 0;
	return err_set(e, FAIL_TROUBLE, "usage", "it takes yes or no, not '%s'", arg);
}

static const struct opt opts[] = {
	OPT_LIST_(0, "pg", "[name=]connection", "a Postgres database", &cfg.store[PG]),
	OPT_LIST_(0, "dir", "name=path", "a directory with all below it", &cfg.store[DIR]),
	OPT_LIST_(0, "exec", "name=command", "what a shell command writes", &cfg.store[EXEC]),
	OPT_LIST_(0, "exec-restore", "name=command", "what loads that again, for its restore", &cfg.exec_restore),
	OPT_LIST_(0, "mysql", "[name=]database", "mysqldump of a database", &cfg.store[MYSQL]),
	OPT_LIST_(0, "mongo", "[name=]uri", "mongodump", &cfg.store[MONGO]),
	OPT_LIST_(0, "redis", "[name=]uri", "redis-cli --rdb", &cfg.store[REDIS]),
	OPT_LIST_(0, "helm", "[name=]release", "revision and values of a Helm release", &cfg.store[HELM]),
	OPT_LIST_(0, "compose", "[name=]file", "images that a Compose project runs", &cfg.store[COMPOSE]),
	OPT_LIST_(0, "schema", "name", "of databases, this schema alone", &cfg.taking.schemas),
	OPT_LIST_(0, "exclude-table-data", "pattern", "of databases, these tables without their rows", &cfg.taking.exclude_data),
	OPT_CALL_(0, "unlogged", "[yes|no]", "of databases, also rows of unlogged tables (yes)", set_unlogged),
	OPT_STRING_(0, "clone", "name", "also a copy of the database, on its server", &cfg.taking.clone),
	OPT_STRING_(0, "freeze", "command", "run before the point in time of all stores", &cfg.freeze),
	OPT_STRING_(0, "thaw", "command", "run after it, whatever happens", &cfg.thaw),
	OPT_STRING_('o', "output", "place", "directory, file, s3://bucket/key or - for the archive", &cfg.archive.output),
	OPT_STRING_(0, "resume", "file", "only end an upload that another run has left in this file", &cfg.resume),
	OPT_LIST_(0, "encrypt-to", "recipient", "encrypt it, by age or gpg", &cfg.archive.encrypt_to),
	OPT_STRING_(0, "identity", "file", "key of age: decrypt it again, to prove that it can be", &cfg.archive.identity),
	OPT_STRING_(0, "sign", "key", "sign it by gpg, in a file beside it", &cfg.archive.sign),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_INT_(0, "level", "number", "how hard zstd tries, 1 to 19", &cfg.archive.level),
	OPT_SIZE_(0, "max-rate", "size", "take at most so many bytes a second", &cfg.archive.rate),
	OPT_SECONDS_(0, "lock-timeout", "duration", "how long to wait for locks on tables", &cfg.taking.lock_timeout),
	OPT_FLAG_(0, "allow-changed", "take files that change while they are read as they are", &cfg.taking.allow_changed),
	OPT_FLAG_(0, "no-verify", "do not read the archive back", &cfg.archive.no_verify),
	OPT_END_
};

static struct take all;

static bool
is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static int
add_stores(struct mem *m, struct err *e)
{
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; i < cfg.store[k].count; i++)
			if (take_add(m, &all, kinds[k], cfg.store[k].item[i], e))
				return -1;
	for (size_t i = 0; i < cfg.exec_restore.count; i++)
		if (take_set_restore(m, &all, cfg.exec_restore.item[i], e))
			return -1;
	if (all.count || is_set("DATABASE_URL") || is_set("PGDATABASE") || is_set("PGSERVICE") ||
	    is_set("PGHOST"))
		return all.count ? 0 : take_add(m, &all, "pg", NULL, e);
	err_set(e, FAIL_TROUBLE, "usage",
	    "nothing to take: no store is named, and $DATABASE_URL is %s",
	    getenv("DATABASE_URL") ? "empty" : "not set");
	return err_hint(e, "snapshot --pg \"$DATABASE_URL\" --dir files=/srv/files -o backups/");
}

/* What was taken, and where it goes, is in the file. */
static int
check_alone(struct err *e)
{
	size_t others = cfg.exec_restore.count;

	for (size_t k = 0; k < KINDS; k++)
		others += cfg.store[k].count;
	return others || cfg.archive.output ?
	    err_set(e, FAIL_TROUBLE, "usage",
		"--resume goes with neither stores nor -o: the file tells") :
	    0;
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)count;
	(void)operands;
	if (cfg.archive.output && !strcmp(cfg.archive.output, "-") && step_take_output(s, e))
		return err_in(e, "-o -");
	if (cfg.archive.level < 1 || cfg.archive.level > 19)
		return err_set(e, FAIL_TROUBLE, "usage", "--level takes 1 to 19, not %d",
		    cfg.archive.level);
	if (cfg.archive.rate < 0)
		return err_set(e, FAIL_TROUBLE, "usage", "--max-rate takes a size");
	if (pool_check(cfg.jobs, e) || archive_check(&cfg.archive, e) ||
	    (!cfg.resume && add_stores(step_mem(s), e)))
		return -1;
	if (cfg.resume)
		return check_alone(e);
	if (all.store[0].kind != &store_postgres && (cfg.taking.clone || cfg.taking.schemas.count ||
	    cfg.taking.exclude_data.count || cfg.taking.no_unlogged))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "%s is about a database, and there is none",
		    cfg.taking.clone                  ? "--clone" :
			cfg.taking.schemas.count      ? "--schema" :
			cfg.taking.exclude_data.count ? "--exclude-table-data" :
							"--unlogged");
	if (cfg.taking.clone && cfg.store[PG].count > 1)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--clone names the copy of one database, and there are several");
	return 0;
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

/* It is where it should be. */
static void
tell(struct step *s, const char *uri)
{
	const struct value *r = step_result(s);
	const char *name = value_get_string(r, "archive");
	bool sealed = value_get(r, "encrypted_to") && !value_bool(value_get(r, "decrypted"));

	step_subject(s, name, uri, value_get_string(r, "sha256"));
	step_say(s, "%s: %.1f MB (%.1f MB unpacked), %s", name,
	    (double)value_get_int(r, "size", 0) / 1e6,
	    (double)value_get_int(r, "raw_size", 0) / 1e6,
	    !value_bool(value_get(r, "verified")) ? "not verified" :
		sealed ? "proven before it was encrypted, not decrypted again" :
			 "read back and proven");
}

static int
take(struct step *s, struct archive *a, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *manifest = value_object(m), *result = step_result(s);

	if (archive_begin(m, a, e))
		return -1;
	cfg.taking.w = a->writer;
	cfg.taking.directory = place_directory(a->place);
	value_set_string(manifest, "id", step_id(s));
	value_set_string(manifest, "service", step_service(s));
	value_set_string(manifest, "release", step_release(s));
	if (take_all(m, &all, &cfg.taking, manifest, e))
		return -1;
	take_describe(m, &all, result);
	value_set(result, "skew", value_get(manifest, "skew"));
	if (archive_end(m, a, result, e))
		return -1;
	tell(s, place_uri(m, a->place));
	return 0;
}

/* All stores at one point in time, while the service stands still. */
static int
freeze(struct step *s, struct err *e)
{
	struct value *v = value_set_object(step_mem(s), step_result(s), "frozen");
	struct hold *hold = hold_begin(step_mem(s), cfg.freeze, cfg.thaw, e);
	char time[CLOCK_TEXT];
	struct err thawed;
	int bad;

	if (!hold)
		return -1;
	value_set_string(v, "begun", clock_rfc3339(time, clock_unix_ms()));
	bad = take_freeze(step_mem(s), &all, &cfg.taking, e);
	if (hold_end(hold, &thawed)) {
		*e = thawed;
		return -1;
	}
	value_set_string(v, "ended", clock_rfc3339(time, clock_unix_ms()));
	return bad;
}

static int
resume(struct step *s, struct err *e)
{
	if (step_dry_run(s))
		return 0;
	if (archive_resume(step_mem(s), cfg.resume, step_result(s), e))
		return -1;
	tell(s, value_get_string(step_result(s), "archive"));
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct archive a;

	(void)count;
	(void)operands;
	if (cfg.resume)
		return resume(s, e);
	if (!cfg.store[PG].count && all.store[0].spec && is_set("DATABASE_URL"))
		step_warn(s,
		    "$DATABASE_URL names a database that this snapshot leaves out: --pg "
		    "env:DATABASE_URL takes it");
	cfg.taking.frozen = cfg.freeze;
	cfg.taking.jobs = cfg.archive.jobs = pool_threads(cfg.jobs);
	cfg.taking.say = say;
	cfg.taking.arg = s;
	if (take_open(m, &all, &cfg.taking, e))
		return -1;
	cfg.archive.name = step_service(s) ? step_service(s) : all.store[0].name;
	if (archive_choose(m, &cfg.archive, &a, e))
		return -1;
	if (!step_dry_run(s)) {
		if (!freeze(s, e) && !take(s, &a, e))
			return 0;
		take_undo(&all);
		return -1;
	}
	value_set_string(step_result(s), "archive", place_name(a.place));
	take_describe(m, &all, step_result(s));
	return 0;
}

static const struct tool tool = {
	.name = "snapshot",
	.brief = "take one verified archive of all stores",
	.opts = opts,
	.flags = TOOL_CHANGES,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
