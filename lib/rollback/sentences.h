/* sentences - a list of what is to be said. Zero-initialise. */
#ifndef ROLLBACK_SENTENCES_H
#define ROLLBACK_SENTENCES_H

#include <stddef.h>

#include "core/mem.h"

struct sentences {
	const char **item;
	size_t count, room;
};

void sentences_add(struct mem *, struct sentences *, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* The same, unless the list has it already. */
void sentences_add_once(struct mem *, struct sentences *, const char *text);

#endif
