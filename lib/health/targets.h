/* targets - the command line's TARGETs with the options that belong to each. */
#ifndef HEALTH_TARGETS_H
#define HEALTH_TARGETS_H

#include "health/probe.h"

/* An option given before the first target: a default for those that take it. */
struct targets_default {
	enum option option;
	const char *arg;
	bool used;
};

/* Zero-initialise with the mem. */
struct targets {
	struct mem *m;
	struct target **item;
	size_t count, room;
	struct targets_default *defaults;
	size_t default_count, default_room;
	/* --expect-version came last, without a value: the next word may be it */
	bool open;
};

/* In the order of the command line. */
int targets_add(struct targets *, const char *text, struct err *);
int targets_option(struct targets *, enum option, const char *arg, struct err *);
/* Add those of a file of JSON lines ("-" is not taken): {"target": TEXT, "option-name": VALUE, …},
 * VALUE a string, a number, true, or an array of strings; or {"argv": [TARGET, "--option=value",
 * …]} as in a record's result. */
int targets_from(struct targets *, const char *path, struct err *);
/* All are there: check each whole, and that no default was given in vain. */
int targets_check(struct targets *, struct err *);
/* Does one ask for the version of a manifest-bump record? */
bool targets_ask_upstream(const struct targets *);

#endif
