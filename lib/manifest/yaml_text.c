/* yaml_text.c - places in a YAML text: encoding, lines and columns, words that are not strings. */
#include <ctype.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "manifest/yaml.h"

struct yaml_lines {
	const char *text;
	uint32_t *at; /* where each begins */
	size_t count;
};

struct yaml_lines *
yaml_lines(struct mem *m, const char *text, size_t len)
{
	struct yaml_lines *l = mem_zero(m, 1, sizeof *l);
	const char *end = text + len, *p = text;
	size_t count = 1;

	for (; (p = memchr(p, '\n', (size_t)(end - p))); p++)
		count++;
	l->text = text;
	l->at = mem_zero(m, count, sizeof *l->at);
	for (p = text; (p = memchr(p, '\n', (size_t)(end - p)));)
		l->at[++l->count] = (uint32_t)(++p - text);
	l->count = count;
	if (!strncmp(text, "\xef\xbb\xbf", 3))
		l->at[0] = 3;
	return l;
}

void
yaml_place(const struct yaml_lines *l, size_t at, size_t *line, size_t *column)
{
	size_t low = 0, high = l->count;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		*(l->at[middle] <= at ? &low : &high) = middle;
	}
	*line = low + 1;
	*column = 1;
	for (size_t i = l->at[low]; i < at; i++)
		*column += ((unsigned char)l->text[i] & 0xc0) != 0x80;
}

int
yaml_refuse(const char *text, size_t at, const char *what, struct err *e)
{
	MEM_SCOPE(m);
	size_t line, column;

	yaml_place(yaml_lines(m, text, at), at, &line, &column);
	return err_set(e, FAIL_TROUBLE, "bad-input", "%zu:%zu: %s", line, column, what);
}

/* Length of the UTF-8 character at S with LEFT bytes, or 0 when it is none. */
static size_t
utf8_length(const unsigned char *s, size_t left)
{
	size_t n = *s < 0x80                 ? 1
		   : *s >= 0xc2 && *s < 0xe0 ? 2
		   : *s >= 0xe0 && *s < 0xf0 ? 3
		   : *s >= 0xf0 && *s < 0xf5 ? 4
					     : 0;

	if (!n || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) ||
	    (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* Bytes from S on that are ASCII and not NUL, eight at a time. */
static size_t
ascii_run(const char *s, size_t len)
{
	static const uint64_t high = 0x8080808080808080, one = 0x0101010101010101;
	size_t n = 0;
	uint64_t w;

	for (; n + 8 <= len; n += 8) {
		memcpy(&w, s + n, 8);
		if ((w | (w - one)) & high)
			break;
	}
	return n;
}

int
yaml_check_encoding(const char *text, size_t len, bool *ascii, struct err *e)
{
	const unsigned char *s = (const unsigned char *)text;

	*ascii = true;
	if (len >= 2 && ((s[0] == 0xfe && s[1] == 0xff) || (s[0] == 0xff && s[1] == 0xfe)))
		return yaml_refuse(text, 0, "UTF-16 is not supported: the file must be UTF-8", e);
	for (size_t i = 0, n; i < len; i += n) {
		if ((n = ascii_run(text + i, len - i)))
			continue;
		if (!s[i])
			return yaml_refuse(text, i, "a NUL byte (UTF-16 without a mark?)", e);
		if (!(n = utf8_length(s + i, len - i)))
			return yaml_refuse(text, i, "bytes that are not UTF-8", e);
		*ascii = *ascii && n == 1;
	}
	return 0;
}

static size_t
digits(const char *s, size_t len)
{
	size_t n = 0;

	while (n < len && (isdigit((unsigned char)s[n]) || s[n] == '_'))
		n++;
	return n;
}

/* 1, -1, 1.10, 1e3, 0x1f, 0o7, 1:30 (YAML 1.1 reads it in base 60) */
static bool
is_number(const char *s, size_t len)
{
	size_t n;

	if (len && (*s == '-' || *s == '+'))
		s++, len--;
	if (len > 2 && *s == '0' && (s[1] == 'x' || s[1] == 'o'))
		return strspn(s + 2, s[1] == 'x' ? "0123456789abcdefABCDEF_" : "01234567_") >=
		    len - 2;
	n = digits(s, len);
	if (n < len && s[n] == '.')
		n += 1 + digits(s + n + 1, len - n - 1);
	if (n == 0 || (n == 1 && *s == '.'))
		return false;
	if (n < len && (s[n] == 'e' || s[n] == 'E')) {
		size_t sign = n + 1 < len && (s[n + 1] == '-' || s[n + 1] == '+');
		size_t more = digits(s + n + 1 + sign, len - n - 1 - sign);

		return more && n + 1 + sign + more == len;
	}
	while (n + 1 < len && s[n] == ':' && digits(s + n + 1, len - n - 1))
		n += 1 + digits(s + n + 1, len - n - 1);
	return n == len;
}

/* 2024-05-10, and a time behind it */
static bool
is_date(const char *s, size_t len)
{
	return len >= 8 && digits(s, len) == 4 && s[4] == '-' && digits(s + 5, len - 5) >= 1 &&
	    digits(s + 5, len - 5) <= 2 && memchr(s + 5, '-', len - 5) &&
	    (len <= 10 || s[10] == 'T' || s[10] == 't' || s[10] == ' ');
}

bool
yaml_is_typed(const char *s, size_t len)
{
	static const char *const words[] = { "~", "null", "true", "false", "yes", "no", "on", "off",
		"y", "n", ".nan", ".inf", "-.inf" };

	if (!len)
		return true;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (strlen(words[i]) == len && !strncasecmp(words[i], s, len))
			return true;
	return is_number(s, len) || is_date(s, len);
}
