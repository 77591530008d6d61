/* script - the plan as a shell script that can be killed anywhere and run again. */
#ifndef ROLLBACK_SCRIPT_H
#define ROLLBACK_SCRIPT_H

#include <stdio.h>

#include "rollback/plan.h"

/* TEXT as one word of sh, in MEM; plain words stay plain. */
char *script_quote(struct mem *, const char *text);
void script_write(const struct plan *, FILE *);

#endif
