/* store - the kinds of places that hold a service's data, and what all of them share when they are
 * taken. */
#ifndef SNAPSHOT_STORE_H
#define SNAPSHOT_STORE_H

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/value.h"
#include "snapshot/writer.h"

struct store_kind;

/* One store of this snapshot. */
struct store {
	const struct store_kind *kind;
	const char *name;       /* NULL: freeze chooses */
	const char *spec;       /* connection, path, command */
	struct value *facts;    /* for manifest and record: filled in as they become known */
	long long begun, ended; /* ms since 1970: what is taken was so at some time between */
	void *state;            /* the kind's own */
};

/* How to take; the same for all stores. */
struct store_taking {
	struct writer *w;
	const char *directory;  /* of the archive: large temporary files go there */
	size_t jobs;            /* threads */
	double lock_timeout;    /* seconds */
	bool frozen;            /* --freeze has chosen the moment: there is no other */
	bool allow_changed;     /* files that change while they are read */
	/* of a database */
	struct opt_list schemas;        /* these alone, when there are any */
	struct opt_list exclude_data;   /* patterns of tables taken without rows */
	bool no_unlogged;               /* so are unlogged ones */
	const char *clone;              /* name of a copy on its server, or NULL */
	void (*say)(void *, const char *);      /* for people; only from the thread that takes */
	void *arg;
};

struct store_kind {
	const char *name;       /* in records: "postgres" */
	/* Hooks in their order; each is called for all stores before the next. All but open and
	 * take may be NULL. */
	int (*open)(struct mem *, struct store *, const struct store_taking *, struct err *);
	/* Fix the point in time that the store is taken at: as quickly as can be. */
	int (*freeze)(struct mem *, struct store *, const struct store_taking *, struct err *);
	/* What must be done before others may change the store again. */
	int (*settle)(struct mem *, struct store *, const struct store_taking *, struct err *);
	int (*take)(struct mem *, struct store *, const struct store_taking *, struct err *);
	/* The snapshot has failed: remove what was made outside the archive. */
	void (*undo)(struct store *);
};

extern const struct store_kind store_postgres, store_directory, store_exec;

/* S as one component of a path: letters, digits, _ - $ and UTF-8 as they are, the rest as %XX. */
char *store_escape(struct mem *, const char *s);
/* The name of a member of the store: "stores/STORE/BELOW". */
char *store_member(struct mem *, const char *store, const char *below);

#endif
