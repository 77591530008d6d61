/* gate - what a pull request changes in a directory of migrations, as git knows it. */
#ifndef SCHEMA_GATE_H
#define SCHEMA_GATE_H

#include <stdbool.h>

#include "schema/lint.h"

struct gate {
	const char *top;                /* of the working tree */
	const char *from; /* git:BASE:DIR, DIR as seen from top; or empty, when the base has no such
			     directory */
	char **files;     /* SQL files of DIR that are new or changed since the base */
	bool *modified;                 /* each: was there before, with another text */
	int file_count;
	bool idle;                      /* HEAD is the base, and nothing of DIR is new or changed */
};

/* The base is where HEAD left BASE; without one, of a merge commit that GitHub made for a pull
 * request its first parent, else the branch that the CI run is to be merged into, else origin's
 * default branch, else main or master. When DIR had another name there, that is taken. Errors:
 * FAIL_TROUBLE "not-found", "no-base". */
int gate_find(struct mem *, const char *dir, const char *base, struct gate *, struct err *);

/* Of what migrate-apply says that it applied, what comes from these files; each with its path. */
const struct value *gate_observed(struct mem *, const struct gate *, const struct value *applied);
/* New files that are not among what migrate-apply applied are findings. */
void gate_not_run(struct lint *, const struct gate *, const struct value *applied,
    const struct hazard_allow *);
/* What REFUSED (of struct source) says of DIR's files is a finding, too. */
void gate_lint(struct lint *, const struct gate *, const char *dir, const struct value *refused,
    const struct hazard_allow *);

#endif
