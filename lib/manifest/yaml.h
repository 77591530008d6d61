/* yaml - where every scalar of a YAML stream stands, byte by byte: the one door to libyaml, events
 * only. */
#ifndef YAML_DOOR_H
#define YAML_DOOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

enum yaml_kind { YAML_DOCUMENT, YAML_MAP, YAML_LIST, YAML_SCALAR, YAML_ALIAS };
enum yaml_style { YAML_PLAIN, YAML_SINGLE, YAML_DOUBLE, YAML_LITERAL, YAML_FOLDED };

/* A place in struct yaml: nodes are numbered in the order of the text; 0 is "none". */
typedef uint32_t yaml_ref;

/* Small on purpose: a file of 8 MB has a million. */
struct yaml_node {
	/* byte of the text; a scalar's without its anchor and tag, quotes included */
	uint32_t start;
	yaml_ref parent;
	yaml_ref next; /* child of the parent; a map's children are key, value, key, value */
	uint32_t size : 22;     /* of a scalar, for yaml_end */
	uint32_t kind : 3, style : 3;
	/* the value is not the bytes between the quotes: escapes, folding */
	uint32_t stored : 1;
	uint32_t tagged : 1, anchored : 1;
};

struct yaml;

enum { YAML_DEPTH = 200, YAML_SIZE = 256 << 20 };

/* Read TEXT, which must outlive the result. Aliases are not expanded. Refuses, with line and
 * column: UTF-16, NUL, bytes that are not UTF-8, whatever libyaml refuses, nesting deeper than
 * YAML_DEPTH, unknown aliases. */
struct yaml *yaml_read(struct mem *, const char *text, size_t len, struct err *);

const char *yaml_text(const struct yaml *, size_t *len);
size_t yaml_count(const struct yaml *);                 /* one more than the last node */
const struct yaml_node *yaml_node(const struct yaml *, yaml_ref);
/* The byte behind a scalar. */
size_t yaml_end(const struct yaml *, yaml_ref);

/* Documents are children of node 0, their root their only child (0 when empty). */
yaml_ref yaml_child(const struct yaml *, yaml_ref parent);      /* the first one, or 0 */
/* The key of a map's value, or 0. */
yaml_ref yaml_key_of(const struct yaml *, yaml_ref value);
/* The value of KEY in a map (aliases not followed), or 0. */
yaml_ref yaml_get(const struct yaml *, yaml_ref map, const char *key);
/* NODE, or what it stands for when it is an alias. */
yaml_ref yaml_resolve(const struct yaml *, yaml_ref node);

/* The value of a scalar, not NUL-terminated; NULL for others. */
const char *yaml_value(const struct yaml *, yaml_ref, size_t *len);
bool yaml_is(const struct yaml *, yaml_ref, const char *word);
/* A copy in MEM; NULL when NODE is not a scalar. */
char *yaml_string(struct mem *, const struct yaml *, yaml_ref);
/* Would a plain TEXT be read as something else than a string: number, date, bool, null? */
bool yaml_is_typed(const char *text, size_t len);

/* Where the LEN bytes at OFFSET of a scalar's value stand in the text; false when they do not stand
 * there as such. */
bool yaml_locate(const struct yaml *, yaml_ref, size_t offset, size_t len, size_t *at);

/* Where the lines of a TEXT of up to 4 GB begin, which stays the caller's. */
struct yaml_lines *yaml_lines(struct mem *, const char *text, size_t len);
/* 1-based; the column counts characters. */
void yaml_place(const struct yaml_lines *, size_t at, size_t *line, size_t *column);
/* Set the error "LINE:COLUMN: WHAT", bad input; -1. */
int yaml_refuse(const char *text, size_t at, const char *what, struct err *);
/* UTF-8 without NUL? *ASCII tells that there is nothing else. */
int yaml_check_encoding(const char *text, size_t len, bool *ascii, struct err *);

/* Is AFTER the same as BEFORE but for the scalar AT, whose value is now VALUE, and a text that is
 * DELTA bytes longer from its end on? -1 with FAIL_TROUBLE "verify" when not. COUNT scalars may
 * differ; they are given in the order of the text. */
struct yaml_change {
	yaml_ref node;
	const char *value;      /* the whole value that is expected now */
	long delta;             /* how many bytes longer the scalar became */
};
int yaml_verify(const struct yaml *before, const char *after, size_t len,
    const struct yaml_change *, size_t count, struct err *);

#endif
