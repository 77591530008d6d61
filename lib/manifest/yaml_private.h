/* yaml_private - what a struct yaml is made of. */
#ifndef YAML_PRIVATE_H
#define YAML_PRIVATE_H

#include "manifest/yaml.h"

enum { YAML_FAR = (1 << 22) - 1 };      /* the size of a scalar that is too long for a node */

/* A value that is not the bytes between the quotes. */
struct yaml_stored {
	yaml_ref node;
	char *value;
	size_t len;
};

/* What an alias stands for, or how long a long scalar is. */
struct yaml_fact {
	yaml_ref node;
	uint32_t fact;
};

struct yaml_anchor {
	char *name;
	yaml_ref node;
};

struct yaml {
	struct mem *m;
	const char *text;
	size_t len;
	struct yaml_node *nodes;
	size_t count, room;
	/* these in the order of their nodes */
	struct yaml_stored *stored;
	size_t stored_count, stored_room;
	struct yaml_fact *aliases;
	size_t alias_count, alias_room;
	struct yaml_fact *far;
	size_t far_count, far_room;
	struct yaml_anchor *anchors;
	size_t anchor_count, anchor_room;
};

#endif
