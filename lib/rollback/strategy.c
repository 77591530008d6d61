/* strategy.c - which way back is there. */
#include "rollback/strategy.h"

/* Is there a usable snapshot of everything that a restore must bring back? */
static const char *
cannot_restore(struct mem *m, const struct evidence *ev)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < ev->uncovered.count; i++)
		mem_text_fmt(&t, "%s%s", i ? ", " : "no usable snapshot covers ",
		    ev->uncovered.item[i]);
	if (!ev->store_count && !ev->uncovered.count)
		mem_text_fmt(&t, "no usable snapshot is in the records");
	return t.text;
}

/* The way down is taken only when it is wanted; exactly what was before is nothing that it can
 * give. */
static bool
choose_down(const struct scenario_given *g, struct scenario_verdict *v)
{
	bool fits = v->down && !v->new_instance && !g->consistent && !g->evidence->doubts.count;

	if (g->down && !fits)
		sentences_add(v->m, &v->caveats,
		    "the migrations cannot be taken back: no rehearsal on a usable snapshot proved "
		    "that this loses nothing");
	if (fits && !g->down)
		sentences_add(v->m, &v->caveats,
		    "a rehearsal proved that the way down to revision %s loses nothing: "
		    "rollback-plan --down takes it, and what was written since stays",
		    value_get_string(v->down->result, "before"));
	if (!fits || !g->down)
		return false;
	v->strategy = "down";
	sentences_add(v->m, &v->caveats,
	    "the rehearsal knew the rows of the snapshot: what was written since into columns "
	    "and tables that go is lost");
	return true;
}

void
strategy_choose(const struct scenario_given *g, struct scenario_verdict *v)
{
	const struct evidence *ev = g->evidence;
	const char *why = cannot_restore(v->m, ev);

	v->strategy = "code";
	if (v->scenario == SCENARIO_NONE)
		v->strategy = "none";
	if (v->scenario == SCENARIO_CAVEATS) {
		if (why)
			sentences_add(v->m, &v->caveats, "a restore would not be possible: %s",
			    why);
		else
			sentences_add(v->m, &v->caveats,
			    "when the checks after it fail, restore the snapshot: rollback-plan "
			    "--consistent");
	}
	v->down = v->scenario >= SCENARIO_CAVEATS ? evidence_way_down(ev) : NULL;
	if (choose_down(g, v) || v->scenario < SCENARIO_RESTORE)
		return;
	v->in_place = g->in_place && !v->new_instance;
	v->strategy = v->new_instance ? "restore-new-instance" :
	    v->in_place               ? "restore-in-place" :
					"restore-swap";
	if (why) {
		v->strategy = "forward-fix";
		v->why_no_restore = why;
	}
}
