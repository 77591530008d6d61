/* restore - loads stores out of an archive into new places. */
#ifndef SNAPSHOT_RESTORE_H
#define SNAPSHOT_RESTORE_H

#include <sys/stat.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/value.h"
#include "pg/conn.h"
#include "snapshot/reader.h"

/* How to restore; the same for all stores. */
struct restore {
	const struct reader *r;
	const char *stamp;      /* for names of new databases */
	size_t jobs;
	bool no_owner;          /* everything belongs to the role that restores, without grants */
	/* on a machine that need not have the locales: the default ones will do */
	bool trial;
	bool no_tablespaces;    /* all is in the default one */
	/* of functions that are called while rows are loaded, as SET has it; NULL: none */
	const char *search_path;
	bool globals;           /* roles and tablespaces that the server lacks are made first */
	bool swap;              /* what the connection names must be there, and ours to rename */
	bool check_content;     /* compare content checksums, not only counts */
	struct opt_list only;   /* stores to restore; all, when there are none */
	void (*say)(void *, const char *);
	void *arg;
};

/* Does the archive have all stores of ONLY? "no-store". */
int restore_check_only(const struct restore *, struct err *);
/* *STORE: the store NAME (NULL: the only one) of KIND, as the manifest tells of it, and in *FACTS
 * its object for the record, added to LIST; NULL when ONLY leaves it out. Error "no-store". */
int restore_pick(struct mem *, const struct restore *, const char *kind, const char *name,
    struct value *list, const struct value **store, struct value **facts, struct err *);
/* All that the archive holds, for people by SAY and for the record in LIST. */
void restore_list(struct mem *, const struct restore *, struct value *list);

/* A database that restore_postgres has made. */
struct restored {
	const char *spec;       /* connection to the server */
	const char *original;   /* name of the database that the connection names */
	const char *database;   /* the new one */
	bool created;           /* it was not there before */
	struct pg *admin;       /* to drop it, or to swap it, also when stop was asked */
};

/* Store STORE (its part of the manifest) into the database NAME (NULL: ORIGINAL_restore_STAMP) of
 * the server SPEC. It is created, or must be empty. What was loaded is compared with the manifest.
 * FACTS tells the record. On failure a database that was made is dropped. */
int restore_postgres(struct mem *, const struct restore *, const struct value *store,
    const char *spec, const char *name, struct restored *, struct value *facts, struct err *);
/* Tell what restore_postgres would do, which changes nothing: where it would be refused, this is,
 * too. */
int restore_postgres_plan(struct mem *, const struct restore *, const struct value *store,
    const char *spec, const char *name, struct value *facts, struct err *);
/* Drop what restore_postgres has made. */
void restore_drop(const struct restored *);
/* The new database takes the name of the original, which is kept as *KEPT = ORIGINAL_before_STAMP:
 * two renames in one transaction, while nobody can connect. */
int restore_swap(struct mem *, const struct restore *, const struct restored *, const char **kept,
    struct err *);

/* A directory that restore_directory has filled. */
struct restored_directory {
	const char *path;       /* NULL: none */
	bool made;              /* it was not there before */
	struct stat was;        /* else what it was like */
};

/* Store STORE into the directory PATH, which must be empty, or is made: then it has its name only
 * when all is there, and what a killed run has left beside it goes. On failure nothing is left of
 * it; of a trial (HOW) neither on success. FACTS tells the record. */
int restore_directory(struct mem *, const struct restore *, const struct value *store,
    const char *path, struct restored_directory *, struct value *facts, struct err *);
/* Tell what it would do, which changes nothing. */
int restore_directory_plan(struct mem *, const struct restore *, const struct value *store,
    const char *path, struct value *facts, struct err *);
/* Remove what restore_directory has written. */
void restore_directory_drop(const struct restored_directory *);

/* Store STORE, which a command has dumped, into the standard input of the shell command COMMAND
 * (NULL: the one that the archive keeps, which is said). Not when DRY. */
int restore_exec(struct mem *, const struct restore *, const struct value *store,
    const char *command, bool dry, struct err *);

/* Restore all stores into a throwaway server and a temporary directory, and compare the
 * contents. */
int restore_trial(struct mem *, const struct reader *, size_t jobs,
    void (*say)(void *, const char *), void *arg, struct err *);

/* The one MEMBER of the archive into a nameless temporary file; its descriptor is closed with
 * MEM. */
int restore_member(struct mem *, const struct reader *, const char *member, struct err *);

#endif
