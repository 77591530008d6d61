/* schema-diff - what changed between two schemas, what it breaks, the SQL between, and the gate on it.
 *
 *	schema-diff --fail-on destructive,old-code "$DATABASE_URL" migrations:db/migrations
 *	schema-diff --lint db/migrations
 *	schema-diff --gate db/migrations
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/step.h"
#include "schema/ddl.h"
#include "schema/gate.h"
#include "schema/hazard.h"
#include "schema/rename.h"
#include "schema/show.h"
#include "schema/source.h"
#include "schema/verify.h"

static struct {
	const char *fail_on, *scratch, *gate, *base, *drift, *pg;
	struct opt_list schemas, exclude, ignore, allow, rename;
	bool no_owner, no_privileges, no_comments, dump, lint, plain, no_verify;
	int server_version;
} cfg;

/* What was found, for the forms. */
static struct show found;
static struct ddl *script;

static const struct opt opts[] = {
	OPT_GROUP_("what to do:"),
	OPT_STRING_(0, "fail-on", "class,...", "exit 1 on destructive, blocking, old-code, new-code, any", &cfg.fail_on),
	OPT_STRING_(0, "gate", "dir", "what the branch changes in a directory of migrations", &cfg.gate),
	OPT_STRING_(0, "base", "revision", "--gate: the branch to compare with", &cfg.base),
	OPT_STRING_(0, "drift", "dir", "what migrations make, against what --pg has", &cfg.drift),
	OPT_STRING_(0, "pg", "conn", "--drift: the database: URI, conninfo or env:NAME", &cfg.pg),
	OPT_FLAG_(0, "lint", "look at SQL files or directories, without a server", &cfg.lint),
	OPT_FLAG_(0, "dump", "read one schema and put its model into the record", &cfg.dump),
	OPT_LIST_(0, "rename", "object=name", "this object got that name: it was not dropped", &cfg.rename),
	OPT_GROUP_("what to let pass:"),
	OPT_LIST_(0, "allow", "hazard[:object]", "accept this hazard", &cfg.allow),
	OPT_LIST_(0, "schema", "name", "compare only this schema", &cfg.schemas),
	OPT_LIST_(0, "exclude", "pattern", "leave out a schema, or schema.name", &cfg.exclude),
	OPT_LIST_(0, "ignore", "kind", "leave out a kind of object, as in the record", &cfg.ignore),
	OPT_FLAG_(0, "ignore-owner", "owners do not matter", &cfg.no_owner),
	OPT_FLAG_(0, "ignore-privileges", "grants do not matter", &cfg.no_privileges),
	OPT_FLAG_(0, "ignore-comments", "comments do not matter", &cfg.no_comments),
	OPT_GROUP_("scratch work:"),
	OPT_INT_(0, "server-version", "major", "scratch server to load files on", &cfg.server_version),
	OPT_STRING_(0, "scratch", "conn", "server for scratch databases, in place of a throwaway one", &cfg.scratch),
	OPT_FLAG_(0, "plain", "--format sql: plain statements, none that go easy on a live table", &cfg.plain),
	OPT_FLAG_(0, "no-verify", "--format sql: do not try it on a scratch copy", &cfg.no_verify),
	OPT_END_
};

static int
ignore_kinds(struct model_filter *f, struct err *e)
{
	for (size_t i = 0; i < cfg.ignore.count; i++) {
		int k = 0;

		while (k < MODEL_KINDS && strcmp(model_kind_info((enum model_kind)k)->name, cfg.ignore.item[i]))
			k++;
		if (k == MODEL_KINDS)
			return err_set(e, FAIL_TROUBLE, "usage", "--ignore: there is no kind '%s'", cfg.ignore.item[i]);
		f->kinds[k] = true;
	}
	return 0;
}

