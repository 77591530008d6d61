/* progress - tells how far the copy of one store is: each second on a terminal, every ten in the
 * log of a job. */
#ifndef SNAPSHOT_PROGRESS_H
#define SNAPSHOT_PROGRESS_H

#include <stdint.h>

#include "snapshot/store.h"

struct progress {
	const struct store *store;
	const struct store_taking *t;
	int64_t total;          /* bytes that are to come; 0: nobody knows */
	int64_t before;         /* that the writer had */
	double begun, next;
	int64_t last;           /* bytes the last time, and when there were more of them last */
	double moved;
};

/* TOTAL as above. */
struct progress progress_begin(const struct store *, const struct store_taking *, int64_t total);
/* Seconds between two lines. */
double progress_interval(void);
/* One line (PROGRESS is a struct progress *). */
void progress_tell(void *progress);
/* One line when it is time for one. */
void progress_tick(struct progress *);

#endif
