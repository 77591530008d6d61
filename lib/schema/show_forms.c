/* show_forms.c - the forms for pull requests and code scanners. */
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "schema/hazard.h"
#include "schema/show.h"

enum { MARKDOWN_MOST = 60000, GITHUB_MOST = 10 };

/* One hazard at one place, of a change or of a statement. */
struct item {
	const struct hazard *hazard;
	const char *file, *object, *what;
	int line;
};

struct items {
	struct item *item;
	size_t count, room;
};

static void
add(struct mem *m, struct items *all, struct item i)
{
	if (i.hazard->class == HAZARD_NEW_CODE)
		return;
	mem_grow(m, &all->item, all->count, &all->room, sizeof i);
	all->item[all->count++] = i;
}

static int
worst_first(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	return x->hazard->class != y->hazard->class ? (int)x->hazard->class - (int)y->hazard->class
	       : x->hazard->verdict != y->hazard->verdict
		   ? (int)y->hazard->verdict - (int)x->hazard->verdict
		   : strcmp(x->what, y->what);
}

/* The file and line of a statement that causes the same hazard of the same thing. */
static void
find_place(const struct lint *l, struct item *i)
{
	for (size_t k = 0; l && k < l->count; k++) {
		const struct lint_finding *f = &l->items[k];

		if (f->hazard == i->hazard && f->object && i->object &&
		    strstr(i->object, f->object)) {
			i->file = f->file;
			i->line = f->line;
			return;
		}
	}
}

static struct items
collect(struct mem *m, const struct show *s)
{
	struct items all = { 0 };

	for (size_t i = 0; s->diff && i < s->diff->count; i++)
		for (size_t j = 0; j < s->diff->changes[i].hazard_count; j++) {
			struct item one = { s->diff->changes[i].hazards[j], NULL,
				diff_object(&s->diff->changes[i])->id,
				diff_line(m, &s->diff->changes[i]), 0 };

			find_place(s->lint, &one);
			add(m, &all, one);
		}
	for (size_t i = 0; s->lint && i < s->lint->count; i++) {
		const struct lint_finding *f = &s->lint->items[i];

		if (!f->allowed && (!s->diff || f->hazard->action == DIFF_STATEMENT ||
				       f->hazard->class == HAZARD_BLOCKS))
			add(m, &all,
			    (struct item){ f->hazard, f->file, f->object,
				f->object ? f->object : "the statement", f->line });
	}
	if (all.count)
		qsort(all.item, all.count, sizeof *all.item, worst_first);
	return all;
}

/* Markdown */

static void
escaped(struct mem_text *t, const char *text)
{
	for (; *text; text++)
		mem_text_fmt(t,
		    strchr("\\`*_{}[]<>|#", *text) ? "\\%c"
		    : *text == '\n'                ? " "
						   : "%c",
		    *text);
}

void
show_markdown(FILE *out, const struct show *s)
{
	MEM_SCOPE(m);
	struct items all = collect(m, s);
	struct mem_text t = { .m = m };
	enum hazard_class class = HAZARD_CLASSES;
	size_t left = all.count;

	if (s->diff) {
		struct hazard_sum sum = hazard_sum(s->diff);

		mem_text_fmt(&t,
		    "### Schema: %s, rollback by %s\n\n%zu changes: %zu destructive, %zu blocking, "
		    "%zu for old code.\n",
		    sum.compatibility, sum.rollback, sum.changes, sum.counts[HAZARD_DESTROYS],
		    sum.counts[HAZARD_BLOCKS], sum.counts[HAZARD_OLD_CODE]);
	} else
		mem_text_fmt(&t, "### Migrations: %zu findings\n", all.count);
	for (size_t i = 0; i < all.count && t.len < MARKDOWN_MOST - 2000; i++, left--) {
		const struct item *o = &all.item[i];

		if (o->hazard->class != class)
			mem_text_fmt(
			    &t, "\n**%s**\n\n", hazard_class_name(class = o->hazard->class));
		mem_text_fmt(&t, "<details><summary><code>%s</code> ", o->hazard->id);
		escaped(&t, o->what);
		if (o->file)
			mem_text_fmt(&t, " (%s:%d)", o->file, o->line);
		mem_text_fmt(&t, "</summary>\n\n%s. Instead: %s. Going back: %s.\n</details>\n",
		    o->hazard->why, o->hazard->instead, o->hazard->back);
	}
	if (left)
		mem_text_fmt(&t, "\n%zu more are in the record.\n", left);
	fputs(t.text, out);
}

/* Workflow commands of GitHub Actions */

static void
command_text(FILE *out, const char *text, bool property)
{
	for (; *text; text++)
		if (strchr(property ? "%\r\n:," : "%\r\n", *text))
			fprintf(out, "%%%02X", (unsigned char)*text);
		else
			fputc(*text, out);
}

