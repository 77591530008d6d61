/* snapshot-verify - prove an archive of snapshot.
 *
 *	snapshot-verify --deep backups/redmine-20261120T174009Z.tar.zst
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "core/step.h"
#include "snapshot/pool.h"
#include "snapshot/prove.h"
#include "snapshot/restore.h"

static struct {
	bool deep;
	int jobs;
	const char *sha256;
} cfg;

static const struct opt opts[] = {
	OPT_FLAG_(0, "deep", "also restore it on trial, and compare all content", &cfg.deep),
	OPT_STRING_(0, "sha256", "sum", "the sum that the whole file must have", &cfg.sha256),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (!count) {
		err_set(e, FAIL_TROUBLE, "usage", "no archive given");
		return err_hint(e, "snapshot-verify ARCHIVE ...");
	}
	if (cfg.sha256 && count > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "--sha256 goes with one archive");
	return pool_check(cfg.jobs, e);
}

static void
say(void *step, const char *text)
{
	step_say(step, "%s", text);
}

/* Its facts into V. */
static void
describe(struct step *s, struct value *v, const struct reader *r)
{
	struct mem *m = step_mem(s);
	const struct value *manifest = reader_manifest(r), *stores = value_get(manifest, "stores");
	struct value *list = value_set_array(m, v, "stores");
	int64_t members = 0;

	for (size_t i = 0; i < reader_count(r); i++)
		members += reader_frame(r, i)->members;
	value_set_int(v, "size", reader_size(r));
	value_set_int(v, "frames", (int64_t)reader_count(r));
	value_set_int(v, "members", members);
	value_set_string(v, "manifest_sha256", reader_manifest_sum(r));
	value_set(v, "begun", value_get(manifest, "begun"));
	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *store = value_item(stores, i), *tables = value_get(store, "tables");
		struct value *o = value_add_object(m, list);
		int64_t rows = 0;

		value_set(o, "name", value_get(store, "name"));
		value_set(o, "kind", value_get(store, "kind"));
		value_set(o, "entries", value_get(store, "entries"));
		for (size_t k = 0; k < value_count(tables); k++)
			rows += value_get_int(value_item(tables, k), "rows", 0);
		if (tables) {
			value_set_int(o, "tables", (int64_t)value_count(tables));
			value_set_int(o, "rows", rows);
		}
	}
}

static int
verify(struct step *s, const char *path, struct value *v, struct err *e)
{
	MEM_SCOPE(m);
	struct reader *r = reader_open(m, path, path, e);
	char sum[DIGEST_HEX];

	if (!r || reader_sum(r, sum, e))
		return -1;
	value_set_string(v, "sha256", sum);
	describe(s, v, r);
	step_material(s, path, NULL, sum);
	if (cfg.sha256 && strcmp(cfg.sha256, sum))
		return err_set(e, FAIL_NO, "other", "%s: its SHA-256 is %s, not the one given: it is another archive, or "
		    "was changed", path, sum);
	if (prove_archive(r, pool_threads(cfg.jobs), e))
		return -1;
	step_say(s, "%s: sound, %zu frames", path, reader_count(r));
	return cfg.deep ? restore_trial(m, r, pool_threads(cfg.jobs), say, s, e) : 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *list = value_set_array(m, step_result(s), "archives");
	struct err first = { 0 };
	int bad = 0;

	for (int i = 0; i < count; i++) {
		struct value *v = value_add_object(m, list);
		char path[PATH_MAX];

		value_set_string(v, "archive", realpath(operands[i], path) ? path : operands[i]);
		if (!verify(s, operands[i], v, e)) {
			value_set_bool(v, "sound", true);
			value_set_bool(v, "deep", cfg.deep);
			continue;
		}
		value_set_bool(v, "sound", false);
		value_set_string(v, "reason", e->text);
		/* the others are looked at, too; what was wrong first is the answer */
		if (bad++)
			step_warn(s, "%s", e->text);
		else
			first = *e;
		if (!strcmp(e->word, "cancelled"))
			break;
	}
	if (bad)
		*e = first;
	return bad ? -1 : 0;
}

static const struct tool tool = {
	.name = "snapshot-verify",
	.brief = "prove an archive of snapshot",
	.operands = "archive ...",
	.opts = opts,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