static int
check_operands(int count, struct err *e)
{
	int want = cfg.gate || cfg.drift ? 0 : cfg.dump ? 1 : 2;

	if ((cfg.gate != NULL) + (cfg.drift != NULL) + cfg.dump + cfg.lint > 1)
		return err_set(e, FAIL_TROUBLE, "usage", "only one of --gate, --drift, --dump and --lint");
	if (cfg.lint ? count > 0 : count == want)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage", "%s operand%s wanted, %d given", cfg.lint ? "at least one" : want == 2 ? "two" : want ? "one" : "no",
	    want == 1 || cfg.lint ? "" : "s", count);
	return err_hint(e, "schema-diff FROM TO; each a database, migrations:DIR, git:REV:DIR, FILE.sql, FILE.json or empty");
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	struct model_filter f = { 0 };
	unsigned classes = 0;

	(void)operands;
	if (check_operands(count, e))
		return -1;
	for (size_t i = 0; i < cfg.allow.count; i++) {
		char *id = mem_dup(step_mem(s), cfg.allow.item[i], strcspn(cfg.allow.item[i], ":"));

		if (!hazard_find(id))
			return err_set(e, FAIL_TROUBLE, "usage", "--allow: there is no hazard '%s'", id);
	}
	if (!cfg.fail_on)
		cfg.fail_on = cfg.gate ? "destructive,blocking,old-code" : cfg.drift ? "any" : "none";
	return ignore_kinds(&f, e) || hazard_parse_classes(cfg.fail_on, &classes, e) ? -1 : 0;
}

/* How many changes and statements have a hazard of the class. */
static size_t
count_of(enum hazard_class class)
{
	size_t n = found.lint ? lint_count(found.lint, class) : 0;

	if (found.diff)
		n += hazard_sum(found.diff).counts[class];
	return n;
}

static int
judge(struct err *e)
{
	unsigned set = 0;
	size_t n = 0;

	if (hazard_parse_classes(cfg.fail_on, &set, e))
		return -1;
	for (int i = 0; i < HAZARD_CLASSES; i++)
		if (set & 1u << i)
			n += count_of((enum hazard_class)i);
	if (set & 1u << HAZARD_CLASSES && found.diff && found.diff->count > n)
		n = found.diff->count;
	if (!n)
		return 0;
	err_set(e, FAIL_NO, "hazards", "the gate --fail-on %s is shut: %zu found", cfg.fail_on, n);
	return err_hint(e, "--format text shows them with what to do instead; --allow HAZARD accepts one");
}

static void
say(struct step *s)
{
	const struct diff *d = found.diff;
	struct hazard_sum sum;

	if (found.lint)
		step_say(s, "%zu statements in %zu files: %zu findings", found.lint->statements, found.lint->files, found.lint->count);
	if (!d)
		return;
	sum = hazard_sum(d);
	for (size_t i = 0; i < d->from->uncovered_count; i++)
		step_warn(s, "%s: %s are not compared", d->from->source, d->from->uncovered[i]);
	for (size_t i = 0; i < d->to->uncovered_count; i++)
		step_warn(s, "%s: %s are not compared", d->to->source, d->to->uncovered[i]);
	if (!d->count)
		step_say(s, "no difference between %s and %s", d->from->source, d->to->source);
	else
		step_say(s, "%zu changes: %zu destructive, %zu blocking, %zu for old code; compatibility %s, rollback by %s", sum.changes,
		    sum.counts[HAZARD_DESTROYS], sum.counts[HAZARD_BLOCKS], sum.counts[HAZARD_OLD_CODE], sum.compatibility, sum.rollback);
}

static int
lint(struct step *s, char *const *paths, int count, struct err *e)
{
	if (!(found.lint = lint_paths(step_mem(s), paths, count, cfg.allow.item, cfg.allow.count, e)))
		return -1;
	lint_result(step_mem(s), step_result(s), found.lint);
	return 0;
}

