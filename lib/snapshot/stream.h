/* stream - the data that pg_dump kept: large objects, sequences, what extensions keep, loaded as
 * they are read. */
#ifndef SNAPSHOT_STREAM_H
#define SNAPSHOT_STREAM_H

#include "core/err.h"
#include "pg/conn.h"

/* Run the script that comes from FD: only what pg_restore writes of a data section, which holds
 * SET, SELECT and COPY with a statement's end at the end of a line. What it sets at its beginning
 * is left out. */
int stream_run(struct pg *, int fd, struct err *);

#endif
