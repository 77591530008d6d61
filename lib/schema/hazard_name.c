/* hazard_name.c - what hazards are called, here and by other tools, and which of them are
 * accepted. */
#include <fnmatch.h>
#include <string.h>

#include "core/near.h"
#include "schema/hazard.h"

enum { NAME_MAX_LEN = 64, NEAR_MAX = 3 };

/* Tools whose names hazards have besides their own. */
static const char *const tools[] = { "squawk", "atlas", "strong_migrations", "eugene",
	"pg-schema-diff", "pgfence" };

static bool
is_word(const char *word, const char *name, size_t len)
{
	return strlen(word) == len && !strncmp(word, name, len);
}

bool
hazard_is_called(const struct hazard *h, const char *name, size_t len)
{
	if (!len || is_word(h->id, name, len))
		return len != 0;
	for (const char *p = h->aliases; p && *p; p += strspn(p, " ")) {
		size_t n = strcspn(p, " "), tool = strcspn(p, ":") + 1;

		if ((n == len && !strncmp(p, name, n)) ||
		    (n == tool + len && !strncmp(p + tool, name, len)))
			return true;
		p += n;
	}
	return false;
}

/* The nearest ids, or those that hold the word. */
static void
hint_nearest(const char *name, size_t len, struct err *e)
{
	MEM_SCOPE(m);
	struct mem_text t = { .m = m };
	char *word = mem_dup(m, name, len);
	int told = 0;

	for (size_t near = 1; near <= 4 && told < NEAR_MAX && len <= NAME_MAX_LEN; near++)
		for (size_t i = 0; i < hazard_count && told < NEAR_MAX; i++)
			if (near_distance(name, len, hazard_table[i].id) == near)
				mem_text_fmt(&t, "%s%s", told++ ? ", " : "", hazard_table[i].id);
	for (size_t i = 0; len > 2 && i < hazard_count && told < NEAR_MAX; i++)
		if (strstr(hazard_table[i].id, word) &&
		    !(t.text && strstr(t.text, hazard_table[i].id)))
			mem_text_fmt(&t, "%s%s", told++ ? ", " : "", hazard_table[i].id);
	if (told)
		err_hint(e, "did you mean %s?", t.text);
	else
		err_hint(e, "schema-diff --list-hazards names them all");
}

int
hazard_check_name(const char *name, size_t len, struct err *e)
{
	for (size_t i = 0; i < hazard_count; i++)
		if (hazard_is_called(&hazard_table[i], name, len))
			return 0;
	err_set(e, FAIL_TROUBLE, "usage", "there is no hazard '%.*s'", (int)len, name);
	hint_nearest(name, len, e);
	return -1;
}

/* How much of an item of --allow is the hazard's name: a tool's name may stand before it. */
static size_t
name_length(const char *item)
{
	size_t n = strcspn(item, ":=");

	for (size_t i = 0; item[n] == ':' && i < sizeof tools / sizeof *tools; i++)
		if (is_word(tools[i], item, n))
			return n + 1 + strcspn(item + n + 1, ":=");
	return n;
}

int
hazard_check_allow(const struct hazard_allow *a, struct err *e)
{
	for (size_t i = 0; i < a->count; i++)
		if (hazard_check_name(a->item[i], name_length(a->item[i]), e))
			return err_in(e, "--allow");
	return 0;
}

/* An object as written in SQL: "public." may be left out there. */
static bool
fits(struct mem *m, const char *pattern, const char *object)
{
	if (!object)
		return false;
	return !fnmatch(pattern, object, 0) ||
	    !fnmatch(pattern, mem_fmt(m, "public.%s", object), 0);
}

const char *
hazard_allowed(struct mem *m, const struct hazard *h, const char *object,
    const struct hazard_allow *a)
{
	for (size_t i = 0; a && i < a->count; i++) {
		const char *item = a->item[i], *reason = strchr(item, '=');
		size_t n = name_length(item);

		if (!hazard_is_called(h, item, n))
			continue;
		if (item[n] == ':' &&
		    !fits(m, mem_dup(m, item + n + 1, strcspn(item + n + 1, "=")), object))
			continue;
		return reason ? reason + 1 : "--allow";
	}
	return NULL;
}
