/* blame - turns the server's error into one about a place in a file. Behind apply.h only. */
#ifndef MIGRATE_BLAME_H
#define MIGRATE_BLAME_H

#include "migrate/apply.h"

/* What of a script was sent in the message that failed. */
struct migrate_sent {
	struct migrate_script *script;
	size_t from, to;        /* bytes of the text */
	int prefix;             /* characters before them in the message */
	int before;             /* statements before them */
};

/* The last command failed with E: say where. Sets a->failed and E anew: FAIL_NO "migration-failed"
 * (also when the place is behind the text: its row in the history, or its COMMIT). "cancelled" and
 * "connection-lost" stay as they are. */
int migrate_blame(struct migrate_apply *, const struct migrate_sent *, struct err *);
/* What the database is like now, at the end of the message. */
int migrate_blame_state(struct migrate_apply *, bool rolled_back, const char *state, struct err *);

#endif
