/* wait_table - the targets as a table: live on a terminal, and as a form. */
#ifndef HEALTH_WAIT_TABLE_H
#define HEALTH_WAIT_TABLE_H

#include <stdio.h>

#include "health/wait.h"

struct wait_table {
	int drawn;              /* lines that the next drawing goes over */
};

/* Can standard error take a live table? */
bool wait_table_fits(void);
/* Draw on standard error, over what was drawn before: those that are not good first, as many as
 * fit. */
void wait_table_draw(struct wait_table *, const struct wait *, size_t count);
/* The last drawing; nothing is left of it when standard output is the terminal, too, where the form
 * says the same. */
void wait_table_end(struct wait_table *, const struct wait *, size_t count);
/* All of them, plain. */
void wait_table_print(FILE *, const struct wait *, size_t count);

#endif
