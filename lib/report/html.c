/* html.c - the report as one page that needs nothing from anywhere else. */
#include <string.h>

#include "report/escape.h"
#include "report/report.h"

static const char style[] =
    ":root{color-scheme:light "
    "dark;--ink:#1c2128;--soft:#59636e;--line:#d8dee4;--page:#f6f8fa;--card:#fff;--code:#f0f3f6;"
    "--good:#176f2c;--bad:#b3161f;--warn:#7d5200;--rest:#59636e}\n"
    "@media(prefers-color-scheme:dark){:root{--ink:#e6edf3;--soft:#9ea7b1;--line:#30363d;--page:#"
    "0d1117;--card:#161b22;"
    "--code:#21262d;--good:#57c26d;--bad:#ff8182;--warn:#e3b341;--rest:#9ea7b1}}\n"
    "*{box-sizing:border-box}body{margin:0;font:1rem/1.5 "
    "system-ui,sans-serif;color:var(--ink);background:var(--page);"
    "overflow-wrap:anywhere}main{max-width:56rem;margin:0 auto;padding:1rem}\n"
    "h1{font-size:1.5rem;line-height:1.25;margin:0}h2{font-size:1.125rem;margin:0 0 "
    ".75rem}h3{font-size:1rem;margin:1.25rem 0 "
    ".25rem}p{margin:.25rem 0}ul,ol{margin:0;padding-left:1.25rem}\n"
    "header,section{background:var(--card);border:1px solid "
    "var(--line);border-radius:.5rem;padding:1rem 1.25rem;"
    "margin:0 0 1rem}header{border-left:.375rem solid "
    "var(--rest)}header.ok{border-left-color:var(--good)}"
    "header.failed{border-left-color:var(--bad)}\n"
    ".soft{color:var(--soft)}.state{font-weight:600}.ok,.unchanged,.planned{--tone:var(--good)}."
    "failed,.cancelled,.started,"
    ".error{--tone:var(--bad)}.warning{--tone:var(--warn)}.refused,.note{--tone:var(--rest)}.state,"
    ".bar{color:var(--tone)}\n"
    ".rows{list-style:none;padding:0}.rows>li{padding:.625rem 0;border-top:1px solid "
    "var(--line)}.rows>li:first-child"
    "{border-top:0;padding-top:0}.rows>li:last-child{padding-bottom:0}\n"
    ".step{display:grid;grid-template-columns:6rem 1fr auto;column-gap:1rem}.step "
    ".time{white-space:nowrap}"
    ".track{grid-column:2/"
    "4;height:.25rem;border-radius:.125rem;background:var(--code);position:relative;margin-top:."
    "375rem;"
    "overflow:hidden}.bar{position:absolute;top:0;bottom:0;min-width:.1875rem;background:"
    "currentColor}\n"
    "@media(max-width:36rem){.step{grid-template-columns:1fr auto}.step "
    ".what{grid-column:1/3;grid-row:2}.track{grid-column:1/3}"
    "header,section{padding:.875rem 1rem}main{padding:.5rem}}\n"
    "code{font:.875em/1.5 ui-monospace,monospace;background:var(--code);padding:.125em "
    ".375em;border-radius:.25rem}"
    ".plan>li{margin:.75rem 0}.plan>li::marker{color:var(--soft)}.plan "
    "code{display:block;padding:.375rem .625rem;margin-top"
    ":.25rem}.tag{font-size:.8125rem;border:1px solid var(--line);border-radius:1rem;padding:0 "
    ".5rem;white-space:nowrap;"
    "color:var(--soft)}.tag.error{color:var(--bad)}\n";

static const char *
text(struct mem *m, const struct value *v, const char *key)
{
	const char *s = value_get_string(v, key);

	return s ? escape_markup(m, s) : "";
}

/* Where in the release's time the step ran. */
static void
track(const struct report *r, const struct story_step *s, long long first, FILE *f)
{
	double whole = r->seconds * 10, left = s->begin ? (double)(s->begin - first) / whole : 0;
	double width = s->end && s->begin ? (double)(s->end - s->begin) / whole : 0;

	if (r->seconds > 0)
		fprintf(f,
		    "<div class=\"track\" aria-hidden=\"true\"><div class=\"bar\" "
		    "style=\"left:%.2f%%;width:%.2f%%\">"
		    "</div></div>",
		    left > 99 ? 99 : left, width);
}

