/* io.c - whole reads, atomic writes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/fault.h"
#include "core/io.h"

struct io_file {
	char *path, *temporary;
	int fd;
	enum io_mode mode;
};

/* A file that grows, a pipe, a device: piece by piece into TEXT. */
static int
read_on(int fd, const char *path, size_t max, struct mem_text *text, struct err *e)
{
	char buf[1 << 14];
	ssize_t n;

	while ((n = read(fd, buf, sizeof buf)) > 0) {
		mem_text_add(text, buf, (size_t)n);
		if (text->len > max)
			return err_set(e, FAIL_TROUBLE, "too-big", "%s: larger than %zu bytes",
			    path, max);
	}
	return n < 0 ? err_sys(e, "%s", path) : 0;
}

char *
io_read_file(struct mem *m, const char *path, size_t max, size_t *len, struct err *e)
{
	struct mem_text text = { .m = m };
	int fd = open(path, O_RDONLY | O_CLOEXEC), bad = 0;
	struct stat st = { .st_size = 0 };
	ssize_t n = -1;

	if (fd < 0) {
		err_sys(e, "%s", path);
		return NULL;
	}
	/* a regular file in one block: a text that grows leaves its old blocks behind */
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && st.st_size > 0 && (size_t)st.st_size <= max) {
		mem_text_room(&text, (size_t)st.st_size);
		n = read(fd, text.text, text.room);
		text.len = n > 0 ? (size_t)n : 0;
	}
	/* one byte of room was left: who did not need it has read all */
	if (n != st.st_size)
		bad = read_on(fd, path, max, &text, e);
	mem_text_add(&text, "", 0);
	close(fd);
	if (len)
		*len = text.len;
	return bad ? NULL : text.text;
}

int
io_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = fault_at("io-write") ? -1 : write(fd, p, len);

		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* The directory of PATH, as a string in M. */
static char *
directory(struct mem *m, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return mem_string(m, ".");
	return slash == path ? mem_string(m, "/") : mem_dup(m, path, (size_t)(slash - path));
}

static const char *
base(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* The pattern of a temporary name beside PATH. */
static char *
beside(struct mem *m, const char *path)
{
	return mem_fmt(m, "%s/.%.200s.handrail-XXXXXX", directory(m, path), base(path));
}

int
io_sync_directory_of(const char *path, struct err *e)
{
	MEM_SCOPE(m);
	char *dir = directory(m, path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* some file systems do not sync directories: EINVAL */
	int bad = fd < 0 || (fsync(fd) && errno != EINVAL);

	if (bad)
		err_sys(e, "%s: fsync", dir);
	if (fd >= 0)
		close(fd);
	return bad ? -1 : 0;
}

static void
drop(void *p)
{
	io_file_abort(p);
}

/* A replaced file keeps its mode and, where we may, its owner. */
static int
take_over(struct io_file *f, mode_t mode, struct err *e)
{
	struct stat st;

	if (stat(f->path, &st)) {
		mode_t mask = umask(0);

		umask(mask);
		return fchmod(f->fd, mode & ~mask) ? err_sys(e, "%s", f->temporary) : 0;
	}
	if (f->mode == IO_NEW)
		return errno = EEXIST, err_sys(e, "%s", f->path);
	if (fchown(f->fd, st.st_uid, st.st_gid) && errno != EPERM)
		return err_sys(e, "%s: owner", f->temporary);
	return fchmod(f->fd, st.st_mode & 07777) ? err_sys(e, "%s: mode", f->temporary) : 0;
}

/* The descriptor of ours that PATH names, or -1. */
static int
descriptor(const char *path)
{
	static const struct {
		const char *name;
		int fd;         /* -1: a number follows */
	} names[] = { { "/dev/stdout", 1 }, { "/dev/stderr", 2 }, { "/dev/fd/", -1 },
		{ "/proc/self/fd/", -1 } };

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strncmp(path, names[i].name, strlen(names[i].name)))
			return names[i].fd >= 0 ?
			    names[i].fd :
			    (int)strtol(path + strlen(names[i].name), NULL, 10);
	return -1;
}

/* Is PATH, or what it leads to, nothing that a file can take the place of: a device, a pipe, one of
 * our own descriptors? */
static bool
is_stream(const char *path)
{
	struct stat st;

	return descriptor(path) >= 0 ||
	    (!stat(path, &st) && !S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode));
}

struct io_file *
io_file_begin(struct mem *m, const char *path, enum io_mode mode, mode_t perm, struct err *e)
{
	struct io_file *f = mem_zero(m, 1, sizeof *f);
	char real[PATH_MAX];

	if (mode == IO_REPLACE && is_stream(path))
		return err_set(e, FAIL_TROUBLE, "bad-input", "%s: not a regular file", path), NULL;
	f->mode = mode;
	f->path = mem_string(m, mode == IO_REPLACE && realpath(path, real) ? real : path);
	f->temporary = beside(m, f->path);
	if ((f->fd = mkostemp(f->temporary, O_CLOEXEC)) < 0) {
		bool full = errno == ENOSPC;

		err_sys(e, "%s: temporary file beside it", path);
		if (!full)
			err_hint(e,
			    "it is to take the file's place: %s must be there and writable",
			    directory(m, f->path));
		f->temporary = NULL;
		return NULL;
	}
	mem_own(m, f, drop);
	/* held while we live: io_sweep sees by it that a temporary file is not abandoned */
	flock(f->fd, LOCK_EX | LOCK_NB);
	return take_over(f, perm, e) ? NULL : f;
}

