/* rename - renames that were named on the command line: done on a scratch copy first, so that only the rest differs. */
#ifndef SCHEMA_RENAME_H
#define SCHEMA_RENAME_H

#include "schema/ddl.h"
#include "schema/source.h"

/* One of them, "public.note.body=text": what has that id gets that name. */
struct rename {
	const struct model_object *object;
	const char *name, *sql;
};

struct renames {
	struct rename *item;
	size_t count;
};

/* Resolve the SPECS against FROM. Errors: "usage" for one that is malformed or names nothing. */
int rename_resolve(struct mem *, const char *const *specs, size_t count, const struct model *from, struct renames *, struct err *);
/* AFTER becomes FROM with the renames done, on a scratch copy. */
int rename_apply(struct source_set *, const struct source *from, const struct renames *, const struct model_filter *, struct source *after,
    struct err *);
/* Tell the renames in the difference, and put their statements before the others. */
void rename_tell(struct diff *, const struct renames *);
void rename_prepend(struct ddl *, const struct renames *);

#endif
