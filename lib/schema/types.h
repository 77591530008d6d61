/* types - what a change of a column's type means: does it rewrite, can it lose, does a client see
 * it? */
#ifndef SCHEMA_TYPES_H
#define SCHEMA_TYPES_H

#include <stdbool.h>

struct types_change {
	bool rewrite;   /* the table and its indexes are written anew */
	bool scan;      /* read whole, under the same lock */
	bool narrow;    /* values may be refused, cut or changed */
	bool visible;   /* code that knew the old type may trip over the new one */
};

/* FROM and TO as format_type writes them; what is not known to be harmless counts as harmful. */
struct types_change types_compare(const char *from, const char *to);
/* Does the TimeZone of the session decide what a value becomes? */
bool types_cross_zone(const char *from, const char *to);

#endif
