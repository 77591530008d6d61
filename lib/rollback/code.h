/* code - where the old release's code mentions a name: whole words, thousands of names in one
 * pass. */
#ifndef ROLLBACK_CODE_H
#define ROLLBACK_CODE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

struct code;

enum { CODE_SHOWN = 20 };               /* places kept for each name */

struct code_place {
	const char *file;               /* below the tree that was given */
	long line;
	bool admin;                     /* matched by an --admin-path */
};

struct code_hits {
	long live, admin;               /* lines that mention the name */
	struct code_place places[CODE_SHOWN];
	size_t shown;
};

struct code *code_new(struct mem *, const char *const *admin_globs, size_t glob_count);
/* A name to look for; compared without case, as SQL folds it. Names added twice count once. */
void code_want(struct code *, const char *name);
/* Search a directory tree (links are not followed; version control's folders are left out), or an
 * image archive. */
int code_search(struct code *, const char *tree, struct err *);
/* What was found of NAME; NULL when it was not looked for. */
const struct code_hits *code_hits(const struct code *, const char *name);
/* Why a name that was not found may be used all the same, as a sentence: nothing was there to be
 * searched, or a program that is compiled. NULL: what was searched is all there is. */
const char *code_blind(const struct code *);
long long code_bytes(const struct code *);
long code_files(const struct code *);

#endif
