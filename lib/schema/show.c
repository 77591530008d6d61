/* show.c - the record's result, and the text form. */
#include <string.h>

#include "schema/show.h"

static void
add_hazards(struct mem *m, struct value *v, const struct diff_change *c)
{
	struct value *list = value_set_array(m, v, "hazards");

	for (size_t i = 0; i < c->hazard_count; i++) {
		const struct hazard *h = c->hazards[i];
		struct value *one = value_add_object(m, list);

		value_set_string(one, "id", h->id);
		value_set_string(one, "class", hazard_class_name(h->class));
		value_set_string(one, "why", h->why);
		value_set_string(one, "instead", h->instead);
		value_set_string(one, "back", h->back);
		value_set_string(one, "aliases", h->aliases);
		value_set_string(one, "allowed", c->allowed[i]);
	}
}

static void
add_lock(struct mem *m, struct value *list, const char *object, const char *mode)
{
	struct value *one = value_add_object(m, list);

	value_set_string(one, "object", object);
	value_set_string(one, "mode", mode);
}

/* Tables that foreign keys of a new or dropped table point at. */
static void
add_locks_of_keys(struct mem *m, struct value *list, const struct diff *d,
    const struct diff_change *c)
{
	const struct model *mo = c->action == DIFF_CREATE ? d->to : d->from;
	size_t first, n = model_children(mo, diff_object(c), MODEL_CONSTRAINT, &first);

	for (size_t i = first; i < first + n; i++) {
		const char *other = model_get(mo->objects[i], PROP_REFERENCES);

		if (other && model_find(d->from, MODEL_TABLE, other) &&
		    model_find(d->to, MODEL_TABLE, other))
			add_lock(m, list, other,
			    c->action == DIFF_CREATE ? "ShareRowExclusive" : "AccessExclusive");
	}
}

/* Locks on the change's own table, and on those that foreign keys point at. */
static void
add_locks(struct mem *m, struct value *v, const struct diff *d, const struct diff_change *c)
{
	struct value *list = value_set_array(m, v, "locks");
	const struct model_object *o = diff_object(c);
	const char *other = c->kind == MODEL_CONSTRAINT ? model_get(o, PROP_REFERENCES) :
	    model_get(o, PROP_PARTITION_BOUND) ? model_get(o, PROP_INHERITS) : NULL;

	if (c->lock)
		add_lock(m, list, o->table ? o->table->id : o->id, c->lock);
	if (c->lock && other)
		add_lock(m, list, other, c->lock);
	if (c->kind == MODEL_TABLE && (c->action == DIFF_CREATE || c->action == DIFF_DROP))
		add_locks_of_keys(m, list, d, c);
}

static const char *
text_of(const struct model_object *o)
{
	const char *type = model_get(o, PROP_TYPE), *definition = model_get(o, PROP_DEFINITION);

	return type ? type : definition ? definition : model_get(o, PROP_LABELS);
}

static void
add_change(struct mem *m, struct value *list, const struct diff *d, const struct diff_change *c)
{
	struct value *v = value_add_object(m, list);
	const struct model_object *o = diff_object(c), *table = o->table                 ? o->table
								: o->kind == MODEL_TABLE ? o
											 : NULL;

	value_set_string(v, "action", diff_action_name(c->action));
	value_set_string(v, "kind", model_kind_info(c->kind)->name);
	value_set_string(v, "object", o->id);
	if (c->action == DIFF_RENAME)
		value_set_string(v, "was", c->from->id);
	value_set_string(v, "schema", o->schema);
	value_set_string(v, "name", o->name);
	if (table)
		value_set_string(v, "table", table->id);
	if (c->prop != MODEL_PROPS)
		value_set_string(v, "path", model_prop_name(c->prop));
	value_set_string(v, "from",
	    c->prop != MODEL_PROPS ? c->old :
		c->from            ? text_of(c->from) :
				     NULL);
	value_set_string(v, "to", c->prop != MODEL_PROPS ? c->new : c->to ? text_of(c->to) : NULL);
	add_hazards(m, v, c);
	add_locks(m, v, d, c);
	value_set_bool(v, "rewrite", c->rewrite);
	value_set_bool(v, "scan", c->scan);
	value_set_string(v, "old_code", diff_verdict_name(c->old_code));
	value_set_string(v, "new_code", diff_verdict_name(c->new_code));
	value_set_string(v, "data_check", c->data_check);
	if (table && table->rows)
		value_set_int(v, "rows", table->rows);
	if (table && table->bytes)
		value_set_int(v, "bytes", table->bytes);
}

