/* fingerprint - one number for what the schema of a database is: equal when nothing that counts is different. */
#ifndef MIGRATE_FINGERPRINT_H
#define MIGRATE_FINGERPRINT_H

#include "pg/conn.h"

/* In MEM; histories, ours and other tools', do not count. NULL on error. */
const char *migrate_fingerprint(struct mem *, struct pg *, struct err *);

#endif
