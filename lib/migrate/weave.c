/* weave.c - text put together from several places. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/secret.h"
#include "migrate/place.h"
#include "migrate/weave.h"

enum { SHOWN = 60 };    /* bytes of a placeholder, in messages */

int
migrate_refuse(const struct migrate_source *f, size_t at, const char *word, const char *why,
    struct err *e)
{
	MEM_SCOPE(m);
	struct migrate_place p = migrate_place_of(m, f->text, f->len, at, f->first);

	return err_set(e, FAIL_TROUBLE, word, "%s:%d:%d: %s\n%s", f->path, p.line, p.column, why,
	    p.caret);
}

int
migrate_split(struct mem *m, const struct migrate_source *f, struct sql_script *sql, struct err *e)
{
	return sql_split(m, f->text, f->len, sql, e) ?
	    migrate_refuse(f, sql->bad, "bad-input", mem_string(m, e->text), e) :
	    0;
}

static void
begin(struct migrate_weave *w, const struct migrate_source *f, size_t from, bool fixed)
{
	mem_grow(w->m, &w->strand, w->count, &w->room, sizeof *w->strand);
	w->strand[w->count++] = (struct migrate_strand){ w->text.len, from, f, fixed };
}

void
migrate_weave_value(struct migrate_weave *w, const struct migrate_source *f, size_t at,
    const char *value)
{
	begin(w, f, at, true);
	mem_text_add(&w->text, value, strlen(value));
}

/* The length of "${name}" at S, 0 when it is none. To Flyway all up to the next brace is a name. */
static size_t
placeholder(const char *s, bool flyway)
{
	size_t n = 2;

	if (s[0] != '$' || s[1] != '{')
		return 0;
	if (flyway)
		return strcspn(s, "}") + (strchr(s, '}') != NULL);
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_.:-", s[n])))
		n++;
	return n > 2 && s[n] == '}' ? n + 1 : 0;
}

/* The value of FLYWAY_PLACEHOLDERS_NAME, which Flyway knows in any case. */
static const char *
value_around(const char *name, size_t len)
{
	static const char prefix[] = "FLYWAY_PLACEHOLDERS_";
	size_t n = sizeof prefix - 1;

	for (char **v = environ; len && *v; v++)
		if (!strncmp(*v, prefix, n) && !strncasecmp(*v + n, name, len) &&
		    (*v)[n + len] == '=')
			return *v + n + len + 1;
	return NULL;
}

static const char *
value_of(const struct migrate_weave *w, const char *name, size_t len)
{
	const struct migrate_fill *fill = w->fill;

	for (size_t i = 0; i < fill->count; i++)
		if (strlen(fill->name[i]) == len &&
		    !(w->file->fills ? strncasecmp : strncmp)(fill->name[i], name, len))
			return fill->value[i];
	return w->file->fills ? value_around(name, len) : NULL;
}

bool
migrate_weave_wanted(const struct migrate_fill *fill, const struct migrate_file *f,
    const char *text)
{
	return fill && (fill->count || f->fills) && strstr(text, "${");
}

/* The placeholder of LEN bytes at AT has no value. */
static int
refuse_empty(const struct migrate_weave *w, const struct migrate_source *f, size_t at, size_t len,
    struct err *e)
{
	const char *text = f->text + at, *name = text + 2;
	int n = (int)strcspn(text, "\r\n}");

	n += text[n] == '}' && (size_t)n < len;
	migrate_refuse(f, at, "bad-input",
	    mem_fmt(w->m, "the placeholder %.*s has no value", n < SHOWN ? n : SHOWN, text), e);
	n = n < SHOWN && text[n - 1] == '}' ? n - 3 : 0;
	if (!w->file->fills)
		return err_hint(e, "--placeholder %.*s=VALUE", n, name);
	return err_hint(e,
	    "--placeholder '%.*s=VALUE', or FLYWAY_PLACEHOLDERS_%.*s in the environment; "
	    "FLYWAY_PLACEHOLDER_REPLACEMENT=false when ${} is to stay as it is",
	    n, name, n, name);
}

int
migrate_weave_add(struct migrate_weave *w, const struct migrate_source *f, size_t from, size_t to,
    struct err *e)
{
	bool wanted = w->fill && (w->fill->count || w->file->fills);

	begin(w, f, from, false);
	for (size_t at = from; wanted && at < to; at++) {
		size_t n = placeholder(f->text + at, w->file->fills);
		const char *value;

		if (!n || at + n > to)
			continue;
		if (n < 3 || f->text[at + n - 1] != '}' ||
		    !(value = value_of(w, f->text + at + 2, n - 3)))
			return refuse_empty(w, f, at, n, e);
		mem_text_add(&w->text, f->text + from, at - from);
		migrate_weave_value(w, f, at, value);
		from = at + n;
		begin(w, f, from, false);
		at = from - 1;
	}
	mem_text_add(&w->text, f->text + from, to - from);
	return 0;
}

char *
migrate_fill_text(struct mem *m, const struct migrate_fill *fill, const struct migrate_file *file,
    const char *text, size_t *len, struct err *e)
{
	struct migrate_weave w = { .m = m, .text.m = m, .fill = fill, .file = file };
	struct migrate_source from = { file->path, text, *len, 1 };

	if (migrate_weave_add(&w, &from, 0, *len, e))
		return NULL;
	*len = w.text.len;
	return w.text.text;
}

static int
take_option(struct mem *m, struct migrate_fill *fill, const char *option, struct err *e)
{
	const char *equals = strchr(option, '='), *value = equals ? equals + 1 : NULL;

	if (!value || equals == option)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--placeholder %s: it is NAME=VALUE, or NAME=env:VARIABLE", option);
	if (!strncmp(value, "env:", 4)) {
		const char *variable = value + 4;

		if (!(value = getenv(variable)))
			return err_set(e, FAIL_TROUBLE, "usage", "--placeholder %s: $%s is not set",
			    option, variable);
		secret_add(value);
	}
	mem_grow(m, &fill->name, fill->count, &fill->room, sizeof *fill->name);
	mem_grow(m, &fill->value, fill->count, &fill->value_room, sizeof *fill->value);
	fill->name[fill->count] = mem_dup(m, option, (size_t)(equals - option));
	fill->value[fill->count++] = value;
	return 0;
}

int
migrate_fill_options(struct mem *m, struct migrate_fill *fill, const struct opt_list *options,
    struct err *e)
{
	for (size_t i = 0; i < options->count; i++)
		if (take_option(m, fill, options->item[i], e))
			return -1;
	return 0;
}
