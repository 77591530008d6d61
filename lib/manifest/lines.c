/* lines.c - files of lines that pin versions, and the simplest of them: environment files. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "manifest/lines.h"

bool
lines_next(struct lines *l, size_t *from)
{
	const char *text = l->file->text;

	if (*from >= l->file->len)
		return false;
	l->at = *from;
	for (l->end = l->at; l->end < l->file->len && text[l->end] != '\n'; l->end++)
		;
	*from = l->end + 1;
	if (l->end > l->at && text[l->end - 1] == '\r')
		l->end--;
	return true;
}

static struct site_span
part(size_t at, const struct reference_part *p)
{
	return (struct site_span){ 0, at + p->at, p->len, p->at, p->there };
}

static bool
full(const struct lines *l)
{
	return l->out->limit && l->out->count >= l->out->limit;
}

void
lines_keep(struct lines *l, const struct site *s)
{
	const struct site_want *w = l->want;

	if (full(l) || w->kind || w->name || w->container || w->doc > 1 ||
	    (w->service && (!s->service || strcmp(w->service, s->service))) ||
	    (w->path && strcmp(w->path, s->path)) ||
	    (w->image && (!s->image || !reference_is(s->image, strlen(s->image), w->image)) &&
		(s->image || !w->path)))
		return;
	mem_grow(l->m, &l->out->item, l->out->count, &l->out->room, sizeof *s);
	l->out->item[l->out->count++] = *s;
}

/* A reference of LEN bytes at AT of the file. */
struct site
lines_reference(struct lines *l, const char *shape, size_t at, size_t len)
{
	const char *v = l->file->text + at;
	struct reference r = reference_parse(v, len);
	struct site s = { .file = l->file,
		.shape = shape,
		.whole = { 0, at, len, 0, true },
		.version = part(at, &r.tag),
		.digest = part(at, &r.digest),
		.doc = 1,
		.indirect = r.indirect,
		.variable_whole = r.whole };

	if (r.name.there)
		s.image = mem_dup(l->m, v + r.name.at, r.name.len);
	if (r.variable.there) {
		s.variable = mem_dup(l->m, v + r.variable.at, r.variable.len);
		s.front = mem_dup(l->m, v + r.front.at, r.front.len);
		s.behind = mem_dup(l->m, v + r.behind.at, r.behind.len);
	}
	if (!r.tag.there && r.name.there)
		s.version = (struct site_span){ 0, at + r.name.at + r.name.len, 0, 0, false };
	return s;
}

size_t
lines_word(const struct lines *l, size_t *at)
{
	const char *t = l->file->text;
	size_t n = 0;

	/* a backslash at the end of its line is but a blank */
	while (*at < l->end &&
	    (isspace((unsigned char)t[*at]) ||
		(t[*at] == '\\' && *at + 1 < l->end && (t[*at + 1] == '\n' || t[*at + 1] == '\r'))))
		++*at;
	while (*at + n < l->end && !isspace((unsigned char)t[*at + n]))
		n++;
	return n;
}

bool
lines_is(const struct lines *l, size_t at, size_t len, const char *w)
{
	return len == strlen(w) && !strncasecmp(l->file->text + at, w, len);
}

/* Environment files: [export] KEY=value, quoted or not, with a comment behind a blank */

static bool
split_line(const struct lines *l, size_t *key, size_t *key_len, size_t *value, size_t *value_len)
{
	const char *t = l->file->text;
	size_t at = l->at, n = lines_word(l, &at), end;
	char quote;

	if (lines_is(l, at, n, "export")) {
		at += n;
		lines_word(l, &at);
	}
	*key = at;
	while (at < l->end && (isalnum((unsigned char)t[at]) || t[at] == '_' || t[at] == '.'))
		at++;
	*key_len = at - *key;
	while (at < l->end && t[at] == ' ')
		at++;
	if (!*key_len || at >= l->end || t[at] != '=')
		return false;
	at++;
	while (at < l->end && t[at] == ' ')
		at++;
	quote = at < l->end ? t[at] : 0;
	if (quote == '"' || quote == '\'') {
		*value = ++at;
		while (at < l->end && t[at] != quote)
			at++;
		*value_len = at - *value;
		return at < l->end;
	}
	*value = at;
	for (end = at;
	     end < l->end && !(t[end] == '#' && end > at && isspace((unsigned char)t[end - 1]));
	     end++)
		;
	while (end > at && isspace((unsigned char)t[end - 1]))
		end--;
	*value_len = end - at;
	return true;
}

int
dialect_scan_env(struct mem *m, const struct site_file *file, const struct site_want *w,
    struct site_list *out)
{
	struct lines l = { .m = m, .file = file, .want = w, .out = out };
	size_t from = file->len >= 3 && !memcmp(file->text, "\xef\xbb\xbf", 3) ? 3 : 0;
	size_t key, key_len, value, len;

	while (lines_next(&l, &from)) {
		struct site s;

		if (!split_line(&l, &key, &key_len, &value, &len))
			continue;
		s = lines_reference(&l, "env", value, len);
		s.path = mem_dup(m, file->text + key, key_len);
		/* a value without a colon is a version, or no business of ours: --path says
		 * which */
		if (!s.version.there || memmem(file->text + value, len, "://", 3)) {
			s.version = s.whole;
			s.image = NULL;
		}
		if (s.image || w->path)
			lines_keep(&l, &s);
	}
	return 0;
}
