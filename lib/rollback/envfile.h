/* envfile - the releases/TICKET.env form as evidence: which release, and which backups were taken
 * for it. */
#ifndef ROLLBACK_ENVFILE_H
#define ROLLBACK_ENVFILE_H

#include "rollback/evidence.h"

/* Compare FILE with the closed evidence: what it says otherwise becomes a doubt, as does a file
 * that cannot be read. It proves nothing by itself: a name is no archive. */
void envfile_compare(struct evidence *, const char *file);

#endif
