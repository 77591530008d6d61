/* migrate-status - tells which migrations are applied, pending, changed, missing.
 *
 *	migrate-status --check --pg "$DATABASE_URL" db/migrations
 */
#include "core/step.h"
#include "migrate/status.h"

static struct migrate_status_options cfg = { .look = { .detailed = true } };

static bool current, history;
static struct opt_list placeholders;

/* --history alone asks for the list; with a name it says which history is meant. */
static int
on_history(const char *name, struct err *e)
{
	(void)e;
	history |= !name;
	cfg.look.history = name ? name : cfg.look.history;
	return 0;
}

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database: URI, conninfo or env:NAME", &cfg.look.pg),
	OPT_STRING_(0, "to", "version", "leave out what comes after this version", &cfg.look.rules.to),
	OPT_STRING_(0, "style", "style", "how the files are named and marked", &cfg.look.style),
	OPT_LIST_(0, "placeholder", "name=value", "the value of ${name} in repeatable files; env:NAME reads it there", &placeholders),
	OPT_CALL_(0, "history", "[history]", "list what is applied; with a name: of which history", on_history),
	OPT_FLAG_(0, "current", "print the newest applied version alone", &current),
	OPT_FLAG_(0, "check", "exit 1 when something is pending or wrong", &cfg.check),
	OPT_SECONDS_(0, "wait", "duration", "wait so long until nothing is pending", &cfg.wait),
	OPT_FLAG_(0, "allow-out-of-order", "pending files may come before applied ones", &cfg.look.rules.out_of_order),
	OPT_FLAG_(0, "allow-future", "the database may be newer than the files", &cfg.look.rules.future),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)operands;
	if (current && history)
		return err_set(e, FAIL_TROUBLE, "usage", "--current and --history are two forms");
	if (count == 1)
		return current ? step_form(s, "current", e) :
		    history    ? step_form(s, "history", e) :
				 0;
	if (count == 2 && history) {
		err_set(e, FAIL_TROUBLE, "usage", "more than one directory given");
		return err_hint(e,
		    "the name of a history stands after an equals sign: --history=%s", operands[0]);
	}
	err_set(e, FAIL_TROUBLE, "usage",
	    count ? "more than one directory given" : "no directory given");
	return err_hint(e, "migrate-status --pg \"$DATABASE_URL\" db/migrations");
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	(void)count;
	if (migrate_fill_options(step_mem(s), &cfg.look.fill, &placeholders, e))
		return -1;
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
