/* scratch_private - what the files behind scratch.h share; nobody else includes it. */
#ifndef PG_SCRATCH_PRIVATE_H
#define PG_SCRATCH_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/mem.h"

enum { SCRATCH_DIR = 90 };      /* with "/.s.PGSQL.5432" it fits into a socket address */

/* An installed server. */
struct server {
	const char *bindir;
	int major, minor;
};

/* Whom the server runs as: ourselves, or for root somebody else. */
struct run_as {
	uid_t uid;
	gid_t gid;
	const char *name;       /* NULL: ourselves */
};

/* What the guard tells its parent: small enough for one write into a pipe. */
struct guard_report {
	int failed;
	struct err error;
	char dir[SCRATCH_DIR];
};

/* bindir.c */

/* The newest server, or the newest of MAJOR. */
int server_find(struct mem *, int major, struct server *, struct err *);

/* template.c: a data directory kept ready under the user's cache directory. */

struct template {
	const char *dir;        /* where it is or will be; NULL: no cache */
	char *made;             /* complete, but not yet under its name; or NULL */
};

/* Where the template of a server initialised with OPTIONS is kept. */
void template_find(struct mem *, struct template *, const struct server *, const char *options);
/* Copy it to TO, owned by WHO. -1: there is none that can be trusted. */
int template_take(const struct template *, const char *to, const struct run_as *who);
/* Copy DATA into the cache; it is in nobody's way until template_publish. */
void template_make(struct mem *, struct template *, const char *data);
/* What template_make made comes into use, or, when it is not GOOD, away. */
void template_publish(struct template *, bool good);
/* It is no good: remove it. */
void template_drop(struct template *);

/* guard.c */

/* The process that owns a cluster: makes it, says so through REPORT, and removes it when CONTROL
 * ends. */
_Noreturn void guard_run(const struct server *, int control, int report);

#endif
