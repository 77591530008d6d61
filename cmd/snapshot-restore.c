/* snapshot-restore - load an archive of snapshot into new places.
 *
 *	snapshot-restore --pg-into "$DATABASE_URL" --swap backups/redmine-20261120T174009Z.tar.zst
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/step.h"
#include "snapshot/extract.h"
#include "snapshot/pool.h"
#include "snapshot/restore.h"
#include "snapshot/origin.h"
#include "snapshot/take.h"

static struct {
	struct opt_list pg_into, dir_into, exec_into, extract, only;
	const char *create_db, *identity, *search_path;
	int jobs;
	bool globals, swap, no_owner, no_tablespaces, list;
	enum { WITH_SWAP, YES, NO } check_content;
} cfg;

static int
set_check(const char *arg, struct err *e)
{
	bool no = arg && !strcmp(arg, "no");

	cfg.check_content = no ? NO : YES;
	return !arg || no || !strcmp(arg, "yes") ? 0 :
	    err_set(e, FAIL_TROUBLE, "usage", "it takes yes or no, not '%s'", arg);
}

static const struct opt opts[] = {
	OPT_LIST_(0, "pg-into", "[name=]connection", "server for a database of the archive", &cfg.pg_into),
	OPT_STRING_(0, "create-db", "name", "name of the new database", &cfg.create_db),
	OPT_FLAG_(0, "globals", "first make roles and tablespaces that the server lacks", &cfg.globals),
	OPT_FLAG_(0, "swap", "exchange it with the database of the connection", &cfg.swap),
	OPT_LIST_(0, "dir-into", "name=path", "new directory for a directory of the archive", &cfg.dir_into),
	OPT_LIST_(0, "exec-into", "name[=command]", "load a dump by this command, or the one kept with it", &cfg.exec_into),
	OPT_LIST_(0, "extract", "table=file", "one table as CSV", &cfg.extract),
	OPT_FLAG_(0, "list", "tell what the archive holds, restore nothing", &cfg.list),
	OPT_LIST_(0, "only", "store", "this store alone", &cfg.only),
	OPT_CALL_(0, "check-content", "[yes|no]", "compare all rows, not only their number (with --swap)", set_check),
	OPT_FLAG_(0, "no-owner", "leave owners and grants away", &cfg.no_owner),
	OPT_FLAG_(0, "no-tablespaces", "put all into the default tablespace", &cfg.no_tablespaces),
	OPT_STRING_(0, "search-path", "schemas", "where functions look for names while rows are loaded", &cfg.search_path),
	OPT_STRING_(0, "identity", "file", "key of age for an archive that is encrypted", &cfg.identity),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_END_
};

/* The file of "TABLE=FILE". */
static const char *
file_of(const char *item)
{
	return strrchr(item, '=') + 1;
}

static int
check_pairs(const char *what, const struct opt_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++) {
		const char *item = list->item[i];

		if (!strchr(item, '=') || *item == '=' || !*file_of(item))
			return err_set(e, FAIL_TROUBLE, "usage", "%s, not '%s'", what, item);
	}
	return 0;
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	bool into = cfg.pg_into.count || cfg.dir_into.count || cfg.exec_into.count ||
	    cfg.extract.count || cfg.list;

	if (count != 1 || !into) {
		err_set(e, FAIL_TROUBLE, "usage", count > 1 ? "one archive at a time" :
		    count ? "nothing to restore into" : "no archive given");
		return err_hint(e, "snapshot-restore --pg-into \"$DATABASE_URL\" ARCHIVE");
	}
	if (cfg.swap && !cfg.pg_into.count)
		return err_set(e, FAIL_TROUBLE, "usage", "--swap goes with --pg-into");
	if (cfg.create_db && cfg.pg_into.count > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "--create-db names one database");
	if ((origin_is_input(operands[0]) && step_take_input(s, e)) ||
	    check_pairs("--dir-into takes NAME=PATH", &cfg.dir_into, e) ||
	    check_pairs("--extract takes TABLE=FILE", &cfg.extract, e))
		return -1;
	for (size_t i = 0; i < cfg.extract.count; i++)
		if (!strcmp(file_of(cfg.extract.item[i]), "-") && step_take_output(s, e))
			return -1;
	return pool_check(cfg.jobs, e);
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

/* What has been restored; removed again when something fails later. */
struct target {
	struct restored d;
	struct value *facts;
	bool made;
};

static struct {
	struct target *database;        /* one for each --pg-into */
	struct restored_directory *directory;
	size_t extracted, loaded, swapped;      /* files, commands, databases that are done */
} done;

static int
restore_database(struct step *s, const struct restore *how, const char *option, struct value *list,
    struct target *t, struct err *e)
{
	const char *name, *spec = take_split(step_mem(s), option, &name);
	const struct value *store;

	if (restore_pick(step_mem(s), how, "postgres", name, list, &store, &t->facts, e))
		return -1;
	if (!store)
		return 0;
	if (step_dry_run(s))
		return restore_postgres_plan(step_mem(s), how, store, spec, cfg.create_db,
		    t->facts, e);
	if (restore_postgres(step_mem(s), how, store, spec, cfg.create_db, &t->d, t->facts, e))
		return -1;
	t->made = true;
	step_say(s, "database %s: %zu tables, %s as in the archive", t->d.database,
	    value_count(value_get(store, "tables")), how->check_content ? "rows" : "counts");
	return 0;
}

