/* stream - reads the release records on standard input to their end and passes them on byte for
 * byte. */
#ifndef STREAM_H
#define STREAM_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

/* A step that is upstream and how it ended. */
struct stream_step {
	const char *step, *service, *status;    /* service: NULL when the record names none */
};

/* What the records upstream amount to. Zero-initialise; strings live in the mem given to
 * stream_read. */
struct stream {
	long long lines;
	char *release, *service;        /* of the newest record that names one, else NULL */
	char *blocker;                  /* why later steps must refuse: one sentence, else NULL */
	char *blocker_word;             /* "upstream-failed" or "upstream-unfinished" */
	struct stream_step *steps;      /* distinct */
	size_t step_count, step_room;
};

/* Called for each record passed on (repeats are not). RECORD dies after the call: value_keep what
 * must stay. */
typedef int stream_see(void *arg, const struct value *record, struct err *);

/* Read IN to its end; pass every line to OUT (-1: nowhere), dropping exact repeats, and ending the
 * last with a newline. SEE may be NULL. Errors: FAIL_TROUBLE "bad-input" (not a record, truncated,
 * same id and status with another body; with the line number), "output" (OUT cannot be written),
 * "cancelled". */
int stream_read(struct mem *, struct stream *, int in, int out, stream_see *see, void *arg,
    struct err *);

/* Is a record of STEP with status ok or unchanged (or planned, when PLANNED) there for SERVICE
 * (NULL: any)? */
bool stream_has(const struct stream *, const char *step, const char *service, bool planned);

#endif
