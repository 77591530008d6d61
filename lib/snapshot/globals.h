/* globals - what a database needs that belongs to its whole server: roles and tablespaces. Never a
 * password. */
#ifndef SNAPSHOT_GLOBALS_H
#define SNAPSHOT_GLOBALS_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "pg/conn.h"
#include "snapshot/store.h"

/* Into FACTS: the list "globals", of role or tablespace (or, of a membership, role and member) and
 * the SQL that makes it. */
int globals_read(struct mem *, struct pg *, struct value *facts, struct err *);
/* The same as the store's member globals.sql, for psql. */
int globals_add(const struct store *, const struct store_taking *, struct err *);
/* Make those that the server SPEC does not have; those that are there stay as they are. SAY tells
 * of each, and of what the server or our role does not allow, which is left. */
int globals_apply(struct mem *, const struct value *store, const char *spec,
    void (*say)(void *, const char *), void *arg, struct err *);

#endif
