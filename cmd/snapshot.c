/* snapshot - take one verified archive of all stores.
 *
 *	snapshot --pg "$DATABASE_URL" --dir files=/srv/redmine/files -o backups/
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/step.h"
#include "core/stop.h"
#include "snapshot/exec.h"
#include "snapshot/place.h"
#include "snapshot/pool.h"
#include "snapshot/prove.h"
#include "snapshot/take.h"

static struct {
	struct opt_list pg, dir, exec, mysql, mongo, redis, helm, compose;
	const char *output;
	int jobs, level;
	double lock_timeout;
	bool no_verify, allow_changed;
} cfg = { .level = 1, .lock_timeout = 30 };

static const struct opt opts[] = {
	OPT_LIST_(0, "pg", "[name=]connection", "a Postgres database", &cfg.pg),
	OPT_LIST_(0, "dir", "name=path", "a directory with all below it", &cfg.dir),
	OPT_LIST_(0, "exec", "name=command", "what a shell command writes", &cfg.exec),
	OPT_LIST_(0, "mysql", "[name=]database", "mysqldump of a database", &cfg.mysql),
	OPT_LIST_(0, "mongo", "[name=]uri", "mongodump", &cfg.mongo),
	OPT_LIST_(0, "redis", "[name=]uri", "redis-cli --rdb", &cfg.redis),
	OPT_LIST_(0, "helm", "[name=]release", "values of a Helm release", &cfg.helm),
	OPT_LIST_(0, "compose", "[name=]file", "images that a Compose project runs", &cfg.compose),
	OPT_STRING_('o', "output", "path", "directory or file for the archive", &cfg.output),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_INT_(0, "level", "number", "how hard zstd tries, 1 to 19", &cfg.level),
	OPT_SECONDS_(0, "lock-timeout", "duration", "how long to wait for locks on tables", &cfg.lock_timeout),
	OPT_FLAG_(0, "allow-changed", "take files that change while they are read as they are", &cfg.allow_changed),
	OPT_FLAG_(0, "no-verify", "do not read the archive back", &cfg.no_verify),
	OPT_END_
};

static int
check_named(const char *option, const char *what, const struct opt_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		size_t n = strcspn(list->item[i], "=:/?. ");

		if (!n || list->item[i][n] != '=' || !list->item[i][n + 1])
			return err_set(e, FAIL_TROUBLE, "usage", "--%s takes NAME=%s, not '%s'", option, what,
			    list->item[i]);
	}
	return 0;
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)count;
	(void)operands;
	if (!cfg.pg.count && !cfg.dir.count && !cfg.exec.count && !cfg.mysql.count && !cfg.mongo.count &&
	    !cfg.redis.count && !cfg.helm.count && !cfg.compose.count && !getenv("DATABASE_URL")) {
		err_set(e, FAIL_TROUBLE, "usage", "nothing to take: no store is named, and $DATABASE_URL is not set");
		return err_hint(e, "snapshot --pg \"$DATABASE_URL\" --dir files=/srv/files -o backups/");
	}
	if (check_named("dir", "PATH", &cfg.dir, e) || check_named("exec", "COMMAND", &cfg.exec, e))
		return -1;
	if (cfg.level < 1 || cfg.level > 19)
		return err_set(e, FAIL_TROUBLE, "usage", "--level takes 1 to 19, not %d", cfg.level);
	return pool_check(cfg.jobs, e);
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

/* "NAME=REST" or, where FALLBACK is given, "REST" alone. */
static const char *
split(struct mem *m, const char *text, const char *fallback, const char **name)
{
	size_t n = strcspn(text, "=:/?. ");

	*name = text[n] == '=' ? mem_dup(m, text, n) : fallback;
	return text[n] == '=' ? text + n + 1 : text;
}

static int
add_presets(struct mem *m, struct take *t, struct err *e)
{
	const struct { const char *name; const struct opt_list *list; } presets[] = {
		{ "mysql", &cfg.mysql }, { "mongo", &cfg.mongo }, { "redis", &cfg.redis }, { "helm", &cfg.helm },
		{ "compose", &cfg.compose },
	};

	for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
		for (size_t k = 0; k < presets[i].list->count; k++) {
			const char *name, *operand = split(m, presets[i].list->item[k], presets[i].name, &name);
			const char *command = exec_preset_command(m, presets[i].name, operand, e);

			if (!command || take_add(m, t, &store_exec, name, command, e))
				return -1;
		}
	return 0;
}

