/* text.c - the report for a terminal or a log. */
#include <string.h>

#include "report/escape.h"
#include "report/report.h"

static int
width(const struct report *r)
{
	size_t w = 4;

	for (size_t i = 0; i < r->story.count; i++)
		if (strlen(r->story.steps[i].step) > w)
			w = strlen(r->story.steps[i].step);
	return w > 24 ? 24 : (int)w;
}

static void
plan(struct mem *m, const struct report *r, FILE *f)
{
	const struct value *steps;

	if (!r->plan)
		return;
	steps = value_get(r->plan->result, "steps");
	fprintf(f, "\nThe way back: %s\n", escape_line(m, report_summary(m, r->plan)));
	for (size_t i = 0; i < value_count(steps); i++) {
		const char *title = value_get_string(value_item(steps, i), "title");

		fprintf(f, "  %zu. %s\n", i + 1, escape_line(m, title ? title : ""));
	}
}

void
report_text(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	int w = width(r);

	fprintf(f, "%s: %s", escape_line(m, report_title(m, r)), report_outcome_name(r->outcome));
	fprintf(f, r->seconds < 0 ? "\n\n" : " (%s)\n\n", report_duration(m, r->seconds));
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];

		char *what = escape_line(m, report_summary(m, s));

		fprintf(f, "  %-9s %-*.*s %8s%s%s\n", escape_line(m, s->status), w, w,
		    escape_line(m, s->step), report_duration(m, s->seconds), *what ? "  " : "",
		    what);
	}
	if (r->finding_count)
		fprintf(f, "\n");
	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *x = &r->findings[i];

		fprintf(f, "  %s: %s\n", report_level_name(x->level), escape_line(m, x->message));
		if (x->hint)
			fprintf(f, "    hint: %s\n", escape_line(m, x->hint));
	}
	plan(m, r, f);
}
