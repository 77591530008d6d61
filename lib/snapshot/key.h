/* key - makes a primary key or a unique constraint in two steps, of which the long one lets others
 * at the table. */
#ifndef SNAPSHOT_KEY_H
#define SNAPSHOT_KEY_H

#include "snapshot/toc.h"

/* If T adds such a constraint, its INDEX and the CONSTRAINT that uses it. False: it does not, or
 * has options that only the whole statement can have. */
bool key_split(struct mem *, const struct toc_entry *t, struct toc_entry *index,
    struct toc_entry *constraint);

#endif
