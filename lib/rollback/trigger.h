/* trigger - is a new trigger one that old code does not notice? */
#ifndef ROLLBACK_TRIGGER_H
#define ROLLBACK_TRIGGER_H

#include <stdbool.h>

#include "core/mem.h"
#include "core/value.h"

/* Is CHANGE a new trigger whose function, made among the same CHANGES, does nothing but set columns
 * of the row to the time? It can refuse no row, and touches no other. */
bool trigger_only_stamps(struct mem *, const struct value *change, const struct value *changes);

#endif
