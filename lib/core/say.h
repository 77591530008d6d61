/* say - what is told to people, on standard error: each line begins with the program's name, and
 * holds no secret. */
#ifndef SAY_H
#define SAY_H

#include "core/err.h"

/* TEXT, of one line or several, in one write. */
void say_text(const char *program, const char *text);
/* An error, and what to do about it. */
void say_error(const char *program, const struct err *);

#endif
