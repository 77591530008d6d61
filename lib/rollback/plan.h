/* plan - the ordered steps of the way back. */
#ifndef ROLLBACK_PLAN_H
#define ROLLBACK_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "core/digest.h"
#include "core/mem.h"
#include "core/value.h"
#include "rollback/evidence.h"
#include "rollback/loss.h"
#include "rollback/scenario.h"

struct plan_step {
	const char *id;                 /* [a-z0-9-], unique in the plan */
	const char *title;
	const char **argv;              /* NULL: for a person to do, as BY_HAND says */
	size_t argc;
	const char *by_hand;
	const char *image;              /* old, new, none: which version of the service runs it */
	/* a command; the step is done already when its output holds EXPECT */
	const char **check;
	size_t check_argc;
	const char *expect;
	const char *needs;              /* id of the step before, or NULL */
	const char *input;              /* id of the step whose records it reads, or NULL */
	/* of the environment, that must hold the connection; or NULL */
	const char *variable;
	/* what a killed run of it leaves, to be removed before it runs, or NULL */
	const char *half_made;
	const char *undo;               /* what takes it back, in words */
	double min, max;                /* seconds */
	/* the seconds are a range from experience, not from the records */
	bool published;
	bool irreversible;
	bool preflight;                 /* harmless: looks only */
	/* the look is pointless once this step is done; NULL: the last restore */
	const char *until;
	/* may leave processes behind that must not hold the script's lock */
	bool keeps_running;
	/* the script's own function that counts what is lost of this store */
	const struct evidence_store *counted;
};

struct plan {
	struct mem *m;
	const struct evidence *evidence;
	struct scenario_verdict *verdict;
	struct plan_step *steps;
	size_t step_count, step_room;
	struct sentences verify;        /* what a person looks at when the old version runs */
	struct sentences next;          /* what the next attempt must know */
	/* filled in after the plan is made: it is not part of the digest */
	struct loss loss;
	double min, max;
	char digest[DIGEST_HEX];
};

/* What the command line adds: the environment variable that holds a store's connection at run
 * time. */
struct plan_connection {
	const char *store;              /* NULL: every store that has no own */
	const char *variable;
};

/* What runs the service. */
enum plan_platform { PLATFORM_COMMAND, PLATFORM_COMPOSE, PLATFORM_HELM, PLATFORM_KUBERNETES };

/* What holds connections to the data: "deployment/redmine" at 2 replicas, or a service of
 * compose. */
struct plan_workload {
	const char *name;
	int replicas;
};

struct plan_options {
	const struct evidence_names *names;
	const struct plan_connection *connections;
	size_t connection_count;
	enum plan_platform platform;
	const struct plan_workload *workloads;
	size_t workload_count;
	const char *namespace;          /* of Kubernetes, or NULL */
	const char *helm_release, *helm_revision;       /* or NULL */
};

struct plan *plan_make(struct mem *, const struct evidence *, struct scenario_verdict *,
    const struct plan_options *);
/* The plan as the result of a record. */
void plan_fill(const struct plan *, struct mem *, struct value *result);
/* And what a restore would lose, where that was counted. */
void plan_fill_loss(const struct plan *, struct mem *, struct value *result);
/* "restore the data (3)" and the like, for people. */
const char *plan_scenario_name(enum scenario);

#endif
