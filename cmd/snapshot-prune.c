/* snapshot-prune - drop old archives of a directory by a retention rule.
 *
 *	snapshot-prune --keep-last 3 --keep-daily 7 --keep-weekly 4 backups/
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "core/step.h"
#include "snapshot/prune.h"

static struct {
	struct prune_rule rule;
	bool yes;
} cfg;

static struct prune_list found;

static const struct opt opts[] = {
	OPT_INT_(0, "keep-last", "number", "keep the newest ones", &cfg.rule.last),
	OPT_INT_(0, "keep-daily", "number", "keep the newest of each of so many days", &cfg.rule.daily),
	OPT_INT_(0, "keep-weekly", "number", "keep the newest of each of so many weeks", &cfg.rule.weekly),
	OPT_INT_(0, "keep-release", "number", "keep the newest of each of so many releases", &cfg.rule.release),
	OPT_FLAG_(0, "yes", "remove them also in a CI job", &cfg.yes),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	const struct prune_rule *r = &cfg.rule;

	(void)s;
	(void)operands;
	if (count != 1) {
		err_set(e, FAIL_TROUBLE, "usage",
		    count ? "one directory at a time" : "no directory given");
		return err_hint(e, "snapshot-prune --keep-last 5 DIRECTORY");
	}
	if (r->last < 0 || r->daily < 0 || r->weekly < 0 || r->release < 0)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "a number of archives to keep is negative");
	if (!r->last && !r->daily && !r->weekly && !r->release) {
		err_set(e, FAIL_TROUBLE, "usage", "no rule given: all but the newest would go");
		return err_hint(e,
		    "say what to keep, by --keep-last, --keep-daily, --keep-weekly or "
		    "--keep-release");
	}
	return 0;
}

static int
drop(struct step *s, int dir, const struct prune_archive *a, struct err *e)
{
	const char *signature = mem_fmt(step_mem(s), "%s.sig", a->file);

	/* another run may have been faster */
	if (unlinkat(dir, a->file, 0) && errno != ENOENT)
		return err_sys(e, "%s", a->file);
	if (unlinkat(dir, signature, 0) && errno != ENOENT)
		return err_sys(e, "%s", signature);
	step_say(s, "%s: removed", a->file);
	return 0;
}

static int
drop_all(struct step *s, const char *path, bool dry, struct value *removed, struct err *e)
{
	int dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad = 0;

	if (dir < 0)
		return err_sys(e, "%s", path);
	for (size_t i = 0; !bad && i < found.count; i++) {
		const struct prune_archive *a = &found.item[i];

		if (a->why)
			continue;
		if (dry)
			step_say(s, "%s: would be removed", a->file);
		else if ((bad = drop(s, dir, a, e)))
			break;
		value_add_string(removed, a->file);
	}
	if (!dry && value_count(removed) && !bad && fsync(dir))
		bad = err_sys(e, "%s: fsync", path);
	close(dir);
	if (bad && value_count(removed))
		e->code = FAIL_DIRTY;
	return bad;
}

/* As CI runners say it; people who turn it off say CI=false. */
static bool
in_ci(void)
{
	static const char *const no[] = { "", "0", "false", "no", "off" };
	const char *ci = getenv("CI");

	for (size_t i = 0; ci && i < sizeof no / sizeof *no; i++)
		if (!strcasecmp(ci, no[i]))
			return false;
	return ci;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct value *result = step_result(s), *kept = value_set_array(m, result, "kept");
	struct value *removed = value_set_array(m, result, "removed");
	bool dry = step_dry_run(s) || (in_ci() && !cfg.yes);
	char *real = realpath(operands[0], NULL);

	(void)count;
	value_set_string(result, "directory", real);
	free(real);
	value_set_bool(result, "dry", dry);
	if (prune_find(m, operands[0], &found, e) ||
	    prune_decide(operands[0], &found, &cfg.rule, e))
		return -1;
	for (size_t i = 0; i < found.count; i++) {
		struct value *v;

		if (!found.item[i].why)
			continue;
		if (found.item[i].future)
			step_warn(s,
			    "%s: its time has not come yet: was a clock wrong? It is kept, and "
			    "counts for nothing",
			    found.item[i].file);
		v = value_add_object(m, kept);
		value_set_string(v, "archive", found.item[i].file);
		value_set_string(v, "why", found.item[i].why);
	}
	if (drop_all(s, operands[0], dry, removed, e))
		return -1;
	if (!value_count(removed))
		step_unchanged(s);
	return 0;
}

static const struct tool tool = {
	.name = "snapshot-prune",
	.brief = "drop old archives by a retention rule",
	.operands = "directory",
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
