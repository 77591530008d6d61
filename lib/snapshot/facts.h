/* facts - what the manifest tells of a database besides its rows. */
#ifndef SNAPSHOT_FACTS_H
#define SNAPSHOT_FACTS_H

#include "core/value.h"
#include "pg/conn.h"

/* Before the snapshot is taken: what may be forbidden to ask, and then is left out. */
void facts_of_server(struct mem *, struct pg *, struct value *facts);
/* In the transaction of the snapshot, taking no locks: where it stands in the server's history. */
int facts_of_snapshot(struct mem *, struct pg *, struct value *facts, struct err *);
/* The database's properties, its extensions and sequences, and which migration was its last. */
int facts_of_contents(struct mem *, struct pg *, struct value *facts, struct err *);

#endif
