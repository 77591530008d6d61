/* seen - remembers which (id, status) had which body, at 24 bytes a record, whatever the records'
 * size. */
#ifndef SEEN_H
#define SEEN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"

struct seen;

enum seen_verdict { SEEN_NEW, SEEN_REPEAT, SEEN_OTHER_BODY };

struct seen *seen_new(struct mem *);
/* Remember BODY (LEN bytes) under KEY and PART, and tell whether it was there before. */
enum seen_verdict seen_add(struct seen *, const char *key, const char *part, const void *body,
    size_t len);
bool seen_has(const struct seen *, const char *key, const char *part);

#endif
