/* health-wait - waits until all targets are healthy, at the right version, and stay so.
 *
 *	health-wait --timeout 2m --stable-for 5s https://redmine.example.com/health \
 *		--expect-json /version=6.0.1
 */
#include <math.h>
#include <string.h>

#include "core/proc.h"
#include "core/secret.h"
#include "core/step.h"
#include "core/stop.h"
#include "health/wait_show.h"
#include "health/wait_table.h"
#include "health/targets.h"
#include "health/wait.h"

static struct {
	double timeout, stable_for;
	bool fail_fast;
	const char *on_failure;
	struct targets targets;
	const char *version;            /* that the newest manifest-bump record upstream set */
	struct wait *wait;
	bool live;                      /* a table on the terminal in place of lines */
	struct wait_table table;
} cfg = { .timeout = 300 };

/* What belongs to one target: a function and a row each, from the list in health/option.h. */
#define SETTER(id, name, arg, help)                                     \
	static int set_##id(const char *value, struct err *e)           \
	{                                                               \
		return targets_option(&cfg.targets, OPTION_##id, value, e); \
	}
#define ROW(id, name, arg, help) OPT_CALL_(0, name, arg, help, set_##id),

OPTION_LIST(SETTER)

static int
set_from(const char *path, struct err *e)
{
	return targets_from(&cfg.targets, path, e);
}

static const struct opt opts[] = {
	OPT_SECONDS_(0, "timeout", "duration", "give up after this long (default 5m)", &cfg.timeout),
	OPT_SECONDS_(0, "stable-for", "duration", "all must stay good together for this long", &cfg.stable_for),
	OPT_FLAG_(0, "fail-fast", "give up at once on what waiting seldom mends", &cfg.fail_fast),
	OPT_STRING_(0, "on-failure", "command", "run this when giving up, and record its output", &cfg.on_failure),
	OPT_CALL_(0, "from", "file", "also wait for the targets in file, as JSON lines", set_from),
	OPT_GROUP_("of the target before them (before the first target: defaults for all)"),
	OPTION_LIST(ROW)
	OPT_END_
};

static int
add_target(const char *word, struct err *e)
{
	return targets_add(&cfg.targets, word, e);
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)count;
	(void)operands;
	if (!cfg.targets.count) {
		err_set(e, FAIL_TROUBLE, "usage", "no target given");
		return err_hint(e, "health-wait http://localhost:8080/health tcp://localhost:5432");
	}
	if (cfg.timeout <= 0)
		return err_set(e, FAIL_TROUBLE, "usage", "--timeout must be more than nothing");
	if (cfg.stable_for >= cfg.timeout) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "--stable-for %g s cannot be over within --timeout %g s", cfg.stable_for,
		    cfg.timeout);
		return err_hint(e, "choose a --timeout that leaves time to become healthy, too");
	}
	return targets_check(&cfg.targets, e);
}

/* The version that the newest manifest-bump record set. */
static int
see(struct step *s, const struct value *record, struct err *e)
{
	const char *step = value_get_string(record, "step"),
		   *status = value_get_string(record, "status");
	const struct value *changes = value_at(record, "result.changes");
	const char *to = value_get_string(value_item(changes, 0), "to_version");

	(void)e;
	if (step && status && to && !strcmp(step, "manifest-bump") && (!strcmp(status, "ok") ||
	    !strcmp(status, "unchanged") || !strcmp(status, "planned")))
		cfg.version = mem_string(step_mem(s), to);
	return 0;
}

static void
on_news(void *arg, enum wait_news news, const struct wait_target *t)
{
	if (!cfg.live)
		wait_show_news(arg, cfg.wait, cfg.targets.count, news, t);
	else if (news == WAIT_TICK)
		wait_table_draw(&cfg.table, cfg.wait, cfg.targets.count);
}

static double
round3(double seconds)
{
	return (double)(long long)(seconds * 1000 + 0.5) / 1000;
}

static void
record(struct step *s, bool healthy)
{
	struct value *r = step_result(s);

