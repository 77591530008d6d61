/* s3 - objects in a bucket: of AWS, or of whatever $AWS_ENDPOINT_URL names. Credentials come from the environment alone
 * ($AWS_ACCESS_KEY_ID, $AWS_SECRET_ACCESS_KEY, $AWS_SESSION_TOKEN), the region from $AWS_REGION or
 * $AWS_DEFAULT_REGION. What fails for a moment (a cut connection, 429, 5xx) is tried again. */
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
/* The whole of FD, a regular file, as the object, which must not be there: in parts when it is large. It appears only
 * when every byte has arrived: the server compares sums, and then we do. What was begun is aborted on failure. */
int s3_put(struct s3 *, int fd, struct err *);
/* The object into FD. */
int s3_get(struct s3 *, int fd, struct err *);
/* Remove it. */
int s3_drop(struct s3 *, struct err *);

#endif
