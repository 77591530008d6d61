/* restore - loads stores out of an archive into new places. */
#ifndef SNAPSHOT_RESTORE_H
#define SNAPSHOT_RESTORE_H

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
	bool check_content;     /* compare content checksums, not only counts */
	void (*say)(void *, const char *);
	void *arg;
};

/* The store NAME (NULL: the only one) of KIND, as the manifest tells of it. NULL: "no-store". */
const struct value *restore_find(const struct reader *, const char *kind, const char *name,
    struct err *);

/* Does the archive have stores of all these NAMES? "no-store". */
int restore_check_names(const struct reader *, const struct opt_list *names, struct err *);

/* The record's object for STORE, added to LIST. */
struct value *restore_note(struct mem *, struct value *list, const struct value *store);
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
/* Drop what restore_postgres has made. */
void restore_drop(const struct restored *);
/* The new database takes the name of the original, which is kept as *KEPT = ORIGINAL_before_STAMP:
 * two renames in one transaction, while nobody can connect. Without an original it is one rename,
 * and *KEPT is NULL. */
int restore_swap(struct mem *, const struct restore *, const struct restored *, const char **kept,
    struct err *);

/* Store STORE into the directory PATH, which is made, or must be empty. On failure it is emptied
 * again. */
int restore_directory(struct mem *, const struct restore *, const struct value *store,
    const char *path, struct value *facts, struct err *);

/* Store STORE, which a command has dumped, into the standard input of the shell command COMMAND
 * (NULL: the one that the archive keeps, which is said). Not when DRY. */
int restore_exec(struct mem *, const struct restore *, const struct value *store,
    const char *command, bool dry, struct err *);

/* Restore all stores into a throwaway server and a temporary directory, and compare the
 * contents. */
int restore_trial(struct mem *, const struct reader *, size_t jobs,
    void (*say)(void *, const char *), void *arg, struct err *);

/* The one member NAME of the archive into a nameless file in DIRECTORY; its descriptor is closed
 * with MEM. */
int restore_member(struct mem *, const struct reader *, const char *member, const char *directory,
    struct err *);

#endif
