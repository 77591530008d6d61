/* ddl_options.c - storage parameters and options of foreign things: from one list to another. */
#include <string.h>

#include "schema/ddl_plan.h"

/* Lists of "key=value, key=value": RESET what is gone, SET the rest. WHAT: "ALTER TABLE t". */
void
ddl_alter_options(struct plan *p, const struct model_object *from, const struct model_object *to,
    enum model_prop prop, const char *what, const char *prefix)
{
	const char *old = model_get(from, prop), *new = model_get(to, prop);
	/* of columns that is something else */
	const char *written = prop == PROP_OPTIONS && to->kind != MODEL_COLUMN ?
	    model_get(to, PROP_WRITTEN) :
	    NULL;
	struct mem_text reset = { .m = p->m }, set = { .m = p->m };

	for (const char *o = old ? old : ""; *o; o += strcspn(o, ","), o += strspn(o, ", ")) {
		size_t n = strcspn(o, "=");
		bool there = false;

		for (const char *w = new ? new : ""; *w && !there;
		     w += strcspn(w, ","), w += strspn(w, ", "))
			there = strcspn(w, "=") == n && !strncmp(w, o, n);
		if (!there)
			mem_text_fmt(&reset, "%s%s%.*s", reset.len ? ", " : "", prefix, (int)n, o);
	}
	/* they stand in the order in which they were set last */
	for (const char *w = written ? written :
		 new                 ? new :
				       "";
	     *w; w += strcspn(w, ","), w += strspn(w, ", "))
		mem_text_fmt(
		    &set, "%s%s%.*s", set.len ? ", " : "", prefix, (int)strcspn(w, ","), w);
	if (reset.len)
		ddl_say(p->out, to, "%s RESET (%s)", what, reset.text);
	if (set.len)
		ddl_say(p->out, to, "%s SET (%s)", what, set.text);
}

/* How long "name 'value'" is at the beginning of OPTION. */
static size_t
option_len(const char *option)
{
	const char *end = strchr(option + model_name_len(option, " "), '\'') + 1;

	while (*end != '\'' || end[1] == '\'')
		end += *end == '\'' ? 2 : 1;
	return (size_t)(end + 1 - option);
}

static const char *
next_option(const char *option)
{
	option += option_len(option);
	return option + strspn(option, ", ");
}

/* The option of LIST (may be NULL) that has the name of OPTION, or NULL. */
static const char *
same_option(const char *list, const char *option)
{
	size_t n = model_name_len(option, " ") + 1;

	for (const char *o = list ? list : ""; *o; o = next_option(o))
		if (!strncmp(o, option, n))
			return o;
	return NULL;
}

/* Options of foreign things: "name 'value', name 'value'". */
char *
ddl_foreign_options(struct mem *m, const char *old, const char *new)
{
	struct mem_text t = { .m = m };

	for (const char *o = old ? old : ""; *o; o = next_option(o))
		if (!same_option(new, o))
			mem_text_fmt(
			    &t, "%sDROP %.*s", t.len ? ", " : "", (int)model_name_len(o, " "), o);
	for (const char *o = new ? new : ""; *o; o = next_option(o)) {
		const char *was = same_option(old, o);
		size_t n = option_len(o);

		if (!was || option_len(was) != n || strncmp(was, o, n) != 0)
			mem_text_fmt(&t, "%s%s %.*s", t.len ? ", " : "", was ? "SET" : "ADD",
			    (int)n, o);
	}
	return t.text;
}
