/* included - what psql's \i and \ir bring into a migration: it is as much of it as its own text.
 * Behind dir.h only. */
#ifndef MIGRATE_INCLUDED_H
#define MIGRATE_INCLUDED_H

#include "migrate/dir.h"

/* Set FILE's digest of what its way up includes, in MEM; TEXT is the whole file, with a NUL behind
 * it. -1, and WHY, when some of it cannot be read: then the digest is one that no readable text
 * has. */
int migrate_find_included(struct mem *, struct migrate_file *, char *text, size_t len, char *why,
    size_t size);

#endif
