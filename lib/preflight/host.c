/* host.c - checks of the machine that the release runs on. */
#include <string.h>

#include "core/proc.h"
#include "preflight/check.h"

static int
tools(struct check_run *r, struct err *e)
{
	(void)e;
	for (size_t i = 0; i < r->o->tool_count; i++) {
		bool there = proc_on_path(r->o->tools[i]);

		check_row(r, there ? CHECK_OK : CHECK_FAILED,
		    mem_fmt(r->m, there ? "%s is on PATH" : "%s is not on PATH", r->o->tools[i]),
		    r->o->tools[i], there ? NULL : "install it, or correct PATH");
	}
	return 0;
}

/* The output of git without the newline at its end; NULL when it failed. */
static char *
git(struct check_run *r, const char *const argv[], struct err *e)
{
	struct proc_spec spec = { .argv = argv, .in = -1, .out = -1, .errfd = -1, .timeout = 30 };
	struct proc_result res;

	if (proc_run(r->m, &spec, &res, e))
		return NULL;
	if (res.status) {
		err_set(e, FAIL_TROUBLE, "git", "git %s: %.300s", argv[1], res.output);
		return NULL;
	}
	if (res.out_len && res.out[res.out_len - 1] == '\n')
		res.out[res.out_len - 1] = 0;
	return res.out;
}

static int
branch(struct check_run *r, struct err *e)
{
	const char *const head[] = { "git", "rev-parse", "--abbrev-ref", "HEAD", NULL };
	const char *const changes[] = { "git", "status", "--porcelain", "--untracked-files=no",
		NULL };
	enum check_status no = r->o->force_branch ? CHECK_WARNING : CHECK_FAILED;
	char *out;

	if (!r->o->branch)
		return 0;
	if (!(out = git(r, head, e)))
		return err_hint(e, "run this in a checkout of the repository that --branch is of");
	check_row(r, strcmp(out, r->o->branch) ? no : CHECK_OK, out, r->o->branch,
	    strcmp(out, r->o->branch) ? "git switch, or --force-branch" : NULL);
	r->name = "git-tree";
	if (!(out = git(r, changes, e)))
		return -1;
	check_row(r, *out ? no : CHECK_OK, *out ? mem_fmt(r->m, "changed: %.200s", out) : "clean",
	    "no changes that are not committed",
	    *out ? "commit or stash them, or --force-branch" : NULL);
	return 0;
}

const struct check check_host[] = {
	{ "branch", branch },
	{ "tools", tools },
	{ NULL, NULL }
};
