/* exec - stores that a command can dump: its standard output is the store. */
#ifndef SNAPSHOT_EXEC_H
#define SNAPSHOT_EXEC_H

#include "core/err.h"
#include "core/mem.h"
#include "core/proc.h"

/* The shell command that dumps OPERAND, for the option --NAME (mysql, mongo, redis, helm, compose),
 * and the one that loads that dump again in *RESTORE, NULL when there is none. NULL: its program is
 * not there, or OPERAND holds a password. */
char *exec_preset(struct mem *, const char *name, const char *operand, const char **restore,
    struct err *);

/* Run the shell command from the file IN, which is read from its beginning (-1: from nothing), into
 * the file OUT (-1: captured, and copied to our standard error). It ends with us, also when we are
 * killed. As proc_run. */
int exec_run(struct mem *, const char *command, int in, int out, struct proc_result *,
    struct err *);

#endif
