/* bump.c - one request from selection to edited text. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "core/seen.h"
#include "manifest/bump_private.h"
#include "manifest/policy_file.h"

enum { CANDIDATES = 20 };

/* Files */

static const char *
real_path(struct mem *m, const char *file)
{
	char real[PATH_MAX];

	return mem_string(m, realpath(file, real) ? real : file);
}

static struct bump_file *
open_file(struct bump *b, const char *path, struct err *e)
{
	struct bump_file f = { .file = path, .real = real_path(b->m, path) };

	for (size_t i = 0; i < b->count; i++)
		if (!strcmp(b->file[i].real, f.real))
			return &b->file[i];
	if (!(f.old = io_read_file(b->m, path, YAML_SIZE, &f.old_len, e)))
		return NULL;
	f.text = f.old;
	f.len = f.old_len;
	mem_grow(b->m, &b->file, b->count, &b->room, sizeof f);
	b->file[b->count] = f;
	return &b->file[b->count++];
}

int
bump_find_in_file(struct bump_work *w, const char *path, const struct site_want *want,
    struct site_list *out, struct err *e)
{
	struct bump_file *f = open_file(w->bump, path, e);

	if (f && !f->read)
		f->read = site_read_text(w->m, f->file, f->text, f->len, e);
	return f && f->read ? site_find(w->m, f->read, want, out, e) : -1;
}

/* All matches of WANT in all operands. */
static int
find(struct bump_work *w, const struct site_want *want, struct site_list *out, struct err *e)
{
	for (int i = 0; i < w->r->count; i++) {
		struct stat st;
		char **files;
		size_t count;

		if (stat(w->r->files[i], &st) || !S_ISDIR(st.st_mode)) {
			if (bump_find_in_file(w, w->r->files[i], want, out, e))
				return -1;
			continue;
		}
		if (site_walk(w->m, w->r->files[i], &files, &count, e))
			return -1;
		for (size_t j = 0; j < count; j++)
			if (bump_find_in_file(w, files[j], want, out, e))
				return -1;
	}
	return 0;
}

/* The same scalar is listed once for each way to it, and once for each user of its variable. */
static void
drop_repeats(struct site_list *l)
{
	MEM_SCOPE(m);
	struct seen *seen = seen_new(m);
	size_t kept = 0;

	for (size_t i = 0; i < l->count; i++) {
		const struct site *s = &l->item[i];

		if (seen_add(seen, s->file->file, mem_fmt(m, "%zu", s->whole.at), "", 0) ==
		    SEEN_NEW)
			l->item[kept++] = *s;
	}
	l->count = kept;
}

struct value *
bump_list(struct bump_work *w, struct value **at, const char *name)
{
	return *at ? *at : (*at = value_set_array(w->m, w->result, name));
}

void
bump_warn(struct bump_work *w, const char *text)
{
	value_add_string(bump_list(w, &w->warnings, "warnings"), text);
}

/* Words for people */

const char *
bump_place(struct bump_work *w, const struct site *s)
{
	size_t line, column;

	yaml_place(s->file->lines, s->whole.at, &line, &column);
	return mem_fmt(w->m, "%s:%zu:%zu", s->file->file, line, column);
}

static const char *
version_of(struct bump_work *w, const struct site *s)
{
	const char *v = s->version.there ? site_text(w->m, s, &s->version) : "";

	return s->digest.there ? mem_fmt(w->m, "%s@%s", v, site_text(w->m, s, &s->digest)) : v;
}

const char *
bump_describe(struct bump_work *w, const struct site *s)
{
	bool action = s->variable && *s->variable == '{';       /* of a Helm template */
	bool colon = s->image && (s->indirect || s->version.len);

	return mem_fmt(w->m, "%s %s: %s%s%s", bump_place(w, s), s->path, s->image ? s->image : "",
	    colon ? ":" : "",
	    !s->indirect ? version_of(w, s) :
		action   ? s->variable :
			   mem_fmt(w->m, "${%s}", s->variable ? s->variable : "?"));
}

static const char *
wanted(struct bump_work *w)
{
	const struct site_want *x = &w->r->want;
	struct mem_text t = { .m = w->m };
	const char *const words[][2] = { { "service", x->service }, { "image", x->image },
		{ "path", x->path }, { "kind", x->kind }, { "name", x->name },
		{ "container", x->container } };

	mem_text_add(&t, "", 0);
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (words[i][1])
			mem_text_fmt(&t, "%s%s %s", t.len ? ", " : "", words[i][0], words[i][1]);
	return t.text;
}

/* List SITES in the record and as lines behind the error's text. */
static void
list_candidates(struct bump_work *w, const struct site_list *sites, struct err *e)
{
	struct value *all = value_set_array(w->m, w->result, "candidates");
	struct mem_text t = { .m = w->m };

	mem_text_fmt(&t, "%s", e->text);
	for (size_t i = 0; i < sites->count; i++) {
		const char *line = bump_describe(w, &sites->item[i]);

		value_add_string(all, line);
		if (i < CANDIDATES)
			mem_text_fmt(&t, "\n%s", line);
	}
	snprintf(e->text, sizeof e->text, "%s", t.text);
}