static void
add_uncovered(struct mem *m, struct value *result, const struct model *mo)
{
	struct value *list;

	if (!mo->uncovered_count)
		return;
	list = value_set_array(m, result, "uncovered");
	for (size_t i = 0; i < mo->uncovered_count; i++)
		value_add_string(list, mo->uncovered[i]);
}

static void
add_suggestions(struct mem *m, struct value *result, const struct alikes *all)
{
	struct value *list;

	if (!all->count)
		return;
	list = value_set_array(m, result, "suggestions");
	for (size_t i = 0; i < all->count; i++) {
		const struct alike *a = &all->item[i];
		struct value *v = value_add_object(m, list);

		value_set_string(v, "kind", model_kind_info(a->from->kind)->name);
		value_set_string(v, "from", a->was ? a->was : a->from->id);
		value_set_string(v, "to", a->is ? a->is : a->to->id);
		value_set_string(v, "rename", a->option);
		value_set_bool(v, "several", a->several);
	}
}

/* What the catalogs say of old code, or what only statements tell when that is worse. */
static const char *
compatibility(const struct show *s)
{
	const char *catalogs = hazard_sum(s->diff).compatibility;
	enum diff_verdict worst = DIFF_COMPATIBLE;

	for (size_t i = 0; i < s->findings->count; i++) {
		const struct hazard *h = s->findings->item[i].hazard;

		if (h->class == HAZARD_OLD_CODE && h->action == DIFF_STATEMENT &&
		    h->verdict > worst)
			worst = h->verdict;
	}
	return worst == DIFF_COMPATIBLE || !strcmp(catalogs, "breaking") ? catalogs :
									   diff_verdict_name(worst);
}

/* How far one can go back: what only the statements tell is lost all the same. */
static const char *
rollback(const struct show *s)
{
	for (size_t i = 0; i < s->findings->count; i++)
		if (s->findings->item[i].hazard->class == HAZARD_DESTROYS)
			return "restore";
	return !strcmp(compatibility(s), "breaking") ? "restore" : hazard_sum(s->diff).rollback;
}

/* Changes that have a hazard of the class; with statements, findings. */
static size_t
count_of(const struct show *s, enum hazard_class class)
{
	return s->lint ? finding_count(s->findings, class) : hazard_sum(s->diff).counts[class];
}

char *
show_line(struct mem *m, const struct show *s)
{
	size_t n;

	if (!s->diff)
		return mem_fmt(m, "%zu statements in %zu files: %zu findings", s->lint->statements,
		    s->lint->files, s->findings->count);
	n = s->diff->count;
	if (!n && !s->findings->count)
		return mem_fmt(m, "no difference");
	return mem_fmt(m,
	    "%zu change%s: %zu destructive, %zu blocking, %zu for old code; compatibility %s, "
	    "rollback by %s",
	    n, n == 1 ? "" : "s", count_of(s, HAZARD_DESTROYS), count_of(s, HAZARD_BLOCKS),
	    count_of(s, HAZARD_OLD_CODE), compatibility(s), rollback(s));
}

void
show_result(struct mem *m, struct value *result, const struct show *s)
{
	const struct diff *d = s->diff;
	struct value *counts = value_object(m), *list;
	char hex[DIGEST_HEX];

	value_set_string(result, "from", d->from->source);
	value_set_string(result, "to", d->to->source);
	value_set_string(result, "compatibility", compatibility(s));
	value_set_string(result, "rollback", rollback(s));
	value_set_int(counts, "changes", (int64_t)d->count);
	value_set_int(counts, "destructive", (int64_t)count_of(s, HAZARD_DESTROYS));
	value_set_int(counts, "blocking", (int64_t)count_of(s, HAZARD_BLOCKS));
	value_set_int(counts, "old_code", (int64_t)count_of(s, HAZARD_OLD_CODE));
	value_set_int(counts, "new_code", (int64_t)count_of(s, HAZARD_NEW_CODE));
	value_set(result, "counts", counts);
	value_set_string(result, "from_fingerprint", model_fingerprint(d->before, hex));
	value_set_string(result, "to_fingerprint", model_fingerprint(d->to, hex));
	list = value_set_array(m, result, "changes");
	for (size_t i = 0; i < d->count; i++)
		add_change(m, list, d, &d->changes[i]);
	add_suggestions(m, result, s->alike);
	add_uncovered(m, result, d->to->uncovered_count ? d->to : d->from);
}

/* Text */

