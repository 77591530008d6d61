/* mem.c - scopes of memory and handles. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/mem.h"

/* Things are cut from slabs, which double; a large one is a slab of its own. Under a sanitizer each
 * is, so that it sees every overrun. */
#ifndef __has_feature
#define __has_feature(x) 0
#endif
#if defined __SANITIZE_ADDRESS__ || __has_feature(address_sanitizer)
enum { CUT = 0 };
#else
enum { CUT = 1 };
#endif
enum { SLAB_LEAST = 512, SLAB_MOST = 1 << 18, ALIGN = 16 };

struct slab {
	struct slab *next;
	void *pad;              /* keeps what follows aligned for any type */
};

struct owned {
	struct owned *next;
	void (*drop)(void *);
	void *thing;
};

struct mem {
	struct slab *slabs;
	struct owned *owned;    /* the last one first */
	char *free;             /* what is left of the last slab that things are cut from */
	size_t left, size;
};

void *
mem_must(void *p)
{
	static const char text[] = "handrail: out of memory\n";

	if (!p) {
		if (write(2, text, sizeof text - 1) < 0)
			_exit(2);
		_exit(2);
	}
	return p;
}

struct mem *
mem_new(void)
{
	return mem_must(calloc(1, sizeof(struct mem)));
}

void
mem_free(struct mem *m)
{
	if (!m)
		return;
	/* all things are still there when the handles go: some need them */
	for (struct owned *o = m->owned; o; o = o->next)
		o->drop(o->thing);
	for (struct slab *s = m->slabs, *next; s; s = next) {
		next = s->next;
		free(s);
	}
	free(m);
}

static void *
add_slab(struct mem *m, size_t size)
{
	struct slab *s = mem_must(calloc(1, sizeof *s + size));

	s->next = m->slabs;
	m->slabs = s;
	return s + 1;
}

static void *
cut(struct mem *m, size_t size)
{
	size_t whole = (size + ALIGN) / ALIGN * ALIGN; /* nothing has an address of its own, too */
	size_t room = !m->size ? SLAB_LEAST : m->size < SLAB_MOST ? m->size * 2 : SLAB_MOST;

	if (whole > m->left) {
		if (!CUT || size > room / 4)
			return add_slab(m, size);
		m->free = add_slab(m, room);
		m->left = m->size = room;
	}
	m->free += whole;
	m->left -= whole;
	return m->free - whole;
}

void *
mem_zero(struct mem *m, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / 2 / size)
		mem_must(NULL);
	return cut(m, count * size);
}

char *
mem_dup(struct mem *m, const char *s, size_t len)
{
	char *d = mem_zero(m, len + 1, 1);

	if (len)
		memcpy(d, s, len);
	return d;
}

char *
mem_string(struct mem *m, const char *s)
{
	return mem_dup(m, s, strlen(s));
}

char *
mem_vfmt(struct mem *m, const char *fmt, va_list ap)
{
	va_list again;
	char small[256], *s = small;
	int n;

	va_copy(again, ap);
	/* most are short: those are formatted once */
	n = vsnprintf(small, sizeof small, fmt, ap);
	if (n >= (int)sizeof small) {
		s = mem_zero(m, (size_t)n + 1, 1);
		vsnprintf(s, (size_t)n + 1, fmt, again);
	}
	va_end(again);
	return s == small ? mem_dup(m, small, n < 0 ? 0 : (size_t)n) : s;
}

char *
mem_fmt(struct mem *m, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = mem_vfmt(m, fmt, ap);
	va_end(ap);
	return s;
}

void *
mem_own(struct mem *m, void *thing, void (*drop)(void *))
{
	struct owned *o = mem_zero(m, 1, sizeof *o);

	*o = (struct owned){ m->owned, drop, thing };
	m->owned = o;
	return thing;
}

void
mem_grow(struct mem *m, void *items, size_t count, size_t *room, size_t size)
{
	void *old, *new;
	size_t more = *room ? *room * 2 : 8;

	if (count < *room)
		return;
	memcpy(&old, items, sizeof old);
	new = mem_zero(m, more, size);
	if (count)
		memcpy(new, old, count * size);
	memcpy(items, &new, sizeof new);
	*room = more;
}

static void
set_room(struct mem_text *t, size_t room)
{
	char *new = mem_zero(t->m, room, 1);

	if (t->len)
		memcpy(new, t->text, t->len);
	t->text = new;
	t->room = room;
}

static void
room_for(struct mem_text *t, size_t more)
{
	size_t want = t->len + more + 1, room = t->room ? t->room : 64;

	if (want <= t->room)
		return;
	while (room < want)
		room *= 2;
	set_room(t, room);
}

void
mem_text_room(struct mem_text *t, size_t more)
{
	if (t->len + more + 1 > t->room)
		set_room(t, t->len + more + 1);
}

void
mem_text_add(struct mem_text *t, const char *s, size_t len)
{
	room_for(t, len);
	memcpy(t->text + t->len, s, len);
	t->len += len;
	t->text[t->len] = 0;
}

void
mem_text_fmt(struct mem_text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	room_for(t, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(t->text + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}
