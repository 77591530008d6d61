/* place.c - names of archives, one run at a time, and the three kinds of places. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/stop.h"
#include "snapshot/place.h"
#include "snapshot/s3.h"
#include "snapshot/spool.h"
#include "snapshot/stamp.h"
#include "snapshot/store.h"
#include "snapshot/upload.h"

static const char ending[] = ".tar.zst";

struct place {
	struct mem *m;
	const struct kind *kind;
	const char *name, *directory;
	const char *stamp;              /* in the name, where we chose it; else NULL */
	int fd;
	struct io_file *file;           /* of a file */
	struct s3 *s3;                  /* of an object */
};

struct kind {
	/* Its name; FILE is what an archive is called whose name we choose. */
	int (*choose)(struct place *, const char *output, const char *file, struct err *);
	int (*begin)(struct place *, struct err *);
	int (*deliver)(struct place *, int signature, const struct value *record, struct err *);
};

/* The directory of PATH. */
static char *
parent(struct mem *m, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == path ? mem_string(m, "/") : mem_dup(m, path, (size_t)(slash - path));
}

/* Files */

static int
file_choose(struct place *p, const char *output, const char *file, struct err *e)
{
	const char *out = output ? output : ".", *slash = strrchr(out, '/');
	char real[PATH_MAX], *dir;
	struct stat st;
	bool in = (slash && !slash[1]) || (!stat(out, &st) && S_ISDIR(st.st_mode));

	if (!*out)
		return err_set(e, FAIL_TROUBLE, "usage", "-o is empty");
	if (in && mkdir(out, 0700) && errno != EEXIST)
		return err_sys(e, "%s", out);
	dir = in ? mem_string(p->m, out) : slash ? parent(p->m, out) : mem_string(p->m, ".");
	if (!realpath(dir, real)) {
		err_sys(e, "%s", dir);
		return err_hint(e, "make it before: mkdir -p %s", dir);
	}
	p->directory = mem_string(p->m, real);
	p->name = mem_fmt(p->m, "%s/%s", strcmp(real, "/") ? real : "",
	    in        ? file :
		slash ? slash + 1 :
			out);
	return 0;
}

/* Is FILE a temporary file of an archive that is called as NAME, but that its time, at STAMP (NULL:
 * it holds none), may be another? */
static bool
matches(const char *file, const char *name, const char *stamp)
{
	size_t n = strlen(name);

	return *file++ == '.' && strlen(file) == n + sizeof ".handrail-" - 1 + 6 &&
	    stamp_alike(file, name, stamp) && !strncmp(file + n, ".handrail-", 10);
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
sweep_all(int dir, const struct place *p, struct err *e)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy < 0 ? NULL : fdopendir(copy);
	bool busy = false;

	if (!d)
		return err_sys(e, "%s", p->directory);
	for (struct dirent *de; (de = readdir(d));)
		if (matches(de->d_name, strrchr(p->name, '/') + 1, p->stamp))
			sweep(dir, de->d_name, &busy);
	closedir(d);
	if (!busy)
		return 0;
	err_set(e, FAIL_TROUBLE, "busy",
	    "%s: another snapshot of the same name is being written there", p->name);
	return err_hint(e, "wait until it has ended");
}

static int
exists(const char *name, struct err *e)
{
	err_set(e, FAIL_TROUBLE, "exists", "%s: it is there already", name);
	return err_hint(e, "an archive is never overwritten: name another one, or a directory");
}

static int
file_begin(struct place *p, struct err *e)
{
	const char *names[] = { p->name, mem_fmt(p->m, "%s.sig", p->name) };
	int fd, bad;

	/* also a link that leads nowhere; a signature of another archive would be taken for its */
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!faccessat(AT_FDCWD, names[i], F_OK, AT_SYMLINK_NOFOLLOW))
			return exists(names[i], e);
	fd = open(p->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	/* looking for others and beginning our own must not be parted: else two could begin at
	 * once */
	if (fd < 0 || flock(fd, LOCK_EX)) {
		err_sys(e, "%s", p->directory);
		if (fd >= 0)
			close(fd);
		return -1;
	}
	bad = sweep_all(fd, p, e) || !(p->file = io_file_begin(p->m, p->name, IO_NEW, 0600, e));
	close(fd);
	if (bad)
		return -1;
	p->fd = io_file_fd(p->file);
	return 0;
}

/* Wait until TO takes PIPE_BUF bytes at once: its reader may rest for hours, and we be asked to
 * stop meanwhile. */
static int
wait_for_room(int to, struct err *e)
{
	struct pollfd p[] = { { .fd = to, .events = POLLOUT },
		{ .fd = stop_fd(), .events = POLLIN } };

	while (!stop_check(e))
		if (poll(p, 2, -1) > 0 && p[0].revents)
			return 0;
	return -1;
}

