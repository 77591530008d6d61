/* history_kind - one row of the table of histories. Behind history.h only. */
#ifndef MIGRATE_HISTORY_KIND_H
#define MIGRATE_HISTORY_KIND_H

#include "migrate/history.h"

struct migrate_history_kind {
	const char *name;       /* for --history */
	const char *help;
	const char *table;      /* default place: "handrail.history"; without a schema: the first of search_path */
	/* SQL with one boolean: is a table of this kind there? $1 is nothing but the found table's regclass. */
	const char *is_there;
	int (*create)(struct mem *, struct pg *, struct migrate_history *, struct err *);
	int (*load)(struct mem *, struct pg *, struct migrate_history *, struct err *);
	void (*note)(struct mem_text *, const struct migrate_history *, const struct migrate_author *,
	    const struct migrate_note *);
	void (*forget)(struct mem_text *, const struct migrate_history *, const struct migrate_file *);
	/* the peer's own lock key; NULL: it takes none */
	int64_t (*key)(struct pg *, const struct migrate_history *);
	bool progress;
};

extern const struct migrate_history_kind migrate_history_handrail;

/* A new, zeroed row at the end. */
struct migrate_row *migrate_history_add(struct mem *, struct migrate_history *);

#endif