	value_set_bool(r, "healthy", healthy);
	value_set_real(r, "timeout", cfg.timeout);
	value_set_real(r, "stable_for", cfg.stable_for);
	value_set_real(r, "stable_seconds", round3(wait_stable(cfg.wait)));
	wait_show_result(step_mem(s), r, cfg.wait, cfg.targets.count);
}

static void
run_on_failure(struct step *s)
{
	const char *argv[] = { "/bin/sh", "-c", cfg.on_failure, NULL };
	struct proc_spec spec = { .argv = argv,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.timeout = 10,
		.grace = 1 };
	struct proc_result done;
	struct value *r;
	struct err e;

	if (!cfg.on_failure)
		return;
	if (proc_run(step_mem(s), &spec, &done, &e)) {
		step_warn(s, "--on-failure: %s", e.text);
		return;
	}
	secret_wash(done.output, done.output_len);
	r = value_set_object(step_mem(s), step_result(s), "on_failure");
	value_set_int(r, "exit", done.status);
	value_set_bool(r, "timed_out", done.timed_out);
	value_set_text(r, "output", done.output, done.output_len);
}

static int
no(struct step *s, enum wait_verdict verdict, struct err *e)
{
	char text[1200];

	run_on_failure(s);
	wait_show_summary(cfg.wait, cfg.targets.count, text, sizeof text);
	if (verdict == WAIT_HOPELESS) {
		err_set(e, FAIL_NO, "hopeless", "given up after %.1f s: %s", wait_seconds(cfg.wait),
		    text);
		return err_hint(e,
		    "waiting longer would not have helped: mend the cause, then run it again");
	}
	if (wait_stable(cfg.wait) > 0)
		err_set(e, FAIL_NO, "timeout",
		    "not healthy within %g s: all targets are good, but only for %.1f s of %g s",
		    cfg.timeout, wait_stable(cfg.wait), cfg.stable_for);
	else
		err_set(e, FAIL_NO, "timeout", "not healthy within %g s: %s", cfg.timeout, text);
	return err_hint(e, "look at the service's own log; --timeout waits longer");
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct wait_spec spec = { .targets = &cfg.targets,
		.version = cfg.version,
		.timeout = cfg.timeout,
		.stable_for = cfg.stable_for,
		.fail_fast = cfg.fail_fast,
		.news = on_news,
		.arg = s };
	enum wait_verdict verdict;

	(void)count;
	(void)operands;
	if (targets_ask_upstream(&cfg.targets) && !cfg.version) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "--expect-version: no manifest-bump record upstream tells a version");
		return err_hint(e, "give it: --expect-version=6.0.1");
	}
	if (step_dry_run(s))
		return 0;
	cfg.live = !step_quiet(s) && wait_table_fits();
	spec.tick = cfg.live ? 0.1 : 10;
	if (!(cfg.wait = wait_new(step_mem(s), &spec, e)))
		return -1;
	verdict = wait_run(cfg.wait);
	if (cfg.live)
		wait_table_end(&cfg.table, cfg.wait, cfg.targets.count);
	record(s, verdict == WAIT_HEALTHY);
	if (verdict == WAIT_STOPPED)
		return stop_check(e);
	return verdict == WAIT_HEALTHY ? 0 : no(s, verdict, e);
}

static int
render_text(struct step *s, FILE *out, struct err *e)
{
	(void)s;
	(void)e;
	if (cfg.wait)
		wait_table_print(out, cfg.wait, cfg.targets.count);
	return 0;
}

static const struct form forms[] = {
	{ "text", "the targets as a table", render_text },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "health-wait",
	.brief = "wait until targets are healthy, at the right version, and stay so",
	.operands = "target [target-options] ...",
	.opts = opts,
	.forms = forms,
	.operand = add_target,
	.check = check,
	.see = see,
	.run = run,
};

int
main(int argc, char **argv)
{
	MEM_SCOPE(m);

	cfg.targets.m = m;
	return step_main(&tool, argc, argv);
}
