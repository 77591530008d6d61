/* snapshots - which of a release's snapshots a restore may be taken from, and which stores they
 * cover. */
#ifndef ROLLBACK_SNAPSHOTS_H
#define ROLLBACK_SNAPSHOTS_H

#include "rollback/evidence.h"

/* Fill in stores, flaws and uncovered. A snapshot counts when it is ok, was finished before the
 * first step that may touch data, contains none of the migrations, and its archive, where it is
 * here, has the recorded sum. */
void snapshots_judge(struct evidence *);

#endif
