/* swap - two databases of one server change names. */
#ifndef PG_SWAP_H
#define PG_SWAP_H

#include "core/err.h"
#include "core/mem.h"
#include "pg/conn.h"

/* A connection to a database of SPEC's server that is not NAME: one with sessions cannot be
 * renamed. */
struct pg *pg_open_beside(struct mem *, const char *spec, const char *name, struct err *);
/* Is there a database of this name? -1: the error is set. */
int pg_has_database(struct mem *, struct pg *, const char *name, struct err *);
/* May LIVE be renamed? "not-owner"; "in-use": by a prepared transaction, which no end of its
 * session ends. Better told before a restore of hours than behind it. */
int pg_swap_check(struct pg *admin, const char *live, struct err *);
/* NEW takes the name of LIVE, which becomes KEPT: LIVE is closed, the sessions of both are ended,
 * and both are renamed in one transaction. ADMIN must be beside both. Comes to its end even if we
 * are killed, or changes nothing. SPEC, the server, when ADMIN is lost on the way. */
int pg_swap(struct mem *, const char *spec, struct pg *admin, const char *live, const char *new,
    const char *kept, struct err *);

/* Can a database be called NAME? "usage": it is empty, or the server would cut it off. */
int pg_check_new_name(const char *name, struct err *);
/* "NAME_WORD_WHEN" for a database beside NAME; WHEN in lower case, NAME cut at the end of a
 * character so that a "_2" still fits into what the server takes. */
char *pg_name_beside(struct mem *, const char *name, const char *word, const char *when);

/* Drop the database NAME, if it is there, ending its sessions, also when stop was asked: to undo.
 * SPEC, the server, when ADMIN is lost. */
void pg_drop_database(const char *spec, struct pg *admin, const char *name);
/* Drop the database NAME, if it is there, and before it the subscriptions that were restored into
 * it, which were never enabled; FORCE: ending its sessions. */
int pg_drop_copy(const char *spec, struct pg *admin, const char *name, bool force, struct err *);

#endif
