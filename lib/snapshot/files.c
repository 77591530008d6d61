/* files.c - takes a directory tree: entries one after another in frames; large files in frames of
 * their own. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/stop.h"
#include "snapshot/inodes.h"
#include "snapshot/progress.h"
#include "snapshot/store.h"
#include "snapshot/tar.h"
#include "snapshot/tree.h"

enum {
	SMALL = 4 << 20,        /* files up to this are read whole, then packed together */
	FULL = 16 << 20,        /* a frame of small files ends when it holds this much */
	STEP = 256 << 10,
	TRIES = 3,              /* for a file that changes while it is read */
};

struct walk {
	const struct store *store;
	const struct store_taking *t;
	struct mem *m;
	struct frame_packer *packer;
	struct tar_writer *tar;
	struct format_frame frame;      /* the open one; members 0: none is open */
	int64_t frame_size;
	struct inodes *links;           /* files with several names that have been seen */
	struct rows *lines;             /* one line for each entry: sums up the tree */
	struct rows *content;           /* of one file */
	struct stat own;                /* the archive itself, should it lie in the tree */
	char *buf;
	int64_t entries, bytes;
	struct value *changed;
	bool turned;            /* the entry is of another kind than it was a moment ago */
	struct progress progress;
};

static int
to_stream(void *walk, const void *data, size_t len, struct err *e)
{
	struct walk *w = walk;

	w->frame_size += (int64_t)len;
	return writer_stream_add(w->t->w, data, len, e);
}

static int
begin_entry(struct walk *w, const char *member, struct err *e)
{
	if (!w->frame.members) {
		if (writer_stream_begin(w->t->w, w->packer, (int)w->t->jobs, e))
			return -1;
		w->frame = (struct format_frame){ .store = w->store->name,
			.member = mem_string(w->m, member) };
		w->frame_size = 0;
	}
	w->frame.members++;
	return 0;
}

static int
end_frame(struct walk *w, struct err *e)
{
	if (!w->frame.members)
		return 0;
	if (writer_stream_end(w->t->w, &w->frame, e))
		return -1;
	w->frame.members = 0;
	return 0;
}

static int
end_entry(struct walk *w, struct err *e)
{
	if (tar_put_end(w->tar, e))
		return -1;
	w->entries++;
	return w->frame_size >= FULL ? end_frame(w, e) : 0;
}

