/* near - how far a word is from another one, for "did you mean". */
#ifndef NEAR_H
#define NEAR_H

#include <stddef.h>

/* Levenshtein's distance between the first N bytes of A and B: how many bytes must be changed, put
 * in or left out. SIZE_MAX where B has more than 64 bytes. */
size_t near_distance(const char *a, size_t n, const char *b);

#endif
