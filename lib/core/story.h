/* story - the steps of a stream: both records of each joined, in the order in which they began. */
#ifndef STORY_H
#define STORY_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"
#include "core/value.h"

struct story_step {
	const char *id, *step, *service, *release;
	const char *status;             /* of the closing record; "started" when there is none */
	const char *word, *message, *hint;      /* its error's, or NULL */
	const struct value *result;     /* NULL when the record holds none */
	const struct value *subject;
	const struct value *ci;
	long long begin, end;           /* ms since 1970; 0: the records do not tell */
	double seconds;                 /* -1: not told */
	/* the stream tells two ends of it, or of two steps under one id */
	bool twice;
	/* a record of another format, or with a status that is none */
	bool strange;
};

/* Zero-initialise with the mem: { .m = m }. */
struct story {
	struct mem *m;
	struct story_step *steps;
	size_t count, room;
};

/* Take in one record, in the order of the stream; what is no record is passed over. Of what
 * commands wrote only the last KEEP bytes are kept. */
void story_add(struct story *, const struct value *record, size_t keep);
/* All records are in: join and order them. */
void story_close(struct story *);

bool story_is(const struct story_step *, const char *status);
/* ok or unchanged */
bool story_is_done(const struct story_step *);
/* A command of the user, run by step-exec under whatever name; not one of the programs that say
 * what they did. */
bool story_is_command(const struct story_step *);

#endif
