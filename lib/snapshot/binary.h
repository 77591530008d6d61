/* binary - turns rows of COPY's text form into its binary form, which costs the server a third less
 * to take in: it need not look for the ends of rows and fields, nor read numbers and times. */
#ifndef SNAPSHOT_BINARY_H
#define SNAPSHOT_BINARY_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

/* The word of the error for a value that is not written as session.h has the server write it. */
#define BINARY_UNKNOWN "unknown-form"

struct binary;

struct binary_type {
	unsigned oid;           /* of pg_type */
	int modifier;           /* atttypmod, or -1 */
};

/* For rows whose columns have these types. NULL: one of them is not known here. */
struct binary *binary_new(struct mem *, const struct binary_type *, size_t count);
/* A new stream. */
void binary_begin(struct binary *);
/* The next LEN bytes of text; LEN 0: there are no more. *OUT, valid until the next call, is what
 * became of the rows that ended by now. Returns its length; -1: "damaged", BINARY_UNKNOWN. */
long binary_add(struct binary *, const char *data, size_t len, const char **out, struct err *);

#endif
