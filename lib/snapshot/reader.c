/* reader.c - reads an archive: footer, manifest, then frames in any order. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/stop.h"
#include "snapshot/reader.h"
#include "snapshot/tar.h"

enum { STEP = 256 * 1024 };
/* No manifest is larger; a small frame that unpacks to more is an attack on memory. */
static const int64_t manifest_limit = 1 << 30;
/* Size of a frame whose size nobody has told yet. */
static const int64_t untold = -1;

struct reader {
	const char *name;
	int fd;
	int64_t size;
	char manifest_sum[DIGEST_HEX];
	struct value *manifest;
	struct format_frame *frame;
	size_t count;
};

struct reader_cursor {
	const struct reader *r;
	const struct format_frame *f;
	struct frame_unpacker *unpacker;
	struct digest *sum;
	char *in, *out;
	const char *at;         /* bytes in IN that are not unpacked yet */
	size_t left;
	int64_t taken, made;    /* packed bytes read, bytes unpacked */
	bool unsummed;          /* reader_sum is for the sum */
	bool ended, proven;
};

static void
drop(void *arg)
{
	struct reader *r = arg;

	if (r->fd >= 0)
		close(r->fd);
}

const struct value *reader_manifest(const struct reader *r) { return r->manifest; }
const char *reader_manifest_sum(const struct reader *r) { return r->manifest_sum; }
const char *reader_name(const struct reader *r) { return r->name; }
int64_t reader_size(const struct reader *r) { return r->size; }
size_t reader_count(const struct reader *r) { return r->count; }
const struct format_frame *reader_frame(const struct reader *r, size_t i) { return &r->frame[i]; }

static int
damaged(const struct reader *r, struct err *e, const char *what)
{
	err_set(e, FAIL_NO, "damaged", "%s: %s", r->name, what);
	return err_hint(e, "take another archive; this one cannot be trusted");
}

/* Reading one frame */

struct reader_cursor *
reader_cursor_new(struct mem *m, const struct reader *r)
{
	struct reader_cursor *c = mem_zero(m, 1, sizeof *c);

	c->r = r;
	c->unpacker = frame_unpacker_new(m);
	c->sum = digest_new(m);
	c->in = mem_zero(m, STEP, 1);
	c->out = mem_zero(m, STEP, 1);
	return c;
}

static void
seek(struct reader_cursor *c, const struct format_frame *f)
{
	char unused[DIGEST_HEX];

	frame_unpack_begin(c->unpacker);
	digest_end(c->sum, unused);
	c->f = f;
	c->left = 0;
	c->taken = c->made = 0;
	c->unsummed = c->ended = c->proven = false;
}

void
reader_seek(struct reader_cursor *c, size_t i)
{
	seek(c, &c->r->frame[i]);
}

void
reader_seek_unsummed(struct reader_cursor *c, size_t i)
{
	reader_seek(c, i);
	c->unsummed = true;
}

/* The next packed bytes; 1 when there are any, 0 at the frame's end. */
static int
take(struct reader_cursor *c, struct err *e)
{
	int64_t want = c->f->packed - c->taken;
	ssize_t n;

	if (want > STEP)
		want = STEP;
	if (!want)
		return 0;
	if (stop_check(e))
		return -1;
	while ((n = pread(c->r->fd, c->in, (size_t)want, c->f->offset + c->taken)) < 0 &&
	    errno == EINTR)
		;
	if (n < 0)
		return err_sys(e, "%s", c->r->name);
	if (!n)
		return damaged(c->r, e, "it became shorter while it was read");
	if (!c->unsummed)
		digest_add(c->sum, c->in, (size_t)n);
	c->taken += n;
	c->at = c->in;
	c->left = (size_t)n;
	return 1;
}

static int
frame_damaged(const struct reader_cursor *c, const char *why, struct err *e)
{
	err_set(e, FAIL_NO, "damaged", "%s: the frame at byte %lld (%s) is damaged: %s",
	    c->r->name, (long long)c->f->offset, c->f->member, why);
	return err_hint(e, "take another archive; this one cannot be trusted");
}

