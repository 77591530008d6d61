/* binary.c - rows of COPY's text form, as session.h has the server write them, become binary. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "snapshot/binary.h"
#include "snapshot/binary_value.h"

static const char head[] = "PGCOPY\n\377\r\n\0" /* flags */ "\0\0\0\0" /* no more */ "\0\0\0";
static const char tail[] = { '\377', '\377' };

/* Bytes, malloc'd. */
struct bytes {
	char *at;
	size_t len, room;
};

struct binary {
	binary_put **column;
	size_t columns;
	bool begun;
	/* the next backslash of the rows at hand, or their end */
	const char *escape, *end;
	struct bytes out, plain, rest;  /* rest: the beginning of a row whose end has not come */
};

static void
drop(void *arg)
{
	struct binary *b = arg;

	free(b->out.at);
	free(b->plain.at);
	free(b->rest.at);
}

/* Room for MORE bytes behind those that are there. */
static char *
room(struct bytes *b, size_t more)
{
	if (b->len + more > b->room) {
		b->room = 2 * (b->len + more);
		b->at = mem_must(realloc(b->at, b->room));
	}
	return b->at + b->len;
}

static void
add(struct bytes *b, const void *data, size_t len)
{
	memcpy(room(b, len), data, len);
	b->len += len;
}

struct binary *
binary_new(struct mem *m, const struct binary_type *type, size_t count)
{
	struct binary *b = mem_zero(m, 1, sizeof *b);

	b->column = mem_zero(m, count + 1, sizeof *b->column);
	b->columns = count;
	for (size_t i = 0; i < count; i++)
		if (!(b->column[i] = binary_put_for(type[i].oid, type[i].modifier)))
			return NULL;
	return mem_own(m, b, drop);
}

void
binary_begin(struct binary *b)
{
	b->begun = false;
	b->rest.len = 0;
}

/* The rows at hand are those from S on. */
static void
look(struct binary *b, const char *s, const char *end)
{
	b->escape = memchr(s, '\\', (size_t)(end - s));
	b->escape = b->escape ? b->escape : end;
	b->end = end;
}

/* The value that COPY has written as S, which holds a backslash. */
static void
unescape(struct bytes *plain, const char *s, size_t len)
{
	static const char letters[] = "bfnrtv", meant[] = "\b\f\n\r\t\v";
	const char *end = s + len, *back, *letter;
	char *to;

	plain->len = 0;
	to = room(plain, len);
	for (; (back = memchr(s, '\\', (size_t)(end - s))) && back + 1 < end; s = back + 2) {
		memcpy(to, s, (size_t)(back - s));
		to += back - s;
		letter = back[1] ? strchr(letters, back[1]) : NULL;
		*to++ = letter ? meant[letter - letters] : back[1];
	}
	memcpy(to, s, (size_t)(end - s));
	plain->len = (size_t)(to + (end - s) - plain->at);
	plain->at[plain->len] = 0;
}

static int
put_field(struct binary *b, binary_put *put, const char *s, size_t len)
{
	char *to;
	long n;

	if (b->escape < s)
		look(b, s, b->end);
	if (b->escape < s + len) {
		if (len == 2 && s[1] == 'N') {
			add(&b->out, "\377\377\377\377", 4);
			return 0;
		}
		unescape(&b->plain, s, len);
		s = b->plain.at;
		len = b->plain.len;
	}
	to = room(&b->out, 4 + len + BINARY_MORE);
	if ((n = put(to + 4, s, len)) < 0)
		return -1;
	binary_be32(to, (uint32_t)n);
	b->out.len += 4 + (size_t)n;
	return 0;
}

/* LEN bytes, without the newline behind them. */
static int
put_row(struct binary *b, const char *s, size_t len, struct err *e)
{
	const char *end = s + len, *tab;

	binary_be16(room(&b->out, 2), (uint16_t)b->columns);
	b->out.len += 2;
	for (size_t i = 0; i < b->columns; i++, s = tab + 1) {
		bool last = i + 1 == b->columns;

		tab = memchr(s, '\t', (size_t)(end - s));
		if (last ? tab != NULL : !tab)
			return err_set(e, FAIL_NO, "damaged",
			    "a row has not as many columns as its table");
		tab = tab ? tab : end;
		if (put_field(b, b->column[i], s, (size_t)(tab - s)))
			return err_set(e, FAIL_NO, BINARY_UNKNOWN,
			    "a value has not the form of its type: %.*s",
			    tab - s > 100 ? 100 : (int)(tab - s), s);
	}
	return 0;
}

static int
put_rows(struct binary *b, const char *s, size_t len, struct err *e)
{
	const char *all = s + len, *end = memchr(s, '\n', len);

	if (b->rest.len && end) {
		add(&b->rest, s, (size_t)(end + 1 - s));
		look(b, b->rest.at, b->rest.at + b->rest.len);
		if (put_row(b, b->rest.at, b->rest.len - 1, e))
			return -1;
		b->rest.len = 0;
		s = end + 1;
	}
	look(b, s, all);
	for (; (end = memchr(s, '\n', (size_t)(all - s))); s = end + 1)
		if (put_row(b, s, (size_t)(end - s), e))
			return -1;
	if (s < all)
		add(&b->rest, s, (size_t)(all - s));
	return 0;
}

long
binary_add(struct binary *b, const char *data, size_t len, const char **out, struct err *e)
{
	b->out.len = 0;
	if (!b->begun)
		add(&b->out, head, sizeof head);
	b->begun = true;
	if (!len && b->rest.len)
		return err_set(e, FAIL_NO, "damaged", "the last row has no end");
	if (!len)
		add(&b->out, tail, sizeof tail);
	else if (put_rows(b, data, len, e))
		return -1;
	*out = b->out.at;
	return (long)b->out.len;
}
