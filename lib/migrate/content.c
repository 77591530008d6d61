/* content.c - parts, encoding and digests of one migration's text. */
#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "core/io.h"
#include "migrate/content.h"

/* Does LINE begin with MARK, blanks and case aside, as a word of its own? The end of the mark, or
 * NULL. */
static const char *
begins_with(const char *line, const char *end, const char *mark)
{
	for (;; line++, mark++) {
		while (line < end && (*line == ' ' || *line == '\t'))
			line++;
		while (*mark == ' ')
			mark++;
		if (!*mark)
			return line == end || isspace((unsigned char)*line) ||
				isspace((unsigned char)line[-1]) ?
			    line :
			    NULL;
		if (line == end || tolower((unsigned char)*line) != tolower((unsigned char)*mark))
			return NULL;
	}
}

static bool
line_holds(const char *from, const char *end, const char *word)
{
	size_t n = strlen(word);

	for (; from + n <= end; from++)
		if (!strncasecmp(from, word, n))
			return true;
	return false;
}

/* Which of the marks LINE is. */
static void
take_line(struct migrate_file *f, const struct migrate_marks *marks, const char *text,
    const char *line, const char *end, struct migrate_part **open)
{
	const char *after;
	struct migrate_part *part = NULL;

	if (marks->bare && marks->bare_line && begins_with(line, end, marks->bare))
		f->up.bare = f->down.bare = true;
	if (marks->up && (after = begins_with(line, end, marks->up)))
		part = &f->up;
	else if (marks->down && (after = begins_with(line, end, marks->down)))
		part = &f->down;
	if (!part || part->len)
		return;
	if (*open)
		(*open)->len = (size_t)(line - text) - (*open)->at;
	part->at = (size_t)(end - text);
	if (marks->bare && !marks->bare_line && line_holds(after, end, marks->bare))
		part->bare = true;
	*open = part;
}

static int
line_number(const char *text, const char *at)
{
	int line = 1;

	for (const char *p = text; p < at; p++)
		line += *p == '\n';
	return line;
}

/* Does LINE begin another tool's way back? The directory was taken for one of a style that has none
 * in these files, and it would be run as part of the way up. */
static int
check_line(const struct migrate_file *f, const char *text, const char *line, const char *end,
    struct err *e)
{
	for (size_t i = 0; i < migrate_style_count; i++) {
		const struct migrate_style *s = &migrate_styles[i];

		if (!s->marks || !s->marks->down || !begins_with(line, end, s->marks->down))
			continue;
		err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s:%d: '%s' is how %s begins the way back, but the first file of the "
		    "directory is none of that tool's",
		    f->path, line_number(text, line), s->marks->down, s->name);
		return err_hint(e, "say --style %s; or put the way back into a file of its own",
		    s->name);
	}
	return 0;
}

int
migrate_find_parts(struct migrate_file *f, const struct migrate_marks *marks, const char *text,
    size_t len, struct err *e)
{
	const char *stop = text + len, *end;
	struct migrate_part *open = NULL;

	if (marks->filled && (end = strcasestr(text, marks->filled))) {
		err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s:%d: '%s': what this asks for is done by its own tool, and not here",
		    f->path, line_number(text, end), marks->filled);
		return err_hint(e,
		    "let that tool migrate: --exec COMMAND; or write ${name}, and give "
		    "--placeholder name=value");
	}
	f->up = f->down = (struct migrate_part){ 0 };
	if (!marks->up)
		open = &f->up;
	for (const char *line = text + (len > 2 && !memcmp(text, "\xef\xbb\xbf", 3) ? 3 : 0);
	     line < stop; line = end + 1) {
		end = memchr(line, '\n', (size_t)(stop - line));
		if (!end)
			end = stop;
		if (!memchr(line, '-', (size_t)(end - line)))
			continue;
		take_line(f, marks, text, line, end, &open);
		if (!marks->down && check_line(f, text, line, end, e))
			return -1;
	}
	if (open)
		open->len = len - open->at;
	/* where the mark may be left out, a file that has none goes up as a whole */
	if (!f->up.len && !f->up.at && marks->up && !(marks->down && f->down.at))
		f->up.len = len;
	else if (!f->up.at && marks->up)
		return err_set(e, FAIL_TROUBLE, "bad-input", "%s: there is no line '%s'", f->path,
		    marks->up);
	if (f->down.at)
		f->down_path = f->path;
	return 0;
}

