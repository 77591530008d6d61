/* binary_value - single values: from the text that a type's output function writes to what its
 * receive function reads. */
#ifndef SNAPSHOT_BINARY_VALUE_H
#define SNAPSHOT_BINARY_VALUE_H

#include <stddef.h>
#include <stdint.h>

/* No value becomes longer than its text by more. */
enum { BINARY_MORE = 24 };

/* Write what LEN bytes of text mean to TO; returns its length, -1 when they are no such value. A
 * byte that belongs to no value follows them. */
typedef long binary_put(char *to, const char *s, size_t len);

/* Of the TYPE (an OID of pg_type) with that MODIFIER (an atttypmod, or -1). NULL: it is not known
 * here. */
binary_put *binary_put_for(unsigned type, int modifier);

static inline void
binary_be16(char *to, uint16_t v)
{
	to[0] = (char)(v >> 8);
	to[1] = (char)v;
}

static inline void
binary_be32(char *to, uint32_t v)
{
	binary_be16(to, (uint16_t)(v >> 16));
	binary_be16(to + 2, (uint16_t)v);
}

static inline void
binary_be64(char *to, uint64_t v)
{
	binary_be32(to, (uint32_t)(v >> 32));
	binary_be32(to + 4, (uint32_t)v);
}

#endif
