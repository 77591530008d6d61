/* hold - a service stands still between two commands of its own. The second one runs whatever
 * happens: also when we fail, when we are stopped, and when we are killed. */
#ifndef SNAPSHOT_HOLD_H
#define SNAPSHOT_HOLD_H

#include "core/err.h"
#include "core/mem.h"

struct hold;

/* Run the shell command FREEZE (NULL: none). From now on the shell command THAW (NULL: none) will
 * run, once: at hold_end, or when this process is gone. Error "freeze": it failed; THAW has run. */
struct hold *hold_begin(struct mem *, const char *freeze, const char *thaw, struct err *);
/* Run THAW and wait for it. FAIL_DIRTY "thaw": it failed, or has not ended in five minutes. */
int hold_end(struct hold *, struct err *);

#endif
