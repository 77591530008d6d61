/* source - what FROM and TO can be: a database, a directory of migrations, a file, nothing. */
#ifndef SCHEMA_SOURCE_H
#define SCHEMA_SOURCE_H

#include "core/value.h"
#include "pg/conn.h"
#include "pg/scratch.h"
#include "schema/model.h"

/* What all sources of a run share. Zero-initialise with m. */
struct source_set {
	struct mem *m;
	int server_version;             /* major of the scratch server; 0: the newest */
	bool needs;                     /* read dependencies, too */
	bool observe;                   /* look what each statement of migrations does */
	bool sizes;                     /* how large the tables of a snapshot are matters */
	bool keep;                      /* what git: takes long to load is kept for other runs */
	const char *server; /* server for scratch work as pg_open takes it; NULL: a throwaway one,
			       started when needed */
	struct pg_scratch *scratch;
	struct pg *admin;               /* to server */
	const char *snapshot; /* exported, that databases are read as; NULL: as they are */
	const char *git_dir;            /* where git: finds its repository; NULL: here */
	int databases;
	int roles_moved; /* how many got out of the way: earlier scratch databases name others than
			    their models */
};

/* One side. */
struct source {
	struct model *model;
	const char
	    *scratch_database; /* holds the schema on the scratch server; NULL: it is elsewhere */
	const struct value
	    *applied; /* with observe: migrate-apply's list of what it applied; else NULL */
	/* why it could not simply go on from another: the error of migrate-apply, whose code is
	 * "changed-file", "missing-file", "future-version" or "out-of-order"; else NULL */
	const struct value *refused;
	bool kept;                      /* an earlier run has loaded it */
	bool
	    same_history; /* made upon a copy of the other side: what is in both has the same oid */
};

/* Read SPEC: migrations:DIR, git:REV:DIR, snapshot:ARCHIVE, FILE.sql, FILE.json, empty, or else a
 * database as pg_open takes it. Errors: FAIL_TROUBLE, of the server; "bad-sql" with file and line;
 * "not-found"; "bad-input". */
int source_open(struct source_set *, const char *spec, struct source *, struct err *);
/* Two of them; two live databases are read at the same time. Of two directories of migrations, or
 * revisions of one, that begin alike the longer one is made upon the shorter. */
int source_open_both(struct source_set *, char *const spec[2], struct source out[2], struct err *);

/* The migrations in DIR upon what those of BASE have made: only the new ones run. When it cannot be
 * so (see refused), all of them in an empty database. Objects that are in both keep their oids,
 * unless refused. */
int source_open_upon(struct source_set *, const struct source *base, const char *dir,
    struct source *, struct err *);

/* A new database on the scratch server: a copy of TEMPLATE, or empty when that is NULL. Its
 * name. */
const char *source_create_database(struct source_set *, const char *template, struct err *);
/* A connection to a scratch database, closed with m. */
struct pg *source_connect(struct source_set *, struct mem *, const char *database, struct err *);

#endif
