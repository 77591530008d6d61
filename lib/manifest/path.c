/* path.c - names a node of a YAML tree, and finds it again. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "manifest/finder.h"

struct step {
	/* KEY alone: a key or an index; with VALUE: the item whose KEY has it */
	char *key, *value;
	bool predicate;
};

/* Text up to one of STOP, with \x, "…" and '…' taken off; *AT moves behind it. */
static char *
word(struct mem *m, const char **at, const char *stop)
{
	struct mem_text t = { .m = m };
	char quote = 0;
	const char *s = *at;

	mem_text_add(&t, "", 0);
	for (; *s && (quote || !strchr(stop, *s)); s++) {
		if (quote ? *s == quote : (*s == '"' || *s == '\'') && (!t.len || s == *at)) {
			quote = quote ? 0 : *s;
			continue;
		}
		if (*s == '\\' && s[1])
			s++;
		mem_text_add(&t, s, 1);
	}
	*at = s;
	return quote ? NULL : t.text;
}

/* Take the next step off *PATH. 0: done, 1: there is one, -1: malformed. */
static int
next_step(struct mem *m, const char **path, struct step *st)
{
	bool bracket;

	*st = (struct step){ 0 };
	*path += **path == '.';
	if (!**path)
		return 0;
	bracket = **path == '[';
	*path += bracket;
	if (!(st->key = word(m, path, bracket ? "=]" : ".[")))
		return -1;
	if (bracket && **path == '=') {
		++*path;
		st->predicate = true;
		if (!(st->value = word(m, path, "]")))
			return -1;
	}
	if (bracket && **path != ']')
		return -1;
	*path += bracket;
	return 1;
}

static yaml_ref
item(const struct yaml *y, yaml_ref list, const struct step *st)
{
	char *end;
	unsigned long index = strtoul(st->key, &end, 10), i = 0;

	for (yaml_ref at = yaml_child(y, list); at; at = yaml_node(y, at)->next, i++) {
		yaml_ref real = yaml_resolve(y, at);

		if (st->predicate ?
			yaml_is(y, yaml_resolve(y, yaml_get(y, real, st->key)), st->value) :
			!*end && end != st->key && i == index)
			return at;
	}
	return 0;
}

int
path_resolve(const struct yaml *y, yaml_ref root, const char *path, yaml_ref *node, yaml_ref *user,
    struct err *e)
{
	MEM_SCOPE(m);
	const char *p = path;
	yaml_ref at = root;
	struct step st;
	int more;

	*node = *user = 0;
	while ((more = next_step(m, &p, &st)) > 0) {
		if (!at)
			continue;
		if (yaml_node(y, at)->kind == YAML_ALIAS)
			*user = at;
		at = yaml_resolve(y, at);
		if (yaml_node(y, at)->kind == YAML_LIST)
			at = item(y, at, &st);
		else
			at = st.predicate ? 0 : yaml_get(y, at, st.key);
	}
	if (more < 0) {
		err_set(e, FAIL_TROUBLE, "usage", "--path %s: cannot be read at '%s'", path, p);
		return err_hint(e,
		    "steps are key, [name=value], [0] and ['a key with dots'], parted by dots");
	}
	if (at && yaml_node(y, at)->kind == YAML_ALIAS)
		*user = at;
	*node = at ? yaml_resolve(y, at) : 0;
	return 0;
}

char *
path_join(struct mem *m, const char *path, const char *key)
{
	if (*key && !strpbrk(key, ".[]\"'\\="))
		return mem_fmt(m, "%s%s%s", path, *path ? "." : "", key);
	return mem_fmt(m, strchr(key, '\'') ? "%s[\"%s\"]" : "%s['%s']", path, key);
}

static void
add_key(struct mem *m, struct mem_text *t, const struct yaml *y, yaml_ref key)
{
	char *s = key ? yaml_string(m, y, key) : NULL, *joined = path_join(m, t->text, s ? s : "?");

	t->len = 0;
	mem_text_add(t, joined, strlen(joined));
}

