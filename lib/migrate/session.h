/* session - the connection that migrates: its settings, its lock, and who blocks it. */
#ifndef MIGRATE_SESSION_H
#define MIGRATE_SESSION_H

#include "core/step.h"
#include "migrate/history.h"

/* Drops what a session keeps besides its settings: put before the BEGIN of each file, in one message with it. */
#define MIGRATE_SESSION_DISCARD "CLOSE ALL;UNLISTEN *;DEALLOCATE ALL;DISCARD TEMP;"

struct migrate_settings {
	double lock_timeout;            /* of one statement; 0: none */
	double lock_budget;             /* for all tries of one file together */
	double lock_wait;               /* for another run to end */
	double statement_timeout;       /* 0: none */
};

struct migrate_session {
	struct step *s;
	struct pg *pg;
	const char *spec;
	const struct migrate_settings *settings;
	struct mem *m;                  /* lives as long as the session */
	bool pooled;                    /* a proxy gives each transaction another server connection */
	const char *reset;
	const char *path;               /* search_path to set, or NULL */
	bool watched;
	int64_t key[2];
	int keys;
	bool locked;

	/* what the running command waits for */
	struct pg *watch;
	bool watch_failed;
	char blockers[600];             /* as last seen; "" nobody */
	const char *doing;              /* file, for messages */
	double since, told;
};

/* Connect. SPEC as pg_open takes it. */
struct migrate_session *migrate_session_open(struct mem *, struct step *, const char *spec,
    const struct migrate_settings *, struct err *);
/* Connect anew after the connection was lost; gives up after SECONDS. The lock is taken again when it was held. */
int migrate_session_reopen(struct migrate_session *, double seconds, struct err *);
/* SQL that puts all settings back to what they are at the beginning: a file must not leak into the next one. */
const char *migrate_session_reset(const struct migrate_session *);
/* The part of it that sets the timeouts. */
const char *migrate_session_timeouts(struct mem *, const struct migrate_session *);
/* A user of the same name as the history's schema has it first in search_path: migrations must not end up in there. */
int migrate_session_mind(struct migrate_session *, const struct migrate_history *, struct err *);
/* Be the only run on this history: polls. Error FAIL_TROUBLE "locked", naming the holder. */
int migrate_session_lock(struct migrate_session *, const struct migrate_history *, struct err *);
void migrate_session_unlock(struct migrate_session *);
/* Look on from now on at who blocks what runs, and tell of long waits; DOING NULL: no more. */
void migrate_session_watch(struct migrate_session *, const char *doing);
/* Sleep before try number TRY; error "lock-timeout" when it would pass DEADLINE. */
int migrate_session_back_off(struct migrate_session *, int try, double deadline, struct err *);

#endif
