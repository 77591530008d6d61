/* yaml_node.c - the nodes of a YAML stream, and what they say. */
#include <string.h>

#include "manifest/yaml_private.h"

static bool
quoted(const struct yaml_node *n)
{
	return n->style == YAML_SINGLE || n->style == YAML_DOUBLE;
}

const char *
yaml_text(const struct yaml *y, size_t *len)
{
	*len = y->len;
	return y->text;
}

size_t
yaml_count(const struct yaml *y)
{
	return y->count;
}

const struct yaml_node *
yaml_node(const struct yaml *y, yaml_ref ref)
{
	return &y->nodes[ref];
}

/* The fact about NODE, which is in the list. */
static uint32_t
fact_of(const struct yaml_fact *list, size_t count, yaml_ref node)
{
	size_t low = 0;

	while (count - low > 1) {
		size_t mid = low + (count - low) / 2;

		if (list[mid].node <= node)
			low = mid;
		else
			count = mid;
	}
	return list[low].fact;
}

size_t
yaml_end(const struct yaml *y, yaml_ref ref)
{
	const struct yaml_node *n = &y->nodes[ref];

	return n->start + (n->size == YAML_FAR ? fact_of(y->far, y->far_count, ref) : n->size);
}

yaml_ref
yaml_child(const struct yaml *y, yaml_ref parent)
{
	return parent + 1 < y->count && y->nodes[parent + 1].parent == parent ? parent + 1 : 0;
}

yaml_ref
yaml_key_of(const struct yaml *y, yaml_ref value)
{
	yaml_ref parent = y->nodes[value].parent;

	if (y->nodes[parent].kind != YAML_MAP)
		return 0;
	/* a plain key stands right in front of it */
	if (y->nodes[value - 1].parent == parent && y->nodes[value - 1].next == value)
		return value - 1;
	for (yaml_ref k = yaml_child(y, parent); k; k = y->nodes[y->nodes[k].next].next)
		if (y->nodes[k].next == value)
			return k;
	return 0;
}

yaml_ref
yaml_get(const struct yaml *y, yaml_ref map, const char *key)
{
	if (!map || y->nodes[map].kind != YAML_MAP)
		return 0;
	for (yaml_ref k = yaml_child(y, map); k; k = y->nodes[y->nodes[k].next].next)
		if (yaml_is(y, k, key))
			return y->nodes[k].next;
	return 0;
}

yaml_ref
yaml_resolve(const struct yaml *y, yaml_ref ref)
{
	return y->nodes[ref].kind == YAML_ALIAS ? fact_of(y->aliases, y->alias_count, ref) : ref;
}

static const struct yaml_stored *
find_stored(const struct yaml *y, yaml_ref ref)
{
	size_t low = 0, high = y->stored_count;

	while (low + 1 < high) {
		size_t mid = (low + high) / 2;

		if (y->stored[mid].node <= ref)
			low = mid;
		else
			high = mid;
	}
	return &y->stored[low];
}

const char *
yaml_value(const struct yaml *y, yaml_ref ref, size_t *len)
{
	const struct yaml_node *n = &y->nodes[ref];
	size_t q = quoted(n);

	if (!ref || n->kind != YAML_SCALAR)
		return NULL;
	if (n->stored) {
		const struct yaml_stored *s = find_stored(y, ref);

		*len = s->len;
		return s->value;
	}
	*len = yaml_end(y, ref) - n->start - 2 * q;
	return y->text + n->start + q;
}

bool
yaml_is(const struct yaml *y, yaml_ref ref, const char *word)
{
	size_t len;
	const char *v = yaml_value(y, ref, &len);

	return v && len == strlen(word) && !memcmp(v, word, len);
}

char *
yaml_string(struct mem *m, const struct yaml *y, yaml_ref ref)
{
	size_t len;
	const char *v = yaml_value(y, ref, &len);

	return v ? mem_dup(m, v, len) : NULL;
}

static size_t
count_before(const char *s, size_t len, const char *what, size_t n, size_t until)
{
	size_t count = 0;

	for (size_t i = 0; i + n <= len && i < until; i++)
		count += !memcmp(s + i, what, n);
	return count;
}

bool
yaml_locate(const struct yaml *y, yaml_ref ref, size_t offset, size_t len, size_t *at)
{
	const struct yaml_node *n = yaml_node(y, ref);
	size_t size, before, all, end = yaml_end(y, ref) - n->start;
	const char *v = yaml_value(y, ref, &size), *text = yaml_text(y, &all),
		   *raw = text + n->start;

	if (!v || offset + len > size)
		return false;
	if (!n->stored) {
		*at = (size_t)(v - text) + offset;
		return true;
	}
	/* escapes or folding around it: the same occurrence of the same bytes */
	if (!len)
		return false;
	before = count_before(v, size, v + offset, len, offset);
	for (size_t i = 0; i + len <= end; i++)
		if (!memcmp(raw + i, v + offset, len) && !before--) {
			*at = n->start + i;
			return true;
		}
	return false;
}
