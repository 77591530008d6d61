/* tree - compares two YAML trees by what they say: the order of keys, comments and quotes are no
 * difference. */
#ifndef TREE_H
#define TREE_H

#include "core/mem.h"
#include "manifest/site.h"

/* A node of a file; ref 0 is "none". */
struct tree_at {
	const struct site_file *file;
	yaml_ref ref;
};

enum tree_difference { TREE_ADDED, TREE_REMOVED, TREE_CHANGED, TREE_TYPE };

/* Called for each difference, the topmost node of an added or removed part. */
typedef void tree_differs(void *arg, enum tree_difference, const char *path, struct tree_at old,
    struct tree_at new);

/* All documents of two files: Kubernetes objects by kind, namespace and name, others by their
 * number. */
void tree_compare_files(struct mem *, const struct site_file *old, const struct site_file *new,
    tree_differs *, void *arg);

bool tree_equal(struct tree_at, struct tree_at);
/* The value of KEY in a map: its own, or one that << merges in. */
struct tree_at tree_get(struct tree_at map, const char *key);
/* "map", "list", "string", "number", "bool", "null" */
const char *tree_type(struct tree_at);
/* A scalar's value, or a short rendering of a map or list. */
char *tree_text(struct mem *, struct tree_at);

/* A map's keys with those that << merges in, sorted. */
struct tree_key {
	char *key;
	struct tree_at value;
	size_t order;           /* in the text; the map's own come before merged ones */
};
size_t tree_keys(struct mem *, struct tree_at map, struct tree_key **);

#endif
