/* writer - writes an archive of format 1. Frames may be added by many threads; each uses a packer
 * of its own. */
#ifndef SNAPSHOT_WRITER_H
#define SNAPSHOT_WRITER_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "snapshot/format.h"
#include "snapshot/frame.h"

struct writer;

/* Write into FD, an empty file; NAME is what messages call it. RATE: bytes a second, before
 * packing, that are taken at most; 0: as fast as can be. */
struct writer *writer_begin(struct mem *, int fd, const char *name, int level, int64_t rate,
    struct err *);
/* A packer for one thread. */
struct frame_packer *writer_packer(struct mem *, const struct writer *);
/* LEN bytes are there that will be added: count them for who asks for progress, and wait until they
 * may have come. */
int writer_take(struct writer *, size_t len, struct err *);
/* Pack LEN bytes of whole tar entries into a frame and append it. FRAME's place, sizes and sum are
 * filled in. */
int writer_add(struct writer *, struct frame_packer *, struct format_frame *, const void *,
    size_t len, struct err *);

/* A frame too big for memory, bit by bit. No other thread appends between begin and end or undo. */
int writer_stream_begin(struct writer *, struct frame_packer *, int threads, struct err *);
int writer_stream_add(struct writer *, const void *, size_t len, struct err *);
int writer_stream_end(struct writer *, struct format_frame *, struct err *);
/* As if it had not begun. */
int writer_stream_undo(struct writer *, struct err *);

/* Where it stands, in MEM; and back to there: what was added since is gone. While no thread adds
 * anything. */
struct writer_mark *writer_mark(struct mem *, struct writer *);
int writer_rewind(struct writer *, const struct writer_mark *, struct err *);

/* Bytes that were taken, and what they were packed to, so far. */
void writer_progress(const struct writer *, int64_t *size, int64_t *packed);

/* Append MANIFEST (its "frames" are added here) and the footer, and sync. */
int writer_finish(struct writer *, struct value *manifest, struct err *);
int writer_fd(const struct writer *);
/* The SHA-256 of the whole file, once. */
void writer_sum(struct writer *, char sha256[DIGEST_HEX]);

#endif
