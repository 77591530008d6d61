/* writer.c - writes an archive: frames in any order, then the manifest, then the footer. */
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/record.h"
#include "core/stop.h"
#include "snapshot/behind.h"
#include "snapshot/tar.h"
#include "snapshot/writer.h"

enum { ON_ITS_WAY = 1 << 20 };  /* bytes that are sent to the disk at once */

struct writer {
	struct mem *m;
	int fd;
	const char *name;
	int level;
	int64_t rate, paced;            /* bytes a second; bytes so far */
	double begun;
	pthread_mutex_t pacing;         /* of paced */
	pthread_mutex_t lock;           /* of all below, and of m, which is the writer's own */
	struct format_frame *frame;
	size_t count, room;
	/* read without the lock by who tells of progress */
	_Atomic int64_t offset, size, taken;
	int64_t streamed;
	int64_t sent;                   /* to the disk, of offset */
	struct digest *whole;
	struct behind *summer;          /* adds to it, while who appends goes on */
	/* of the frame that is streamed */
	struct frame_packer *packer;
	struct behind *behind;          /* sums it up and writes it, while more is packed */
	struct digest *sum;
	struct writer_mark *before;
};

struct writer_mark {
	struct digest *whole;
	int64_t offset, size, taken;
	size_t count;           /* of frames */
};

static void
drop(void *arg)
{
	struct writer *w = arg;

	pthread_mutex_destroy(&w->lock);
	pthread_mutex_destroy(&w->pacing);
	mem_free(w->m);
}

struct frame_packer *
writer_packer(struct mem *m, const struct writer *w)
{
	return frame_packer_new(m, w->level);
}

/* Under the lock. */
static int
append(struct writer *w, const void *data, size_t len, struct err *e)
{
	if (io_write_all(w->fd, data, len)) {
		err_sys(e, "%s", w->name);
		return err_hint(e,
		    "make room, or name another place: by -o, by TMPDIR for what is piped or "
		    "uploaded");
	}
	w->offset += (int64_t)len;
	/* it begins its way to the disk now: so fsync need not wait for all of it in the end */
	if (w->offset - w->sent >= ON_ITS_WAY) {
		sync_file_range(w->fd, w->sent, w->offset - w->sent, SYNC_FILE_RANGE_WRITE);
		w->sent = w->offset;
	}
	return behind_add(w->summer, data, len, e);
}

/* Under the lock. */
static void
remember(struct writer *w, const struct format_frame *f)
{
	struct format_frame *kept;

	mem_grow(w->m, &w->frame, w->count, &w->room, sizeof *w->frame);
	kept = &w->frame[w->count++];
	*kept = *f;
	kept->member = mem_string(w->m, f->member);
	kept->store = f->store ? mem_string(w->m, f->store) : NULL;
	kept->table = f->table ? mem_string(w->m, f->table) : NULL;
	w->size += f->size;
}

int
writer_take(struct writer *w, size_t len, struct err *e)
{
	double ahead;

	w->taken += (int64_t)len;
	if (!w->rate)
		return 0;
	pthread_mutex_lock(&w->pacing);
	w->paced += (int64_t)len;
	ahead = (double)w->paced / (double)w->rate - (clock_now() - w->begun);
	pthread_mutex_unlock(&w->pacing);
	return ahead > 0 ? stop_sleep(ahead, e) : 0;
}

int
writer_add(struct writer *w, struct frame_packer *p, struct format_frame *f, const void *data,
    size_t len, struct err *e)
{
	const void *packed;
	size_t n;
	int bad;

	if (stop_check(e) || frame_pack(p, data, len, &packed, &n, e))
		return -1;
	digest_bytes(f->sha256, packed, n);
	f->packed = (int64_t)n;
	f->size = (int64_t)len;
	pthread_mutex_lock(&w->lock);
	f->offset = w->offset;
	if (!(bad = append(w, packed, n, e)))
		remember(w, f);
	pthread_mutex_unlock(&w->lock);
	return bad;
}

static int
sum_up(void *arg, const void *data, size_t len, struct err *e)
{
	struct writer *w = arg;

	(void)e;
	digest_add(w->whole, data, len);
	return 0;
}

