/* fault - named places where a test build can make a call fail: HANDRAIL_FAULT=name,ERRNO (a
 * number). Outside test builds (FLAVOUR=asan has them) this is nothing at all. */
#ifndef FAULT_H
#define FAULT_H

#include <errno.h>
#include <stdbool.h>

#ifdef HANDRAIL_FAULTS
/* True, with errno set, when the environment asks for a fault at NAME. */
bool fault_at(const char *name);
#else
static inline bool
fault_at(const char *name)
{
	(void)name;
	return false;
}
#endif

#endif
