/* mem - things that die together. Whoever makes a mem frees it; nobody else frees anything. */
#ifndef MEM_H
#define MEM_H

#include <stdarg.h>
#include <stddef.h>

struct mem;

struct mem *mem_new(void);
/* Drops everything in reverse order of making. NULL is fine. */
void mem_free(struct mem *);
/* COUNT * SIZE zeroed bytes. Out of memory ends the process: no step can go on without it. */
void *mem_zero(struct mem *, size_t count, size_t size);
/* LEN bytes of S and a NUL. */
char *mem_dup(struct mem *, const char *s, size_t len);
char *mem_string(struct mem *, const char *s);
char *mem_fmt(struct mem *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *mem_vfmt(struct mem *, const char *fmt, va_list) __attribute__((format(printf, 2, 0)));
/* Adopt a foreign handle: DROP is called on it when the mem dies. Returns THING. */
void *mem_own(struct mem *, void *thing, void (*drop)(void *));
/* P, or the end of the process when P is NULL: for malloc and the like. */
void *mem_must(void *p);

/* An array that grows: *ITEMS has room for *ROOM things of SIZE, COUNT are used; after the call
 * there is room for one more. The old block stays in MEM until it dies. */
void mem_grow(struct mem *, void *items, size_t count, size_t *room, size_t size);

/* A text that grows in MEM; text is always NUL-terminated. Zero-initialise with the mem: { .m = m
 * }. */
struct mem_text {
	struct mem *m;
	char *text;
	size_t len, room;
};
/* Room for MORE bytes, exactly, when the length is known before. */
void mem_text_room(struct mem_text *, size_t more);
void mem_text_add(struct mem_text *, const char *s, size_t len);
void mem_text_fmt(struct mem_text *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static inline void mem_leave(struct mem **m) { mem_free(*m); }
#define MEM_SCOPE(name) __attribute__((cleanup(mem_leave))) struct mem *name = mem_new()

#endif
