/* gate.c - asks git. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/proc.h"
#include "schema/gate.h"
#include "schema/lint.h"

enum { OUTPUT_MAX = 32 << 20 };

struct finder {
	struct mem *m;
	const char *dir;        /* where git runs */
	const char *said;       /* by git, or of it, when it failed last */
};

/* What git prints, without the last newline; NULL when it fails. *LEN may be NULL. */
static char *
ask(struct finder *f, size_t *len, const char *const *argv)
{
	struct proc_spec spec = { .argv = argv,
		.dir = f->dir,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.keep = OUTPUT_MAX };
	struct proc_result r;
	struct err e;

	if (proc_run(f->m, &spec, &r, &e)) {
		f->said = mem_string(f->m, e.text);
		return NULL;
	}
	if (r.status) {
		f->said = r.output;
		return NULL;
	}
	if (len)
		*len = r.out_len;
	else if (r.out_len && r.out[r.out_len - 1] == '\n')
		r.out[r.out_len - 1] = 0;
	return r.out;
}
#define ASK(f, len, ...) \
	ask(f, len, (const char *const[]){ "git", "-c", "core.quotePath=false", __VA_ARGS__, NULL })

static const char *
merge_base(struct finder *f, const char *branch)
{
	return branch && *branch ? ASK(f, NULL, "merge-base", "HEAD", branch) : NULL;
}

/* On GitHub HEAD is the merge of the pull request into its base: what it changes is against the
 * first parent, and that is there even when nothing else of the history is. */
static const char *
merged_base(struct finder *f)
{
	const char *ref = getenv("GITHUB_REF");

	if (!ref || strncmp(ref, "refs/pull/", 10) ||
	    !ASK(f, NULL, "rev-parse", "--verify", "--quiet", "HEAD^2^{commit}"))
		return NULL;
	return ASK(f, NULL, "rev-parse", "--verify", "--quiet", "HEAD^1^{commit}");
}

static const char *
no_base(struct finder *f, const char *base, struct err *e)
{
	const char *shallow = ASK(f, NULL, "rev-parse", "--is-shallow-repository"),
		   *target = getenv("GITHUB_BASE_REF");
	bool cut = shallow && !strcmp(shallow, "true");

	if (!target || !*target)
		target = getenv("CI_MERGE_REQUEST_TARGET_BRANCH_NAME");
	err_set(e, FAIL_TROUBLE, "no-base", "--gate: git finds no common ancestor of HEAD and %s%s",
	    base ? base : "any of the usual branches", cut ? ": the clone is shallow" : "");
	err_hint(e,
	    "git fetch %sorigin %s (in CI: fetch-depth: 0, or GIT_DEPTH: 0), or name the branch "
	    "with --base",
	    cut ? "--unshallow " : "", target && *target ? target : "main");
	return NULL;
}

static const char *
find_base(struct finder *f, const char *base, struct err *e)
{
	static const char *const targets[] = { "GITHUB_BASE_REF",
		"CI_MERGE_REQUEST_TARGET_BRANCH_NAME" };
	static const char *const usual[] = { "origin/HEAD", "origin/main", "origin/master", "main",
		"master" };
	const char *found = base ? merge_base(f, base) : merged_base(f);

	if (!base && !found)
		found = merge_base(f, getenv("CI_MERGE_REQUEST_DIFF_BASE_SHA"));
	for (size_t i = 0; !base && !found && i < sizeof targets / sizeof *targets; i++) {
		const char *name = getenv(targets[i]);

		if (name && *name && !(found = merge_base(f, mem_fmt(f->m, "origin/%s", name))) &&
		    !(found = merge_base(f, name)))
			return no_base(f, NULL, e);
	}
	for (size_t i = 0; !base && !found && i < sizeof usual / sizeof *usual; i++)
		found = merge_base(f, usual[i]);
	return found ? found : no_base(f, base, e);
}

static void
add_file(struct mem *m, struct gate *g, size_t room[2], const char *name, bool modified)
{
	mem_grow(m, &g->files, (size_t)g->file_count, &room[0], sizeof *g->files);
	mem_grow(m, &g->modified, (size_t)g->file_count, &room[1], sizeof *g->modified);
	g->modified[g->file_count] = modified;
	g->files[g->file_count++] = mem_string(m, name);
}

/* The next of a list of names that each end with a NUL byte. */
static const char *
next(const char **list, const char *end)
{
	const char *name = *list;

	if (!name || name >= end)
		return NULL;
	*list += strlen(name) + 1;
	return name;
}

/* PATH as seen from the top, below PREFIX, as one says it who calls PREFIX DIR. */
static const char *
seen_from(struct mem *m, const char *dir, const char *prefix, const char *path)
{
	size_t n = strlen(dir);

	return mem_fmt(m, "%.*s/%s", (int)(n > 1 && dir[n - 1] == '/' ? n - 1 : n), dir,
	    path + strlen(prefix));
}

/* What git said first. */
static const char *
words(const struct finder *f)
{
	return mem_dup(f->m, f->said, strcspn(f->said, "\n"));
}

/* The files that differ from REV in the working tree. The directory of the first that was elsewhere
 * then: *WAS. */
static int
list_files(struct finder *f, const char *dir, const char *rev, const char *prefix,
    struct gate *g, const char **was, struct err *e)
{
	struct mem *m = f->m;
	size_t room[2] = { 0 }, len = 0, more = 0, below = strlen(prefix);
	const char *changed, *others, *end, *status;

