/* rows.c - rows of COPY's text form: a newline inside a value is escaped, so each newline ends a
 * row. */
#include <string.h>
#include <xxhash.h>

#include "snapshot/rows.h"

struct rows {
	XXH3_state_t *part;     /* the beginning of a row whose end has not come */
	size_t part_len;
	int64_t count;
	uint64_t sum;
};

static void
drop(void *arg)
{
	struct rows *r = arg;

	XXH3_freeState(r->part);
}

struct rows *
rows_new(struct mem *m)
{
	struct rows *r = mem_zero(m, 1, sizeof *r);

	r->part = mem_must(XXH3_createState());
	return mem_own(m, r, drop);
}

void
rows_begin(struct rows *r)
{
	r->part_len = 0;
	r->count = 0;
	r->sum = 0;
}

void
rows_add_part(struct rows *r, const char *s, size_t len)
{
	if (!len)
		return;
	if (!r->part_len)
		XXH3_64bits_reset(r->part);
	XXH3_64bits_update(r->part, s, len);
	r->part_len += len;
}

void
rows_add_zeros(struct rows *r, size_t len)
{
	static const char zeros[1 << 14];

	for (size_t n; len; len -= n)
		rows_add_part(r, zeros, n = len < sizeof zeros ? len : sizeof zeros);
}

void
rows_add(struct rows *r, const char *s, size_t len)
{
	const char *end;

	for (; (end = memchr(s, '\n', len)); len -= (size_t)(end + 1 - s), s = end + 1) {
		if (r->part_len) {
			rows_add_part(r, s, (size_t)(end - s));
			r->sum += XXH3_64bits_digest(r->part);
			r->part_len = 0;
		} else {
			r->sum += XXH3_64bits(s, (size_t)(end - s));
		}
		r->count++;
	}
	rows_add_part(r, s, len);
}

int64_t
rows_count(const struct rows *r)
{
	return r->count;
}

uint64_t
rows_sum(const struct rows *r)
{
	return r->sum;
}
