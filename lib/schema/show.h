/* show - a difference as result of a record, and as text for people and for other programs. */
#ifndef SCHEMA_SHOW_H
#define SCHEMA_SHOW_H

#include <stdio.h>

#include "schema/diff.h"

/* The fields of handrail-record(5)'s result for schema-diff. */
void show_result(struct mem *, struct value *result, const struct diff *);

/* Forms; each writes the whole of it. GATE holds the bits of the classes that fail. */
void show_text(FILE *, const struct diff *, bool colour);
void show_markdown(FILE *, const struct diff *);
void show_sarif(FILE *, const struct diff *);
void show_github(FILE *, const struct diff *);
void show_gitlab(FILE *, const struct diff *);

#endif
