/* place.c - names of archives, and one run at a time. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "snapshot/place.h"
#include "snapshot/store.h"

static const char suffix[] = ".tar.zst";

/* The directory of PATH. */
static char *
parent(struct mem *m, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? mem_string(m, "/") : mem_dup(m, path, (size_t)(slash - path));
}

char *
place_choose(struct mem *m, const char *output, const char *name, const char *stamp, struct err *e)
{
	const char *out = output ? output : ".", *slash = strrchr(out, '/');
	char real[PATH_MAX], *dir;
	struct stat st;
	bool in = (slash && !slash[1]) || (!stat(out, &st) && S_ISDIR(st.st_mode));

	if (!*out) {
		err_set(e, FAIL_TROUBLE, "usage", "-o is empty");
		return NULL;
	}
	if (in && mkdir(out, 0700) && errno != EEXIST) {
		err_sys(e, "%s", out);
		return NULL;
	}
	dir = in ? mem_string(m, out) : slash ? parent(m, out) : mem_string(m, ".");
	if (!realpath(dir, real)) {
		err_sys(e, "%s", dir);
		return NULL;
	}
	return in ? mem_fmt(m, "%s/%s-%s%s", real, store_escape(m, name), stamp, suffix) :
	    mem_fmt(m, "%s/%s", real, slash ? slash + 1 : out);
}

/* Is FILE a temporary file of an archive that is called as PATTERN, whose digits stand for any digits? */
static bool
matches(const char *file, const char *pattern)
{
	if (*file++ != '.')
		return false;
	for (; *pattern; file++, pattern++)
		if (*pattern >= '0' && *pattern <= '9' ? *file < '0' || *file > '9' : *file != *pattern)
			return false;
	return !strncmp(file, ".handrail-", 10) && strlen(file) == 16;
}

/* Remove what a killed run left; *BUSY: a living one holds it. */
static void
sweep(int dir, const char *file, bool *busy)
{
	int fd = openat(dir, file, O_RDWR | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0)
		return;
	if (!flock(fd, LOCK_EX | LOCK_NB))
		unlinkat(dir, file, 0);
	else
		*busy = true;
	close(fd);
}

static int
sweep_all(int dir, const char *path, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	bool busy = false;

	if (!d)
		return err_sys(e, "%s", path);
	for (struct dirent *de; (de = readdir(d));)
		if (matches(de->d_name, strrchr(path, '/') + 1))
			sweep(dir, de->d_name, &busy);
	closedir(d);
	if (!busy)
		return 0;
	err_set(e, FAIL_TROUBLE, "busy", "%s: another snapshot of the same name is being written there", path);
	return err_hint(e, "wait until it has ended");
}

struct writer *
place_begin(struct mem *m, const char *path, int level, struct err *e)
{
	MEM_SCOPE(scope);
	const char *dir = parent(scope, path);
	struct writer *w = NULL;
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* looking for others and beginning our own must not be parted: else two could begin at once */
	if (fd < 0 || flock(fd, LOCK_EX)) {
		err_sys(e, "%s", dir);
		if (fd >= 0)
			close(fd);
		return NULL;
	}
	if (!sweep_all(fd, path, e))
		w = writer_begin(m, path, level, e);
	close(fd);
	return w;
}
