/* place - where archives lie and what they are called. */
#ifndef SNAPSHOT_PLACE_H
#define SNAPSHOT_PLACE_H

#include "core/err.h"
#include "core/mem.h"
#include "snapshot/writer.h"

/* The absolute path of a new archive. OUTPUT: a directory (there already, or written with a trailing slash: then it
 * is made), in which it is called NAME-STAMP.tar.zst; or a file; NULL: the working directory. */
char *place_choose(struct mem *, const char *output, const char *name, const char *stamp, struct err *);
/* Begin to write the archive PATH, of place_choose. Temporary files that killed runs left for archives of this name
 * (its stamp apart) are removed; while a living run writes one: "busy". */
struct writer *place_begin(struct mem *, const char *path, int level, struct err *);

#endif
