/* run - one whole run of migrate-apply on one database. */
#ifndef MIGRATE_RUN_H
#define MIGRATE_RUN_H

#include "migrate/view.h"

/* Apply what is pending in DIR; fills in the step's result. */
int migrate_run(struct step *, const struct migrate_options *, const char *dir, struct err *);

#endif
