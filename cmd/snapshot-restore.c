/* snapshot-restore - load an archive of snapshot into new places.
 *
 *	snapshot-restore --pg-into "$DATABASE_URL" --swap backups/redmine-20261120T174009Z.tar.zst
 */
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/step.h"
#include "snapshot/extract.h"
#include "snapshot/globals.h"
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

static int
check_pairs(const char *what, const struct opt_list *list, struct err *e)
{
	for (size_t i = 0; i < list->count; i++)
		if (!strchr(list->item[i], '=') || *list->item[i] == '=')
			return err_set(e, FAIL_TROUBLE, "usage", "%s, not '%s'", what,
			    list->item[i]);
	return 0;
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	bool into = cfg.pg_into.count || cfg.dir_into.count || cfg.exec_into.count ||
	    cfg.extract.count || cfg.list;

	(void)operands;
	if (count != 1 || !into) {
		err_set(e, FAIL_TROUBLE, "usage", count > 1 ? "one archive at a time" :
		    count ? "nothing to restore into" : "no archive given");
		return err_hint(e, "snapshot-restore --pg-into \"$DATABASE_URL\" ARCHIVE");
	}
	if (cfg.swap && !cfg.pg_into.count)
		return err_set(e, FAIL_TROUBLE, "usage", "--swap goes with --pg-into");
	if (cfg.create_db && cfg.pg_into.count > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "--create-db names one database");
	if (check_pairs("--dir-into takes NAME=PATH", &cfg.dir_into, e) ||
	    check_pairs("--extract takes TABLE=FILE", &cfg.extract, e))
		return -1;
	for (size_t i = 0; i < cfg.extract.count; i++)
		if (!strcmp(strrchr(cfg.extract.item[i], '='), "=-") && step_take_output(s, e))
			return -1;
	return pool_check(cfg.jobs, e);
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

static bool
wanted(const struct value *store)
{
	for (size_t i = 0; i < cfg.only.count; i++)
		if (!strcmp(cfg.only.item[i], value_get_string(store, "name")))
			return true;
	return !cfg.only.count;
}

/* The store that an option names, and its place in the record; *STORE is NULL when --only leaves it
 * out. */
static int
pick(struct step *s, const struct restore *how, const char *kind, const char *name,
    struct value *list, const struct value **store, struct value **facts, struct err *e)
{
	if (!(*store = restore_find(how->r, kind, name, e)))
		return -1;
	if (wanted(*store))
		*facts = restore_note(step_mem(s), list, *store);
	else
		*store = NULL;
	return 0;
}

/* What is restored of one option. */
struct target {
	struct restored d;
	struct value *facts;
	bool made;
};

static int
restore_database(struct step *s, const struct restore *how, const char *option, struct value *list,
    struct target *t, struct err *e)
{
	const char *name, *spec = take_split(step_mem(s), option, &name);
	const struct value *store;

	if (pick(s, how, "postgres", name, list, &store, &t->facts, e))
		return -1;
	if (!store || step_dry_run(s))
		return 0;
	if (cfg.globals && globals_apply(step_mem(s), store, spec, how->say, how->arg, e))
		return -1;
	if (restore_postgres(step_mem(s), how, store, spec, cfg.create_db, &t->d, t->facts, e))
		return -1;
	t->made = true;
	step_say(s, "database %s: %zu tables, %s as in the archive", t->d.database,
	    value_count(value_get(store, "tables")), how->check_content ? "rows" : "counts");
	return 0;
}

static int
swap(struct step *s, const struct restore *how, const struct target *t, struct err *e)
{
	const struct restored *d = &t->d;
	struct value *v;
	const char *kept;

	if (restore_swap(step_mem(s), how, d, &kept, e))
		return -1;
	v = value_set_object(step_mem(s), step_result(s), "swapped");
	value_set_string(v, "old_database", d->original);
	value_set_string(v, "kept_as", kept);
	value_set_string(t->facts, "database", d->original);
	step_say(s, "database %s is the restored one; the old one is kept as %s", d->original,
	    kept);
	return 0;
}

/* All are restored before the first is exchanged; when one fails, none stays. */
static int
restore_databases(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct target *t = mem_zero(step_mem(s), cfg.pg_into.count + 1, sizeof *t);
	size_t swapped = 0;
	int bad = 0;

	for (size_t i = 0; i < cfg.pg_into.count && !bad; i++)
		bad = restore_database(s, how, cfg.pg_into.item[i], list, &t[i], e);
	for (size_t i = 0; cfg.swap && i < cfg.pg_into.count && !bad; i++) {
		if (t[i].made)
			bad = swap(s, how, &t[i], e);
		swapped = bad ? i : i + 1;
	}
	for (size_t i = swapped; bad && i < cfg.pg_into.count; i++)
		if (t[i].made)
			restore_drop(&t[i].d);
	if (bad && swapped)
		e->code = FAIL_DIRTY;
	return bad;
}

static int
restore_commands(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct mem *m = step_mem(s);

	for (size_t i = 0; i < cfg.exec_into.count; i++) {
		const char *item = cfg.exec_into.item[i], *given = strchr(item, '=');
		const char *name = mem_dup(m, item, strcspn(item, "="));
		const struct value *store;
		struct value *facts;

		if (pick(s, how, "exec", name, list, &store, &facts, e) || (store &&
		    restore_exec(m, how, store, given ? given + 1 : NULL, step_dry_run(s), e)))
			return -1;
	}
	return 0;
}

static int
extract(struct step *s, const struct reader *r, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *list = value_set_array(m, step_result(s), "extracted");

	for (size_t i = 0; i < cfg.extract.count && !step_dry_run(s); i++) {
		const char *item = cfg.extract.item[i], *file = strrchr(item, '=') + 1;
		const char *table = mem_dup(m, item, (size_t)(file - 1 - item));
		struct value *v = value_add_object(m, list);
		int64_t rows = 0;

		if (extract_table(r, table, file, &rows, e))
			return -1;
		value_set_string(v, "table", table);
		value_set_string(v, "file", file);
		value_set_int(v, "rows", rows);
		step_say(s, "%s: %lld rows of %s", file, (long long)rows, table);
	}
	return 0;
}

static int
restore_directories(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct mem *m = step_mem(s);

	for (size_t i = 0; i < cfg.dir_into.count; i++) {
		const char *item = cfg.dir_into.item[i], *path = strchr(item, '=') + 1;
		const char *name = mem_dup(m, item, (size_t)(path - 1 - item));
		const struct value *store;
		struct value *facts;

		if (pick(s, how, "directory", name, list, &store, &facts, e))
			return -1;
		if (!store || step_dry_run(s))
			continue;
		if (restore_directory(m, how, store, path, facts, e))
			return -1;
		step_say(s, "%s: %lld entries", path,
		    (long long)value_get_int(facts, "entries", 0));
	}
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	bool content = cfg.check_content == YES || (cfg.check_content == WITH_SWAP && cfg.swap);
	char stamp[CLOCK_TEXT];
	struct restore how = { .stamp = clock_stamp(stamp, clock_unix_ms()),
		.jobs = pool_threads(cfg.jobs), .no_owner = cfg.no_owner,
		.no_tablespaces = cfg.no_tablespaces, .search_path = cfg.search_path,
		.say = say, .arg = s, .check_content = content };
	struct origin src;
	struct value *list;

	(void)count;
	if (origin_open(m, operands[0], cfg.identity, &src, e))
		return -1;
	how.r = src.r;
	value_set_string(step_result(s), "archive", src.name);
	step_material(s, operands[0], NULL, NULL);
	list = value_set_array(m, step_result(s), "stores");
	if (restore_check_names(how.r, &cfg.only, e))
		return -1;
	if (cfg.list) {
		restore_list(m, &how, list);
		step_unchanged(s);
		return 0;
	}
	/* what nobody uses yet comes first, a swap last */
	if ((cfg.extract.count && extract(s, how.r, e)) || restore_directories(s, &how, list, e) ||
	    restore_commands(s, &how, list, e))
		return -1;
	return restore_databases(s, &how, list, e);
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
