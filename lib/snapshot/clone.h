/* clone - a copy of a database on its own server, made while nobody is connected: the shortest way
 * back. */
#ifndef SNAPSHOT_CLONE_H
#define SNAPSHOT_CLONE_H

#include "core/err.h"
#include "core/mem.h"

struct clone;
struct pg;

/* Copy DATABASE of the server SPEC, to which we must not be connected, to the new NAME. "in-use",
 * with who is connected; "exists". */
struct clone *clone_make(struct mem *, const char *spec, const char *database, const char *name,
    struct err *);
/* What the copy NAME of the database ORIGINAL cannot have. */
int clone_tell(struct mem *, struct pg *original, const char *name,
    void (*say)(void *, const char *), void *arg, struct err *);
/* Drop it again, also when stop was asked. NULL is fine. */
void clone_drop(struct clone *);

#endif
