/* tar.c - tar entries by libarchive. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "snapshot/tar.h"

struct tar_writer {
	struct archive *out, *disk;
	struct archive_entry *entry;
	frame_sink *sink;
	void *arg;
	struct err *e;          /* where a failing sink puts its error */
	bool sink_failed;       /* or is not there any more */
	bool whole;             /* the file has no holes, and tar_next_data has not told of it */
};

struct tar_reader {
	struct archive *in;
	struct archive_entry *entry;
	tar_source *source;
	void *arg;
	struct err *e;
	bool source_failed;
};

struct tar_disk {
	struct archive *disk;
	void (*warn)(void *, const char *);
	void *arg;
	struct timespec root;   /* time of the working directory itself */
};

void
tar_init(void)
{
	/* libarchive asks the locale what file names are; in "C" it knows no UTF-8 */
	setlocale(LC_CTYPE, "C.UTF-8");
}

/* Writing */

static void
drop_writer(void *arg)
{
	struct tar_writer *w = arg;

	/* what libarchive writes now, to fill up the entry and to end the archive, belongs to
	 * nobody */
	w->sink_failed = true;
	archive_entry_free(w->entry);
	archive_read_free(w->disk);
	archive_write_free(w->out);
}

/* libarchive is not told that the sink failed: what it knows to be broken it does not free. */
static la_ssize_t
write_out(struct archive *a, void *arg, const void *data, size_t len)
{
	struct tar_writer *w = arg;

	(void)a;
	w->sink_failed = w->sink_failed || w->sink(w->arg, data, len, w->e);
	return (la_ssize_t)len;
}

struct tar_writer *
tar_writer_new(struct mem *m, frame_sink *sink, void *arg)
{
	struct tar_writer *w = mem_zero(m, 1, sizeof *w);

	w->sink = sink;
	w->arg = arg;
	w->out = mem_must(archive_write_new());
	w->disk = mem_must(archive_read_disk_new());
	w->entry = mem_must(archive_entry_new());
	archive_read_disk_set_standard_lookup(w->disk);
	archive_write_set_format_pax(w->out);
	archive_write_set_bytes_per_block(w->out, 0);
	archive_write_open(w->out, w, NULL, write_out, NULL);
	return mem_own(m, w, drop_writer);
}

static int
writer_failed(struct tar_writer *w, const char *name)
{
	if (w->sink_failed)
		return -1;
	return err_set(w->e, FAIL_TROUBLE, "tar", "%s: cannot be archived: %s", name,
	    archive_error_string(w->out));
}

static int
put_head(struct tar_writer *w, const char *name, struct err *e)
{
	w->e = e;
	/* a warning is about a name that is not UTF-8: it is stored as it is */
	return archive_write_header(w->out, w->entry) < ARCHIVE_WARN || w->sink_failed ?
	    writer_failed(w, name) :
	    0;
}

int
tar_put_member(struct tar_writer *w, const char *name, int64_t size, int64_t mtime, struct err *e)
{
	archive_entry_clear(w->entry);
	archive_entry_copy_pathname(w->entry, name);
	archive_entry_set_filetype(w->entry, AE_IFREG);
	archive_entry_set_perm(w->entry, 0600);
	archive_entry_set_size(w->entry, size);
	archive_entry_set_mtime(w->entry, mtime, 0);
	return put_head(w, name, e);
}

/* What changes by mere reading would make every archive of the same files another. */
static void
forget_volatile(struct archive_entry *entry)
{
	archive_entry_unset_atime(entry);
	archive_entry_unset_ctime(entry);
	archive_entry_unset_birthtime(entry);
}

int
tar_put_file(struct tar_writer *w, const char *name, int fd, const struct stat *st, struct err *e)
{
	w->e = e;
	archive_entry_clear(w->entry);
	archive_entry_copy_pathname(w->entry, name);
	archive_entry_copy_stat(w->entry, st);
	if (fd >= 0) {
		char path[32];

		/* it asks for the default access list of a directory by its path alone */
		snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
		archive_entry_copy_sourcepath(w->entry, path);
		/* only a file of fewer blocks than bytes can have holes worth the search */
		archive_read_disk_set_behavior(w->disk,
		    st->st_blocks * 512 < st->st_size ? 0 : ARCHIVE_READDISK_NO_SPARSE);
		if (archive_read_disk_entry_from_file(w->disk, w->entry, fd, st) < ARCHIVE_WARN)
			return err_set(e, FAIL_TROUBLE, "io", "%s: %s", name,
			    archive_error_string(w->disk));
	}
	archive_entry_set_nlink(w->entry, 1);
	forget_volatile(w->entry);
	if (put_head(w, name, e))
		return -1;
	w->whole = !archive_entry_sparse_reset(w->entry);
	return 0;
}

