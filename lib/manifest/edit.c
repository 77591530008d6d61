/* edit.c - splices bytes, then reads the result again. */
#include <stdlib.h>
#include <string.h>

#include "manifest/edit.h"
#include "manifest/mask.h"

/* Bytes to be replaced. */
struct splice {
	size_t at, len;
	const char *text;
	/* the scalar they belong to (a comment: to the one in front), or 0 */
	yaml_ref node;
	size_t offset;          /* in the scalar's value, of VALUE_LEN bytes there */
	size_t value_len;
	const char *value;      /* what they become in the value, or NULL: nothing */
};

struct plan {
	struct mem *m;
	struct splice *item;
	size_t count, room;
};

static void
add(struct plan *p, const struct site_span *s, const char *text, const char *value)
{
	struct splice x = { s->at, s->len, text, s->node, s->offset, s->len, value };

	mem_grow(p->m, &p->item, p->count, &p->room, sizeof x);
	p->item[p->count++] = x;
}

/* Is the version the whole of a plain scalar, without a tag like !!str? */
static bool
stands_plain(const struct site *s)
{
	const struct yaml_node *n = s->version.node ? yaml_node(s->file->yaml, s->version.node) :
						      NULL;

	return n && n->style == YAML_PLAIN && !n->tagged && s->version.at == n->start &&
	    s->version.at + s->version.len == yaml_end(s->file->yaml, s->version.node);
}

static const char *
quote(struct mem *m, struct edit *e, const char *text)
{
	const struct site *s = e->site;
	bool typed = yaml_is_typed(text, strlen(text)), was;

	if (!stands_plain(s))
		return text;
	was = yaml_is_typed(s->file->text + s->version.at, s->version.len);
	e->respelt = typed && e->quote != EDIT_ALWAYS && (was || e->quote == EDIT_KEEP);
	if (e->quote == EDIT_ALWAYS || (e->quote == EDIT_AUTO && typed && !was))
		return mem_fmt(m, "\"%s\"", text);
	return text;
}

static void
plan_edit(struct plan *p, struct edit *e)
{
	const struct site *s = e->site;
	const char *digest = e->digest && !s->digest.there ? mem_fmt(p->m, "@%s", e->digest) : "";
	const char *v = mem_fmt(p->m, "%s%s%s", s->version.there ? "" : ":", e->version, digest);

	if (s->version.there || *e->version)
		add(p, &s->version, quote(p->m, e, v), v);
	/* not part of the value: the scalar in front of it moves what follows */
	if (s->comment.there) {
		p->item[p->count - 1].node = s->whole.node;
		p->item[p->count - 1].value = NULL;
	}
	if (e->digest && s->digest.there)
		add(p, &s->digest, e->digest, e->digest);
}

