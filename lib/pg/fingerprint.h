/* fingerprint - one number for what the schema of a database is: schema-diff's, a program of its
 * own, so that the records of all can be compared. */
#ifndef PG_FINGERPRINT_H
#define PG_FINGERPRINT_H

#include "core/err.h"
#include "core/mem.h"

/* The SHA-256 of the schema of PG (a connection as pg_open takes it, or NULL) as the exported
 * SNAPSHOT sees it (NULL: as it is now), in MEM. NULL on error: the program is not there
 * ("not-found"), or may not read the catalogs. */
const char *pg_fingerprint(struct mem *, const char *pg, const char *snapshot, struct err *);

#endif
