/* flush - when what the server was given is on its disk. */
#ifndef SNAPSHOT_FLUSH_H
#define SNAPSHOT_FLUSH_H

#include "core/err.h"
#include "pg/conn.h"
#include "snapshot/pool.h"

/* Until the threads of POOL have ended, have the server write its log out by PG, which nobody else
 * uses: those who load then seldom wait for the disk. Without it they do so whenever its buffers
 * are full. What goes wrong here shows when PG is used again. ALSO is called, with ARG, each time:
 * many times a second. */
void flush_along(struct pg *, struct pool *, void (*also)(void *), void *arg);
/* All that was committed until now is on disk. */
int flush_all(struct pg *, struct err *);

#endif
