/* rename - what has another name now: named on the command line, or found by identity where both
 * sides come from one history. Done on a scratch copy first, so that only the rest differs. */
#ifndef SCHEMA_RENAME_H
#define SCHEMA_RENAME_H

#include "schema/ddl.h"
#include "schema/source.h"

/* One of them, "public.note.body=text": what has that id gets that name. */
struct rename {
	const struct model_object *object; /* as it was */
	const struct model_object *to;     /* as it is, NULL: to be looked for by its name */
	const char *label;         /* of that enum, this label, quoted; NULL: the object itself */
	const char *schema, *name; /* SCHEMA NULL: the one it is in */
	const char *aside,
	    *sql; /* ASIDE, before all others, when another one still has the name; or NULL */
	bool makes_schema; /* the schema is made for it */
};

struct renames {
	struct rename *item;
	size_t count, room;
};

/* Resolve the SPECS against FROM; a table can be called as an earlier one of them calls it, too. A
 * label of an enum is called as a column of a table is. Errors: "usage" for one that is malformed
 * or names nothing. */
int rename_resolve(struct mem *, const char *const *specs, size_t count, const struct model *from,
    struct renames *, struct err *);
/* What is the same thing in both, by the numbers that the server gave it, and has another name or
 * schema. TO was made upon a copy of FROM. */
int rename_identify(struct source_set *, const struct source *from, const struct source *to,
    struct renames *, struct err *);
/* AFTER becomes FROM with the renames done, on a scratch copy. Those that were identified and that
 * the server does not take (another thing has the name, and goes) are taken out. */
int rename_apply(struct source_set *, const struct source *from, struct renames *,
    const struct model_filter *, struct source *after, struct err *);
/* The same, item by item: may this kind have another name; one more, its name as SQL writes it;
 * then the statements of all. */
bool rename_can(enum model_kind);
struct rename *rename_add(struct mem *, struct renames *, const struct model_object *,
    const char *label, const char *name);
void rename_write(struct mem *, const struct model *from, struct renames *);
/* What a schema is called after the renames so far: those of schemas come first. */
const char *rename_schema_after(const struct renames *, const char *schema);
/* Tell the renames in the difference, and put their statements before the others. */
void rename_tell(struct diff *, const struct renames *);
void rename_prepend(struct ddl *, const struct renames *);

#endif