/* All its packed bytes have been taken. */
static int
prove_sum(struct reader_cursor *c, struct err *e)
{
	char sum[DIGEST_HEX];

	return c->unsummed || !strcmp(digest_end(c->sum, sum), c->f->sha256) ?
	    0 :
	    frame_damaged(c, "its SHA-256 is not the one in the manifest", e);
}

/* What is left of its packed bytes, and their sum. */
static int
sum_rest(struct reader_cursor *c, struct err *e)
{
	int more;

	while ((more = take(c, e)) > 0)
		;
	return more < 0 ? -1 : prove_sum(c, e);
}

int
reader_sum(struct reader_cursor *c, size_t i, struct err *e)
{
	reader_seek(c, i);
	return sum_rest(c, e);
}

/* The frame is not what the manifest says. When its bytes are not, that is the cause, and WHY
 * follows from it. */
static int
wrong(struct reader_cursor *c, const char *why, struct err *e)
{
	if (c->unsummed)
		seek(c, c->f);
	return sum_rest(c, e) ? -1 : frame_damaged(c, why, e);
}

static int
at_end(struct reader_cursor *c, struct err *e)
{
	if (c->proven)
		return 0;
	if (c->left || c->taken < c->f->packed)
		return wrong(c, "it ends before the place of the next", e);
	if (c->f->size != untold && c->made != c->f->size)
		return wrong(c, "it unpacks to fewer bytes than the manifest says", e);
	if (prove_sum(c, e))
		return -1;
	c->proven = true;
	return 0;
}

long
reader_read(void *cursor, const char **data, struct err *e)
{
	struct reader_cursor *c = cursor;
	long n = 0;

	while (!n) {
		if (c->ended)
			return at_end(c, e);
		if (!c->left && take(c, e) < 0)
			return -1;
		n = frame_unpack(c->unpacker, &c->at, &c->left, c->out, STEP, &c->ended, e);
		if (n < 0)
			return wrong(c, e->text, e);
		if (!n && !c->left && !c->ended && c->taken == c->f->packed)
			return wrong(c, "it does not end where the next begins", e);
		c->made += n;
		if (c->made > (c->f->size == untold ? manifest_limit : c->f->size))
			return wrong(c, "it unpacks to more bytes than the manifest says", e);
	}
	*data = c->out;
	return n;
}

int
reader_drain(struct reader_cursor *c, struct err *e)
{
	const char *data;
	long n;

	while ((n = reader_read(c, &data, e)) > 0)
		;
	return (int)n;
}

/* Opening */

/* Where the last footer ends when it is not at the end; 0: there is none near it. */
static int64_t
footer_before_end(const char *tail, size_t len)
{
	const char *at = NULL;

	for (const char *p = tail; (p = memmem(p, len - (size_t)(p - tail), FORMAT_FOOTER_BEGIN,
	    sizeof FORMAT_FOOTER_BEGIN - 1)); p++)
		at = p;
	return at ? at - FRAME_SKIPPABLE_HEAD + FORMAT_FOOTER - tail : 0;
}

/* What people take for an archive of ours: how it begins, what it is, and what reads it. */
static const struct other {
	const char *begin, *what, *hint;
} others[] = {
	{ "PGDMP", "a custom archive of pg_dump", "pg_restore --dbname DATABASE loads it" },
	{ "--\n-- PostgreSQL database ", "SQL that pg_dump wrote",
	    "psql -v ON_ERROR_STOP=1 -1 -f FILE DATABASE loads it into an empty one" },
	{ "\x1f\x8b", "packed by gzip", "an archive of snapshot is a .tar.zst: is it that one?" },
};

/* It does not begin as one of ours. */
static int
stranger(struct reader *r, const char *head, size_t len, struct err *e)
{
	if (!len)
		return damaged(r, e, "not an archive of handrail: it is empty");
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (len >= strlen(others[i].begin) &&
		    !memcmp(head, others[i].begin, strlen(others[i].begin))) {
			err_set(e, FAIL_NO, "damaged", "%s: not an archive of handrail: it is %s",
			    r->name, others[i].what);
			return err_hint(e, "%s", others[i].hint);
		}
	return damaged(r, e, "not an archive of handrail: it does not begin with a zstd frame");
}

