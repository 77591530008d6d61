/* reference - an image reference and where its parts stand, through ${VARIABLE:-default} and {{
 * templates }}. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"

struct reference_part {
	size_t at, len;         /* bytes of the text that was parsed */
	bool there;
};

struct reference {
	struct reference_part name, tag, digest;        /* the digest with its "sha256:" */
	/* The variable whose default holds the tag, or that hides it; { 0 } when there is none. */
	struct reference_part variable;
	/* repo:v${TAG}-alpine: what stands around the one variable in the tag */
	struct reference_part front, behind;
	bool indirect;          /* the tag is not in this text, but in VARIABLE's value */
	bool whole;             /* VARIABLE holds the whole reference, not only the tag */
};

/* Parse LEN bytes: repo:tag, host:5000/repo:tag@sha256:…, ${X:-repo:tag}, repo:${TAG:-1.2},
 * ${X}. */
struct reference reference_parse(const char *, size_t len);
/* Parse a value that is but the tag: 1.2@sha256:…, v${TAG:-1.2}-alpine. */
struct reference reference_parse_version(const char *, size_t len);
/* Is NAME the image that WANTED names? Exactly (docker.io/library/ left out), or a tail of its
 * path. */
bool reference_is(const char *name, size_t len, const char *wanted);

#endif
