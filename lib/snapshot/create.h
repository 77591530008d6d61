/* create - makes what a dump's schema holds. */
#ifndef SNAPSHOT_CREATE_H
#define SNAPSHOT_CREATE_H

#include "snapshot/load.h"
#include "snapshot/toc.h"

/* Run N entries in their order on PG, but long runs of tables at the same time on the connections
 * of the COUNT loaders: the server waits for the disk for each of their indexes. */
int create_run(struct pg *, void *const *loader, size_t count, const struct toc_entry *const *entry,
    size_t n, struct err *);

#endif
