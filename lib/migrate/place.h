/* place - where in a file an error is: line, column, the line itself with a caret under it. */
#ifndef MIGRATE_PLACE_H
#define MIGRATE_PLACE_H

#include <stddef.h>

#include "core/mem.h"

struct migrate_place {
	int line, column;       /* 1-based; the column counts characters */
	char *caret;            /* two lines: the text and the caret, tabs kept */
};

/* The byte at which the CHARACTERs-th character (1-based) of TEXT begins; LEN when there are
 * fewer. */
size_t migrate_byte_of(const char *text, size_t len, int character);
/* The place of byte AT of TEXT, whose first line is line FIRST of its file. */
struct migrate_place migrate_place_of(struct mem *, const char *text, size_t len, size_t at,
    int first);

#endif
