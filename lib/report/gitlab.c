/* gitlab.c - the code quality report and the dotenv artifact of GitLab; the env file of a
 * release. */
#include <string.h>

#include "report/escape.h"
#include "report/report.h"

void
report_gitlab(const struct report *r, FILE *f)
{
	static const char *const severity[] = { "critical", "major", "info" };
	MEM_SCOPE(m);
	struct value *top = value_array(m);

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *x = &r->findings[i];
		struct value *o = value_add_object(m, top), *place;

		value_set_string(o, "description", x->message);
		value_set_string(o, "check_name", x->rule);
		value_set_string(o, "fingerprint", x->fingerprint);
		value_set_string(o, "severity", severity[x->level]);
		place = value_set_object(m, o, "location");
		value_set_string(place, "path", x->file ? x->file : "release.jsonl");
		value_set_int(value_set_object(m, place, "lines"), "begin",
		    x->line > 0 ? x->line : 1);
	}
	fprintf(f, "%s\n", value_text(m, top, 2));
}

/* dotenv values end with their line and know no quotes. */
void
report_dotenv(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	const struct value *plan = r->plan ? r->plan->result : NULL;
	const char *strategy = value_get_string(plan, "strategy");

	fprintf(f, "HANDRAIL_OUTCOME=%s\n", report_outcome_name(r->outcome));
	if (r->release)
		fprintf(f, "HANDRAIL_RELEASE=%s\n", escape_line(m, r->release));
	if (r->service)
		fprintf(f, "HANDRAIL_SERVICE=%s\n", escape_line(m, r->service));
	if (plan)
		fprintf(f, "HANDRAIL_SCENARIO=%lld\nHANDRAIL_STRATEGY=%s\n",
		    (long long)value_get_int(plan, "scenario", 3),
		    escape_line(m, strategy ? strategy : ""));
}

/* "redmine-20260518T153012Z.tar.zst" was made at 20260518_153012. */
static char *
stamp(struct mem *m, const char *archive)
{
	for (const char *p = archive; *p; p++)
		if (strspn(p, "0123456789") == 8 && (p[8] == 'T' || p[8] == '_') &&
		    strspn(p + 9, "0123456789") == 6)
			return mem_fmt(m, "%.8s_%.6s", p, p + 9);
	return mem_string(m, archive);
}

void
report_env(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < r->story.count; i++) {
		const struct story_step *s = &r->story.steps[i];
		const char *archive = value_get_string(s->result, "archive");

		if (strcmp(s->step, "snapshot") || !story_is_done(s) || !archive)
			continue;
		mem_text_fmt(&t, "%s%s=%s", t.len ? " " : "", s->service ? s->service : "service",
		    stamp(m, archive));
	}
	fprintf(f, "TICKET=%s\n",
	    r->release && strspn(r->release, "0123456789") == strlen(r->release) ?
		r->release :
		mem_fmt(m, "\"%s\"", escape_env(m, r->release ? r->release : "")));
	fprintf(f, "BACKUPS=\"%s\"\n", escape_env(m, t.text ? t.text : ""));
}
