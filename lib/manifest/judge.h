/* judge - what going from one version to another means, without any file. */
#ifndef JUDGE_H
#define JUDGE_H

#include <stdio.h>

#include "manifest/bump.h"

/* Print it by the policy of the request, a line of JSON: {image, old, new, order, bump,
 * same_variant, verdict, note}. */
void judge_print(FILE *out, const struct bump_request *, const char *image, const char *old,
    const char *new);
/* The same for each line "IMAGE tab OLD tab NEW" of IN; empty ones and those that begin with # are
 * passed over. Errors: "bad-input" with the line's number, or those of reading. */
int judge_lines(FILE *in, FILE *out, const struct bump_request *, struct err *);

#endif
