/* place.c - bytes to lines and columns. */
#include <string.h>

#include "migrate/place.h"

enum { SHOWN = 120 };   /* bytes of a line that are shown around the place */

static int
is_start(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

size_t
migrate_byte_of(const char *text, size_t len, int character)
{
	size_t at = 0;

	for (; at < len; at++)
		if (is_start(text[at]) && --character <= 0)
			break;
	return at;
}

/* Blanks as wide as TEXT: tabs stay tabs. */
static void
indent(struct mem_text *t, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_start(text[i]))
			mem_text_add(t, text[i] == '\t' ? "\t" : " ", 1);
}

struct migrate_place
migrate_place_of(struct mem *m, const char *text, size_t len, size_t at, int first)
{
	struct migrate_place p = { .line = first, .column = 1 };
	struct mem_text t = { .m = m };
	size_t begin = 0, end, shown;

	for (size_t i = 0; i < at && i < len; i++)
		if (text[i] == '\n') {
			p.line++;
			begin = i + 1;
		}
	for (size_t i = begin; i < at && i < len; i++)
		p.column += is_start(text[i]);
	for (end = begin; end < len && text[end] != '\n' && text[end] != '\r';)
		end++;
	shown = at - begin > SHOWN ? at - SHOWN / 2 : begin;
	while (shown > begin && !is_start(text[shown]))
		shown--;
	if (end - shown > SHOWN)
		for (end = shown + SHOWN; !is_start(text[end]);)
			end--;
	mem_text_fmt(&t, "  %.*s\n  ", (int)(end - shown), text + shown);
	indent(&t, text + shown, at - shown);
	mem_text_add(&t, "^", 1);
	p.caret = t.text;
	return p;
}
