/* plain - the definitions of plain indexes and keys, made here from the numbers of their columns:
 * the server looks up each part of each one, which takes most of the time that it takes to read a
 * schema. They are to the byte what pg_get_indexdef and pg_get_constraintdef say. */
#ifndef SCHEMA_PLAIN_H
#define SCHEMA_PLAIN_H

#include "pg/conn.h"
#include "schema/address.h"

struct plain {
	struct mem *m;
	const struct address_book *book; /* of tables and columns ("pg_class") */
	struct plain_class *classes;
	int class_count;
};

/* As the catalogs have them; what is not there is NULL. */
struct plain_facts {
	const char *begins; /* "CREATE INDEX", "FOREIGN KEY" …; NULL: not plain */
	const char *keys; /* numbers of its columns ("1 2", "{1,2}") */
	const char *classes, *collations; /* of an index: oids, as many */
	const struct model_object *other; /* the table that a foreign key refers to */
	const char *other_keys, *ends;
};

/* Asks for the operator classes that need no word. */
int plain_begin(struct plain *, struct pg *, struct err *);
/* The definition of O (an index or a constraint) of TABLE; NULL: the server has to be asked. */
const char *plain_definition(const struct plain *, const struct model_object *o,
    const struct model_object *table, const struct plain_facts *);

#endif
