/* load - reads the model of a live database. */
#ifndef SCHEMA_LOAD_H
#define SCHEMA_LOAD_H

#include "pg/conn.h"
#include "schema/model.h"

/* The schema of PG's database, by one query for each kind of object, in the transaction that is
 * open, else a repeatable-read one of its own, which then is at its end. NEEDS: also what depends
 * on what (for writing SQL). System schemas, handrail's own, and what belongs to an extension are
 * left out. SOURCE names it for people. NULL on error: those of pg_query. */
struct model *load_model(struct mem *, struct pg *, bool needs, const char *source, struct err *);

#endif
