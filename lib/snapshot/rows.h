/* rows - counts the rows of COPY's text form and sums their content, whatever their order. */
#ifndef SNAPSHOT_ROWS_H
#define SNAPSHOT_ROWS_H

#include <stddef.h>
#include <stdint.h>

#include "core/mem.h"

struct rows;

struct rows *rows_new(struct mem *);
/* Start anew. */
void rows_begin(struct rows *);
/* The next bytes; a row may end in a later call. */
void rows_add(struct rows *, const char *, size_t len);
/* Bytes of one row, whose newlines do not end it. */
void rows_add_part(struct rows *, const char *, size_t len);
/* The same with LEN zeros. */
void rows_add_zeros(struct rows *, size_t len);
int64_t rows_count(const struct rows *);
/* The sum, modulo 2^64, of each row's XXH3 (64 bits, without its newline). */
uint64_t rows_sum(const struct rows *);

#endif
