/* sarif.c - the findings as SARIF 2.1.0. */
#include <string.h>

#include "core/record.h"
#include "report/report.h"

/* A path below the root of the tree, as code scanning wants it. */
static const char *
relative(const char *file)
{
	while (*file == '/' || !strncmp(file, "./", 2))
		file += *file == '/' ? 1 : 2;
	return file;
}

/* A URI reference: what it may not hold is percent-encoded. */
static char *
uri(struct mem *m, const char *file)
{
	static const char plain[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/!$&'()*+,;=@";
	struct mem_text t = { .m = m };

	for (const char *p = relative(file); *p; p++)
		mem_text_fmt(&t, strchr(plain, *p) ? "%c" : "%%%02X", (unsigned char)*p);
	return t.text ? t.text : mem_string(m, "");
}

static size_t
rule_index(struct mem *m, struct value *rules, const char *id)
{
	struct value *rule;

	for (size_t i = 0; i < value_count(rules); i++)
		if (!strcmp(value_get_string(value_item(rules, i), "id"), id))
			return i;
	rule = value_add_object(m, rules);
	value_set_string(rule, "id", id);
	value_set_string(value_set_object(m, rule, "shortDescription"), "text", id);
	return value_count(rules) - 1;
}

static void
add_result(struct mem *m, struct value *results, struct value *rules, const struct finding *x)
{
	struct value *o = value_add_object(m, results), *place;

	value_set_string(o, "ruleId", x->rule);
	value_set_int(o, "ruleIndex", (int64_t)rule_index(m, rules, x->rule));
	value_set_string(o, "level", report_level_name(x->level));
	value_set_string(value_set_object(m, o, "message"), "text",
	    x->hint ? mem_fmt(m, "%s. %s", x->message, x->hint) : x->message);
	place = value_set_object(m, value_add_object(m, value_set_array(m, o, "locations")),
	    "physicalLocation");
	/* code scanning refuses results without a place: what belongs to no file belongs to the
	 * stream */
	value_set_string(value_set_object(m, place, "artifactLocation"), "uri",
	    uri(m, x->file ? x->file : "release.jsonl"));
	value_set_int(value_set_object(m, place, "region"), "startLine", x->line > 0 ? x->line : 1);
	value_set_string(value_set_object(m, o, "partialFingerprints"), "handrail/v1",
	    x->fingerprint);
}

void
report_sarif(const struct report *r, FILE *f)
{
	MEM_SCOPE(m);
	struct value *top = value_object(m), *run, *driver, *rules, *results;

	value_set_string(top, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
	value_set_string(top, "version", "2.1.0");
	run = value_add_object(m, value_set_array(m, top, "runs"));
	driver = value_set_object(m, value_set_object(m, run, "tool"), "driver");
	value_set_string(driver, "name", "handrail");
	value_set_string(driver, "semanticVersion", strrchr(record_tool(), ' ') + 1);
	rules = value_set_array(m, driver, "rules");
	results = value_set_array(m, run, "results");
	for (size_t i = 0; i < r->finding_count; i++)
		add_result(m, results, rules, &r->findings[i]);
	fprintf(f, "%s\n", value_text(m, top, 2));
}
