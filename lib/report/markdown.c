/* markdown.c - the report for a pull request, a ticket, a job's summary. */
#include "report/escape.h"
#include "report/report.h"

static const char *
mark(const struct story_step *s)
{
	if (story_is_done(s) || story_is(s, "planned"))
		return "✅";
	return story_is(s, "refused") ? "⏭️" : "❌";
}

static void
findings(struct mem *m, const struct report *r, FILE *f)
{
	static const char *const titles[] = { "Errors", "Warnings", "Notes" };

	for (enum level l = LEVEL_ERROR; l <= LEVEL_NOTE; l++) {
		size_t n = 0;

		for (size_t i = 0; i < r->finding_count; i++) {
			const struct finding *x = &r->findings[i];

			if (x->level != l)
				continue;
			if (!n++)
				fprintf(f, "\n### %s\n\n", titles[l]);
			fprintf(f, "- **%s** %s", escape_markdown(m, x->rule),
			    escape_markdown(m, x->message));
			if (x->file)
				fprintf(f, " (%s%s)", escape_markdown(m, x->file),
				    x->line ? mem_fmt(m, ":%ld", x->line) : "");
			if (x->hint)
				fprintf(f, "<br>%s", escape_markdown(m, x->hint));
			fputc('\n', f);
		}
	}
}

static void
plan(struct mem *m, const struct report *r, FILE *f)
{
	const struct value *steps, *caveats;

	if (!r->plan)
		return;
	steps = value_get(r->plan->result, "steps");
	caveats = value_get(r->plan->result, "caveats");
	fprintf(f, "\n### The way back\n\n%s\n\n", escape_markdown(m, report_summary(m, r->plan)));
	for (size_t i = 0; i < value_count(steps); i++) {
		const char *title = value_get_string(value_item(steps, i), "title");

		fprintf(f, "%zu. %s\n", i + 1, escape_markdown(m, title ? title : ""));
	}
	if (value_count(caveats))
		fputc('\n', f);
	for (size_t i = 0; i < value_count(caveats); i++) {
		const char *text = value_string(value_item(caveats, i));

		fprintf(f, "- %s\n", escape_markdown(m, text ? text : ""));
	}
}

void
report_markdown(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);

	fprintf(f, "## %s: %s\n\n| | step | time | what |\n|---|---|---|---|\n",
	    escape_markdown(m, report_title(m, r)), report_outcome_name(r->outcome));
	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];

		fprintf(f, "| %s %s | %s | %s | %s |\n", mark(s), escape_markdown(m, s->status),
		    escape_markdown(m, s->step), report_duration(m, s->seconds),
		    escape_markdown(m, report_summary(m, s)));
	}
	findings(m, r, f);
	plan(m, r, f);
}
