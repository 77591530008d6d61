/* fleet - the same migrations on many databases: a migrate-apply of its own for each. */
#ifndef MIGRATE_FLEET_H
#define MIGRATE_FLEET_H

#include "migrate/view.h"

struct migrate_fleet {
	/* file of JSON lines: "CONN" or {"pg": "CONN", "service": "NAME"}; "-": standard input */
	const char *list;
	int jobs;               /* at once; after the first one, which goes alone */
	bool keep_going;        /* one that fails does not stop the others */
	const char *const *options;     /* command line words for each, NULL-ended */
};

/* Run them all; their records are passed on, the step's result counts them. Error FAIL_NO or
 * FAIL_DIRTY "fleet". */
int migrate_run_fleet(struct step *, const struct migrate_fleet *, const char *dir, struct err *);

#endif
