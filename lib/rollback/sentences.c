/* sentences.c - a list of texts in a mem. */
#include <stdarg.h>
#include <string.h>

#include "rollback/sentences.h"

void
sentences_add(struct mem *m, struct sentences *l, const char *fmt, ...)
{
	va_list ap;

	mem_grow(m, &l->item, l->count, &l->room, sizeof *l->item);
	va_start(ap, fmt);
	l->item[l->count++] = mem_vfmt(m, fmt, ap);
	va_end(ap);
}

void
sentences_add_once(struct mem *m, struct sentences *l, const char *text)
{
	for (size_t i = 0; i < l->count; i++)
		if (!strcmp(l->item[i], text))
			return;
	sentences_add(m, l, "%s", text);
}
