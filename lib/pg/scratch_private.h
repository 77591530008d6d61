/* scratch_private - what the files behind scratch.h share; nobody else includes it. */
#ifndef PG_SCRATCH_PRIVATE_H
#define PG_SCRATCH_PRIVATE_H

#include <stdbool.h>
#include <sys/types.h>

#include "core/err.h"
#include "core/mem.h"

enum { SCRATCH_DIR = 90 }; /* with "/.s.PGSQL.5432" it fits into a socket address */

/* An installed server. */
struct server {
	const char *bindir, *version; /* version: as its programs tell it, "17.2", "18beta1" */
	int major, minor;
};

/* Whom the server runs as: ourselves, or for root somebody else. */
struct run_as {
	uid_t uid;
	gid_t gid;
	const char *name; /* NULL: ourselves */
};

/* What the guard tells its parent: small enough for one write into a pipe. */
struct guard_report {
	int failed;
	bool kept; /* it began as what was kept */
	struct err error;
	char dir[SCRATCH_DIR];
};

/* bindir.c */

/* The newest server, or the newest of MAJOR. */
int server_find(struct mem *, int major, struct server *, struct err *);

/* template.c: a data directory kept ready under the user's cache directory. */

struct template {
	const char *dir; /* where it is or will be; NULL: no cache */
	char *made;      /* complete, but not yet under its name; or NULL */
	bool summed;     /* the data directory stands in it, with the sum of its bytes beside it */
};

/* Where the template of a server initialised with OPTIONS is kept. */
void template_find(struct mem *, struct template *, const struct server *, const char *options);
/* The same of one that is kept under KEY, with databases in it. */
void template_find_kept(struct mem *, struct template *, const struct server *, const char *options,
    const char *key);
/* Copy it to TO, owned by WHO. -1: there is none that can be trusted. */
int template_take(const struct template *, const char *to, const struct run_as *who);
/* Copy DATA into the cache; it is in nobody's way until template_publish. */
void template_make(struct mem *, struct template *, const char *data);
/* What template_make made comes into use, or, when it is not GOOD, away. */
void template_publish(struct template *, bool good);
/* It is no good: remove it. */
void template_drop(const struct template *);
/* Of those that are kept under a key, only the newest stay. */
void template_forget_oldest(const struct template *);

/* guard.c */

/* What a scratch server is configured with, besides what initdb writes. */
extern const char guard_settings[];
/* The process that owns a cluster: makes it, of what is kept under KEY (NULL: nothing is) when that
 * is there; says so through REPORT, and removes it when CONTROL ends. */
_Noreturn void guard_run(const struct server *, const char *key, int control, int report);

#endif
