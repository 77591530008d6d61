/* address - which object of the model stands where in the catalogs. */
#ifndef SCHEMA_ADDRESS_H
#define SCHEMA_ADDRESS_H

#include "schema/model.h"

/* Zero-initialise with the mem: { .m = m }. */
struct address_book {
	struct mem *m;
	struct address *items;
	size_t count, room;
	size_t sorted; /* what address_find sees */
};

/* CLASS, a catalog's name, must live as long as the book. SUB: the number of a column, or 0. */
void address_add(struct address_book *, const char *class, uint32_t oid, int sub,
    struct model_object *);
/* From now on all that were added are found. */
void address_sort(struct address_book *);
/* NULL: no object stands there. */
struct model_object *address_find(const struct address_book *, const char *class, uint32_t oid,
    int sub);

#endif