static int
append_streamed(void *arg, const void *data, size_t len, struct err *e)
{
	struct writer *w = arg;

	digest_add(w->sum, data, len);
	return append(w, data, len, e);
}

static int
sink(void *arg, const void *data, size_t len, struct err *e)
{
	return behind_add(((struct writer *)arg)->behind, data, len, e);
}

static void
mark(struct writer *w, struct writer_mark *k)
{
	struct err ignored;

	/* its sink never fails */
	behind_wait(w->summer, &ignored);
	digest_copy(k->whole, w->whole);
	k->offset = w->offset;
	k->size = w->size;
	k->taken = w->taken;
	k->count = w->count;
}

static int
rewind_to(struct writer *w, const struct writer_mark *k, struct err *e)
{
	struct err ignored;

	behind_wait(w->summer, &ignored);
	digest_copy(w->whole, k->whole);
	w->offset = w->sent = k->offset;
	w->size = k->size;
	w->count = k->count;
	return ftruncate(w->fd, k->offset) || lseek(w->fd, k->offset, SEEK_SET) < 0 ?
	    err_sys(e, "%s", w->name) :
	    0;
}

static struct writer_mark *
new_mark(struct mem *m)
{
	struct writer_mark *k = mem_zero(m, 1, sizeof *k);

	k->whole = digest_new(m);
	return k;
}

struct writer_mark *
writer_mark(struct mem *m, struct writer *w)
{
	struct writer_mark *k = new_mark(m);

	pthread_mutex_lock(&w->lock);
	mark(w, k);
	pthread_mutex_unlock(&w->lock);
	return k;
}

int
writer_rewind(struct writer *w, const struct writer_mark *k, struct err *e)
{
	int bad;

	pthread_mutex_lock(&w->lock);
	bad = rewind_to(w, k, e);
	w->taken = k->taken;
	pthread_mutex_unlock(&w->lock);
	return bad;
}

int
writer_stream_begin(struct writer *w, struct frame_packer *p, int threads, struct err *e)
{
	if (frame_pack_begin(p, FRAME_UNKNOWN, threads, e))
		return -1;
	pthread_mutex_lock(&w->lock);
	if (!w->behind && !(w->behind = behind_start(w->m, append_streamed, w, e))) {
		pthread_mutex_unlock(&w->lock);
		return -1;
	}
	w->packer = p;
	w->streamed = 0;
	mark(w, w->before);
	return 0;
}

int
writer_stream_add(struct writer *w, const void *data, size_t len, struct err *e)
{
	w->streamed += (int64_t)len;
	return stop_check(e) || writer_take(w, len, e) ? -1 :
		frame_pack_add(w->packer, data, len, sink, w, e);
}

int
writer_stream_end(struct writer *w, struct format_frame *f, struct err *e)
{
	if (frame_pack_end(w->packer, sink, w, e) || behind_wait(w->behind, e))
		return -1;
	digest_end(w->sum, f->sha256);
	f->offset = w->before->offset;
	f->packed = w->offset - f->offset;
	f->size = w->streamed;
	w->streamed = 0;
	remember(w, f);
	pthread_mutex_unlock(&w->lock);
	return 0;
}

int
writer_stream_undo(struct writer *w, struct err *e)
{
	char unused[DIGEST_HEX];
	struct err ignored;
	int bad;

	behind_wait(w->behind, &ignored);
	/* others may go on taking meanwhile */
	w->taken -= w->streamed;
	w->streamed = 0;
	digest_end(w->sum, unused);
	bad = rewind_to(w, w->before, e);
	pthread_mutex_unlock(&w->lock);
	return bad;
}

void
writer_progress(const struct writer *w, int64_t *size, int64_t *packed)
{
	*size = w->taken;
	*packed = w->offset;
}

static int
gather(void *text, const void *data, size_t len, struct err *e)
{
	(void)e;
	mem_text_add(text, data, len);
	return 0;
}

