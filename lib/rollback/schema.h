/* schema - can the old code live with the new schema? Judged from schema-diff's records and the old
 * code. */
#ifndef ROLLBACK_SCHEMA_H
#define ROLLBACK_SCHEMA_H

#include <stdbool.h>

#include "rollback/code.h"
#include "rollback/evidence.h"
#include "rollback/sentences.h"

struct schema_judgement {
	struct sentences breaking;      /* why not */
	struct sentences bearable;      /* what changed and can be lived with */
	struct sentences checks;        /* what to look at afterwards */
};

/* Name what the old code must be searched for. */
void schema_want(const struct evidence *, struct code *);
/* APPLIED: migrations ran, so that a schema-diff record is needed. CODE may be NULL. */
void schema_judge(struct mem *, const struct evidence *, const struct code *, bool applied,
    struct schema_judgement *);

#endif
