/* exclude - what pg_dump is told, so that it leaves the rows of our tables to us. */
#ifndef SNAPSHOT_EXCLUDE_H
#define SNAPSHOT_EXCLUDE_H

#include "snapshot/tables.h"

/* Its options, in MEM, *COUNT of them: they match exactly our own tables. */
const char **exclude_options(struct mem *, const struct tables *, size_t *count);

#endif
