/* snapshot-verify - prove an archive of snapshot.
 *
 *	snapshot-verify --deep backups/redmine-20261120T174009Z.tar.zst
 */
#include <string.h>
#include <strings.h>

#include "core/step.h"
#include "snapshot/pool.h"
#include "snapshot/prove.h"
#include "snapshot/restore.h"
#include "snapshot/seal.h"
#include "snapshot/origin.h"

static struct {
	bool deep;
	int jobs;
	const char *sha256, *signed_by, *identity;
} cfg;

static const struct opt opts[] = {
	OPT_FLAG_(0, "deep", "also restore it on trial, and compare all content", &cfg.deep),
	OPT_STRING_(0, "sha256", "sum", "the sum that the whole file must have", &cfg.sha256),
	OPT_STRING_(0, "signed-by", "fingerprint", "key whose signature must lie beside it", &cfg.signed_by),
	OPT_STRING_(0, "identity", "file", "key of age for what is encrypted", &cfg.identity),
	OPT_INT_('j', "jobs", "number", "threads (default: one for each processor, at most 8)", &cfg.jobs),
	OPT_END_
};

static bool
is_sum(const char *s)
{
	return strspn(s, "0123456789abcdefABCDEF") == DIGEST_HEX - 1 && !s[DIGEST_HEX - 1];
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	int inputs = 0;

	if (!count) {
		err_set(e, FAIL_TROUBLE, "usage", "no archive given");
		return err_hint(e, "snapshot-verify ARCHIVE ...");
	}
	for (int i = 0; i < count; i++)
		inputs += origin_is_input(operands[i]);
	if (inputs > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "standard input is one archive");
	if (inputs && step_take_input(s, e))
		return -1;
	if (cfg.sha256 && count > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "--sha256 goes with one archive");
	if (cfg.sha256 && !is_sum(cfg.sha256))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--sha256 takes 64 hexadecimal digits, not '%s'", cfg.sha256);
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
		const struct value *store = value_item(stores, i),
				   *tables = value_get(store, "tables");
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

/* A signature that is there must be good; one that --signed-by asks for must be there. */
static int
check_signature(struct step *s, const char *path, const struct origin *src, struct value *v,
    struct err *e)
{
	if (!src->signature && cfg.signed_by)
		return err_set(e, FAIL_NO, "bad-signature", "%s: there is no signature %s.sig",
		    path, path);
	if (!src->signature ||
	    !seal_check(step_mem(s), path, src->signature, src->file, cfg.signed_by, v, e))
		return 0;
	if (e->code == FAIL_NO || cfg.signed_by || !strcmp(e->word, "cancelled"))
		return -1;
	step_warn(s, "not checked: %s", e->text);
	return 0;
}

static int
verify(struct step *s, const char *path, struct value *v, struct err *e)
{
	MEM_SCOPE(m);
	struct origin src;
	char sum[DIGEST_HEX];
	int opened = origin_open(m, path, cfg.identity, &src, e);

	value_set_string(v, "archive", src.name);
	if (opened || digest_file(sum, src.file, e))
		return -1;
	value_set_string(v, "sha256", sum);
	value_set_bool(v, "encrypted", src.encrypted);
	describe(s, v, src.r);
	step_material(s, path, NULL, sum);
	if (cfg.sha256 && strcasecmp(cfg.sha256, sum))
		return err_set(e, FAIL_NO, "other",
		    "%s: its SHA-256 is %s, not the one given: it is another archive, or "
		    "was changed",
		    path, sum);
	if (check_signature(s, path, &src, v, e) || prove_archive(src.r, pool_threads(cfg.jobs), e))
		return -1;
	step_say(s, "%s: sound, %zu frames", path, reader_count(src.r));
	return cfg.deep ? restore_trial(m, src.r, pool_threads(cfg.jobs), say, s, e) : 0;
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
