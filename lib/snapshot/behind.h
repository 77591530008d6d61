/* behind - a thread that gives bytes to a sink, in their order, while who made them goes on. */
#ifndef SNAPSHOT_BEHIND_H
#define SNAPSHOT_BEHIND_H

#include "core/err.h"
#include "core/mem.h"
#include "snapshot/frame.h"

struct behind;

/* Ended when MEM dies; what the sink has not got by then it does not get. */
struct behind *behind_start(struct mem *, frame_sink *, void *arg, struct err *);
/* Returns when there was room for all LEN bytes. The sink's error comes here or from behind_wait,
 * and nothing more goes to it until then. */
int behind_add(struct behind *, const void *, size_t len, struct err *);
/* Until the sink has got all. */
int behind_wait(struct behind *, struct err *);

#endif
