/* tree.c - two trees side by side. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "manifest/finder.h"
#include "manifest/tree.h"

enum { DEPTH = 100 };    /* an anchor may hold itself */

struct compare {
	struct mem *m;
	tree_differs *differs;
	void *arg;
	int depth;
};

static void node(struct compare *, const char *path, struct tree_at a, struct tree_at b);

static const struct yaml_node *
info(struct tree_at t)
{
	return yaml_node(t.file->yaml, t.ref);
}

static struct tree_at
at(struct tree_at t, yaml_ref ref)
{
	return (struct tree_at){ t.file, ref ? yaml_resolve(t.file->yaml, ref) : 0 };
}

static bool
is(struct tree_at t, enum yaml_kind kind)
{
	return t.ref && info(t)->kind == kind;
}

static const char *
value(struct tree_at t, size_t *len)
{
	const struct finder f = { .file = t.file, .y = t.file->yaml };

	return finder_value(&f, t.ref, len);
}

const char *
tree_type(struct tree_at t)
{
	size_t len;
	const char *v;

	if (is(t, YAML_MAP) || is(t, YAML_LIST))
		return is(t, YAML_MAP) ? "map" : "list";
	if (!(v = value(t, &len)) ||
	    (info(t)->style == YAML_PLAIN &&
		(!len || (len == 1 && *v == '~') || (len == 4 && !strncasecmp(v, "null", 4)))))
		return "null";
	if (info(t)->style != YAML_PLAIN || !yaml_is_typed(v, len))
		return "string";
	return (*v >= '0' && *v <= '9') || strchr("+-.", *v) ? "number" : "bool";
}

static bool
same_type(struct tree_at a, struct tree_at b)
{
	return !strcmp(tree_type(a), tree_type(b));
}

static bool
same_text(struct tree_at a, struct tree_at b)
{
	size_t n, k;
	const char *v = value(a, &n), *w = value(b, &k);

	if (!strcmp(tree_type(a), "null") && !strcmp(tree_type(b), "null"))
		return true;
	while (n && v[n - 1] == '\n')
		n--;
	while (k && w[k - 1] == '\n')
		k--;
	/* line ends are no difference */
	for (size_t i = 0, j = 0;; i++, j++) {
		i += i + 1 < n && v[i] == '\r' && v[i + 1] == '\n';
		j += j + 1 < k && w[j] == '\r' && w[j + 1] == '\n';
		if (i >= n || j >= k)
			return i >= n && j >= k;
		if (v[i] != w[j])
			return false;
	}
}

char *
tree_text(struct mem *m, struct tree_at t)
{
	size_t len;
	const char *v = t.ref ? value(t, &len) : NULL;
	size_t n = 0;

	if (v)
		return mem_dup(m, v, len);
	if (!t.ref)
		return NULL;
	for (yaml_ref c = yaml_child(t.file->yaml, t.ref); c; c = yaml_node(t.file->yaml, c)->next)
		n++;
	return is(t, YAML_MAP) ? mem_fmt(m, "{%zu keys}", n / 2) : mem_fmt(m, "[%zu items]", n);
}

/* Maps */

static int
by_key(const void *a, const void *b)
{
	const struct tree_key *x = a, *y = b;
	int c = strcmp(x->key, y->key);

	return c ? c : (x->order > y->order) - (x->order < y->order);
}

struct keys {
	struct mem *m;
	struct tree_key *item;
	size_t count, room;
};

static void gather(struct keys *, struct tree_at map, int depth);

static void
gather_merged(struct keys *k, struct tree_at v, int depth)
{
	if (is(v, YAML_MAP))
		gather(k, v, depth + 1);
	else if (is(v, YAML_LIST))
		for (yaml_ref c = yaml_child(v.file->yaml, v.ref); c;
		     c = yaml_node(v.file->yaml, c)->next)
			gather_merged(k, at(v, c), depth + 1);
}

