/* migrate-status - tells which migrations are applied, pending, changed, missing.
 *
 *	migrate-status --check --pg "$DATABASE_URL" db/migrations
 */
#include "core/step.h"
#include "migrate/status.h"

static struct migrate_status_options cfg = { .look = { .detailed = true } };

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database: URI, conninfo or env:NAME", &cfg.look.pg),
	OPT_STRING_(0, "to", "version", "leave out what comes after this version", &cfg.look.rules.to),
	OPT_STRING_(0, "style", "style", "how the files are named and marked", &cfg.look.style),
	OPT_STRING_(0, "history", "history", "which history is kept, or its table", &cfg.look.history),
	OPT_FLAG_(0, "check", "exit 1 when something is pending or wrong", &cfg.check),
	OPT_SECONDS_(0, "wait", "duration", "wait so long until nothing is pending", &cfg.wait),
	OPT_FLAG_(0, "allow-out-of-order", "pending files may come before applied ones", &cfg.look.rules.out_of_order),
	OPT_FLAG_(0, "allow-future", "the database may be newer than the files", &cfg.look.rules.future),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (count == 1)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage", count ? "more than one directory given" : "no directory given");
	return err_hint(e, "migrate-status --pg \"$DATABASE_URL\" db/migrations");
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	(void)count;
	return migrate_status(s, &cfg, operands[0], e);
}

static const struct form forms[] = {
	{ "text", "a table", migrate_status_text },
	{ "current", "the newest applied version", migrate_status_current },
	{ "history", "a table of what is applied", migrate_status_history },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "migrate-status",
	.brief = "tell which migrations are applied, pending, changed, missing",
	.operands = "directory",
	.opts = opts,
	.forms = forms,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
