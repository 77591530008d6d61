/* show_forms.c - the forms for pull requests and code scanners. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/digest.h"
#include "schema/show.h"

/* A text of TEXT_MOST bytes can become six times as long. */
enum {
	MARKDOWN_MOST = 60000,
	TEXT_MOST = 300,
	ITEM_MOST = 14 * TEXT_MOST + 2000,
	GITHUB_MOST = 10
};

/* What is for people to look at: not what only the order of deploying settles, nor what is
 * accepted. */
static bool
is_shown(const struct finding *f)
{
	return f->hazard->class != HAZARD_NEW_CODE && !f->allowed;
}

/* With its size, where that is known. */
static const char *
what_of(struct mem *m, const struct finding *f)
{
	return *f->size ? mem_fmt(m, "%s: %s", f->what, f->size) : f->what;
}

/* Markdown */

/* Inside of HTML tags Markdown is plain text: entities keep it so, mentions and references
 * included. */
static void
escaped(struct mem_text *t, const char *text)
{
	size_t n = 0;

	for (; *text && n < TEXT_MOST; text++, n++)
		if (strchr("&<>\"@#*_`|~[]\\", *text))
			mem_text_fmt(t, "&#%d;", *text);
		else
			mem_text_add(t, *text == '\n' ? " " : text, 1);
	/* not in the middle of a character */
	for (; n == TEXT_MOST && ((unsigned char)*text & 0xc0) == 0x80; text++)
		mem_text_add(t, text, 1);
	if (*text)
		mem_text_fmt(t, "...");
}

static void
markdown_place(struct mem_text *t, const struct finding *f)
{
	if (!f->file)
		return;
	mem_text_fmt(t, " <sub>");
	escaped(t, f->file);
	mem_text_fmt(t, ":%d</sub>", f->line);
}

static void
markdown_finding(struct mem_text *t, const struct finding *f)
{
	const struct hazard *h = f->hazard;

	if (f->allowed) {
		mem_text_fmt(t, "<details><summary>accepted <code>%s</code> ", h->id);
		escaped(t, f->what);
		markdown_place(t, f);
		mem_text_fmt(t, "</summary>\n\n<p>");
		escaped(t, f->allowed);
		mem_text_fmt(t, "</p>\n</details>\n");
		return;
	}
	mem_text_fmt(t, "<details><summary><code>%s</code> ", h->id);
	escaped(t, what_of(t->m, f));
	markdown_place(t, f);
	mem_text_fmt(t, "</summary>\n\n%s. Instead: %s. Going back: %s.\n</details>\n", h->why,
	    h->instead, h->back);
}