int
io_file_fd(struct io_file *f)
{
	return f->fd;
}

const char *
io_file_temporary(const struct io_file *f)
{
	return f->temporary;
}

/* The synced temporary file gets its name. */
static int
put_in_place(struct io_file *f, struct err *e)
{
	if (f->mode == IO_NEW) {
		if (link(f->temporary, f->path))
			return err_sys(e, "%s", f->path);
		unlink(f->temporary);
	} else if (rename(f->temporary, f->path)) {
		return err_sys(e, "%s: rename", f->path);
	}
	f->temporary = NULL;
	close(f->fd);
	f->fd = -1;
	return 0;
}

int
io_file_commit(struct io_file *f, struct err *e)
{
	size_t done;

	return io_file_commit_all(&f, 1, &done, e);
}

int
io_file_commit_all(struct io_file **f, size_t count, size_t *done, struct err *e)
{
	MEM_SCOPE(m);
	const char *dir, *last = "";
	int bad = 0;

	*done = 0;
	/* when all are on their way to the disk, one commit of its journal serves them together */
	for (size_t i = 0; count > 1 && i < count; i++)
		sync_file_range(f[i]->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	for (size_t i = 0; i < count; i++)
		if (fault_at("io-sync") || fsync(f[i]->fd))
			return err_sys(e, "%s: fsync", f[i]->path);
	for (; *done < count && !(bad = put_in_place(f[*done], e)); ++*done)
		;
	for (size_t i = 0; !bad && i < count; i++, last = dir)
		if (strcmp(last, dir = directory(m, f[i]->path)))
			bad = io_sync_directory_of(f[i]->path, e);
	return bad;
}

void
io_file_abort(struct io_file *f)
{
	if (f->temporary)
		unlink(f->temporary);
	f->temporary = NULL;
	if (f->fd >= 0)
		close(f->fd);
	f->fd = -1;
}

static int
write_stream(const char *path, const void *data, size_t len, struct err *e)
{
	/* a second opening of a file would not share its place with ours */
	int own = descriptor(path),
	    fd = own >= 0 ? fcntl(own, F_DUPFD_CLOEXEC, 3) :
			    open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	int bad = fd < 0 || io_write_all(fd, data, len) ? err_sys(e, "%s", path) : 0;

	if (fd >= 0 && close(fd) && !bad)
		bad = err_sys(e, "%s", path);
	return bad;
}

int
io_replace_file(const char *path, const void *data, size_t len, mode_t perm, struct err *e)
{
	MEM_SCOPE(m);
	struct io_file *f;

	if (is_stream(path))
		return write_stream(path, data, len, e);
	if (!(f = io_file_begin(m, path, IO_REPLACE, perm, e)))
		return -1;
	if (io_write_all(f->fd, data, len))
		return err_sys(e, "%s", path);
	return io_file_commit(f, e);
}

static int
remove_in(int parent, const char *name)
{
	static const int how = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
	int fd = openat(parent, name, how), bad = 0;
	DIR *d;

	/* only root may read and empty any directory */
	if (fd < 0 && errno == EACCES && !fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW))
		fd = openat(parent, name, how);
	if (fd < 0)
		return unlinkat(parent, name, 0) && errno != ENOENT ? -1 : 0;
	if (geteuid())
		fchmod(fd, 0700);
	if (!(d = fdopendir(fd))) {
		close(fd);
		return -1;
	}
	for (struct dirent *de; (de = readdir(d));)
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			bad |= remove_in(dirfd(d), de->d_name);
	closedir(d);
	return unlinkat(parent, name, AT_REMOVEDIR) && errno != ENOENT ? -1 : bad;
}

static void
sweep_one(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		remove_in(dir, name);
	close(fd);
}

void
io_sweep(const char *path)
{
	MEM_SCOPE(m);
	char *prefix = mem_fmt(m, ".%.200s.handrail-", base(path));
	DIR *d = opendir(directory(m, path));

	if (!d)
		return;
	for (struct dirent *de; (de = readdir(d));)
		if (!strncmp(de->d_name, prefix, strlen(prefix)) &&
		    strlen(de->d_name) == strlen(prefix) + 6)
			sweep_one(dirfd(d), de->d_name);
	closedir(d);
}

char *
io_directory_beside(struct mem *m, const char *path, int *fd, struct err *e)
{
	char *name = beside(m, path);

	if (!mkdtemp(name) || (*fd = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		err_sys(e, "%s: temporary directory beside it", path);
		return NULL;
	}
	flock(*fd, LOCK_EX | LOCK_NB);
	return name;
}

int
io_remove_tree(const char *path, struct err *e)
{
	return remove_in(AT_FDCWD, path) ? err_sys(e, "%s: remove", path) : 0;
}
