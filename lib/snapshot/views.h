/* views - what is made of rows when all are there: materialized views, statistics of parents. */
#ifndef SNAPSHOT_VIEWS_H
#define SNAPSHOT_VIEWS_H

#include <stdbool.h>

#include "snapshot/restore.h"
#include "snapshot/toc.h"

/* Does it fill a materialized view? */
bool views_is_filling(const struct toc_entry *);
/* Fill those of the toc. One that cannot be filled is told: a view of what is not here now (another
 * server) must not keep anyone from all the rest. PATH: the database's own search_path, or NULL. */
int views_fill(struct pg *, const struct restore *, const struct toc *, const char *path,
    struct err *);
/* Statistics of materialized views, and of all that is below a parent, which for partitions nobody
 * makes by itself; but not where they would be made on another server. */
int views_analyze(struct pg *, struct err *);

#endif
