/* upload - an archive on its way into a bucket, which outlives us: its file in $TMPDIR, under a
 * name, and what has arrived of it, in a journal beside. Another run goes on with it, or sweeps
 * it. */
#ifndef SNAPSHOT_UPLOAD_H
#define SNAPSHOT_UPLOAD_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

/* Put FD, a nameless file of DIRECTORY, to the object URL, and before it the file SIGNATURE (-1:
 * none) to URL.sig. RECORD is what upload_resume gives back. When the bucket cannot be reached in
 * the end, the file stays, and the error's hint tells how to go on; on other failures nothing
 * stays, here or there. */
int upload_put(struct mem *, const char *url, int fd, int signature, const char *directory,
    const struct value *record, struct err *);
/* Go on with the one whose file is PATH; only parts that have not arrived are sent. Then both files
 * are removed. Returns its RECORD; NULL on error: "not-found", "busy", "bad-input" (it is not what
 * it was). */
const struct value *upload_resume(struct mem *, const char *path, struct err *);
/* Remove what killed runs have left in DIRECTORY of uploads to URL, here and there. STAMP: the part
 * of URL that may have been another time, or NULL. */
void upload_sweep(struct mem *, const char *directory, const char *url, const char *stamp);

#endif