/* One member of our own in a frame of its own, followed by TRAIL zeros. */
static int
add_member(struct writer *w, struct format_frame *f, const char *body, size_t trail, struct err *e)
{
	static const char zeros[FORMAT_TAR_END];
	MEM_SCOPE(m);
	struct mem_text raw = { .m = m };
	struct tar_writer *tar = tar_writer_new(m, gather, &raw);
	size_t len = strlen(body);

	if (tar_put_member(tar, f->member, (int64_t)len, clock_unix_ms() / 1000, e) ||
	    tar_put_data(tar, body, len, e) || tar_put_end(tar, e))
		return -1;
	mem_text_add(&raw, zeros, trail);
	f->members = 1;
	return writer_add(w, writer_packer(m, w), f, raw.text, raw.len, e);
}

struct writer *
writer_begin(struct mem *m, int fd, const char *name, int level, int64_t rate, struct err *e)
{
	struct writer *w = mem_zero(m, 1, sizeof *w);
	struct format_frame mark = { .member = FORMAT_MARK };
	char time[CLOCK_TEXT];

	tar_init();
	w->m = mem_new();
	w->fd = fd;
	w->name = name;
	w->level = level;
	w->rate = rate;
	w->begun = clock_now();
	w->whole = digest_new(m);
	w->before = new_mark(m);
	w->sum = digest_new(m);
	pthread_mutex_init(&w->lock, NULL);
	pthread_mutex_init(&w->pacing, NULL);
	mem_own(m, w, drop);
	if (!(w->summer = behind_start(w->m, sum_up, w, e)) || add_member(w, &mark,
		mem_fmt(m,
		    "handrail archive, format %d\nwritten by %s at %s\nsee handrail-archive(5)\n",
		    FORMAT_VERSION, record_tool(), clock_rfc3339(time, clock_unix_ms())),
		0, e))
		return NULL;
	return w;
}

static void
describe(struct mem *m, struct value *list, const struct format_frame *f)
{
	struct value *v = value_add_object(m, list);

	value_set_int(v, "offset", f->offset);
	value_set_int(v, "packed", f->packed);
	value_set_int(v, "size", f->size);
	value_set_string(v, "sha256", f->sha256);
	value_set_string(v, "member", f->member);
	value_set_int(v, "members", f->members);
	value_set_string(v, "store", f->store);
	value_set_string(v, "table", f->table);
	if (!f->table)
		return;
	value_set_int(v, "rows", f->rows);
	value_set_string(v, "row_sum", mem_fmt(m, "%016" PRIx64, f->row_sum));
}

static int
add_footer(struct writer *w, const struct format_frame *manifest, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text text = { .m = m };
	unsigned char whole[FORMAT_FOOTER];
	char sum[DIGEST_HEX];

	mem_text_fmt(&text, FORMAT_FOOTER_TEXT, (long long)manifest->offset,
	    (long long)manifest->packed, manifest->sha256, (long long)w->offset + FORMAT_FOOTER);
	digest_bytes(sum, text.text, text.len);
	mem_text_fmt(&text, FORMAT_FOOTER_SUM, sum);
	frame_skippable(whole, FORMAT_FOOTER - FRAME_SKIPPABLE_HEAD);
	memset(whole + FRAME_SKIPPABLE_HEAD, '\n', sizeof whole - FRAME_SKIPPABLE_HEAD);
	memcpy(whole + FRAME_SKIPPABLE_HEAD, text.text, text.len);
	return append(w, whole, sizeof whole, e);
}

int
writer_finish(struct writer *w, struct value *manifest, struct err *e)
{
	MEM_SCOPE(m);
	struct format_frame f = { .member = FORMAT_MANIFEST };
	struct value *list = value_set_array(m, manifest, "frames");

	value_set_int(manifest, "handrail_archive", FORMAT_VERSION);
	for (size_t i = 0; i < w->count; i++)
		describe(m, list, &w->frame[i]);
	if (add_member(w, &f, value_text(m, manifest, 0), FORMAT_TAR_END, e) ||
	    add_footer(w, &f, e))
		return -1;
	if (fsync(w->fd))
		return err_sys(e, "%s: fsync", w->name);
	/* what is read back must come from the disk, not from memory */
	posix_fadvise(w->fd, 0, 0, POSIX_FADV_DONTNEED);
	return 0;
}

int
writer_fd(const struct writer *w)
{
	return w->fd;
}

void
writer_sum(struct writer *w, char sha256[DIGEST_HEX])
{
	struct err ignored;

	behind_wait(w->summer, &ignored);
	digest_end(w->whole, sha256);
}
