/* site.c - reads files, and keeps of what the dialects offer the sites that the user selects. */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "manifest/finder.h"
#include "manifest/mask.h"

static const struct {
	const char *pattern, *dialect;
} by_name[] = {
	{ "Dockerfile*", "dockerfile" },
	{ "*.Dockerfile", "dockerfile" },
	{ "*.dockerfile", "dockerfile" },
	{ "Containerfile*", "dockerfile" },
	{ ".env", "env" },
	{ ".env.*", "env" },
	{ "*.env", "env" },
	{ "*.yaml", "yaml" },
	{ "*.yml", "yaml" },
};

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static const char *
dialect_of(const char *file)
{
	for (size_t i = 0; i < sizeof by_name / sizeof *by_name; i++)
		if (!fnmatch(by_name[i].pattern, base(file), 0))
			return by_name[i].dialect;
	return NULL;
}

struct site_file *
site_read_text(struct mem *m, const char *file, char *text, size_t len, struct err *e)
{
	struct site_file *f = mem_zero(m, 1, sizeof *f);
	struct err first;
	const char *dialect = dialect_of(file);
	char *masked;

	*f = (struct site_file){ file, dialect ? dialect : "yaml", text, len,
		yaml_lines(m, text, len), NULL, false };
	if (strcmp(f->dialect, "yaml"))
		return memchr(text, 0, len) ?
		       err_set(e, FAIL_TROUBLE, "bad-input", "%s: a NUL byte", file),
		       NULL : f;
	if ((f->yaml = yaml_read(m, text, len, &first)))
		return f;
	if (memmem(text, len, "{{", 2) && (masked = mask_template(m, text, len)))
		f->yaml = yaml_read(m, masked, len, &first);
	f->masked = f->yaml != NULL;
	if (f->yaml)
		return f;
	err_set(e, first.code, first.word, "%s:%s%s", file,
	    isdigit((unsigned char)first.text[0]) ? "" : " ", first.text);
	return NULL;
}

struct site_file *
site_read(struct mem *m, const char *file, struct err *e)
{
	size_t len;
	char *text = io_read_file(m, file, YAML_SIZE, &len, e);

	return text ? site_read_text(m, file, text, len, e) : NULL;
}

char *
site_text(struct mem *m, const struct site *s, const struct site_span *span)
{
	return mem_dup(m, s->file->text + span->at, span->len);
}

/* The finder's side of the dialects */

bool
finder_full(const struct finder *f)
{
	return f->out->limit && f->out->count >= f->out->limit;
}

const char *
finder_value(const struct finder *f, yaml_ref ref, size_t *len)
{
	size_t size;
	const char *v = yaml_value(f->y, ref, len), *text = yaml_text(f->y, &size);

	/* the mask's letters are none of the user's business */
	if (v && f->file->masked && v >= text && v < text + size)
		return f->file->text + (v - text);
	return v;
}

yaml_ref
finder_scalar(const struct finder *f, yaml_ref map, const char *key)
{
	yaml_ref v = yaml_resolve(f->y, yaml_get(f->y, map, key));

	return v && yaml_node(f->y, v)->kind == YAML_SCALAR ? v : 0;
}

/* The scalar that names the service OWNER: the key under "services", its own name, its own key. */
static yaml_ref
service_of(const struct finder *f, yaml_ref owner)
{
	yaml_ref name = finder_scalar(f, owner, "name");

	for (yaml_ref at = owner; at && at != f->root; at = yaml_node(f->y, at)->parent) {
		yaml_ref parent = yaml_node(f->y, at)->parent, key = yaml_key_of(f->y, at);

		if (key && parent && yaml_is(f->y, yaml_key_of(f->y, parent), "services"))
			return key;
	}
	return name ? name : yaml_key_of(f->y, owner);
}

static bool
root_is(const struct finder *f, const char *kind, const char *name)
{
	yaml_ref meta = yaml_get(f->y, f->root, "metadata");

	return (!kind || yaml_is(f->y, yaml_get(f->y, f->root, "kind"), kind)) &&
	    (!name || yaml_is(f->y, yaml_get(f->y, meta, "name"), name));
}

static char *
full_image(struct mem *m, const struct offer *o)
{
	if (!o->image)
		return NULL;
	if (o->registry && o->registry_len)
		return mem_fmt(m, "%.*s/%.*s", (int)o->registry_len, o->registry, (int)o->image_len,
		    o->image);
	return mem_dup(m, o->image, o->image_len);
}

static bool
image_matches(const struct offer *o, const char *wanted)
{
	MEM_SCOPE(m);
	char *full;

	if (!o->image)
		return false;
	if (reference_is(o->image, o->image_len, wanted))
		return true;
	/* uses: OWNER/REPOSITORY/path@v1 */
	if (!strcmp(o->shape, "uses") && strchr(wanted, '/') && o->image_len > strlen(wanted) &&
	    !strncmp(o->image, wanted, strlen(wanted)) && o->image[strlen(wanted)] == '/')
		return true;
	full = o->registry_len ? full_image(m, o) : NULL;
	return full && reference_is(full, strlen(full), wanted);
}

