/* arguments - those of a function, as pg_get_function_arguments writes them; NULL: none. */
#ifndef SCHEMA_ARGUMENTS_H
#define SCHEMA_ARGUMENTS_H

#include "schema/model.h"

/* Does CREATE OR REPLACE make NEW of OLD: names are only given where there were none, and no
 * default is gone? Then old calls are taken as before, too, if no other function is as near. */
bool arguments_kept(const char *old, const char *new);
/* Has one that had a default another one now? */
bool arguments_default_changed(const char *old, const char *new);
/* A function that both models have and that some calls, which left out what NEW has a default for,
 * fit no better than NEW now, so that they fail; NULL: there is none. OLD: NEW as it was, or
 * NULL. */
const struct model_object *arguments_rival(const struct model *from, const struct model *to,
    const struct model_object *old, const struct model_object *new);

#endif
