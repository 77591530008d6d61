/* verify - proves generated SQL: applied to a copy of FROM, it must give TO. */
#ifndef SCHEMA_VERIFY_H
#define SCHEMA_VERIFY_H

#include "schema/ddl.h"
#include "schema/source.h"

/* A scratch database with the schema of FROM: a copy of its own one, else made by SQL of our own
 * and compared. Its name. */
const char *verify_copy(struct source_set *, const struct source *from, const struct model_filter *,
    struct err *);

/* Apply S to a scratch copy of FROM (of its scratch database, else made by SQL of our own) and
 * compare with TO, both reduced by F. What no SQL does, and only shows now, is added to the rest of
 * S. Errors: FAIL_TROUBLE "verification": a statement failed, or
 * something still differs. */
int verify_statements(struct source_set *, const struct source *from, const struct model *to,
    struct ddl *, const struct model_filter *f, struct err *);

#endif
