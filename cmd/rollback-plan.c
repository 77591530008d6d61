/* rollback-plan - decides from a release's records how far back a rollback must reach, and writes
 * the plan.
 *
 *	rollback-plan --code ./old-release < release.jsonl
 *	rollback-plan --format sh < release.jsonl > rollback.sh
 */
#include <stdlib.h>
#include <string.h>

#include "core/io.h"
#include "core/step.h"
#include "rollback/code.h"
#include "rollback/envfile.h"
#include "rollback/evidence.h"
#include "rollback/manifests.h"
#include "rollback/page.h"
#include "rollback/plan.h"
#include "rollback/scenario.h"
#include "rollback/schema.h"
#include "rollback/script.h"

static struct {
	struct opt_list code, admin, harmless, pg, workload;
	const char *deploy, *stop, *output, *old_manifests, *new_manifests, *namespace, *helm, *env;
	int writes, platform;
	bool consistent, in_place, down;
} cfg = { .deploy = "deploy", .stop = "stop" };

static struct evidence *evidence;
static struct plan *plan;

static const struct opt opts[] = {
	OPT_LIST_(0, "code", "dir|image", "the old release's code, searched for what the schema lost", &cfg.code),
	OPT_LIST_(0, "admin-path", "glob", "paths of the old code that serve no users", &cfg.admin),
	OPT_STRING_(0, "old-manifests", "dir", "the manifests before the release", &cfg.old_manifests),
	OPT_STRING_(0, "new-manifests", "dir", "and with it: do only image tags differ?", &cfg.new_manifests),
	OPT_STRING_(0, "env", "file", "TICKET and BACKUPS that the release noted", &cfg.env),
	OPT_LIST_(0, "harmless", "step", "the command of step did not touch the data", &cfg.harmless),
	OPT_STRING_(0, "deploy", "step", "the step that starts the service (deploy)", &cfg.deploy),
	OPT_STRING_(0, "stop", "step", "the step that stops the service (stop)", &cfg.stop),
	OPT_ENUM_(0, "writes", "unknown|none|window", "were rows written since the release began?", &cfg.writes),
	OPT_FLAG_(0, "consistent", "the data must be exactly as before the release", &cfg.consistent),
	OPT_FLAG_(0, "in-place", "no second database can be made beside the live one", &cfg.in_place),
	OPT_FLAG_(0, "down", "take migrations back where that is proven to lose nothing", &cfg.down),
	OPT_ENUM_(0, "platform", "command|compose|helm|kubernetes", "what runs the service", &cfg.platform),
	OPT_LIST_(0, "workload", "name[=replicas]", "what holds connections to the data", &cfg.workload),
	OPT_STRING_(0, "namespace", "name", "of Kubernetes", &cfg.namespace),
	OPT_STRING_(0, "helm", "release[=revision]", "the release, and the revision before, of Helm", &cfg.helm),
	OPT_LIST_(0, "pg", "[store=]env:name", "the variable that will hold a store's connection", &cfg.pg),
	OPT_STRING_('o', "output", "file", "write the script to file, executable", &cfg.output),
	OPT_END_
};

static struct evidence_names
names(void)
{
	return (
	    struct evidence_names){ cfg.deploy, cfg.stop, cfg.harmless.item, cfg.harmless.count };
}

/* [STORE=]env:NAME */
static int
parse_connection(struct mem *m, const char *arg, struct plan_connection *c, struct err *e)
{
	const char *env = strstr(arg, "env:");
	static const char
	    letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_0123456789";

	if (!env || (env != arg && env[-1] != '=') || !env[4] ||
	    strspn(env + 4, letters) != strlen(env + 4) || (env[4] >= '0' && env[4] <= '9')) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "--pg takes [STORE=]env:NAME: a script must not hold a connection's secret");
		return err_hint(e, "export DATABASE_URL=… and give --pg env:DATABASE_URL");
	}
	c->variable = env + 4;
	c->store = env == arg ? NULL : mem_dup(m, arg, (size_t)(env - arg) - 1);
	return 0;
}

/* EQUALS and a number behind it, or NULL. */
static int
check_count(const char *option, const char *equals, struct err *e)
{
	if (!equals ||
	    (equals[1] && strspn(equals + 1, "0123456789") == strlen(equals + 1) &&
		strlen(equals) < 9))
		return 0;
	return err_set(e, FAIL_TROUBLE, "usage", "--%s: '%s' is not a number", option, equals + 1);
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	struct plan_connection ignored;

	(void)count;
	(void)operands;
	for (size_t i = 0; i < cfg.pg.count; i++)
		if (parse_connection(step_mem(s), cfg.pg.item[i], &ignored, e))
			return -1;
	if (!cfg.old_manifests != !cfg.new_manifests)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--old-manifests and --new-manifests go together");
	for (size_t i = 0; i < cfg.workload.count; i++)
		if (check_count("workload", strchr(cfg.workload.item[i], '='), e))
			return -1;
	if (cfg.helm && check_count("helm", strchr(cfg.helm, '='), e))
		return -1;
	evidence = evidence_new(step_mem(s));
	return 0;
}

static int
see(struct step *s, const struct value *record, struct err *e)
{
	(void)s;
	(void)e;
	evidence_add(evidence, record);
	return 0;
}

static int
search(struct step *s, struct code **code, struct err *e)
{
	*code = NULL;
	if (!cfg.code.count)
		return 0;
	*code = code_new(step_mem(s), cfg.admin.item, cfg.admin.count);
	schema_want(evidence, *code);
	for (size_t i = 0; i < cfg.code.count; i++)
		if (code_search(*code, cfg.code.item[i], e))
			return -1;
	step_debug(s, "searched %ld files of the old code, %lld bytes", code_files(*code),
	    code_bytes(*code));
	return 0;
}

