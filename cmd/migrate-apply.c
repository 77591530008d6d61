/* migrate-apply - applies pending migrations, tracked, locked, in transactions.
 *
 *	migrate-apply --pg "$DATABASE_URL" db/migrations
 */
#include "core/step.h"
#include "migrate/command.h"
#include "migrate/fleet.h"
#include "migrate/rehearse.h"
#include "migrate/run.h"

static struct migrate_options cfg = {
	.settings = { .lock_timeout = 0.5, .lock_budget = 60, .lock_wait = 60 },
};

static struct opt_list accepted, placeholders;
static struct migrate_external external;
static struct migrate_fleet fleet = { .jobs = 4 };
static struct migrate_rehearsal rehearsal;

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database: URI, conninfo or env:NAME", &cfg.pg),
	OPT_STRING_(0, "to", "version", "stop after this version", &cfg.rules.to),
	OPT_STRING_(0, "style", "style", "how the files are named and marked", &cfg.style),
	OPT_STRING_(0, "history", "history", "which history to keep, or its table", &cfg.history),
	OPT_FLAG_(0, "single-transaction", "all pending files in one transaction", &cfg.single),
	OPT_GROUP_("what the files hold"),
	OPT_LIST_(0, "placeholder", "name=value", "put this in for ${name}; env:NAME reads the value there", &placeholders),
	OPT_FLAG_(0, "psql", "let psql run the files that only psql can run", &cfg.fill.psql),
	OPT_GROUP_("what to let pass"),
	OPT_FLAG_(0, "allow-out-of-order", "apply files that come before applied ones", &cfg.rules.out_of_order),
	OPT_FLAG_(0, "allow-future", "let the database be newer than the files", &cfg.rules.future),
	OPT_LIST_(0, "accept-changed", "version", "an applied file may have the text it has now", &accepted),
	OPT_STRING_(0, "baseline", "version", "what is pending up to this version is there already", &cfg.baseline),
	OPT_FLAG_(0, "import-history", "copy another tool's history into handrail.history", &cfg.import),
	OPT_GROUP_("going back"),
	OPT_STRING_(0, "down-to", "version", "take back all that came after this version; 0: all", &cfg.down_to),
	OPT_FLAG_(0, "accept-data-loss", "though it may destroy data", &cfg.data_loss),
	OPT_GROUP_("rehearsing"),
	OPT_STRING_(0, "rehearse", "archive", "do it first on a copy restored from this snapshot", &rehearsal.archive),
	OPT_FLAG_(0, "prove-lossless", "go down and up again there, and compare", &rehearsal.lossless),
	OPT_FLAG_(0, "observe", "record locks, rewrites and rows of each file", &cfg.observe),
	OPT_ENUM_(0, "fingerprint", "auto|always|never", "of the schema, before and after; auto: not of over 500 files",
	    &cfg.fingerprint),
	OPT_GROUP_("many databases"),
	OPT_STRING_(0, "databases", "file", "JSON lines, a connection each; -: standard input", &fleet.list),
	OPT_INT_(0, "jobs", "n", "how many at once, after the first", &fleet.jobs),
	OPT_FLAG_(0, "keep-going", "one that fails does not stop the others", &fleet.keep_going),
	OPT_GROUP_("another migrator"),
	OPT_STRING_(0, "exec", "command", "run this in place of a directory, under our lock and timeouts", &external.exec),
	OPT_STRING_(0, "current", "command", "prints the revision of the database", &external.current),
	OPT_STRING_(0, "heads", "command", "prints the revision it should have", &external.heads),
	OPT_GROUP_("waiting"),
	OPT_SECONDS_(0, "lock-timeout", "duration", "most that a statement waits for a lock", &cfg.settings.lock_timeout),
	OPT_SECONDS_(0, "lock-budget", "duration", "go on trying a file for so long", &cfg.settings.lock_budget),
	OPT_SECONDS_(0, "lock-wait", "duration", "wait so long for another run to end", &cfg.settings.lock_wait),
	OPT_SECONDS_(0, "terminate-blockers-older-than", "duration", "end who blocks us in a transaction older than this",
	    &cfg.settings.terminate),
	OPT_SECONDS_(0, "statement-timeout", "duration", "end a statement after this long",
	    &cfg.settings.statement_timeout),
	OPT_END_
};