/* Is NODE the only one in LIST of that name? */
static bool
is_only(const struct yaml *y, yaml_ref list, yaml_ref node, const char *name)
{
	for (yaml_ref at = yaml_child(y, list); at; at = yaml_node(y, at)->next)
		if (at != node && yaml_is(y, yaml_get(y, at, "name"), name))
			return false;
	return true;
}

static void
add_index(struct mem *m, struct mem_text *t, const struct yaml *y, yaml_ref list, yaml_ref node)
{
	char *name = yaml_string(m, y, yaml_get(y, node, "name"));
	size_t i = 0;

	/* a row of x is what a mask filled in, and a name with a colon is an image, whose tag is
	 * not there to stay */
	if (name && !strpbrk(name, "[]\"'\\:") && !strstr(name, "xxxxx") &&
	    is_only(y, list, node, name)) {
		mem_text_fmt(t, "[name=%s]", name);
		return;
	}
	for (yaml_ref at = yaml_child(y, list); at && at != node; at = yaml_node(y, at)->next)
		i++;
	mem_text_fmt(t, "[%zu]", i);
}

static void
add_path(struct mem *m, struct mem_text *t, const struct yaml *y, yaml_ref node)
{
	yaml_ref parent = yaml_node(y, node)->parent;

	if (!parent || yaml_node(y, parent)->kind == YAML_DOCUMENT)
		return;
	add_path(m, t, y, parent);
	if (yaml_node(y, parent)->kind == YAML_LIST)
		add_index(m, t, y, parent, node);
	else
		add_key(m, t, y, yaml_key_of(y, node));
}

char *
path_of(struct mem *m, const struct yaml *y, yaml_ref node)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "", 0);
	add_path(m, &t, y, node);
	return t.text;
}

/* A word of the text, which is not NUL-terminated. */
struct word {
	const char *text;
	size_t len;
};

static int
by_word(const void *a, const void *b)
{
	const struct word *x = a, *y = b;
	int c = x->len == y->len ? 0 : x->len < y->len ? -1 : 1;

	return c ? c : memcmp(x->text, y->text, x->len);
}

/* Does any word stand twice among the keys of MAP? */
static bool
repeats(const struct yaml *y, yaml_ref map)
{
	MEM_SCOPE(m);
	struct word *words = NULL, w;
	size_t count = 0, room = 0;

	for (yaml_ref k = yaml_child(y, map); k; k = yaml_node(y, yaml_node(y, k)->next)->next)
		if ((w.text = yaml_value(y, k, &w.len))) {
			mem_grow(m, &words, count, &room, sizeof w);
			words[count++] = w;
		}
	if (count)
		qsort(words, count, sizeof w, by_word);
	for (size_t i = 1; i < count; i++)
		if (!by_word(&words[i - 1], &words[i]))
			return true;
	return false;
}

/* Does KEY's word stand before in its map? */
static bool
stands_twice(const struct yaml *y, yaml_ref map, yaml_ref key)
{
	size_t len, other;
	const char *word_at = yaml_value(y, key, &len), *v;

	for (yaml_ref k = yaml_child(y, map); word_at && k;
	     k = yaml_node(y, yaml_node(y, k)->next)->next)
		if (k != key && (v = yaml_value(y, k, &other)) && other == len &&
		    !memcmp(v, word_at, len))
			return true;
	return false;
}

/* The same; where no word of MAP does, CLEAN remembers that. */
static bool
stands_twice_yet(const struct yaml *y, yaml_ref map, yaml_ref key, struct seen *clean,
    const char *file)
{
	MEM_SCOPE(m);
	const char *number = mem_fmt(m, "%zu", (size_t)map);

	if (seen_has(clean, file, number))
		return false;
	if (repeats(y, map))
		return stands_twice(y, map, key);
	seen_add(clean, file, number, "", 0);
	return false;
}

yaml_ref
path_duplicate(const struct yaml *y, yaml_ref node, struct seen *clean, const char *file)
{
	for (; node; node = yaml_node(y, node)->parent) {
		yaml_ref key = yaml_key_of(y, node), map = yaml_node(y, node)->parent;

		if (key && (clean ? stands_twice_yet(y, map, key, clean, file) :
				    stands_twice(y, map, key)))
			return key;
	}
	return 0;
}
