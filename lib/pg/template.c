/* template.c - a data directory fresh from initdb, kept in the user's cache and copied. Whatever is
 * wrong with the cache, the only price is time: every function here may fail without a word. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/io.h"
#include "pg/scratch_private.h"

enum { ABANDONED_SECONDS = 3600 };

/* Ours, and nobody else may write there: another user could slip in a cluster whose server runs his
 * code. */
static bool
trusted(const char *dir)
{
	struct stat st;

	return !lstat(dir, &st) && S_ISDIR(st.st_mode) && st.st_uid == geteuid() &&
	    !(st.st_mode & (S_IWGRP | S_IWOTH));
}

static bool
make_trusted(const char *dir)
{
	return (!mkdir(dir, 0700) || errno == EEXIST) && trusted(dir);
}

/* Our directory in the cache, made when it is missing; NULL when there can be none. */
static const char *
cache_dir(struct mem *m)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME"), *dir;

	if (!base || *base != '/') {
		if (!home || *home != '/')
			return NULL;
		base = mem_fmt(m, "%s/.cache", home);
	}
	dir = mem_fmt(m, "%s/handrail", base);
	return make_trusted(base) && make_trusted(dir) ? dir : NULL;
}

/* FNV-1a: keeps names apart, guards nothing. */
static uint64_t
hash(uint64_t h, const char *s)
{
	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return (h ^ '\n') * 0x100000001b3u;
}

void
template_find(struct mem *m, struct template *t, const struct server *s, const char *options)
{
	const char *cache = cache_dir(m);
	uint64_t h = hash(hash(0xcbf29ce484222325u, s->bindir), options);

	t->made = NULL;
	t->dir = cache ? mem_fmt(m, "%s/postgres-%d.%d-%016llx", cache, s->major, s->minor,
			     (unsigned long long)h) :
			 NULL;
}

static int
copy_bytes(int from, int to)
{
	static char buf[1 << 16];
	ssize_t n;

	/* shares the blocks where the file system can */
	while ((n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
		;
	if (n == 0)
		return 0;
	if (errno != EXDEV && errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP &&
	    errno != EPERM)
		return -1;
	while ((n = read(from, buf, sizeof buf)) > 0)
		if (io_write_all(to, buf, (size_t)n))
			return -1;
	return n < 0 ? -1 : 0;
}

static int
copy_file(int from, const struct stat *st, int to_dir, const char *name, const struct run_as *who)
{
	int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    st->st_mode & 0700);
	int bad;

	if (to < 0)
		return -1;
	bad = (who && who->name && fchown(to, who->uid, who->gid)) || copy_bytes(from, to);
	return close(to) || bad ? -1 : 0;
}

static int copy_tree(int from_parent, const char *from, int to_parent, const char *to,
    const struct run_as *who);

static int
copy_entry(int from_dir, int to_dir, const char *name, const struct run_as *who)
{
	int fd = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), bad = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st)) {
		if (S_ISDIR(st.st_mode))
			bad = copy_tree(from_dir, name, to_dir, name, who);
		else if (S_ISREG(st.st_mode))
			bad = copy_file(fd, &st, to_dir, name, who);
	}
	close(fd);
	return bad;
}

static int
copy_tree(int from_parent, const char *from, int to_parent, const char *to,
    const struct run_as *who)
{
	int source = openat(from_parent, from, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
	    target, bad;
	DIR *d;

	if (source < 0)
		return -1;
	if (!(d = fdopendir(source)))
		return close(source), -1;
	bad = mkdirat(to_parent, to, 0700);
	target = openat(to_parent, to, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	bad |= target < 0 || (who && who->name && fchown(target, who->uid, who->gid));
	for (struct dirent *de; !bad && (de = readdir(d));)
		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			bad = copy_entry(source, target, de->d_name, who);
	if (target >= 0)
		close(target);
	closedir(d);
	return bad ? -1 : 0;
}

int
template_take(const struct template *t, const char *to, const struct run_as *who)
{
	struct err ignored;

	if (!t->dir || !trusted(t->dir))
		return -1;
	if (!copy_tree(AT_FDCWD, t->dir, AT_FDCWD, to, who))
		return 0;
	io_remove_tree(to, &ignored);
	return -1;
}

/* Remove what makers left that were killed. */
static void
sweep(const char *cache)
{
	DIR *d = opendir(cache);
	struct err ignored;

	for (struct dirent *de; d && (de = readdir(d));) {
		MEM_SCOPE(m);
		char *path = mem_fmt(m, "%s/%s", cache, de->d_name);
		struct stat st;

		if (!strncmp(de->d_name, ".new-", 5) && !lstat(path, &st) &&
		    time(NULL) - st.st_mtime > ABANDONED_SECONDS)
			io_remove_tree(path, &ignored);
	}
	if (d)
		closedir(d);
}

void
template_make(struct mem *m, struct template *t, const char *data)
{
	struct err ignored;
	char *cache, *temporary;

	if (!t->dir)
		return;
	cache = mem_dup(m, t->dir, (size_t)(strrchr(t->dir, '/') - t->dir));
	sweep(cache);
	temporary = mem_fmt(m, "%s/.new-XXXXXX", cache);
	if (!mkdtemp(temporary))
		return;
	t->made = mem_fmt(m, "%s/data", temporary);
	if (!copy_tree(AT_FDCWD, data, AT_FDCWD, t->made, NULL))
		return;
	io_remove_tree(temporary, &ignored);
	t->made = NULL;
}

void
template_publish(struct template *t, bool good)
{
	struct err ignored;
	int fd;

	if (!t->made)
		return;
	/* after a power failure a name whose files are empty would be worse than no name */
	fd = !good ? -1 : open(t->made, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && !syncfs(fd))
		/* fails when another maker was faster: his is as good */
		(void)!rename(t->made, t->dir);
	if (fd >= 0)
		close(fd);
	*strrchr(t->made, '/') = 0;
	io_remove_tree(t->made, &ignored);
	t->made = NULL;
}

void
template_drop(struct template *t)
{
	MEM_SCOPE(m);
	struct err ignored;
	char *away;

	if (!t->dir)
		return;
	away = mem_fmt(m, "%.*s/.new-XXXXXX", (int)(strrchr(t->dir, '/') - t->dir), t->dir);
	if (!mkdtemp(away))
		return;
	/* by a rename: nobody shall take half of it */
	(void)!rename(t->dir, away);
	io_remove_tree(away, &ignored);
}
