/* pattern - names of tables as pg_dump and psql take them: log_*, audit.*, "Quoted".notes. */
#ifndef SNAPSHOT_PATTERN_H
#define SNAPSHOT_PATTERN_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"

struct pattern {
	/* regular expressions of the server; schema: "" when none is named: those that the
	 * search_path shows */
	const char *schema, *name;
	bool exact;             /* it can match one name only */
};

/* * is any text and ? any character, what is special in a regular expression is so here, letters
 * are folded to lower case; inside double quotes each stands for itself. Error "usage". */
int pattern_parse(struct mem *, const char *text, struct pattern *, struct err *);

#endif
