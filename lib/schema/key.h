/* key - plain unique keys: PRIMARY KEY, UNIQUE, and unique indexes that are nothing more. */
#ifndef SCHEMA_KEY_H
#define SCHEMA_KEY_H

#include "schema/model.h"

/* What holds the same columns of O's table unique in MO, under whatever name; NULL: nothing does,
 * or O is no plain key. */
const struct model_object *key_same(const struct model *mo, const struct model_object *o);

/* Do both hold the same columns unique, in whatever order? */
bool key_equal(const struct model_object *, const struct model_object *);
/* The unique index of FROM that can become the new constraint of TO as it stands: USING INDEX. */
const struct model_object *key_index(const struct model *from, const struct model *to,
    const struct model_object *constraint);
/* The constraint of TO that the index of FROM becomes. */
const struct model_object *key_constraint(const struct model *from, const struct model *to,
    const struct model_object *index);

#endif
