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

/* The character at S, of LEN bytes of UTF-8. */
static unsigned
code_at(const char *s, size_t len)
{
	unsigned char c = (unsigned char)*s;
	unsigned code = c < 0x80 ? c : c < 0xe0 ? c & 0x1f : c < 0xf0 ? c & 0xf : c & 7;

	for (size_t i = 1; i < len && !is_start(s[i]); i++)
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	return code;
}

/* How many columns of a terminal a character takes: those of East Asia two, combining ones none
 * (Unicode's EastAsianWidth, its large ranges). */
static int
width_of(unsigned code)
{
	static const struct { unsigned first, last; int width;
	} ranges[] = {
		{ 0x300, 0x36f, 0 },
		{ 0x1100, 0x115f, 2 },
		{ 0x200b, 0x200f, 0 },
		{ 0x2e80, 0x303e, 2 },
		{ 0x3041, 0x4dbf, 2 },
		{ 0x4e00, 0xa4cf, 2 },
		{ 0xac00, 0xd7a3, 2 },
		{ 0xf900, 0xfaff, 2 },
		{ 0xfe00, 0xfe0f, 0 },
		{ 0xfe30, 0xfe6f, 2 },
		{ 0xff00, 0xff60, 2 },
		{ 0xffe0, 0xffe6, 2 },
		{ 0x1f300, 0x1f64f, 2 },
		{ 0x1f680, 0x1f6ff, 2 },
		{ 0x1f900, 0x1faff, 2 },
		{ 0x20000, 0x3fffd, 2 },
	};

	for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return ranges[i].width;
	return 1;
}

/* Blanks as wide as TEXT: tabs stay tabs. */
static void
indent(struct mem_text *t, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (is_start(text[i]))
			mem_text_add(t, text[i] == '\t' ? "\t" : "  ",
			    text[i] == '\t' ? 1 : (size_t)width_of(code_at(text + i, len - i)));
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
