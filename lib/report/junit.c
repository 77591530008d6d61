/* junit.c - the report as JUnit XML: a test case for each step. */
#include "report/escape.h"
#include "report/report.h"

static size_t
count(const struct report *r, const char *a, const char *b)
{
	size_t n = 0;

	for (size_t i = 0; i < r->story.count; i++)
		n += story_is(&r->story.steps[i], a) || (b && story_is(&r->story.steps[i], b));
	return n;
}

static void
test_case(struct mem *m, const struct report *r, const struct story_step *s, FILE *f)
{
	const char *output = value_get_string(s->result, "output");

	fprintf(f, "    <testcase classname=\"%s\" name=\"%s\" time=\"%.3f\">\n",
	    escape_markup(m, r->service ? r->service : "release"), escape_markup(m, s->step),
	    s->seconds < 0 ? 0 : s->seconds);
	if (story_is(s, "refused"))
		fprintf(f, "      <skipped message=\"%s\"/>\n",
		    escape_markup(m, s->message ? s->message : "refused"));
	else if (story_is(s, "failed"))
		fprintf(f, "      <failure type=\"%s\" message=\"%s\">%s</failure>\n",
		    escape_markup(m, s->word ? s->word : "failed"),
		    escape_markup(m, s->message ? s->message : "failed"),
		    escape_markup(m, s->hint ? s->hint : ""));
	else if (story_is(s, "started") || story_is(s, "cancelled"))
		fprintf(f, "      <error type=\"%s\" message=\"%s\"/>\n",
		    story_is(s, "started") ? "unfinished" : "cancelled",
		    escape_markup(m, s->message ? s->message : "it began and never ended"));
	if (output)
		fprintf(f, "      <system-out>%s</system-out>\n", escape_markup(m, output));
	fprintf(f, "    </testcase>\n");
}

void
report_junit(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	char *name = escape_markup(m, report_title(m, r)),
	     *counts = mem_fmt(m,
		 "tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"%zu\" time=\"%.3f\"",
		 r->story.count, count(r, "failed", NULL), count(r, "started", "cancelled"),
		 count(r, "refused", NULL), r->seconds < 0 ? 0 : r->seconds);

	fprintf(f,
	    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"%s\" %s>\n  <testsuite "
	    "name=\"%s\" %s>\n",
	    name, counts, name, counts);
	for (size_t i = 0; i < r->story.count; i++)
		test_case(m, r, &r->story.steps[i], f);
	fprintf(f, "  </testsuite>\n</testsuites>\n");
}
