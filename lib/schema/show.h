/* show - what was found, as result of a record, and as text for people and for other programs. */
#ifndef SCHEMA_SHOW_H
#define SCHEMA_SHOW_H

#include <stdio.h>

#include "schema/alike.h"
#include "schema/finding.h"

struct show {
	const struct diff *diff;        /* NULL: only statements were looked at */
	const struct lint *lint;        /* NULL: none were */
	const struct findings *findings;
	const struct alikes *alike;     /* with diff: what looks like a rename */
};

/* The fields of handrail-record(5)'s result for schema-diff. */
void show_result(struct mem *, struct value *result, const struct show *);
/* What the whole amounts to, in one line. */
char *show_line(struct mem *, const struct show *);

/* Forms; each writes the whole of it. */
void show_text(FILE *, const struct show *, bool colour);
void show_markdown(FILE *, const struct show *);
void show_sarif(FILE *, const struct show *);
void show_github(FILE *, const struct show *);
void show_gitlab(FILE *, const struct show *);
/* Every hazard with its class, lock, reason, and what other tools call it. */
void show_hazards(FILE *);

#endif
