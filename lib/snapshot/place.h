/* place - where archives go and what they are called: a file, an object in a bucket, standard
 * output. */
#ifndef SNAPSHOT_PLACE_H
#define SNAPSHOT_PLACE_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

struct place;

/* What OUTPUT (of -o) means for an archive of NAME: a directory (there already, or written with a
 * trailing slash: then it is made), in which it is called NAME-TIME.tar.zst; "s3://BUCKET/…", with
 * a slash at its end in the same way; "-", standard output; any other file; NULL: the working
 * directory. SUFFIX is put behind a name of our choice. An archive of this second's name is not in
 * the way: the next second is waited for. */
struct place *place_choose(struct mem *, const char *output, const char *name, const char *suffix,
    struct err *);
/* The absolute path, "s3://BUCKET/KEY", or "-". */
const char *place_name(const struct place *);
/* The same as a URI; NULL for standard output. */
const char *place_uri(struct mem *, const struct place *);
/* Begin. In a directory, temporary files that killed runs left for archives of this name (its time
 * apart) are removed; while a living run writes one: "busy". "exists": an archive is never
 * overwritten. Gone with the place's mem, when it was not delivered. */
int place_begin(struct place *, struct err *);
/* The file to write to, after place_begin: nobody else can read it. */
int place_fd(const struct place *);
/* For large temporary files. */
const char *place_directory(const struct place *);
/* What was written gets its name, when all of it is safely there; before it the file SIGNATURE (-1:
 * none), named ….sig. RECORD: what another run tells when it has to end an upload
 * (upload_resume). */
int place_deliver(struct place *, int signature, const struct value *record, struct err *);

#endif
