/* dump - what pg_restore makes of a dump of pg_dump: SQL. It never connects to a server: what it
 * would set there is meant for servers of its own version. */
#ifndef SNAPSHOT_DUMP_H
#define SNAPSHOT_DUMP_H

#include "snapshot/restore.h"
#include "snapshot/toc.h"

/* The entries of SECTION (of pg_dump: "pre-data", "post-data") of the dump that is open at FD and
 * belongs to STORE. */
int dump_read(struct mem *, const struct restore *, const struct value *store, int fd,
    const char *section, struct toc *, struct err *);
/* Run its data section, as it is read. */
int dump_load_data(const struct restore *, const struct value *store, int fd, struct pg *,
    struct err *);

#endif