static int
restore_databases(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	done.database = mem_zero(step_mem(s), cfg.pg_into.count + 1, sizeof *done.database);
	for (size_t i = 0; i < cfg.pg_into.count; i++)
		if (restore_database(s, how, cfg.pg_into.item[i], list, &done.database[i], e))
			return -1;
	return 0;
}

static int
swap(struct step *s, const struct restore *how, struct err *e)
{
	for (size_t i = 0; cfg.swap && i < cfg.pg_into.count; i++) {
		const struct target *t = &done.database[i];
		struct value *v;
		const char *kept;

		if (!t->made)
			continue;
		if (restore_swap(step_mem(s), how, &t->d, &kept, e))
			return -1;
		done.swapped = i + 1;
		v = value_set_object(step_mem(s), step_result(s), "swapped");
		value_set_string(v, "old_database", t->d.original);
		value_set_string(v, "kept_as", kept);
		value_set_string(t->facts, "database", t->d.original);
		step_say(s, "database %s is the restored one; the old one is kept as %s",
		    t->d.original, kept);
	}
	return 0;
}

static int
restore_commands(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	for (size_t i = 0; i < cfg.exec_into.count; i++) {
		const char *item = cfg.exec_into.item[i], *given = strchr(item, '=');
		struct mem *m = step_mem(s);
		const char *name = mem_dup(m, item, strcspn(item, "="));
		const struct value *store;
		struct value *facts;

		if (restore_pick(m, how, "exec", name, list, &store, &facts, e) || (store &&
		    restore_exec(m, how, store, given ? given + 1 : NULL, step_dry_run(s), e)))
			return -1;
		done.loaded += store && !step_dry_run(s);
	}
	return 0;
}

static int
extract(struct step *s, const struct reader *r, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *list = value_set_array(m, step_result(s), "extracted");

	for (size_t i = 0; i < cfg.extract.count; i++, done.extracted += !step_dry_run(s)) {
		const char *item = cfg.extract.item[i], *file = file_of(item);
		const char *table = mem_dup(m, item, (size_t)(file - 1 - item));
		struct value *v = value_add_object(m, list);
		int64_t rows = 0;

		if (extract_table(r, table, file, step_dry_run(s), &rows, e))
			return -1;
		value_set_string(v, "table", table);
		value_set_string(v, "file", file);
		value_set_int(v, "rows", rows);
		step_say(s, "%s%s: %lld rows of %s", step_dry_run(s) ? "would write " : "", file,
		    (long long)rows, table);
	}
	return 0;
}

static int
restore_directories(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct mem *m = step_mem(s);

	done.directory = mem_zero(m, cfg.dir_into.count + 1, sizeof *done.directory);
	for (size_t i = 0; i < cfg.dir_into.count; i++) {
		const char *item = cfg.dir_into.item[i], *path = strchr(item, '=') + 1;
		const char *name = mem_dup(m, item, (size_t)(path - 1 - item));
		const struct value *store;
		struct value *facts;

		if (restore_pick(m, how, "directory", name, list, &store, &facts, e))
			return -1;
		if (store && (step_dry_run(s) ?
		    restore_directory_plan(m, how, store, path, facts, e) :
		    restore_directory(m, how, store, path, &done.directory[i], facts, e)))
			return -1;
	}
	return 0;
}

/* What nobody uses yet goes again; what is in use stays, and is told. */
static int
undo(struct err *e)
{
	for (size_t i = done.swapped; done.database && i < cfg.pg_into.count; i++)
		if (done.database[i].made)
			restore_drop(&done.database[i].d);
	for (size_t i = 0; done.directory && !done.swapped && i < cfg.dir_into.count; i++)
		restore_directory_drop(&done.directory[i]);
	for (size_t i = 0; i < done.extracted; i++)
		if (strcmp(file_of(cfg.extract.item[i]), "-"))
			unlink(file_of(cfg.extract.item[i]));
	if (done.swapped || done.loaded)
		e->code = FAIL_DIRTY;
	return -1;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	char stamp[CLOCK_TEXT];
	struct restore how = { .stamp = clock_stamp(stamp, clock_unix_ms()),
		.jobs = pool_threads(cfg.jobs), .no_owner = cfg.no_owner, .only = cfg.only,
		.no_tablespaces = cfg.no_tablespaces, .search_path = cfg.search_path,
		.globals = cfg.globals, .swap = cfg.swap, .say = say, .arg = s,
		.check_content = cfg.check_content == YES || (cfg.swap && !cfg.check_content) };
	struct origin src;
	struct value *list;

	(void)count;
	if (origin_open(m, operands[0], cfg.identity, &src, e))
		return -1;
	how.r = src.r;
	value_set_string(step_result(s), "archive", src.name);
	step_material(s, operands[0], NULL, NULL);
	list = value_set_array(m, step_result(s), "stores");
	if (restore_check_only(&how, e))
		return -1;
	if (cfg.list) {
		restore_list(m, &how, list);
		step_unchanged(s);
		return 0;
	}
	/* what nobody uses yet comes first, what cannot be undone last */
	return (cfg.extract.count && extract(s, how.r, e)) ||
		restore_directories(s, &how, list, e) || restore_databases(s, &how, list, e) ||
		restore_commands(s, &how, list, e) || swap(s, &how, e) ? undo(e) : 0;
}

static const struct tool tool = {
	.name = "snapshot-restore",
	.brief = "load an archive of snapshot into new places",
	.operands = "archive",
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
