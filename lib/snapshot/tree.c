/* tree.c - sums up a directory tree, a line for each entry. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/stop.h"
#include "snapshot/inodes.h"
#include "snapshot/tree.h"

enum { STEP = 256 * 1024 };

char *
tree_body(struct rows *content, char text[TREE_BODY])
{
	rows_add(content, "\n", 1);
	snprintf(text, TREE_BODY, "%016" PRIx64, rows_sum(content));
	rows_begin(content);
	return text;
}

void
tree_add(struct rows *lines, const char *rel, const struct stat *st, const char *body)
{
	MEM_SCOPE(m);
	char *line = mem_fmt(m, "%o %lld %s %s", st->st_mode,
	    S_ISREG(st->st_mode) ? (long long)st->st_size : 0, rel, body);

	for (char *p = line; *p; p++)
		if (*p == '\n')
			*p = '\r';
	rows_add(lines, line, strlen(line));
	rows_add(lines, "\n", 1);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char **
tree_names(struct mem *m, int fd, size_t *count, struct err *e)
{
	char **list = mem_zero(m, 1, sizeof *list);
	size_t room = 1;
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);

	*count = 0;
	if (!d) {
		err_sys(e, "directory");
		return NULL;
	}
	for (struct dirent *de; (de = readdir(d));) {
		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, ".."))
			continue;
		mem_grow(m, &list, *count, &room, sizeof *list);
		list[(*count)++] = mem_string(m, de->d_name);
	}
	closedir(d);
	qsort(list, *count, sizeof *list, by_name);
	return list;
}

struct walk {
	struct rows *lines, *content;
	struct inodes *links;
	char *buf;
};

/* Sum up the hole that is at AT, if there is one, unread; its length. */
static off_t
skip_hole(struct walk *w, int fd, off_t at)
{
	off_t data = lseek(fd, at, SEEK_DATA), n;

	/* none to the end, or not known here */
	if (data < 0)
		data = errno == ENXIO ? lseek(fd, 0, SEEK_END) : at;
	n = data > at ? data - at : 0;
	rows_add_zeros(w->content, (size_t)n);
	return n;
}

static int
read_file(struct walk *w, const char *path, char *body, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	off_t at = 0;
	ssize_t n;

	if (fd < 0)
		return err_sys(e, "%s", path);
	do {
		at += skip_hole(w, fd, at);
		if ((n = pread(fd, w->buf, STEP, at)) > 0)
			rows_add_part(w->content, w->buf, (size_t)n);
		at += n;
	} while (n > 0);
	if (n < 0)
		err_sys(e, "%s", path);
	close(fd);
	tree_body(w->content, body);
	return n < 0 ? -1 : 0;
}

static int walk_directory(struct walk *, const char *path, const char *rel, struct err *);

static int
add(struct walk *w, const char *path, const char *rel, struct err *e)
{
	char body[PATH_MAX] = "";
	struct stat st;

	if (stop_check(e))
		return -1;
	if (lstat(path, &st))
		return err_sys(e, "%s", path);
	if (S_ISDIR(st.st_mode))
		return walk_directory(w, path, rel, e);
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (st.st_nlink > 1 && inodes_find(w->links, &st)) {
		tree_add(w->lines, rel, &st, "=");
		return 0;
	}
	if (S_ISLNK(st.st_mode) && readlink(path, body, sizeof body - 1) < 0)
		return err_sys(e, "%s", path);
	if (S_ISREG(st.st_mode) && read_file(w, path, body, e))
		return -1;
	if (st.st_nlink > 1)
		inodes_add(w->links, &st, rel);
	tree_add(w->lines, rel, &st, body);
	return 0;
}

static int
walk_directory(struct walk *w, const char *path, const char *rel, struct err *e)
{
	MEM_SCOPE(m);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	size_t count;
	char **list;

	if (fd < 0 || fstat(fd, &st))
		return err_sys(e, "%s", path);
	list = tree_names(m, fd, &count, e);
	close(fd);
	if (!list)
		return err_in(e, "%s", path);
	tree_add(w->lines, rel, &st, "");
	for (size_t i = 0; i < count; i++)
		if (add(w, mem_fmt(m, "%s/%s", path, list[i]),
			*rel ? mem_fmt(m, "%s/%s", rel, list[i]) : list[i], e))
			return -1;
	return 0;
}

int
tree_sum(const char *path, struct rows *lines, struct err *e)
{
	MEM_SCOPE(m);
	struct walk w = { lines, rows_new(m), inodes_new(m), mem_zero(m, STEP, 1) };

	rows_begin(lines);
	return walk_directory(&w, path, "", e);
}

/* Holes are none. */
static int64_t
bytes_of(const struct stat *st)
{
	return st->st_blocks * 512 < st->st_size ? st->st_blocks * 512 : st->st_size;
}

int64_t
tree_bytes(const char *path)
{
	MEM_SCOPE(m);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct err ignored;
	int64_t bytes = 0;
	size_t count = 0;
	char **list = fd < 0 ? NULL : tree_names(m, fd, &count, &ignored);
	struct stat st;

	for (size_t i = 0; list && i < count; i++)
		if (!fstatat(fd, list[i], &st, AT_SYMLINK_NOFOLLOW))
			bytes += S_ISDIR(st.st_mode) ?
			    tree_bytes(mem_fmt(m, "%s/%s", path, list[i])) :
			    S_ISREG(st.st_mode) ? bytes_of(&st) :
						  0;
	if (fd >= 0)
		close(fd);
	return bytes;
}
