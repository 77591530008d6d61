/* fingerprint - one number for what the schema of a database is: schema-diff's, so that its records and ours can be
 * compared. */
#ifndef MIGRATE_FINGERPRINT_H
#define MIGRATE_FINGERPRINT_H

#include "core/err.h"
#include "core/mem.h"

/* The SHA-256 of the schema of PG (a connection as pg_open takes it, or NULL), in MEM; a program of its own reads it.
 * NULL on error: the program is not there ("not-found"), or may not read the catalogs. */
const char *migrate_fingerprint(struct mem *, const char *pg, struct err *);

#endif
