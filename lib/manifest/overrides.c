/* overrides.c - what becomes of the keys that a user's values set. */
#include <string.h>

#include "manifest/diff.h"
#include "manifest/finder.h"
#include "manifest/tree.h"

struct overrides {
	struct mem *m;
	const struct diff_side *new;
	struct tree_at old_root, new_root;
	struct value *list;
};

static const struct diff_file *
values_of(const struct diff_side *side)
{
	for (size_t i = 0; i < side->count; i++)
		if (!*side->file[i].name || !strcmp(side->file[i].name, "values.yaml"))
			return side->file[i].yaml ? &side->file[i] : NULL;
	return NULL;
}

static struct tree_at
root(const struct site_file *f)
{
	yaml_ref doc = yaml_child(f->yaml, 0);

	return (struct tree_at){ f, doc ? yaml_child(f->yaml, doc) : 0 };
}

/* Is .Values.PATH named by a template of the new side? */
static bool
is_used(struct overrides *o, const char *path)
{
	const char *words = mem_fmt(o->m, ".Values.%s", path);
	size_t n = strlen(words);

	for (size_t i = 0; i < o->new->count; i++) {
		const struct diff_file *f = &o->new->file[i];

		if (strncmp(f->name, "templates/", 10))
			continue;
		for (const char *p = f->text;
		     (p = memmem(p, f->len - (size_t)(p - f->text), words, n)); p += n)
			if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_",
				p[n]))
				return true;
	}
	return false;
}

/* Places of the new tree where KEY stands and did not in the old one. */
static void
find_key(struct overrides *o, const char *path, struct tree_at old, struct tree_at new,
    const char *key, struct value *out, int depth)
{
	struct tree_key *keys;
	size_t n = depth < 50 && new.ref && !strcmp(tree_type(new), "map") ?
	    tree_keys(o->m, new, &keys) :
	    0;

	for (size_t i = 0; i < n; i++) {
		const char *p = path_join(o->m, path, keys[i].key);
		struct tree_at was = old.ref && !strcmp(tree_type(old), "map") ?
		    tree_get(old, keys[i].key) :
		    (struct tree_at){ 0 };

		if (!strcmp(keys[i].key, key) && !was.ref)
			value_add_string(out, p);
		find_key(o, p, was, keys[i].value, key, out, depth + 1);
	}
}

/* How the types of a default differ in a way that matters to a template. */
static bool
type_changed(struct tree_at old, struct tree_at new, struct tree_at user)
{
	const char *a = old.ref ? tree_type(old) : NULL, *b = tree_type(new), *u = tree_type(user);
	bool b_tree = !strcmp(b, "map") || !strcmp(b, "list"),
	     u_tree = !strcmp(u, "map") || !strcmp(u, "list");

	if (!strcmp(b, "null") || !strcmp(u, "null"))
		return false;
	if (a && strcmp(a, "null") && strcmp(a, b))
		return true;
	return (b_tree || u_tree) && strcmp(b, u);
}

static const char *
state(struct overrides *o, const char *path, struct tree_at old, struct tree_at new,
    struct tree_at user, bool open, struct value *candidates)
{
	if (!new.ref) {
		const char *key = strrchr(path, '.') ? strrchr(path, '.') + 1 : path;

		if (open || is_used(o, path))
			return "untouched";
		find_key(o, "", o->old_root, o->new_root, key, candidates, 0);
		return value_count(candidates) ? "moved" : "dead";
	}
	if (old.ref && tree_equal(old, new))
		return "untouched";
	if (type_changed(old, new, user))
		return "type-changed";
	if (tree_equal(user, new))
		return "now-default";
	return "default-changed";
}

static void
leaf(struct overrides *o, const char *path, struct tree_at old, struct tree_at new,
    struct tree_at user, bool open)
{
	struct value *v = value_add_object(o->m, o->list), *candidates = value_array(o->m);
	const char *s = state(o, path, old, new, user, open, candidates);

	value_set_string(v, "path", path);
	value_set_string(v, "state", s);
	value_set_string(v, "value", tree_text(o->m, user));
	value_set_string(v, "from", tree_text(o->m, old));
	value_set_string(v, "to", tree_text(o->m, new));
	if (!strcmp(s, "type-changed")) {
		value_set_string(v, "from_type", old.ref ? tree_type(old) : NULL);
		value_set_string(v, "to_type", tree_type(new));
	}
	if (value_count(candidates))
		value_set(v, "candidates", candidates);
}

static struct tree_at
child(struct tree_at map, const char *key)
{
	return map.ref && !strcmp(tree_type(map), "map") ? tree_get(map, key) :
							   (struct tree_at){ 0 };
}

/* OPEN: the chart leaves this place to the user (an empty map, or null), so any key lives. */
static void
walk(struct overrides *o, const char *path, struct tree_at old, struct tree_at new,
    struct tree_at user, bool open, int depth)
{
	struct tree_key *keys;
	size_t n = !strcmp(tree_type(user), "map") && depth < 50 ? tree_keys(o->m, user, &keys) : 0;
	struct tree_key *theirs;

	if (!n || (new.ref && strcmp(tree_type(new), "map") && strcmp(tree_type(new), "null"))) {
		leaf(o, path, old, new, user, open);
		return;
	}
	open = open ||
	    (new.ref &&*path &&
		(!strcmp(tree_type(new), "null") || !tree_keys(o->m, new, &theirs)));
	for (size_t i = 0; i < n; i++)
		walk(o, path_join(o->m, path, keys[i].key), child(old, keys[i].key),
		    child(new, keys[i].key), keys[i].value, open, depth + 1);
}

int
diff_overrides(struct mem *m, const struct diff_side *old, const struct diff_side *new,
    const char *path, struct value *result, struct err *e)
{
	struct overrides o = { .m = m, .new = new };
	const struct diff_file *a = values_of(old), *b = values_of(new);
	struct site_file *user = site_read(m, path, e);

	if (!user)
		return -1;
	if (!a || !b || !user->yaml) {
		err_set(e, FAIL_TROUBLE, "no-values", "%s: there are no values to override",
		    !a   ? old->what
		    : !b ? new->what
			 : path);
		return err_hint(e, "give two values files, or two charts");
	}
	o.old_root = root(a->yaml);
	o.new_root = root(b->yaml);
	o.list = value_set_array(m, result, "overrides");
	if (root(user).ref)
		walk(&o, "", o.old_root, o.new_root, root(user), false, 0);
	return 0;
}
