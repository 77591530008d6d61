/* moment - when entries of a dump are run. */
#ifndef SNAPSHOT_MOMENT_H
#define SNAPSHOT_MOMENT_H

#include "snapshot/toc.h"

/* Behind all else: views are filled one by one; what an event trigger does, it would do to all that
 * follows. */
enum moment { NOW, FILLING, AT_THE_END };

/* Those of the entries FROM to TO of T that come at that moment, in their order. */
const struct toc_entry **moment_select(struct mem *, const struct toc *t, size_t from, size_t to,
    enum moment, size_t *count);

#endif
