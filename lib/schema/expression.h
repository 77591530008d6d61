/* expression - expressions as the server prints them, and as it prints them once more after it has
 * read its own print. col IN ('a', 'b') on a varchar becomes col::text = ANY ((ARRAY['a'::character
 * varying, …])::text[]), and that, when a dump is restored, ANY (ARRAY[('a'::character
 * varying)::text, …]): two texts, one meaning. */
#ifndef SCHEMA_EXPRESSION_H
#define SCHEMA_EXPRESSION_H

#include <stdbool.h>

#include "core/mem.h"

/* The form in which both look the same; TEXT itself where it is so already. */
const char *expression_settle(struct mem *, const char *text);
/* The form that makes the server print TEXT. */
const char *expression_write(struct mem *, const char *text);
/* Equal, but for what settling does? NULL equals NULL alone. */
bool expression_same(const char *a, const char *b);

/* Equal, but for parentheses, casts, blanks and capitals? Two prints of one expression differ in no
 * more. */
bool expression_alike(const char *a, const char *b);

#endif
