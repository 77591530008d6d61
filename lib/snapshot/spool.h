/* spool - output of a child that goes into the archive: kept in a nameless file until its size is
 * known. */
#ifndef SNAPSHOT_SPOOL_H
#define SNAPSHOT_SPOOL_H

#include "snapshot/store.h"

/* Where temporary files go: $TMPDIR, else /tmp. */
const char *spool_directory(void);
/* A nameless file in DIRECTORY, for reading and writing, -1 on error. It is closed with MEM. */
int spool_open(struct mem *, const char *directory, struct err *);
/* All of FD as the member BELOW of the store. */
int spool_add(int fd, const char *below, const struct store *, const struct store_taking *,
    struct err *);

#endif
