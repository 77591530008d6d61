/* near.c - Levenshtein's distance, row by row. */
#include <stdint.h>
#include <string.h>

#include "core/near.h"

enum { LONGEST = 64 };

size_t
near_distance(const char *a, size_t n, const char *b)
{
	size_t row[LONGEST + 1], m = strlen(b);

	if (m > LONGEST)
		return SIZE_MAX;
	for (size_t j = 0; j <= m; j++)
		row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			size_t best = corner + (a[i - 1] != b[j - 1]);

			corner = row[j];
			if (row[j] + 1 < best)
				best = row[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[m];
}
