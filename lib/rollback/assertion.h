/* assertion - a health check of the new version, made to expect the old one. */
#ifndef ROLLBACK_ASSERTION_H
#define ROLLBACK_ASSERTION_H

#include "core/mem.h"
#include "core/value.h"
#include "rollback/evidence.h"
#include "rollback/sentences.h"

/* The words of one health-wait target (RECORDED, an array of strings: the target and its options)
 * with every assertion of a version that was released turned to the one before it. An assertion
 * about versions that cannot be turned is left out, with a caveat. Returns how many words are at
 * *WORDS; 0: the target cannot be asked again. */
size_t assertion_turn(struct mem *, const struct evidence *, const struct value *recorded,
    const char ***words, struct sentences *caveats);

#endif
