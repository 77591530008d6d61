/* escape.c - one table of replacements for each form. */
#include <string.h>

#include "report/escape.h"

struct replacement {
	char c;
	const char *with;
};

static char *
replace(struct mem *m, const char *text, const struct replacement *table)
{
	struct mem_text t = { .m = m };

	for (const char *p = text; *p; p++) {
		const struct replacement *r = table;

		while (r->c && r->c != *p)
			r++;
		mem_text_add(&t, r->c ? r->with : p, r->c ? strlen(r->with) : 1);
	}
	return t.text ? t.text : mem_string(m, "");
}

/* Control characters become WITH; tabs and newlines, too, unless KEEP_LINES. */
static char *
without_controls(struct mem *m, const char *text, const char *with, int keep_lines)
{
	struct mem_text t = { .m = m };

	for (const char *p = text; *p; p++) {
		int control = (unsigned char)*p < 32 || *p == 127;

		if (keep_lines && (*p == '\n' || *p == '\t'))
			control = 0;
		mem_text_add(&t, control ? with : p, control ? strlen(with) : 1);
	}
	return t.text ? t.text : mem_string(m, "");
}

char *
escape_line(struct mem *m, const char *text)
{
	return without_controls(m, text, " ", 0);
}

char *
escape_markdown(struct mem *m, const char *text)
{
	static const struct replacement table[] = { { '\\', "\\\\" }, { '`', "\\`" },
		{ '*', "\\*" }, { '_', "\\_" }, { '{', "\\{" }, { '}', "\\}" }, { '[', "\\[" },
		{ ']', "\\]" }, { '<', "&lt;" }, { '>', "&gt;" }, { '#', "\\#" }, { '|', "\\|" },
		{ '~', "\\~" }, { '&', "&amp;" }, { '@', "&#64;" }, { 0, NULL } };

	return replace(m, escape_line(m, text), table);
}

char *
escape_markup(struct mem *m, const char *text)
{
	static const struct replacement table[] = { { '&', "&amp;" }, { '<', "&lt;" },
		{ '>', "&gt;" }, { '"', "&quot;" }, { '\'', "&#39;" }, { 0, NULL } };

	return replace(m, without_controls(m, text, "\xef\xbf\xbd", 1), table);
}

char *
escape_github(struct mem *m, const char *text, int property)
{
	static const struct replacement message[] = { { '%', "%25" }, { '\r', "%0D" },
		{ '\n', "%0A" }, { 0, NULL } };
	static const struct replacement value[] = { { '%', "%25" }, { '\r', "%0D" },
		{ '\n', "%0A" }, { ':', "%3A" }, { ',', "%2C" }, { 0, NULL } };

	return replace(m, text, property ? value : message);
}

char *
escape_env(struct mem *m, const char *text)
{
	static const struct replacement table[] = { { '\\', "\\\\" }, { '"', "\\\"" },
		{ '$', "\\$" }, { '`', "\\`" }, { 0, NULL } };

	return replace(m, escape_line(m, text), table);
}
