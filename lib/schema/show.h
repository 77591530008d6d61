/* show - what was found, as result of a record, and as text for people and for other programs. */
#ifndef SCHEMA_SHOW_H
#define SCHEMA_SHOW_H

#include <stdio.h>

#include "schema/diff.h"
#include "schema/lint.h"

/* Either may be NULL. */
struct show {
	const struct diff *diff;
	const struct lint *lint;
};

/* The fields of handrail-record(5)'s result for schema-diff. */
void show_result(struct mem *, struct value *result, const struct diff *);

/* Forms; each writes the whole of it. */
void show_text(FILE *, const struct show *, bool colour);
void show_markdown(FILE *, const struct show *);
void show_sarif(FILE *, const struct show *);
void show_github(FILE *, const struct show *);
void show_gitlab(FILE *, const struct show *);

#endif