/* The number that its footer, at the end of TAIL, gives for its format; 0: it has none. */
static long
format_of(const char *tail, size_t len)
{
	static const char begin[] = FORMAT_FOOTER_BEGIN;
	size_t name = strcspn(begin, "0123456789");
	const char *at = tail + len - FORMAT_FOOTER + FRAME_SKIPPABLE_HEAD;

	return len >= FORMAT_FOOTER && !strncmp(at, begin, name) ? strtol(at + name, NULL, 10) : 0;
}

/* Why there is no footer where it should be. */
static int
no_footer(struct reader *r, struct err *e)
{
	MEM_SCOPE(m);
	static const char zstd[] = "\x28\xb5\x2f\xfd";
	size_t len = r->size < 1 << 20 ? (size_t)r->size : 1 << 20;
	char *tail = mem_zero(m, 1, len + 1), head[32];
	ssize_t n = pread(r->fd, head, sizeof head, 0);
	int64_t end;

	if (n < 4 || memcmp(head, zstd, 4))
		return stranger(r, head, n > 0 ? (size_t)n : 0, e);
	if (pread(r->fd, tail, len, r->size - (int64_t)len) < (ssize_t)len)
		return err_sys(e, "%s", r->name);
	if (format_of(tail, len) > FORMAT_VERSION) {
		err_set(e, FAIL_TROUBLE, "format", "%s: it is of format %ld, of which this program "
		    "knows nothing", r->name, format_of(tail, len));
		return err_hint(e, "take the handrail that wrote it, or a newer one");
	}
	end = footer_before_end(tail, len);
	if (end > 0 && end < (int64_t)len)
		return damaged(r, e,
		    mem_fmt(m, "%lld bytes follow its footer", (long long)((int64_t)len - end)));
	return damaged(r, e, "it has no footer: it was cut short, or is no archive of handrail");
}

static int
read_footer(struct reader *r, struct format_frame *manifest, struct err *e)
{
	char text[FORMAT_FOOTER + 1] = "", sum[DIGEST_HEX], told[DIGEST_HEX] = "",
				  *p = text + FRAME_SKIPPABLE_HEAD;
	unsigned char head[FRAME_SKIPPABLE_HEAD];
	long long offset, packed, size;
	char *end;
	int n = 0;

	frame_skippable(head, FORMAT_FOOTER - FRAME_SKIPPABLE_HEAD);
	if (r->size < FORMAT_FOOTER ||
	    pread(r->fd, text, FORMAT_FOOTER, r->size - FORMAT_FOOTER) != FORMAT_FOOTER ||
	    memcmp(text, head, sizeof head) ||
	    strncmp(p, FORMAT_FOOTER_BEGIN, sizeof FORMAT_FOOTER_BEGIN - 1))
		return no_footer(r, e);
	if (!(end = strstr(p, "\nsum ")) || sscanf(end, "\nsum %64s%n", told, &n) != 1 ||
	    strcmp(digest_bytes(sum, p, (size_t)(end + 1 - p)), told) ||
	    end + n + strspn(end + n, "\n") != text + FORMAT_FOOTER)
		return damaged(r, e, "its footer is damaged: its own sum is wrong");
	if (sscanf(p + sizeof FORMAT_FOOTER_BEGIN - 1, "manifest %lld %lld %64s size %lld", &offset,
		&packed, manifest->sha256, &size) != 4 ||
	    offset < 0 || packed < 0 || offset > INT64_MAX - packed)
		return damaged(r, e, "its footer is malformed");
	if (size != r->size || offset + packed != r->size - FORMAT_FOOTER)
		return damaged(r, e, size > r->size ? "bytes are missing from its middle" :
		    "there are more bytes than were written");
	manifest->member = FORMAT_MANIFEST;
	manifest->offset = offset;
	manifest->packed = packed;
	manifest->size = untold;
	memcpy(r->manifest_sum, manifest->sha256, DIGEST_HEX);
	return 0;
}

