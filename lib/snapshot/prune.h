/* prune - which archives of a directory a retention rule keeps. */
#ifndef SNAPSHOT_PRUNE_H
#define SNAPSHOT_PRUNE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

struct prune_rule {
	int last, daily, weekly, release;       /* how many of each to keep */
};

struct prune_archive {
	const char *file;       /* in the directory */
	const char *name;       /* without stamp and suffix: each has its own newest ones */
	const char *stamp;      /* "20261120T174009Z" */
	const char *release;    /* of its manifest, or NULL */
	int64_t size;
	bool sealed;            /* it is encrypted: nothing of it can be looked at */
	/* its stamp has not come yet: some clock was wrong, and nobody knows how old it is */
	bool future;
	bool unknown;           /* we may not read it: nobody knows what it is worth */
	bool readable;          /* footer and manifest are in order, or it is sealed */
	const char *why;        /* it is kept; NULL: it goes */
};

struct prune_list {
	struct prune_archive *item;     /* by name, then newest first */
	size_t count, room;
};

/* Find the archives in DIRECTORY that are called as snapshot calls them. Others are nobody's
 * business. */
int prune_find(struct mem *, const char *directory, struct prune_list *, struct err *);
/* Decide, for the list of DIRECTORY. The newest of each name that is sound is always kept, and the
 * newest that is sealed, too; where something would go, it is read from end to end to know that it
 * is. One that is not counts for nothing, and goes only when a newer sound one is there. One of the
 * future counts for nothing, and is kept. */
int prune_decide(const char *directory, struct prune_list *, const struct prune_rule *,
    struct err *);

#endif
