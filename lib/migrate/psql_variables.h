/* psql_variables - what psql's \set knows by name. Behind psql.c only. */
#ifndef MIGRATE_PSQL_VARIABLES_H
#define MIGRATE_PSQL_VARIABLES_H

#include <stddef.h>

#include "core/mem.h"

struct psql_variables {
	struct mem *m;
	struct psql_variable *item;
	size_t count, room;
};

/* VALUE NULL: unset. */
void psql_variables_set(struct psql_variables *, const char *name, const char *value);
/* What ":name", ":'name'", ":\"name\"" or ":{?name}" at S stands for, its length in *LEN; NULL: it
 * stands as it is. */
char *psql_variables_put(const struct psql_variables *, const char *s, size_t *len);

#endif