static int
read_manifest(struct mem *m, struct reader *r, const struct format_frame *f, struct err *e)
{
	MEM_SCOPE(scope);
	struct reader_cursor *c = reader_cursor_new(scope, r);
	struct tar_reader *tar = tar_reader_new(scope, reader_read, c);
	struct mem_text text = { .m = scope };
	struct tar_entry entry;
	const char *data;
	long n;
	int found;

	seek(c, f);
	if ((found = tar_next(tar, &entry, e)) < 0)
		return -1;
	if (!found || strcmp(entry.name, FORMAT_MANIFEST))
		return damaged(r, e, "its manifest is not where the footer says");
	mem_text_add(&text, "", 0);
	while ((n = tar_data(tar, &data, e)) > 0)
		mem_text_add(&text, data, (size_t)n);
	if (n < 0 || reader_drain(c, e))
		return -1;
	if (!(r->manifest = value_parse(m, text.text, text.len, e)))
		return err_in(e, "%s: %s", r->name, FORMAT_MANIFEST);
	return 0;
}

static int
read_frame(struct format_frame *f, const struct value *v)
{
	const char *sum = value_get_string(v, "sha256"), *rows = value_get_string(v, "row_sum");

	f->member = value_get_string(v, "member");
	f->members = value_get_int(v, "members", -1);
	f->store = value_get_string(v, "store");
	f->table = value_get_string(v, "table");
	f->rows = value_get_int(v, "rows", 0);
	f->row_sum = rows ? strtoull(rows, NULL, 16) : 0;
	f->offset = value_get_int(v, "offset", -1);
	f->packed = value_get_int(v, "packed", -1);
	f->size = value_get_int(v, "size", -1);
	if (!f->member || !sum || strlen(sum) + 1 != DIGEST_HEX || f->members < 0 ||
	    f->packed < 0 || f->size < 0)
		return -1;
	memcpy(f->sha256, sum, DIGEST_HEX);
	return 0;
}

/* The frames must follow each other from the beginning to the manifest: nothing between them,
 * nothing twice. */
static int
read_frames(struct mem *m, struct reader *r, int64_t end, struct err *e)
{
	const struct value *list = value_get(r->manifest, "frames");
	int64_t at = 0;

	if (value_get_int(r->manifest, "handrail_archive", 0) != FORMAT_VERSION)
		return damaged(r, e, "its manifest is of another format");
	r->count = value_kind(list) == VALUE_ARRAY ? value_count(list) : 0;
	r->frame = mem_zero(m, r->count + 1, sizeof *r->frame);
	for (size_t i = 0; i < r->count; i++) {
		struct format_frame *f = &r->frame[i];

		if (read_frame(f, value_item(list, i)))
			return damaged(r, e,
			    mem_fmt(m, "its manifest is malformed at frame %zu", i));
		if (f->offset != at)
			return damaged(r, e,
			    mem_fmt(m,
				"the manifest leaves bytes %lld to %lld to nobody, or tells "
				"them twice (%s)",
				(long long)at, (long long)f->offset, f->member));
		at += f->packed;
	}
	if (!r->count || strcmp(r->frame[0].member, FORMAT_MARK))
		return damaged(r, e, "its first member is not " FORMAT_MARK);
	return at == end ? 0 : damaged(r, e, "the manifest does not tell of all frames before it");
}

struct reader *
reader_open(struct mem *m, const char *path, const char *name, struct err *e)
{
	struct reader *r = mem_zero(m, 1, sizeof *r);
	struct format_frame manifest = { 0 };
	struct stat st;

	tar_init();
	r->name = mem_string(m, name);
	/* a pipe would wait for its writer */
	if ((r->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)) < 0 || fstat(r->fd, &st)) {
		err_sys(e, "%s", name);
		return NULL;
	}
	mem_own(m, r, drop);
	if (!S_ISREG(st.st_mode)) {
		err_set(e, FAIL_TROUBLE, "bad-input", "%s: not a regular file", name);
		return NULL;
	}
	r->size = st.st_size;
	if (read_footer(r, &manifest, e) || read_manifest(m, r, &manifest, e) ||
	    read_frames(m, r, manifest.offset, e))
		return NULL;
	return r;
}
