/* wait - probes all targets until all are good at once for long enough, or time is over. */
#ifndef HEALTH_WAIT_H
#define HEALTH_WAIT_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "health/targets.h"

/* Where one target stands. */
struct wait_target {
	const struct target *target;
	struct sight last;              /* state "" before the first attempt has ended */
	/* its last attempt was, and as many before it as are asked */
	bool good;
	bool final;                     /* it has come to a state that waiting cannot change */
	int attempts, flaps;            /* attempts begun; how often it was good and then not */
	/* seconds after the start when it was good first; < 0: never */
	double first_good;
	double took;                    /* seconds of the last attempt */
};

enum wait_news {
	WAIT_CHANGE,                    /* a target's state is another one */
	WAIT_GOOD,                      /* a target became good */
	WAIT_TICK,                      /* some time has passed (TARGET is NULL) */
};

struct wait_spec {
	const struct targets *targets;
	const char *version;            /* of the newest manifest-bump record upstream, or NULL */
	double timeout, stable_for;
	bool fail_fast;
	double tick;                    /* seconds between WAIT_TICKs */
	void (*news)(void *, enum wait_news, const struct wait_target *);
	void *arg;
};

enum wait_verdict { WAIT_HEALTHY, WAIT_DEADLINE, WAIT_HOPELESS, WAIT_STOPPED };

struct wait;

struct wait *wait_new(struct mem *, const struct wait_spec *, struct err *);
/* To the end; nothing of what was begun is left then. */
enum wait_verdict wait_run(struct wait *);
const struct wait_target *wait_target(const struct wait *, size_t i);
double wait_seconds(const struct wait *);
/* For how long all have been good; 0: they are not. */
double wait_stable(const struct wait *);

#endif
