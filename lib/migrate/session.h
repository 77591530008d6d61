/* session - the connection that migrates: its settings, its lock, and who blocks it. */
#ifndef MIGRATE_SESSION_H
#define MIGRATE_SESSION_H

#include "core/step.h"
#include "migrate/history.h"

struct migrate_settings {
	double lock_timeout;            /* of one statement; 0: none */
	double lock_budget;             /* for all tries of one file together */
	double lock_wait;               /* for another run to end */
	double statement_timeout;       /* 0: none */
	/* end who blocks us in a transaction older than this; 0: nobody */
	double terminate;
};

struct migrate_session {
	struct step *s;
	struct pg *pg;
	const char *spec;
	const struct migrate_settings *settings;
	struct mem *m;                  /* lives as long as the session */
	/* a proxy gives each transaction another connection of the server's */
	bool pooled;
	bool watched;
	bool standby, read_only;
	const char *application;
	const char *path;               /* search_path to set, or NULL */

	/* SQL around a migration: each file begins with the same settings, and leaves nothing to
	 * the next */
	/* before it: what the session kept is dropped, a transaction begins */
	const char *begin;
	const char *between;            /* the same without the transaction */
	const char *within;             /* before it, when a transaction is under way */
	const char *local;              /* settings behind a BEGIN that is not ours, or "" */
	/* in the transaction, behind the text: the settings are what they were; behind a proxy
	 * names without a schema are ours then */
	const char *reset;
	const char *end;                /* behind the COMMIT, or "" */
	/* names without a schema are the migrations' from here on, or ours (pg_own_names), as they
	 * are between files; "" behind a proxy */
	const char *theirs, *ours;

	/* session_lock.c */
	/* behind a proxy: holds the lock in a transaction of its own */
	struct pg *guard;
	int64_t key[2];
	int keys;
	bool locked;

	/* session_watch.c: what the running command waits for */
	struct pg *watch;
	bool watch_failed;
	bool powerless;                 /* it was told that a blocker cannot be ended */
	char blockers[600];             /* as last seen; "" nobody */
	const char *doing;              /* file, for messages */
	int at, of;                     /* statement, when it runs statement by statement; else 0 */
	size_t file, files;             /* which one of how many, from 1 */
	double since, told;
	struct value *terminated;       /* list in the record */
	bool live;                      /* people look on: standard error is a terminal */
	bool shown;                     /* a line of progress stands there */
};

/* Connect. SPEC as pg_open takes it. */
struct migrate_session *migrate_session_open(struct mem *, struct step *, const char *spec,
    const struct migrate_settings *, struct err *);
/* Connect anew after the connection was lost; gives up after SECONDS. The lock is taken again when
 * it was held. */
int migrate_session_reopen(struct migrate_session *, double seconds, struct err *);
/* Names are ours again, after a failure. */
void migrate_session_own(struct migrate_session *);
/* SQL that sets the timeouts of the session; "" behind a proxy. */
const char *migrate_session_timeouts(struct mem *, const struct migrate_session *);
/* Error FAIL_TROUBLE "read-only". */
int migrate_session_may_write(const struct migrate_session *, struct err *);
/* A user of the same name as the history's schema has it first in search_path: migrations must not
 * end up in there. */
int migrate_session_mind(struct migrate_session *, const struct migrate_history *, struct err *);

/* Be the only run on this history: polls. Errors FAIL_TROUBLE "locked", naming the holder;
 * "pool-too-small". */
int migrate_session_lock(struct migrate_session *, const struct migrate_history *, struct err *);
/* The same lock again, on a new connection. */
int migrate_session_relock(struct migrate_session *, struct err *);
void migrate_session_unlock(struct migrate_session *);
/* A file may have given our lock away, or taken some of its own: none but ours is held
 * afterwards. */
int migrate_session_clear_locks(struct migrate_session *, struct err *);

/* Look on from now on at who blocks what runs, and tell of long waits; on a terminal, show how far
 * it is. DOING NULL: no more. Who stands in the way for too long is ended, when that is asked
 * for. */
void migrate_session_watch(struct migrate_session *, const char *doing);
/* Take the line of progress away, before something is told. */
void migrate_session_clear(struct migrate_session *);
/* Statement AT of OF runs now. */
void migrate_session_at(struct migrate_session *, int at, int of);
/* Sleep before try number TRY, after the failure E; error "lock-timeout", or E as it is when it is
 * none of a lock, when it would pass DEADLINE. */
int migrate_session_back_off(struct migrate_session *, int try, double deadline, struct err *);

#endif