void
show_markdown(FILE *out, const struct show *s)
{
	MEM_SCOPE(m);
	const struct findings *all = s->findings;
	struct mem_text t = { .m = m };
	enum hazard_class class = HAZARD_CLASSES;
	size_t left = 0;

	mem_text_fmt(&t, "### %s\n\n%s.\n", s->diff ? "Schema changes" : "Migrations",
	    show_line(m, s));
	for (size_t i = 0; s->alike && i < s->alike->count && t.len < MARKDOWN_MOST / 4; i++) {
		mem_text_fmt(&t, "%s- <code>", i ? "" : "\n");
		escaped(&t, s->alike->item[i].from->id);
		mem_text_fmt(&t, "</code> ");
		escaped(&t, alike_line(m, &s->alike->item[i]));
		mem_text_fmt(&t, "\n");
	}
	/* worst first: classes in their order, what is accepted behind the rest of its class */
	for (size_t i = 0; i < all->count; i++) {
		const struct finding *f = &all->item[i];

		if (f->hazard->class == HAZARD_NEW_CODE)
			continue;
		if (t.len > MARKDOWN_MOST - ITEM_MOST) {
			left++;
			continue;
		}
		if (f->hazard->class != class)
			mem_text_fmt(&t, "\n**%s**\n\n",
			    hazard_class_name(class = f->hazard->class));
		markdown_finding(&t, f);
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
	static const char *const levels[HAZARD_CLASSES] = { "error", "warning", "warning", "notice",
		"notice" };
	MEM_SCOPE(m);
	const struct findings *all = s->findings;
	size_t said[HAZARD_CLASSES] = { 0 };

	for (size_t i = 0; i < all->count; i++) {
		const struct finding *o = &all->item[i];

		if (!is_shown(o) || said[o->hazard->class]++ >= GITHUB_MOST)
			continue;
		fprintf(out, "::%s ", levels[o->hazard->class]);
		if (o->file) {
			fputs("file=", out);
			command_text(out, o->file, true);
			fprintf(out, ",line=%d,", o->line);
		}
		fprintf(out, "title=%s::", o->hazard->id);
		command_text(out, what_of(m, o), false);
		fputs(": ", out);
		command_text(out, o->hazard->why, false);
		fputc('\n', out);
	}
}

/* As readers of reports want it: below the working directory, without "./". */
static const char *
path_of(const char *file)
{
	while (!strncmp(file, "./", 2))
		file += 2;
	return file;
}

/* The same wherever its line is; of the same in one file more than once each has its own. COUNTS:
 * those that were there before. */
static char *
fingerprint(struct mem *m, struct value *counts, const struct finding *o)
{
	char hex[DIGEST_HEX];
	const char *text = mem_fmt(m, "%s\n%s\n%s", o->hazard->id, o->file ? o->file : "", o->what);
	int64_t n = value_get_int(counts, text, 0);

	value_set_int(counts, text, n + 1);
	if (n)
		text = mem_fmt(m, "%s\n%lld", text, (long long)n);
	return mem_string(m, digest_bytes(hex, text, strlen(text)));
}

void
show_gitlab(FILE *out, const struct show *s)
{
	static const char *const severities[HAZARD_CLASSES] = { "blocker", "major", "critical",
		"minor", "info" };
	MEM_SCOPE(m);
	const struct findings *all = s->findings;
	struct value *list = value_array(m), *counts = value_object(m);

	for (size_t i = 0; i < all->count; i++) {
		const struct finding *o = &all->item[i];
		struct value *v, *location;

		if (!is_shown(o))
			continue;
		v = value_add_object(m, list);
		value_set_string(v, "description",
		    mem_fmt(m, "%s: %s", what_of(m, o), o->hazard->why));
		value_set_string(v, "check_name", o->hazard->id);
		value_set_string(v, "fingerprint", fingerprint(m, counts, o));
		value_set_string(v, "severity", severities[o->hazard->class]);
		location = value_set_object(m, v, "location");
		value_set_string(location, "path", path_of(o->file ? o->file : "schema"));
		value_set_int(
		    value_set_object(m, location, "lines"), "begin", o->line ? o->line : 1);
	}
	fprintf(out, "%s\n", value_text(m, list, 2));
}

/* SARIF 2.1.0 */

/* A path as a URI reference (RFC 3986). */
static char *
uri_of(struct mem *m, const char *path)
{
	struct mem_text t = { .m = m };

	for (const char *p = path_of(path); *p; p++)
		if (isalnum((unsigned char)*p) || strchr("-._~/!$&'()*+,;=@", *p))
			mem_text_add(&t, p, 1);
		else
			mem_text_fmt(&t, "%%%02X", (unsigned char)*p);
	return t.text ? t.text : mem_string(m, "");
}

static void
sarif_rules(struct mem *m, struct value *driver, const struct findings *all)
{
	struct value *rules = value_set_array(m, driver, "rules");

	for (size_t i = 0; i < hazard_count; i++) {
		const struct hazard *h = &hazard_table[i];
		struct value *rule;
		size_t used = 0;

		while (used < all->count && all->item[used].hazard != h)
			used++;
		if (used == all->count || h->class == HAZARD_NEW_CODE)
			continue;
		rule = value_add_object(m, rules);
		value_set_string(rule, "id", h->id);
		value_set_string(value_set_object(m, rule, "shortDescription"), "text", h->why);
		/* GitHub wants both */
		value_set_string(value_set_object(m, rule, "fullDescription"), "text", h->why);
		value_set_string(value_set_object(m, rule, "help"), "text",
		    mem_fmt(m, "Instead: %s. Going back: %s.", h->instead, h->back));
	}
}

/* What is accepted is told, with the reason, as suppressed. */
static void
sarif_suppression(struct mem *m, struct value *v, const struct finding *f)
{
	struct value *one;

	if (!f->allowed)
		return;
	one = value_add_object(m, value_set_array(m, v, "suppressions"));
	value_set_string(one, "kind", strcmp(f->allowed, "--allow") ? "inSource" : "external");
	value_set_string(one, "justification", f->allowed);
}

static void
sarif_result(struct mem *m, struct value *list, struct value *counts, const struct finding *o)
{
	static const char *const levels[HAZARD_CLASSES] = { "error", "warning", "warning", "note",
		"note" };
	struct value *v = value_add_object(m, list), *where;

	value_set_string(v, "ruleId", o->hazard->id);
	value_set_string(v, "level", levels[o->hazard->class]);
	value_set_string(value_set_object(m, v, "message"), "text",
	    mem_fmt(m, "%s: %s", what_of(m, o), o->hazard->why));
	value_set_string(value_set_object(m, v, "partialFingerprints"), "handrail/v1",
	    fingerprint(m, counts, o));
	sarif_suppression(m, v, o);
	where = value_add_object(m, value_set_array(m, v, "locations"));
	if (o->file) {
		struct value *physical = value_set_object(m, where, "physicalLocation");

		value_set_string(value_set_object(m, physical, "artifactLocation"), "uri",
		    uri_of(m, o->file));
		value_set_int(value_set_object(m, physical, "region"), "startLine", o->line);
	}
	if (o->object)
		value_set_string(value_add_object(m, value_set_array(m, where, "logicalLocations")),
		    "fullyQualifiedName", o->object);
}

void
show_sarif(FILE *out, const struct show *s)
{
	MEM_SCOPE(m);
	const struct findings *all = s->findings;
	struct value *top = value_object(m), *counts = value_object(m), *run, *driver, *results;

	value_set_string(top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	value_set_string(top, "version", "2.1.0");
	run = value_add_object(m, value_set_array(m, top, "runs"));
	driver = value_set_object(m, value_set_object(m, run, "tool"), "driver");
	value_set_string(driver, "name", "schema-diff");
	sarif_rules(m, driver, all);
	results = value_set_array(m, run, "results");
	for (size_t i = 0; i < all->count; i++)
		if (all->item[i].hazard->class != HAZARD_NEW_CODE)
			sarif_result(m, results, counts, &all->item[i]);
	fprintf(out, "%s\n", value_text(m, top, 2));
}
