/* frame - zstd frames with content checksum: the one door to libzstd. One packer or unpacker for
 * one thread. */
#ifndef SNAPSHOT_FRAME_H
#define SNAPSHOT_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

enum { FRAME_SKIPPABLE_HEAD = 8 };
#define FRAME_UNKNOWN UINT64_MAX

/* Takes bytes; -1 with the error set to stop. */
typedef int frame_sink(void *arg, const void *, size_t len, struct err *);

struct frame_packer;

struct frame_packer *frame_packer_new(struct mem *, int level);
/* LEN bytes as one frame; *PACKED is valid until the packer's next call. */
int frame_pack(struct frame_packer *, const void *data, size_t len, const void **packed,
    size_t *packed_len, struct err *);
/* One frame bit by bit: begin (TOTAL bytes will come, or FRAME_UNKNOWN; THREADS > 1: packed in that
 * many), add, end. */
int frame_pack_begin(struct frame_packer *, uint64_t total, int threads, struct err *);
int frame_pack_add(struct frame_packer *, const void *data, size_t len, frame_sink *, void *arg,
    struct err *);
int frame_pack_end(struct frame_packer *, frame_sink *, void *arg, struct err *);

struct frame_unpacker;

struct frame_unpacker *frame_unpacker_new(struct mem *);
/* Begin a new frame. */
void frame_unpack_begin(struct frame_unpacker *);
/* Unpack from *IN (*IN_LEN bytes, both moved on) into OUT; returns the bytes made. 0: more input is
 * needed, or the frame is at its end (*ENDED). -1: "damaged". */
long frame_unpack(struct frame_unpacker *, const char **in, size_t *in_len, void *out, size_t room,
    bool *ended, struct err *);

/* The head of a skippable frame of LEN bytes. */
void frame_skippable(unsigned char head[FRAME_SKIPPABLE_HEAD], uint32_t len);

#endif
