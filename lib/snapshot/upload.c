/* upload.c - the file, its journal, and how both go. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/io.h"
#include "snapshot/s3.h"
#include "snapshot/spool.h"
#include "snapshot/stamp.h"
#include "snapshot/upload.h"

/* of a journal: a record of thousands of tables is a megabyte */
enum { MAX = 64 << 20 };
static const char suffix[] = ".upload", journal_suffix[] = ".upload.json";

struct upload {
	struct mem *m;
	const char *url, *path, *journal_path;
	int fd, journal;        /* the file is locked as long as somebody works on it */
	struct s3_parts parts;
	const char *signature;  /* as hexadecimal digits, or NULL */
	const struct value *record;
};

/* The journal: a line for what is sent, one for the upload that was begun, one for each part that
 * has arrived. */

static int
note(struct upload *u, const struct value *v, struct err *e)
{
	const char *line = mem_fmt(u->m, "%s\n", value_text(u->m, v, 0));

	return u->journal >= 0 && io_write_all(u->journal, line, strlen(line)) ?
	    err_sys(e, "%s", u->journal_path) :
	    0;
}

static int
note_begun(void *arg, const char *id, struct err *e)
{
	struct upload *u = arg;
	struct value *v = value_object(u->m);

	value_set_string(v, "upload", id);
	return note(u, v, e);
}

static int
note_arrived(void *arg, const char *etag, struct err *e)
{
	struct upload *u = arg;
	struct value *v = value_object(u->m);

	value_set_string(v, "etag", etag);
	return note(u, v, e);
}

static void
read_line(struct upload *u, const struct value *v, size_t *room)
{
	struct s3_parts *p = &u->parts;

	if (value_get_string(v, "url")) {
		u->url = value_get_string(v, "url");
		u->signature = value_get_string(v, "signature");
		u->record = value_get(v, "record");
	} else if (value_get_string(v, "upload")) {
		p->upload = value_get_string(v, "upload");
		p->count = 0;
	} else if (value_get_string(v, "etag")) {
		mem_grow(u->m, &p->etag, p->count, room, sizeof *p->etag);
		p->etag[p->count++] = value_get_string(v, "etag");
	}
}

/* What was written last may be cut short. */
static int
read_journal(struct upload *u, struct err *e)
{
	size_t len, room = 0;
	char *text = io_read_file(u->m, u->journal_path, MAX, &len, e);
	struct err ignored;

	for (char *p = text, *end; p && (end = strchr(p, '\n')); p = end + 1) {
		const struct value *v = value_parse(u->m, p, (size_t)(end - p), &ignored);

		read_line(u, v, &room);
	}
	if (!text || (u->url && u->record))
		return text ? 0 : -1;
	return err_set(e, FAIL_TROUBLE, "bad-input", "%s: not the journal of an upload",
	    u->journal_path);
}

/* Both files */

static void
remove_both(const struct upload *u)
{
	unlink(u->path);
	unlink(u->journal_path);
}

