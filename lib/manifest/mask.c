/* mask.c - {{…}} out of the way of a YAML reader, byte for byte. */
#include <string.h>

#include "manifest/mask.h"

struct action {
	size_t at, end;
};

/* Quotes and backquotes inside an action may hold "}}". */
static size_t
action_end(const char *s, size_t i, size_t len)
{
	char quote = 0;

	if (len - i > 4 && (!strncmp(s + i, "{{/*", 4) || !strncmp(s + i, "{{- /*", 6))) {
		const char *end = memmem(s + i, len - i, "*/", 2);

		i = end ? (size_t)(end - s) + 2 : len;
	}
	for (; i < len; i++) {
		if (quote) {
			if (s[i] == '\\' && quote == '"')
				i++;
			else if (s[i] == quote)
				quote = 0;
		} else if (s[i] == '"' || s[i] == '`') {
			quote = s[i];
		} else if (s[i] == '}' && i + 1 < len && s[i + 1] == '}') {
			return i + 2;
		}
	}
	return len;
}

static size_t
line_begin(const char *s, size_t at)
{
	while (at && s[at - 1] != '\n')
		at--;
	return at;
}

static bool
begins_line(const char *s, size_t at)
{
	while (at && (s[at - 1] == ' ' || s[at - 1] == '\t' || s[at - 1] == '\r'))
		at--;
	return !at || s[at - 1] == '\n';
}

/* A line that holds nothing but actions, and perhaps the --- that they make depend, becomes blank:
 * that is harmless inside block scalars, too. *TO: where its blanks end. */
static bool
stands_alone(const char *s, size_t len, size_t at, size_t *to)
{
	if (!begins_line(s, at))
		return false;
	for (;;) {
		*to = action_end(s, at, len);
		*to += strspn(s + *to, " \t\r");
		if (!strncmp(s + *to, "---{{", 5))
			*to += 3;
		if (strncmp(s + *to, "{{", 2))
			return *to >= len || s[*to] == '\n' || s[*to] == '#';
		at = *to;
	}
}

static size_t
line_end(const char *s, size_t at, size_t len)
{
	const char *nl = memchr(s + at, '\n', len - at);

	return nl ? (size_t)(nl - s) : len;
}

/* The first line behind FROM (the end of a line) that holds more than actions, blanks and a
 * comment: its first byte that is no blank, and in *INDENT what stands before that; LEN when there
 * is none. */
static size_t
next_content(const char *s, size_t from, size_t len, size_t *indent)
{
	while (from < len) {
		size_t at = from + 1, to;

		at += strspn(s + at, " ");
		*indent = at - from - 1;
		to = at;
		if (s[at] == '{' && at + 1 < len && s[at + 1] == '{' &&
		    stands_alone(s, len, at, &to))
			;
		else if (at < len && !strchr("#\r\n", s[at]))
			return at;
		from = line_end(s, to < len ? to : len, len);
	}
	return len;
}

/* key: {{- include "labels" . | nindent 4 }} with more of the map or list below it: the action
 * stands for lines, not for a scalar. TO is the end of the action at AT. */
static bool
goes_on_below(const char *s, size_t len, size_t at, size_t to)
{
	size_t begin, key, mark = at, indent, next, end = to + strspn(s + to, " \t\r");

	if (end < len && s[end] != '\n' && s[end] != '#')
		return false;
	while (mark && s[mark - 1] == ' ')
		mark--;
	if (!mark || mark == at || (s[mark - 1] != ':' && s[mark - 1] != '-'))
		return false;
	begin = line_begin(s, at);
	key = begin + strspn(s + begin, " ");
	while (key + 1 < at && s[key] == '-' && s[key + 1] == ' ')
		key += 1 + strspn(s + key + 1, " ");
	key = s[mark - 1] == '-' ? mark - 1 : key;
	next = next_content(s, line_end(s, to, len), len, &indent);
	return next < len &&
	    (indent > key - begin ||
		(indent == key - begin && s[mark - 1] == ':' && s[next] == '-' &&
		    (s[next + 1] == ' ' || s[next + 1] == '\n')));
}

static void
fill(char *s, size_t at, size_t to, bool blank)
{
	for (size_t i = at; i < to; i++) {
		if (!blank)
			s[i] = 'x';
		else if (s[i] != '\n' && s[i] != '\r')
			s[i] = ' ';
	}
}

char *
mask_template(struct mem *m, const char *text, size_t len)
{
	char *s = NULL;

	for (size_t i = 0; i + 1 < len; i++) {
		size_t from = i, to;
		bool alone;

		if (text[i] != '{' || text[i + 1] != '{')
			continue;
		if (!s)
			s = mem_dup(m, text, len);
		alone = stands_alone(text, len, i, &to);
		if (alone) {
			from = line_begin(text, i);     /* a tab in front would be an indent */
		} else {
			to = action_end(text, i, len);
			alone = goes_on_below(text, len, i, to);
		}
		fill(s, from, to, alone);
		i = to - 1;
	}
	return s;
}
