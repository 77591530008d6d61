/* html.c - the report as one page that needs nothing from anywhere else. */
#include <string.h>

#include "report/escape.h"
#include "report/report.h"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1f24;--soft:#57606a;--line:#d0d7de;--page:#fff;--panel:#f6f8fa;"
    "--good:#1a7f37;--bad:#b3161f;--warn:#8a5a00;--rest:#57606a}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ea7b1;--line:#3d444d;--page:#0d1117;--panel:#161b22;"
    "--good:#57c26d;--bad:#ff8182;--warn:#e3b341;--rest:#9ea7b1}}\n"
    "*{box-sizing:border-box}body{margin:0 auto;max-width:64rem;padding:1rem;font:1rem/1.5 system-ui,sans-serif;"
    "color:var(--ink);background:var(--page)}h1{font-size:1.6rem;line-height:1.25;overflow-wrap:anywhere}"
    "h2{font-size:1.25rem;margin-top:2rem}h3{font-size:1rem;margin-bottom:.25rem}\n"
    "p,li,td{overflow-wrap:anywhere}.soft{color:var(--soft)}\n"
    ".wide{overflow-x:auto}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.4rem .6rem;border-bottom:1px solid var(--line)}td.num{white-space:nowrap;text-align:right}\n"
    ".state{font-weight:600;white-space:nowrap}.ok,.unchanged,.planned{color:var(--good)}.failed,.cancelled,.started,.error"
    "{color:var(--bad)}.warning{color:var(--warn)}.refused,.note{color:var(--rest)}\n"
    ".time{list-style:none;padding:0}.time li{margin:.5rem 0}.track{background:var(--panel);border:1px solid var(--line);"
    "border-radius:3px;height:1rem;position:relative}.bar{position:absolute;top:0;bottom:0;min-width:3px;border-radius:2px;"
    "background:currentColor}\n"
    "code{font:.875em ui-monospace,monospace;background:var(--panel);padding:.1em .3em;border-radius:3px;overflow-wrap:anywhere}"
    "ol li{margin:.5rem 0}\n";

static const char *
text(struct mem *m, const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? escape_markup(m, s) : "";
}

static void
timeline(struct mem *m, const struct report *r, FILE *f)
{
	long long first = 0;

	for (size_t i = 0; i < r->story.count; i++)
		if (r->story.steps[i].begin && (!first || r->story.steps[i].begin < first))
			first = r->story.steps[i].begin;
	if (r->seconds <= 0)
		return;
	fprintf(f, "<h2>Time</h2>\n<ul class=\"time\">\n");
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		double whole = r->seconds * 10, left = s->begin ? (double)(s->begin - first) / whole : 0;
		double width = s->end && s->begin ? (double)(s->end - s->begin) / whole : 0;

		fprintf(f,
		    "<li><span>%s <span class=\"soft\">%s</span></span>\n<div class=\"track %s\"><div class=\"bar\" "
		    "style=\"left:%.2f%%;width:%.2f%%\"></div></div></li>\n",
		    escape_markup(m, s->step), report_duration(m, s->seconds), escape_markup(m, s->status),
		    left > 99 ? 99 : left, width);
	}
	fprintf(f, "</ul>\n");
}

static void
begin_table(FILE *f, const char *label, const char *const *heads, size_t n)
{
	fprintf(
	    f, "<div class=\"wide\" role=\"region\" aria-label=\"%s\" tabindex=\"0\"><table>\n<thead><tr>", label);
	for (size_t i = 0; i < n; i++)
		fprintf(f, "<th scope=\"col\">%s</th>", heads[i]);
	fprintf(f, "</tr></thead>\n<tbody>\n");
}

static void
steps(struct mem *m, const struct report *r, FILE *f)
{
	static const char *const heads[] = { "Outcome", "Step", "Time", "What" };

	fprintf(f, "<h2>Steps</h2>\n");
	begin_table(f, "Steps", heads, 4);
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		char *status = escape_markup(m, s->status);

		fprintf(f, "<tr><td class=\"state %s\">%s</td><td>%s</td><td class=\"num\">%s</td><td>%s</td></tr>\n",
		    status, status, escape_markup(m, s->step), report_duration(m, s->seconds),
		    escape_markup(m, report_summary(m, s)));
	}
	fprintf(f, "</tbody></table></div>\n");
}

static void
findings(struct mem *m, const struct report *r, FILE *f)
{
	if (!r->finding_count)
		return;
	fprintf(f, "<h2>Findings</h2>\n<ul>\n");
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *x = &r->findings[i];

		fprintf(f, "<li><span class=\"state %s\">%s</span> <code>%s</code> %s", report_level_name(x->level),
		    report_level_name(x->level), escape_markup(m, x->rule), escape_markup(m, x->message));
		if (x->file)
			fprintf(f, " <code>%s%s</code>", escape_markup(m, x->file),
			    x->line ? mem_fmt(m, ":%ld", x->line) : "");
		if (x->hint)
			fprintf(f, "<br><span class=\"soft\">%s</span>", escape_markup(m, x->hint));
		fprintf(f, "</li>\n");
	}
	fprintf(f, "</ul>\n");
}