static void
gather(struct keys *k, struct tree_at map, int depth)
{
	const struct yaml *y = map.file->yaml;
	struct tree_at merged = { 0 };      /* what << brings comes behind the own keys */

	if (depth > DEPTH)
		return;
	for (yaml_ref c = yaml_child(y, map.ref); c;
	     c = yaml_node(y, yaml_node(y, c)->next)->next) {
		struct tree_at v = at(map, yaml_node(y, c)->next);

		if (yaml_is(y, c, "<<")) {
			merged = v;
			continue;
		}
		mem_grow(k->m, &k->item, k->count, &k->room, sizeof *k->item);
		k->item[k->count] = (struct tree_key){ tree_text(k->m, at(map, c)), v, k->count };
		k->count++;
	}
	if (merged.ref)
		gather_merged(k, merged, depth);
}

/* The first of equal keys is the map's own: it wins over merged ones. */
size_t
tree_keys(struct mem *m, struct tree_at map, struct tree_key **keys)
{
	struct keys k = { .m = m };
	size_t kept = 0;

	gather(&k, map, 0);
	if (k.count)
		qsort(k.item, k.count, sizeof *k.item, by_key);
	for (size_t i = 0; i < k.count; i++)
		if (!kept || strcmp(k.item[kept - 1].key, k.item[i].key))
			k.item[kept++] = k.item[i];
	*keys = k.item;
	return kept;
}

struct tree_at
tree_get(struct tree_at map, const char *key)
{
	MEM_SCOPE(m);
	struct tree_key *keys;
	size_t n = is(map, YAML_MAP) ? tree_keys(m, map, &keys) : 0;

	for (size_t i = 0; i < n; i++)
		if (!strcmp(keys[i].key, key))
			return keys[i].value;
	return (struct tree_at){ map.file, 0 };
}

static void
maps(struct compare *c, const char *path, struct tree_at a, struct tree_at b)
{
	struct tree_key *x, *y;
	size_t n = tree_keys(c->m, a, &x), k = tree_keys(c->m, b, &y);
	const struct tree_at none = { 0 };

	for (size_t i = 0, j = 0; i < n || j < k;) {
		int o = i >= n ? 1 : j >= k ? -1 : strcmp(x[i].key, y[j].key);
		const char *p = path_join(c->m, path, o > 0 ? y[j].key : x[i].key);

		if (!o)
			node(c, p, x[i].value, y[j].value);
		else if (o < 0)
			c->differs(c->arg, TREE_REMOVED, p, x[i].value, none);
		else
			c->differs(c->arg, TREE_ADDED, p, none, y[j].value);
		i += o <= 0;
		j += o >= 0;
	}
}

/* Lists */

struct items {
	struct tree_at *item;
	size_t count;
};

static struct items
items(struct mem *m, struct tree_at list)
{
	const struct yaml *y = list.file->yaml;
	struct items out = { 0 };

	for (yaml_ref c = yaml_child(y, list.ref); c; c = yaml_node(y, c)->next)
		out.count++;
	out.item = mem_zero(m, out.count, sizeof *out.item);
	out.count = 0;
	for (yaml_ref c = yaml_child(y, list.ref); c; c = yaml_node(y, c)->next)
		out.item[out.count++] = at(list, c);
	return out;
}

static char *
name_by(struct mem *m, struct tree_at item, const char *key)
{
	struct tree_at v = is(item, YAML_MAP) ? at(item, yaml_get(item.file->yaml, item.ref, key)) :
						(struct tree_at){ 0 };

	return is(v, YAML_SCALAR) ? tree_text(m, v) : NULL;
}

/* Does KEY name each item, and each only once? */
static bool
names_all(struct mem *m, const struct items *l, const char *key)
{
	char **seen = mem_zero(m, l->count, sizeof *seen);

	for (size_t i = 0; i < l->count; i++) {
		if (!(seen[i] = name_by(m, l->item[i], key)))
			return false;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(seen[i], seen[j]))
				return false;
	}
	return true;
}

