/* record - writes one step's own records: handrail-record(5). */
#ifndef RECORD_H
#define RECORD_H

#include "core/mem.h"
#include "core/value.h"

enum { RECORD_ID = 27 };        /* 26 characters and a NUL */

/* A new ULID (github.com/ulid/spec): 48 bits of time, 80 random bits, Crockford's base 32. Returns
 * ID. */
char *record_new_id(char id[RECORD_ID]);
/* "handrail 0.1.0" */
const char *record_tool(void);
/* The run that this process is part of, from the environment of GitHub Actions or GitLab CI; NULL
 * elsewhere. */
struct value *record_ci(struct mem *);

#endif