static bool
same(const struct stat *a, const struct stat *b)
{
	return a->st_size == b->st_size && a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec && a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static int
changed(struct walk *w, const char *rel, struct err *e)
{
	if (w->t->allow_changed) {
		value_add_string(w->changed, rel);
		return 0;
	}
	err_set(e, FAIL_TROUBLE, "changed", "%s/%s changes while it is read", w->store->spec, rel);
	return err_hint(e, "stop what writes there, or take it as it is by --allow-changed");
}

static int
read_failed(struct walk *w, const char *rel, struct err *e)
{
	return err_sys(e, "%s/%s", w->store->spec, rel);
}

/* All ST->st_size bytes of FD into the buffer; what is missing (it became shorter) reads as
 * zeros. */
static int
read_small(struct walk *w, int fd, struct stat *st, const char *rel, struct err *e)
{
	struct stat now;

	for (int try = 0; try < TRIES; try++) {
		size_t got = 0;
		ssize_t n = 0;

		if (fstat(fd, st))
			return read_failed(w, rel, e);
		if (st->st_size > SMALL)
			break;
		while (got < (size_t)st->st_size &&
		    (n = pread(fd, w->buf + got, (size_t)st->st_size - got, (off_t)got)) > 0)
			got += (size_t)n;
		if (n < 0)
			return read_failed(w, rel, e);
		memset(w->buf + got, 0, (size_t)st->st_size - got);
		if (!fstat(fd, &now) && same(st, &now))
			return 0;
	}
	if (st->st_size > SMALL)
		return err_set(e, FAIL_TROUBLE, "changed", "%s/%s grows while it is read",
		    w->store->spec, rel);
	return changed(w, rel, e);
}

static int
add_small(struct walk *w, int fd, const char *member, const char *rel, struct stat *st,
    char body[TREE_BODY], struct err *e)
{
	if (read_small(w, fd, st, rel, e) || begin_entry(w, member, e) ||
	    tar_put_file(w->tar, member, fd, st, e) ||
	    tar_put_data(w->tar, w->buf, (size_t)st->st_size, e))
		return -1;
	rows_add_part(w->content, w->buf, (size_t)st->st_size);
	tree_body(w->content, body);
	return end_entry(w, e);
}

/* How far it is; what is to come is only added up when it takes long enough for anyone to ask. */
static void
tell(struct walk *w)
{
	if (clock_now() < w->progress.next)
		return;
	if (!w->progress.total)
		w->progress.total = tree_bytes(w->store->spec);
	progress_tick(&w->progress);
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The bytes of FD from AT to END at most, as they are now: what is missing (it became shorter)
 * reads as zeros. Their number, -1 on error. */
static ssize_t
pour_data(struct walk *w, int fd, int64_t at, int64_t end, const char *rel, struct err *e)
{
	size_t want = end - at < STEP ? (size_t)(end - at) : STEP;
	ssize_t n = pread(fd, w->buf, want, at);

	if (n < 0)
		return read_failed(w, rel, e);
	if (n == 0) {
		memset(w->buf, 0, want);
		n = (ssize_t)want;
	}
	rows_add_part(w->content, w->buf, (size_t)n);
	return n;
}

/* The same of a hole, which nobody need read. */
static ssize_t
pour_hole(struct walk *w, int64_t at, int64_t end, struct err *e)
{
	size_t want = end - at < STEP ? (size_t)(end - at) : STEP;

	if (stop_check(e))
		return -1;
	rows_add_zeros(w->content, want);
	return (ssize_t)want;
}

/* The bytes of a large file, as they are now; *CLEAN: it did not change meanwhile. */
static int
pour(struct walk *w, int fd, const char *member, const char *rel, const struct stat *st,
    bool *clean, struct err *e)
{
	int64_t from = 0, to = 0;
	struct stat now;

	if (begin_entry(w, member, e) || tar_put_file(w->tar, member, fd, st, e))
		return -1;
	for (off_t at = 0; at < st->st_size;) {
		ssize_t n;

		if (at >= to)
			tar_next_data(w->tar, &from, &to);
		n = at < from ? pour_hole(w, at, least(from, st->st_size), e) :
				pour_data(w, fd, at, least(to, st->st_size), rel, e);
		if (n < 0 || tar_put_data(w->tar, w->buf, (size_t)n, e))
			return -1;
		at += n;
		tell(w);
	}
	*clean = !fstat(fd, &now) && same(st, &now);
	return tar_put_end(w->tar, e);
}

static int
add_large(struct walk *w, int fd, const char *member, const char *rel, struct stat *st,
    char body[TREE_BODY], struct err *e)
{
	bool clean = false;

	if (end_frame(w, e))
		return -1;
	for (int try = 0; !clean && try < TRIES; try++) {
		w->frame.members = 0;
		if (try && writer_stream_undo(w->t->w, e))
			return -1;
		if (fstat(fd, st))
			return read_failed(w, rel, e);
		if (pour(w, fd, member, rel, st, &clean, e))
			return -1;
		tree_body(w->content, body);
	}
	if (!clean && changed(w, rel, e))
		return -1;
	w->entries++;
	return end_frame(w, e);
}

/* An entry could not be opened as what it was: it may be gone by now, or of another kind. */
static int
not_opened(struct walk *w, const char *rel, struct err *e)
{
	w->turned = errno == ENOTDIR || errno == ELOOP || errno == EINVAL;
	return w->turned || errno == ENOENT ? 0 : read_failed(w, rel, e);
}

/* A file that was open, or could not be opened. */
static int
add_file(struct walk *w, int dir, const char *name, const char *rel, struct stat *st, struct err *e)
{
	MEM_SCOPE(m);
	char *member = store_member(m, w->store->name, mem_fmt(m, "files/%s", rel)),
	     body[TREE_BODY];
	int fd, bad;
	struct stat now;

	if ((fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)) < 0)
		return not_opened(w, rel, e);
	if (fstat(fd, &now) || !S_ISREG(now.st_mode)) {
		w->turned = true;
		return close(fd);
	}
	bad = st->st_size <= SMALL ? add_small(w, fd, member, rel, st, body, e) :
	    add_large(w, fd, member, rel, st, body, e);
	close(fd);
	if (bad)
		return -1;
	w->bytes += st->st_size;
	tree_add(w->lines, rel, st, body);
	return 0;
}

/* Another name of what was added as FIRST. */
static int
add_again(struct walk *w, const char *member, const char *first, const char *rel,
    const struct stat *st, struct err *e)
{
	if (begin_entry(w, member, e) || tar_put_link(w->tar, member, first, true, st, e))
		return -1;
	tree_add(w->lines, rel, st, "=");
	return end_entry(w, e);
}

static int
add_link(struct walk *w, int dir, const char *name, const char *rel, const struct stat *st,
    struct err *e)
{
	MEM_SCOPE(m);
	char *member = store_member(m, w->store->name, mem_fmt(m, "files/%s", rel)), to[PATH_MAX];
	ssize_t n = readlinkat(dir, name, to, sizeof to - 1);

	if (n < 0)
		return not_opened(w, rel, e);
	to[n] = 0;
	if (begin_entry(w, member, e) || tar_put_link(w->tar, member, to, false, st, e))
		return -1;
	tree_add(w->lines, rel, st, to);
	return end_entry(w, e);
}

/* A directory (FD is open), a device or a fifo (-1). */
static int
add_special(struct walk *w, int fd, const char *rel, const struct stat *st, struct err *e)
{
	MEM_SCOPE(m);
	char *member = store_member(m, w->store->name, mem_fmt(m, "files/%s%s", rel,
	    S_ISDIR(st->st_mode) && *rel ? "/" : ""));

	if (begin_entry(w, member, e) || tar_put_file(w->tar, member, fd, st, e))
		return -1;
	tree_add(w->lines, rel, st, "");
	return end_entry(w, e);
}

static int walk_directory(struct walk *, int fd, const char *rel, struct err *);

/* Anything but a directory. */
static int
add_leaf(struct walk *w, int dir, const char *name, const char *rel, struct stat *st, struct err *e)
{
	MEM_SCOPE(m);
	char *member = store_member(m, w->store->name, mem_fmt(m, "files/%s", rel));
	const char *first = st->st_nlink > 1 ? inodes_find(w->links, st) : NULL;
	int64_t before = w->entries;
	int bad;

	if (st->st_dev == w->own.st_dev && st->st_ino == w->own.st_ino)
		return 0;
	if (S_ISSOCK(st->st_mode)) {
		w->t->say(w->t->arg, mem_fmt(m, "%s/%s: a socket, left out", w->store->spec, rel));
		return 0;
	}
	if (first)
		return add_again(w, member, first, rel, st, e);
	bad = S_ISREG(st->st_mode) ? add_file(w, dir, name, rel, st, e) :
	    S_ISLNK(st->st_mode)   ? add_link(w, dir, name, rel, st, e) :
				     add_special(w, -1, rel, st, e);
	/* one that was gone by then is nobody's first name */
	if (!bad && st->st_nlink > 1 && w->entries > before)
		inodes_add(w->links, st, member);
	return bad;
}

/* As what it is now. */
static int
add_once(struct walk *w, int dir, const char *name, const char *rel, struct err *e)
{
	struct stat st;
	int fd, bad;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : read_failed(w, rel, e);
	if (!S_ISDIR(st.st_mode))
		return add_leaf(w, dir, name, rel, &st, e);
	if ((fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) < 0)
		return not_opened(w, rel, e);
	bad = walk_directory(w, fd, rel, e);
	close(fd);
	return bad;
}

static int
add_entry(struct walk *w, int dir, const char *name, const char *rel, struct err *e)
{
	if (stop_check(e))
		return -1;
	/* what could be read this way could not be written again */
	if (strlen(rel) >= PATH_MAX - NAME_MAX)
		return err_set(e, FAIL_TROUBLE, "too-long",
		    "%s/%.200s...: the path is longer than a system can name", w->store->spec, rel);
	tell(w);
	for (int i = 0; i < TRIES; i++) {
		w->turned = false;
		if (add_once(w, dir, name, rel, e))
			return -1;
		if (!w->turned)
			return 0;
	}
	w->turned = false;
	return changed(w, rel, e);
}

static int
walk_directory(struct walk *w, int fd, const char *rel, struct err *e)
{
	MEM_SCOPE(m);
	struct stat st;
	size_t count;
	char **list;

	if (fstat(fd, &st))
		return read_failed(w, rel, e);
	if (add_special(w, fd, rel, &st, e))
		return -1;
	if (!(list = tree_names(m, fd, &count, e)))
		return err_in(e, "%s/%s", w->store->spec, rel);
	for (size_t i = 0; i < count; i++)
		if (add_entry(w, fd, list[i], *rel ? mem_fmt(m, "%s/%s", rel, list[i]) : list[i],
			e))
			return -1;
	return 0;
}

static int
open_store(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	char path[PATH_MAX];
	struct stat st;

	(void)t;
	if (!realpath(s->spec, path) || stat(path, &st))
		return err_sys(e, "--dir %s=%s", s->name, s->spec);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, FAIL_TROUBLE, "bad-input", "--dir %s=%s: not a directory",
		    s->name, s->spec);
	s->spec = mem_string(m, path);
	value_set_string(s->facts, "path", path);
	return 0;
}

