/* migrate-apply - applies pending migrations, tracked, locked, in transactions.
 *
 *	migrate-apply --pg "$DATABASE_URL" db/migrations
 */
#include "core/step.h"
#include "migrate/command.h"
#include "migrate/run.h"

static struct migrate_options cfg = {
	.settings = { .lock_timeout = 0.5, .lock_budget = 60, .lock_wait = 60 },
};

static struct opt_list accepted;
static struct migrate_external external;

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database: URI, conninfo or env:NAME", &cfg.pg),
	OPT_STRING_(0, "to", "version", "stop after this version", &cfg.rules.to),
	OPT_STRING_(0, "style", "style", "how the files are named and marked", &cfg.style),
	OPT_STRING_(0, "history", "history", "which history to keep, or its table", &cfg.history),
	OPT_GROUP_("what to let pass"),
	OPT_FLAG_(0, "allow-out-of-order", "apply files that come before applied ones", &cfg.rules.out_of_order),
	OPT_FLAG_(0, "allow-future", "let the database be newer than the files", &cfg.rules.future),
	OPT_LIST_(0, "accept-changed", "version", "an applied file may have the text it has now", &accepted),
	OPT_STRING_(0, "baseline", "version", "what is pending up to this version is there already", &cfg.baseline),
	OPT_FLAG_(0, "import-history", "copy another tool's history into handrail.history", &cfg.import),
	OPT_GROUP_("going back"),
	OPT_STRING_(0, "down-to", "version", "take back all that came after this version; 0: all", &cfg.down_to),
	OPT_FLAG_(0, "accept-data-loss", "though it may destroy data", &cfg.data_loss),
	OPT_GROUP_("another migrator"),
	OPT_STRING_(0, "exec", "command", "run this in place of a directory, under our lock and timeouts", &external.exec),
	OPT_STRING_(0, "current", "command", "prints the revision of the database", &external.current),
	OPT_STRING_(0, "heads", "command", "prints the revision it should have", &external.heads),
	OPT_GROUP_("waiting"),
	OPT_SECONDS_(0, "lock-timeout", "duration", "most that a statement waits for a lock", &cfg.settings.lock_timeout),
	OPT_SECONDS_(0, "lock-budget", "duration", "go on trying a file for so long", &cfg.settings.lock_budget),
	OPT_SECONDS_(0, "lock-wait", "duration", "wait so long for another run to end", &cfg.settings.lock_wait),
	OPT_SECONDS_(0, "statement-timeout", "duration", "end a statement after this long",
	    &cfg.settings.statement_timeout),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (external.exec && count)
		return err_set(e, FAIL_TROUBLE, "usage", "--exec takes no directory");
	if (!external.exec && (external.current || external.heads))
		return err_set(e, FAIL_TROUBLE, "usage", "--current and --heads belong to --exec");
	if (count == 1 || external.exec)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage", count ? "more than one directory given" : "no directory given");
	return err_hint(e, "migrate-apply --pg \"$DATABASE_URL\" db/migrations");
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	(void)count;
	if (external.exec)
		return migrate_run_external(s, &cfg, &external, e);
	cfg.rules.accept = accepted.item;
	cfg.rules.accept_count = accepted.count;
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
