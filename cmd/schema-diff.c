/* schema-diff - what changed between two schemas, what it breaks, and the gate on it.
 *
 *	schema-diff --fail-on destructive,old-code "$DATABASE_URL" migrations:db/migrations
 */
#include <string.h>
#include <unistd.h>

#include "core/step.h"
#include "schema/ddl.h"
#include "schema/hazard.h"
#include "schema/show.h"
#include "schema/source.h"
#include "schema/verify.h"

static struct {
	const char *fail_on;
	struct opt_list schemas, exclude, ignore, allow;
	bool no_owner, no_privileges, no_comments, dump, plain, no_verify;
	const char *scratch;
	int server_version;
	struct diff *diff;
	struct ddl *sql;
} cfg;

static const struct opt opts[] = {
	OPT_STRING_(0, "fail-on", "class,...", "exit 1 on destructive, blocking, old-code, new-code, any", &cfg.fail_on),
	OPT_LIST_(0, "allow", "hazard[:object]", "accept this hazard", &cfg.allow),
	OPT_LIST_(0, "schema", "name", "compare only this schema", &cfg.schemas),
	OPT_LIST_(0, "exclude", "pattern", "leave out a schema, or schema.name", &cfg.exclude),
	OPT_LIST_(0, "ignore", "kind", "leave out a kind of object, as in the record", &cfg.ignore),
	OPT_FLAG_(0, "ignore-owner", "owners do not matter", &cfg.no_owner),
	OPT_FLAG_(0, "ignore-privileges", "grants do not matter", &cfg.no_privileges),
	OPT_FLAG_(0, "ignore-comments", "comments do not matter", &cfg.no_comments),
	OPT_INT_(0, "server-version", "major", "scratch server to load files on", &cfg.server_version),
	OPT_STRING_(0, "scratch", "conn", "server for scratch databases, in place of a throwaway one", &cfg.scratch),
	OPT_FLAG_(0, "plain", "--format sql: plain statements, none that go easy on a live table", &cfg.plain),
	OPT_FLAG_(0, "no-verify", "--format sql: do not try it on a scratch copy", &cfg.no_verify),
	OPT_FLAG_(0, "dump", "print the model of one schema as JSON", &cfg.dump),
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
check(struct step *s, int count, char **operands, struct err *e)
{
	struct model_filter f = { 0 };
	unsigned classes = 0;
	int want = cfg.dump ? 1 : 2;

	(void)s;
	(void)operands;
	if (count != want) {
		err_set(e, FAIL_TROUBLE, "usage", "%s operand%s wanted, %d given", cfg.dump ? "one" : "two", want == 1 ? "" : "s", count);
		return err_hint(e, "schema-diff FROM TO; each a database, migrations:DIR, git:REV:DIR, FILE.sql, FILE.json or empty");
	}
	for (size_t i = 0; i < cfg.allow.count; i++) {
		size_t n = strcspn(cfg.allow.item[i], ":");
		char *id = mem_dup(step_mem(s), cfg.allow.item[i], n);

		if (!hazard_find(id))
			return err_set(e, FAIL_TROUBLE, "usage", "--allow: there is no hazard '%s'", id);
	}
	return ignore_kinds(&f, e) || (cfg.fail_on && hazard_parse_classes(cfg.fail_on, &classes, e)) ? -1 : 0;
}

/* The gate: is there a hazard of a class that fails? */
static int
judge(const struct diff *d, struct err *e)
{
	struct hazard_sum sum = hazard_sum(d);
	unsigned set = 0;
	size_t n = 0;

	if (!cfg.fail_on || hazard_parse_classes(cfg.fail_on, &set, e))
		return 0;
	for (int i = 0; i < HAZARD_CLASSES; i++)
		if (set & 1u << i)
			n += sum.counts[i];
	if (!n && !(set & 1u << HAZARD_CLASSES && sum.changes))
		return 0;
	err_set(e, FAIL_NO, "hazards", "the gate --fail-on %s is shut: %zu of %zu changes", cfg.fail_on, n ? n : sum.changes, sum.changes);
	return err_hint(e, "schema-diff --format text shows them with what to do instead; --allow HAZARD accepts one");
}

static void
say(struct step *s, const struct diff *d)
{
	struct hazard_sum sum = hazard_sum(d);

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
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct source_set *set = mem_zero(m, 1, sizeof *set);
	struct source side[2] = { { 0 } };
	struct model_filter f = { .schemas = cfg.schemas.item, .schema_count = cfg.schemas.count, .exclude = cfg.exclude.item,
		.exclude_count = cfg.exclude.count, .owner = cfg.no_owner, .privileges = cfg.no_privileges, .comments = cfg.no_comments };

	*set = (struct source_set){ .m = m, .server_version = cfg.server_version, .server = cfg.scratch, 
		.needs = cfg.dump || step_form_wanted(s, "sql") };
	if (ignore_kinds(&f, e))
		return -1;
	for (int i = 0; i < count; i++) {
		if (source_open(set, operands[i], &side[i], e))
			return -1;
		model_reduce(side[i].model, &f);
	}
	if (cfg.dump) {
		value_set(step_result(s), "model", model_to_value(m, side[0].model));
		return 0;
	}
	cfg.diff = diff_models(m, side[0].model, side[1].model);
	hazard_assess(cfg.diff, cfg.allow.item, cfg.allow.count);
	show_result(m, step_result(s), cfg.diff);
	if (!cfg.diff->count)
		step_unchanged(s);
	say(s, cfg.diff);
	if (step_form_wanted(s, "sql")) {
		cfg.sql = ddl_write(m, side[0].model, side[1].model, !cfg.plain);
		if (!cfg.no_verify && verify_statements(set, &side[0], side[1].model, cfg.sql, &f, e))
			return -1;
	}
	return judge(cfg.diff, e);
}

static int
text(struct step *s, FILE *out, struct err *e)
{
	(void)s;
	(void)e;
	if (cfg.diff)
		show_text(out, cfg.diff, isatty(1) && out == stdout);
	return 0;
}

static int
sql(struct step *s, FILE *out, struct err *e)
{
	(void)s;
	(void)e;
	if (cfg.sql)
		ddl_print(out, cfg.sql, cfg.diff);
	return 0;
}

static const struct form forms[] = {
	{ "text", "the changes by table, with their hazards", text },
	{ "sql", "the migration from one to the other, tried on a scratch copy", sql },
	{ 0 },
};

static const struct tool tool = {
	.name = "schema-diff",
	.brief = "compare two schemas and name each change's hazards",
	.operands = "from to",
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
