/* ddl.c - puts the nodes of a plan in order, and prints their statements. */
#include <stdlib.h>
#include <string.h>

#include "schema/ddl_plan.h"
#include "schema/hazard.h"

/* Bodies of functions may name what comes later, and every name is qualified. */
const char ddl_preamble[] = "SET check_function_bodies = off; SET search_path = ''";

/* Smaller comes first, where both may come. First what goes for good, then what comes: what is
 * built outside a transaction last. After that goes what comes back, each as late as can be. */
static int
rank(const struct plan_node *n)
{
	const struct model_object *o = n->to ? n->to : n->from;
	/* what has an effect on all that is made meanwhile */
	bool sees_all = o->kind == MODEL_DEFAULT_PRIVILEGES || o->kind == MODEL_EVENT_TRIGGER;
	bool built = n->step == PLAN_STEP_BUILD || o->kind == MODEL_INDEX;
	int last_first = MODEL_KINDS - (int)o->kind;

	switch (n->step) {
	case PLAN_STEP_RELEASE: return n->returns ? 5 * MODEL_KINDS : 0;
	case PLAN_STEP_DROP:
		return sees_all	   ? -1
		       : built	   ? 4 * MODEL_KINDS
		       : n->returns ? 4 * MODEL_KINDS + last_first
				   : 1 + last_first;
	case PLAN_STEP_CLEAN: return 3 * MODEL_KINDS;
	default:
		return sees_all ? 6 * MODEL_KINDS :
				  1 + (built ? 2 : 1) * MODEL_KINDS + (int)o->kind;
	}
}

static int
by_rank(const void *a, const void *b)
{
	const struct plan_node *x = *(struct plan_node *const *)a,
			       *y = *(struct plan_node *const *)b;
	int c = rank(x) - rank(y);

	return c ? c : strcmp((x->to ? x->to : x->from)->id, (y->to ? y->to : y->from)->id);
}

/* A heap of nodes that wait for nothing. */
struct ready {
	struct plan_node **node;
	size_t count;
};

static void
push(struct ready *r, struct plan_node *n)
{
	size_t i = r->count++;

	for (; i && by_rank(&n, &r->node[(i - 1) / 2]) < 0; i = (i - 1) / 2)
		r->node[i] = r->node[(i - 1) / 2];
	r->node[i] = n;
}

static struct plan_node *
pop(struct ready *r)
{
	struct plan_node *top = r->node[0], *last = r->node[--r->count];
	size_t i = 0;

	for (size_t child; (child = 2 * i + 1) < r->count; i = child) {
		if (child + 1 < r->count && by_rank(&r->node[child + 1], &r->node[child]) < 0)
			child++;
		if (by_rank(&last, &r->node[child]) <= 0)
			break;
		r->node[i] = r->node[child];
	}
	r->node[i] = last;
	return top;
}

static void
emit(struct plan *p, struct plan_node *n)
{
	struct ddl *out = p->out;

	if (n->to && n->to->kind == MODEL_EVENT_TRIGGER)
		p->out = p->last;
	switch (n->step) {
	case PLAN_STEP_DROP: ddl_drop(p, n->from); break;
	case PLAN_STEP_RELEASE: ddl_release(p, n->from); break;
	case PLAN_STEP_ALTER: ddl_alter(p, n->from, n->to); break;
	case PLAN_STEP_BUILD: ddl_build_key(p, n->to); break;
	case PLAN_STEP_MAKE: ddl_make(p, n->to); break;
	case PLAN_STEP_ATTACH: partition_attach(p, n->to); break;
	default: ddl_drop_aside(p, n->from);
	}
	p->out = out;
}

/* Says at the end what was kept for it. */
static void
say_kept(struct plan *p, const struct ddl *kept, bool alone)
{
	for (size_t i = 0; i < kept->count; i++) {
		const struct ddl_statement *t = &kept->statements[i];

		if (t->alone == alone)
			(alone ? ddl_say_alone : ddl_say)(p->out, t->object, "%s", t->sql);
	}
}

static void
release(struct ready *r, struct plan_node *n)
{
	for (size_t i = 0; i < n->then_count; i++)
		if (!--n->then[i]->waits && !n->then[i]->done)
			push(r, n->then[i]);
}

/* Does N wait for itself? SEEN keeps what was looked at, COUNT of them. */
static bool
waits_for(const struct plan_node *n, const struct plan_node *self, const struct plan_node **seen,
    size_t *count)
{
	for (size_t i = 0; i < n->then_count; i++) {
		const struct plan_node *t = n->then[i];
		size_t j = 0;

		if (t == self)
			return true;
		while (j < *count && seen[j] != t)
			j++;
		if (t->done || t->hollow || j < *count)
			continue;
		seen[(*count)++] = t;
		if (waits_for(t, self, seen, count))
			return true;
	}
	return false;
}

/* Views that select from each other: one of them stands hollow meanwhile. */
static bool
break_circle(struct plan *p, struct ready *r)
{
	const struct plan_node **seen = mem_zero(p->m, p->count + 1, sizeof *seen);

	for (size_t i = 0; i < p->count; i++) {
		struct plan_node *n = p->nodes[i];
		const struct model_object *o = n->to ? n->to : n->from;
		size_t count = 0;

		if (n->done || n->hollow || o->kind != MODEL_VIEW ||
		    (n->step != PLAN_STEP_DROP && n->step != PLAN_STEP_MAKE) ||
		    !waits_for(n, n, seen, &count))
			continue;
		n->hollow = true;
		ddl_make_hollow(p, n->step == PLAN_STEP_DROP ? n->from : n->to,
		    n->step == PLAN_STEP_DROP);
		release(r, n);
		return true;
	}
	return false;
}