static int
take(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	MEM_SCOPE(scope);
	struct walk w = { .store = s, .t = t, .m = scope };
	struct err ignored;
	int fd = open(s->spec, O_RDONLY | O_DIRECTORY | O_CLOEXEC), bad;

	if (fd < 0)
		return err_sys(e, "%s", s->spec);
	w.packer = writer_packer(scope, t->w);
	w.tar = tar_writer_new(scope, to_stream, &w);
	w.links = inodes_new(scope);
	w.lines = rows_new(scope);
	w.content = rows_new(scope);
	w.buf = mem_zero(scope, SMALL, 1);
	w.changed = value_array(m);
	w.progress = progress_begin(s, t, 0);
	if (fstat(writer_fd(t->w), &w.own))
		memset(&w.own, 0, sizeof w.own);
	bad = walk_directory(&w, fd, "", e) || end_frame(&w, e);
	close(fd);
	if (bad) {
		if (w.frame.members)
			writer_stream_undo(t->w, &ignored);
		return -1;
	}
	value_set_int(s->facts, "entries", w.entries);
	value_set_int(s->facts, "bytes", w.bytes);
	value_set_string(s->facts, "sum", mem_fmt(m, "%016" PRIx64, rows_sum(w.lines)));
	if (value_count(w.changed))
		value_set(s->facts, "changed", w.changed);
	return 0;
}

const struct store_kind store_directory = { .name = "directory", .open = open_store, .take = take };
