/* plan.c - makes the steps, in the one order that is safe. */
#include <ctype.h>
#include <string.h>

#include "rollback/making.h"

void
making_word(struct mem *m, struct words *w, const char *text)
{
	mem_grow(m, &w->item, w->count, &w->room, sizeof *w->item);
	w->item[w->count++] = text;
}

const char *
making_id(struct making *k, const char *kind, const char *name)
{
	char *id = name ? mem_fmt(k->m, "%s-%.40s", kind, name) : mem_string(k->m, kind),
	     *base = id;

	for (char *c = id; *c; c++)
		*c = isalnum((unsigned char)*c) ? (char)tolower((unsigned char)*c) : '-';
	for (int n = 2;; n++) {
		bool taken = false;

		for (size_t i = 0; i < k->p->step_count; i++)
			taken |= !strcmp(k->p->steps[i].id, id);
		if (!taken)
			return id;
		id = mem_fmt(k->m, "%s-%d", base, n);
	}
}

struct plan_step *
making_add(struct making *k, const char *kind, const char *name, const char *title,
    const struct words *argv)
{
	struct plan *p = k->p;
	struct plan_step *s;
	const char *id = making_id(k, kind, name),
		   *before = p->step_count ? p->steps[p->step_count - 1].id : NULL;

	mem_grow(k->m, &p->steps, p->step_count, &p->step_room, sizeof *s);
	s = &p->steps[p->step_count++];
	*s = (struct plan_step){ .id = id, .title = title, .image = "none", .needs = before };
	if (argv) {
		s->argv = argv->item;
		s->argc = argv->count;
	}
	return s;
}

struct plan_step *
making_by_hand(struct making *k, const char *kind, const char *title, const char *what)
{
	struct plan_step *s = making_add(k, kind, NULL, title, NULL);

	s->by_hand = what;
	making_seconds(s, -1, 60, 600);
	return s;
}

void
making_seconds(struct plan_step *s, double recorded, double min, double max)
{
	s->published = recorded < 0;
	s->min = recorded < 0 ? min : recorded / 2;
	s->max = recorded < 0 ? max : recorded * 2 + 1;
}

const char *
making_variable(const struct making *k, const struct evidence_store *st)
{
	const char *any = "DATABASE_URL";

	for (size_t i = 0; i < k->o->connection_count; i++) {
		const struct plan_connection *c = &k->o->connections[i];

		if (c->store && !strcmp(c->store, st->name))
			return c->variable;
		if (!c->store)
			any = c->variable;
	}
	return any;
}

static void
plan_digest(struct plan *p)
{
	MEM_SCOPE(m);
	struct value *v = value_object(m);
	char *text;

	plan_fill(p, m, v);
	text = value_text(m, v, 0);
	digest_bytes(p->digest, text, strlen(text));
}

/* Canonical: nothing is changed before everything was looked at; data are restored beside the live
 * ones and proven before anything of the service goes back; the live ones are touched last, and
 * nothing starts before that. */
static void (*const order[])(struct making *) = {
	look_at_archives,
	look_at_manifests,
	look_at_databases,
	platform_freeze,
	platform_stop,
	data_restore,
	data_loss,
	data_down,
	service_repin,
	platform_release,
	data_swap,
	platform_flush,
	platform_start,
	service_wait,
	platform_open,
	service_notes,
};

struct plan *
plan_make(struct mem *m, const struct evidence *ev, struct scenario_verdict *v,
    const struct plan_options *o)
{
	struct plan *p = mem_zero(m, 1, sizeof *p);
	struct making k = { m, p, ev, v, o, !strncmp(v->strategy, "restore", 7), NULL };

	k.restored = mem_zero(m, ev->store_count + 1, sizeof *k.restored);
	p->m = m;
	p->evidence = ev;
	p->verdict = v;
	if (strcmp(v->strategy, "none") && strcmp(v->strategy, "forward-fix"))
		for (size_t i = 0; i < sizeof order / sizeof *order; i++)
			order[i](&k);
	for (size_t i = 0; i < p->step_count; i++) {
		p->min += p->steps[i].min;
		p->max += p->steps[i].max;
	}
	plan_digest(p);
	return p;
}
