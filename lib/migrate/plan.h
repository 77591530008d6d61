/* plan - what the directory and the history say of each other: applied, pending, changed,
 * missing. */
#ifndef MIGRATE_PLAN_H
#define MIGRATE_PLAN_H

#include "migrate/history.h"

enum migrate_state {
	MIGRATE_APPLIED,
	MIGRATE_PENDING,
	/* outside a transaction, and stopped in the middle: goes on there */
	MIGRATE_PARTIAL,
	MIGRATE_AGAIN,          /* repeatable, its text changed since */
	MIGRATE_OUT_OF_ORDER,   /* pending, though a later one is applied */
	MIGRATE_CHANGED,        /* applied, and its file is another now */
	MIGRATE_RESPACED,       /* the same, but for line ends and trailing blanks */
	MIGRATE_MISSING,        /* applied, and has no file */
	/* the same, and newer than all files: the code is older than the database */
	MIGRATE_FUTURE,
	MIGRATE_COVERED,        /* a baseline stands for it */
	MIGRATE_LATER,          /* pending, but behind --to */
	MIGRATE_STATES
};

struct migrate_entry {
	enum migrate_state state;
	const struct migrate_file *file;        /* NULL: missing, future */
	const struct migrate_row *row;          /* NULL: never applied */
};

struct migrate_plan {
	struct migrate_entry *entry;            /* files in their order, then rows without file */
	size_t count, room;
	size_t states[MIGRATE_STATES];          /* how many of each */
	const char *current;                    /* newest applied version, or NULL */
};

/* What to do about what is not as it should be. */
struct migrate_rules {
	const char *to;                         /* stop after this version; NULL: go to the end */
	bool out_of_order, future;              /* allowed */
	const char *baseline;                   /* what is missing up to here is stood for */
	const char *const *accept;              /* versions whose new text is accepted */
	size_t accept_count;
};

struct migrate_plan *migrate_plan_make(struct mem *, const struct migrate_dir *,
    const struct migrate_history *, struct err *);
const char *migrate_state_name(enum migrate_state);
/* Is this entry to be applied? */
bool migrate_entry_due(const struct migrate_entry *);
/* May what is due be applied under RULES? Error FAIL_NO "changed-file", "missing-file",
 * "future-version", "out-of-order", "not-sql", with the choices spelled out. */
int migrate_plan_check(const struct migrate_plan *, const struct migrate_rules *, struct err *);
/* Leave out what comes after version TO (NULL: nothing). Error "usage": there is no such
 * version. */
int migrate_plan_limit(struct migrate_plan *, const char *to, struct err *);

#endif
