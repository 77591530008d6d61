/* spool.c - nameless files, and their way into the archive. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "snapshot/spool.h"
#include "snapshot/tar.h"

enum { STEP = 256 * 1024 };

static void
drop(void *fd)
{
	close(*(int *)fd);
}

const char *
spool_directory(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

int
spool_open(struct mem *m, const char *directory, struct err *e)
{
	int *fd = mem_zero(m, 1, sizeof *fd);
	char *name = mem_fmt(m, "%s/.handrail-spool-XXXXXX", directory);

	*fd = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR) &&
	    (*fd = mkostemp(name, O_CLOEXEC)) >= 0)
		unlink(name);
	if (*fd < 0)
		return err_sys(e, "%s: temporary file", directory);
	mem_own(m, fd, drop);
	return *fd;
}

static int
to_stream(void *writer, const void *data, size_t len, struct err *e)
{
	return writer_stream_add(writer, data, len, e);
}

static int
pour(struct mem *m, int fd, int64_t size, const char *member, struct writer *w, struct err *e)
{
	struct tar_writer *tar = tar_writer_new(m, to_stream, w);
	char *buf = mem_zero(m, STEP, 1);

	if (tar_put_member(tar, member, size, clock_unix_ms() / 1000, e))
		return -1;
	for (int64_t at = 0; at < size;) {
		ssize_t n = pread(fd, buf, STEP, at);

		if (n <= 0)
			return n ? err_sys(e, "%s", member) :
				   err_set(e, FAIL_TROUBLE, "io", "%s: cut short", member);
		if (tar_put_data(tar, buf, (size_t)n, e))
			return -1;
		at += n;
	}
	return tar_put_end(tar, e);
}

int
spool_add(int fd, const char *below, const struct store *s, const struct store_taking *t,
    struct err *e)
{
	MEM_SCOPE(m);
	struct format_frame f = { .members = 1,
		.store = s->name,
		.member = store_member(m, s->name, below) };
	struct frame_packer *packer = writer_packer(m, t->w);
	struct err ignored;
	struct stat st;

	if (fstat(fd, &st))
		return err_sys(e, "%s", f.member);
	/* threads pay for large dumps only */
	if (writer_stream_begin(t->w, packer, st.st_size > (8 << 20) ? (int)t->jobs : 1, e))
		return -1;
	if (pour(m, fd, st.st_size, f.member, t->w, e) || writer_stream_end(t->w, &f, e)) {
		writer_stream_undo(t->w, &ignored);
		return -1;
	}
	return 0;
}
