/* hazard - why a change of a schema is dangerous. Each hazard is a row of one table: what it
 * detects, what it locks, why that hurts, what to do instead, and what it means for the way
 * back. */
#ifndef SCHEMA_HAZARD_H
#define SCHEMA_HAZARD_H

#include "schema/diff.h"

enum hazard_class {
	HAZARD_DESTROYS,
	HAZARD_BLOCKS,
	HAZARD_OLD_CODE,
	HAZARD_NEW_CODE,
	HAZARD_ADVICE,
	HAZARD_CLASSES
};

struct hazard {
	const char *id;                 /* "drop-column": never changes its meaning */
	enum hazard_class class;
	enum diff_verdict verdict;      /* for old and new code: breaking, or only to be checked */
	enum diff_action action;        /* what it detects ... */
	enum model_kind kind;
	enum model_prop prop;           /* of alterations; MODEL_PROPS: any */
	bool (*when)(const struct diff *, const struct diff_change *);  /* NULL: always */
	const char *lock;               /* on the table, as measured; NULL: none that matters */
	bool rewrite, scan;
	const char *why, *instead;
	const char *back;               /* consequence for going back */
	const char *aliases; /* what other tools call it: "squawk:ban-drop-column ..." or NULL */
};

extern const struct hazard hazard_table[];
extern const size_t hazard_count;
const struct hazard *hazard_find(const char *id);
const char *hazard_class_name(enum hazard_class);

/* What is accepted: HAZARD[:OBJECT][=REASON] each, OBJECT a pattern. */
struct hazard_allow {
	const char *const *item;
	size_t count;
};
/* Is H called NAME: by its id, or as another tool calls it ("squawk:ban-drop-column",
 * "ban-drop-column")? */
bool hazard_is_called(const struct hazard *, const char *name, size_t len);
/* Error "usage" with the nearest names when no hazard is called so. */
int hazard_check_name(const char *name, size_t len, struct err *);
int hazard_check_allow(const struct hazard_allow *, struct err *);
/* The reason, "--allow" where none is given, when H of OBJECT (NULL: of nothing) is accepted; else
 * NULL. */
const char *hazard_allowed(struct mem *, const struct hazard *, const char *object,
    const struct hazard_allow *);

/* Fill in each change's hazards, verdicts and locks. What is accepted is a hazard all the same, but
 * none for a gate. */
void hazard_assess(struct diff *, const struct hazard_allow *);

/* What the whole difference amounts to. */
struct hazard_sum {
	size_t changes,
	    counts[HAZARD_CLASSES]; /* changes with a hazard of the class that is not accepted */
	const char *compatibility;  /* full, old-code-ok, needs-check, breaking */
	const char *rollback;                           /* code, restore */
};
struct hazard_sum hazard_sum(const struct diff *);

/* Classes of --fail-on to a set of bits: one for each class, of old and new code what breaks it;
 * and these. -1 "usage". */
enum { HAZARD_SET_CHECK = 1 << HAZARD_CLASSES, HAZARD_SET_ANY = 2 << HAZARD_CLASSES };
int hazard_parse_classes(const char *list, unsigned *set, struct err *);
/* Is H in the set? */
bool hazard_in(const struct hazard *, unsigned set);

#endif