static bool
has_class(const struct value *change, const char *class)
{
	const struct value *hazards = value_get(change, "hazards");

	for (size_t i = 0; i < value_count(hazards); i++) {
		const char *c = value_get_string(value_item(hazards, i), "class");

		if (c && !strcmp(c, class))
			return true;
	}
	return !*class && !value_count(hazards);
}

static void
schema_class(struct mem *m, const struct value *changes, const char *class, const char *title, FILE *f)
{
	static const char *const heads[] = { "Change", "Object", "Old code" };
	size_t n = 0;

	for (size_t i = 0; i < value_count(changes); i++) {
		const struct value *c = value_item(changes, i);

		if (!has_class(c, class))
			continue;
		if (!n++) {
			fprintf(f, "<h3>%s</h3>\n", title);
			begin_table(f, title, heads, 3);
		}
		fprintf(f, "<tr><td>%s %s</td><td><code>%s</code></td><td>%s</td></tr>\n", text(m, c, "action"),
		    text(m, c, "kind"), text(m, c, "object"), text(m, c, "old_code"));
	}
	if (n)
		fprintf(f, "</tbody></table></div>\n");
}

static void
schema(struct mem *m, const struct report *r, FILE *f)
{
	static const struct {
		const char *class, *title;
	} classes[] = {
		{ "destroys", "Destroys data" }, { "old-code", "Breaks old code" }, { "blocks", "Blocks" },
		{ "new-code", "Breaks new code" }, { "", "Without a hazard" },
	};

	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		const struct value *changes = value_get(s->result, "changes");

		if (strcmp(s->step, "schema-diff") || !value_count(changes))
			continue;
		fprintf(f, "<h2>Schema</h2>\n<p>%s</p>\n", escape_markup(m, report_summary(m, s)));
		for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
			schema_class(m, changes, classes[k].class, classes[k].title, f);
	}
}

static void
texts(struct mem *m, const struct value *list, const char *title, FILE *f)
{
	if (value_count(list))
		fprintf(f, "<h3>%s</h3>\n<ul>\n", title);
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *v = value_item(list, i);
		const char *s = value_string(v) ? value_string(v) : value_get_string(v, "text");

		fprintf(f, "<li>%s</li>\n", escape_markup(m, s ? s : ""));
	}
	if (value_count(list))
		fprintf(f, "</ul>\n");
}

static void
plan_step(struct mem *m, const struct value *s, FILE *f)
{
	const struct value *argv = value_get(s, "argv");

	fprintf(f, "<li>%s", text(m, s, "title"));
	if (value_count(argv))
		fprintf(f, "<br><code>");
	for (size_t i = 0; i < value_count(argv); i++) {
		const char *word = value_string(value_item(argv, i));

		fprintf(f, "%s%s", i ? " " : "", escape_markup(m, word ? word : ""));
	}
	fprintf(f, value_count(argv) ? "</code></li>\n" : "<br>%s</li>\n", text(m, s, "by_hand"));
}

static void
plan(struct mem *m, const struct report *r, FILE *f)
{
	const struct value *v = r->plan ? r->plan->result : NULL, *list = value_get(v, "steps");

	if (!v)
		return;
	fprintf(f, "<h2>The way back</h2>\n<p>%s</p>\n", escape_markup(m, report_summary(m, r->plan)));
	texts(m, value_get(v, "reasons"), "Because", f);
	texts(m, value_get(v, "caveats"), "Know", f);
	if (value_count(list))
		fprintf(f, "<h3>Steps</h3>\n<ol>\n");
	for (size_t i = 0; i < value_count(list); i++)
		plan_step(m, value_item(list, i), f);
	if (value_count(list))
		fprintf(f, "</ol>\n");
}

void
report_html(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	char *title = escape_markup(m, report_title(m, r));
	const char *outcome = report_outcome_name(r->outcome);

	fprintf(f,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>%s: %s</title>\n<style>\n%s</style>\n"
	    "</head>\n<body>\n<main>\n<h1>%s: <span class=\"%s\">%s</span></h1>\n",
	    title, outcome, style, title, r->outcome == OUTCOME_OK ? "ok" : "failed", outcome);
	if (r->seconds >= 0)
		fprintf(f, "<p class=\"soft\">%zu steps in %s</p>\n", r->story.count, report_duration(m, r->seconds));
	findings(m, r, f);
	steps(m, r, f);
	timeline(m, r, f);
	schema(m, r, f);
	plan(m, r, f);
	fprintf(f, "</main>\n</body>\n</html>\n");
}
