/* scratch - a throwaway Postgres: a private cluster on a Unix socket in a temporary directory. A
 * guard process, not the caller, owns it: it ends and removes everything when the caller ends,
 * however it ends (SIGKILL too). */
#ifndef PG_SCRATCH_H
#define PG_SCRATCH_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"

struct pg_scratch;

/* Start one. MAJOR 0: the newest installed server; else that major version. Works for root, too
 * (the server runs as "postgres" or "nobody" then). A prepared cluster is kept under the user's
 * cache directory and copied. Ended with MEM. Errors: "not-found" when no server is installed, with
 * the packages to install in the hint. */
struct pg_scratch *pg_scratch_start(struct mem *, int major, struct err *);
/* The same, with the databases that a server had when pg_scratch_keep was called for it, which was
 * started under the same KEY (lower-case letters and digits that say all that these databases are
 * made of). Where there is none, or it is damaged (its files' sum is another), an empty one. */
struct pg_scratch *pg_scratch_start_kept(struct mem *, int major, const char *key, struct err *);
bool pg_scratch_is_kept(const struct pg_scratch *);
/* Keep what it holds now under its key, in the user's cache directory; the newest four are kept
 * there. Nobody may be connected, and the last thing that was done must be CHECKPOINT. It may fail
 * without a word. */
void pg_scratch_keep(struct pg_scratch *);
void pg_scratch_end(struct pg_scratch *);
/* A connection URI for DATABASE ("postgres" exists), in MEM; the user is a superuser without
 * password. */
char *pg_scratch_uri(struct mem *, const struct pg_scratch *, const char *database);
/* Directory of the server's programs (pg_dump of the same version). */
const char *pg_scratch_bindir(const struct pg_scratch *);
/* The installed directory of server or client programs that holds the newest PROGRAM of MAJOR, else
 * of a later version (0: of any), e.g. /usr/lib/postgresql/17/bin, and unless VERSION is NULL what
 * version that is ("17.2"); NULL with the error set when there is none. */
const char *pg_find_bindir(struct mem *, const char *program, int major, const char **version,
    struct err *);

#endif
