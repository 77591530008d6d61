/* digest - SHA-256 (FIPS 180-4), by nettle. */
#ifndef DIGEST_H
#define DIGEST_H

#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

enum { DIGEST_HEX = 65 };       /* 64 hex digits and a NUL */

struct digest;

struct digest *digest_new(struct mem *);
void digest_add(struct digest *, const void *, size_t len);
/* Make TO what FROM is now: to come back to it. */
void digest_copy(struct digest *to, const struct digest *from);
/* The sum so far as lower-case hex; the digest starts anew. Returns HEX. */
char *digest_end(struct digest *, char hex[DIGEST_HEX]);

char *digest_bytes(char hex[DIGEST_HEX], const void *, size_t len);
/* The sums that other tools keep: ALGORITHM is "md5", "sha1" … as nettle calls them, of at most 32
 * bytes. */
char *digest_other(char hex[DIGEST_HEX], const char *algorithm, const void *, size_t len);
/* Of a whole file. Errors: those of open and read; "cancelled". */
int digest_file(char hex[DIGEST_HEX], const char *path, struct err *);

#endif
