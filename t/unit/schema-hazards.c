/* hazards: whatever a difference can name has a judgement: a row of the table, or the reason here
 * why nobody notices it */
#include <string.h>

#include "schema/hazard.h"
#include "../tap.h"

static const struct {
	enum diff_action action;
	enum model_kind kind;
	const char *why;
} compatible[] = {
	{ DIFF_CREATE, MODEL_SHELL_TYPE, "nothing can hold it" },
	{ DIFF_DROP, MODEL_SHELL_TYPE, "nothing could hold it" },
	{ DIFF_ALTER, MODEL_SHELL_TYPE,
	    "it has an owner, a comment and privileges alone, whose rows are for every kind" },
	{ DIFF_ALTER, MODEL_SCHEMA,
	    "it has an owner, a comment and privileges alone, whose rows are for every kind" },
	{ DIFF_ALTER, MODEL_PRIVILEGES, "revoke is for every kind" },
	{ DIFF_CREATE, MODEL_IDENTITY, "it comes with its column, where it is judged" },
	{ DIFF_DROP, MODEL_IDENTITY, "it goes with its column, where it is judged" },
	{ DIFF_ALTER, MODEL_IDENTITY,
	    "revoke is for every kind; whether it is logged nobody notices" },
	{ DIFF_CREATE, MODEL_STATISTICS, "the planner alone reads them" },
	{ DIFF_DROP, MODEL_STATISTICS, "the planner alone reads them" },
	{ DIFF_ALTER, MODEL_STATISTICS, "the planner alone reads them" },
	{ DIFF_CREATE, MODEL_OPERATOR_FAMILY, "only what names it uses it" },
	{ DIFF_CREATE, MODEL_OPERATOR_CLASS, "only what names it uses it" },
	{ DIFF_CREATE, MODEL_CONVERSION, "only a client of another encoding would use it" },
	{ DIFF_CREATE, MODEL_ACCESS_METHOD, "only what names it uses it" },
	{ DIFF_CREATE, MODEL_DEFAULT_PRIVILEGES, "what is there keeps its own" },
};

/* Has this a row that fits it whatever it is like, or one that fits some of it? */
static bool
has_row(enum diff_action action, enum model_kind kind)
{
	struct model_object o = { .kind = kind, .id = "x", .name = "x" };
	struct diff_change c = { .action = action,
		.kind = kind,
		.from = action == DIFF_CREATE ? NULL : &o,
		.to = action == DIFF_DROP ? NULL : &o,
		.prop = action == DIFF_ALTER ? PROP_DEFINITION : MODEL_PROPS };
	struct diff d = { 0 };

	for (size_t i = 0; i < hazard_count; i++) {
		const struct hazard *h = &hazard_table[i];

		if (h->action != action)
			continue;
		if (h->kind == kind ||
		    (h->kind == MODEL_KINDS && h->prop == MODEL_PROPS &&
			(!h->when || h->when(&d, &c))))
			return true;
	}
	return false;
}

static const char *
reason(enum diff_action action, enum model_kind kind)
{
	for (size_t i = 0; i < sizeof compatible / sizeof *compatible; i++)
		if (compatible[i].action == action && compatible[i].kind == kind)
			return compatible[i].why;
	return NULL;
}

int
main(void)
{
	for (int k = 0; k < MODEL_KINDS; k++)
		for (int a = DIFF_CREATE; a <= DIFF_ALTER; a++) {
			bool row = has_row((enum diff_action)a, (enum model_kind)k);
			const char *why = reason((enum diff_action)a, (enum model_kind)k);

			/* one of the two: a reason that is none any more would hide the next gap */
			ok(row != (why != NULL), "%s %s: %s", diff_action_name((enum diff_action)a),
			    model_kind_info((enum model_kind)k)->name,
			    row     ? "a row" :
				why ? why :
				      "nobody has judged it");
		}
	for (size_t i = 0; i < hazard_count; i++)
		for (size_t k = 0; k < i; k++)
			if (!strcmp(hazard_table[i].id, hazard_table[k].id))
				ok(0, "%s stands twice", hazard_table[i].id);
	return done();
}
