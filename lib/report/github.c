/* github.c - annotations, job summary and outputs of GitHub Actions. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/record.h"
#include "report/escape.h"
#include "report/report.h"

enum {
	ANNOTATIONS = 10,               /* of each kind: the runner shows no more */
	SUMMARY_MAX = 1000 * 1000,      /* a summary of 1 MiB or more is refused */
};

static void
annotate(struct mem *m, const struct report *r, FILE *f)
{
	static const char *const command[] = { "error", "warning", "notice" };
	size_t n[3] = { 0 };

	for (size_t i = 0; i < r->finding_count; i++) {
		const struct finding *x = &r->findings[i];

		if (n[x->level]++ >= ANNOTATIONS)
			continue;
		fprintf(f, "::%s title=%s", command[x->level], escape_github(m, x->rule, 1));
		if (x->file)
			fprintf(f, ",file=%s,line=%ld", escape_github(m, x->file, 1),
			    x->line > 0 ? x->line : 1);
		fprintf(f, "::%s%s%s\n", escape_github(m, x->message, 0), x->hint ? "%0A" : "",
		    x->hint ? escape_github(m, x->hint, 0) : "");
	}
}

static int
append(const char *variable, const char *text, size_t len, struct err *e)
{
	const char *path = getenv(variable);
	FILE *f = path && *path ? fopen(path, "ae") : NULL;
	int bad;

	if (!path || !*path)
		return 0;
	if (!f)
		return err_sys(e, "$%s: %s", variable, path);
	bad = fwrite(text, 1, len, f) != len;
	bad |= fclose(f) != 0;
	return bad ? err_sys(e, "$%s: %s", variable, path) : 0;
}

/* The page; cut at a line when it is too long. */
static int
summarise(struct mem *m, const struct report *r, struct err *e)
{
	char *text;
	size_t len;
	FILE *page = mem_must(open_memstream(&text, &len));

	report_markdown(r, page);
	fclose(page);
	mem_own(m, text, free);
	if (len > SUMMARY_MAX) {
		for (len = SUMMARY_MAX; len && text[len - 1] != '\n'; len--)
			;
		text = mem_fmt(m, "%.*s\nThe report is longer than a summary may be.\n", (int)len,
		    text);
		len = strlen(text);
	}
	return append("GITHUB_STEP_SUMMARY", text, len, e);
}

/* A delimiter that nobody can guess, so that no value can end itself and name another output. */
static void
output(struct mem_text *t, const char *name, const char *value)
{
	char id[RECORD_ID];

	record_new_id(id);
	mem_text_fmt(t, "%s<<handrail_%s\n%s\nhandrail_%s\n", name, id, value, id);
}

static int
write_outputs(struct mem *m, const struct report *r, struct err *e)
{
	struct mem_text t = { .m = m };
	const struct value *plan = r->plan ? r->plan->result : NULL;
	const char *strategy = value_get_string(plan, "strategy");

	output(&t, "outcome", report_outcome_name(r->outcome));
	output(&t, "release", r->release ? r->release : "");
	output(&t, "service", r->service ? r->service : "");
	if (plan) {
		output(&t, "scenario",
		    mem_fmt(m, "%lld", (long long)value_get_int(plan, "scenario", 3)));
		output(&t, "strategy", strategy ? strategy : "");
	}
	return append("GITHUB_OUTPUT", t.text, t.len, e);
}

int
report_github(const struct report *r, FILE *f, struct err *e)
{
	MEM_SCOPE(m);

	annotate(m, r, f);
	return summarise(m, r, e) || write_outputs(m, r, e) ? -1 : 0;
}
