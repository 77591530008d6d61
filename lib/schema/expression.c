/* expression.c - finds arrays of literals under a cast, and pushes the cast to where it is
 * wanted. */
#include <ctype.h>
#include <string.h>

#include "schema/expression.h"

/* The end of a literal with its cast ("'it''s'::character varying"), or NULL. */
static const char *
literal(const char *p)
{
	if (*p++ != '\'')
		return NULL;
	for (; *p && (*p != '\'' || p[1] == '\''); p++)
		p += *p == '\'';
	if (strncmp(p, "'::", 3))
		return NULL;
	p += 3;
	return p + strcspn(p, ",])('");
}

/* Is P a "(ARRAY[literal, …])::type[]"? Its parts then: from LIST to the bracket, TYPE without its
 * brackets; the end. */
static const char *
array(const char *p, const char **list, const char **type, int *type_len)
{
	if (strncmp(p, "(ARRAY[", 7))
		return NULL;
	*list = p += 7;
	while ((p = literal(p)) && !strncmp(p, ", ", 2))
		p += 2;
	if (!p || strncmp(p, "])::", 4))
		return NULL;
	*type = p += 4;
	p = strstr(p, "[]");
	if (!p || strcspn(*type, "()',") < (size_t)(p - *type))
		return NULL;
	*type_len = (int)(p - *type);
	return p + 2;
}

/* Each such array in TEXT: its cast to each of its literals, or to none at all. */
static const char *
rewrite(struct mem *m, const char *text, bool push)
{
	struct mem_text out = { .m = m };
	const char *from = text, *list, *type, *end;
	int n;

	for (const char *p = strstr(text, "(ARRAY["); p; p = strstr(p + 1, "(ARRAY[")) {
		if (p < from || !(end = array(p, &list, &type, &n)))
			continue;
		mem_text_add(&out, from, (size_t)(p - from));
		mem_text_fmt(&out, "ARRAY[");
		for (const char *l = list, *next; l; l = *next == ',' ? next + 2 : NULL) {
			next = literal(l);
			mem_text_fmt(&out, "%s%s%.*s", l == list ? "" : ", ", push ? "(" : "",
			    (int)(next - l), l);
			if (push)
				mem_text_fmt(&out, ")::%.*s", n, type);
		}
		mem_text_fmt(&out, "]");
		from = end;
	}
	if (from == text)
		return text;
	mem_text_add(&out, from, strlen(from));
	return out.text;
}

const char *
expression_settle(struct mem *m, const char *text)
{
	return rewrite(m, text, true);
}

const char *
expression_write(struct mem *m, const char *text)
{
	return rewrite(m, text, false);
}

bool
expression_same(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	if (!strcmp(a, b))
		return true;
	if (!strstr(a, "ARRAY[") || !strstr(b, "ARRAY["))
		return false;
	{
		MEM_SCOPE(m);

		return !strcmp(expression_settle(m, a), expression_settle(m, b));
	}
}

/* Past what does not count at P. */
static const char *
skip(const char *p)
{
	for (;;) {
		p += strspn(p, "() \t\n");
		if (strncmp(p, "::", 2))
			return p;
		p += 2;
		while (isalnum((unsigned char)*p) || (*p && strchr(" _.[]\"", *p)))
			p++;
	}
}

bool
expression_alike(const char *a, const char *b)
{
	if (!a || !b)
		return a == b;
	for (a = skip(a), b = skip(b);
	     *a && tolower((unsigned char)*a) == tolower((unsigned char)*b);
	     a = skip(a + 1), b = skip(b + 1))
		;
	return !*a && !*b;
}
