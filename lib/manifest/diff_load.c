/* diff_load.c - reads a side of a comparison from the file system or out of git. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "core/io.h"
#include "manifest/diff.h"
#include "manifest/git.h"

enum { LARGEST = 64 << 20 };

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcmp(s + n - k, end);
}

/* WHERE names the file in messages. What claims to be YAML must be; a template may fail, and is
 * then text. */
static int
add(struct mem *m, struct diff_side *side, const char *name, const char *where, char *text,
    size_t len, struct err *e)
{
	bool yaml = ends_with(where, ".yaml") || ends_with(where, ".yml") ||
	    ends_with(where, ".json") || !*name;
	struct diff_file f = { name, text, len, NULL };

	if (yaml && !(f.yaml = site_read_text(m, where, text, len, e)) &&
	    !memmem(text, len, "{{", 2))
		return -1;
	if (f.yaml && !f.yaml->yaml)
		f.yaml = NULL;
	mem_grow(m, &side->file, side->count, &side->room, sizeof f);
	side->file[side->count++] = f;
	return 0;
}

static int
add_file(struct mem *m, struct diff_side *side, const char *name, const char *path, struct err *e)
{
	size_t len;
	char *text = io_read_file(m, path, LARGEST, &len, e);

	return text ? add(m, side, name, path, text, len, e) : -1;
}

static int
add_directory(struct mem *m, struct diff_side *side, const char *prefix, const char *path,
    struct err *e)
{
	DIR *d = opendir(path);
	struct stat st;
	int bad = 0;

	if (!d)
		return err_sys(e, "%s", path);
	for (struct dirent *de; !bad && (de = readdir(d));) {
		char *full = mem_fmt(m, "%s/%s", path, de->d_name),
		     *name = mem_fmt(m, "%s%s", prefix, de->d_name);

		if (!strcmp(de->d_name, ".") || !strcmp(de->d_name, "..") ||
		    !strcmp(de->d_name, ".git") || stat(full, &st))
			continue;
		if (S_ISDIR(st.st_mode))
			bad = add_directory(m, side, mem_fmt(m, "%s/", name), full, e);
		else if (S_ISREG(st.st_mode))
			bad = add_file(m, side, name, full, e);
	}
	closedir(d);
	return bad;
}

static int
add_blob(struct mem *m, struct diff_side *side, const char *name, const char *spec, struct err *e)
{
	const char *const argv[] = { "git", "show", spec, NULL };
	size_t len;
	char *text = git_read(m, argv, &len, e);

	return text ? add(m, side, name, mem_fmt(m, "git:%s", spec), text, len, e) : -1;
}

static int
add_git(struct mem *m, struct diff_side *side, const char *spec, struct err *e)
{
	const char *const type[] = { "git", "cat-file", "-t", spec, NULL };
	const char *const list[] = { "git", "ls-tree", "-r", "--name-only", "--full-tree", "-z",
		spec, NULL };
	size_t n = strlen(spec), len;
	char *text;

	if (*spec == '-' || !strchr(spec, ':'))
		return err_set(e, FAIL_TROUBLE, "usage", "git:%s: not git:REVISION:PATH", spec);
	if (!(text = git_read(m, type, &len, e)))
		return -1;
	if (strcmp(text, "tree\n"))
		return add_blob(m, side, "", spec, e);
	if (!(text = git_read(m, list, &len, e)))
		return -1;
	for (char *p = text; p < text + len; p += strlen(p) + 1)
		if (add_blob(m, side, p,
			mem_fmt(m, "%s%s%s", spec,
			    spec[n - 1] == '/' || spec[n - 1] == ':' ? "" : "/", p),
			e))
			return -1;
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct diff_file *)a)->name, ((const struct diff_file *)b)->name);
}

int
diff_load(struct mem *m, const char *what, struct diff_side *side, struct err *e)
{
	struct stat st;
	int bad;

	*side = (struct diff_side){ .what = what };
	if (!strncmp(what, "git:", 4))
		bad = add_git(m, side, what + 4, e);
	else if (!stat(what, &st) && S_ISDIR(st.st_mode))
		bad = add_directory(m, side, "", what, e);
	else
		bad = add_file(m, side, "", what, e);
	if (side->count)
		qsort(side->file, side->count, sizeof *side->file, by_name);
	return bad;
}
