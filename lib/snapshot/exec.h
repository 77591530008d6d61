/* exec - stores that a command can dump: its standard output is the store. */
#ifndef SNAPSHOT_EXEC_H
#define SNAPSHOT_EXEC_H

#include "core/err.h"
#include "core/mem.h"

/* The shell command that dumps OPERAND, for the option --NAME (mysql, mongo, redis, helm, compose). NULL: its program
 * is not there, or OPERAND holds a password. */
char *exec_preset_command(struct mem *, const char *name, const char *operand, struct err *);

#endif
