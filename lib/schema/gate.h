/* gate - what a pull request changes in a directory of migrations, as git knows it. */
#ifndef SCHEMA_GATE_H
#define SCHEMA_GATE_H

#include "core/err.h"
#include "core/mem.h"

struct gate {
	const char *from, *to;          /* sources: git:BASE:DIR (or empty, when the base has no such directory), migrations:DIR */
	char **files;                   /* SQL files of DIR that are new or changed since the base */
	int file_count;
};

/* The base is where HEAD left BASE; without one, the branch that the CI run is to be merged into, else origin's default
 * branch, else main or master. Errors: FAIL_TROUBLE "no-base". */
int gate_find(struct mem *, const char *dir, const char *base, struct gate *, struct err *);

#endif
