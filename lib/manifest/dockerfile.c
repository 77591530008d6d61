/* dockerfile.c - FROM, COPY --from, RUN --mount from=, and the ARG that they use. */
#include <ctype.h>
#include <string.h>

#include "manifest/lines.h"

struct docker {
	struct lines l;
	const char *stage;      /* the newest FROM … AS name */
	char **stages;
	size_t count, room;
};

/* Instructions */

/* Does the line from AT to END go on in the next one? */
static bool
goes_on(const char *text, size_t at, size_t end)
{
	while (end > at && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	return end > at && text[end - 1] == '\\';
}

/* The word behind the next << from *AT on, as it ends its heredoc; 0 when there is none. */
static size_t
heredoc(const struct lines *l, size_t *at, bool *tabs)
{
	const char *t = l->file->text,
		   *found = *at < l->end ? memmem(t + *at, l->end - *at, "<<", 2) : NULL;
	size_t n = 0;

	if (!found)
		return 0;
	*at = (size_t)(found - t) + 2;
	*tabs = *at < l->end && t[*at] == '-';
	*at += *tabs;
	*at += *at < l->end && (t[*at] == '"' || t[*at] == '\'');
	while (*at + n < l->end && (isalnum((unsigned char)t[*at + n]) || t[*at + n] == '_'))
		n++;
	return n;
}

/* Move *FROM behind the heredocs of the instruction at hand, when their ends are there. */
static void
skip_heredocs(const struct lines *l, size_t *from)
{
	struct lines body = *l;
	size_t at = l->at, n, next = *from, first;
	bool tabs;

	for (; (n = heredoc(l, &at, &tabs)); at += n)
		while (lines_next(&body, &next)) {
			for (first = body.at;
			     tabs && first < body.end && l->file->text[first] == '\t'; first++)
				;
			if (body.end - first == n &&
			    !memcmp(l->file->text + first, l->file->text + at, n)) {
				*from = next;
				break;
			}
		}
}

/* The next instruction, with the lines that continue it: its first word at *AT. */
static size_t
next_instruction(struct lines *l, size_t *from, size_t *at)
{
	static const char *const with_heredoc[] = { "RUN", "COPY", "ADD" };

	while (lines_next(l, from)) {
		size_t begin = l->at, line = begin, len;

		*at = begin;
		if (!(len = lines_word(l, at)) || l->file->text[*at] == '#')
			continue;
		while (goes_on(l->file->text, line, l->end) && lines_next(l, from))
			line = l->at;
		l->at = begin;
		for (size_t i = 0; i < sizeof with_heredoc / sizeof *with_heredoc; i++)
			if (lines_is(l, *at, len, with_heredoc[i]))
				skip_heredocs(l, from);
		return len;
	}
	return 0;
}

static bool
is_stage(const struct docker *d, size_t at, size_t len)
{
	bool digits = len > 0;

	for (size_t i = 0; i < len; i++)
		digits = digits && isdigit((unsigned char)d->l.file->text[at + i]);
	for (size_t i = 0; !digits && i < d->count; i++)
		digits = lines_is(&d->l, at, len, d->stages[i]);
	return digits;
}

/* Arguments */

/* The default of NAME in an ARG instruction whose words begin at AT; not there when it gives
 * none. */
static struct site_span
default_of(const struct lines *l, size_t at, const char *name)
{
	size_t n = strlen(name), len;
	const char *t = l->file->text;

	for (; (len = lines_word(l, &at)); at += len) {
		struct site_span s = { 0, at + n + 1, len - n - 1, 0, true };

		if (len <= n || strncmp(t + at, name, n) || t[at + n] != '=')
			continue;
		if (s.len >= 2 && (t[s.at] == '"' || t[s.at] == '\'') &&
		    t[s.at + s.len - 1] == t[s.at])
			s.at++, s.len -= 2;
		return s;
	}
	return (struct site_span){ 0 };
}

/* The default of the argument that FROM sees: one above the first FROM. */
static struct site_span
argument(const struct lines *file, const char *name)
{
	struct lines l = *file;
	struct site_span s = { 0 };
	size_t from = 0, at, len;

	while (
	    !s.there && (len = next_instruction(&l, &from, &at)) && !lines_is(&l, at, len, "FROM"))
		if (lines_is(&l, at, len, "ARG"))
			s = default_of(&l, at + len, name);
	return s;
}

/* FROM repo:${TAG} or repo:${TAG:-1.1} with ARG TAG=1.2 above: the version stands in the ARG, or in
 * one that it uses in turn. */
static void
follow_argument(struct lines *l, struct site *s)
{
	enum { STEPS = 10 };    /* an ARG may name itself */

	for (int i = 0; i < STEPS && s->variable; i++) {
		struct site_span arg = argument(l, s->variable);
		const struct site outer = *s;

		if (!arg.there)
			return;
		*s = lines_reference(l, "arg", arg.at, arg.len);
		if (!outer.variable_whole && !s->indirect) {
			s->whole = s->version = arg;
			s->digest.there = false;
		}
		if (!outer.variable_whole) {
			s->image = outer.image;
			s->front = outer.front;
			s->behind = outer.behind;
		}
		s->path = mem_fmt(l->m, "ARG.%s", outer.variable);
	}
}

/* Rows */

static void
offer(struct docker *d, size_t at, size_t len, const char *shape)
{
	struct site s;

	if (!len || lines_is(&d->l, at, len, "scratch") || is_stage(d, at, len))
		return;
	s = lines_reference(&d->l, shape, at, len);
	s.service = d->stage;
	s.path = d->stage ? mem_fmt(d->l.m, "%s.%s", shape, d->stage) : shape;
	follow_argument(&d->l, &s);
	for (size_t i = 0; i < d->l.out->count; i++)
		if (d->l.out->item[i].file == d->l.file && d->l.out->item[i].whole.at == s.whole.at)
			return;         /* two FROM of one ARG */
	lines_keep(&d->l, &s);
}

static void
at_from(struct docker *d, size_t at)
{
	size_t len, image, image_len, as;

	while ((len = lines_word(&d->l, &at)) > 2 && !strncmp(d->l.file->text + at, "--", 2))
		at += len;
	image = at;
	image_len = len;
	at += len;
	len = lines_word(&d->l, &at);
	d->stage = NULL;
	if (lines_is(&d->l, at, len, "AS")) {
		as = at + len;
		len = lines_word(&d->l, &as);
		d->stage = mem_dup(d->l.m, d->l.file->text + as, len);
	}
	offer(d, image, image_len, "FROM");
	if (d->stage) {
		mem_grow(d->l.m, &d->stages, d->count, &d->room, sizeof *d->stages);
		d->stages[d->count++] = mem_string(d->l.m, d->stage);
	}
}

static void
at_copy(struct docker *d, size_t at)
{
	size_t len;

	for (; (len = lines_word(&d->l, &at)) > 2 && !strncmp(d->l.file->text + at, "--", 2);
	     at += len)
		if (len > 7 && !strncmp(d->l.file->text + at, "--from=", 7))
			offer(d, at + 7, len - 7, "COPY");
}

/* RUN --mount=type=bind,from=acme/tools:1.2.3,target=/tools */
static void
at_run(struct docker *d, size_t at)
{
	const char *t = d->l.file->text, *from;
	size_t len;

	for (; (len = lines_word(&d->l, &at)) > 2 && !strncmp(t + at, "--", 2); at += len)
		if ((from = memmem(t + at, len, "from=", 5)) &&
		    (from[-1] == ',' || from[-1] == '=')) {
			size_t begin = (size_t)(from - t) + 5;

			offer(d, begin, strcspn(t + begin, ", \t\r\n"), "RUN");
		}
}

static const struct {
	const char *word;
	void (*found)(struct docker *, size_t at);
} rows[] = {
	{ "FROM", at_from },
	{ "COPY", at_copy },
	{ "ADD", at_copy },
	{ "RUN", at_run },
};

int
dialect_scan_docker(struct mem *m, const struct site_file *file, const struct site_want *w,
    struct site_list *out)
{
	struct docker d = { .l = { .m = m, .file = file, .want = w, .out = out } };
	size_t from = 0, at, len;

	while ((len = next_instruction(&d.l, &from, &at)))
		for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
			if (lines_is(&d.l, at, len, rows[i].word))
				rows[i].found(&d, at + len);
	return 0;
}