void
tar_next_data(struct tar_writer *w, int64_t *from, int64_t *to)
{
	la_int64_t at = 0, len = INT64_MAX;

	if (!w->whole && archive_entry_sparse_next(w->entry, &at, &len) != ARCHIVE_OK)
		at = INT64_MAX, len = 0;
	w->whole = false;
	*from = at;
	*to = at + len;
}

int
tar_put_link(struct tar_writer *w, const char *name, const char *to, bool hard,
    const struct stat *st, struct err *e)
{
	archive_entry_clear(w->entry);
	archive_entry_copy_pathname(w->entry, name);
	archive_entry_copy_stat(w->entry, st);
	archive_entry_copy_uname(w->entry, archive_read_disk_uname(w->disk, st->st_uid));
	archive_entry_copy_gname(w->entry, archive_read_disk_gname(w->disk, st->st_gid));
	archive_entry_set_size(w->entry, 0);
	if (hard)
		archive_entry_copy_hardlink(w->entry, to);
	else
		archive_entry_copy_symlink(w->entry, to);
	forget_volatile(w->entry);
	return put_head(w, name, e);
}

int
tar_put_data(struct tar_writer *w, const void *data, size_t len, struct err *e)
{
	w->e = e;
	while (len) {
		la_ssize_t n = archive_write_data(w->out, data, len);

		if (n <= 0 || w->sink_failed)
			return writer_failed(w, archive_entry_pathname(w->entry));
		data = (const char *)data + n;
		len -= (size_t)n;
	}
	return 0;
}

int
tar_put_end(struct tar_writer *w, struct err *e)
{
	w->e = e;
	if (archive_write_finish_entry(w->out) < ARCHIVE_WARN || w->sink_failed)
		return writer_failed(w, archive_entry_pathname(w->entry));
	return 0;
}

/* Reading */

static void
drop_reader(void *arg)
{
	struct tar_reader *r = arg;

	archive_read_free(r->in);
}

static la_ssize_t
read_in(struct archive *a, void *arg, const void **data)
{
	struct tar_reader *r = arg;
	const char *p = "";
	long n = r->source(r->arg, &p, r->e);

	if (n < 0) {
		r->source_failed = true;
		archive_set_error(a, -1, "source");
	}
	*data = p;
	return n;
}

struct tar_reader *
tar_reader_new(struct mem *m, tar_source *source, void *arg)
{
	struct tar_reader *r = mem_zero(m, 1, sizeof *r);

	r->source = source;
	r->arg = arg;
	r->in = mem_must(archive_read_new());
	archive_read_support_format_tar(r->in);
	archive_read_support_format_empty(r->in);
	return mem_own(m, r, drop_reader);
}

static int
reader_failed(struct tar_reader *r)
{
	if (r->source_failed)
		return -1;
	return err_set(r->e, FAIL_NO, "damaged", "not a tar archive inside: %s",
	    archive_error_string(r->in));
}

int
tar_next(struct tar_reader *r, struct tar_entry *entry, struct err *e)
{
	int n;

	r->e = e;
	if (!r->entry && archive_read_open(r->in, r, NULL, read_in, NULL) != ARCHIVE_OK)
		return reader_failed(r);
	n = archive_read_next_header(r->in, &r->entry);
	if (n == ARCHIVE_EOF)
		return r->source_failed ? -1 : 0;
	if (n < ARCHIVE_WARN)
		return reader_failed(r);
	entry->name = archive_entry_pathname(r->entry);
	entry->size = archive_entry_size(r->entry);
	entry->regular = archive_entry_filetype(r->entry) == AE_IFREG &&
	    !archive_entry_hardlink(r->entry);
	if (!entry->name)
		return err_set(e, FAIL_NO, "damaged", "a member has no name");
	return 1;
}

long
tar_data(struct tar_reader *r, const char **data, struct err *e)
{
	const void *p;
	size_t len = 0;
	la_int64_t offset;
	int n;

	r->e = e;
	do
		n = archive_read_data_block(r->in, &p, &len, &offset);
	while (n == ARCHIVE_OK && !len);
	if (n == ARCHIVE_EOF)
		return 0;
	if (n < ARCHIVE_WARN)
		return reader_failed(r);
	*data = p;
	return (long)len;
}

/* Writing to disk */

static void
drop_disk(void *arg)
{
	struct tar_disk *d = arg;

	archive_write_free(d->disk);
}

