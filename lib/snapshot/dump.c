/* dump.c - pg_restore as a writer of SQL. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <fcntl.h>

#include "core/proc.h"
#include "pg/scratch.h"
#include "snapshot/dump.h"
#include "snapshot/spool.h"
#include "snapshot/stream.h"

static int
failed(int status, const char *output, const char *section, struct err *e)
{
	const char *line = strstr(output, "error: ");

	line = line ? line + 7 : *output ? output : "without a word";
	return err_set(e, FAIL_TROUBLE, strstr(output, "No space left") ? "no-space" : "pg-restore",
	    "pg_restore --section=%s ended with %d: %.*s", section, status,
	    (int)strcspn(line, "\n"), line);
}

/* The version that wrote the dump, which reads it for sure. */
static const char *const *
command(struct mem *m, const struct restore *how, const struct value *store, const char *section,
    struct err *e)
{
	int major = (int)value_get_int(store, "server_version", 0) / 10000;
	const char *version = value_get_string(store, "client_version");
	const char **argv = mem_zero(m, 12, sizeof *argv);
	const char *bin;
	size_t n = 0;

	if (version)
		major = (int)strtol(version, NULL, 10);
	if (!(bin = pg_find_bindir(m, "pg_restore", major, NULL, e)))
		return NULL;
	argv[n++] = mem_fmt(m, "%s/pg_restore", bin);
	argv[n++] = "--verbose";
	argv[n++] = "--file=-";
	argv[n++] = mem_fmt(m, "--section=%s", section);
	if (how->no_owner) {
		argv[n++] = "--no-owner";
		argv[n++] = "--no-acl";
	}
	if (how->no_tablespaces)
		argv[n++] = "--no-tablespaces";
	argv[n++] = "/dev/fd/0";
	return argv;
}

/* All of FD; NULL on error. */
static char *
contents(struct mem *m, int fd, size_t *len, struct err *e)
{
	struct stat st;
	char *text;
	ssize_t n;

	*len = 0;
	if (fstat(fd, &st)) {
		err_sys(e, "temporary file");
		return NULL;
	}
	text = mem_zero(m, 1, (size_t)st.st_size + 1);
	while (*len < (size_t)st.st_size &&
	    (n = pread(fd, text + *len, (size_t)st.st_size - *len, (off_t)*len)) > 0)
		*len += (size_t)n;
	return text;
}

int
dump_read(struct mem *m, const struct restore *how, const struct value *store, int fd,
    const char *section, struct toc *toc, struct err *e)
{
	MEM_SCOPE(scope);
	const char *const *argv = command(scope, how, store, section, e);
	struct proc_spec spec = { .argv = argv, .in = fd, .errfd = -1 };
	struct proc_result r;
	char *script;
	size_t len;

	if (!argv || (spec.out = spool_open(scope, spool_directory(), e)) < 0 ||
	    proc_run(scope, &spec, &r, e))
		return -1;
	if (r.status)
		return failed(r.status, r.output, section, e);
	script = contents(scope, spec.out, &len, e);
	return script ? toc_read(m, script, len, toc, e) : -1;
}

int
dump_load_data(const struct restore *how, const struct value *store, int fd, struct pg *pg,
    struct err *e)
{
	MEM_SCOPE(m);
	const char *const *argv = command(m, how, store, "data", e);
	struct proc_spec spec = { .argv = argv, .in = fd };
	int ends[2], status;
	size_t len;
	pid_t pid;
	int bad;

	if (!argv || (spec.errfd = spool_open(m, spool_directory(), e)) < 0)
		return -1;
	if (pipe2(ends, O_CLOEXEC))
		return err_sys(e, "pipe");
	spec.out = ends[1];
	pid = proc_start(&spec, e);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return -1;
	}
	/* reads to the end, and closes */
	bad = stream_run(pg, ends[0], e);
	if (bad)
		status = proc_end(pid, 1);
	else
		while (waitpid(pid, &status, 0) < 0)
			;
	if (bad || (WIFEXITED(status) && !WEXITSTATUS(status)))
		return bad;
	return failed(status, contents(m, spec.errfd, &len, e), "data", e);
}
