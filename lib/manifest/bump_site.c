/* bump_site.c - where the version of a site really stands, and who else it is for. */
#include <string.h>
#include <sys/stat.h>

#include "core/seen.h"
#include "manifest/bump_private.h"
#include "manifest/finder.h"

/* Where the version really stands */

static const char *
beside(struct mem *m, const char *file, const char *name)
{
	const char *slash = strrchr(file, '/');

	return slash ? mem_fmt(m, "%.*s/%s", (int)(slash - file), file, name) : name;
}

static const char *
env_file(struct bump_work *w, const struct site *s)
{
	return w->r->env_file ? w->r->env_file : beside(w->m, s->file->file, ".env");
}

/* The line of the environment file that sets VARIABLE; false when none does, or to nothing, for
 * then the default counts. */
static bool
find_line(struct bump_work *w, const struct site *s, struct site *out)
{
	const struct site_want want = { .path = s->variable };
	struct site_list list = { 0 };
	struct err ignored;
	const char *file = env_file(w, s);
	struct stat st;

	if (!s->variable || stat(file, &st) || bump_find_in_file(w, file, &want, &list, &ignored) ||
	    !list.count)
		return false;
	*out = list.item[list.count - 1];       /* the last one counts */
	return out->whole.len > 0;
}

/* The same, through variables that are set to variables. */
static bool
find_variable(struct bump_work *w, const struct site *s, struct site *out)
{
	enum { STEPS = 10 };    /* a variable may name itself */
	struct site next;

	if (!find_line(w, s, out))
		return false;
	for (int i = 0; i < STEPS && out->indirect && find_line(w, out, &next); i++)
		*out = next;
	return true;
}

int
bump_follow(struct bump_work *w, struct site *s, struct err *e)
{
	struct site env;
	bool set = find_variable(w, s, &env);

	if (!s->indirect && (!set || !w->r->follow_env)) {
		if (set)
			bump_warn(w,
			    mem_fmt(w->m,
				"%s sets %s, which wins over the default that was changed",
				bump_place(w, &env), s->variable));
		return 0;
	}
	if (s->variable && *s->variable == '{') {
		err_set(e, FAIL_NO, "indirect",
		    "%s: the version is not here but in what fills the template: %s",
		    bump_place(w, s), s->variable);
		return err_hint(e, "change it in the chart's values.yaml or Chart.yaml");
	}
	if (!w->r->follow_env) {
		err_set(e, FAIL_NO, "indirect",
		    "%s: the version is not here but in the variable %s", bump_place(w, s),
		    s->variable ? s->variable : "?");
		return err_hint(e, "--follow-env changes it in %s", env_file(w, s));
	}
	if (!set)
		return err_set(e, FAIL_NO, "indirect", "%s: the variable %s is not set in %s",
		    bump_place(w, s), s->variable ? s->variable : "?", env_file(w, s));
	if (env.indirect)
		return err_set(e, FAIL_NO, "indirect",
		    "%s: the version is not here but in the variable %s, which is not set in %s",
		    bump_place(w, &env), env.variable, env_file(w, s));
	if (!s->variable_whole || !env.image) {
		env.version = env.whole;
		env.digest.there = false;
		env.image = s->image;
		env.front = s->front;
		env.behind = s->behind;
	}
	env.service = s->service;
	*s = env;
	return 0;
}

int
bump_check_users(struct bump_work *w, const struct site *s, struct err *e)
{
	char **users;
	bool live;
	size_t count = site_users(w->m, s, &users, &live);
	struct mem_text t = { .m = w->m };
	struct value *list;

	if (!count)
		return 0;
	list = value_set_array(w->m, w->result, "users");
	for (size_t i = 0; i < count; i++) {
		value_add_string(list, users[i]);
		mem_text_fmt(&t, "\n%s", users[i]);
	}
	/* by its image everyone who uses it is meant; by its path, the definition */
	if (count + live < 2 || w->r->all_users ||
	    ((w->r->want.image || w->r->want.path) && !s->user && !w->r->want.service))
		return 0;
	err_set(e, FAIL_NO, "shared-anchor", "%s: the anchor is shared by %zu users%s",
	    bump_describe(w, s), count + live, t.text);
	return err_hint(e, "--all-users changes it for all of them");
}

static int
check_duplicates(struct bump_work *w, const struct site *s, struct seen *clean, struct err *e)
{
	const struct yaml *y = s->file->yaml;
	yaml_ref key = y ? path_duplicate(y, s->whole.node, clean, s->file->file) : 0;
	size_t line, column;

	/* the branches of a template's {{if}} may say a key twice */
	if (!key || s->file->masked)
		return 0;
	yaml_place(s->file->lines, yaml_node(y, key)->start, &line, &column);
	return err_set(e, FAIL_TROUBLE, "bad-input",
	    "%s:%zu:%zu: the key %s stands twice in its map", s->file->file, line, column,
	    yaml_string(w->m, y, key));
}

int
bump_check_duplicates(struct bump_work *w, struct err *e)
{
	MEM_SCOPE(m);
	struct seen *clean = w->found.count > 1 ? seen_new(m) : NULL;

	for (size_t i = 0; i < w->found.count; i++)
		if (check_duplicates(w, &w->found.item[i], clean, e))
			return -1;
	return 0;
}
