/* snapshot-restore - load an archive of snapshot into new places.
 *
 *	snapshot-restore --pg-into "$DATABASE_URL" --swap backups/redmine-20261120T174009Z.tar.zst
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"
#include "core/step.h"
#include "snapshot/pool.h"
#include "snapshot/restore.h"
#include "snapshot/take.h"

static struct {
	struct opt_list pg_into, dir_into, only;
	const char *create_db;
	int jobs;
	bool swap, no_owner, check_content;
} cfg;

static const struct opt opts[] = {
	OPT_LIST_(0, "pg-into", "[name=]connection", "server for a database of the archive", &cfg.pg_into),
	OPT_STRING_(0, "create-db", "name", "name of the new database", &cfg.create_db),
	OPT_FLAG_(0, "swap", "exchange it with the database of the connection", &cfg.swap),
	OPT_LIST_(0, "dir-into", "name=path", "new directory for a directory of the archive", &cfg.dir_into),
	OPT_LIST_(0, "only", "store", "this store alone", &cfg.only),
	OPT_FLAG_(0, "check-content", "compare all rows with the archive, not only their number", &cfg.check_content),
	OPT_FLAG_(0, "no-owner", "leave owners and grants away", &cfg.no_owner),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (count != 1) {
		err_set(e, FAIL_TROUBLE, "usage", count ? "one archive at a time" : "no archive given");
		return err_hint(e, "snapshot-restore --pg-into \"$DATABASE_URL\" ARCHIVE");
	}
	if (!cfg.pg_into.count && !cfg.dir_into.count) {
		err_set(e, FAIL_TROUBLE, "usage", "nothing to restore into: no --pg-into, no --dir-into");
		return err_hint(e, "snapshot-restore --pg-into \"$DATABASE_URL\" --dir-into files=/srv/files.new ARCHIVE");
	}
	if (cfg.swap && !cfg.pg_into.count)
		return err_set(e, FAIL_TROUBLE, "usage", "--swap goes with --pg-into");
	if (cfg.create_db && cfg.pg_into.count > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "--create-db names one database, --pg-into several");
	for (size_t i = 0; i < cfg.dir_into.count; i++)
		if (!strchr(cfg.dir_into.item[i], '='))
			return err_set(e, FAIL_TROUBLE, "usage", "--dir-into takes NAME=PATH, not '%s'",
			    cfg.dir_into.item[i]);
	return pool_check(cfg.jobs, e);
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

/* The store NAME (NULL: the only one) of KIND in the archive. */
static const struct value *
find(const struct reader *r, const char *kind, const char *name, struct err *e)
{
	const struct value *stores = value_get(reader_manifest(r), "stores"), *found = NULL;
	MEM_SCOPE(m);
	struct mem_text names = { .m = m };

	mem_text_fmt(&names, "%s", "");
	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *v = value_item(stores, i);
		const char *is = value_get_string(v, "name"), *its_kind = value_get_string(v, "kind");

		if (!is || !its_kind || strcmp(its_kind, kind))
			continue;
		mem_text_fmt(&names, "%s%s", names.len ? ", " : "", is);
		if (!name && found) {
			found = NULL;
			name = "";
		} else if (!name || !strcmp(is, name)) {
			found = v;
		}
	}
	if (found)
		return found;
	err_set(e, FAIL_TROUBLE, "no-store", "%s: %s %s%s%s", reader_name(r), name && *name ? "it has no" :
	    names.len ? "name one of its stores: more than one is a" : "it has no", kind, name && *name ? " called " : "",
	    name ? name : "");
	err_hint(e, "%s: %s", kind, names.len ? names.text : "there is none");
	return NULL;
}

static bool
wanted(const struct value *store)
{
	for (size_t i = 0; i < cfg.only.count; i++)
		if (!strcmp(cfg.only.item[i], value_get_string(store, "name")))
			return true;
	return !cfg.only.count;
}

static struct value *
describe(struct step *s, struct value *list, const struct value *store)
{
	struct value *v = value_add_object(step_mem(s), list);

	value_set(v, "name", value_get(store, "name"));
	value_set(v, "kind", value_get(store, "kind"));
	return v;
}

static int
swap(struct step *s, const struct restore *how, const struct restored *d, struct value *facts, struct err *e)
{
	struct value *v;
	const char *kept;

	if (restore_swap(step_mem(s), how, d, &kept, e)) {
		restore_drop(d);
		return -1;
	}
	v = value_set_object(step_mem(s), step_result(s), "swapped");
	value_set_string(v, "old_database", d->original);
	value_set_string(v, "kept_as", kept);
	value_set_string(facts, "database", d->original);
	step_say(s, "database %s is the restored one; the old one is kept as %s", d->original, kept);
	return 0;
}

static int
restore_databases(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct mem *m = step_mem(s);

	for (size_t i = 0; i < cfg.pg_into.count; i++) {
		struct restored d;
		const char *name, *spec = take_split(m, cfg.pg_into.item[i], &name);
		const struct value *store = find(how->r, "postgres", name, e);
		struct value *facts;

		if (!store)
			return -1;
		if (!wanted(store))
			continue;
		facts = describe(s, list, store);
		if (step_dry_run(s))
			continue;
		if (restore_postgres(m, how, store, spec, cfg.create_db, &d, facts, e))
			return -1;
		step_say(s, "database %s: %zu tables, %s as in the archive", d.database,
		    value_count(value_get(store, "tables")), cfg.check_content ? "rows" : "counts");
		if (cfg.swap && swap(s, how, &d, facts, e))
			return -1;
	}
	return 0;
}

static int
restore_directories(struct step *s, const struct restore *how, struct value *list, struct err *e)
{
	struct mem *m = step_mem(s);

	for (size_t i = 0; i < cfg.dir_into.count; i++) {
		const char *path = strchr(cfg.dir_into.item[i], '=') + 1;
		const char *name = mem_dup(m, cfg.dir_into.item[i], (size_t)(path - 1 - cfg.dir_into.item[i]));
		const struct value *store = find(how->r, "directory", name, e);
		struct value *facts;

		if (!store)
			return -1;
		if (!wanted(store))
			continue;
		facts = describe(s, list, store);
		if (step_dry_run(s))
			continue;
		if (restore_directory(m, how, store, path, facts, e))
			return -1;
		step_say(s, "%s: %lld entries", path, (long long)value_get_int(facts, "entries", 0));
	}
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct restore how = { .jobs = pool_threads(cfg.jobs), .no_owner = cfg.no_owner, .check_content = cfg.check_content,
		.say = say, .arg = s };
	char stamp[CLOCK_TEXT], path[PATH_MAX];
	struct value *list;

	(void)count;
	clock_stamp(stamp, clock_unix_ms());
	for (char *p = stamp; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	how.stamp = stamp;
	if (!(how.r = reader_open(m, operands[0], operands[0], e)))
		return -1;
	value_set_string(step_result(s), "archive", realpath(operands[0], path) ? path : operands[0]);
	step_material(s, operands[0], NULL, NULL);
	list = value_set_array(m, step_result(s), "stores");
	/* the directories first: they change nothing that anyone uses, a swap does */
	if (restore_directories(s, &how, list, e))
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
