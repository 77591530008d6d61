/* apply - runs one migration so that it and its row in the history are there both or not at all. */
#ifndef MIGRATE_APPLY_H
#define MIGRATE_APPLY_H

#include "migrate/plan.h"
#include "migrate/script.h"
#include "migrate/session.h"
#include "pg/observe.h"

struct migrate_batch;

struct migrate_apply {
	struct step *s;
	struct migrate_session *x;
	struct migrate_history *history;
	struct migrate_author author;
	const struct migrate_fill *fill;        /* what is put into the files' text */
	struct value *failed;           /* what is known of a failure, for the record; NULL: none */
	bool down;                      /* take migrations back */
	bool single;                    /* the caller ends the transaction */
	bool observe;                   /* look what each one did */
	struct pg_observer *observer;   /* of the current file */
	struct value *statements;
	/* what it saw: of the whole file, and in "statements" of each; NULL: nothing is known */
	struct value *seen;
	bool unsynced;                  /* commits may not be on the server's disk yet */
	const struct migrate_file *last;        /* of those */
	/* for a batch: the session is as it was at first, but for what is prepared */
	bool ready;
	/* the next message, made while the server works at the last; NULL: none */
	struct migrate_batch *ahead;
	struct migrate_note note;       /* of the current file, but for its progress */
	struct value *notices;          /* array: what the server told while the current file ran */
};

/* Apply ENTRY, or take it back. Errors: FAIL_NO "migration-failed" (rolled back; file:line:column,
 * caret, SQLSTATE in the text), "lock-timeout"; FAIL_DIRTY "half-applied" (outside a transaction);
 * FAIL_TROUBLE for what went wrong before. */
int migrate_apply_entry(struct migrate_apply *, const struct migrate_entry *, struct err *);
/* The connection was lost, maybe at the COMMIT behind F: was it applied, or taken back? The session
 * is opened anew. 0: yes; -1, E told further: no, or (FAIL_DIRTY) it cannot be told. */
int migrate_apply_outcome(struct migrate_apply *, const struct migrate_file *f, struct err *);
/* Write ENTRY into the history without running it; HOW: "marked", "imported". */
int migrate_apply_mark(struct migrate_apply *, const struct migrate_entry *, const char *how,
    struct err *);
/* With observe: what statement P has done since the last look, still in its transaction, into seen.
 * SINCE: when it began. */
int migrate_apply_look(struct migrate_apply *, const struct migrate_script *,
    const struct sql_statement *, double since, struct err *);
/* Make the text that ENTRY's file has now the one that was applied. */
int migrate_apply_accept(struct migrate_apply *, const struct migrate_entry *, struct err *);

#endif
