/* gate.c - asks git. */
#include <stdlib.h>
#include <string.h>

#include "core/proc.h"
#include "schema/gate.h"

/* What git prints, without the last newline; NULL when it fails. */
static char *
ask(struct mem *m, const char *const *argv)
{
	struct proc_spec spec = { .argv = argv, .in = -1, .out = -1, .errfd = -1, .keep = 8 << 20 };
	struct proc_result r;
	struct err ignored;

	if (proc_run(m, &spec, &r, &ignored) || r.status)
		return NULL;
	while (r.out_len && r.out[r.out_len - 1] == '\n')
		r.out[--r.out_len] = 0;
	return r.out;
}

static const char *
merge_base(struct mem *m, const char *branch)
{
	const char *const argv[] = { "git", "merge-base", "HEAD", branch, NULL };

	return branch ? ask(m, argv) : NULL;
}

static const char *
remote_branch(struct mem *m, const char *variable)
{
	const char *name = getenv(variable);

	return name && *name ? mem_fmt(m, "origin/%s", name) : NULL;
}

static const char *
find_base(struct mem *m, const char *base, struct err *e)
{
	const char *const tries[] = { remote_branch(m, "GITHUB_BASE_REF"),
		getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
		remote_branch(m, "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"), "origin/HEAD",
		"origin/main", "origin/master", "main", "master" };
	const char *found = base ? merge_base(m, base) : NULL;

	for (size_t i = 0; !base && !found && i < sizeof tries / sizeof *tries; i++)
		found = merge_base(m, tries[i]);
	if (found)
		return found;
	err_set(e, FAIL_TROUBLE, "no-base", "--gate: git finds no common ancestor of HEAD and %s",
	    base ? base : "any of the usual branches");
	err_hint(
	    e, "fetch the branch (in CI: fetch-depth: 0, or GIT_DEPTH: 0), or name it with --base");
	return NULL;
}

static void
add_files(struct mem *m, struct gate *g, size_t *room, char *list)
{
	char *save = NULL;

	for (char *file = list ? strtok_r(list, "\n", &save) : NULL; file;
	     file = strtok_r(NULL, "\n", &save)) {
		size_t n = strlen(file);

		if (n < 5 || strcmp(file + n - 4, ".sql") ||
		    (n > 9 && !strcmp(file + n - 9, ".down.sql")))
			continue;
		mem_grow(m, &g->files, (size_t)g->file_count, room, sizeof *g->files);
		g->files[g->file_count++] = file;
	}
}

int
gate_find(struct mem *m, const char *dir, const char *base, struct gate *g, struct err *e)
{
	const char *rev = find_base(m, base, e);
	size_t room = 0;

	*g = (struct gate){ 0 };
	if (!rev)
		return -1;
	{
		const char *const there[] = { "git", "cat-file", "-e",
			mem_fmt(m, "%s:./%s", rev, dir), NULL };
		const char *const changed[] = { "git", "-c", "core.quotePath=false", "diff",
			"--name-only", "--relative", "--diff-filter=AMR", rev, "--", dir, NULL };
		const char *const untracked[] = { "git", "-c", "core.quotePath=false", "ls-files",
			"--others", "--exclude-standard", "--", dir, NULL };

		g->from = ask(m, there) ? mem_fmt(m, "git:%s:%s", rev, dir) : "empty";
		g->to = mem_fmt(m, "migrations:%s", dir);
		add_files(m, g, &room, ask(m, changed));
		add_files(m, g, &room, ask(m, untracked));
	}
	return 0;
}