static void
steps(struct mem *m, const struct report *r, FILE *f)
{
	long long first = 0;

	for (size_t i = 0; i < r->story.count; i++)
		if (r->story.steps[i].begin && (!first || r->story.steps[i].begin < first))
			first = r->story.steps[i].begin;
	fprintf(f, "<section>\n<h2>Steps</h2>\n<ol class=\"rows\">\n");
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		char *status = escape_markup(m, s->status);

		fprintf(f,
		    "<li class=\"step %s\"><span class=\"state\">%s</span><div "
		    "class=\"what\"><strong>%s</strong>"
		    "<br><span class=\"soft\">%s</span></div><span class=\"time soft\">%s</span>",
		    status, status, escape_markup(m, s->step),
		    escape_markup(m, report_summary(m, s)), report_duration(m, s->seconds));
		track(r, s, first, f);
		fprintf(f, "</li>\n");
	}
	fprintf(f, "</ol>\n</section>\n");
}

static void
findings(struct mem *m, const struct report *r, FILE *f)
{
	if (!r->finding_count)
		return;
	fprintf(f, "<section>\n<h2>Findings</h2>\n<ul class=\"rows\">\n");
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *x = &r->findings[i];

		fprintf(f, "<li class=\"%s\"><span class=\"state\">%s</span> <code>%s</code> %s",
		    report_level_name(x->level), report_level_name(x->level),
		    escape_markup(m, x->rule), escape_markup(m, x->message));
		if (x->file)
			fprintf(f, " <code>%s%s</code>", escape_markup(m, x->file),
			    x->line ? mem_fmt(m, ":%ld", x->line) : "");
		if (x->hint)
			fprintf(f, "<br><span class=\"soft\">%s</span>", escape_markup(m, x->hint));
		fprintf(f, "</li>\n");
	}
	fprintf(f, "</ul>\n</section>\n");
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

/* What the old code makes of a change, and why it is dangerous. */
static void
change(struct mem *m, const struct value *c, const char *class, FILE *f)
{
	const struct value *hazards = value_get(c, "hazards");
	const char *old = value_get_string(c, "old_code");

	fprintf(f, "<li>%s %s <code>%s</code>", text(m, c, "action"), text(m, c, "kind"),
	    text(m, c, "object"));
	if (old)
		fprintf(f, " <span class=\"tag\">old code: %s</span>", escape_markup(m, old));
	for (size_t i = 0; i < value_count(hazards); i++) {
		const struct value *h = value_item(hazards, i);
		const char *is = value_get_string(h, "class");

		if (is && !strcmp(is, class) && value_get_string(h, "why"))
			fprintf(f, "<br><span class=\"soft\">%s</span>", text(m, h, "why"));
	}
	fprintf(f, "</li>\n");
}

static void
schema_class(struct mem *m, const struct value *changes, const char *class, const char *title,
    FILE *f)
{
	size_t n = 0;

	for (size_t i = 0; i < value_count(changes); i++) {
		if (!has_class(value_item(changes, i), class))
			continue;
		if (!n++)
			fprintf(f, "<h3>%s</h3>\n<ul>\n", title);
		change(m, value_item(changes, i), class, f);
	}
	if (n)
		fprintf(f, "</ul>\n");
}

