/* inodes - remembers files that have several names. */
#ifndef SNAPSHOT_INODES_H
#define SNAPSHOT_INODES_H

#include <sys/stat.h>

#include "core/mem.h"

struct inodes;

struct inodes *inodes_new(struct mem *);
/* The name under which the file was added; NULL: it was not. */
const char *inodes_find(const struct inodes *, const struct stat *);
/* It is called NAME. */
void inodes_add(struct inodes *, const struct stat *, const char *name);

#endif
