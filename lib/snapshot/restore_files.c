/* restore_files.c - writes directories, single members, and what commands have dumped. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/io.h"
#include "core/stop.h"
#include "snapshot/exec.h"
#include "snapshot/restore.h"
#include "snapshot/spool.h"
#include "snapshot/store.h"
#include "snapshot/tar.h"
#include "snapshot/tree.h"

int
restore_member(struct mem *m, const struct reader *r, const char *member, struct err *e)
{
	MEM_SCOPE(scope);
	struct reader_cursor *c = reader_cursor_new(scope, r);
	struct tar_reader *tar = tar_reader_new(scope, reader_read, c);
	struct tar_entry entry;
	const char *data;
	size_t i = 0;
	long n;
	int fd;

	while (i < reader_count(r) && strcmp(reader_frame(r, i)->member, member))
		i++;
	if (i == reader_count(r))
		return err_set(e, FAIL_NO, "damaged", "%s: it holds no member %s", reader_name(r),
		    member);
	reader_seek(c, i);
	if ((fd = spool_open(m, spool_directory(), e)) < 0 || tar_next(tar, &entry, e) < 0)
		return -1;
	while ((n = tar_data(tar, &data, e)) > 0)
		if (io_write_all(fd, data, (size_t)n))
			return err_sys(e, "%s: temporary file", spool_directory());
	if (n < 0 || reader_drain(c, e))
		return -1;
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* Where a directory is written. */
struct target {
	const char *path;       /* its name in the end */
	const char *now;        /* its name until then */
	int fd;
};

