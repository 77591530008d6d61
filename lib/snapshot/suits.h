/* suits - what the schema of an archive counts on and its server may lack: roles, tablespaces. */
#ifndef SNAPSHOT_SUITS_H
#define SNAPSHOT_SUITS_H

#include "core/err.h"
#include "core/value.h"
#include "pg/conn.h"
#include "snapshot/restore.h"
#include "snapshot/toc.h"

/* Has the server all that the entries of STORE name? "no-role", "no-tablespace". Else the grants,
 * which come last, would fail when all else is done. */
int suits_check(struct pg *, const struct restore *, const struct value *store, const struct toc *,
    struct err *);
/* The same of all entries, which are read for that. */
int suits_check_dump(struct pg *, const struct restore *, const struct value *store, struct err *);
/* What to do about a role that is not there; -1. */
int suits_hint_role(const struct restore *, struct err *);

#endif