static const char *const colours[HAZARD_CLASSES] = { "\033[31m", "\033[33m", "\033[35m",
	"\033[36m", "\033[2m" };

/* The size of the table, as the finding knows it. */
static void
text_size(FILE *out, const struct findings *all, const struct hazard *h, const char *object)
{
	for (size_t i = 0; i < all->count; i++) {
		const struct finding *f = &all->item[i];

		if (f->hazard == h && f->object && !strcmp(f->object, object) && *f->size)
			fprintf(out, ": %s", f->size);
	}
}

static void
text_hazard(FILE *out, const struct hazard *h, const char *allowed, const char *note, bool colour)
{
	fprintf(out, "%s%s%s [%s] %s", colour ? colours[h->class] : "",
	    allowed ? "allowed" : hazard_class_name(h->class), colour ? "\033[0m" : "", h->id,
	    note);
}

static void
text_change(FILE *out, const struct show *s, const struct diff_change *c, bool colour)
{
	MEM_SCOPE(m);

	fprintf(out, "  %s\n", diff_line(m, c));
	for (size_t i = 0; i < s->alike->count; i++)
		if (c->from == s->alike->item[i].from &&
		    (c->action == DIFF_DROP || s->alike->item[i].was))
			fprintf(out, "      %s\n", alike_line(m, &s->alike->item[i]));
	/* with statements each finding stands with its statement */
	for (size_t i = 0; !s->lint && i < c->hazard_count; i++) {
		const struct hazard *h = c->hazards[i];

		if (h->class == HAZARD_NEW_CODE)
			continue;
		fputs("      ", out);
		text_hazard(out, h, c->allowed[i], h->why, colour);
		if (h->class == HAZARD_BLOCKS)
			text_size(out, s->findings, h, diff_object(c)->id);
		fprintf(out, "\n          %s: %s\n", c->allowed[i] ? "reason" : "instead",
		    c->allowed[i] ? c->allowed[i] : h->instead);
	}
}

/* The table that a change is grouped under; NULL: none. */
static const char *
group(const struct diff_change *c)
{
	const struct model_object *o = diff_object(c);

	return o->table ? o->table->id : o->kind == MODEL_TABLE ? o->id : NULL;
}

static void
text_group(FILE *out, const struct show *s, size_t first, bool *done, bool colour)
{
	const struct diff *d = s->diff;
	const char *g = group(&d->changes[first]);

	fprintf(out, "%s\n", g ? g : "other objects");
	for (size_t i = first; i < d->count; i++) {
		const char *h = group(&d->changes[i]);

		if (!done[i] && model_same(g, h)) {
			text_change(out, s, &d->changes[i], colour);
			done[i] = true;
		}
	}
}

static void
text_finding(FILE *out, const struct finding *f, bool colour)
{
	const struct hazard *h = f->hazard;

	if (f->file)
		fprintf(out, "%s:%d: ", f->file, f->line);
	text_hazard(out, h, f->allowed, f->what, colour);
	if (*f->size)
		fprintf(out, ": %s", f->size);
	fprintf(out, ": %s\n    %s: %s\n", h->why, f->allowed ? "reason" : "instead",
	    f->allowed ? f->allowed : h->instead);
}

void
show_text(FILE *out, const struct show *s, bool colour)
{
	MEM_SCOPE(m);
	bool *done = mem_zero(m, (s->diff ? s->diff->count : 0) + 1, sizeof *done);

	for (size_t i = 0; s->lint && i < s->findings->count; i++)
		if (s->findings->item[i].hazard->class != HAZARD_NEW_CODE)
			text_finding(out, &s->findings->item[i], colour);
	for (size_t i = 0; s->diff && i < s->diff->count; i++)
		if (!done[i])
			text_group(out, s, i, done, colour);
	fprintf(out, "%s\n", show_line(m, s));
}

void
show_hazards(FILE *out)
{
	for (size_t i = 0; i < hazard_count; i++) {
		const struct hazard *h = &hazard_table[i];

		fprintf(out, "%s\t%s%s\t%s%s\t%s\t%s\t%s\n", h->id, hazard_class_name(h->class),
		    (h->class == HAZARD_OLD_CODE || h->class == HAZARD_NEW_CODE) &&
			    h->verdict == DIFF_CHECK ?
			" (needs-check)" :
			"",
		    h->lock ? h->lock : "-",
		    h->rewrite  ? " rewrite" :
			h->scan ? " scan" :
				  "",
		    h->why, h->instead, h->aliases ? h->aliases : "-");
	}
}
