/* compare.c - the work, one step after the other. */
#include "schema/compare.h"
#include "schema/gate.h"
#include "schema/moved.h"
#include "schema/rename.h"
#include "schema/source.h"
#include "schema/verify.h"

static struct source_set *
sources(struct compare *c)
{
	struct source_set *set = mem_zero(c->m, 1, sizeof *set);

	*set = (struct source_set){ .m = c->m,
		.server_version = c->server_version,
		.server = c->scratch,
		.keep = c->keep,
		.needs = c->sql || c->renames.count };
	return set;
}

static struct lint *
lint(struct compare *c, char *const *paths, int count, const struct model *before, struct err *e)
{
	struct lint_options o = { .allow = &c->allow,
		.before = before,
		.whole_files = before || c->in_transaction,
		.advice = c->advice };

	return lint_paths(c->m, paths, count, &o, e);
}

/* What is dangerous goes into the record, for the forms and for the gate. */
static void
join(struct compare *c, const struct value *observed)
{
	c->found.findings = finding_join(c->m, c->found.diff, c->found.lint, observed);
	if (c->found.diff)
		show_result(c->m, c->result, &c->found);
	if (c->found.lint)
		finding_result(c->m, c->result, c->found.findings);
}

/* How large the tables are, from elsewhere. */
static int
take_sizes(struct compare *c, struct source_set *set, struct model *mo, struct err *e)
{
	struct source sized = { 0 };

	if (!c->stats_from)
		return 0;
	set->sizes = true;
	if (source_open(set, c->stats_from, &sized, e))
		return err_in(e, "--stats-from");
	model_take_sizes(mo, sized.model);
	return 0;
}

/* Both sides are there. */
static int
compare(struct compare *c, struct source_set *set, struct source side[2],
    const struct value *observed, struct err *e)
{
	struct source renamed = { 0 };
	struct renames renames = { 0 };
	struct diff *d;

	model_reduce(side[0].model, &c->filter);
	model_reduce(side[1].model, &c->filter);
	if (take_sizes(c, set, side[0].model, e) ||
	    rename_resolve(c->m, c->renames.item, c->renames.count, side[0].model, &renames, e) ||
	    (side[1].same_history && !set->roles_moved &&
		rename_identify(set, &side[0], &side[1], &renames, e)) ||
	    (renames.count && rename_apply(set, &side[0], &renames, &c->filter, &renamed, e)))
		return -1;
	if (!renamed.model)
		renamed = side[0];
	renamed.model = moved_follow(c->m, renamed.model, side[1].model);
	c->found.diff = d = diff_models(c->m, renamed.model, side[1].model);
	d->before = side[0].model;
	rename_tell(d, &renames);
	c->found.alike = alike_find(d);
	hazard_assess(d, &c->allow);
	join(c, observed);
	if (!c->sql)
		return 0;
	c->script = ddl_write(c->m, renamed.model, side[1].model, !c->plain);
	rename_prepend(c->script, &renames);
	return c->verify ?
	    verify_statements(set, &side[0], side[1].model, c->script, &c->filter, e) :
	    0;
}

int
compare_two(struct compare *c, char *const specs[2], struct err *e)
{
	struct source_set *set = sources(c);
	struct source side[2] = { { 0 } };

	return source_open_both(set, specs, side, e) ? -1 : compare(c, set, side, NULL, e);
}

int
compare_gate(struct compare *c, const char *dir, const char *base, struct err *e)
{
	struct source_set *set = sources(c);
	struct source side[2] = { { 0 } };
	struct lint *l;
	struct gate g;

	if (gate_find(c->m, dir, base, &g, e))
		return -1;
	set->git_dir = g.top;
	set->observe = true;
	if (source_open(set, g.from, &side[0], e) ||
	    source_open_upon(set, &side[0], dir, &side[1], e) ||
	    !(l = lint(c, g.files, g.file_count, side[0].model, e)))
		return -1;
	if (side[0].kept)
		value_set_bool(c->result, "base_kept", true);
	if (g.idle)
		value_set_bool(c->result, "base_is_head", true);
	gate_lint(l, &g, dir, side[1].refused, &c->allow);
	if (!side[1].refused)
		gate_not_run(l, &g, side[1].applied, &c->allow);
	c->found.lint = l;
	return compare(c, set, side, gate_observed(c->m, &g, side[1].applied), e);
}

int
compare_lint(struct compare *c, char *const *paths, int count, struct err *e)
{
	if (!(c->found.lint = lint(c, paths, count, NULL, e)))
		return -1;
	join(c, NULL);
	return 0;
}

int
compare_dump(struct compare *c, const char *spec, struct err *e)
{
	struct source_set *set = sources(c);
	struct source side = { 0 };

	set->needs = !c->print_alone;
	set->snapshot = c->snapshot;
	if (source_open(set, spec, &side, e))
		return -1;
	model_reduce(side.model, &c->filter);
	value_set_string(c->result, "fingerprint",
	    model_fingerprint(side.model, mem_zero(c->m, DIGEST_HEX, 1)));
	value_set(c->result, "model", c->print_alone ? NULL : model_to_value(c->m, side.model));
	return 0;
}
