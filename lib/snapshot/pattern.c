/* pattern.c - patterns become regular expressions, by the rules of psql(1), "Patterns". */
#include <ctype.h>
#include <string.h>

#include "snapshot/pattern.h"

/* The character C, outside quotes. */
static void
add_special(struct mem_text *t, char c)
{
	if (c == '*')
		mem_text_fmt(t, ".*");
	else if (c == '?')
		mem_text_fmt(t, ".");
	else
		mem_text_fmt(t, "%s%c", c == '$' ? "\\" : "", tolower((unsigned char)c));
}

int
pattern_parse(struct mem *m, const char *text, struct pattern *p, struct err *e)
{
	static const char special[] = "|*+?()[]{}.^$\\";
	struct mem_text t = { .m = m };
	bool quoted = false;

	*p = (struct pattern){ .schema = "", .exact = true };
	mem_text_fmt(&t, "^(");
	for (const char *s = text; *s; s++) {
		if (*s == '"' && quoted && s[1] == '"')
			mem_text_add(&t, s++, 1);
		else if (*s == '"')
			quoted = !quoted;
		else if (quoted)
			mem_text_fmt(&t, "%s%c", strchr(special, *s) ? "\\" : "", *s);
		else if (*s != '.') {
			p->exact &= *s == '$' || !strchr(special, *s);
			add_special(&t, *s);
		} else if (!*p->schema) {
			mem_text_fmt(&t, ")$");
			p->schema = t.text;
			t = (struct mem_text){ .m = m };
			mem_text_fmt(&t, "^(");
		} else {
			return err_set(e, FAIL_TROUBLE, "usage",
			    "'%s': a schema and a table are all that dots can part", text);
		}
	}
	mem_text_fmt(&t, ")$");
	p->name = t.text;
	return quoted ? err_set(e, FAIL_TROUBLE, "usage", "'%s': a quote has no end", text) : 0;
}
