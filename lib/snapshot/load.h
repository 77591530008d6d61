/* load - jobs that copy rows from frames of an archive into tables, and prove that they arrived. */
#ifndef SNAPSHOT_LOAD_H
#define SNAPSHOT_LOAD_H

#include <stdatomic.h>

#include "snapshot/graph.h"
#include "snapshot/restore.h"

/* What one thread that restores a database works with: the worker of its jobs. */
struct loader {
	const struct restore *how;
	struct pg *pg;
	struct reader_cursor *cursor;
	struct tar_reader *tar;
	struct binary *binary;  /* makes of rows what goes to the server, or NULL: as they are */
	bool dry;               /* all rows of the frame have been given to it */
	struct rows *rows;
	_Atomic int64_t loaded; /* bytes of rows that it has taken out of frames */
};

/* COUNT of them, with connections to DATABASE, on which SQL says how entries of the dump are to be
 * read. */
void **load_workers(struct mem *, const struct restore *, size_t count, const char *spec,
    const char *database, const char *sql, struct err *);
/* A connection for all that a restore does. */
struct pg *load_connect(struct mem *, const char *spec, const char *database, struct err *);

/* A table of the store, as the manifest tells. */
struct load_table {
	const char *name, *quoted, *columns, *encoding;
	/* its rows are in the dump: what is behind FROM to read them; NULL: they are in frames */
	const char *from;
	unsigned oid;           /* on the old server */
	const size_t *frame;    /* numbers of the frames with its rows */
	size_t frames;
	int64_t size;           /* of them, unpacked */
	bool shared;            /* loaded by several threads at the same time */
	bool quiet;             /* autovacuum keeps off it, because load_quiet said so */
	int64_t rows;
	uint64_t row_sum;
	size_t first, loads;    /* the jobs that copy them: number of the first, how many */
	size_t complete;        /* the job that tells that all its rows are there, and proven */
	/* it was there empty, and no trigger changes its rows: it holds as many as COPY has told of
	 * its frames, or the restore has ended; else they are counted */
	bool plain;
	bool parent;            /* other tables inherit from it */
	int64_t pages;          /* how large it has become */
	_Atomic int64_t rows_there;
	_Atomic uint64_t sum_there;
};

struct load {
	struct load_table *item;
	size_t count;
};

/* The tables of STORE, sorted by name, and their jobs in GRAPH; PG is connected to where they are
 * made. DUMPED: the job that tells that what is in the dump is loaded. */
int load_plan(struct mem *, const struct restore *, const struct value *store, struct pg *,
    struct graph *, size_t dumped, struct load *, struct err *);
/* Autovacuum keeps off the larger tables until load_wake: it would read and write them while they
 * are loaded, and who then wants to make an index waits a second before it gives way. */
int load_quiet(struct pg *, struct load *, struct err *);
int load_wake(struct pg *, struct load *, struct err *);

#endif
