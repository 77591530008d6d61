/* run - one whole run of migrate-apply on one database. */
#ifndef MIGRATE_RUN_H
#define MIGRATE_RUN_H

#include "core/step.h"
#include "migrate/plan.h"
#include "migrate/session.h"

struct migrate_options {
	const char *pg;                 /* connection as pg_open takes it */
	const char *style;              /* NULL: found by looking */
	const char *history;            /* NULL: found by looking */
	struct migrate_rules rules;
	struct migrate_settings settings;
};

/* Apply what is pending in DIR; fills in the step's result. */
int migrate_run(struct step *, const struct migrate_options *, const char *dir, struct err *);

#endif
