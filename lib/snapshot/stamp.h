/* stamp - the time in an archive's name, "20261120T174009Z" as clock_stamp writes it. */
#ifndef SNAPSHOT_STAMP_H
#define SNAPSHOT_STAMP_H

#include <stdbool.h>

enum { STAMP_LEN = 16 };

/* Does FILE begin as NAME, but that the digits of the time, which stands at STAMP in NAME (NULL: it
 * holds none), may be others? */
bool stamp_alike(const char *file, const char *name, const char *stamp);

#endif