/* The nameless FD gets a name. Where that cannot be, nothing outlives us. */
static void
keep(struct upload *u, const char *directory)
{
	const char *slash = strrchr(u->url, '/');

	u->path = mem_fmt(u->m, "%s/%s%s", directory, slash + 1, suffix);
	u->journal_path = mem_fmt(u->m, "%s/%s%s", directory, slash + 1, journal_suffix);
	if (flock(u->fd, LOCK_EX | LOCK_NB) ||
	    linkat(AT_FDCWD, mem_fmt(u->m, "/proc/self/fd/%d", u->fd), AT_FDCWD, u->path,
		AT_SYMLINK_FOLLOW))
		return;
	u->journal = open(u->journal_path,
	    O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (u->journal < 0)
		unlink(u->path);
}

static void
close_journal(void *arg)
{
	struct upload *u = arg;

	if (u->journal >= 0)
		close(u->journal);
}

static struct upload *
new_upload(struct mem *m)
{
	struct upload *u = mem_zero(m, 1, sizeof *u);

	u->m = m;
	u->fd = u->journal = -1;
	u->parts = (struct s3_parts){ .begun = note_begun, .arrived = note_arrived, .arg = u };
	return mem_own(m, u, close_journal);
}

/* What signature files hold, in a line of the journal. */
static int
read_signature(struct upload *u, int fd, struct err *e)
{
	struct mem_text t = { .m = u->m };
	unsigned char byte[4096];
	ssize_t n = pread(fd, byte, sizeof byte, 0);

	if (n <= 0 || n == (ssize_t)sizeof byte)
		return err_set(e, FAIL_TROUBLE, "io", "%s.sig: cannot be read", u->url);
	for (ssize_t i = 0; i < n; i++)
		mem_text_fmt(&t, "%02x", byte[i]);
	u->signature = t.text;
	return 0;
}

static int
put_signature(struct upload *u, struct s3 *beside, const char *directory, struct err *e)
{
	int fd = spool_open(u->m, directory, e);
	bool there;

	if (fd < 0 || s3_there(beside, &there, e))
		return -1;
	for (const char *p = u->signature; p[0] && p[1]; p += 2) {
		unsigned char byte = (unsigned char)strtoul((char[]){ p[0], p[1], 0 }, NULL, 16);

		if (io_write_all(fd, &byte, 1))
			return err_sys(e, "%s", directory);
	}
	/* of an earlier try */
	return there && u->parts.upload ? 0 : s3_put(beside, fd, NULL, e);
}

/* An archive must never be there without the signature that it was to have. */
static int
put_all(struct upload *u, const char *directory, struct err *e)
{
	struct s3 *object = s3_open(u->m, u->url, e), *beside = NULL;
	struct err ignored;

	if (!object ||
	    (u->signature &&
		(!(beside = s3_open(u->m, mem_fmt(u->m, "%s.sig", u->url), e)) ||
		    put_signature(u, beside, directory, e))))
		return -1;
	if (!s3_put(object, u->fd, &u->parts, e))
		return 0;
	if (beside && !s3_may_pass(e))
		s3_drop(beside, &ignored);
	return -1;
}

/* Done, or in vain; or to be continued. */
static int
end(struct upload *u, int bad, struct err *e)
{
	if (u->journal < 0)
		return bad;
	if (!bad || !s3_may_pass(e))
		remove_both(u);
	else
		err_hint(e,
		    "the archive is kept; when the bucket can be reached again: snapshot --resume "
		    "%s",
		    u->path);
	return bad;
}

int
upload_put(struct mem *m, const char *url, int fd, int signature, const char *directory,
    const struct value *record, struct err *e)
{
	struct upload *u = new_upload(m);
	struct value *v = value_object(m);

	u->url = url;
	u->fd = fd;
	if (signature >= 0 && read_signature(u, signature, e))
		return -1;
	keep(u, directory);
	value_set_string(v, "url", url);
	value_set_string(v, "signature", u->signature);
	value_set(v, "record", record);
	return end(u, note(u, v, e) || put_all(u, directory, e) ? -1 : 0, e);
}

/* Another run's: nobody else's, and nobody at work on it. */
static int
open_left(struct upload *u, const char *path, struct err *e)
{
	size_t n = strlen(path), tail = sizeof suffix - 1;
	struct stat st;

	u->path = path;
	u->journal_path = mem_fmt(u->m, "%s.json", path);
	if (n <= tail || strcmp(path + n - tail, suffix))
		return err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s: not a file that an upload has left (...%s)", path, suffix);
	if ((u->fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW)) < 0 ||
	    (u->journal = open(u->journal_path, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)) <
		0 ||
	    fstat(u->journal, &st))
		return err_sys(e, "%s", u->fd < 0 ? path : u->journal_path);
	if (st.st_uid != geteuid())
		return err_set(e, FAIL_TROUBLE, "bad-input", "%s: belongs to somebody else",
		    u->journal_path);
	if (flock(u->fd, LOCK_EX | LOCK_NB))
		return err_set(e, FAIL_TROUBLE, "busy", "%s: another run is at work on it", path);
	return read_journal(u, e);
}

static void
close_file(void *arg)
{
	struct upload *u = arg;

	if (u->fd >= 0)
		close(u->fd);
}

const struct value *
upload_resume(struct mem *m, const char *path, struct err *e)
{
	struct upload *u = new_upload(m);
	const char *sum, *slash = strrchr(path, '/');
	char now[DIGEST_HEX];

	mem_own(m, u, close_file);
	if (open_left(u, path, e) || digest_file(now, path, e))
		return NULL;
	sum = value_get_string(u->record, "sha256");
	if (!sum || strcmp(sum, now)) {
		err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s: it is not what it was: its SHA-256 is another", path);
		err_hint(e, "take a new snapshot");
		return NULL;
	}
	return end(u, put_all(u, slash ? mem_dup(m, path, (size_t)(slash - path)) : ".", e), e) ?
	    NULL :
	    u->record;
}

/* Is FILE called as the last part of URL, but that its time may be another? */
static bool
matches(const char *file, const char *url, const char *stamp)
{
	const char *name = strrchr(url, '/') + 1;
	size_t n = strlen(name);

	return strlen(file) == n + sizeof suffix - 1 && stamp_alike(file, name, stamp) &&
	    !strcmp(file + n, suffix);
}

void
upload_sweep(struct mem *m, const char *directory, const char *url, const char *stamp)
{
	DIR *d = opendir(directory);

	for (struct dirent *de; d && (de = readdir(d));) {
		struct upload *u;
		struct s3 *s;
		struct err ignored;

		if (!matches(de->d_name, url, stamp))
			continue;
		u = new_upload(m);
		if (!open_left(u, mem_fmt(m, "%s/%s", directory, de->d_name), &ignored) &&
		    /* the same place? a name alone may be that of another bucket's */
		    strrchr(u->url, '/') - u->url == strrchr(url, '/') - url &&
		    !strncmp(u->url, url, (size_t)(strrchr(url, '/') - url))) {
			if ((s = s3_open(m, u->url, &ignored)))
				s3_abort(s, &u->parts);
			remove_both(u);
		}
		close_file(u);
	}
	if (d)
		closedir(d);
}
