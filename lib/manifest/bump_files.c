/* bump_files.c - the end of a bump: files on disk. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "core/io.h"
#include "core/stop.h"
#include "manifest/bump.h"
#include "manifest/git.h"

bool
bump_is_changed(const struct bump_file *f)
{
	return f->len != f->old_len || memcmp(f->old, f->text, f->len);
}

/* Is the file on disk still what was read? */
static bool
is_same(const struct bump_file *f)
{
	int fd = open(f->file, O_RDONLY | O_CLOEXEC);
	char buf[1 << 14];
	size_t at = 0;
	ssize_t n;
	bool same = fd >= 0;

	while (same && (n = read(fd, buf, sizeof buf)) > 0) {
		same = at + (size_t)n <= f->old_len && !memcmp(buf, f->old + at, (size_t)n);
		at += (size_t)n;
	}
	if (fd >= 0)
		close(fd);
	return same && at == f->old_len;
}

/* A file that is being written. */
struct writing {
	int lock;               /* on what stands there now */
	struct io_file *file;
};

static void
unlock(void *w)
{
	close(((struct writing *)w)->lock);
}

/* Two runs on one file: the lock lets the later one see what the earlier one wrote. */
static int
prepare(struct mem *m, struct writing *w, const struct bump_file *f, struct err *e)
{
	char real[PATH_MAX];

	if ((w->lock = open(f->file, O_RDONLY | O_CLOEXEC)) < 0)
		return err_sys(e, "%s", f->file);
	mem_own(m, w, unlock);
	/* a lock that is never given up must not keep us: the comparison guards, too */
	for (int i = 0; i < 200 && flock(w->lock, LOCK_EX | LOCK_NB) && !stop_sleep(0.05, e); i++)
		;
	if (stop_check(e))
		return -1;
	if (!is_same(f)) {
		err_set(e, FAIL_TROUBLE, "changed", "%s: somebody else has changed it meanwhile",
		    f->file);
		return err_hint(e, "run it again");
	}
	io_sweep(realpath(f->file, real) ? real : f->file);
	if (!(w->file = io_file_begin(m, f->file, IO_REPLACE, 0666, e)))
		return -1;
	return io_write_all(io_file_fd(w->file), f->text, f->len) ? err_sys(e, "%s", f->file) : 0;
}

/* Write the changed ones of the files from *AT on, a handful together, which costs the disk no more
 * than one. *AT is moved behind the last one that was replaced. 1: there were none left. */
static int
write_some(struct bump *b, size_t *at, struct err *e)
{
	enum { TOGETHER = 64 };
	MEM_SCOPE(m);
	struct writing *w = mem_zero(m, TOGETHER, sizeof *w);
	struct io_file *file[TOGETHER];
	size_t index[TOGETHER], count = 0, done = 0;
	int bad = 0;

	for (size_t i = *at; !bad && i < b->count && count < TOGETHER; i++) {
		if (!bump_is_changed(&b->file[i]))
			continue;
		bad = prepare(m, &w[count], &b->file[i], e);
		file[count] = w[count].file;
		index[count++] = i;
	}
	bad = bad || io_file_commit_all(file, count, &done, e);
	if (done)
		*at = index[done - 1] + 1;
	return bad ? -1 : count == 0;
}

/* Put back the first COUNT files. False when that fails, too. */
static bool
put_back(struct bump *b, size_t count)
{
	struct err ignored;
	bool whole = true;

	for (size_t i = 0; i < count; i++)
		if (bump_is_changed(&b->file[i]) &&
		    io_replace_file(b->file[i].file, b->file[i].old, b->file[i].old_len, 0666,
			&ignored))
			whole = false;
	return whole;
}

int
bump_write(struct bump *b, struct err *e)
{
	size_t at = 0;
	int got;

	while (!(got = write_some(b, &at, e)))
		;
	if (got > 0)
		return 0;
	if (!put_back(b, at)) {
		e->code = FAIL_DIRTY;
		err_hint(e,
		    "files before this one in the list are changed already: git diff shows them");
	}
	return -1;
}

int
bump_check_clean(struct bump *b, struct err *e)
{
	for (size_t i = 0; i < b->count; i++)
		if (bump_is_changed(&b->file[i]) && git_check_clean(b->m, b->file[i].file, e))
			return -1;
	return 0;
}

/* "build(deps): bump redmine from 5-alpine to 6-alpine"; several get a line each in the body. */
static const char *
conventional(struct mem *m, const struct value *changes)
{
	size_t n = value_count(changes);
	struct mem_text t = { .m = m };

	if (n > 1)
		mem_text_fmt(&t, "build(deps): bump %zu versions\n\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct value *c = value_item(changes, i);
		const char *image = value_get_string(c, "image");

		mem_text_fmt(&t, "%s %s from %s to %s%s", n > 1 ? "-" : "build(deps): bump",
		    image ? image : value_get_string(c, "path"),
		    value_get_string(c, "from_version"), value_get_string(c, "to_version"),
		    n > 1 ? "\n" : "");
	}
	return t.text;
}

char *
bump_commit(struct bump *b, const struct value *changes, const char *branch, const char *message,
    struct err *e)
{
	const char **files = mem_zero(b->m, b->count, sizeof *files);
	size_t n = 0;

	for (size_t i = 0; i < b->count; i++)
		if (bump_is_changed(&b->file[i]))
			files[n++] = b->file[i].file;
	return git_commit(b->m, files, n, branch, message ? message : conventional(b->m, changes),
	    e);
}

bool
bump_undo(struct bump *b)
{
	return put_back(b, b->count);
}
