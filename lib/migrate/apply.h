/* apply - runs one migration so that it and its row in the history are there both or not at all. */
#ifndef MIGRATE_APPLY_H
#define MIGRATE_APPLY_H

#include "migrate/plan.h"
#include "migrate/script.h"
#include "migrate/session.h"

struct migrate_apply {
	struct step *s;
	struct migrate_session *x;
	struct migrate_history *history;
	struct migrate_author author;
	struct value *failed;           /* what is known of a failure, for the record; NULL: none */
	struct migrate_note note;       /* of the current file, but for its progress */
	struct value *notices;          /* array: what the server told while the current file ran */
};

/* Apply ENTRY. Errors: FAIL_NO "migration-failed" (rolled back; file:line:column, caret, SQLSTATE in the text),
 * "lock-timeout"; FAIL_DIRTY "half-applied" (outside a transaction); FAIL_TROUBLE for what went wrong before. */
int migrate_apply_entry(struct migrate_apply *, const struct migrate_entry *, struct err *);

#endif
