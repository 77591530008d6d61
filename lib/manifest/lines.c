/* lines.c - files of lines that pin versions: Dockerfiles and environment files. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "manifest/finder.h"

struct lines {
	struct mem *m;
	const struct site_file *file;
	const struct site_want *want;
	struct site_list *out;
	size_t at, end;         /* the line at hand, without its end */
	const char *stage;      /* Dockerfile: the newest FROM … AS name */
	char **stages;
	size_t stage_count, stage_room;
};

static bool
next_line(struct lines *l, size_t *from)
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

static void
keep(struct lines *l, const struct site *s)
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
static struct site
reference_site(struct lines *l, const char *shape, size_t at, size_t len)
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
	if (r.variable.there)
		s.variable = mem_dup(l->m, v + r.variable.at, r.variable.len);
	if (!r.tag.there && r.name.there)
		s.version = (struct site_span){ 0, at + r.name.at + r.name.len, 0, 0, false };
	return s;
}

/* Dockerfile */

/* The next word of the line from *AT on; its length. */
static size_t
word(const struct lines *l, size_t *at)
{
	size_t n = 0;

	while (*at < l->end && isspace((unsigned char)l->file->text[*at]))
		++*at;
	while (*at + n < l->end && !isspace((unsigned char)l->file->text[*at + n]))
		n++;
	return n;
}

static bool
is(const struct lines *l, size_t at, size_t len, const char *w)
{
	return len == strlen(w) && !strncasecmp(l->file->text + at, w, len);
}

static bool
is_stage(const struct lines *l, size_t at, size_t len)
{
	bool digits = len > 0;

	for (size_t i = 0; i < len; i++)
		digits = digits && isdigit((unsigned char)l->file->text[at + i]);
	for (size_t i = 0; !digits && i < l->stage_count; i++)
		digits = is(l, at, len, l->stages[i]);
	return digits;
}

/* The default of ARG NAME=…, as a span; not there when there is none. */
static struct site_span
argument(const struct lines *l, const char *name)
{
	struct lines scan = { .file = l->file };
	size_t from = 0, n = strlen(name);

	while (next_line(&scan, &from)) {
		size_t at = scan.at, len = word(&scan, &at);
		char quote;

		if (!is(&scan, at, len, "ARG"))
			continue;
		at += len;
		len = word(&scan, &at);
		if (len <= n || strncmp(l->file->text + at, name, n) || l->file->text[at + n] != '=')
			continue;
		at += n + 1;
		len -= n + 1;
		quote = len >= 2 ? l->file->text[at] : 0;
		if ((quote == '"' || quote == '\'') && l->file->text[at + len - 1] == quote)
			at++, len -= 2;
		return (struct site_span){ 0, at, len, 0, true };
	}
	return (struct site_span){ 0 };
}

/* FROM repo:${TAG} with ARG TAG=1.2 above: the version stands in the ARG. */
static void
follow_argument(struct lines *l, struct site *s)
{
	struct site_span arg = s->variable ? argument(l, s->variable) : (struct site_span){ 0 };
	const char *image = s->image, *variable = s->variable;

	if (!s->indirect || !arg.there)
		return;
	if (s->variable_whole) {
		*s = reference_site(l, "arg", arg.at, arg.len);
	} else {
		s->whole = s->version = arg;
		s->indirect = false;
		s->image = image;
	}
	s->shape = "arg";
	s->variable = NULL;
	s->path = mem_fmt(l->m, "ARG.%s", variable);
}

static void
offer_docker(struct lines *l, size_t at, size_t len, const char *shape)
{
	struct site s;

	if (!len || is(l, at, len, "scratch") || is_stage(l, at, len))
		return;
	s = reference_site(l, shape, at, len);
	s.service = l->stage;
	s.path = l->stage ? mem_fmt(l->m, "%s.%s", shape, l->stage) : shape;
	follow_argument(l, &s);
	for (size_t i = 0; i < l->out->count; i++)
		if (l->out->item[i].file == l->file && l->out->item[i].whole.at == s.whole.at)
			return;         /* two FROM of one ARG */
	keep(l, &s);
}

static void
docker_from(struct lines *l, size_t at)
{
	size_t len, image, image_len, as;

	while ((len = word(l, &at)) > 2 && !strncmp(l->file->text + at, "--", 2))
		at += len;
	image = at;
	image_len = len;
	at += len;
	len = word(l, &at);
	l->stage = NULL;
	if (is(l, at, len, "AS")) {
		as = at + len;
		len = word(l, &as);
		l->stage = mem_dup(l->m, l->file->text + as, len);
	}
	offer_docker(l, image, image_len, "FROM");
	if (l->stage) {
		mem_grow(l->m, &l->stages, l->stage_count, &l->stage_room, sizeof *l->stages);
		l->stages[l->stage_count++] = mem_string(l->m, l->stage);
	}
}

static void
docker_copy(struct lines *l, size_t at)
{
	size_t len;

	for (; (len = word(l, &at)) > 2 && !strncmp(l->file->text + at, "--", 2); at += len)
		if (len > 7 && !strncmp(l->file->text + at, "--from=", 7))
			offer_docker(l, at + 7, len - 7, "COPY");
}

int
dialect_scan_docker(struct mem *m, const struct site_file *file, const struct site_want *w, struct site_list *out)
{
	struct lines l = { .m = m, .file = file, .want = w, .out = out };
	size_t from = 0;

	while (next_line(&l, &from)) {
		size_t at = l.at, len = word(&l, &at);

		if (is(&l, at, len, "FROM"))
			docker_from(&l, at + len);
		else if (is(&l, at, len, "COPY"))
			docker_copy(&l, at + len);
	}
	return 0;
}

/* Environment files: [export] KEY=value, quoted or not, with a comment behind a blank */

static bool
split_line(const struct lines *l, size_t *key, size_t *key_len, size_t *value, size_t *value_len)
{
	const char *t = l->file->text;
	size_t at = l->at, n = word(l, &at), end;
	char quote;

	if (is(l, at, n, "export")) {
		at += n;
		word(l, &at);
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
	for (end = at; end < l->end && !(t[end] == '#' && end > at && isspace((unsigned char)t[end - 1])); end++)
		;
	while (end > at && isspace((unsigned char)t[end - 1]))
		end--;
	*value_len = end - at;
	return true;
}

int
dialect_scan_env(struct mem *m, const struct site_file *file, const struct site_want *w, struct site_list *out)
{
	struct lines l = { .m = m, .file = file, .want = w, .out = out };
	size_t from = file->len >= 3 && !memcmp(file->text, "\xef\xbb\xbf", 3) ? 3 : 0;
	size_t key, key_len, value, len;

	while (next_line(&l, &from)) {
		struct site s;

		if (!split_line(&l, &key, &key_len, &value, &len))
			continue;
		s = reference_site(&l, "env", value, len);
		s.path = mem_dup(m, file->text + key, key_len);
		/* a value without a colon is a version, or no business of ours: --path says which */
		if (!s.version.there || memmem(file->text + value, len, "://", 3)) {
			s.version = s.whole;
			s.image = NULL;
		}
		if (s.image || w->path)
			keep(&l, &s);
	}
	return 0;
}
