/* index - the invalid index that a failed CREATE INDEX or REINDEX CONCURRENTLY leaves. Behind
 * apply.h only. */
#ifndef MIGRATE_INDEX_H
#define MIGRATE_INDEX_H

#include "migrate/apply.h"

/* Is it a statement … CONCURRENTLY? */
bool migrate_index_is_concurrent(const struct migrate_script *, const struct sql_statement *);
/* Drop the indexes that PIECE would build, if they are there, invalid, and nobody is building
 * them. */
int migrate_index_clear(struct migrate_apply *, const struct migrate_script *,
    const struct sql_statement *, struct err *);

#endif
