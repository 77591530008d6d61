/* estimate.c - adds up what was observed. */
#include <math.h>
#include <string.h>

#include "migrate/estimate.h"

/* Do two locks on one relation say the same? */
static bool
is_lock(const struct value *a, const struct value *b)
{
	const char *r = value_get_string(a, "relation"), *s = value_get_string(b, "relation"),
	    *m = value_get_string(a, "mode"), *n = value_get_string(b, "mode");

	return r && s && m && n && !strcmp(r, s) && !strcmp(m, n);
}

static bool
takes(const struct value *statement, const struct value *lock)
{
	const struct value *locks = value_get(statement, "locks");

	for (size_t i = 0; i < value_count(locks); i++)
		if (is_lock(value_item(locks, i), lock))
			return true;
	return false;
}

static double
held(const struct value *statements, const struct value *lock, bool apart)
{
	double sum = 0, most = 0;
	bool since = false;

	for (size_t i = 0; i < value_count(statements); i++) {
		const struct value *s = value_item(statements, i);
		double seconds = value_real(value_get(s, "seconds"), 0);
		bool here = takes(s, lock);

		since = since || here;
		sum += since ? seconds : 0;
		most = here ? fmax(most, seconds) : most;
	}
	return apart ? most : sum;
}

void
migrate_estimate_locks(struct mem *m, struct value *seen, bool apart)
{
	const struct value *locks = value_get(seen, "locks"),
			   *statements = value_get(seen, "statements");
	struct value *timed = value_array(m);

	for (size_t i = 0; i < value_count(locks); i++) {
		const struct value *lock = value_item(locks, i);
		struct value *v = value_add_object(m, timed);

		value_set(v, "relation", value_get(lock, "relation"));
		value_set(v, "mode", value_get(lock, "mode"));
		value_set_real(v, "seconds", held(statements, lock, apart));
	}
	value_set(seen, "locks", timed);
}

static bool
blocks_reads(const char *mode)
{
	return !strcmp(mode, "AccessExclusiveLock");
}

static bool
blocks_writes(const char *mode)
{
	return blocks_reads(mode) || !strcmp(mode, "ExclusiveLock") ||
	    !strcmp(mode, "ShareRowExclusiveLock") || !strcmp(mode, "ShareLock");
}

/* The longest of the file's locks that block so. */
static double
longest(const struct value *file, bool (*blocks)(const char *))
{
	const struct value *locks = value_at(file, "observed.locks");
	double most = 0;

	for (size_t i = 0; i < value_count(locks); i++) {
		const struct value *lock = value_item(locks, i);
		const char *mode = value_get_string(lock, "mode");

		if (mode && blocks(mode))
			most = fmax(most, value_real(value_get(lock, "seconds"), 0));
	}
	return most;
}

static int64_t
rows(const struct value *file)
{
	const struct value *r = value_at(file, "observed.rows");

	return value_get_int(r, "inserted", 0) + value_get_int(r, "updated", 0) +
	    value_get_int(r, "deleted", 0);
}

void
migrate_estimate(struct mem *m, struct value *to, const struct value *applied)
{
	double seconds = 0, reads = 0, writes = 0;
	int64_t changed = 0, rewrites = 0;
	struct value *v = value_set_object(m, to, "estimate");

	for (size_t i = 0; i < value_count(applied); i++) {
		const struct value *file = value_item(applied, i);

		seconds += value_real(value_get(file, "seconds"), 0);
		reads += longest(file, blocks_reads);
		writes += longest(file, blocks_writes);
		rewrites += (int64_t)value_count(value_at(file, "observed.rewrites"));
		changed += rows(file);
	}
	value_set_real(v, "seconds", seconds);
	value_set_real(v, "blocks_reads", reads);
	value_set_real(v, "blocks_writes", writes);
	value_set_int(v, "rewrites", rewrites);
	value_set_int(v, "rows", changed);
}

char *
migrate_estimate_line(struct mem *m, const struct value *file)
{
	const struct value *locks = value_at(file, "observed.locks"),
			   *rewrites = value_at(file, "observed.rewrites");
	struct mem_text t = { .m = m };

	mem_text_fmt(&t, "%.3f s", value_real(value_get(file, "seconds"), 0));
	for (size_t i = 0; i < value_count(locks); i++) {
		const struct value *lock = value_item(locks, i);

		mem_text_fmt(&t, ", %s on %s for %.3f s", value_get_string(lock, "mode"),
		    value_get_string(lock, "relation"), value_real(value_get(lock, "seconds"), 0));
	}
	for (size_t i = 0; i < value_count(rewrites); i++)
		mem_text_fmt(&t, ", rewrites %s", value_string(value_item(rewrites, i)));
	if (rows(file))
		mem_text_fmt(&t, ", changes %lld rows", (long long)rows(file));
	return t.text;
}
