/* source_private - what the files behind source.h share. */
#ifndef SCHEMA_SOURCE_PRIVATE_H
#define SCHEMA_SOURCE_PRIVATE_H

#include "core/proc.h"
#include "core/value.h"
#include "schema/source.h"

/* The scratch server is there. */
int source_ready(struct source_set *, struct err *);
/* The same, for what is kept under KEY; what it had then is in the database source_kept. */
int source_ready_kept(struct source_set *, const char *key, struct err *);
extern const char source_kept[];
/* DATABASE becomes source_kept, and is kept. Its name now. */
const char *source_keep(struct source_set *, const char *database, struct err *);
/* A name for a database of its own; what gets it is dropped at the end. NULL: there is no
 * server. */
const char *source_reserve(struct source_set *, struct err *);
int source_read_scratch(struct source_set *, const char *database, const char *shown,
    struct source *, struct err *);

/* A live database; REST is SPEC. */
int source_open_live(struct source_set *, const char *spec, const char *rest, struct source *,
    struct err *);
/* Two of them, at the same time. */
int source_open_live_both(struct source_set *, char *const spec[2], struct source out[2],
    struct err *);

/* A program that loads a database. */
struct source_job {
	const char *database, *template;        /* TEMPLATE NULL: an empty one */
	bool makes;                             /* it makes the database itself */
	const char *const *argv;
	const char *shown;                      /* for messages */
	const char *sql; /* the file, or directory of files, that it runs; or NULL */
};
/* Run it. As long as it fails for want of a role the role is made, and it begins again with a new
 * database. */
int source_load_by(struct source_set *, const struct source_job *, struct proc_result *,
    struct err *);
/* "a, b": the extensions that the SQL at PATH, a file or a directory of files, makes and that the
 * scratch server does not have; NULL: none, or not known. */
const char *source_missing_extensions(struct source_set *, const char *path);
/* The closing record in what a program of ours wrote. NULL on error. */
const struct value *source_last_record(struct mem *, const char *out, size_t len, struct err *);

#endif
