/* assertion.c - finds the released version in assertions and puts the old one in its place. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "rollback/assertion.h"

/* What to do with an assertion. */
enum turn { KEEP, TURNED, DROP };

/* "v6.0.1-alpine" has the number 6.0.1; "" when it has none. */
static char *
number(struct mem *m, const char *version)
{
	size_t skip = strcspn(version, "0123456789"), len = strspn(version + skip, "0123456789.");

	while (len && version[skip + len - 1] == '.')
		len--;
	return mem_dup(m, version + skip, len);
}

/* VALUE said with the old version of CHANGE, when it says the new one; else NULL. */
static const char *
old_value(struct mem *m, const struct evidence_change *c, const char *value)
{
	const char *v = *value == 'v' || *value == 'V' ? value + 1 : value;
	char *to = number(m, c->to_version), *from = number(m, c->from_version);

	if (*c->to_version && !strcmp(value, c->to_version))
		return *c->from_version ? c->from_version : NULL;
	if (*to && *from && !strcmp(v, to))
		return mem_fmt(m, "%.*s%s", (int)(v - value), value, from);
	return NULL;
}

/* By whichever change the value names; two that would turn it differently turn nothing. */
static enum turn
turn_value(struct mem *m, const struct evidence *ev, const char *value, bool quoted,
    const char **turned)
{
	char *bare = quoted ? mem_dup(m, value + 1, strlen(value) - 2) : mem_string(m, value);
	const char *found = NULL;

	for (size_t i = 0; i < ev->change_count; i++) {
		const char *old = old_value(m, &ev->changes[i], bare);

		if (!old)
			continue;
		if (found && strcmp(found, old))
			return DROP;
		found = old;
	}
	if (!found)
		return DROP;
	*turned = quoted ? mem_fmt(m, "\"%s\"", found) : found;
	return TURNED;
}

/* Does the path's last key speak of a version? */
static bool
about_version(const char *path, size_t len)
{
	size_t from = len;

	while (from && path[from - 1] != '/' && path[from - 1] != '.' && path[from - 1] != '[')
		from--;
	for (size_t i = from; i + 7 <= len; i++)
		if (!strncasecmp(path + i, "version", 7))
			return true;
	return false;
}

static bool
is_quoted(const char *s)
{
	size_t n = strlen(s);

	return n >= 2 && s[0] == '"' && s[n - 1] == '"';
}

/* PATH=VALUE of --expect-json; other comparisons cannot be turned. */
static enum turn
turn_json(struct mem *m, const struct evidence *ev, const char *arg, const char **turned)
{
	size_t path = strcspn(arg, "=!~<>");
	const char *value = arg + path + 1, *old = NULL;
	bool version = about_version(arg, path);

	if (!arg[path])
		return KEEP;
	if (arg[path] != '=')
		return version ? DROP : KEEP;
	/* a bare number may count anything; only a version path makes it a version */
	if (!version && strspn(value, "0123456789") == strlen(value))
		return KEEP;
	if (turn_value(m, ev, value, is_quoted(value), &old) == TURNED) {
		*turned = mem_fmt(m, "%.*s=%s", (int)path, arg, old);
		return TURNED;
	}
	return version ? DROP : KEEP;
}

/* [PATH=]VERSION of --expect-version. */
static enum turn
turn_version(struct mem *m, const struct evidence *ev, const char *arg, const char **turned)
{
	const char *eq = strrchr(arg, '='), *value = eq ? eq + 1 : arg, *old = NULL;
	enum turn t = turn_value(m, ev, value, false, &old);

	if (t == TURNED)
		*turned = mem_fmt(m, "%.*s%s", (int)(value - arg), arg, old);
	return t;
}

/* Bodies and headers are matched by patterns: one that holds the new version cannot be turned
 * safely. */
static enum turn
turn_text(struct mem *m, const struct evidence *ev, const char *arg, const char **turned)
{
	(void)turned;
	for (size_t i = 0; i < ev->change_count; i++) {
		char *n = number(m, ev->changes[i].to_version);

		if (*n && strstr(arg, n))
			return DROP;
	}
	return KEEP;
}

static const struct {
	const char *option;
	enum turn (*turn)(struct mem *, const struct evidence *, const char *, const char **);
} kinds[] = {
	{ "--expect-json", turn_json },
	{ "--expect-version", turn_version },
	{ "--expect-body", turn_text },
	{ "--expect-header", turn_text },
};

/* The row that WORD belongs to; *JOINED: its argument after "=", or NULL when that is the next
 * word. */
static int
kind_of(const char *word, const char **joined)
{
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		size_t n = strlen(kinds[i].option);

		if (strncmp(word, kinds[i].option, n) || (word[n] && word[n] != '='))
			continue;
		*joined = word[n] ? word + n + 1 : NULL;
		return (int)i;
	}
	return -1;
}

static bool
is_washed(const struct value *recorded)
{
	for (size_t i = 0; i < value_count(recorded); i++)
		if (strstr(value_string(value_item(recorded, i)) ?
			    value_string(value_item(recorded, i)) :
			    "",
			"****"))
			return true;
	return false;
}

size_t
assertion_turn(struct mem *m, const struct evidence *ev, const struct value *recorded,
    const char ***words, struct sentences *caveats)
{
	size_t count = value_count(recorded), n = 0;
	const char *target = value_string(value_item(recorded, 0));

	*words = mem_zero(m, count + 1, sizeof **words);
	if (!target)
		return 0;
	if (is_washed(recorded)) {
		sentences_add(m, caveats,
		    "look after %s by hand: its record holds a secret no longer", target);
		return 0;
	}
	for (size_t i = 0; i < count; i++) {
		const char *word = value_string(value_item(recorded, i)), *arg = NULL,
			   *turned = NULL;
		int kind = word && i ? kind_of(word, &arg) : -1;
		bool apart = kind >= 0 && !arg && i + 1 < count;
		enum turn t = KEEP;

		if (apart)
			arg = value_string(value_item(recorded, ++i));
		if (kind >= 0)
			t = kinds[kind].turn(m, ev, arg ? arg : "", &turned);
		if (t == DROP) {
			sentences_add(m, caveats,
			    "the check %s %s of %s is left out: it speaks of the new version",
			    kinds[kind].option, arg ? arg : "", target);
			continue;
		}
		arg = t == TURNED ? turned : arg;
		if (kind >= 0 && arg && !apart)
			word = mem_fmt(m, "%s=%s", kinds[kind].option, arg);
		(*words)[n++] = word ? word : "";
		if (apart)
			(*words)[n++] = arg ? arg : "";
	}
	return n;
}