static int
none(struct bump_work *w, struct err *e)
{
	const struct site_want all = { 0 };
	struct site_list list = { .limit = CANDIDATES };
	struct err ignored;

	find(w, &all, &list, &ignored);
	drop_repeats(&list);
	err_set(e, FAIL_NO, "no-match", "%s: no match in %s%s%s", wanted(w), w->r->files[0],
	    w->r->count > 1 ? " and the other files" : "",
	    list.count ? "; there are:" : ", where nothing is pinned");
	list_candidates(w, &list, e);
	return err_hint(e, "select with --image, --service or --path, as the list names them");
}

static int
ambiguous(struct bump_work *w, struct err *e)
{
	err_set(e, FAIL_NO, "ambiguous", "%s: %zu matches", wanted(w), w->found.count);
	list_candidates(w, &w->found, e);
	return err_hint(e,
	    "narrow it down with --path, --service, --container or --doc, or change them --all");
}

/* Judging */

static int
judge(struct bump_work *w, struct bump_change *c, const struct site *s, struct err *e)
{
	struct family *f = mem_zero(w->m, 1, sizeof *f);
	struct policy p = w->r->policy;
	const char *image = s->image ? s->image : w->r->want.image ? w->r->want.image : "";

	*f = *family_of(bump_is_image(s) ? image : "");
	policy_file_apply(w->r->policies, image, f, &p);
	f->scheme = w->r->scheme ? w->r->scheme : f->scheme;
	c->site = *s;
	c->edit.quote = w->r->quote;
	c->old = version_of(w, s);
	if (bump_choose_version(w, c, image, f, &p, e))
		return err_in(e, "%s", bump_place(w, s));
	c->new = c->edit.digest ? mem_fmt(w->m, "%s@%s", c->edit.version, c->edit.digest) :
				  c->edit.version;
	c->noop = !strcmp(c->old, c->new) ||
	    (!c->edit.digest && s->version.there &&
		!strcmp(site_text(w->m, s, &s->version), c->edit.version));
	if (c->noop)
		c->new = c->old;
	p.stateful = w->r->plan &&
	    (policy_file_plans(w->r->plan, s->image, c->old, c->new) ||
		policy_file_plans(w->r->plan, s->image, bump_surround(w->m, s, c->old),
		    bump_surround(w->m, s, c->new)));
	/* a reference without a tag means latest */
	c->version = version_judge(w->m, image, f,
	    s->version.there ? bump_surround(w->m, s, c->old) : mem_fmt(w->m, "latest%s", c->old),
	    *c->edit.version ? bump_surround(w->m, s, c->new) : mem_fmt(w->m, "latest%s", c->new));
	c->verdict = policy_decide(w->m, c->version, &p);
	return 0;
}

static int
refusal(struct bump_work *w, const struct bump_change *c, struct err *e)
{
	const struct verdict *v = &c->verdict;

	err_set(e, FAIL_NO, v->word, "%s: %s %s to %s: %s: %s", bump_place(w, &c->site),
	    c->site.image ? c->site.image : c->site.path, *c->old ? c->old : "without a tag",
	    c->new, v->word, v->note ? v->note : "");
	if (v->next)
		return err_hint(e, "go to %s first, or consent with %s", v->next, v->option);
	return v->option ? err_hint(e, "%s would allow it", v->option) : -1;
}

/* Records */

static const char *
new_whole(struct bump_work *w, const struct bump_change *c)
{
	const struct site *s = &c->site;
	const char *t = s->file->text;
	size_t end = s->version.at + s->version.len, stop = s->whole.at + s->whole.len;

	if (s->comment.there || s->version.at < s->whole.at || end > stop)
		return mem_fmt(w->m, "%s@%s # %s", s->image ? s->image : "",
		    c->edit.digest ? c->edit.digest : "", c->edit.version);
	if (s->digest.there && c->edit.digest && s->digest.at >= end && s->digest.at < stop)
		end = s->digest.at - 1;
	return mem_fmt(w->m, "%.*s%s%s%s%s%.*s", (int)(s->version.at - s->whole.at),
	    t + s->whole.at, s->version.there ? "" : ":", c->edit.version,
	    c->edit.digest && end < s->version.at + s->version.len + 1 ? "@" : "",
	    c->edit.digest && end < s->version.at + s->version.len + 1 ? c->edit.digest : "",
	    s->digest.there && c->edit.digest ? 0 : (int)(stop - end), t + end);
}

static void
record(struct bump_work *w, const struct bump_change *c, struct value *list)
{
	const struct site *s = &c->site;
	const struct site_span *at = *c->edit.version || !s->digest.there ? &s->version :
									    &s->digest;
	struct value *v = value_object(w->m);
	size_t line, column;

