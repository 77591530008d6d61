/* evidence - what the records of a release say happened: the only thing that a rollback is decided
 * from. */
#ifndef ROLLBACK_EVIDENCE_H
#define ROLLBACK_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/story.h"
#include "core/value.h"
#include "rollback/sentences.h"

/* One place in a manifest, from before the release to after it. */
struct evidence_change {
	const char *file;               /* absolute */
	const char *path, *image, *from, *to, *from_version, *to_version, *kind;
	long long doc;                  /* number of the YAML document in its file */
	/* two records disagree about what stood there between them */
	bool broken_chain;
};

/* A place that holds data, and the snapshot a restore would take it from. */
struct evidence_store {
	const char *name, *kind;
	const char *uri;                /* of a Postgres store, without password */
	const char *database, *path, *command;
	/* a copy of the database that the snapshot left on the server, or NULL */
	const char *clone;
	const char *revision;
	const char *archive, *sha256;
	const char *snapshot_id;
	long long size;
	int server_major;               /* of the server that it was taken from; 0: not told */
	bool verified;
	double seconds;                 /* that the snapshot took, all stores */
	const struct value *tables;
	/* the first transaction that the snapshot does not hold; 0: not told */
	long long xmax;
};

struct evidence {
	struct mem *m;
	const char *service, *release;  /* whose evidence this is, or NULL for everything */
	struct story story;
	struct evidence_change *changes;
	size_t change_count, change_room;
	/* stores that a usable snapshot covers */
	struct evidence_store *stores;
	size_t store_count, store_room;
	/* why snapshots are not usable, and which stores none covers: sentences */
	struct sentences flaws, uncovered;
	struct sentences others;        /* services in the stream that are not this one */
	/* where the records contradict each other, or tell of others at the same data */
	struct sentences doubts;
	size_t unreadable;              /* records that name no step, id or status */
	/* the first step that may have touched data, or NULL */
	const struct story_step *changer;
};

/* Names of steps that are commands of the user, as given on the command line. */
struct evidence_names {
	const char *deploy, *stop;
	const char *const *harmless;    /* commands that do not touch data */
	size_t harmless_count;
};

struct evidence *evidence_new(struct mem *);
/* Take in one record, in the order of the stream. */
void evidence_add(struct evidence *, const struct value *record);
/* All records are in: choose those of SERVICE and RELEASE (NULL: of any; records that name none
 * belong to all), put them in order, follow the manifests' changes, judge the snapshots. An archive
 * that is here is summed. */
void evidence_close(struct evidence *, const char *service, const char *release,
    const struct evidence_names *);

/* The next step named STEP after AFTER (NULL: from the first), or NULL. */
const struct story_step *evidence_next(const struct evidence *, const char *step,
    const struct story_step *after);
/* The newest closed record of STEP, else the newest open one, else NULL. */
const struct story_step *evidence_last(const struct evidence *, const char *step);

/* Did it begin its work? Not when it was refused, only planned, or could not even connect or read
 * its input. */
bool evidence_acted(const struct story_step *);
bool evidence_is_harmless(const struct story_step *, const struct evidence_names *);
/* Count of migrations that a migrate-apply applied. */
size_t evidence_applied(const struct story_step *);
/* The one run that applied migrations, when a rehearsal of it on a usable snapshot proved that its
 * way down loses nothing; else NULL. */
const struct story_step *evidence_way_down(const struct evidence *);
/* The database of RESULT, without the user, who does not matter; "" when it names none. */
const char *evidence_database(const struct value *result);
/* Do two URIs without password name the same database? The user does not matter. */
bool evidence_same_database(const char *, const char *);

#endif
