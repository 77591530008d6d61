/* status - tells what is applied, pending, changed, missing, and changes nothing. */
#ifndef MIGRATE_STATUS_H
#define MIGRATE_STATUS_H

#include <stdio.h>

#include "migrate/view.h"

struct migrate_status_options {
	struct migrate_options look;
	bool check;                     /* anything to do is a "no" */
	/* look again for so long until there is nothing to do; 0: once */
	double wait;
};

/* Fills in the step's result. Error FAIL_NO "pending" (or what speaks against applying it), with
 * check or wait. */
int migrate_status(struct step *, const struct migrate_status_options *, const char *dir,
    struct err *);
/* The forms, from the result. */
int migrate_status_text(struct step *, FILE *, struct err *);
int migrate_status_current(struct step *, FILE *, struct err *);
int migrate_status_history(struct step *, FILE *, struct err *);

#endif