/* All of FROM, to TO. */
static int
pour(int from, int to, const char *what, struct err *e)
{
	char buf[PIPE_BUF];
	ssize_t n;

	for (off_t at = 0; (n = pread(from, buf, sizeof buf, at)) > 0; at += n) {
		if (wait_for_room(to, e))
			return -1;
		if (io_write_all(to, buf, (size_t)n))
			return err_sys(e, "%s", what);
	}
	return n < 0 ? err_sys(e, "%s", what) : 0;
}

static int
file_deliver(struct place *p, int signature, const struct value *record, struct err *e)
{
	const char *beside = mem_fmt(p->m, "%s.sig", p->name);
	struct io_file *file;

	(void)record;
	/* an archive must never stand there without the signature that it was to have */
	if (signature >= 0 && (!(file = io_file_begin(p->m, beside, IO_NEW, 0600, e)) ||
	    pour(signature, io_file_fd(file), beside, e) || io_file_commit(file, e)))
		return -1;
	if (!io_file_commit(p->file, e))
		return 0;
	if (signature >= 0)
		unlink(beside);
	return -1;
}

/* Objects */

static int
s3_choose(struct place *p, const char *output, const char *file, struct err *e)
{
	bool in = output[strlen(output) - 1] == '/' || !strchr(output + 5, '/');

	p->name = in ?
	    mem_fmt(p->m, "%s%s%s", output, output[strlen(output) - 1] == '/' ? "" : "/", file) :
	    output;
	p->directory = spool_directory();
	return (p->s3 = s3_open(p->m, p->name, e)) ? 0 : -1;
}

static int
s3_begin(struct place *p, struct err *e)
{
	bool there;

	/* before hours of work: may we write there, and is it free? */
	if (s3_there(p->s3, &there, e))
		return -1;
	if (there)
		return exists(p->name, e);
	upload_sweep(p->m, p->directory, p->name, p->stamp);
	return (p->fd = spool_open(p->m, p->directory, e)) < 0 ? -1 : 0;
}

static int
s3_deliver(struct place *p, int signature, const struct value *record, struct err *e)
{
	return upload_put(p->m, p->name, p->fd, signature, p->directory, record, e);
}

/* Standard output */

static int
output_choose(struct place *p, const char *output, const char *file, struct err *e)
{
	(void)file;
	(void)e;
	p->name = output;
	p->directory = spool_directory();
	return 0;
}

static int
output_begin(struct place *p, struct err *e)
{
	return (p->fd = spool_open(p->m, p->directory, e)) < 0 ? -1 : 0;
}

static int
output_deliver(struct place *p, int signature, const struct value *record, struct err *e)
{
	(void)signature;
	(void)record;
	return pour(p->fd, 1, "standard output", e);
}

static const struct kind file_kind = { file_choose, file_begin, file_deliver },
    s3_kind = { s3_choose, s3_begin, s3_deliver },
    output_kind = { output_choose, output_begin, output_deliver };

/* The public side */

struct place *
place_choose(struct mem *m, const char *output, const char *name, const char *suffix, struct err *e)
{
	struct place *p = mem_zero(m, 1, sizeof *p);
	char stamp[CLOCK_TEXT];

	p->m = m;
	p->kind = !output || (strcmp(output, "-") && !s3_is(output)) ? &file_kind :
	    *output == '-'                                           ? &output_kind :
								       &s3_kind;
	do {
		clock_stamp(stamp, clock_unix_ms());
		if (p->kind->choose(p, output,
			mem_fmt(m, "%s-%s%s%s", store_escape(m, name), stamp, ending, suffix), e))
			return NULL;
		p->stamp = strstr(p->name, stamp);
		if (p->kind != &file_kind || !p->stamp || access(p->name, F_OK))
			return p;
	} while (!stop_sleep(0.1, e));
	return NULL;
}

const char *
place_name(const struct place *p)
{
	return p->name;
}

const char *
place_uri(struct mem *m, const struct place *p)
{
	return p->kind == &file_kind ? mem_fmt(m, "file://%s", p->name) :
	    p->kind == &s3_kind      ? p->name :
				       NULL;
}

int
place_begin(struct place *p, struct err *e)
{
	return p->kind->begin(p, e);
}

int
place_fd(const struct place *p)
{
	return p->fd;
}

const char *
place_directory(const struct place *p)
{
	return p->directory;
}

int
place_deliver(struct place *p, int signature, const struct value *record, struct err *e)
{
	return p->kind->deliver(p, signature, record, e);
}