static bool
selected(const struct finder *f, const struct offer *o)
{
	const struct site_want *w = f->want;

	if (w->image && !image_matches(o, w->image) && (o->image || !w->path))
		return false;
	if (w->service && !yaml_is(f->y, service_of(f, o->owner), w->service))
		return false;
	if (w->container && !yaml_is(f->y, finder_scalar(f, o->owner, "name"), w->container))
		return false;
	if (!w->path)
		return true;
	return o->node == f->path_node || yaml_node(f->y, o->node)->parent == f->path_node;
}

static struct site_span
span(const struct finder *f, yaml_ref node, const struct reference_part *p)
{
	struct site_span s = { .node = node, .len = p->len, .offset = p->at };

	s.there = p->there && yaml_locate(f->y, node, p->at, p->len, &s.at);
	return s;
}

/* Where a tag is to be put into a reference that has none: behind its name. */
static void
place_missing(const struct finder *f, const struct offer *o, struct site *s)
{
	struct reference_part name = { (size_t)0, o->image_len, true };
	size_t len;
	const char *v = finder_value(f, o->node, &len);
	struct site_span end;

	if (!v || strcmp(o->shape, "reference") || !o->image || o->image < v || o->image > v + len)
		return;
	name.at = (size_t)(o->image - v);
	end = span(f, o->node, &name);
	s->version = (struct site_span){ o->node, end.at + end.len, 0, name.at + name.len, false };
}

void
finder_offer(struct finder *f, const struct offer *o)
{
	struct site s = { .file = f->file,
		.shape = o->shape,
		.user = o->user,
		.doc = f->doc,
		.indirect = o->indirect,
		.variable_whole = o->variable_whole };
	struct reference_part all = { 0, 0, true };
	yaml_ref service;
	size_t len;
	const char *v;

	if (finder_full(f) || !root_is(f, f->want->kind, f->want->name) || !selected(f, o))
		return;
	v = finder_value(f, o->node, &all.len);
	s.whole = span(f, o->node, &all);
	if (!s.whole.there)     /* folded or escaped: the bytes between its ends */
		s.whole = (struct site_span){ o->node, yaml_node(f->y, o->node)->start,
			yaml_end(f->y, o->node) - yaml_node(f->y, o->node)->start, 0, true };
	s.version = span(f, o->node, &o->version);
	s.digest = span(f, o->digest_node ? o->digest_node : o->node, &o->digest);
	if (o->comment_len)
		s.comment = s.version = (struct site_span){ 0, o->comment_at, o->comment_len, 0,
			true };
	else if (!s.version.there && !o->indirect)
		place_missing(f, o, &s);
	s.image = full_image(f->m, o);
	service = service_of(f, o->owner);
	s.service = service && (v = finder_value(f, service, &len)) ? mem_dup(f->m, v, len) : NULL;
	s.path = path_of(f->m, f->y, o->node);
	if (o->variable.there && (v = finder_value(f, o->node, &len))) {
		s.variable = mem_dup(f->m, v + o->variable.at, o->variable.len);
		s.front = mem_dup(f->m, v + o->front.at, o->front.len);
		s.behind = mem_dup(f->m, v + o->behind.at, o->behind.len);
	}
	mem_grow(f->m, &f->out->item, f->out->count, &f->out->room, sizeof s);
	f->out->item[f->out->count++] = s;
}

void
finder_offer_reference(struct finder *f, yaml_ref node, yaml_ref user, yaml_ref owner,
    size_t offset)
{
	struct offer o = { .shape = "reference", .node = node, .user = user, .owner = owner };
	size_t len;
	const char *v = finder_value(f, node, &len);
	struct reference r;

	if (!v || offset >= len)
		return;
	/* block scalars end with a newline */
	while (len > offset && strchr(" \n", v[len - 1]))
		len--;
	r = reference_parse(v + offset, len - offset);
	o.image = r.name.there ? v + offset + r.name.at : NULL;
	o.image_len = r.name.len;
	o.version = r.tag;
	o.digest = r.digest;
	o.variable = r.variable;
	o.front = r.front;
	o.behind = r.behind;
	o.version.at += offset;
	o.digest.at += offset;
	o.variable.at += offset;
	o.front.at += offset;
	o.behind.at += offset;
	o.indirect = r.indirect;
	o.variable_whole = r.whole;
	finder_offer(f, &o);
}

/* Documents */

static int
find_in_document(struct finder *f, struct err *e)
{
	size_t before = f->out->count;
	yaml_ref at = 0;

	if (f->want->path &&
	    path_resolve(f->y, f->root, f->want->path, &f->path_node, &f->path_user, e))
		return -1;
	if (f->want->path && !f->path_node)
		return 0;
	dialect_scan(f);
	if (!f->want->path)
		return 0;
	for (size_t i = before; i < f->out->count; i++)
		if (f->path_user)
			f->out->item[i].user = f->path_user;
	/* the same scalar as the definition and through an alias: --path means one of them */
	for (size_t i = before; i < f->out->count; i++)
		if (f->out->item[i].version.node == f->path_node ||
		    f->out->item[i].whole.node == f->path_node)
			at = f->path_node;
	if (f->out->count == before)
		dialect_scan_any(f, f->path_node, f->path_user);
	else if (at)
		f->out->count = before + 1;
	return 0;
}

