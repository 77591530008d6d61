/* secret - words that must never be printed; messages and captured output are washed of them. */
#ifndef SECRET_H
#define SECRET_H

#include <stddef.h>

/* Remember a secret (a password). Words under 4 bytes are not remembered: washing them would eat
 * text. */
void secret_add(const char *);
/* Remember the passwords that the environment holds: those inside any URL, and the values of
 * variables whose names end in PASSWORD, _TOKEN or _SECRET. */
void secret_add_environment(void);
/* Remember the passwords inside TEXT: of a URL ("scheme://user:password@host"), of a conninfo
 * ("password=…"). */
void secret_add_inside(const char *text);
/* Overwrite each secret in TEXT with asterisks, in place, its length kept; LEN bytes. */
void secret_wash(char *text, size_t len);

#endif
