/* scenario - how far back a rollback must reach: a table of rules, each of which can only raise the
 * answer. */
#ifndef ROLLBACK_SCENARIO_H
#define ROLLBACK_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>

#include "core/mem.h"
#include "rollback/code.h"
#include "rollback/evidence.h"
#include "rollback/sentences.h"

enum scenario {
	SCENARIO_NONE,          /* nothing was changed that needs to go back */
	SCENARIO_CODE,          /* the code alone */
	SCENARIO_CAVEATS,       /* the code, with caveats and checks */
	SCENARIO_RESTORE,       /* the data, too */
};

enum scenario_writes { WRITES_UNKNOWN, WRITES_NONE, WRITES_WINDOW };

struct scenario_reason {
	const char *rule;               /* stable word */
	enum scenario floor;            /* no lower than this because of it */
	const char *text;
};

struct scenario_given {
	const struct evidence *evidence;
	const struct evidence_names *names;
	const struct code *code;        /* references of the old code, or NULL */
	enum scenario_writes writes;
	bool consistent;                /* the data must be exactly as before the release */
	bool in_place;                  /* there is no room or no right for a second database */
	/* go down by migrations where that is proven to lose nothing */
	bool down;
};

struct scenario_verdict {
	struct mem *m;
	enum scenario scenario;
	/* none, code, down, restore-swap, restore-in-place, restore-new-instance, forward-fix */
	const char *strategy;
	const char *why_no_restore;     /* with forward-fix */
	struct scenario_reason *reasons;
	size_t reason_count, reason_room;
	struct sentences caveats;       /* what to know or check afterwards */
	bool new_instance;              /* the server itself cannot go back over its data */
	bool in_place;
	bool stops;                     /* the service stands still while data go back */
	const struct story_step *down;  /* the run whose way down is proven, or NULL */
};

struct scenario_verdict *scenario_decide(struct mem *, const struct scenario_given *);

#endif
