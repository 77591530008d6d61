/* git.c - runs git. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/io.h"
#include "manifest/git.h"

int
git_run(struct mem *m, const char *dir, const char *const *argv, struct proc_result *r,
    struct err *e)
{
	const struct proc_spec spec = { .argv = argv,
		.dir = dir,
		.in = -1,
		.out = -1,
		.errfd = -1 };

	if (proc_run(m, &spec, r, e))
		return -1;
	r->output[strcspn(r->output, "\n")] = 0;
	return r->status ? err_set(e, FAIL_TROUBLE, "git", "git %s: %s", argv[1], r->output) : 0;
}

char *
git_read(struct mem *m, const char *const *argv, size_t *len, struct err *e)
{
	MEM_SCOPE(scratch);
	int fd = memfd_create("git", MFD_CLOEXEC);
	const struct proc_spec spec = { .argv = argv, .in = -1, .out = fd, .errfd = -1 };
	struct proc_result r;
	char *text = NULL;
	bool bad = fd < 0 ? err_sys(e, "git: memory for its output") :
			    proc_run(scratch, &spec, &r, e);

	if (!bad && r.status)
		bad = err_set(e, FAIL_TROUBLE, "git", "git %s: %.*s", argv[1],
		    (int)strcspn(r.output, "\n"), r.output);
	if (!bad)
		text = io_read_file(m, mem_fmt(scratch, "/proc/self/fd/%d", fd), 256 << 20, len, e);
	if (fd >= 0)
		close(fd);
	return text;
}

static const char *
directory(struct mem *m, const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash == file ? "/" : mem_dup(m, file, (size_t)(slash - file)) : ".";
}

static const char *
base(const char *file)
{
	return strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
}

int
git_check_clean(struct mem *m, const char *file, struct err *e)
{
	const char *status[] = { "git", "status", "--porcelain", "--ignored", "--", base(file),
		NULL };
	struct proc_result r;

	if (git_run(m, directory(m, file), status, &r, e))
		return -1;
	if (!r.out_len)
		return 0;
	err_set(e, FAIL_NO, "dirty", "%s: %s", file,
	    r.out[0] == '?' || r.out[0] == '!' ? "git does not track it" :
						 "it has changes that are not committed");
	return err_hint(e, "commit or stash them first");
}

static void
leave_branch(struct mem *m, const char *dir, const char *branch)
{
	const char *back[] = { "git", "switch", "-q", "-", NULL },
		   *drop[] = { "git", "branch", "-q", "-D", branch, NULL };
	struct proc_result r;
	struct err ignored;

	if (!git_run(m, dir, back, &r, &ignored))
		git_run(m, dir, drop, &r, &ignored);
}

static const char *
real(struct mem *m, const char *file)
{
	char path[PATH_MAX];

	return realpath(file, path) ? mem_string(m, path) : NULL;
}

char *
git_commit(struct mem *m, const char *const *files, size_t count, const char *branch,
    const char *message, struct err *e)
{
	const char *dir = directory(m, files[0]), **argv = mem_zero(m, count + 8, sizeof *argv);
	const char *create[] = { "git", "switch", "-q", "-c", branch, NULL },
		   *name[] = { "git", "rev-parse", "HEAD", NULL };
	const char *const head[] = { "git", "commit", "-q", "--only", "-m", message, "--" };
	struct proc_result r;

	memcpy(argv, head, sizeof head);
	for (size_t i = 0; i < count; i++)
		if (!(argv[7 + i] = real(m, files[i])))
			return err_sys(e, "%s", files[i]), NULL;
	if (branch && git_run(m, dir, create, &r, e))
		return NULL;
	if (git_run(m, dir, argv, &r, e)) {
		if (branch)
			leave_branch(m, dir, branch);
		return NULL;
	}
	if (git_run(m, dir, name, &r, e))
		return NULL;
	r.out[strcspn(r.out, "\n")] = 0;
	return r.out;
}