static void
by_name(struct compare *c, const char *path, const struct items *a, const struct items *b,
    const char *key)
{
	const struct tree_at none = { 0 };

	for (size_t i = 0; i < a->count; i++) {
		char *name = name_by(c->m, a->item[i], key);
		const char *p = mem_fmt(c->m, "%s[%s=%s]", path, key, name);
		size_t j = 0;

		while (j < b->count && strcmp(name, name_by(c->m, b->item[j], key)))
			j++;
		if (j < b->count)
			node(c, p, a->item[i], b->item[j]);
		else
			c->differs(c->arg, TREE_REMOVED, p, a->item[i], none);
	}
	for (size_t j = 0; j < b->count; j++) {
		char *name = name_by(c->m, b->item[j], key);
		size_t i = 0;

		while (i < a->count && strcmp(name, name_by(c->m, a->item[i], key)))
			i++;
		if (i == a->count)
			c->differs(c->arg, TREE_ADDED, mem_fmt(c->m, "%s[%s=%s]", path, key, name),
			    none, b->item[j]);
	}
}

/* What lies between two common items: paired off in order, the rest is added or removed. */
static void
gap(struct compare *c, const char *path, const struct items *a, size_t i, size_t i_end,
    const struct items *b, size_t j, size_t j_end)
{
	const struct tree_at none = { 0 };

	for (; i < i_end || j < j_end; i++, j++) {
		const char *p = mem_fmt(c->m, "%s[%zu]", path, i < i_end ? i : j);

		if (i < i_end && j < j_end)
			node(c, p, a->item[i], b->item[j]);
		else if (i < i_end)
			c->differs(c->arg, TREE_REMOVED, p, a->item[i], none);
		else
			c->differs(c->arg, TREE_ADDED, p, none, b->item[j]);
	}
}

/* Along the longest common subsequence of equal items. */
static void
by_likeness(struct compare *c, const char *path, const struct items *a, const struct items *b)
{
	size_t w = b->count + 1, i = 0, j = 0, i0 = 0, j0 = 0;
	unsigned *best;

	if (a->count * b->count > 250000) {
		gap(c, path, a, 0, a->count, b, 0, b->count);
		return;
	}
	best = mem_zero(c->m, (a->count + 1) * w, sizeof *best);
	for (size_t x = a->count; x-- > 0;)
		for (size_t y = b->count; y-- > 0;) {
			unsigned down = best[(x + 1) * w + y], right = best[x * w + y + 1];

			best[x * w + y] = tree_equal(a->item[x], b->item[y]) ?
			    best[(x + 1) * w + y + 1] + 1 :
			    down > right ? down :
					   right;
		}
	while (i < a->count && j < b->count) {
		if (tree_equal(a->item[i], b->item[j])) {
			gap(c, path, a, i0, i, b, j0, j);
			i0 = ++i;
			j0 = ++j;
		} else if (best[(i + 1) * w + j] >= best[i * w + j + 1]) {
			i++;
		} else {
			j++;
		}
	}
	gap(c, path, a, i0, a->count, b, j0, b->count);
}

static void
lists(struct compare *c, const char *path, struct tree_at a, struct tree_at b)
{
	static const char *const keys[] = { "name", "key", "id", "path", "host" };
	struct items x = items(c->m, a), y = items(c->m, b);

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (x.count + y.count && names_all(c->m, &x, keys[i]) &&
		    names_all(c->m, &y, keys[i])) {
			by_name(c, path, &x, &y, keys[i]);
			return;
		}
	by_likeness(c, path, &x, &y);
}

