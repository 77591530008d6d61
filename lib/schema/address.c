/* address.c - a sorted list of addresses. */
#include <stdlib.h>
#include <string.h>

#include "schema/address.h"

struct address {
	const char *class;
	uint32_t oid;
	int sub;
	struct model_object *object;
};

void
address_add(struct address_book *b, const char *class, uint32_t oid, int sub,
    struct model_object *o)
{
	struct address a = { class, oid, sub, o };

	mem_grow(b->m, &b->items, b->count, &b->room, sizeof a);
	b->items[b->count++] = a;
}

static int
by_address(const void *a, const void *b)
{
	const struct address *x = a, *y = b;
	int c = x->oid == y->oid ? 0 : x->oid < y->oid ? -1 : 1;

	if (!c)
		c = x->class == y->class ? 0 : strcmp(x->class, y->class);
	return c ? c : x->sub - y->sub;
}

void
address_sort(struct address_book *b)
{
	if (b->sorted < b->count)
		qsort(b->items, b->count, sizeof *b->items, by_address);
	b->sorted = b->count;
}

struct model_object *
address_find(const struct address_book *b, const char *class, uint32_t oid, int sub)
{
	struct address key = { class, oid, sub, NULL }, *a = NULL;

	if (b->sorted)
		a = bsearch(&key, b->items, b->sorted, sizeof key, by_address);
	return a ? a->object : NULL;
}
