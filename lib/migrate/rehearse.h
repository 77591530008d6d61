/* rehearse - the migrations on a copy first: the snapshot restored onto a throwaway server. */
#ifndef MIGRATE_REHEARSE_H
#define MIGRATE_REHEARSE_H

#include "migrate/view.h"

struct migrate_rehearsal {
	const char *archive;
	/* command line words of the run that is rehearsed, NULL-ended */
	const char *const *options;
	/* rehearse the way down to here, and up again; NULL: the way up */
	const char *down_to;
	/* prove also that the way up can be taken back without a loss */
	bool lossless;
};

/* Fills in "rehearsal" of the step's result. *LOSSLESS: the way down and up again left every row as
 * it was. Error FAIL_NO "rehearsal-failed": nothing was done to the real database. */
int migrate_rehearse(struct step *, const struct migrate_rehearsal *, const char *dir,
    bool *lossless, struct err *);

#endif
