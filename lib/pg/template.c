/* template.c - a data directory fresh from initdb, kept in the user's cache and copied. Whatever is
 * wrong with the cache, the only price is time: every function here may fail without a word. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/io.h"
#include "core/stop.h"
#include "pg/scratch_private.h"

/* KEPT_MOST templates with a loaded database: each can take hundreds of megabytes. */
enum { ABANDONED_SECONDS = 3600, SUM_MOST = 100, KEPT_MOST = 4 };
#define KEPT "base-"

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

void
template_find_kept(struct mem *m, struct template *t, const struct server *s, const char *options,
    const char *key)
{
	template_find(m, t, s, options);
	t->summed = true;
	if (t->dir)
		t->dir = mem_fmt(m, "%.*s/" KEPT "%s-%s", (int)(strrchr(t->dir, '/') - t->dir),
		    t->dir, key, strrchr(t->dir, '-') + 1);
}

/* A copy on its way. */
struct copying {
	const struct run_as *who; /* owner of the files, or NULL */
	struct digest *digest;    /* NULL: no sum is wanted */
	/* of all files: SHA-256 of name and bytes, added up, so that order does not matter */
	uint64_t sum[4];
};

static int
copy_bytes(int from, int to, const struct copying *c)
{
	static char buf[1 << 16];
	ssize_t n = 0;

	/* shares the blocks where the file system can */
	while (!c->digest && (n = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0)
		;
	if (!c->digest && n == 0)
		return 0;
	if (!c->digest && errno != EXDEV && errno != EINVAL && errno != ENOSYS &&
	    errno != EOPNOTSUPP && errno != EPERM)
		return -1;
	while ((n = read(from, buf, sizeof buf)) > 0) {
		if (c->digest)
			digest_add(c->digest, buf, (size_t)n);
		if (io_write_all(to, buf, (size_t)n))
			return -1;
	}
	return n < 0 ? -1 : 0;
}

static void
add_sum(struct copying *c)
{
	char hex[DIGEST_HEX];

	digest_end(c->digest, hex);
	for (int i = 4; i--; hex[16 * i] = 0)
		c->sum[i] += strtoull(hex + 16 * i, NULL, 16);
}

static int
copy_file(int from, const struct stat *st, int to_dir, const char *name, struct copying *c)
{
	int to = openat(to_dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
	    st->st_mode & 0700);
	int bad;

	if (to < 0)
		return -1;
	if (c->digest)
		digest_add(c->digest, name, strlen(name) + 1);
	bad = (c->who && c->who->name && fchown(to, c->who->uid, c->who->gid)) ||
	    copy_bytes(from, to, c);
	if (c->digest)
		add_sum(c);
	return close(to) || bad ? -1 : 0;
}

static int copy_tree(int from_parent, const char *from, int to_parent, const char *to,
    struct copying *);

static int
copy_entry(int from_dir, int to_dir, const char *name, struct copying *c)
{
	int fd = openat(from_dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), bad = -1;
	struct stat st;

	if (fd < 0)
		return -1;
	if (!fstat(fd, &st)) {
		if (S_ISDIR(st.st_mode))
			bad = copy_tree(from_dir, name, to_dir, name, c);
		else if (S_ISREG(st.st_mode))
			bad = copy_file(fd, &st, to_dir, name, c);
	}
	close(fd);
	return bad;
}

/* What says that a server runs on it: not on the copy. */
static bool
is_left_out(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strncmp(name, "postmaster.", 11);
}

static int
copy_tree(int from_parent, const char *from, int to_parent, const char *to, struct copying *c)
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
	bad |= target < 0 || (c->who && c->who->name && fchown(target, c->who->uid, c->who->gid));
	for (struct dirent *de; !bad && (de = readdir(d));)
		if (!is_left_out(de->d_name))
			bad = stop_signal() ? -1 : copy_entry(source, target, de->d_name, c);
	if (target >= 0)
		close(target);
	closedir(d);
	return bad ? -1 : 0;
}

static const char *
sum_text(struct mem *m, const struct copying *c)
{
	return mem_fmt(m, "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "%016" PRIx64 "\n", c->sum[0],
	    c->sum[1], c->sum[2], c->sum[3]);
}

int
template_take(const struct template *t, const char *to, const struct run_as *who)
{
	MEM_SCOPE(m);
	struct copying c = { .who = who, .digest = t->summed ? digest_new(m) : NULL };
	const char *from = t->summed ? mem_fmt(m, "%s/data", t->dir) : t->dir, *sum;
	struct err ignored;

	if (!t->dir || !trusted(t->dir))
		return -1;
	if (!copy_tree(AT_FDCWD, from, AT_FDCWD, to, &c)) {
		if (!t->summed)
			return 0;
		sum = io_read_file(m, mem_fmt(m, "%s/sum", t->dir), SUM_MOST, NULL, &ignored);
		/* its time tells when it was last of use */
		if (sum && !strcmp(sum, sum_text(m, &c)))
			return (void)!utimensat(AT_FDCWD, t->dir, NULL, 0), 0;
		template_drop(t);
	}
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

static int
write_sum(struct mem *m, const char *dir, const char *sum)
{
	int fd = open(mem_fmt(m, "%s/sum", dir), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600),
	    bad;

	if (fd < 0)
		return -1;
	bad = io_write_all(fd, sum, strlen(sum));
	return close(fd) || bad ? -1 : 0;
}

void
template_make(struct mem *m, struct template *t, const char *data)
{
	struct copying c = { .digest = t->summed ? digest_new(m) : NULL };
	struct err ignored;
	char *cache, *temporary;

	if (!t->dir)
		return;
	cache = mem_dup(m, t->dir, (size_t)(strrchr(t->dir, '/') - t->dir));
	sweep(cache);
	temporary = mem_fmt(m, "%s/.new-XXXXXX", cache);
	if (!mkdtemp(temporary))
		return;
	t->made = mem_fmt(m, "%s/new", temporary);
	if (!t->summed && !copy_tree(AT_FDCWD, data, AT_FDCWD, t->made, &c))
		return;
	if (t->summed && !mkdir(t->made, 0700) &&
	    !copy_tree(AT_FDCWD, data, AT_FDCWD, mem_fmt(m, "%s/data", t->made), &c) &&
	    !write_sum(m, t->made, sum_text(m, &c)))
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
template_drop(const struct template *t)
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

/* The kept one that was of use longest ago, NULL when there are no more than KEPT_MOST. */
static char *
oldest(struct mem *m, const char *cache)
{
	DIR *d = opendir(cache);
	char *found = NULL;
	time_t when = 0;
	int count = 0;

	for (struct dirent *de; d && (de = readdir(d));) {
		struct stat st;

		if (strncmp(de->d_name, KEPT, strlen(KEPT)) ||
		    fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue;
		count++;
		if (found && st.st_mtime >= when)
			continue;
		when = st.st_mtime;
		found = mem_fmt(m, "%s/%s", cache, de->d_name);
	}
	if (d)
		closedir(d);
	return count > KEPT_MOST ? found : NULL;
}

void
template_forget_oldest(const struct template *t)
{
	MEM_SCOPE(m);
	const char *cache = t->dir ? mem_dup(m, t->dir, (size_t)(strrchr(t->dir, '/') - t->dir)) :
				     NULL,
		   *dir;

	for (int i = 0; cache && i < KEPT_MOST && (dir = oldest(m, cache)); i++)
		template_drop(&(struct template){ .dir = dir });
}
