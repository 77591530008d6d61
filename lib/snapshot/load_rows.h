/* load_rows - rows of an archive's frames go into a table. */
#ifndef SNAPSHOT_LOAD_ROWS_H
#define SNAPSHOT_LOAD_ROWS_H

#include "snapshot/load.h"

/* A table of fewer bytes is not worth being frozen, or turned into binary. */
enum { LOAD_SMALL = 1 << 20 };

/* Frames that are loaded in one transaction: all of a table, or one of a large table, so that
 * several threads can work on it. */
struct load_part {
	const struct load_table *table;
	const size_t *frame;    /* their numbers */
	size_t frames;
	bool freeze;
	size_t there;           /* frames that an attempt has left, which then failed */
};

/* A job of graph.h: WORKER is a struct loader, ARG a struct load_part. GRAPH_LATER: a constraint
 * says no, perhaps because its function reads another table. Errors: "damaged", "mismatch"
 * (FAIL_NO), those of the server. */
int load_rows(void *worker, void *arg, struct err *);

#endif
