/* steps - a migration that cannot run in one transaction: statement by statement, with its progress
 * in the history. Behind apply.h only. */
#ifndef MIGRATE_STEPS_H
#define MIGRATE_STEPS_H

#include "migrate/apply.h"

/* SQL for how long the transaction has taken. */
#define MIGRATE_SECONDS                                                                      \
	"pg_catalog.date_part('epoch', pg_catalog.clock_timestamp() OPERATOR(pg_catalog.-) " \
	"pg_catalog.now())"

/* What the file deferred to its COMMIT happens, while names, role and settings are still its own:
 * what is written behind it has ours. */
#define MIGRATE_SETTLE "SET CONSTRAINTS ALL IMMEDIATE;"

/* ROW: how far an earlier run came; NULL: none. */
int migrate_apply_steps(struct migrate_apply *, struct migrate_script *, const struct migrate_row *,
    struct err *);

/* Bytes FROM up to TO of the script between PREFIX (statements that each end with a semicolon) and
 * SUFFIX, in one message. */
int migrate_send_text(struct migrate_apply *, struct migrate_script *, const char *prefix,
    size_t from, size_t to, const char *suffix, struct err *);
int migrate_send_copy(struct migrate_apply *, struct migrate_script *, const struct sql_statement *,
    struct err *);
/* What to do about the failure of the last command. */
enum migrate_verdict {
	MIGRATE_FINAL,
	MIGRATE_TRY_AGAIN,      /* a lock, a deadlock: passes by itself */
	MIGRATE_NO_BLOCK,       /* it does not run in a transaction block */
	/* it ends transactions itself: only where a file asks to run without one */
	MIGRATE_COMMITS,
};
enum migrate_verdict migrate_verdict(const struct migrate_apply *);

#endif