/* See that PATH, which is there, is an empty directory. */
static int
open_empty(const char *path, struct err *e)
{
	int fd, others = 0;
	DIR *d;

	if ((fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0 || !(d = opendir(path)))
		return err_sys(e, "%s", path);
	for (struct dirent *de; (de = readdir(d));)
		others += strcmp(de->d_name, ".") && strcmp(de->d_name, "..");
	closedir(d);
	if (!others)
		return fd;
	close(fd);
	err_set(e, FAIL_TROUBLE, "not-empty", "the directory %s is not empty", path);
	return err_hint(e,
	    "name a new one by --dir-into, and exchange the two when it is complete");
}

/* PATH without slashes at its end. */
static char *
trimmed(struct mem *m, const char *path)
{
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		len--;
	return mem_dup(m, path, len);
}

static int
open_target(struct mem *m, const char *path, bool trial, struct target *t, struct err *e)
{
	struct stat st;

	t->path = t->now = trimmed(m, path);
	if (!trial && (!lstat(t->path, &st) || errno != ENOENT))
		return (t->fd = open_empty(t->path, e)) < 0 ? -1 : 0;
	io_sweep(t->path);
	return (t->now = io_directory_beside(m, t->path, &t->fd, e)) ? 0 : -1;
}

static int
extract_frame(struct reader_cursor *c, size_t i, struct tar_disk *disk, const char *prefix,
    int64_t *entries, struct err *e)
{
	MEM_SCOPE(m);
	struct tar_reader *tar = tar_reader_new(m, reader_read, c);
	struct tar_entry entry;
	int more;

	reader_seek(c, i);
	while ((more = tar_next(tar, &entry, e)) > 0) {
		if (stop_check(e) || tar_extract(tar, disk, prefix, e))
			return -1;
		(*entries)++;
	}
	return more < 0 ? -1 : reader_drain(c, e);
}

/* Into the working directory. */
static int
extract(const struct restore *how, const char *store, int64_t *entries, struct err *e)
{
	MEM_SCOPE(m);
	struct tar_disk *disk = tar_disk_new(m, how->say, how->arg);
	struct reader_cursor *c = reader_cursor_new(m, how->r);
	const char *prefix = store_member(m, store, "files/");

	for (size_t i = 0; i < reader_count(how->r); i++) {
		const struct format_frame *f = reader_frame(how->r, i);

		if (f->store && !strcmp(f->store, store) &&
		    extract_frame(c, i, disk, prefix, entries, e))
			return -1;
	}
	return tar_disk_end(disk, e);
}

void
restore_directory_drop(const struct restored_directory *r)
{
	struct err ignored;
	DIR *d = r->made || !r->path ? NULL : opendir(r->path);

	if (r->made)
		io_remove_tree(r->path, &ignored);
	for (struct dirent *de; d && (de = readdir(d));) {
		MEM_SCOPE(m);

		if (strcmp(de->d_name, ".") && strcmp(de->d_name, ".."))
			io_remove_tree(mem_fmt(m, "%s/%s", r->path, de->d_name), &ignored);
	}
	if (!d)
		return;
	/* the archive's own may have been set already */
	if (fchown(dirfd(d), r->was.st_uid, r->was.st_gid) || fchmod(dirfd(d), r->was.st_mode))
		err_sys(&ignored, "%s", r->path);
	closedir(d);
}

/* The working directory, as it is now, with the sum in the manifest. */
static int
compare(const struct value *store, struct err *e)
{
	MEM_SCOPE(m);
	struct rows *lines = rows_new(m);
	const char *sum = value_get_string(store, "sum");

	if (tree_sum(".", lines, e))
		return -1;
	if (sum && !strcmp(sum, mem_fmt(m, "%016" PRIx64, rows_sum(lines))))
		return 0;
	return err_set(e, FAIL_NO, "mismatch", "what was written is not what was archived");
}

/* All entries, which must be as many as the archive has. */
static int
fill(const struct restore *how, const struct value *store, int64_t *entries, struct err *e)
{
	if (extract(how, value_get_string(store, "name"), entries, e))
		return -1;
	if (*entries != value_get_int(store, "entries", -1))
		return err_set(e, FAIL_NO, "mismatch",
		    "%lld entries were written, the archive has %lld", (long long)*entries,
		    (long long)value_get_int(store, "entries", -1));
	return how->check_content ? compare(store, e) : 0;
}

/* Onto the disk, then its name. */
static int
settle(const struct target *t, struct err *e)
{
	if (syncfs(t->fd))
		return err_sys(e, "sync");
	if (t->now == t->path)
		return 0;
	return rename(t->now, t->path) ? err_sys(e, "rename") : io_sync_directory_of(t->path, e);
}

int
restore_directory(struct mem *m, const struct restore *how, const struct value *store,
    const char *path, struct restored_directory *d, struct value *facts, struct err *e)
{
	int64_t entries = 0;
	struct target t;
	int home, bad;

	*d = (struct restored_directory){ 0 };
	if (open_target(m, path, how->trial, &t, e))
		return -1;
	*d = (struct restored_directory){ .path = t.now, .made = t.now != t.path };
	fstat(t.fd, &d->was);
	home = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bad = home < 0 || fchdir(t.fd) ? err_sys(e, "working directory") :
					 fill(how, store, &entries, e);
	if (home >= 0 && (fchdir(home) || close(home)))
		bad = err_sys(e, "working directory");
	if (!bad && !how->trial)
		bad = settle(&t, e);
	close(t.fd);
	if (bad || how->trial) {
		restore_directory_drop(d);
		*d = (struct restored_directory){ 0 };
		return bad ? err_in(e, "%s", path) : 0;
	}
	d->path = t.path;
	value_set_string(facts, "path", mem_string(m, path));
	value_set_int(facts, "entries", entries);
	how->say(how->arg, mem_fmt(m, "%s: %lld entries", path, (long long)entries));
	return 0;
}

int
restore_directory_plan(struct mem *m, const struct restore *how, const struct value *store,
    const char *path, struct value *facts, struct err *e)
{
	const char *dir = trimmed(m, path), *slash = strrchr(dir, '/');
	struct stat st;
	int fd = -1;

	if (!lstat(dir, &st) && (fd = open_empty(path, e)) < 0)
		return -1;
	dir = mem_dup(m, slash ? dir : ".", slash > dir ? (size_t)(slash - dir) : 1);
	if (fd < 0 && access(dir, W_OK | X_OK))
		return err_sys(e, "%s", dir);
	value_set_string(facts, "path", path);
	how->say(how->arg, mem_fmt(m, "would %s the directory %s: %lld entries",
	    fd < 0 ? "make" : "fill", path, (long long)value_get_int(store, "entries", 0)));
	return fd < 0 ? 0 : close(fd);
}

static int
load_dump(struct mem *m, const struct restore *how, const char *name, const char *command,
    struct err *e)
{
	int fd = restore_member(m, how->r, store_member(m, name, "dump/0001"), e);
	struct proc_result r;

	if (fd < 0)
		return -1;
	if (exec_run(m, command, fd, -1, &r, e)) {
		if (!strcmp(e->word, "cancelled"))
			e->code = FAIL_DIRTY;
		return err_hint(e, "%s: what its command had loaded by then is there", name);
	}
	if (!r.status)
		return 0;
	err_set(e, FAIL_DIRTY, "exec", "%s: the command that loads it ended with %s %d", name,
	    r.signal ? "signal" : "exit status", r.signal ? r.signal : r.status);
	return err_hint(e, "what it wrote is above; what it had loaded by then is there");
}

int
restore_exec(struct mem *m, const struct restore *how, const struct value *store,
    const char *command, bool dry, struct err *e)
{
	const char *name = value_get_string(store, "name"),
		   *kept = value_get_string(store, "restore_command");

	if (!command && !kept) {
		err_set(e, FAIL_TROUBLE, "usage", "%s: the archive keeps no command that loads it",
		    name);
		return err_hint(e, "--exec-into %s=COMMAND", name);
	}
	if (!command)
		how->say(how->arg, mem_fmt(m, "%s: is loaded by the archive's own command: %s",
		    name, kept));
	return dry ? 0 : load_dump(m, how, name, command ? command : kept, e);
}
