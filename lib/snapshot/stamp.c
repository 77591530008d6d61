/* stamp.c - compares names that hold a time. */
#include <ctype.h>
#include <string.h>

#include "snapshot/stamp.h"

bool
stamp_alike(const char *file, const char *name, const char *stamp)
{
	for (const char *p = name; *p; p++, file++)
		if (stamp && p >= stamp && p < stamp + STAMP_LEN && isdigit((unsigned char)*p) ?
			!isdigit((unsigned char)*file) :
			*file != *p)
			return false;
	return true;
}
