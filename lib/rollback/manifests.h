/* manifests - evidence from two trees of manifests: manifest-diff is run on them, and its record
 * taken in. */
#ifndef ROLLBACK_MANIFESTS_H
#define ROLLBACK_MANIFESTS_H

#include "core/err.h"
#include "core/mem.h"
#include "rollback/evidence.h"

int manifests_compare(struct mem *, struct evidence *, const char *old, const char *new,
    struct err *);

#endif
