/* batch - many small migrations in one message to the server, each still in its own transaction. */
#ifndef MIGRATE_BATCH_H
#define MIGRATE_BATCH_H

#include "migrate/apply.h"

/* Apply the first few of ENTRY (COUNT of them, all due) in one message; *DONE says how many are
 * applied now. It is less than COUNT where one needs care (none then, if it is the first) or failed
 * and was rolled back: that one is for migrate_apply_entry. Their commits may not be on disk yet:
 * migrate_batch_end. Errors: "cancelled", "connection-lost"; *DONE counts then, too. */
int migrate_batch_apply(struct migrate_apply *, const struct migrate_entry *const *entry,
    size_t count, size_t *done, struct err *);
/* After the last of them, or the failure: wait until all commits are on the server's disk. */
int migrate_batch_end(struct migrate_apply *, struct err *);

#endif