struct tar_disk *
tar_disk_new(struct mem *m, void (*warn)(void *, const char *), void *arg)
{
	struct tar_disk *d = mem_zero(m, 1, sizeof *d);
	int flags = ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME | ARCHIVE_EXTRACT_ACL |
	    ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_SPARSE | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
	    ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

	/* only root can give files away */
	if (!geteuid())
		flags |= ARCHIVE_EXTRACT_OWNER;
	d->warn = warn;
	d->arg = arg;
	d->disk = mem_must(archive_write_disk_new());
	archive_write_disk_set_options(d->disk, flags);
	archive_write_disk_set_standard_lookup(d->disk);
	return mem_own(m, d, drop_disk);
}

/* NAME without PREFIX; "." for what is left empty; NULL when it does not begin so, or would leave
 * by "..". */
static const char *
below(const char *name, const char *prefix)
{
	size_t n = strlen(prefix);
	const char *rest = name + n;

	if (strncmp(name, prefix, n) || *rest == '/')
		return NULL;
	for (const char *p = rest; *p;) {
		size_t part = strcspn(p, "/");

		if (part == 2 && !strncmp(p, "..", 2))
			return NULL;
		p += part + (p[part] == '/');
	}
	return *rest ? rest : ".";
}

static int
unsafe(const char *name, struct err *e)
{
	return err_set(e, FAIL_NO, "unsafe",
	    "the member '%s' would be written outside its directory", name);
}

/* What libarchive answered when it wrote the entry NAME: a warning is told, more is an error. */
static int
wrote(struct tar_reader *r, struct tar_disk *d, const char *name, int n)
{
	MEM_SCOPE(m);
	const char *why = archive_error_string(d->disk);
	mode_t type = archive_entry_filetype(r->entry);

	/* only root can make devices */
	if (n < ARCHIVE_WARN && (type == AE_IFCHR || type == AE_IFBLK) && geteuid())
		n = ARCHIVE_WARN;
	if (n == ARCHIVE_WARN)
		d->warn(d->arg, mem_fmt(m, "%s: %s", name, why ? why : "not all could be kept"));
	if (n >= ARCHIVE_WARN)
		return 0;
	if (why && strcasestr(why, "symlink"))
		return err_set(r->e, FAIL_NO, "unsafe",
		    "the member '%s' would be written through a link: %s", name, why);
	return err_set(r->e, FAIL_TROUBLE, archive_errno(d->disk) == ENOSPC ? "no-space" : "io",
	    "%s: %s: %s", name, why,
	    archive_errno(d->disk) > 0 ? strerror(archive_errno(d->disk)) :
					 "it cannot be done here");
}

/* The body of the entry, holes as holes. */
static int
copy_body(struct tar_reader *r, struct tar_disk *d, const char *name)
{
	la_int64_t offset;
	const void *data;
	size_t len;
	int n;

	while ((n = archive_read_data_block(r->in, &data, &len, &offset)) >= ARCHIVE_WARN &&
	    n != ARCHIVE_EOF)
		if (archive_write_data_block(d->disk, data, len, offset) < 0)
			return wrote(r, d, name, ARCHIVE_FATAL);
	return n == ARCHIVE_EOF ? 0 : reader_failed(r);
}

int
tar_extract(struct tar_reader *r, struct tar_disk *d, const char *prefix, struct err *e)
{
	MEM_SCOPE(m);
	const char *name = mem_string(m, archive_entry_pathname(r->entry)),
		   *to = below(name, prefix);
	const char *hard = archive_entry_hardlink(r->entry);
	int n;

	r->e = e;
	if (!to)
		return unsafe(name, e);
	if (hard) {
		hard = mem_string(m, hard);
		if (!below(hard, prefix))
			return unsafe(name, e);
		archive_entry_copy_hardlink(r->entry, below(hard, prefix));
	}
	archive_entry_copy_pathname(r->entry, to);
	if (!strcmp(to, "."))
		d->root = (struct timespec){ archive_entry_mtime(r->entry),
			archive_entry_mtime_nsec(r->entry) };
	/* not archive_read_extract2: for it an entry that cannot be made is worth a warning */
	n = archive_write_header(d->disk, r->entry);
	if (wrote(r, d, to, n))
		return -1;
	if (n >= ARCHIVE_WARN && archive_entry_size(r->entry) > 0 && copy_body(r, d, to))
		return -1;
	return wrote(r, d, to, archive_write_finish_entry(d->disk));
}

int
tar_disk_end(struct tar_disk *d, struct err *e)
{
	if (archive_write_close(d->disk) < ARCHIVE_WARN)
		return err_set(e, FAIL_TROUBLE, "io", "%s", archive_error_string(d->disk));
	/* libarchive sets the times of directories last, but only of those it made */
	if (d->root.tv_sec && utimensat(AT_FDCWD, ".", (struct timespec[]){ d->root, d->root }, 0))
		return err_sys(e, "time of the directory");
	return 0;
}
