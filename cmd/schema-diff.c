/* schema-diff - what changed between two schemas, what it breaks, the SQL between, and the gate on
 * it.
 *
 *	schema-diff --fail-on destructive,old-code "$DATABASE_URL" migrations:db/migrations
 *	schema-diff --lint db/migrations
 *	schema-diff --gate db/migrations
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/step.h"
#include "schema/compare.h"

static struct {
	const char *fail_on, *scratch, *gate, *base, *drift, *pg;
	struct opt_list schemas, exclude, ignore, allow, rename;
	const char *stats_from;
	bool no_owner, no_privileges, no_comments, no_order, dump, lint, plain, no_verify, no_cache,
	    advice, list_hazards;
	int server_version;
} cfg;

/* What is to be done, and what was found, for the forms. */
static struct compare work_of;
static struct show *const found = &work_of.found;

static const struct opt opts[] = {
	OPT_GROUP_("what to do:"),
	OPT_STRING_(0, "fail-on", "class,...", "exit 1 on destructive, blocking, old-code, any ...", &cfg.fail_on),
	OPT_STRING_(0, "gate", "dir", "what the branch changes in a directory of migrations", &cfg.gate),
	OPT_STRING_(0, "base", "revision", "--gate: the branch to compare with", &cfg.base),
	OPT_STRING_(0, "drift", "dir", "what migrations make, against what --pg has", &cfg.drift),
	OPT_STRING_(0, "pg", "conn", "--drift: the database: URI, conninfo or env:NAME", &cfg.pg),
	OPT_FLAG_(0, "lint", "look at SQL files or directories, without a server", &cfg.lint),
	OPT_FLAG_(0, "in-transaction", "--lint: each file runs in one transaction", &work_of.in_transaction),
	OPT_FLAG_(0, "dump", "read one schema and put its model into the record", &cfg.dump),
	OPT_STRING_(0, "snapshot", "id", "--dump: the database as an exported snapshot sees it", &work_of.snapshot),
	OPT_LIST_(0, "rename", "object=name", "this object got that name: it was not dropped", &cfg.rename),
	OPT_STRING_(0, "stats-from", "database", "how large the tables are: a database or snapshot:ARCHIVE", &cfg.stats_from),
	OPT_FLAG_(0, "list-hazards", "print every hazard, and what other tools call it", &cfg.list_hazards),
	OPT_GROUP_("what to let pass:"),
	OPT_LIST_(0, "allow", "hazard[:object][=reason]", "accept this hazard", &cfg.allow),
	OPT_FLAG_(0, "advice", "tell what is a matter of taste, too", &cfg.advice),
	OPT_LIST_(0, "schema", "name", "compare only this schema", &cfg.schemas),
	OPT_LIST_(0, "exclude", "pattern", "leave out a schema, or schema.name", &cfg.exclude),
	OPT_LIST_(0, "ignore", "kind", "leave out a kind of object, as in the record", &cfg.ignore),
	OPT_FLAG_(0, "ignore-owner", "owners do not matter", &cfg.no_owner),
	OPT_FLAG_(0, "ignore-privileges", "grants do not matter", &cfg.no_privileges),
	OPT_FLAG_(0, "ignore-comments", "comments do not matter", &cfg.no_comments),
	OPT_FLAG_(0, "ignore-order", "the order of columns does not matter: it never does", &cfg.no_order),
	OPT_GROUP_("scratch work:"),
	OPT_INT_(0, "server-version", "major", "scratch server to load files on", &cfg.server_version),
	OPT_STRING_(0, "scratch", "conn", "server for scratch databases, in place of a throwaway one", &cfg.scratch),
	OPT_FLAG_(0, "no-cache", "neither use nor keep what git: takes long to load", &cfg.no_cache),
	OPT_FLAG_(0, "plain", "--format sql: plain statements, none that go easy on a live table", &cfg.plain),
	OPT_FLAG_(0, "no-verify", "--format sql: do not try it on a scratch copy", &cfg.no_verify),
	OPT_END_
};

static int
set_filter(struct model_filter *f, struct err *e)
{
	*f = (struct model_filter){ .schemas = cfg.schemas.item,
		.schema_count = cfg.schemas.count,
		.exclude = cfg.exclude.item,
		.exclude_count = cfg.exclude.count,
		.owner = cfg.no_owner || cfg.drift,
		.privileges = cfg.no_privileges,
		.comments = cfg.no_comments };
	for (size_t i = 0; i < cfg.ignore.count; i++) {
		int k = 0;

		while (k < MODEL_KINDS &&
		    strcmp(model_kind_info((enum model_kind)k)->name, cfg.ignore.item[i]))
			k++;
		if (k == MODEL_KINDS)
			return err_set(e, FAIL_TROUBLE, "usage", "--ignore: there is no kind '%s'",
			    cfg.ignore.item[i]);
		f->kinds[k] = true;
	}
	return 0;
}

