/* show.c - the record's result, and the text form. */
#include <string.h>

#include "schema/hazard.h"
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
	}
}

/* Locks on the change's own table, and on the one that a foreign key points at. */
static void
add_locks(struct mem *m, struct value *v, const struct diff_change *c)
{
	struct value *list = value_set_array(m, v, "locks"), *one;
	const struct model_object *o = diff_object(c);
	const char *other = c->kind == MODEL_CONSTRAINT ? model_get(o, PROP_REFERENCES) : NULL;

	if (!c->lock)
		return;
	one = value_add_object(m, list);
	value_set_string(one, "object", o->table ? o->table->id : o->id);
	value_set_string(one, "mode", c->lock);
	if (other) {
		one = value_add_object(m, list);
		value_set_string(one, "object", other);
		value_set_string(one, "mode", c->lock);
	}
}

static const char *
text_of(const struct model_object *o)
{
	const char *type = model_get(o, PROP_TYPE), *definition = model_get(o, PROP_DEFINITION);

	return type ? type : definition ? definition : model_get(o, PROP_LABELS);
}

static void
add_change(struct mem *m, struct value *list, const struct diff_change *c)
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
	if (c->action == DIFF_ALTER)
		value_set_string(v, "path", model_prop_name(c->prop));
	value_set_string(v, "from",
	    c->action == DIFF_ALTER ? c->old
	    : c->from               ? text_of(c->from)
				    : NULL);
	value_set_string(v, "to", c->action == DIFF_ALTER ? c->new : c->to ? text_of(c->to) : NULL);
	add_hazards(m, v, c);
	add_locks(m, v, c);
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

void
show_result(struct mem *m, struct value *result, const struct diff *d)
{
	struct hazard_sum sum = hazard_sum(d);
	struct value *counts = value_object(m), *list;
	char hex[DIGEST_HEX];

	value_set_string(result, "from", d->from->source);
	value_set_string(result, "to", d->to->source);
	value_set_string(result, "compatibility", sum.compatibility);
	value_set_string(result, "rollback", sum.rollback);
	value_set_int(counts, "changes", (int64_t)sum.changes);
	value_set_int(counts, "destructive", (int64_t)sum.counts[HAZARD_DESTROYS]);
	value_set_int(counts, "blocking", (int64_t)sum.counts[HAZARD_BLOCKS]);
	value_set_int(counts, "old_code", (int64_t)sum.counts[HAZARD_OLD_CODE]);
	value_set_int(counts, "new_code", (int64_t)sum.counts[HAZARD_NEW_CODE]);
	value_set(result, "counts", counts);
	value_set_string(result, "from_fingerprint", model_fingerprint(d->from, hex));
	value_set_string(result, "to_fingerprint", model_fingerprint(d->to, hex));
	list = value_set_array(m, result, "changes");
	for (size_t i = 0; i < d->count; i++)
		add_change(m, list, &d->changes[i]);
	add_uncovered(m, result, d->to->uncovered_count ? d->to : d->from);
}

/* Text */

static const char *const colours[HAZARD_CLASSES] = { "\033[31m", "\033[33m", "\033[35m",
	"\033[36m" };

static void
size_note(FILE *out, const struct model_object *table)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = table ? (double)table->bytes : 0;
	int u = 0;

	if (n < 1 << 20)
		return;
	for (; n >= 1024 && u < 4; u++)
		n /= 1024;
	fprintf(out, " (%.3g %s, %lld rows)", n, units[u], (long long)table->rows);
}

static void
text_change(FILE *out, const struct diff_change *c, bool colour)
{
	MEM_SCOPE(m);

	fprintf(out, "  %s\n", diff_line(m, c));
	for (size_t i = 0; i < c->hazard_count; i++) {
		const struct hazard *h = c->hazards[i];

		if (h->class == HAZARD_NEW_CODE)
			continue;
		fprintf(out, "      %s%s%s [%s] %s", colour ? colours[h->class] : "",
		    hazard_class_name(h->class), colour ? "\033[0m" : "", h->id, h->why);
		if (h->class == HAZARD_BLOCKS)
			size_note(out,
			    c->from && c->from->table ? c->from->table : diff_object(c)->table);
		fprintf(out, "\n          instead: %s\n", h->instead);
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
text_group(FILE *out, const struct diff *d, size_t first, bool *done, bool colour)
{
	const char *g = group(&d->changes[first]);

	fprintf(out, "%s\n", g ? g : "other objects");
	for (size_t i = first; i < d->count; i++) {
		const char *h = group(&d->changes[i]);

		if (!done[i] && (g && h ? !strcmp(g, h) : g == h)) {
			text_change(out, &d->changes[i], colour);
			done[i] = true;
		}
	}
}

static void
text_diff(FILE *out, const struct diff *d, bool colour)
{
	MEM_SCOPE(m);
	struct hazard_sum sum = hazard_sum(d);
	bool *done = mem_zero(m, d->count + 1, sizeof *done);

	for (size_t i = 0; i < d->count; i++)
		if (!done[i])
			text_group(out, d, i, done, colour);
	if (!d->count)
		fprintf(out, "no difference\n");
	else
		fprintf(out,
		    "%zu change%s: %zu destructive, %zu blocking, %zu for old code; compatibility "
		    "%s, rollback by %s\n",
		    sum.changes, sum.changes == 1 ? "" : "s", sum.counts[HAZARD_DESTROYS],
		    sum.counts[HAZARD_BLOCKS], sum.counts[HAZARD_OLD_CODE], sum.compatibility,
		    sum.rollback);
}

static void
text_lint(FILE *out, const struct lint *l, bool colour)
{
	for (size_t i = 0; i < l->count; i++) {
		const struct lint_finding *f = &l->items[i];

		fprintf(out, "%s:%d: %s%s%s [%s] %s%s%s\n", f->file, f->line,
		    colour ? colours[f->hazard->class] : "",
		    f->allowed ? "allowed" : hazard_class_name(f->hazard->class),
		    colour ? "\033[0m" : "", f->hazard->id, f->object ? f->object : "",
		    f->object ? ": " : "", f->hazard->why);
		fprintf(out, "    %s: %s\n", f->allowed ? "reason" : "instead",
		    f->allowed ? f->allowed : f->hazard->instead);
	}
	fprintf(
	    out, "%zu statements in %zu files, %zu findings\n", l->statements, l->files, l->count);
}

void
show_text(FILE *out, const struct show *s, bool colour)
{
	if (s->lint)
		text_lint(out, s->lint, colour);
	if (s->diff)
		text_diff(out, s->diff, colour);
}
