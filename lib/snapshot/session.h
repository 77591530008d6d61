/* session - how our connections are set: so that what is copied does not depend on anyone's
 * settings. */
#ifndef SNAPSHOT_SESSION_H
#define SNAPSHOT_SESSION_H

#include "core/err.h"
#include "pg/conn.h"

/* For reading and for loading. Names are in UTF-8; rows are to be copied in the database's own
 * ENCODING. */
int session_set(struct pg *, struct err *);
/* In a new transaction that sees exactly SNAPSHOT (NULL: what is there now), reading only, and
 * waits at most LOCK_TIMEOUT milliseconds for a lock. */
int session_begin(struct pg *, const char *snapshot, long long lock_timeout, struct err *);
/* E is the error of PG's last command: when a function of the database did not find what it names,
 * as its search_path is ours, the hint tells what to do. Returns -1. */
int session_explain(const struct pg *, struct err *e);
/* The same hint for a database whose own search_path is PATH, or NULL. Returns -1. */
int session_advise(const char *path, struct err *e);

#endif
