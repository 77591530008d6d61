/* observe - what statements do to the relations that were there before them: locks, rewrites,
 * scans, rows. It asks on the connection that runs them, so inside of their transaction; of what
 * runs outside of one the locks are not seen. */
#ifndef PG_OBSERVE_H
#define PG_OBSERVE_H

#include "core/value.h"
#include "pg/conn.h"

struct pg_observer;

/* The relations as they are now; lives in MEM. NULL on error. */
struct pg_observer *pg_observe_start(struct mem *, struct pg *, struct err *);
/* What was done to them since the start or the last call, into TO (NULL: nobody wants to know):
 * {locks: [{relation, mode}], rewrites: [relation], scans: [relation], rows: [{relation, inserted,
 * updated, deleted}]}; what is empty is left out. Relations are named schema.name, as they were
 * called at the start; the mode is the strongest. */
int pg_observe_next(struct pg_observer *, struct value *to, struct err *);
/* All that the calls so far have seen: {locks, rewrites, rows: {inserted, updated, deleted}}. */
struct value *pg_observe_sum(struct mem *, const struct pg_observer *);

#endif
