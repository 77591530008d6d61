/* fault.c - faults on demand, in test builds only. */
#include "core/fault.h"

#ifdef HANDRAIL_FAULTS
#include <stdlib.h>
#include <string.h>

bool
fault_at(const char *name)
{
	const char *want = getenv("HANDRAIL_FAULT");
	size_t n = strlen(name);

	if (!want || strncmp(want, name, n) || want[n] != ',')
		return false;
	errno = (int)strtol(want + n + 1, NULL, 10);
	return true;
}
#endif
