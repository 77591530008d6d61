/* tree - sums up a directory tree, so that two can be compared: names, types, modes, contents; not
 * owners. */
#ifndef SNAPSHOT_TREE_H
#define SNAPSHOT_TREE_H

#include <sys/stat.h>

#include "core/err.h"
#include "core/mem.h"
#include "snapshot/rows.h"

enum { TREE_BODY = 17 };

/* The body of a regular file, whose bytes were all given to CONTENT as one part. Returns TEXT. */
char *tree_body(struct rows *content, char text[TREE_BODY]);
/* Add the entry REL. BODY: that of a file, where a symbolic link points, "=" for another name of a
 * file that was added already, else "". */
void tree_add(struct rows *, const char *rel, const struct stat *, const char *body);
/* Names in the directory FD, sorted, *COUNT of them; NULL on error. */
char **tree_names(struct mem *, int fd, size_t *count, struct err *);
/* Bytes in all files below PATH, as far as they can be seen. */
int64_t tree_bytes(const char *path);
/* All of PATH, with the directory itself as "". Sockets are left out. */
int tree_sum(const char *path, struct rows *, struct err *);

#endif