static int
find_yaml(struct mem *m, const struct site_file *file, const struct site_want *w,
    struct site_list *out, struct err *e)
{
	struct finder f = { .m = m, .file = file, .y = file->yaml, .want = w, .out = out };

	for (yaml_ref doc = yaml_child(f.y, 0); doc; doc = yaml_node(f.y, doc)->next) {
		f.doc++;
		f.root = yaml_child(f.y, doc);
		if (f.root && (!w->doc || w->doc == f.doc) && find_in_document(&f, e))
			return -1;
	}
	return 0;
}

int
site_find(struct mem *m, const struct site_file *file, const struct site_want *w,
    struct site_list *out, struct err *e)
{
	if (file->yaml)
		return find_yaml(m, file, w, out, e);
	return !strcmp(file->dialect, "env") ? dialect_scan_env(m, file, w, out)
					     : dialect_scan_docker(m, file, w, out);
}

/* Users of an anchor */

/* Does the map that merges ALIAS in have the key by which NODE would be reached itself? */
static bool
overridden(const struct yaml *y, yaml_ref alias, yaml_ref anchored, yaml_ref node)
{
	yaml_ref map = yaml_node(y, alias)->parent, own;
	size_t len;
	const char *key;

	if (yaml_node(y, map)->kind == YAML_LIST)
		map = yaml_node(y, map)->parent;
	while (node != anchored && yaml_node(y, node)->parent != anchored)
		node = yaml_node(y, node)->parent;
	if (node == anchored || !(key = yaml_value(y, yaml_key_of(y, node), &len)))
		return false;
	for (own = yaml_child(y, map); own; own = yaml_node(y, yaml_node(y, own)->next)->next) {
		size_t n;
		const char *k = yaml_value(y, own, &n);

		if (k && n == len && !memcmp(k, key, n))
			return true;
	}
	return false;
}

/* Is a node only there to be used by aliases: under a key x-… or .… at the top? */
static bool
is_template(const struct yaml *y, yaml_ref node)
{
	size_t len;
	const char *key;

	while (
	    yaml_node(y, yaml_node(y, yaml_node(y, node)->parent)->parent)->kind != YAML_DOCUMENT &&
	    yaml_node(y, yaml_node(y, node)->parent)->parent)
		node = yaml_node(y, node)->parent;
	key = yaml_value(y, yaml_key_of(y, node), &len);
	return key && len && (*key == '.' || (len > 1 && !memcmp(key, "x-", 2)));
}

size_t
site_users(struct mem *m, const struct site *s, char ***users, bool *live)
{
	const struct yaml *y = s->file->yaml;
	size_t count = 0, room = 0, line, column;

	*users = NULL;
	*live = !y || !is_template(y, s->whole.node);
	for (yaml_ref at = s->whole.node; y && at; at = yaml_node(y, at)->parent) {
		if (!yaml_node(y, at)->anchored)
			continue;
		for (yaml_ref i = 1; i < yaml_count(y); i++) {
			if (yaml_node(y, i)->kind != YAML_ALIAS || yaml_resolve(y, i) != at ||
			    overridden(y, i, at, s->whole.node))
				continue;
			yaml_place(s->file->lines, yaml_node(y, i)->start, &line, &column);
			mem_grow(m, users, count, &room, sizeof **users);
			(*users)[count++] = mem_fmt(m, "%s:%zu:%zu %s", s->file->file, line, column,
			    path_of(m, y, i));
		}
	}
	return count;
}

/* Directories */

struct walk {
	struct mem *m;
	char **files;
	size_t count, room;
};

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
walk(struct walk *w, const char *dir, struct err *e)
{
	DIR *d = opendir(dir);
	struct stat st;
	int bad = 0;

	if (!d)
		return err_sys(e, "%s", dir);
	for (struct dirent *de; !bad && (de = readdir(d));) {
		char *path = mem_fmt(w->m, "%s/%s", dir, de->d_name);

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    !strcmp(de->d_name, ".git") || lstat(path, &st))
			continue;
		if (S_ISDIR(st.st_mode)) {
			bad = walk(w, path, e);
		} else if (S_ISREG(st.st_mode) && dialect_of(path)) {
			mem_grow(w->m, &w->files, w->count, &w->room, sizeof *w->files);
			w->files[w->count++] = path;
		}
	}
	closedir(d);
	return bad;
}

int
site_walk(struct mem *m, const char *dir, char ***files, size_t *count, struct err *e)
{
	struct walk w = { .m = m };
	size_t len = strlen(dir);

	while (len > 1 && dir[len - 1] == '/')
		len--;
	if (walk(&w, mem_dup(m, dir, len), e))
		return -1;
	if (w.count)
		qsort(w.files, w.count, sizeof *w.files, by_text);
	*files = w.files;
	*count = w.count;
	return 0;
}