static void
schema(struct mem *m, const struct report *r, FILE *f)
{
	static const struct {
		const char *class, *title;
	} classes[] = {
		{ "destroys", "Destroys data" },
		{ "old-code", "Breaks old code" },
		{ "blocks", "Blocks" },
		{ "new-code", "Breaks new code" },
		{ "", "Without a hazard" },
	};

	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		const struct value *changes = value_get(s->result, "changes");

		if (strcmp(s->step, "schema-diff") || !value_count(changes))
			continue;
		fprintf(f, "<section>\n<h2>Schema</h2>\n<p>%s</p>\n",
		    escape_markup(m, report_summary(m, s)));
		for (size_t k = 0; k < sizeof classes / sizeof *classes; k++)
			schema_class(m, changes, classes[k].class, classes[k].title, f);
		fprintf(f, "</section>\n");
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

/* What is special about a step of the plan. */
static void
tags(const struct value *s, FILE *f)
{
	const char *image = value_get_string(s, "image");

	if (value_bool(value_get(s, "preflight")))
		fprintf(f, " <span class=\"tag\">looks only</span>");
	if (image && strcmp(image, "none"))
		fprintf(f, " <span class=\"tag\">%s version</span>",
		    strcmp(image, "old") ? "new" : "old");
	if (value_get_string(s, "by_hand"))
		fprintf(f, " <span class=\"tag\">by hand</span>");
	if (value_bool(value_get(s, "irreversible")))
		fprintf(f, " <span class=\"tag error\">cannot be undone</span>");
}

static void
plan_step(struct mem *m, const struct value *s, FILE *f)
{
	const struct value *argv = value_get(s, "argv");

	fprintf(f, "<li>%s", text(m, s, "title"));
	tags(s, f);
	if (value_count(argv))
		fprintf(f, "<code>");
	for (size_t i = 0; i < value_count(argv); i++) {
		const char *word = value_string(value_item(argv, i));

		fprintf(f, "%s%s", i ? " " : "", escape_markup(m, word ? word : ""));
	}
	fprintf(f,
	    value_count(argv) ? "</code></li>\n" : "<br><span class=\"soft\">%s</span></li>\n",
	    text(m, s, "by_hand"));
}

static void
loss(struct mem *m, const struct value *list, FILE *f)
{
	if (value_count(list))
		fprintf(f, "<h3>What a restore would lose</h3>\n<ul>\n");
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *v = value_item(list, i);

		fprintf(f, "<li><code>%s</code>: %lld rows written, %lld removed</li>\n",
		    text(m, v, "table"), (long long)value_get_int(v, "written", 0),
		    (long long)value_get_int(v, "removed", 0));
	}
	if (value_count(list))
		fprintf(f, "</ul>\n");
}

static void
plan(struct mem *m, const struct report *r, FILE *f)
{
	const struct value *v = r->plan ? r->plan->result : NULL, *list = value_get(v, "steps");
	const struct value *seconds = value_get(v, "seconds");

	if (!v)
		return;
	fprintf(f, "<section>\n<h2>The way back</h2>\n<p>%s</p>\n",
	    escape_markup(m, report_summary(m, r->plan)));
	texts(m, value_get(v, "reasons"), "Because", f);
	texts(m, value_get(v, "caveats"), "Know", f);
	loss(m, value_get(v, "loss"), f);
	if (value_count(list))
		fprintf(f,
		    "<h3>Steps <span class=\"soft\">%s to %s</span></h3>\n<ol class=\"plan\">\n",
		    report_duration(m, value_real(value_get(seconds, "min"), 0)),
		    report_duration(m, value_real(value_get(seconds, "max"), 0)));
	for (size_t i = 0; i < value_count(list); i++)
		plan_step(m, value_item(list, i), f);
	if (value_count(list))
		fprintf(f, "</ol>\n");
	texts(m, value_get(v, "verify"), "Look at this then", f);
	texts(m, value_get(v, "next"), "For the next attempt", f);
	fprintf(f, "</section>\n");
}

void
report_html(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	char *title = escape_markup(m, report_title(m, r));
	const char *outcome = report_outcome_name(r->outcome),
		   *class = r->outcome == OUTCOME_OK ? "ok" : "failed";

	fprintf(f,
	    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	    "'unsafe-inline'\">\n"
	    "<title>%s: %s</title>\n<style>\n%s</style>\n</head>\n<body>\n<main>\n<header "
	    "class=\"%s\">\n<h1>%s</h1>\n"
	    "<p><span class=\"state\">%s</span>",
	    title, outcome, style, class, title, outcome);
	if (r->seconds >= 0)
		fprintf(f, " <span class=\"soft\">%zu steps in %s</span>", r->story.count,
		    report_duration(m, r->seconds));
	fprintf(f, "</p>\n</header>\n");
	findings(m, r, f);
	steps(m, r, f);
	schema(m, r, f);
	plan(m, r, f);
	fprintf(f, "</main>\n</body>\n</html>\n");
}
