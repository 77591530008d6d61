/* plan_record.c - the plan as the result of a record. */
#include "rollback/plan.h"

static void
fill_words(struct mem *m, struct value *o, const char *key, const char **words, size_t count)
{
	struct value *list = value_set_array(m, o, key);

	for (size_t i = 0; i < count; i++)
		value_add_string(list, words[i]);
}

static void
fill_sentences(struct mem *m, struct value *o, const char *key, const struct sentences *l)
{
	fill_words(m, o, key, l->item, l->count);
}

static void
fill_step(struct mem *m, struct value *list, const struct plan_step *s)
{
	struct value *o = value_add_object(m, list), *x;

	value_set_string(o, "id", s->id);
	value_set_string(o, "title", s->title);
	fill_words(m, o, "argv", s->argv, s->argc);
	value_set_string(o, "by_hand", s->by_hand);
	value_set_string(o, "image", s->image);
	x = value_set_array(m, o, "needs");
	if (s->needs)
		value_add_string(x, s->needs);
	if (s->expect) {
		x = value_set_object(m, o, "check");
		fill_words(m, x, "argv", s->check ? s->check : s->argv,
		    s->check ? s->check_argc : s->argc);
		value_set_string(x, "expect", s->expect);
	}
	value_set_string(o, "input", s->input);
	value_set_string(o, "variable", s->variable);
	value_set_string(o, "undo", s->undo);
	x = value_set_object(m, o, "seconds");
	value_set_real(x, "min", s->min);
	value_set_real(x, "max", s->max);
	value_set_bool(x, "published", s->published);
	value_set_bool(o, "preflight", s->preflight);
	value_set_bool(o, "irreversible", s->irreversible);
}

static void
fill_reasons(struct mem *m, struct value *result, const struct scenario_verdict *v)
{
	struct value *list = value_set_array(m, result, "reasons");

	for (size_t i = 0; i < v->reason_count; i++) {
		struct value *o = value_add_object(m, list);

		value_set_string(o, "rule", v->reasons[i].rule);
		value_set_int(o, "scenario", v->reasons[i].floor);
		value_set_string(o, "text", v->reasons[i].text);
	}
}

static void
fill_stores(struct mem *m, struct value *result, const struct evidence *ev)
{
	struct value *list = value_set_array(m, result, "stores");

	for (size_t i = 0; i < ev->store_count; i++) {
		const struct evidence_store *st = &ev->stores[i];
		struct value *o = value_add_object(m, list);

		value_set_string(o, "name", st->name);
		value_set_string(o, "kind", st->kind);
		value_set_string(o, "uri", st->uri);
		value_set_string(o, "path", st->path);
		value_set_string(o, "archive", st->archive);
		value_set_string(o, "sha256", st->sha256);
		value_set_string(o, "snapshot", st->snapshot_id);
	}
	fill_sentences(m, result, "uncovered", &ev->uncovered);
	fill_sentences(m, result, "unusable", &ev->flaws);
}

void
plan_fill_loss(const struct plan *p, struct mem *m, struct value *result)
{
	struct value *list;

	if (!p->loss.counted)
		return;
	list = value_set_array(m, result, "loss");
	for (size_t i = 0; i < p->loss.count; i++) {
		const struct loss_table *x = &p->loss.tables[i];
		struct value *o = value_add_object(m, list);

		value_set_string(o, "store", x->store);
		value_set_string(o, "table", x->table);
		value_set_int(o, "written", x->written);
		value_set_int(o, "removed", x->removed);
	}
}

void
plan_fill(const struct plan *p, struct mem *m, struct value *result)
{
	const struct scenario_verdict *v = p->verdict;
	struct value *x;

	value_set_int(result, "scenario", v->scenario);
	value_set_string(result, "strategy", v->strategy);
	fill_reasons(m, result, v);
	fill_sentences(m, result, "caveats", &v->caveats);
	value_set_string(result, "no_restore", v->why_no_restore);
	fill_stores(m, result, p->evidence);
	x = value_set_array(m, result, "steps");
	for (size_t i = 0; i < p->step_count; i++)
		fill_step(m, x, &p->steps[i]);
	fill_sentences(m, result, "verify", &p->verify);
	fill_sentences(m, result, "next", &p->next);
	x = value_set_object(m, result, "seconds");
	value_set_real(x, "min", p->min);
	value_set_real(x, "max", p->max);
	if (p->digest[0])
		value_set_string(result, "plan_digest", p->digest);
}

const char *
plan_scenario_name(enum scenario s)
{
	static const char *const names[] = { "nothing to take back", "the code alone",
		"the code, with caveats", "the code and the data" };

	return names[s];
}