static int
compare(struct step *s, char *const operands[2], struct err *e)
{
	struct mem *m = step_mem(s);
	struct source_set *set = mem_zero(m, 1, sizeof *set);
	struct source side[2] = { { 0 } }, renamed = { 0 };
	struct renames renames = { 0 };
	struct model_filter f = { .schemas = cfg.schemas.item, .schema_count = cfg.schemas.count, .exclude = cfg.exclude.item,
		.exclude_count = cfg.exclude.count, .owner = cfg.no_owner || cfg.drift, .privileges = cfg.no_privileges,
		.comments = cfg.no_comments };
	bool sql = step_form_wanted(s, "sql");
	struct diff *d;

	*set = (struct source_set){ .m = m, .server_version = cfg.server_version, .server = cfg.scratch, 
		.needs = cfg.dump || sql || cfg.rename.count };
	if (ignore_kinds(&f, e) || (cfg.dump ? source_open(set, operands[0], &side[0], e) : source_open_both(set, operands, side, e)))
		return -1;
	model_reduce(side[0].model, &f);
	if (cfg.dump) {
		value_set(step_result(s), "model", model_to_value(m, side[0].model));
		return 0;
	}
	model_reduce(side[1].model, &f);
	if (rename_resolve(m, cfg.rename.item, cfg.rename.count, side[0].model, &renames, e) ||
	    (renames.count && rename_apply(set, &side[0], &renames, &f, &renamed, e)))
		return -1;
	if (!renames.count)
		renamed = side[0];
	found.diff = d = diff_models(m, renamed.model, side[1].model);
	rename_tell(d, &renames);
	hazard_assess(d, cfg.allow.item, cfg.allow.count);
	/* the catalogs do not know how an index was built: the statements do */
	if (found.lint)
		hazard_forget(d, HAZARD_BLOCKS);
	show_result(m, step_result(s), found.diff);
	if (!found.diff->count)
		step_unchanged(s);
	if (!sql)
		return 0;
	script = ddl_write(m, renamed.model, side[1].model, !cfg.plain);
	rename_prepend(script, &renames);
	return cfg.no_verify ? 0 : verify_statements(set, &side[0], side[1].model, script, &f, e);
}

static int
gate(struct step *s, struct err *e)
{
	struct mem *m = step_mem(s);
	struct gate g;
	char *sides[2];

	if (gate_find(m, cfg.gate, cfg.base, &g, e))
		return -1;
	sides[0] = mem_string(m, g.from);
	sides[1] = mem_string(m, g.to);
	return lint(s, g.files, g.file_count, e) || compare(s, sides, e) ? -1 : 0;
}

static int
drift(struct step *s, struct err *e)
{
	struct mem *m = step_mem(s);
	const char *live = cfg.pg ? cfg.pg : getenv("DATABASE_URL") ? "env:DATABASE_URL" : "";
	char *sides[2] = { mem_fmt(m, "migrations:%s", cfg.drift), mem_string(m, live) };

	return compare(s, sides, e);
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	if (cfg.lint ? lint(s, operands, count, e) : cfg.gate ? gate(s, e) : cfg.drift ? drift(s, e) : compare(s, operands, e))
		return -1;
	say(s);
	return judge(e);
}

/* The forms. */
#define FORM(name, call)                                                                                             \
	static int name(struct step *s, FILE *out, struct err *e)                                                    \
	{                                                                                                            \
		(void)s;                                                                                             \
		(void)e;                                                                                             \
		if (found.diff || found.lint)                                                                        \
			call;                                                                                        \
		return 0;                                                                                            \
	}
FORM(text, show_text(out, &found, isatty(1)))
FORM(sql, if (script) ddl_print(out, script, found.diff))
FORM(markdown, show_markdown(out, &found))
FORM(sarif, show_sarif(out, &found))
FORM(github, show_github(out, &found))
FORM(gitlab, show_gitlab(out, &found))

static const struct form forms[] = {
	{ "text", "the changes by table, with their hazards", text },
	{ "sql", "the migration from one to the other, tried on a scratch copy", sql },
	{ "markdown", "a comment for a pull request, worst first", markdown },
	{ "sarif", "SARIF 2.1.0, for code scanning", sarif },
	{ "github", "annotations of GitHub Actions", github },
	{ "gitlab", "a code quality report", gitlab },
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
