/* diff - what differs between two files, directories, charts or git revisions, and of which class
 * it is. */
#ifndef DIFF_H
#define DIFF_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "manifest/site.h"

/* One side of the comparison. */
struct diff_file {
	const char *name;               /* within the side; "" for a single file */
	char *text;
	size_t len;
	struct site_file *yaml;         /* NULL: compared as text */
};

struct diff_side {
	const char *what;               /* as given */
	struct diff_file *file;         /* sorted by name */
	size_t count, room;
};

/* FILE, DIRECTORY or git:REV:PATH. */
int diff_load(struct mem *, const char *what, struct diff_side *, struct err *);

/* Fill RESULT: files[], changes[] {file, path, change, class, from, to, …}, counts, structure
 * ("same" or "differs"). */
int diff_compare(struct mem *, const struct diff_side *old, const struct diff_side *new,
    struct value *result, struct err *);

/* Fill RESULT's overrides[]: what becomes of each key that the file at PATH sets: {path, state,
 * value, from, to, candidates}. */
int diff_overrides(struct mem *, const struct diff_side *old, const struct diff_side *new,
    const char *path, struct value *result, struct err *);

#endif
