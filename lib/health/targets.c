/* targets.c - gathers targets and their options, and checks what belongs where. */
#include <string.h>

#include "core/io.h"
#include "core/secret.h"
#include "core/value.h"
#include "health/targets.h"

enum { FROM_MAX = 16 << 20 };

static bool
takes(const struct kind *k, enum option o)
{
	return (k->takes | OPTION_ALWAYS) >> o & 1;
}

/* TEXT without its password, however short that is. */
static char *
without_password(struct mem *m, const char *text)
{
	char *s = mem_string(m, text), *from = strstr(s, "://"), *at, *colon;

	if (from) {
		from += 3;
		at = from + strcspn(from, "/?#");
		while (at > from && *at != '@')
			at--;
		colon = memchr(from, ':', (size_t)(at - from));
		if (*at == '@' && colon)
			s = mem_fmt(m, "%.*s:***%s", (int)(colon - s), s, mem_string(m, at));
	}
	secret_wash(s, strlen(s));
	return s;
}

static void
add_word(struct targets *l, struct target *t, const char *word)
{
	mem_grow(l->m, &t->words.item, t->words.count, &t->words.room, sizeof *t->words.item);
	t->words.item[t->words.count++] = word;
}

static int
apply(struct targets *l, struct target *t, enum option o, const char *arg, struct err *e)
{
	if (!takes(t->kind, o)) {
		err_set(e, FAIL_TROUBLE, "usage", "does not belong to a %s target (%s)",
		    t->kind->name, without_password(l->m, t->text));
		return err_hint(e,
		    "an option after a TARGET belongs to it; before the first one it is a "
		    "default for all");
	}
	return option_set(l->m, &t->want, o, arg, e);
}

static void
add_option_word(struct targets *l, struct target *t, enum option o, const char *arg)
{
	add_word(l, t, mem_fmt(l->m, "--%s%s%s", option_name(o), arg ? "=" : "", arg ? arg : ""));
}

static struct target *
last(struct targets *l)
{
	return l->count ? l->item[l->count - 1] : NULL;
}

/* The word after a bare --expect-version, when it is no target: the version after all. */
static int
close_version(struct targets *l, const char *text, struct err *e)
{
	struct target *t = last(l);

	l->open = false;
	if (!t) {
		l->defaults[l->default_count - 1].arg = text;
		return 0;
	}
	t->words.count--;
	add_option_word(l, t, OPTION_EXPECT_VERSION, text);
	return apply(l, t, OPTION_EXPECT_VERSION, text, e);
}

int
targets_add(struct targets *l, const char *text, struct err *e)
{
	const struct kind *k = kind_of(text, NULL);
	struct target *t;

	if (!k && l->open)
		return close_version(l, text, e);
	l->open = false;
	if (!k) {
		err_set(e, FAIL_TROUBLE, "usage", "'%s' is not a target",
		    without_password(l->m, text));
		return err_hint(e, "a target begins with one of %s", kind_prefixes(l->m));
	}
	t = mem_zero(l->m, 1, sizeof *t);
	t->text = text;
	t->kind = k;
	option_init(&t->want);
	add_word(l, t, text);
	mem_grow(l->m, &l->item, l->count, &l->room, sizeof(struct target *));
	l->item[l->count++] = t;
	for (size_t i = 0; i < l->default_count; i++) {
		struct targets_default *d = l->defaults + i;

		if (!takes(k, d->option))
			continue;
		d->used = true;
		add_option_word(l, t, d->option, d->arg);
		if (apply(l, t, d->option, d->arg, e))
			return err_in(e, "--%s", option_name(d->option));
	}
	return 0;
}

int
targets_option(struct targets *l, enum option o, const char *arg, struct err *e)
{
	struct target *t = last(l);

	l->open = o == OPTION_EXPECT_VERSION && !arg;
	if (t) {
		add_option_word(l, t, o, arg);
		return apply(l, t, o, arg, e);
	}
	mem_grow(l->m, &l->defaults, l->default_count, &l->default_room, sizeof *l->defaults);
	l->defaults[l->default_count++] = (struct targets_default){ .option = o, .arg = arg };
	return 0;
}

/* --from */

