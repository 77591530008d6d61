/* hazard - why a change of a schema is dangerous. Each hazard is a row of one table: what it detects, what it locks,
 * why that hurts, what to do instead, and what it means for the way back. */
#ifndef SCHEMA_HAZARD_H
#define SCHEMA_HAZARD_H

#include "schema/diff.h"

enum hazard_class { HAZARD_DESTROYS, HAZARD_BLOCKS, HAZARD_OLD_CODE, HAZARD_NEW_CODE, HAZARD_CLASSES };

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
	const char *aliases;            /* what other tools call it: "squawk:ban-drop-column ..." or NULL */
};

extern const struct hazard hazard_table[];
extern const size_t hazard_count;
const struct hazard *hazard_find(const char *id);
const char *hazard_class_name(enum hazard_class);

/* Fill in each change's hazards, verdicts and locks. ALLOW: ids (or "id:object") that are accepted. */
void hazard_assess(struct diff *, const char *const *allow, size_t allow_count);

/* Take a class out again, where other evidence tells more about it. */
void hazard_forget(struct diff *, enum hazard_class);

/* What the whole difference amounts to. */
struct hazard_sum {
	size_t changes, counts[HAZARD_CLASSES];         /* changes with a hazard of the class */
	const char *compatibility;                      /* full, old-code-ok, needs-check, breaking */
	const char *rollback;                           /* code, restore */
};
struct hazard_sum hazard_sum(const struct diff *);

/* Classes of --fail-on: "destructive,blocking,old-code,new-code,any,none" to a set of bits. -1 "usage". */
int hazard_parse_classes(const char *list, unsigned *set, struct err *);

#endif