static void
node(struct compare *c, const char *path, struct tree_at a, struct tree_at b)
{
	if (c->depth > DEPTH)
		return;
	c->depth++;
	if (is(a, YAML_MAP) && is(b, YAML_MAP))
		maps(c, path, a, b);
	else if (is(a, YAML_LIST) && is(b, YAML_LIST))
		lists(c, path, a, b);
	else if (!is(a, YAML_SCALAR) || !is(b, YAML_SCALAR))
		c->differs(c->arg, TREE_TYPE, path, a, b);
	else if (!same_text(a, b))
		c->differs(c->arg, TREE_CHANGED, path, a, b);
	else if (!same_type(a, b))
		c->differs(c->arg, TREE_TYPE, path, a, b);
	c->depth--;
}

static void
note_difference(void *arg, enum tree_difference kind, const char *path, struct tree_at a,
    struct tree_at b)
{
	(void)kind;
	(void)path;
	(void)a;
	(void)b;
	*(bool *)arg = true;
}

bool
tree_equal(struct tree_at a, struct tree_at b)
{
	MEM_SCOPE(m);
	bool differs = false;
	struct compare c = { .m = m, .differs = note_difference, .arg = &differs };

	if (is(a, YAML_SCALAR) && is(b, YAML_SCALAR))
		return same_text(a, b) && same_type(a, b);
	if (info(a)->kind != info(b)->kind)
		return false;
	node(&c, "", a, b);
	return !differs;
}

/* Documents */

/* kind/namespace/name of a Kubernetes object, else its number. */
static char *
identity(struct mem *m, struct tree_at root, size_t number)
{
	struct tree_at meta = tree_get(root, "metadata"), kind = tree_get(root, "kind"),
		       name = tree_get(meta, "name");
	struct tree_at space = tree_get(meta, "namespace");

	if (!is(kind, YAML_SCALAR) || !is(name, YAML_SCALAR))
		return mem_fmt(m, "%zu", number);
	return mem_fmt(m, "%s/%s%s%s", tree_text(m, kind),
	    is(space, YAML_SCALAR) ? tree_text(m, space) : "", is(space, YAML_SCALAR) ? "/" : "",
	    tree_text(m, name));
}

static size_t
documents(struct mem *m, const struct site_file *f, struct tree_key **out)
{
	struct keys k = { .m = m };
	size_t number = 0;

	for (yaml_ref d = yaml_child(f->yaml, 0); d; d = yaml_node(f->yaml, d)->next) {
		struct tree_at root = { f, yaml_child(f->yaml, d) };

		if (!root.ref || (is(root, YAML_SCALAR) && !strcmp(tree_type(root), "null")))
			continue;
		mem_grow(m, &k.item, k.count, &k.room, sizeof *k.item);
		k.item[k.count++] = (struct tree_key){ identity(m, root, ++number), root, 0 };
	}
	*out = k.item;
	return k.count;
}

void
tree_compare_files(struct mem *m, const struct site_file *old, const struct site_file *new,
    tree_differs *differs, void *arg)
{
	struct compare c = { .m = m, .differs = differs, .arg = arg };
	struct tree_key *a, *b;
	size_t n = documents(m, old, &a), k = documents(m, new, &b);
	const struct tree_at none = { 0 };
	bool *used = mem_zero(m, k + 1, sizeof *used);

	for (size_t i = 0; i < n; i++) {
		const char *path = n > 1 || k > 1 ? mem_fmt(m, "(%s)", a[i].key) : "";
		size_t j = 0;

		while (j < k && (used[j] || strcmp(a[i].key, b[j].key)))
			j++;
		/* one document each: the same thing, whatever its name is now */
		if (n == 1 && k == 1)
			j = 0;
		if (j == k) {
			differs(arg, TREE_REMOVED, path, a[i].value, none);
			continue;
		}
		used[j] = true;
		node(&c, path, a[i].value, b[j].value);
	}
	for (size_t j = 0; j < k; j++)
		if (!used[j])
			differs(arg, TREE_ADDED, n > 1 || k > 1 ? mem_fmt(m, "(%s)", b[j].key) : "",
			    none, b[j].value);
}
