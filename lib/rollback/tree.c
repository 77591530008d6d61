/* tree.c - first the names, then the contents: threads take one file after the other from the
 * list. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/stop.h"
#include "rollback/tree.h"

enum { THREADS = 8, FEW = 32 };         /* at most; files for which one thread will do */

struct walk {
	struct mem *m;
	int root;
	const char **path;
	size_t count, room;
	size_t next;                    /* which file is taken next; more than COUNT: none */
	int (*see)(void *, const char *, const char *, size_t, struct err *);
	void *arg;
	pthread_mutex_t lock;           /* of what follows */
	struct err *e;
	int bad;
};

static bool
is_left_out(const char *name)
{
	return !strcmp(name, ".") || !strcmp(name, "..") || !strcmp(name, ".git") ||
	    !strcmp(name, ".hg") || !strcmp(name, ".svn");
}

/* The kind of an entry, where the file system tells it without a look at the file. */
static unsigned char
kind(int fd, const struct dirent *entry)
{
	struct stat st;

	if (entry->d_type != DT_UNKNOWN)
		return entry->d_type;
	if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return DT_UNKNOWN;
	return S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
}

static int
list(struct walk *w, const char *dir, struct err *e)
{
	int fd = openat(w->root, *dir ? dir : ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC),
	    bad = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d)
		return err_sys(e, "%s", dir);
	while (!bad && (entry = readdir(d))) {
		unsigned char is = is_left_out(entry->d_name) ? DT_UNKNOWN : kind(fd, entry);
		const char *path = mem_fmt(w->m, "%s%s%s", dir, *dir ? "/" : "", entry->d_name);

		if (is == DT_DIR)
			bad = list(w, path, e);
		if (is != DT_REG)
			continue;
		mem_grow(w->m, &w->path, w->count, &w->room, sizeof *w->path);
		w->path[w->count++] = path;
	}
	closedir(d);
	return bad ? -1 : stop_check(e);
}

static int
read_file(struct walk *w, const char *path, struct err *e)
{
	int fd = openat(w->root, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC), bad;
	struct stat st;
	char *map;

	if (fd < 0)
		return err_sys(e, "%s", path);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || !st.st_size) {
		close(fd);
		return 0;
	}
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	close(fd);
	if (map == MAP_FAILED)
		return err_sys(e, "%s", path);
	bad = w->see(w->arg, path, map, (size_t)st.st_size, e);
	munmap(map, (size_t)st.st_size);
	return bad ? -1 : stop_check(e);
}

static void *
work(void *walk)
{
	struct walk *w = walk;
	struct err e;
	size_t i;

	while ((i = __atomic_fetch_add(&w->next, 1, __ATOMIC_RELAXED)) < w->count) {
		if (!read_file(w, w->path[i], &e))
			continue;
		pthread_mutex_lock(&w->lock);
		if (!w->bad)
			*w->e = e;
		w->bad = -1;
		pthread_mutex_unlock(&w->lock);
		__atomic_store_n(&w->next, w->count, __ATOMIC_RELAXED);
	}
	return NULL;
}

int
tree_each(const char *root, int (*see)(void *, const char *, const char *, size_t, struct err *),
    void *arg, struct err *e)
{
	MEM_SCOPE(m);
	struct walk w = { .m = m,
		.root = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
		.see = see,
		.arg = arg,
		.e = e,
		.lock = PTHREAD_MUTEX_INITIALIZER };
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	pthread_t thread[THREADS];
	long n = 0;

	if (w.root < 0)
		return err_sys(e, "%s", root);
	if (!list(&w, "", e)) {
		while (w.count > FEW && n < THREADS && n < cpus - 1 &&
		    !pthread_create(&thread[n], NULL, work, &w))
			n++;
		work(&w);
		while (n > 0)
			pthread_join(thread[--n], NULL);
	} else {
		w.bad = -1;
	}
	close(w.root);
	return w.bad;
}
