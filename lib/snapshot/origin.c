/* origin.c - fetches and decrypts, then opens. */
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/io.h"
#include "snapshot/s3.h"
#include "snapshot/seal.h"
#include "snapshot/origin.h"
#include "snapshot/spool.h"

static int
temporary(struct mem *m, struct err *e)
{
	return spool_open(m, spool_directory(), e);
}

/* FD by a name that our children can open, too. */
static char *
path_of(struct mem *m, int fd)
{
	return mem_fmt(m, "/proc/%ld/fd/%d", (long)getpid(), fd);
}

/* The object URL as a nameless file; *PATH is NULL when it is not there and OPTIONAL. */
static int
fetch(struct mem *m, const char *url, bool optional, const char **path, struct err *e)
{
	struct s3 *s = s3_open(m, url, e);
	bool there;
	int fd;

	*path = NULL;
	if (!s || s3_there(s, &there, e))
		return -1;
	if (!there)
		return optional ?
		    0 :
		    err_set(e, FAIL_TROUBLE, "not-found", "%s: there is no such object", url);
	if ((fd = temporary(m, e)) < 0 || s3_get(s, fd, e))
		return -1;
	*path = path_of(m, fd);
	return 0;
}

bool
origin_is_input(const char *operand)
{
	return !strcmp(operand, "-");
}

static int
no_room(struct err *e)
{
	err_sys(e, "temporary file for standard input");
	return err_hint(e,
	    "it takes the whole archive: let TMPDIR name a directory with room for it");
}

/* Standard input as a nameless file: an archive is read from its end. */
static int
fetch_input(struct mem *m, const char **path, struct err *e)
{
	char buf[1 << 16];
	bool any = false;
	ssize_t n;
	int fd = temporary(m, e);

	if (fd < 0)
		return -1;
	for (; (n = read(0, buf, sizeof buf)) > 0; any = true)
		if (io_write_all(fd, buf, (size_t)n))
			return no_room(e);
	if (n < 0)
		return err_sys(e, "standard input");
	*path = path_of(m, fd);
	return any ?
	    0 :
	    err_set(e, FAIL_TROUBLE, "bad-input", "standard input is empty: no archive came");
}

static int
find(struct mem *m, const char *operand, struct origin *s, struct err *e)
{
	const char *beside = mem_fmt(m, "%s.sig", operand);
	char real[PATH_MAX];

	if (s3_is(operand)) {
		s->name = operand;
		return fetch(m, operand, false, &s->file, e) ||
			fetch(m, beside, true, &s->signature, e) ?
		    -1 :
		    0;
	}
	if (origin_is_input(operand)) {
		s->name = operand;
		return fetch_input(m, &s->file, e);
	}
	s->name = mem_string(m, realpath(operand, real) ? real : operand);
	s->file = operand;
	s->signature = access(beside, F_OK) ? NULL : beside;
	return 0;
}

/* What can be read at once: the file itself, or what it is decrypted to. */
static const char *
open_seal(struct mem *m, const char *operand, const char *identity, struct origin *s, struct err *e)
{
	int fd = open(s->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK), to;
	const char *path = s->file;

	/* what cannot be opened is the reader's to tell */
	if (fd < 0)
		return path;
	if ((s->encrypted = seal_is(fd))) {
		to = temporary(m, e);
		path = to < 0 || seal_decrypt(operand, fd, identity, true, to, e) ?
		    NULL :
		    path_of(m, to);
	}
	close(fd);
	return path;
}

int
origin_open(struct mem *m, const char *operand, const char *identity, struct origin *s,
    struct err *e)
{
	const char *path;

	*s = (struct origin){ 0 };
	if (find(m, operand, s, e) || !(path = open_seal(m, operand, identity, s, e)))
		return -1;
	return (s->r = reader_open(m, path, operand, e)) ? 0 : -1;
}
