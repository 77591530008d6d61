/* frame.c - zstd frames. */
#include <stdlib.h>
#include <zstd.h>

#include "snapshot/frame.h"

enum { JOB = 1 << 20 };        /* a smaller one costs more than it brings */

struct frame_packer {
	ZSTD_CCtx *ctx;
	int level;
	char *out;
	size_t room;
};

struct frame_unpacker {
	ZSTD_DCtx *ctx;
};

static void
drop_packer(void *arg)
{
	struct frame_packer *p = arg;

	ZSTD_freeCCtx(p->ctx);
	free(p->out);
}

static void
drop_unpacker(void *arg)
{
	struct frame_unpacker *u = arg;

	ZSTD_freeDCtx(u->ctx);
}

struct frame_packer *
frame_packer_new(struct mem *m, int level)
{
	struct frame_packer *p = mem_zero(m, 1, sizeof *p);

	p->ctx = mem_must(ZSTD_createCCtx());
	p->level = level;
	return mem_own(m, p, drop_packer);
}

static int
failed(size_t code, struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "zstd", "zstd: %s", ZSTD_getErrorName(code));
}

static void
make_room(struct frame_packer *p, size_t room)
{
	if (room <= p->room)
		return;
	free(p->out);
	p->out = mem_must(malloc(room));
	p->room = room;
}

int
frame_pack_begin(struct frame_packer *p, uint64_t total, int threads, struct err *e)
{
	size_t n;

	ZSTD_CCtx_reset(p->ctx, ZSTD_reset_session_and_parameters);
	ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_compressionLevel, p->level);
	ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_checksumFlag, 1);
	/* a libzstd built without threads refuses this, and then packs in ours */
	if (threads > 1) {
		ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_nbWorkers, threads);
		/* small jobs: all threads have one early, and end together */
		ZSTD_CCtx_setParameter(p->ctx, ZSTD_c_jobSize, JOB);
	}
	n = ZSTD_CCtx_setPledgedSrcSize(p->ctx, total);
	return ZSTD_isError(n) ? failed(n, e) : 0;
}

int
frame_pack(struct frame_packer *p, const void *data, size_t len, const void **packed,
    size_t *packed_len, struct err *e)
{
	size_t n;

	if (frame_pack_begin(p, len, 1, e))
		return -1;
	make_room(p, ZSTD_compressBound(len));
	n = ZSTD_compress2(p->ctx, p->out, p->room, data, len);
	if (ZSTD_isError(n))
		return failed(n, e);
	*packed = p->out;
	*packed_len = n;
	return 0;
}

static int
feed(struct frame_packer *p, const void *data, size_t len, ZSTD_EndDirective how, frame_sink *sink,
    void *arg, struct err *e)
{
	ZSTD_inBuffer in = { data, len, 0 };
	size_t left;

	make_room(p, ZSTD_CStreamOutSize());
	do {
		ZSTD_outBuffer out = { p->out, p->room, 0 };

		left = ZSTD_compressStream2(p->ctx, &out, &in, how);
		if (ZSTD_isError(left))
			return failed(left, e);
		if (out.pos && sink(arg, p->out, out.pos, e))
			return -1;
	} while (how == ZSTD_e_end ? left != 0 : in.pos < in.size);
	return 0;
}

int
frame_pack_add(struct frame_packer *p, const void *data, size_t len, frame_sink *sink, void *arg,
    struct err *e)
{
	return len ? feed(p, data, len, ZSTD_e_continue, sink, arg, e) : 0;
}

int
frame_pack_end(struct frame_packer *p, frame_sink *sink, void *arg, struct err *e)
{
	return feed(p, "", 0, ZSTD_e_end, sink, arg, e);
}

struct frame_unpacker *
frame_unpacker_new(struct mem *m)
{
	struct frame_unpacker *u = mem_zero(m, 1, sizeof *u);

	u->ctx = mem_must(ZSTD_createDCtx());
	return mem_own(m, u, drop_unpacker);
}

void
frame_unpack_begin(struct frame_unpacker *u)
{
	ZSTD_DCtx_reset(u->ctx, ZSTD_reset_session_only);
}

long
frame_unpack(struct frame_unpacker *u, const char **in, size_t *in_len, void *out, size_t room,
    bool *ended, struct err *e)
{
	ZSTD_inBuffer from = { *in, *in_len, 0 };
	ZSTD_outBuffer to = { out, room, 0 };
	size_t left = ZSTD_decompressStream(u->ctx, &to, &from);

	if (ZSTD_isError(left))
		return err_set(e, FAIL_NO, "damaged", "zstd: %s", ZSTD_getErrorName(left));
	*in += from.pos;
	*in_len -= from.pos;
	*ended = left == 0;
	return (long)to.pos;
}

void
frame_skippable(unsigned char head[FRAME_SKIPPABLE_HEAD], uint32_t len)
{
	const uint32_t magic = ZSTD_MAGIC_SKIPPABLE_START;

	for (int i = 0; i < 4; i++) {
		head[i] = (unsigned char)(magic >> (8 * i));
		head[4 + i] = (unsigned char)(len >> (8 * i));
	}
}
