/* jobs - what of a database is made at the same time: indexes, constraints and statistics, each as
 * soon as what it needs is there. */
#ifndef SNAPSHOT_JOBS_H
#define SNAPSHOT_JOBS_H

#include "snapshot/graph.h"
#include "snapshot/load.h"
#include "snapshot/toc.h"

/* Add the entries of REST (section post-data) before its first grant to GRAPH, which loads TABLES
 * already, and statistics of the tables; its job STREAMED stands for the data that pg_dump kept.
 * SCHEMA is section pre-data. Its workers are loaders. Returns the entries that must come behind
 * all jobs, *LATE of them, in MEM. */
const struct toc_entry **jobs_add(struct mem *, struct graph *, size_t streamed,
    const struct toc *schema, const struct toc *rest, const struct load *tables, size_t *late);

#endif
