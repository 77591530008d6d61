/* history - the table that tells which migrations a database has: ours, or another tool's that we
 * adopt. */
#ifndef MIGRATE_HISTORY_H
#define MIGRATE_HISTORY_H

#include <stdint.h>

#include "migrate/dir.h"
#include "pg/conn.h"

/* One applied migration. What the table does not tell is NULL or 0. */
struct migrate_row {
	const char *version, *name;
	const char *sha256;             /* of the file as it was applied */
	const char *loose;              /* the same without line ends and trailing blanks */
	const char *applied_at, *applied_by, *release;
	double seconds;
	int done, total;                /* statements; done < total: it stopped in the middle */
	bool changed;                   /* the table's own checksum is not the file's */
	bool respaced;                  /* but it is that of the file with other line ends */
	bool baseline;                  /* stands for all up to its version */
	/* applied by what only the other tool can run: needs no file */
	bool elsewhere;
	const struct migrate_file *file;        /* NULL: there is none for it */
};

struct migrate_history_kind;
struct migrate_fill;

struct migrate_history {
	const struct migrate_history_kind *kind;
	const char *table;              /* quoted, with its schema */
	const struct migrate_dir *dir;
	const struct migrate_fill *fill;        /* what is put into the files' text, or NULL */
	bool exists;
	bool hidden;                    /* in no schema of search_path; found by what it holds */
	/* read all that the table tells of each row, not only what a comparison needs */
	bool detailed;
	struct migrate_row *row;        /* in the order applied */
	size_t count, room;
};

/* Who applies, for the table. */
struct migrate_author {
	const char *release, *by, *run; /* release may be NULL */
};

/* What is to be noted of one file. */
struct migrate_note {
	const struct migrate_file *file;
	const char *loose;
	const char *sum;                /* as migrate_history_sum gave it */
	int done, total;                /* statements; total 0: it ran as a whole */
	int count;                      /* statements it has; 0: they were not counted */
	const char *seconds;            /* SQL expression for how long it took */
	/* why it is there though it was not run: "marked", "imported"; NULL: it was run */
	const char *how;
	const struct migrate_row *from; /* what an imported row is taken from */
	const char *since; /* version of the file before it in the same message: its row tells when
			    * this one began; NULL: it began with the message */
};

/* Ours, empty, in its default place: to import the rows of another one. */
struct migrate_history *migrate_history_ours(struct mem *, const struct migrate_dir *);
/* What the table tells of one applied migration of a run. */
struct migrate_fact {
	const char *version, *seconds, *xid;
};
/* The facts of RUN in the order applied, *COUNT of them; NULL where the table does not keep them,
 * or on an error. */
struct migrate_fact *migrate_history_facts(struct mem *, struct pg *,
    const struct migrate_history *, const char *run, size_t *count);
/* Find the history of PG. NAME NULL: the one that is there, in search_path or, when it has rows of
 * these files alone, in another schema; ours where none is; else a kind's name, KIND:TABLE where it
 * is not in its usual place, or SCHEMA.TABLE for ours under another name. Nothing is created. Error
 * "usage": several are there, no such kind, or a kind that needs other files. */
struct migrate_history *migrate_history_find(struct mem *, struct pg *, const struct migrate_dir *,
    const char *name, struct err *);
const char *migrate_history_name(const struct migrate_history *);
/* Create its table if it is not there. */
int migrate_history_create(struct mem *, struct pg *, struct migrate_history *, struct err *);
/* Read its rows anew and match them with the files. */
int migrate_history_load(struct mem *, struct pg *, struct migrate_history *, struct err *);
/* Is FILE applied, as a whole and as it is now? As of the last load. */
bool migrate_history_holds(const struct migrate_history *, const struct migrate_file *);
/* The lock of whoever keeps this history, in *KEY; the second is the peer's own. How many there
 * are. */
int migrate_history_locks(struct pg *, const struct migrate_history *, int64_t key[2]);

/* The checksum that this history keeps of FILE, "" when none but the SHA-256. */
int migrate_history_sum(const struct migrate_history *, const struct migrate_file *,
    char sum[DIGEST_HEX], struct err *);
/* SQL, several statements, to be run in the file's own transaction. */
char *migrate_history_note(struct mem *, const struct migrate_history *,
    const struct migrate_author *, const struct migrate_note *);
/* The same for many files in one message, which cost the server half of it: SQL that prepares it
 * (NULL: this history has no such thing), and then for each file SQL of one statement. */
char *migrate_history_prepare(struct mem *, const struct migrate_history *,
    const struct migrate_author *);
char *migrate_history_execute(struct mem *, const struct migrate_history *,
    const struct migrate_note *);
/* SQL that makes the file's text of now the one that was applied; NULL: this history keeps no
 * checksum. */
char *migrate_history_accept(struct mem *, const struct migrate_history *,
    const struct migrate_note *);
/* SQL that makes FILE's row one that stands for all before it; NULL: there is no room for that. */
char *migrate_history_set_baseline(struct mem *, const struct migrate_history *,
    const struct migrate_file *);
/* SQL that keeps the FINGERPRINT of the schema with FILE's row; NULL: there is no room for it. */
char *migrate_history_seal(struct mem *, const struct migrate_history *,
    const struct migrate_file *, const char *fingerprint);
char *migrate_history_forget(struct mem *, const struct migrate_history *,
    const struct migrate_author *, const struct migrate_file *);
/* Can one message hold the rows of several files? */
bool migrate_history_batches(const struct migrate_history *);
/* Can it hold the progress of a file that runs outside a transaction? */
bool migrate_history_has_progress(const struct migrate_history *);

#endif
