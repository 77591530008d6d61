/* manifest-bump - changes a pinned version by the smallest possible edit, under a version policy.
 *
 *	manifest-bump --image redmine --to 6-alpine packages/redmine/manifest.yaml
 */
#include <stdio.h>
#include <string.h>

#include "core/digest.h"
#include "core/io.h"
#include "core/step.h"
#include "manifest/batch.h"
#include "manifest/judge.h"
#include "manifest/policy_file.h"

static struct bump_request cfg;
static int allow, quote, scheme;
static bool judge, batched, fail_fast, commit;
static const char *policy_file, *plan_file, *released, *message, *branch;
static struct batch batch;

static const struct opt opts[] = {
	OPT_GROUP_("what to change (--service selects, too)"),
	OPT_STRING_(0, "image", "name", "the image of this name, with or without its registry", &cfg.want.image),
	OPT_STRING_(0, "path", "path", "the scalar at a.b[name=x].c", &cfg.want.path),
	OPT_STRING_(0, "kind", "kind", "only in Kubernetes objects of this kind", &cfg.want.kind),
	OPT_STRING_(0, "name", "name", "only in Kubernetes objects of this name", &cfg.want.name),
	OPT_STRING_(0, "container", "name", "only in the container of this name", &cfg.want.container),
	OPT_INT_(0, "doc", "number", "only in this document of a file; the first is 1", &cfg.want.doc),
	OPT_FLAG_(0, "all", "change every match, not one", &cfg.all),
	OPT_FLAG_(0, "all-users", "change what an anchor shares, for all who use it", &cfg.all_users),
	OPT_FLAG_(0, "follow-env", "change the variable that holds the version, in .env", &cfg.follow_env),
	OPT_STRING_(0, "env-file", "file", "that file in place of .env beside the manifest", &cfg.env_file),
	OPT_GROUP_("to what"),
	OPT_STRING_(0, "to", "version", "tag, tag@digest, newest-patch, newest-minor or newest", &cfg.to),
	OPT_STRING_(0, "digest", "digest", "the new digest", &cfg.digest),
	OPT_FLAG_(0, "registry", "the new digest as the registry has it", &cfg.wish.digest),
	OPT_FLAG_(0, "verify", "refuse a tag that the registry does not have", &cfg.wish.verify),
	OPT_ENUM_(0, "quote", "auto|keep|always", "when to put quotes around it", &quote),
	OPT_GROUP_("policy"),
	OPT_ENUM_(0, "allow", "default|patch|minor|major", "the greatest step that is allowed", &allow),
	OPT_FLAG_(0, "allow-downgrade", "an older version, or a tag that pins less", &cfg.policy.downgrade),
	OPT_FLAG_(0, "allow-prerelease", "a prerelease", &cfg.policy.prerelease),
	OPT_FLAG_(0, "allow-variant", "another variant of the image", &cfg.policy.variant),
	OPT_FLAG_(0, "allow-incomparable", "a tag that does not compare", &cfg.policy.incomparable),
	OPT_FLAG_(0, "allow-skip", "skip releases that should be gone through", &cfg.policy.skip),
	OPT_FLAG_(0, "one-minor-at-a-time", "skip no minor, whatever the image", &cfg.policy.each_minor),
	OPT_FLAG_(0, "zero-is-major", "take 0.3 to 0.4 for a major", &cfg.policy.zero_is_major),
	OPT_STRING_(0, "plan", "file", "JSON that names from and to of a stateful image's major", &plan_file),
	OPT_STRING_(0, "policy", "file", "what is said of images; image-policy.json", &policy_file),
	OPT_ENUM_(0, "scheme", "auto|numbers|calver|short-calver|two-major", "how versions are counted", &scheme),
	OPT_STRING_(0, "released", "file|registry", "what releases there are", &released),
	OPT_GROUP_("git"),
	OPT_FLAG_(0, "commit", "commit exactly the changed files", &commit),
	OPT_STRING_('m', "message", "text", "message of the commit", &message),
	OPT_STRING_(0, "branch", "name", "commit on a new branch of this name", &branch),
	OPT_GROUP_("many, or none"),
	OPT_FLAG_(0, "batch", "take requests, a JSON object each, from standard input", &batched),
	OPT_FLAG_(0, "fail-fast", "with --batch: one refusal stops all, and nothing is written", &fail_fast),
	OPT_FLAG_(0, "judge", "judge IMAGE OLD NEW, or tab-separated lines of input (-)", &judge),
	OPT_END_
};

static int
check_judge(struct step *s, int count, char **operands, struct err *e)
{
	step_alone(s);
	if (count == 3 || (count == 1 && !strcmp(operands[0], "-")))
		return 0;
	return err_set(e, FAIL_TROUBLE, "usage",
	    "--judge takes IMAGE OLD NEW, or - for lines of input");
}

static int
read_settings(struct mem *m, struct err *e)
{
	struct err missing;
	const char *file = policy_file ? policy_file : "image-policy.json";

	cfg.wish.released = released && !strcmp(released, "registry");
	if (released && !cfg.wish.released &&
	    policy_file_releases(m, released, &cfg.policy.released, &cfg.policy.released_count, e))
		return -1;
	if (plan_file && !(cfg.plan = policy_file_read(m, plan_file, e)))
		return -1;
	if (!(cfg.policies = policy_file_read(m, file, &missing)))
		return !policy_file && !strcmp(missing.word, "not-found") ? 0 :
									     (*e = missing, -1);
	return policy_file_check(m, cfg.policies, e) ? err_in(e, "%s", file) : 0;
}