	yaml_place(s->file->lines, at->at, &line, &column);
	value_set_string(v, "file", s->file->file);
	value_set_string(v, "real", real_path(w->m, s->file->file));
	value_set_int(v, "doc", s->doc);
	value_set_int(v, "line", (int64_t)line);
	value_set_int(v, "column", (int64_t)column);
	value_set_int(v, "start", (int64_t)at->at);
	value_set_int(v, "end", (int64_t)(at->at + at->len));
	value_set_string(v, "path", s->path);
	value_set_string(v, "shape", s->shape);
	value_set_string(v, "service", s->service);
	value_set_string(v, "image", s->image ? s->image : w->r->want.image);
	value_set_string(v, "from", site_text(w->m, s, &s->whole));
	value_set_string(v, "to", c->noop ? site_text(w->m, s, &s->whole) : new_whole(w, c));
	value_set_string(v, "from_version", c->old);
	value_set_string(v, "to_version", c->new);
	value_set_string(v, "digest", c->edit.digest);
	value_set_string(v, "order", version_order_word(c->version->order));
	value_set_string(v, "kind", version_kind_word(c->version));
	value_set_string(v, "variant", version_variant_word(c->version->variant));
	value_set_string(v, "scheme", version_scheme_word(c->version->scheme));
	value_set_string(v, "verdict", c->verdict.word);
	value_set_string(v, "rule", c->verdict.rule);
	value_set_string(v, "note", c->verdict.note);
	value_set_string(v, "next", c->verdict.next);
	value_add(list, v);
}

static void
warn_of_change(struct bump_work *w, const struct bump_change *c)
{
	if (c->edit.respelt)
		bump_warn(w,
		    mem_fmt(w->m, "%s: %s stays unquoted, and reads as a number, date or bool",
			bump_place(w, &c->site), c->edit.version));
	if (!strcmp(c->verdict.rule, "lone-number"))
		bump_warn(w,
		    mem_fmt(w->m, "%s: %s to %s is a new major; it was asked for by name",
			bump_place(w, &c->site), c->old, c->new));
}

/* Editing */

/* Apply the changes of FILE, which all come from one reading of it. */
static int
apply(struct bump_work *w, const struct site_file *f, struct err *e)
{
	struct edit *edits = mem_zero(w->m, w->count, sizeof *edits);
	struct bump_file *out;
	size_t n = 0;

	for (size_t i = 0; i < w->count; i++)
		if (w->change[i].site.file == f && !w->change[i].noop) {
			edits[n] = w->change[i].edit;
			edits[n++].site = &w->change[i].site;
		}
	if (!n)
		return 0;
	out = open_file(w->bump, f->file, e);
	out->read = NULL;
	if (edit_apply(w->bump->m, f, edits, n, &out->text, &out->len, e))
		return -1;
	n = 0;
	for (size_t i = 0; i < w->count; i++)
		if (w->change[i].site.file == f && !w->change[i].noop)
			w->change[i].edit.respelt = edits[n++].respelt;
	return 0;
}

static bool
seen_before(const struct bump_work *w, size_t i)
{
	for (size_t j = 0; j < i; j++)
		if (w->change[j].site.file == w->change[i].site.file)
			return true;
	return false;
}

static int
decide(struct bump_work *w, struct err *e)
{
	int bad = 0;

	for (size_t i = 0; i < w->found.count; i++)
		if (bump_follow(w, &w->found.item[i], e) ||
		    bump_check_users(w, &w->found.item[i], e))
			return -1;
	drop_repeats(&w->found);
	w->change = mem_zero(w->m, w->found.count + 1, sizeof *w->change);
	w->count = w->found.count;
	for (size_t i = 0; i < w->found.count; i++) {
		struct bump_change *c = &w->change[i];

		if (judge(w, c, &w->found.item[i], e))
			return -1;
		if (*c->edit.version && !c->site.version.there && !c->site.version.at)
			return err_set(e, FAIL_NO, "no-tag",
			    "%s: there is no tag here, only a digest", bump_place(w, &c->site));
		if (!c->noop && !policy_is_yes(&c->verdict)) {
			record(w, c, bump_list(w, &w->refused, "refused"));
			bad = bad ? bad : refusal(w, c, e);
		}
	}
	return bad;
}

static int
edit_all(struct bump_work *w, struct err *e)
{
	for (size_t i = 0; i < w->count; i++)
		if (!seen_before(w, i) && apply(w, w->change[i].site.file, e))
			return -1;
	for (size_t i = 0; i < w->count; i++) {
		if (w->change[i].noop) {
			record(w, &w->change[i], bump_list(w, &w->unchanged, "unchanged"));
			continue;
		}
		record(w, &w->change[i], w->changes);
		warn_of_change(w, &w->change[i]);
	}
	return 0;
}

int
bump_request(struct bump *b, const struct bump_request *r, struct value *result, struct err *e)
{
	struct bump_work w = { .m = b->m, .bump = b, .r = r, .result = result };

	w.changes = value_set_array(w.m, result, "changes");
	if (find(&w, &r->want, &w.found, e))
		return -1;
	drop_repeats(&w.found);
	if (!w.found.count)
		return none(&w, e);
	if (bump_check_duplicates(&w, e))
		return -1;
	if (w.found.count > 1 && !r->all)
		return ambiguous(&w, e);
	return decide(&w, e) ? -1 : edit_all(&w, e);
}