static int
by_place(const void *a, const void *b)
{
	const struct splice *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void
splice(struct plan *p, const struct site_file *f, struct mem_text *out)
{
	size_t at = 0, more = 0;

	for (size_t i = 0; i < p->count; i++)
		more += strlen(p->item[i].text);
	mem_text_room(out, f->len + more);
	for (size_t i = 0; i < p->count; i++) {
		mem_text_add(out, f->text + at, p->item[i].at - at);
		mem_text_add(out, p->item[i].text, strlen(p->item[i].text));
		at = p->item[i].at + p->item[i].len;
	}
	mem_text_add(out, f->text + at, f->len - at);
}

/* What the scalar of splices FIRST to LAST must read as, and how much longer its bytes become. */
static struct yaml_change
expectation(struct plan *p, const struct yaml *y, size_t first, size_t last)
{
	struct yaml_change c = { .node = p->item[first].node };
	struct mem_text t = { .m = p->m };
	size_t len, at = 0;
	const char *v = yaml_value(y, c.node, &len);

	mem_text_add(&t, "", 0);
	for (size_t i = first; i < last; i++) {
		const struct splice *s = &p->item[i];

		c.delta += (long)strlen(s->text) - (long)s->len;
		if (!s->value)
			continue;
		mem_text_add(&t, v + at, s->offset - at);
		mem_text_add(&t, s->value, strlen(s->value));
		at = s->offset + s->value_len;
	}
	mem_text_add(&t, v + at, len - at);
	c.value = t.text;
	return c;
}

static int
verify_yaml(struct plan *p, const struct site_file *f, const char *text, size_t len, struct err *e)
{
	struct yaml_change *change = mem_zero(p->m, p->count, sizeof *change);
	const char *masked = f->masked ? mask_template(p->m, text, len) : NULL;
	size_t count = 0;

	for (size_t i = 0, next; i < p->count; i = next) {
		for (next = i + 1; next < p->count && p->item[next].node == p->item[i].node; next++)
			;
		change[count++] = expectation(p, f->yaml, i, next);
	}
	return yaml_verify(f->yaml, masked ? masked : text, len, change, count, e);
}

/* Line files: each place reads back as asked, moved by what the splices before it added. */
static int
verify_lines(struct plan *p, const struct site_file *f, const struct edit *edits, size_t count,
    char *text, size_t len, struct err *e)
{
	struct site_file *after = site_read_text(p->m, f->file, text, len, e);

	for (size_t i = 0; after && i < count; i++) {
		const struct site_want want = { .path = edits[i].site->path };
		struct site_list found = { 0 };
		bool read_back = false;

		if (site_find(p->m, after, &want, &found, e))
			return -1;
		for (size_t j = 0; j < found.count; j++)
			read_back = read_back ||
			    !strcmp(site_text(p->m, &found.item[j], &found.item[j].version),
				edits[i].version);
		if (!read_back)
			return err_set(e, FAIL_TROUBLE, "verify",
			    "after the change, %s would not read back", edits[i].site->path);
	}
	return after ? 0 : -1;
}

int
edit_apply(struct mem *m, const struct site_file *f, struct edit *edits, size_t count, char **text,
    size_t *len, struct err *e)
{
	struct plan p = { .m = m };
	struct mem_text out = { .m = m };
	int bad;

	for (size_t i = 0; i < count; i++)
		plan_edit(&p, &edits[i]);
	qsort(p.item, p.count, sizeof *p.item, by_place);
	splice(&p, f, &out);
	*text = out.text;
	*len = out.len;
	bad = f->yaml ? verify_yaml(&p, f, *text, *len, e) :
			verify_lines(&p, f, edits, count, *text, *len, e);
	return bad ? err_in(e, "%s: nothing was written", f->file) : 0;
}

/* The diff. No edit adds or takes a line, so lines pair up one to one. */

struct line {
	const char *at;
	size_t len;             /* with its newline */
};

static struct line
line_at(const char *s, size_t left)
{
	const char *nl = left ? memchr(s, '\n', left) : NULL;

	return (struct line){ s, nl ? (size_t)(nl - s) + 1 : left };
}

enum { CONTEXT = 3 };

struct differ {
	struct mem_text out;
	struct line *old, *new;
	size_t count;
};

static bool
differs(const struct differ *d, size_t i)
{
	return i < d->count &&
	    (d->old[i].len != d->new[i].len || memcmp(d->old[i].at, d->new[i].at, d->old[i].len));
}

static void
put(struct differ *d, char mark, const struct line *l)
{
	mem_text_add(&d->out, &mark, 1);
	mem_text_add(&d->out, l->at, l->len);
	if (!l->len || l->at[l->len - 1] != '\n')
		mem_text_fmt(&d->out, "\n\\ No newline at end of file\n");
}

/* One hunk for the changes from FIRST on that are near each other; where it ends. */
static size_t
hunk(struct differ *d, size_t first)
{
	size_t from = first > CONTEXT ? first - CONTEXT : 0, last = first, to;

	for (size_t i = first; i < d->count && i <= last + 2 * CONTEXT; i++)
		if (differs(d, i))
			last = i;
	to = last + CONTEXT + 1 < d->count ? last + CONTEXT + 1 : d->count;
	mem_text_fmt(&d->out, "@@ -%zu,%zu +%zu,%zu @@\n", from + 1, to - from, from + 1,
	    to - from);
	for (size_t i = from; i < to;) {
		size_t end = i;

		if (!differs(d, i)) {
			put(d, ' ', &d->old[i++]);
			continue;
		}
		while (differs(d, end))
			put(d, '-', &d->old[end++]);
		while (i < end)
			put(d, '+', &d->new[i++]);
	}
	return to;
}

char *
edit_diff(struct mem *m, const char *file, const char *old, size_t old_len, const char *new,
    size_t new_len)
{
	struct differ d = { .out = { .m = m } };
	size_t lines = 1;

	while (!strncmp(file, "./", 2))
		file += 2;
	file += *file == '/';
	for (size_t i = 0; i < old_len; i++)
		lines += old[i] == '\n';
	d.old = mem_zero(m, lines, sizeof *d.old);
	d.new = mem_zero(m, lines, sizeof *d.new);
	for (; old_len && d.count < lines; d.count++) {
		d.old[d.count] = line_at(old, old_len);
		d.new[d.count] = line_at(new, new_len);
		old += d.old[d.count].len;
		old_len -= d.old[d.count].len;
		new += d.new[d.count].len;
		new_len -= d.new[d.count].len;
	}
	mem_text_add(&d.out, "", 0);
	for (size_t i = 0; i < d.count;) {
		if (!differs(&d, i)) {
			i++;
			continue;
		}
		if (!d.out.len)
			mem_text_fmt(&d.out, "diff --git a/%s b/%s\n--- a/%s\n+++ b/%s\n", file,
			    file, file, file);
		i = hunk(&d, i);
	}
	return d.out.text;
}

char *
edit_point(struct mem *m, const char *text, size_t at, size_t end)
{
	struct mem_text t = { .m = m };
	size_t begin = at;

	while (begin && text[begin - 1] != '\n')
		begin--;
	mem_text_fmt(&t, "%.*s\n", (int)strcspn(text + begin, "\r\n"), text + begin);
	for (; begin < at; begin++)
		if (((unsigned char)text[begin] & 0xc0) != 0x80)
			mem_text_fmt(&t, "%c", text[begin] == '\t' ? '\t' : ' ');
	mem_text_fmt(&t, "^");
	while (++at < end)
		if (((unsigned char)text[at] & 0xc0) != 0x80)
			mem_text_fmt(&t, "~");
	return t.text;
}
