/* remote - what of a request only the registry can answer. */
#ifndef REMOTE_H
#define REMOTE_H

#include "core/err.h"
#include "core/mem.h"
#include "manifest/policy.h"

enum remote_newest { REMOTE_NAMED, REMOTE_PATCH, REMOTE_MINOR, REMOTE_ANY };

/* How far "newest-patch", "newest-minor" or "newest" may go; REMOTE_NAMED for other words. */
enum remote_newest remote_word(const char *to);

struct remote_wish {
	enum remote_newest newest;      /* find the version */
	bool released;                  /* take the registry's tags for the list of releases */
	bool verify;                    /* the tag must be there */
	bool digest;                    /* look the digest up */
};

/* Fulfil WISH for IMAGE, pinned at OLD. *TAG is the new tag, and is set when it is to be found (to
 * OLD when nothing is newer); *DIGEST is set when wished; POLICY gets the list of releases. Errors:
 * those of registry. */
int remote_ask(struct mem *, const struct remote_wish *, const char *image, const struct family *,
    const char *old, const char **tag, const char **digest, struct policy *, struct err *);

#endif
