/* left - what a database has and pg_dump does not tell of, so that nobody misses it later. */
#ifndef SNAPSHOT_LEFT_H
#define SNAPSHOT_LEFT_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "pg/conn.h"
#include "snapshot/restore.h"
#include "snapshot/store.h"

/* While it is taken: say what is not in the archive; FACTS has it as "left". */
int left_tell(struct mem *, struct pg *, const struct store_taking *, struct value *facts,
    struct err *);
/* When STORE is restored: say which columns have changed places. */
int left_compare(struct pg *, const struct restore *, const struct value *store, struct err *);

#endif
