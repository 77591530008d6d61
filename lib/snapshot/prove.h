/* prove - proves that an archive holds what its manifest says. Errors: FAIL_NO "damaged", with the
 * place. */
#ifndef SNAPSHOT_PROVE_H
#define SNAPSHOT_PROVE_H

#include "snapshot/reader.h"

/* Every frame in THREADS threads: its bytes, the names and number of its members, its rows; and the
 * rows of each table against its store's list. */
int prove_archive(const struct reader *, size_t threads, struct err *);

#endif