/* "deployment/redmine=2"; without any, the service is what holds the connections. */
static const struct plan_workload *
workloads(struct step *s, size_t *count)
{
	struct plan_workload *w = mem_zero(step_mem(s), cfg.workload.count + 1, sizeof *w);

	*count = cfg.workload.count;
	for (size_t i = 0; i < *count; i++) {
		const char *item = cfg.workload.item[i], *equals = strchr(item, '=');

		w[i].name = equals ? mem_dup(step_mem(s), item, (size_t)(equals - item)) : item;
		w[i].replicas = equals ? (int)strtol(equals + 1, NULL, 10) : 1;
	}
	if (!*count && step_service(s))
		w[(*count)++] = (struct plan_workload){ step_service(s), 1 };
	return w;
}

static struct plan *
make(struct step *s, struct scenario_verdict *v, const struct evidence_names *n)
{
	struct plan_connection *c = mem_zero(step_mem(s), cfg.pg.count + 1, sizeof *c);
	struct plan_options o = { .names = n, .connections = c, .connection_count = cfg.pg.count,
		.platform = (enum plan_platform)cfg.platform, .namespace = cfg.namespace };
	const char *equals = cfg.helm ? strchr(cfg.helm, '=') : NULL;
	struct err ignored;

	o.workloads = workloads(s, &o.workload_count);
	o.helm_release = equals ? mem_dup(step_mem(s), cfg.helm, (size_t)(equals - cfg.helm)) :
				  cfg.helm;
	o.helm_revision = equals ? equals + 1 : NULL;

	for (size_t i = 0; i < cfg.pg.count; i++)
		parse_connection(step_mem(s), cfg.pg.item[i], &c[i], &ignored);
	return plan_make(step_mem(s), evidence, v, &o);
}

/* With --pg and its variable set, ask the live database what a restore would lose. Not being able
 * to is no failure of the plan. */
static void
count_loss(struct step *s)
{
	struct err e;

	for (size_t i = 0; i < cfg.pg.count; i++) {
		struct plan_connection c;

		if (parse_connection(step_mem(s), cfg.pg.item[i], &c, &e) || !getenv(c.variable))
			continue;
		for (size_t k = 0; k < evidence->store_count; k++) {
			const struct evidence_store *st = &evidence->stores[k];

			if (!st->uri || (c.store && strcmp(c.store, st->name)))
				continue;
			if (loss_count(step_mem(s), evidence, st,
				mem_fmt(step_mem(s), "env:%s", c.variable), &plan->loss, &e))
				step_warn(s, "what a restore of %s would lose is not known: %s",
				    st->name, e.text);
		}
	}
	if (plan->loss.counted)
		step_say(s, "a restore would lose %s", loss_text(step_mem(s), &plan->loss));
	plan_fill_loss(plan, step_mem(s), step_result(s));
}

static int
write_output(struct step *s, struct err *e)
{
	char *text;
	size_t len;
	FILE *f = mem_must(open_memstream(&text, &len));

	script_write(plan, f);
	fclose(f);
	mem_own(step_mem(s), text, free);
	return io_replace_file(cfg.output, text, len, 0777, e);
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct evidence_names n = names();
	struct scenario_given given = { .names = &n, .writes = (enum scenario_writes)cfg.writes,
		.consistent = cfg.consistent, .in_place = cfg.in_place, .down = cfg.down };
	struct scenario_verdict *v;
	struct code *code;

	(void)count;
	(void)operands;
	if (cfg.old_manifests &&
	    manifests_compare(step_mem(s), evidence, cfg.old_manifests, cfg.new_manifests, e))
		return -1;
	evidence_close(evidence, step_service(s), step_release(s), &n);
	if (cfg.env)
		envfile_compare(evidence, cfg.env);
	if (search(s, &code, e))
		return -1;
	given.evidence = evidence;
	given.code = code;
	v = scenario_decide(step_mem(s), &given);
	plan = make(s, v, &n);
	plan_fill(plan, step_mem(s), step_result(s));
	step_say(s, "scenario %d: %s; strategy %s; %zu steps", v->scenario,
	    plan_scenario_name(v->scenario), v->strategy, plan->step_count);
	count_loss(s);
	if (cfg.output && write_output(s, e))
		return -1;
	if (!v->why_no_restore)
		return 0;
	err_set(e, FAIL_NO, "no-way-back", "the data cannot be taken back: %s", v->why_no_restore);
	return err_hint(e, "go forward with a fix; the reasons are in the record");
}

static int
render_text(struct step *s, FILE *f, struct err *e)
{
	(void)s;
	(void)e;
	page_text(plan, f);
	return 0;
}

static int
render_markdown(struct step *s, FILE *f, struct err *e)
{
	(void)s;
	(void)e;
	page_markdown(plan, f);
	return 0;
}

static int
render_script(struct step *s, FILE *f, struct err *e)
{
	(void)s;
	(void)e;
	script_write(plan, f);
	return 0;
}

static const struct form forms[] = {
	{ "text", "the plan for people", render_text },
	{ "markdown", "the plan for a pull request or a ticket", render_markdown },
	{ "sh", "a shell script that performs it", render_script },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "rollback-plan",
	.brief = "decide from the records how to go back, and write the script",
	.opts = opts,
	.forms = forms,
	.flags = TOOL_ALWAYS,
	.check = check,
	.see = see,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
