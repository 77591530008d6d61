/* psql_variables.c - psql's variables. */
#include <string.h>

#include "migrate/psql_variables.h"
#include "pg/conn.h"
#include "pg/sql.h"

enum { NAME = 200 };    /* bytes of a variable's longest name */

struct psql_variable {
	const char *name;
	const char *value;      /* NULL: unset */
};

static struct psql_variable *
find(const struct psql_variables *all, const char *name, size_t len)
{
	for (size_t i = 0; i < all->count; i++)
		if (strlen(all->item[i].name) == len && !strncmp(all->item[i].name, name, len))
			return &all->item[i];
	return NULL;
}

static const char *
get(const struct psql_variables *all, const char *name, size_t len)
{
	const struct psql_variable *v = find(all, name, len);

	return v ? v->value : NULL;
}

void
psql_variables_set(struct psql_variables *all, const char *name, const char *value)
{
	struct psql_variable *v = find(all, name, strlen(name));

	if (!v) {
		mem_grow(all->m, &all->item, all->count, &all->room, sizeof *all->item);
		v = &all->item[all->count++];
		v->name = mem_string(all->m, name);
	}
	v->value = value;
}

char *
psql_variables_put(const struct psql_variables *all, const char *s, size_t *len)
{
	struct sql_variable v;
	const char *value;

	if (!sql_variable_at(s, strnlen(s, NAME), &v))
		return NULL;
	*len = v.len;
	value = get(all, s + v.name, v.name_len);
	if (v.form == '?')
		return mem_string(all->m, value ? "TRUE" : "FALSE");
	if (!value)
		return NULL;
	if (v.form == '"')
		return pg_quote_exactly(all->m, value);
	return v.form == '\'' ? pg_quote_literal(all->m, value) : mem_string(all->m, value);
}