/* Bytes of the UTF-8 character at S, 0 when it is none; LEN bytes are left. */
static size_t
character(const unsigned char *s, size_t len)
{
	static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t n = *s < 0x80 ? 1 : *s >= 0xf0 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;
	unsigned code = n == 1 ? *s : n ? *s & (0xffu >> (n + 1)) : 0;

	if (!n || !*s || n > len)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	return code < least[n] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000) ? 0 : n;
}

static int
check_encoding(const char *text, size_t len, int line, const char *path, struct err *e)
{
	const unsigned char *s = (const unsigned char *)text;

	if (line == 1 && len > 1 && (!memcmp(s, "\xff\xfe", 2) || !memcmp(s, "\xfe\xff", 2))) {
		err_set(e, FAIL_TROUBLE, "bad-encoding", "%s:1: the file is UTF-16, not UTF-8",
		    path);
		return err_hint(e, "iconv -f utf-16 -t utf-8 %s", path);
	}
	for (size_t i = 0, n; i < len; i += n) {
		n = character(s + i, len - i);
		if (!n) {
			err_set(e, FAIL_TROUBLE, "bad-encoding", "%s:%d: byte 0x%02x is not UTF-8",
			    path, line, s[i]);
			return err_hint(e, "if the file is latin-1: iconv -f latin1 -t utf8 %s",
			    path);
		}
		line += s[i] == '\n';
	}
	return 0;
}

char *
migrate_trim_part(char *text, const struct migrate_part *part, const char *path, size_t *len,
    int *first, struct err *e)
{
	char *at = text + part->at;

	*len = part->len;
	at[*len] = 0;
	*first = line_number(text, at);
	if (!part->at && *len >= 3 && !memcmp(at, "\xef\xbb\xbf", 3)) {
		at += 3;
		*len -= 3;
	}
	return check_encoding(at, *len, *first, path, e) ? NULL : at;
}

void
migrate_cut_text(const struct migrate_file *f, char *text, size_t len)
{
	const char *stop = text + len, *end, *after;
	bool begins = true;

	if (!f->marks || !f->marks->cut)
		return;
	for (char *p = text; p < stop; p++) {
		if (*p == '-' && (begins || !f->marks->cut_line)) {
			end = memchr(p, '\n', (size_t)(stop - p));
			if ((after = begins_with(p, end ? end : stop, f->marks->cut))) {
				memset(p, ' ', (size_t)(after - p));
				*p = ';';
			}
		}
		begins = *p == '\n' || (begins && isspace((unsigned char)*p));
	}
}

char *
migrate_read_text(struct mem *m, const char *path, size_t *len, struct err *e)
{
	char *text = io_read_file(m, path, SIZE_MAX >> 1, len, e);
	struct migrate_part all = { 0, text ? *len : 0, false };
	int first;

	return text ? migrate_trim_part(text, &all, path, len, &first, e) : NULL;
}

/* HEX, and with it what FILE includes. */
static char *
with_included(char hex[DIGEST_HEX], const struct migrate_file *f)
{
	char both[2 * DIGEST_HEX];

	if (!f->included)
		return hex;
	snprintf(both, sizeof both, "%s%s", hex, f->included);
	return digest_bytes(hex, both, strlen(both));
}

char *
migrate_file_digest(char hex[DIGEST_HEX], const struct migrate_file *f)
{
	memcpy(hex, f->sha256, DIGEST_HEX);
	return with_included(hex, f);
}

char *
migrate_file_loose(char hex[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	migrate_loose_digest(hex, text, len);
	return with_included(hex, f);
}

char *
migrate_loose_digest(char hex[DIGEST_HEX], const char *text, size_t len)
{
	MEM_SCOPE(m);
	struct digest *d = digest_new(m);
	const char *stop = text + len;

	while (text < stop) {
		const char *end = memchr(text, '\n', (size_t)(stop - text)), *last;

		if (!end)
			end = stop;
		for (last = end; last > text && isspace((unsigned char)last[-1]);)
			last--;
		digest_add(d, text, (size_t)(last - text));
		if (last > text)
			digest_add(d, "\n", 1);
		text = end + 1;
	}
	return digest_end(d, hex);
}
