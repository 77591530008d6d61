/* release-report - renders the records of a release for people and for their tools.
 *
 *	release-report --format markdown < release.jsonl
 *	release-report --write html=release.html --write junit=release.xml < release.jsonl
 */
#include "core/step.h"
#include "report/report.h"

enum { OUTPUT_KEPT = 4096 };    /* of what a command wrote */

static struct report report;

static const struct opt opts[] = {
	OPT_END_
};

static int
see(struct step *s, const struct value *record, struct err *e)
{
	(void)e;
	report.m = report.story.m = step_mem(s);
	story_add(&report.story, record, OUTPUT_KEPT);
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct value *result = step_result(s);
	size_t n[3] = { 0 };

	(void)count;
	(void)operands;
	(void)e;
	report.m = report.story.m = step_mem(s);
	report_close(&report);
	for (size_t i = 0; i < report.finding_count; i++)
		n[report.findings[i].level]++;
	value_set_string(result, "outcome", report_outcome_name(report.outcome));
	value_set_int(result, "steps", (int64_t)report.story.count);
	value_set_int(result, "errors", (int64_t)n[LEVEL_ERROR]);
	value_set_int(result, "warnings", (int64_t)n[LEVEL_WARNING]);
	value_set_int(result, "notes", (int64_t)n[LEVEL_NOTE]);
	return 0;
}

#define RENDER(form)                                                    \
	static int                                                      \
	render_##form(struct step *s, FILE *f, struct err *e)           \
	{                                                               \
		(void)s;                                                \
		(void)e;                                                \
		report_##form(&report, f);                              \
		return 0;                                               \
	}

RENDER(text)
RENDER(markdown)
RENDER(html)
RENDER(junit)
RENDER(sarif)
RENDER(gitlab)
RENDER(dotenv)
RENDER(env)

static int
render_github(struct step *s, FILE *f, struct err *e)
{
	(void)s;
	return report_github(&report, f, e);
}

static const struct form forms[] = {
	{ "text", "for a terminal or a log", render_text },
	{ "markdown", "for a pull request or a ticket", render_markdown },
	{ "html", "one page that needs nothing else", render_html },
	{ "junit", "JUnit XML, a test case for each step", render_junit },
	{ "sarif", "SARIF 2.1.0, a result for each finding", render_sarif },
	{ "github", "annotations, job summary and outputs of GitHub Actions", render_github },
	{ "gitlab", "code quality report of GitLab", render_gitlab },
	{ "dotenv", "variables for GitLab's dotenv artifact", render_dotenv },
	{ "env", "the TICKET and BACKUPS of a release's env file", render_env },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "release-report",
	.brief = "render a release's records for people and their tools",
	.opts = opts,
	.forms = forms,
	.flags = TOOL_ALWAYS,
	.see = see,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
