/* tree - the files of a source tree, read by several threads. */
#ifndef ROLLBACK_TREE_H
#define ROLLBACK_TREE_H

#include <stddef.h>

#include "core/err.h"

/* Call SEE for each file that is not empty, with its path below ROOT, from any of several threads
 * at once. Links are not followed, version control's folders are left out. Ends with SEE's first
 * error. */
int tree_each(const char *root,
    int (*see)(void *, const char *path, const char *bytes, size_t len, struct err *), void *,
    struct err *);

#endif
