/* mask - makes a Helm template readable as YAML without moving a byte. */
#ifndef MASK_H
#define MASK_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"

/* A copy of TEXT with each {{…}} filled: by blanks where it stands alone on its lines, else by
 * letters. NULL when there is none. */
char *mask_template(struct mem *, const char *text, size_t len);

#endif
