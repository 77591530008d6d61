/* manifest-diff - compares two YAML trees by what they say.
 *
 *	manifest-diff old-chart/ new-chart/ --overrides my-values.yaml
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/step.h"
#include "manifest/diff.h"

enum { NEVER, STRUCTURE, OVERRIDES, ANY };

static const char *overrides;
static int fail_on;

static const struct opt opts[] = {
	OPT_STRING_(0, "overrides", "file", "the values that you set: what becomes of each", &overrides),
	OPT_ENUM_(0, "fail-on", "never|structure|overrides|any", "be a gate: exit 1 on such a difference", &fail_on),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	if (count == 2)
		return 0;
	err_set(e, FAIL_TROUBLE, "usage", "an old and a new side are needed");
	return err_hint(e,
	    "manifest-diff OLD NEW: files, directories, charts or git:REVISION:PATH");
}

/* Overrides that need the user: all but those that are untouched. */
static size_t
touched(const struct value *result)
{
	const struct value *list = value_get(result, "overrides");
	size_t n = 0;

	for (size_t i = 0; i < value_count(list); i++)
		n += strcmp(value_get_string(value_item(list, i), "state"), "untouched") != 0;
	return n;
}

static int
gate(const struct value *result, struct err *e)
{
	bool structure = !strcmp(value_get_string(result, "structure"), "differs");

	if (fail_on == ANY && value_count(value_get(result, "changes")))
		return err_set(e, FAIL_NO, "differs", "the two sides differ in %zu places",
		    value_count(value_get(result, "changes")));
	if (fail_on == STRUCTURE && structure)
		return err_set(e, FAIL_NO, "structure", "more differs than image tags and noise");
	if (fail_on == OVERRIDES && touched(result))
		return err_set(e, FAIL_NO, "overrides", "%zu of the keys that %s sets are touched",
		    touched(result), overrides);
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct diff_side old, new;
	struct value *r = step_result(s);

	(void)count;
	if (diff_load(m, operands[0], &old, e) || diff_load(m, operands[1], &new, e) ||
	    diff_compare(m, &old, &new, r, e) ||
	    (overrides && diff_overrides(m, &old, &new, overrides, r, e)))
		return -1;
	step_say(s, "structure: %s; %d structural, %d of images, %d of noise",
	    value_get_string(r, "structure"), (int)value_int(value_at(r, "counts.structure"), 0),
	    (int)value_int(value_at(r, "counts.image"), 0),
	    (int)value_int(value_at(r, "counts.noise"), 0));
	return gate(r, e);
}

/* Forms */

static const char *
or(const char *s, const char *fallback)
{
	return s ? s : fallback;
}

static const char *
place(struct mem *m, const struct value *c)
{
	const char *file = value_get_string(c, "file"), *path = or(value_get_string(c, "path"), "");

	return file ? mem_fmt(m, "%s%s%s", file, *path ? ": " : "", path) : path;
}

static const char *
change(struct mem *m, const struct value *c)
{
	const char *from = value_get_string(c, "from"), *to = value_get_string(c, "to");

	if (from && to)
		return mem_fmt(m, "%s -> %s", from, to);
	return or(from ? from : to, "");
}

static int
render_text(struct step *s, FILE *out, struct err *e)
{
	const struct value *r = step_result(s), *list = value_get(r, "changes"),
			   *over = value_get(r, "overrides");
	bool colour = isatty(1);

	(void)e;
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *c = value_item(list, i);
		const char *word = or(value_get_string(c, "change"), "");
		const char *paint = *word == 'a' ? "\033[32m" :
		    *word == 'r'                 ? "\033[31m" :
						   "\033[33m";

		fprintf(out, "%s%-12s%s %-9s %s  %s\n", colour ? paint : "", word,
		    colour ? "\033[0m" : "", or (value_get_string(c, "class"), ""),
		    place(step_mem(s), c), change(step_mem(s), c));
	}
	for (size_t i = 0; i < value_count(over); i++) {
		const struct value *c = value_item(over, i);

		fprintf(out, "override     %-15s %s  %s\n", or(value_get_string(c, "state"), ""),
		    or(value_get_string(c, "path"), ""), change(step_mem(s), c));
	}
	fprintf(out, "structure: %s\n", or(value_get_string(r, "structure"), "unknown"));
	return 0;
}

/* In a table's cell, a bar would end it. */
static const char *
cell(struct mem *m, const char *text)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "", 0);
	for (; *text; text++)
		mem_text_fmt(&t, "%s%c", *text == '|' ? "\\" : "", *text == '\n' ? ' ' : *text);
	return t.text;
}

static int
render_markdown(struct step *s, FILE *out, struct err *e)
{
	const struct value *r = step_result(s), *list = value_get(r, "changes"),
			   *over = value_get(r, "overrides");
	struct mem *m = step_mem(s);

	(void)e;
	fprintf(out,
	    "**Structure: %s**\n\n| change | class | where | from, to |\n|---|---|---|---|\n",
	    or (value_get_string(r, "structure"), "unknown"));
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *c = value_item(list, i);

		fprintf(out, "| %s | %s | `%s` | %s |\n", or (value_get_string(c, "change"), ""),
		    or (value_get_string(c, "class"), ""), cell(m, place(m, c)),
		    cell(m, change(m, c)));
	}
	if (over)
		fprintf(out, "\n| override | state | default |\n|---|---|---|\n");
	for (size_t i = 0; i < value_count(over); i++) {
		const struct value *c = value_item(over, i);

		fprintf(out, "| `%s` | %s | %s |\n", cell(m, or(value_get_string(c, "path"), "")),
		    or(value_get_string(c, "state"), ""), cell(m, change(m, c)));
	}
	return 0;
}

static const struct form forms[] = {
	{ "text", "one line a difference", render_text },
	{ "markdown", "tables", render_markdown },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "manifest-diff",
	.brief = "compare two YAML trees by what they say",
	.operands = "old new",
	.opts = opts,
	.forms = forms,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
