/* load - threads that copy rows from frames of an archive into tables, and count what arrived. */
#ifndef SNAPSHOT_LOAD_H
#define SNAPSHOT_LOAD_H

#include "snapshot/pool.h"
#include "snapshot/restore.h"

/* Start loading all tables of STORE into DATABASE. Wait with pool_wait. */
struct pool *load_start(struct mem *, const struct restore *, const struct value *store, const char *spec,
    const char *database, struct err *);
/* Compare what DATABASE holds now with the manifest: FAIL_NO "mismatch". */
int load_check(const struct restore *, const struct value *store, const char *spec, const char *database,
    struct err *);
/* Statistics of all tables. */
int load_analyze(const struct restore *, const struct value *store, const char *spec, const char *database,
    struct err *);

#endif
