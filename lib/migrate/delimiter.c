/* delimiter.c - what ends a statement in place of a ";": Atlas's directive on the first line, and
 * the DELIMITER command of MySQL's client, which Atlas knows everywhere. */
#include <string.h>
#include <strings.h>

#include "migrate/weave.h"

static const char directive[] = "-- atlas:delimiter ", command[] = "delimiter ";

static size_t
line_len(const char *line)
{
	return strcspn(line, "\r\n");
}

/* LEN bytes at S with \n, \r and \t for what they stand for; NULL when there are none. */
static char *
unescape(struct mem *m, const char *s, size_t len)
{
	static const char names[] = "nrt", bytes[] = "\n\r\t";
	char *out = mem_zero(m, len + 1, 1);
	size_t n = 0;

	for (size_t i = 0; i < len; i++) {
		const char *name = s[i] == '\\' && i + 1 < len ? strchr(names, s[i + 1]) : NULL;

		out[n++] = name ? bytes[name - names] : s[i];
		i += name != NULL;
	}
	return n ? out : NULL;
}

/* What the DELIMITER command at S says, blanks and quotes around it aside. */
static char *
take_command(struct mem *m, const char *s)
{
	size_t len;

	s += sizeof command - 1;
	s += strspn(s, " \t");
	for (len = line_len(s); len && (s[len - 1] == ' ' || s[len - 1] == '\t');)
		len--;
	return len > 2 && *s == '\'' && s[len - 1] == '\'' ? unescape(m, s + 1, len - 2) :
							     unescape(m, s, len);
}

static bool
is_command(const char *s)
{
	return !strncasecmp(s, command, sizeof command - 1);
}

bool
migrate_delimiter_wanted(const struct migrate_file *f, const char *text)
{
	if (!f->marks || !f->marks->delimiter)
		return false;
	if (!strncmp(text, directive, sizeof directive - 1))
		return true;
	for (const char *at = text; (at = strcasestr(at, command)); at++) {
		const char *line = at;

		while (line > text && (line[-1] == ' ' || line[-1] == '\t'))
			line--;
		if (line == text || line[-1] == '\n')
			return true;
	}
	return false;
}

int
migrate_delimiter_weave(struct migrate_weave *w, const struct migrate_source *f, struct err *e)
{
	const char *ends = ";";
	size_t done = 0, at = 0, begin = 0;

	if (!strncmp(f->text, directive, sizeof directive - 1)) {
		at = sizeof directive - 1;
		at += strspn(f->text + at, " ");
		ends = unescape(w->m, f->text + at, line_len(f->text + at));
		at += line_len(f->text + at);
	}
	for (; at < f->len; at = done) {
		if (!ends)
			return migrate_refuse(f, begin, "bad-input", "an empty delimiter", e);
		begin = sql_skip(f->text, f->len, at);
		if (is_command(f->text + begin)) {
			if (migrate_weave_add(w, f, done, begin, e))
				return -1;
			ends = take_command(w->m, f->text + begin);
			done = begin + line_len(f->text + begin);
			continue;
		}
		at = sql_find(f->text, f->len, at, ends);
		if (at == f->len)
			break;
		/* on a line of its own: before it may be a comment */
		if (migrate_weave_add(w, f, done, at, e))
			return -1;
		migrate_weave_value(w, f, at, "\n;");
		done = at + strlen(ends);
	}
	return migrate_weave_add(w, f, done, f->len, e);
}