/* What else waits for itself in a circle is let go by rank; the verification tells whether the
 * server takes it. */
static void
emit_all(struct plan *p)
{
	struct ready r = { .node = mem_zero(p->m, p->count + 1, sizeof *r.node) };
	size_t left = p->count, circle = 0;

	if (p->count)
		qsort(p->nodes, p->count, sizeof *p->nodes, by_rank);
	for (size_t i = 0; i < p->count; i++)
		if (!p->nodes[i]->waits)
			push(&r, p->nodes[i]);
	while (left) {
		struct plan_node *n;

		if (r.count)
			n = pop(&r);
		else if (break_circle(p, &r))
			continue;
		else {
			while (p->nodes[circle]->done)
				circle++;
			n = p->nodes[circle];
		}
		if (n->done)
			continue;
		n->done = true;
		left--;
		emit(p, n);
		if (!n->hollow)
			release(&r, n);
	}
}

static void
number(struct plan *p, const struct model *mo)
{
	for (size_t i = 0; i < mo->count; i++) {
		mo->objects[i]->place = i;
		p->named |= mo->objects[i]->kind == MODEL_COLUMN &&
		    model_get(mo->objects[i], PROP_NOT_NULL_NAME);
	}
}

struct ddl *
ddl_write(struct mem *m, const struct model *from, const struct model *to, bool online)
{
	struct plan p = { .m = m, .from = from, .to = to, .online = online };
	size_t most = (from->count > to->count ? from->count : to->count) + 1;

	number(&p, from);
	number(&p, to);
	p.peer = mem_zero(m, most, sizeof *p.peer);
	p.past = mem_zero(m, most, sizeof *p.past);
	p.fate = mem_zero(m, most, sizeof *p.fate);
	p.retyped = mem_zero(m, most, sizeof *p.retyped);
	p.released = mem_zero(m, most, sizeof *p.released);
	p.alone = mem_zero(m, most, sizeof *p.alone);
	for (int i = 0; i < PLAN_STEPS; i++)
		p.at[i] = mem_zero(m, most, sizeof *p.at[i]);
	p.out = mem_zero(m, 1, sizeof *p.out);
	p.late = mem_zero(m, 1, sizeof *p.late);
	p.last = mem_zero(m, 1, sizeof *p.last);
	p.out->m = p.late->m = p.last->m = m;
	plan_decide(&p);
	plan_connect(&p);
	emit_all(&p);
	partition_fire(&p);
	ddl_own_columns(&p);
	say_kept(&p, p.late, false);
	say_kept(&p, p.late, true);
	say_kept(&p, p.last, false);
	return p.out;
}

/* Printing */

static void
print_hazards(FILE *out, const struct diff *d, const struct model_object *o, bool eased)
{
	for (size_t i = 0; i < d->count; i++) {
		const struct diff_change *c = &d->changes[i];

		if (c->from != o && c->to != o)
			continue;
		for (size_t j = 0; j < c->hazard_count; j++)
			if (c->hazards[j]->class != HAZARD_NEW_CODE &&
			    !(eased && c->hazards[j]->class == HAZARD_BLOCKS))
				fprintf(out, "-- %s [%s]: %s\n",
				    hazard_class_name(c->hazards[j]->class), c->hazards[j]->id,
				    c->hazards[j]->why);
	}
}

/* Does it go easy on a live table: built beside it, or read for the rule later? */
static bool
is_eased(const struct ddl_statement *t)
{
	static const char later[] = " NOT VALID";
	size_t n = strlen(t->sql), k = sizeof later - 1;

	return t->alone || (n > k && !strcmp(t->sql + n - k, later));
}

void
ddl_print(FILE *out, const struct ddl *s, const struct diff *d, const struct alikes *alike)
{
	MEM_SCOPE(m);
	const struct model_object *last = NULL;
	bool open = false;

	fprintf(out, "-- from %s\n-- to   %s\n", d->from->source, d->to->source);
	for (size_t i = 0; i < alike->count; i++)
		fprintf(out, "-- %s %s\n", alike->item[i].from->id, alike_line(m, &alike->item[i]));
	for (size_t i = 0; i < s->rest_count; i++)
		fprintf(out, "-- not done: %s: %s\n", s->rest[i].object->id, s->rest[i].why);
	if (s->count)
		fprintf(out, "%s;\n", ddl_preamble);
	for (size_t i = 0; i < s->count; i++) {
		const struct ddl_statement *t = &s->statements[i];

		if (open && t->alone)
			fputs("COMMIT;\n", out);
		if (!open && !t->alone)
			fputs("\nBEGIN;\n", out);
		if (t->alone)
			fputs("\n-- not in a transaction\n", out);
		open = !t->alone;
		if (t->object != last)
			print_hazards(out, d, t->object, is_eased(t));
		last = t->object;
		fprintf(out, "%s;\n", t->sql);
	}
	if (open)
		fputs("COMMIT;\n", out);
}