static int
check_usage(struct step *s, int count, char **operands, struct err *e)
{
	cfg.quote = (enum edit_quote)quote;
	cfg.policy.allow = (enum version_bump)allow;
	cfg.scheme = (enum family_scheme)scheme;
	if (judge)
		return check_judge(s, count, operands, e);
	cfg.want.service = step_service_given(s);
	cfg.policy.named = true;
	cfg.files = operands;
	cfg.count = count;
	if ((message || branch) && !commit)
		return err_set(e, FAIL_TROUBLE, "usage", "--%s goes with --commit",
		    message ? "message" : "branch");
	if (batched && cfg.to)
		return err_set(e, FAIL_TROUBLE, "usage", "with --batch, the requests say to what");
	if (batched)
		return 0;
	if (!cfg.want.image && !cfg.want.service && !cfg.want.path && !cfg.want.container) {
		err_set(e, FAIL_TROUBLE, "usage", "nothing is selected");
		return err_hint(e, "select with --image, --service, --path or --container");
	}
	if (!cfg.to && !cfg.digest && !cfg.wish.digest) {
		err_set(e, FAIL_TROUBLE, "usage", "no version is given");
		return err_hint(e, "manifest-bump --image redmine --to 6-alpine manifest.yaml");
	}
	if (!count || cfg.want.doc < 0)
		return err_set(e, FAIL_TROUBLE, "usage",
		    count ? "--doc counts from 1" : "no file is given");
	return bump_check_version(cfg.to, cfg.digest, e);
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	return check_usage(s, count, operands, e) ? -1 : read_settings(step_mem(s), e);
}

/* Raw on standard error: what is not of the diff stands outside its hunks: git apply skips it. */
static int
show_diff(struct step *s, const struct bump_file *f, struct err *e)
{
	char *text = edit_diff(step_mem(s), f->file, f->old, f->old_len, f->text, f->len);

	return io_write_all(2, text, strlen(text)) ? err_sys(e, "standard error") : 0;
}

/* A caret under what --dry-run would change. */
static void
point(struct step *s, const struct bump *b, const struct value *c)
{
	for (size_t i = 0; step_dry_run(s) && i < b->count; i++)
		if (!strcmp(b->file[i].file, value_get_string(c, "file")))
			step_say(s, "%s",
			    edit_point(step_mem(s), b->file[i].old,
				(size_t)value_get_int(c, "start", 0),
				(size_t)value_get_int(c, "end", 0)));
}

static void
describe(struct step *s, const struct bump *b)
{
	const struct value *changes = value_get(step_result(s), "changes");
	const struct value *warnings = value_get(step_result(s), "warnings");

	for (size_t i = 0; i < value_count(warnings); i++)
		step_warn(s, "%s", value_string(value_item(warnings, i)));
	for (size_t i = 0; i < value_count(changes); i++) {
		const struct value *c = value_item(changes, i);
		const char *from = value_get_string(c, "from_version");
		const char *image = value_get_string(c, "image");

		step_say(s, "%s:%d:%d: %s %s -> %s (%s)", value_get_string(c, "file"),
		    (int)value_get_int(c, "line", 0), (int)value_get_int(c, "column", 0),
		    image ? image : value_get_string(c, "path"),
		    *from ? from : "without a tag", value_get_string(c, "to_version"),
		    value_get_string(c, "kind"));
		point(s, b, c);
	}
}

static void
add_descriptors(struct step *s, const struct bump *b)
{
	char hex[DIGEST_HEX];

	for (const struct bump_file *f = b->file; f < b->file + b->count; f++)
		if (bump_is_changed(f)) {
			step_material(s, f->file, NULL, digest_bytes(hex, f->old, f->old_len));
			step_subject(s, f->file, NULL, digest_bytes(hex, f->text, f->len));
		}
}

/* Requests come among the records, and are passed on like them. */
static int
see(struct step *s, const struct value *v, struct err *e)
{
	return batched && batch_is_request(v) ? batch_add(step_mem(s), &batch, &cfg, v, e) : 0;
}

/* Write, and commit when asked; what cannot be committed is put back. */
static int
finish(struct step *s, struct bump *b, struct err *e)
{
	char *name;

	if (commit && bump_check_clean(b, e))
		return -1;
	if (bump_write(b, e))
		return -1;
	if (!commit)
		return 0;
	if (!(name = bump_commit(b, value_get(step_result(s), "changes"), branch, message, e))) {
		e->code = bump_undo(b) ? e->code : FAIL_DIRTY;
		return -1;
	}
	value_set_string(step_result(s), "commit", name);
	value_set_string(step_result(s), "branch", branch);
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct bump b = { .m = step_mem(s) };
	struct err trouble = { 0 };
	bool changed = false, done = true;
	int bad;

	if (judge && count == 1)
		return judge_lines(stdin, stdout, &cfg, e);
	if (judge) {
		judge_print(stdout, &cfg, operands[0], operands[1], operands[2]);
		return 0;
	}
	bad = batched ? batch_run(&b, &batch, fail_fast, step_result(s), &done, e) :
	    bump_request(&b, &cfg, step_result(s), e);
	if (bad && !(batched && done))
		return -1;
	for (size_t i = 0; i < b.count; i++) {
		changed = changed || bump_is_changed(&b.file[i]);
		if (step_dry_run(s) && show_diff(s, &b.file[i], e))
			return -1;
	}
	describe(s, &b);
	if (!changed && !bad) {
		step_unchanged(s);
		step_say(s, "unchanged: it is there already");
	}
	add_descriptors(s, &b);
	return changed && !step_dry_run(s) && finish(s, &b, &trouble) ? (*e = trouble, -1) : bad;
}

static const struct tool tool = {
	.name = "manifest-bump",
	.brief = "change a pinned version, and nothing else",
	.operands = "file|directory ...",
	.opts = opts,
	.flags = TOOL_CHANGES,
	.check = check,
	.see = see,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
