/* take - takes all stores of one snapshot, as close together as can be. */
#ifndef SNAPSHOT_TAKE_H
#define SNAPSHOT_TAKE_H

#include "snapshot/store.h"

struct take {
	struct store *store;
	size_t count, room;
};

/* Add the store that the option --OPTION=TEXT of snapshot names: "pg" (TEXT NULL: what the
 * environment names), "dir", "exec", or one of exec's presets. "usage" for what cannot be,
 * "not-found" for a program that is not there. */
int take_add(struct mem *, struct take *, const char *option, const char *text, struct err *);
/* "NAME=COMMAND": what loads a store of a command again. */
int take_set_restore(struct mem *, struct take *, const char *text, struct err *);
/* "[NAME=]CONNECTION": the name alone in *NAME (NULL: none); returns the connection. */
const char *take_split(struct mem *, const char *text, const char **name);
/* Connect, look. Then every store has its name. */
int take_open(struct mem *, struct take *, const struct store_taking *, struct err *);
/* Fix the point in time of all. */
int take_freeze(struct mem *, struct take *, const struct store_taking *, struct err *);
/* Take them, and finish the archive with MANIFEST, to which they are added. */
int take_all(struct mem *, struct take *, const struct store_taking *, struct value *manifest,
    struct err *);
/* It has failed: leave nothing behind that is not the archive's. */
void take_undo(struct take *);
/* What the record tells of the stores: the list "stores" of RESULT. */
void take_describe(struct mem *, const struct take *, struct value *result);

#endif
