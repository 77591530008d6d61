/* batch - several requests in one run. */
#ifndef BATCH_H
#define BATCH_H

#include "manifest/bump.h"

struct batch {
	struct bump_request *item;
	size_t count, room;
};

/* Is V, a line of the stream, a request: an object without "handrail" that says to or digest? */
bool batch_is_request(const struct value *v);
/* Add it: DEFAULTS with what V says over them. V's strings are copied. */
int batch_add(struct mem *, struct batch *, const struct bump_request *defaults,
    const struct value *v, struct err *);
/* Work all out in order, each on what the ones before it left. RESULT: requests[] with status,
 * changes, error of each, and changes[] of all. A refused one changes nothing and does not stop the
 * others, but with FAIL_FAST it stops all. -1: the error of the first that failed; *DONE tells
 * whether the others are to be written all the same. */
int batch_run(struct bump *, const struct batch *, bool fail_fast, struct value *result, bool *done,
    struct err *);

#endif