/* The command line for other databases than ours. */
static const char *const *
words(struct step *s, bool dry_run)
{
	struct mem *m = step_mem(s);
	const struct migrate_settings *t = &cfg.settings;
	const char **w = mem_zero(m, 24 + accepted.count + placeholders.count, sizeof *w);
	size_t n = 0;

	const struct {
		const char *name, *value;
	} strings[] = { { "to", cfg.rules.to }, { "style", cfg.style }, { "history", cfg.history },
		{ "baseline", cfg.baseline }, { "down-to", cfg.down_to },
		{ "fingerprint",
		    cfg.fingerprint == MIGRATE_PRINT_NEVER      ? "never" :
			cfg.fingerprint == MIGRATE_PRINT_ALWAYS ? "always" :
								  NULL } };
	const struct {
		const char *name;
		bool value;
	} flags[] = { { "observe", cfg.observe }, { "allow-out-of-order", cfg.rules.out_of_order },
		{ "allow-future", cfg.rules.future }, { "import-history", cfg.import },
		{ "accept-data-loss", cfg.data_loss }, { "single-transaction", cfg.single },
		{ "psql", cfg.fill.psql }, { "dry-run", dry_run } };
	const struct {
		const char *name;
		double value;
	} times[] = { { "lock-timeout", t->lock_timeout }, { "lock-budget", t->lock_budget },
		{ "lock-wait", t->lock_wait }, { "statement-timeout", t->statement_timeout },
		{ "terminate-blockers-older-than", t->terminate } };

	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		if (strings[i].value)
			w[n++] = mem_fmt(m, "--%s=%s", strings[i].name, strings[i].value);
	for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
		if (flags[i].value)
			w[n++] = mem_fmt(m, "--%s", flags[i].name);
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		w[n++] = mem_fmt(m, "--%s=%.3f", times[i].name, times[i].value);
	for (size_t i = 0; i < accepted.count; i++)
		w[n++] = mem_fmt(m, "--accept-changed=%s", accepted.item[i]);
	for (size_t i = 0; i < placeholders.count; i++)
		w[n++] = mem_fmt(m, "--placeholder=%s", placeholders.item[i]);
	return w;
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (external.exec && (count || cfg.rules.to || cfg.down_to || cfg.baseline || cfg.single))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--exec takes no directory, and no version of one");
	if (cfg.down_to && (cfg.rules.to || cfg.baseline || cfg.import || cfg.single))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--down-to goes with none of --to, --baseline, --import-history, "
		    "--single-transaction");
	if (!external.exec && (external.current || external.heads))
		return err_set(e, FAIL_TROUBLE, "usage", "--current and --heads belong to --exec");
	if (fleet.list && (external.exec || cfg.pg || fleet.jobs < 1))
		return err_set(e, FAIL_TROUBLE, "usage", "%s",
		    fleet.jobs < 1 ? "--jobs is at least 1" :
				     "--databases goes with neither --pg nor --exec");
	if (rehearsal.archive && (fleet.list || external.exec))
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--rehearse goes with neither --databases nor --exec");
	if (rehearsal.lossless && !rehearsal.archive)
		return err_set(e, FAIL_TROUBLE, "usage", "--prove-lossless belongs to --rehearse");
	if (count == 1 || external.exec)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage",
	    count ? "more than one directory given" : "no directory given");
	return err_hint(e, "migrate-apply --pg \"$DATABASE_URL\" db/migrations");
}

/* On a copy first. A way down that loses nothing there needs no consent. */
static int
rehearse(struct step *s, const char *dir, struct err *e)
{
	bool lossless;

	rehearsal.options = words(s, false);
	rehearsal.down_to = cfg.down_to;
	if (migrate_rehearse(s, &rehearsal, dir, &lossless, e))
		return -1;
	if (rehearsal.lossless && !lossless && !cfg.down_to) {
		err_set(e, FAIL_NO, "not-lossless",
		    "the way down and up again does not leave everything as it was");
		return err_hint(e,
		    "go on without --prove-lossless; the way back is then the snapshot");
	}
	cfg.data_loss |= lossless;
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	(void)count;
	if (external.exec)
		return migrate_run_external(s, &cfg, &external, e);
	if (fleet.list) {
		fleet.options = words(s, step_dry_run(s));
		return migrate_run_fleet(s, &fleet, operands[0], e);
	}
	cfg.rules.accept = accepted.item;
	cfg.rules.accept_count = accepted.count;
	cfg.rules.baseline = cfg.baseline;
	if (migrate_fill_options(step_mem(s), &cfg.fill, &placeholders, e))
		return -1;
	if (rehearsal.archive && rehearse(s, operands[0], e))
		return -1;
	return migrate_run(s, &cfg, operands[0], e);
}

static const struct tool tool = {
	.name = "migrate-apply",
	.brief = "apply pending migrations, tracked, locked, in transactions",
	.operands = "[directory]",
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
