/* reader - reads an archive of format 1. What does not agree with itself is FAIL_NO "damaged", with
 * the place. */
#ifndef SNAPSHOT_READER_H
#define SNAPSHOT_READER_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "snapshot/format.h"

struct reader;

/* Open PATH and prove footer and manifest, and that the frames lie side by side. NAME: what
 * messages call it. */
struct reader *reader_open(struct mem *, const char *path, const char *name, struct err *);
const struct value *reader_manifest(const struct reader *);
/* The manifest's own sum, as the footer has it. */
const char *reader_manifest_sum(const struct reader *);
/* What messages call it. */
const char *reader_name(const struct reader *);
int64_t reader_size(const struct reader *);
size_t reader_count(const struct reader *);
const struct format_frame *reader_frame(const struct reader *, size_t i);

/* A place in the archive, for one thread. */
struct reader_cursor;

struct reader_cursor *reader_cursor_new(struct mem *, const struct reader *);
/* Go to the beginning of a frame. */
void reader_seek(struct reader_cursor *, size_t i);
/* The same; the sum of its bytes is not proven: reader_sum does so, in another thread. */
void reader_seek_unsummed(struct reader_cursor *, size_t i);
int reader_sum(struct reader_cursor *, size_t i, struct err *);
/* The next unpacked bytes of the frame (a tar_source); at its end everything the manifest says of
 * it has been proven. */
long reader_read(void *cursor, const char **data, struct err *);
/* Read the frame to its end: proven as a whole. */
int reader_drain(struct reader_cursor *, struct err *);

#endif