	if (!(changed = ASK(f, &len, "diff", "--name-status", "-z", "-M", "--diff-filter=AMR",
		  rev)) ||
	    !(others = ASK(f, &more, "ls-files", "-z", "--others", "--exclude-standard", "--",
		  *prefix ? prefix : ".")))
		return err_set(e, FAIL_TROUBLE, "no-base",
		    "--gate: git cannot tell what differs from %s: %s", rev, words(f));
	end = changed + len;
	while ((status = next(&changed, end))) {
		const char *old = next(&changed, end),
			   *name = *status == 'R' ? next(&changed, end) : old;

		if (!name || strncmp(name, prefix, below))
			continue;
		if (*status == 'R' && !*was && strncmp(old, prefix, strlen(prefix)) &&
		    strrchr(old, '/'))
			*was = mem_dup(m, old, (size_t)(strrchr(old, '/') + 1 - old));
		/* what only got another place is no change */
		if (strcmp(status, "R100") && lint_is_migration(name + below))
			add_file(m, g, room, seen_from(m, dir, prefix, name), *status == 'M');
	}
	for (end = others + more; (status = next(&others, end));)
		if (lint_is_migration(status + below))
			add_file(m, g, room, seen_from(m, dir, prefix, status), false);
	return 0;
}

/* Git's own words tell whether there is none, or one that it does not trust, as that of another
 * user in a container of a CI job. */
static int
no_tree(const struct finder *f, struct err *e)
{
	const char *cure = strstr(f->said, "git config ");

	err_set(e, FAIL_TROUBLE, "no-base", "--gate: %s is in no working tree of git: %s", f->dir,
	    words(f));
	if (cure)
		return err_hint(e, "%.*s", (int)strcspn(cure, "\n"), cure);
	return err_hint(e, "without git: schema-diff FROM migrations:%s, or --lint %s", f->dir,
	    f->dir);
}

int
gate_find(struct mem *m, const char *dir, const char *base, struct gate *g, struct err *e)
{
	struct finder f = { .m = m, .dir = dir };
	const char *rev, *prefix, *head, *was = NULL;
	struct stat st;

	*g = (struct gate){ 0 };
	if (stat(dir, &st))
		return err_sys(e, "--gate: %s", dir);
	g->top = ASK(&f, NULL, "rev-parse", "--show-toplevel");
	if (!g->top || !(prefix = ASK(&f, NULL, "rev-parse", "--show-prefix")))
		return no_tree(&f, e);
	f.dir = g->top;
	if (!(rev = find_base(&f, base, e)) || list_files(&f, dir, rev, prefix, g, &was, e))
		return -1;
	head = ASK(&f, NULL, "rev-parse", "HEAD");
	g->idle = !g->file_count && head && !strcmp(head, rev);
	if (!*prefix || ASK(&f, NULL, "cat-file", "-e", mem_fmt(m, "%s:%s", rev, prefix)))
		was = *prefix ? prefix : ".";
	g->from = was ? mem_fmt(m, "git:%s:%s", rev, was) : "empty";
	return 0;
}

/* Is PATH what migrate-apply calls FILE? */
static bool
is_file(const char *path, const char *file)
{
	size_t len = strlen(path), n = file ? strlen(file) : 0;

	return n && len > n && path[len - n - 1] == '/' && !strcmp(path + len - n, file);
}

const struct value *
gate_observed(struct mem *m, const struct gate *g, const struct value *applied)
{
	struct value *list = value_array(m);

	for (size_t i = 0; i < value_count(applied); i++) {
		const char *file = value_get_string(value_item(applied, i), "file");

		for (int k = 0; k < g->file_count; k++) {
			if (is_file(g->files[k], file)) {
				struct value *one = value_add_object(m, list);

				value_set_string(one, "file", file);
				value_set_string(one, "path", g->files[k]);
				value_set(one, "observed",
				    value_get(value_item(applied, i), "observed"));
			}
		}
	}
	return list;
}

void
gate_not_run(struct lint *l, const struct gate *g, const struct value *applied,
    const struct hazard_allow *allow)
{
	const struct hazard *h = hazard_find("not-run");

	for (int k = 0; k < g->file_count; k++) {
		bool run = g->modified[k];

		for (size_t i = 0; !run && i < value_count(applied); i++)
			run = is_file(g->files[k],
			    value_get_string(value_item(applied, i), "file"));
		if (!run)
			lint_add(l, h, g->files[k], hazard_allowed(l->m, h, g->files[k], allow));
	}
}

void
gate_lint(struct lint *l, const struct gate *g, const char *dir, const struct value *refused,
    const struct hazard_allow *allow)
{
	const char *code = value_get_string(refused, "code"),
		   *text = value_get_string(refused, "message");
	const struct hazard *h = code ?
	    hazard_find(!strcmp(code, "out-of-order") ? code : "changed-migration") :
	    NULL;
	bool told = false;

	for (int i = 0; h && text && i < g->file_count; i++) {
		const char *name = strrchr(g->files[i], '/');

		if (!strstr(text, name ? name + 1 : g->files[i]))
			continue;
		told = true;
		lint_add(l, h, g->files[i], hazard_allowed(l->m, h, g->files[i], allow));
	}
	/* one that is not there any more has no file */
	if (h && !told)
		lint_add(l, h, dir, hazard_allowed(l->m, h, dir, allow));
}