static int
from_value(struct targets *l, enum option o, const struct value *v, struct err *e)
{
	switch (value_kind(v)) {
	case VALUE_STRING: return targets_option(l, o, mem_string(l->m, value_string(v)), e);
	case VALUE_NUMBER: return targets_option(l, o, value_text(l->m, v, 0), e);
	case VALUE_BOOL: return value_bool(v) ? targets_option(l, o, NULL, e) : 0;
	case VALUE_ARRAY:
		for (size_t i = 0; i < value_count(v); i++)
			if (from_value(l, o, value_item(v, i), e))
				return -1;
		return 0;
	default:
		return err_set(e, FAIL_TROUBLE, "usage",
		    "takes a string, a number, true or an array");
	}
}

static int
from_member(struct targets *l, const char *name, const struct value *v, struct err *e)
{
	enum option o = option_by_name(name);

	if (o == OPTION_COUNT)
		return err_set(e, FAIL_TROUBLE, "usage", "there is no option --%s for a target",
		    name);
	if ((value_kind(v) == VALUE_BOOL) == option_takes_value(o) && o != OPTION_EXPECT_VERSION)
		return err_set(e, FAIL_TROUBLE, "usage", "--%s takes %s", name,
		    option_takes_value(o) ? "a value" : "true");
	return from_value(l, o, v, e) ? err_in(e, "--%s", name) : 0;
}

/* "--name=value" or "--name" */
static int
from_word(struct targets *l, const char *word, struct err *e)
{
	size_t n = strcspn(word, "=");
	enum option o = strncmp(word, "--", 2) ? OPTION_COUNT :
						 option_by_name(mem_dup(l->m, word + 2, n - 2));
	const char *arg = word[n] ? word + n + 1 : NULL;

	if (o == OPTION_COUNT || (!arg && option_takes_value(o) && o != OPTION_EXPECT_VERSION))
		return err_set(e, FAIL_TROUBLE, "usage", "'%s' is not --OPTION=VALUE of a target",
		    word);
	return targets_option(l, o, arg, e) ? err_in(e, "--%s", option_name(o)) : 0;
}

static int
from_line(struct targets *l, const char *line, size_t len, struct err *e)
{
	struct value *v = value_parse(l->m, line, len, e);
	const struct value *argv = value_get(v, "argv");
	const char *text = argv ? value_string(value_item(argv, 0)) : value_get_string(v, "target");

	if (!v)
		return -1;
	if (!text)
		return err_set(e, FAIL_TROUBLE, "bad-input", "there is no \"target\" in it");
	secret_add_inside(text);
	if (targets_add(l, mem_string(l->m, text), e))
		return -1;
	for (size_t i = 1; i < value_count(argv); i++)
		if (!value_string(value_item(argv, i)) ||
		    from_word(l, value_string(value_item(argv, i)), e))
			return -1;
	if (argv)
		return 0;
	for (void *at = value_first(v); at; at = value_next(v, at))
		if (strcmp(value_key(at), "target") &&
		    from_member(l, value_key(at), value_member(at), e))
			return -1;
	return 0;
}

int
targets_from(struct targets *l, const char *path, struct err *e)
{
	size_t len;
	const char *text = io_read_file(l->m, path, FROM_MAX, &len, e), *p = text;

	if (!text)
		return -1;
	for (int line = 1; p < text + len; line++) {
		size_t n = strcspn(p, "\n");

		if (strspn(p, " \t\r") < n && from_line(l, p, n, e))
			return err_in(e, "%s: line %d", path, line);
		p += n + (p[n] == '\n');
	}
	l->open = false;
	return 0;
}

/* Checks */

static int
check_one(struct targets *l, struct target *t, struct err *e)
{
	t->shown = without_password(l->m, t->text);
	for (size_t i = 0; i < t->words.count; i++)
		t->words.item[i] = without_password(l->m, t->words.item[i]);
	if (!t->kind->parse(l->m, t, e))
		return 0;
	if (!e->hint[0])
		err_hint(e, "try 'health-wait --help'");
	return err_in(e, "%s", t->shown);
}

int
targets_check(struct targets *l, struct err *e)
{
	for (size_t i = 0; i < l->count; i++)
		if (check_one(l, l->item[i], e))
			return -1;
	for (size_t i = 0; i < l->default_count; i++)
		if (!l->defaults[i].used) {
			err_set(e, FAIL_TROUBLE, "usage", "--%s: no target takes it",
			    option_name(l->defaults[i].option));
			return err_hint(e, "try 'health-wait --help'");
		}
	return 0;
}

bool
targets_ask_upstream(const struct targets *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (l->item[i]->want.version_asked && !l->item[i]->want.version)
			return true;
	return false;
}
