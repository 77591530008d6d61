/* estimate - what a rehearsal tells of the real run: how long each lock is held, how long others
 * will have to wait. */
#ifndef MIGRATE_ESTIMATE_H
#define MIGRATE_ESTIMATE_H

#include "core/value.h"

/* SEEN is what was observed of one file: each of its locks gets "seconds", from the statement that
 * took it to the end of the file, or of that statement when each ran in a transaction of its own
 * (APART). */
void migrate_estimate_locks(struct mem *, struct value *seen, bool apart);
/* Of the list of applied files, observed: {seconds, blocks_reads, blocks_writes (seconds of the
 * longest lock that does, of each file together), rewrites, rows}. */
void migrate_estimate(struct mem *, struct value *to, const struct value *applied);
/* One line on what was observed of one file, in MEM: "0.120 s, AccessExclusiveLock on notes for
 * 0.118 s, …". */
char *migrate_estimate_line(struct mem *, const struct value *file);

#endif
