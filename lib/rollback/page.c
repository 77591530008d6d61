/* page.c - the plan as text and as Markdown. */
#include <string.h>

#include "rollback/page.h"
#include "rollback/script.h"

/* "3 s", "4 min" */
static char *
duration(struct mem *m, double seconds)
{
	return seconds < 90 ? mem_fmt(m, "%.0f s", seconds) : mem_fmt(m, "%.0f min", seconds / 60);
}

/* Of a text form: no control character reaches a terminal. */
static char *
clean(struct mem *m, const char *text)
{
	char *s = mem_string(m, text);

	for (char *p = s; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			*p = ' ';
	return s;
}

/* Markdown's own characters lose their meaning. */
static char *
escape(struct mem *m, const char *text)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "", 0);
	for (const char *p = clean(m, text); *p; p++) {
		if (strchr("\\`*_{}[]<>#|~", *p))
			mem_text_add(&t, "\\", 1);
		mem_text_add(&t, p, 1);
	}
	return t.text ? t.text : mem_string(m, "");
}

static char *
command(struct mem *m, const struct plan_step *s)
{
	struct mem_text t = { .m = m };

	for (size_t i = 0; i < s->argc; i++)
		mem_text_fmt(&t, "%s%s", i ? " " : "", clean(m, script_quote(m, s->argv[i])));
	return t.text;
}

static char *
headline(struct mem *m, const struct plan *p)
{
	if (p->verdict->why_no_restore)
		return mem_fmt(m, "scenario %d: there is no way back (%s), go forward with a fix",
		    p->verdict->scenario, p->verdict->why_no_restore);
	return mem_fmt(m, "scenario %d: take back %s (strategy %s)", p->verdict->scenario,
	    p->verdict->scenario ? plan_scenario_name(p->verdict->scenario) : "nothing",
	    p->verdict->strategy);
}

static const char *
name_of(const struct plan *p)
{
	return p->evidence->service ? p->evidence->service : "the service";
}

static void
text_list(struct mem *m, FILE *f, const char *title, const struct sentences *l)
{
	if (l->count)
		fprintf(f, "\n%s\n", title);
	for (size_t i = 0; i < l->count; i++)
		fprintf(f, "  - %s\n", clean(m, l->item[i]));
}

void
page_text(const struct plan *p, FILE *f)
{
	MEM_SCOPE(m);
	const struct scenario_verdict *v = p->verdict;

	fprintf(f, "%s: %s\n", clean(m, name_of(p)), clean(m, headline(m, p)));
	if (v->reason_count)
		fprintf(f, "\nBecause\n");
	for (size_t i = 0; i < v->reason_count; i++)
		fprintf(f, "  %d %s\n", v->reasons[i].floor, clean(m, v->reasons[i].text));
	if (p->loss.counted)
		fprintf(f, "\nA restore would lose %s\n", clean(m, loss_text(m, &p->loss)));
	text_list(m, f, "Know", &v->caveats);
	text_list(m, f, "Snapshots that cannot be used", &p->evidence->flaws);
	if (p->step_count)
		fprintf(f, "\nSteps (%s to %s)\n", duration(m, p->min), duration(m, p->max));
	for (size_t i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		fprintf(f, "  %zu. %s\n     %s\n", i + 1, clean(m, s->title),
		    s->argv ? command(m, s) : clean(m, s->by_hand));
	}
	text_list(m, f, "Look at this then", &p->verify);
	text_list(m, f, "For the next attempt", &p->next);
	if (p->step_count)
		fprintf(f, "\nPlan %.12s\n", p->digest);
}

/* A fence longer than any run of backquotes in TEXT. */
static char *
code(struct mem *m, const char *text)
{
	size_t run = 0, longest = 0;
	char *fence;

	for (const char *p = text; *p; p++) {
		run = *p == '`' ? run + 1 : 0;
		longest = run > longest ? run : longest;
	}
	fence = mem_zero(m, longest + 2, 1);
	memset(fence, '`', longest + 1);
	return mem_fmt(m, "%s%s%s%s%s", fence, longest ? " " : "", text, longest ? " " : "", fence);
}

static void
markdown_list(struct mem *m, FILE *f, const char *title, const struct sentences *l)
{
	if (l->count)
		fprintf(f, "\n**%s**\n\n", title);
	for (size_t i = 0; i < l->count; i++)
		fprintf(f, "- %s\n", escape(m, l->item[i]));
}

void
page_markdown(const struct plan *p, FILE *f)
{
	MEM_SCOPE(m);
	const struct scenario_verdict *v = p->verdict;

	fprintf(f, "## Rollback of %s\n\n**%s**\n", escape(m, name_of(p)),
	    escape(m, headline(m, p)));
	if (v->reason_count)
		fprintf(f, "\n| at least | because |\n|---|---|\n");
	for (size_t i = 0; i < v->reason_count; i++)
		fprintf(f, "| %d | %s |\n", v->reasons[i].floor, escape(m, v->reasons[i].text));
	if (p->loss.counted)
		fprintf(f, "\nA restore would lose **%s**.\n", escape(m, loss_text(m, &p->loss)));
	markdown_list(m, f, "Know", &v->caveats);
	markdown_list(m, f, "Snapshots that cannot be used", &p->evidence->flaws);
	if (p->step_count)
		fprintf(f, "\n**Steps** (%s to %s)\n\n", duration(m, p->min), duration(m, p->max));
	for (size_t i = 0; i < p->step_count; i++) {
		const struct plan_step *s = &p->steps[i];

		fprintf(f, "%zu. %s: %s\n", i + 1, escape(m, s->title),
		    s->argv ? code(m, command(m, s)) : escape(m, s->by_hand));
	}
	markdown_list(m, f, "Look at this then", &p->verify);
	markdown_list(m, f, "For the next attempt", &p->next);
	if (p->step_count)
		fprintf(f, "\nPlan %.12s\n", p->digest);
}
