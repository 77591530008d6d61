/* fill - loads a store into an empty database: schema, then rows and indexes side by side, then all
 * else. */
#ifndef SNAPSHOT_FILL_H
#define SNAPSHOT_FILL_H

#include "snapshot/restore.h"

/* Fill DATABASE of the server SPEC with STORE (its part of the manifest), comparing its rows with
 * the manifest: FAIL_NO "mismatch". SECONDS tells how long each part took. */
int fill_database(const struct restore *, const struct value *store, const char *spec,
    const char *database, struct value *seconds, struct err *);

#endif
