/* weave.c - text put together from several places. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "core/secret.h"
#include "migrate/place.h"
#include "migrate/weave.h"

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

/* The length of "${name}" at S, 0 when it is none. */
static size_t
placeholder(const char *s)
{
	size_t n = 2;

	if (s[0] != '$' || s[1] != '{')
		return 0;
	while (isalnum((unsigned char)s[n]) || (s[n] && strchr("_.:-", s[n])))
		n++;
	return n > 2 && s[n] == '}' ? n + 1 : 0;
}

static const char *
value_of(const struct migrate_fill *fill, const char *name, size_t len)
{
	for (size_t i = 0; i < fill->count; i++)
		if (strlen(fill->name[i]) == len && !strncmp(fill->name[i], name, len))
			return fill->value[i];
	return NULL;
}

bool
migrate_weave_wanted(const struct migrate_fill *fill, const char *text)
{
	return fill && fill->count && strstr(text, "${");
}

int
migrate_weave_add(struct migrate_weave *w, const struct migrate_source *f, size_t from, size_t to,
    struct err *e)
{
	begin(w, f, from, false);
	for (size_t at = from; w->fill && w->fill->count && at < to; at++) {
		size_t n = placeholder(f->text + at);
		const char *value;

		if (!n || at + n > to)
			continue;
		if (!(value = value_of(w->fill, f->text + at + 2, n - 3))) {
			migrate_refuse(f, at, "bad-input", "this placeholder has no value", e);
			return err_hint(e, "--placeholder %.*s=VALUE", (int)n - 3,
			    f->text + at + 2);
		}
		mem_text_add(&w->text, f->text + from, at - from);
		migrate_weave_value(w, f, at, value);
		from = at + n;
		begin(w, f, from, false);
		at = from - 1;
	}
	mem_text_add(&w->text, f->text + from, to - from);
	return 0;
}

int
migrate_fill_add(struct mem *m, struct migrate_fill *fill, const char *option, struct err *e)
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
