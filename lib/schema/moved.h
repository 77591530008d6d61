/* moved - what the server does by itself when an extension moves to another schema: all that names
 * its types and functions then names them there. */
#ifndef SCHEMA_MOVED_H
#define SCHEMA_MOVED_H

#include "schema/model.h"

/* FROM as it reads once its extensions are in the schemas where TO has them; FROM itself when none
 * moves. The bodies of functions are texts: they stay as they are. */
struct model *moved_follow(struct mem *, struct model *from, const struct model *to);

#endif
