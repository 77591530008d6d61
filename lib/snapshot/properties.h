/* properties - what belongs to a database as a whole and is in no dump of its contents. */
#ifndef SNAPSHOT_PROPERTIES_H
#define SNAPSHOT_PROPERTIES_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

/* Give DATABASE the owner, grants, settings, comment and connection limit that STORE (of the
 * manifest) had. What the server or our role does not allow is told by SAY and left. */
int properties_apply(struct mem *, const struct value *store, const char *spec,
    const char *database, void (*say)(void *, const char *), void *arg, struct err *);
/* The search_path that its own settings have, as they are stored, or NULL. */
const char *properties_path(const struct value *store);
/* S as a value in a connection string. */
char *properties_conninfo(struct mem *, const char *s);

#endif
