/* s3 - objects in a bucket: of AWS, or of whatever $AWS_ENDPOINT_URL names. Credentials come from
 * the environment alone ($AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY, $AWS_SESSION_TOKEN), the
 * region from $AWS_REGION or $AWS_DEFAULT_REGION. What fails for a moment (a cut connection, 429,
 * 5xx) is tried again. */
#ifndef SNAPSHOT_S3_H
#define SNAPSHOT_S3_H

#include <stdbool.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

struct s3;

/* Is TEXT "s3://…"? */
bool s3_is(const char *text);
/* URL: "s3://BUCKET/KEY". Nothing is asked yet. "usage", "no-credentials". */
struct s3 *s3_open(struct mem *, const char *url, struct err *);
/* Is the object there? "unauthorized", "not-found" (the bucket). */
int s3_there(struct s3 *, bool *there, struct err *);
/* How far an upload in parts has come, to go on with it in another run. */
struct s3_parts {
	const char *upload;             /* what the server calls it; NULL: none was begun */
	int64_t step;                   /* bytes of a part: s3_put's own */
	const char **etag;              /* of the first COUNT parts, which have arrived */
	size_t count;
	/* Told when one is begun (none of its parts has arrived then), and of each part in its
	 * order. */
	int (*begun)(void *, const char *upload, struct err *);
	int (*arrived)(void *, const char *etag, struct err *);
	void *arg;
};

/* The whole of FD, a regular file, as the object, which must not be there: in parts when it is
 * large. It appears only when every byte has arrived: the server compares sums, and then we do.
 * PARTS (NULL: nobody will go on): those that have arrived, and still are what FD holds, are not
 * sent again. What was begun is aborted on failure, but for one that may pass, when there are
 * PARTS. */
int s3_put(struct s3 *, int fd, const struct s3_parts *parts, struct err *);
/* Did it fail only because the server could not be reached, or could not answer? */
bool s3_may_pass(const struct err *);
/* Give up an upload in parts. */
void s3_abort(struct s3 *, const struct s3_parts *);
/* The object into FD. */
int s3_get(struct s3 *, int fd, struct err *);
/* Remove it. */
int s3_drop(struct s3 *, struct err *);

#endif