static int
add_stores(struct step *s, struct take *t, struct err *e)
{
	struct mem *m = step_mem(s);
	const char *name, *spec;

	for (size_t i = 0; i < cfg.pg.count; i++) {
		spec = take_split(m, cfg.pg.item[i], &name);
		if (take_add(m, t, &store_postgres, name, spec, e))
			return -1;
	}
	for (size_t i = 0; i < cfg.dir.count; i++) {
		spec = split(m, cfg.dir.item[i], NULL, &name);
		if (take_add(m, t, &store_directory, name, spec, e))
			return -1;
	}
	for (size_t i = 0; i < cfg.exec.count; i++) {
		spec = split(m, cfg.exec.item[i], NULL, &name);
		if (take_add(m, t, &store_exec, name, spec, e))
			return -1;
	}
	if (add_presets(m, t, e))
		return -1;
	if (t->count && !cfg.pg.count && getenv("DATABASE_URL"))
		step_warn(s, "$DATABASE_URL names a database that this snapshot leaves out: --pg env:DATABASE_URL takes it");
	return t->count ? 0 : take_add(m, t, &store_postgres, NULL, NULL, e);
}

/* Read the finished archive back from the disk and prove it, before it gets its name. */
static int
verify(struct step *s, const struct writer *w, const char *path, size_t threads, struct err *e)
{
	MEM_SCOPE(m);
	struct reader *r;

	value_set_bool(step_result(s), "verified", false);
	if (cfg.no_verify)
		return 0;
	if (!(r = reader_open(m, writer_temporary(w), path, e)) || prove_archive(r, threads, e)) {
		if (strcmp(e->word, "damaged"))
			return -1;
		e->code = FAIL_TROUBLE;
		return err_hint(e, "what was read back is not what was written: look at the disk and the memory");
	}
	value_set_bool(step_result(s), "verified", true);
	return 0;
}

static int
finish(struct step *s, struct take *t, struct store_taking *how, const char *path, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *manifest = value_object(m), *result = step_result(s);
	char sum[DIGEST_HEX];
	int64_t size = 0, raw, packed;

	value_set_string(manifest, "id", step_id(s));
	value_set_string(manifest, "service", step_service(s));
	value_set_string(manifest, "release", step_release(s));
	if (take_all(m, t, how, manifest, e))
		return -1;
	take_describe(m, t, result);
	if (verify(s, how->w, path, how->jobs, e))
		return -1;
	writer_progress(how->w, &raw, &packed);
	if (writer_commit(how->w, sum, &size, e))
		return -1;
	value_set_string(result, "archive", path);
	value_set_string(result, "sha256", sum);
	value_set_int(result, "size", size);
	value_set_int(result, "raw_size", raw);
	value_set_int(result, "format", FORMAT_VERSION);
	step_subject(s, path, mem_fmt(m, "file://%s", path), sum);
	step_say(s, "%s: %.1f MB (%.1f MB unpacked), %s", path, (double)size / 1e6, (double)raw / 1e6,
	    cfg.no_verify ? "not verified" : "read back and proven");
	return 0;
}

/* Where the archive goes. Its name holds the second: when an archive of this one is there, that of the next. */
static char *
choose_path(struct step *s, const char *name, struct err *e)
{
	char stamp[CLOCK_TEXT], *path;

	do {
		path = place_choose(step_mem(s), cfg.output, name, clock_stamp(stamp, clock_unix_ms()), e);
		if (!path || !strstr(path, stamp) || access(path, F_OK))
			return path;
	} while (!stop_sleep(0.1, e));
	return NULL;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct take t = { 0 };
	struct store_taking how = { .jobs = pool_threads(cfg.jobs), .lock_timeout = cfg.lock_timeout,
		.allow_changed = cfg.allow_changed, .say = say, .arg = s };
	const char *name;
	char *path;

	(void)count;
	(void)operands;
	if (add_stores(s, &t, e) || take_freeze(m, &t, &how, e))
		return -1;
	name = step_service(s) ? step_service(s) : t.store[0].name;
	if (!(path = choose_path(s, name, e)))
		return -1;
	if (step_dry_run(s)) {
		value_set_string(step_result(s), "archive", path);
		take_describe(m, &t, step_result(s));
		return 0;
	}
	how.directory = mem_dup(m, path, (size_t)(strrchr(path, '/') - path));
	if (!(how.w = place_begin(m, path, cfg.level, e)))
		return -1;
	return finish(s, &t, &how, path, e);
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
