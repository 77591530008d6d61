/* alike - what looks like a rename: something went and something of the same kind and place came,
 * and they differ in nothing but the name. Only a suggestion: nobody but the user, or identity,
 * knows. */
#ifndef SCHEMA_ALIKE_H
#define SCHEMA_ALIKE_H

#include "schema/diff.h"

struct alike {
	const struct model_object *from, *to;
	const char *was, *is; /* of an enum, these labels; NULL: the objects themselves */
	const char *option;   /* of --rename: "public.note.body=text" */
	bool several;         /* one of them resembles another one as much */
};

struct alikes {
	struct alike *item;
	size_t count, room;
};

/* Columns: of the same type and with the same neighbour; tables: at least three of four columns
 * have the same name and type; labels: at the same place; all others: their definition is the
 * same. */
struct alikes *alike_find(const struct diff *);
/* What to do about it: "looks like a rename: --rename 'OPTION'", fit for a shell. */
char *alike_line(struct mem *, const struct alike *);

#endif