void
show_github(FILE *out, const struct show *s)
{
	static const char *const levels[] = { "error", "warning", "warning" };
	MEM_SCOPE(m);
	struct items all = collect(m, s);
	size_t said[HAZARD_CLASSES] = { 0 };

	for (size_t i = 0; i < all.count; i++) {
		const struct item *o = &all.item[i];

		if (said[o->hazard->class]++ >= GITHUB_MOST)
			continue;
		fprintf(out, "::%s ", levels[o->hazard->class]);
		if (o->file) {
			fputs("file=", out);
			command_text(out, o->file, true);
			fprintf(out, ",line=%d,", o->line);
		}
		fprintf(out, "title=%s::", o->hazard->id);
		command_text(out, o->what, false);
		fputs(": ", out);
		command_text(out, o->hazard->why, false);
		fputc('\n', out);
	}
}

static char *
fingerprint(struct mem *m, const struct item *o)
{
	char hex[DIGEST_HEX];
	const char *text = mem_fmt(m, "%s\n%s\n%s", o->hazard->id, o->file ? o->file : "", o->what);

	return mem_string(m, digest_bytes(hex, text, strlen(text)));
}

void
show_gitlab(FILE *out, const struct show *s)
{
	static const char *const severities[] = { "blocker", "major", "critical" };
	MEM_SCOPE(m);
	struct items all = collect(m, s);
	struct value *list = value_array(m);

	for (size_t i = 0; i < all.count; i++) {
		const struct item *o = &all.item[i];
		struct value *v = value_add_object(m, list), *location;

		value_set_string(v, "description", mem_fmt(m, "%s: %s", o->what, o->hazard->why));
		value_set_string(v, "check_name", o->hazard->id);
		value_set_string(v, "fingerprint", fingerprint(m, o));
		value_set_string(v, "severity", severities[o->hazard->class]);
		location = value_set_object(m, v, "location");
		value_set_string(location, "path", o->file ? o->file : "schema");
		value_set_int(
		    value_set_object(m, location, "lines"), "begin", o->line ? o->line : 1);
	}
	fprintf(out, "%s\n", value_text(m, list, 2));
}

/* SARIF 2.1.0 */

static void
sarif_rules(struct mem *m, struct value *driver, const struct items *all)
{
	struct value *rules = value_set_array(m, driver, "rules");

	for (size_t i = 0; i < hazard_count; i++) {
		const struct hazard *h = &hazard_table[i];
		struct value *rule;
		size_t used = 0;

		while (used < all->count && all->item[used].hazard != h)
			used++;
		if (used == all->count)
			continue;
		rule = value_add_object(m, rules);
		value_set_string(rule, "id", h->id);
		value_set_string(value_set_object(m, rule, "shortDescription"), "text", h->why);
		value_set_string(value_set_object(m, rule, "help"), "text",
		    mem_fmt(m, "Instead: %s. Going back: %s.", h->instead, h->back));
	}
}

static void
sarif_result(struct mem *m, struct value *list, const struct item *o)
{
	struct value *v = value_add_object(m, list), *where;

	value_set_string(v, "ruleId", o->hazard->id);
	value_set_string(v, "level", o->hazard->class == HAZARD_DESTROYS ? "error" : "warning");
	value_set_string(value_set_object(m, v, "message"), "text",
	    mem_fmt(m, "%s: %s", o->what, o->hazard->why));
	value_set_string(
	    value_set_object(m, v, "partialFingerprints"), "handrail/v1", fingerprint(m, o));
	where = value_add_object(m, value_set_array(m, v, "locations"));
	if (o->file) {
		struct value *physical = value_set_object(m, where, "physicalLocation");

		value_set_string(value_set_object(m, physical, "artifactLocation"), "uri", o->file);
		value_set_int(value_set_object(m, physical, "region"), "startLine", o->line);
	} else
		value_set_string(value_add_object(m, value_set_array(m, where, "logicalLocations")),
		    "fullyQualifiedName", o->object);
}

void
show_sarif(FILE *out, const struct show *s)
{
	MEM_SCOPE(m);
	struct items all = collect(m, s);
	struct value *top = value_object(m), *run, *driver, *results;

	value_set_string(top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	value_set_string(top, "version", "2.1.0");
	run = value_add_object(m, value_set_array(m, top, "runs"));
	driver = value_set_object(m, value_set_object(m, run, "tool"), "driver");
	value_set_string(driver, "name", "schema-diff");
	sarif_rules(m, driver, &all);
	results = value_set_array(m, run, "results");
	for (size_t i = 0; i < all.count; i++)
		sarif_result(m, results, &all.item[i]);
	fprintf(out, "%s\n", value_text(m, top, 2));
}
