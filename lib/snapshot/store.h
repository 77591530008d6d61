/* store - the kinds of places that hold a service's data, and what all of them share when they are taken. */
#ifndef SNAPSHOT_STORE_H
#define SNAPSHOT_STORE_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "snapshot/writer.h"

struct store_kind;

/* One store of this snapshot. */
struct store {
	const struct store_kind *kind;
	const char *name;       /* NULL: freeze chooses */
	const char *spec;       /* connection, path, command */
	struct value *facts;    /* for manifest and record: filled in as they become known */
	void *state;            /* the kind's own */
};

/* How to take; the same for all stores. */
struct store_taking {
	struct writer *w;
	const char *directory;  /* of the archive: large temporary files go there */
	size_t jobs;            /* threads */
	double lock_timeout;    /* seconds */
	bool allow_changed;     /* files that change while they are read */
	void (*say)(void *, const char *);      /* for people; only from the thread that takes */
	void *arg;
};

struct store_kind {
	const char *name;       /* in records: "postgres" */
	/* Fix the point in time that the store is taken at, as far as the kind has one. */
	int (*freeze)(struct mem *, struct store *, const struct store_taking *, struct err *);
	int (*take)(struct mem *, struct store *, const struct store_taking *, struct err *);
};

extern const struct store_kind store_postgres, store_directory, store_exec;

/* S as one component of a path: letters, digits, _ - $ and UTF-8 as they are, the rest as %XX. */
char *store_escape(struct mem *, const char *s);
/* The name of a member of the store: "stores/STORE/BELOW". */
char *store_member(struct mem *, const char *store, const char *below);

#endif