static int
check_operands(int count, struct err *e)
{
	int want = cfg.gate || cfg.drift || cfg.list_hazards ? 0 : cfg.dump ? 1 : 2;

	if ((cfg.gate != NULL) + (cfg.drift != NULL) + cfg.dump + cfg.lint + cfg.list_hazards > 1)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "only one of --gate, --drift, --dump, --lint and --list-hazards");
	if (work_of.snapshot && !cfg.dump)
		return err_set(e, FAIL_TROUBLE, "usage", "--snapshot goes with --dump");
	if (cfg.lint ? count > 0 : count == want)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage", "%s operand%s wanted, %d given",
	    cfg.lint      ? "at least one" :
		want == 2 ? "two" :
		want      ? "one" :
			    "no",
	    want == 1 || cfg.lint ? "" : "s", count);
	return err_hint(e,
	    "schema-diff FROM TO; each a database, migrations:DIR, git:REV:DIR, snapshot:ARCHIVE, "
	    "FILE.sql, FILE.json or empty");
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	unsigned classes = 0;

	(void)operands;
	work_of.allow = (struct hazard_allow){ cfg.allow.item, cfg.allow.count };
	work_of.renames = cfg.rename;
	work_of.stats_from = cfg.stats_from;
	work_of.scratch = cfg.scratch;
	work_of.server_version = cfg.server_version;
	work_of.keep = !cfg.no_cache;
	work_of.plain = cfg.plain;
	work_of.verify = !cfg.no_verify;
	if (check_operands(count, e) || hazard_check_allow(&work_of.allow, e))
		return -1;
	if (cfg.list_hazards)
		step_alone(s);
	if (!cfg.fail_on)
		cfg.fail_on = cfg.gate ? "destructive,blocking,old-code" :
		    cfg.drift          ? "any" :
					 "none";
	return set_filter(&work_of.filter, e) || hazard_parse_classes(cfg.fail_on, &classes, e) ?
	    -1 :
	    0;
}

static int
judge(struct err *e)
{
	unsigned set = 0;
	size_t n;

	if (hazard_parse_classes(cfg.fail_on, &set, e))
		return -1;
	n = finding_count_in(found->findings, set);
	if (set & HAZARD_SET_ANY && found->diff && found->diff->count > n)
		n = found->diff->count;
	if (!n)
		return 0;
	err_set(e, FAIL_NO, "hazards", "the gate --fail-on %s is shut: %zu found", cfg.fail_on, n);
	return err_hint(e,
	    "--format text shows them with what to do instead; --allow HAZARD=REASON accepts one");
}

static void
say(struct step *s)
{
	const struct diff *d = found->diff;
	const struct ddl *script = work_of.script;

	for (size_t i = 0; d && i < d->from->uncovered_count; i++)
		step_warn(s, "%s: %s are not compared", d->from->source, d->from->uncovered[i]);
	for (size_t i = 0; d && i < d->to->uncovered_count; i++)
		step_warn(s, "%s: %s are not compared", d->to->source, d->to->uncovered[i]);
	if (value_bool(value_get(step_result(s), "base_is_head")))
		step_warn(s, "--gate: nothing in %s differs from HEAD, which is also the base; "
			     "--base names another one (HEAD^)",
		    cfg.gate);
	for (size_t i = 0; script && i < script->rest_count; i++)
		step_warn(s, "not done: %s: %s", script->rest[i].object->id, script->rest[i].why);
	step_say(s, "%s", show_line(step_mem(s), found));
}

static int
work(struct step *s, int count, char **operands, struct err *e)
{
	const char *live = cfg.pg ? cfg.pg : getenv("DATABASE_URL") ? "env:DATABASE_URL" : "";
	char *drift[2] = { mem_fmt(step_mem(s), "migrations:%s", cfg.drift),
		mem_string(step_mem(s), live) };

	if (cfg.lint)
		return compare_lint(&work_of, operands, count, e);
	if (cfg.gate)
		return compare_gate(&work_of, cfg.gate, cfg.base, e);
	return compare_two(&work_of, cfg.drift ? drift : operands, e);
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	if (cfg.list_hazards) {
		show_hazards(stdout);
		return 0;
	}
	work_of.m = step_mem(s);
	work_of.result = step_result(s);
	work_of.sql = step_form_wanted(s, "sql");
	work_of.print_alone = step_form_wanted(s, "fingerprint");
	work_of.advice = cfg.advice || strstr(cfg.fail_on, "advice");
	if (cfg.dump)
		return compare_dump(&work_of, operands[0], e);
	if (work(s, count, operands, e))
		return -1;
	if (found->diff && !found->diff->count && !found->findings->count)
		step_unchanged(s);
	say(s);
	return judge(e);
}

/* The forms. */
#define FORM(name, call)                                          \
	static int name(struct step *s, FILE *out, struct err *e) \
	{                                                         \
		(void)s;                                          \
		(void)e;                                          \
		if (found->findings)                              \
			call;                                     \
		return 0;                                         \
	}
FORM(text, show_text(out, found, isatty(1)))
FORM(sql, if (work_of.script) ddl_print(out, work_of.script, found->diff, found->alike))
FORM(markdown, show_markdown(out, found))
FORM(sarif, show_sarif(out, found))
FORM(github, show_github(out, found))
FORM(gitlab, show_gitlab(out, found))

static int
fingerprint(struct step *s, FILE *out, struct err *e)
{
	const char *hex = value_get_string(step_result(s), "fingerprint");

	(void)e;
	if (hex)
		fprintf(out, "%s\n", hex);
	return 0;
}

static const struct form forms[] = {
	{ "text", "the changes by table, with their hazards", text },
	{ "sql", "the migration from one to the other, tried on a scratch copy", sql },
	{ "markdown", "a comment for a pull request, worst first", markdown },
	{ "sarif", "SARIF 2.1.0, for code scanning", sarif },
	{ "github", "annotations of GitHub Actions", github },
	{ "gitlab", "a code quality report", gitlab },
	{ "fingerprint", "--dump: the SHA-256 of the model, without the model", fingerprint },
	{ 0 },
};

static const struct tool tool = {
	.name = "schema-diff",
	.brief = "compare two schemas and name each change's hazards",
	.operands = "[from to | file ...]",
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
