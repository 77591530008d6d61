/* entry - makes an index or a constraint, or what can be had of it. */
#ifndef SNAPSHOT_ENTRY_H
#define SNAPSHOT_ENTRY_H

#include "snapshot/restore.h"
#include "snapshot/toc.h"

/* Make T, at the same time as others are made. What no server can make again must not keep anyone
 * from his rows: it is told, and left; or made NOT VALID, where rows were against a foreign key
 * before. But on trial that is an error. */
int entry_make(struct pg *, const struct restore *, const struct toc_entry *t, struct err *);

#endif
