/* moment.c - tells by its SQL when an entry comes. */
#include <string.h>

#include "snapshot/moment.h"
#include "snapshot/views.h"

static enum moment
moment(const struct toc_entry *t)
{
	if (views_is_filling(t))
		return FILLING;
	return toc_begins(t->sql, "CREATE EVENT TRIGGER ") ||
		toc_begins(t->sql, "COMMENT ON EVENT TRIGGER ") ||
		(toc_begins(t->sql, "SECURITY LABEL ") && strstr(t->sql, " ON EVENT TRIGGER ")) ?
	    AT_THE_END :
	    NOW;
}

const struct toc_entry **
moment_select(struct mem *m, const struct toc *t, size_t from, size_t to, enum moment wanted,
    size_t *count)
{
	const struct toc_entry **list = mem_zero(m, t->count + 1, sizeof *list);

	*count = 0;
	for (size_t i = from; i < to; i++)
		if (moment(&t->item[i]) == wanted)
			list[(*count)++] = &t->item[i];
	return list;
}
