/* finding_result.c - what a finding costs, how many were found, what the record says of them. */
#include <ctype.h>

#include "schema/finding.h"

static const char *
size_text(struct mem *m, const struct model_object *table)
{
	static const char *const units[] = { "B", "kB", "MB", "GB", "TB" };
	double n = table ? (double)table->bytes : 0;
	int u = 0;

	if (n < 1 << 20)
		return "";
	for (; n >= 1024 && u < 4; u++)
		n /= 1024;
	return mem_fmt(m, "%.3g %s (%lld rows)", n, units[u], (long long)table->rows);
}

/* "AccessExclusive" as SQL writes it: ACCESS EXCLUSIVE. */
static const char *
lock_text(struct mem *m, const char *lock)
{
	struct mem_text t = { .m = m };

	for (const char *p = lock; *p; p++)
		mem_text_fmt(&t, "%s%c", p > lock && isupper((unsigned char)*p) ? " " : "",
		    toupper((unsigned char)*p));
	return t.text;
}

/* "rewrites 41 GB (12000 rows) under ACCESS EXCLUSIVE" */
static const char *
cost(struct mem *m, const struct hazard *h, const char *lock, const struct model_object *table)
{
	const char *size = size_text(m, table);

	if (!*size || h->class != HAZARD_BLOCKS)
		return size;
	return mem_fmt(m, "%s%s%s%s",
	    h->rewrite  ? "rewrites " :
		h->scan ? "reads " :
			  "",
	    size, lock ? " under " : "", lock ? lock_text(m, lock) : "");
}

void
finding_set_size(struct mem *m, struct finding *f, const struct model_object *table)
{
	f->size = cost(m, f->hazard, f->lock, table);
	f->rows = table ? table->rows : 0;
	f->bytes = table ? table->bytes : 0;
}

size_t
finding_count(const struct findings *all, enum hazard_class class)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += all->item[i].hazard->class == class && !all->item[i].allowed;
	return n;
}

size_t
finding_count_in(const struct findings *all, unsigned set)
{
	size_t n = 0;

	for (size_t i = 0; i < all->count; i++)
		n += !all->item[i].allowed && hazard_in(all->item[i].hazard, set);
	return n;
}

const char *
finding_witness(unsigned witnesses, size_t i)
{
	static const char *const names_of[] = { "sql", "catalog", "observed" };

	for (size_t k = 0; k < 3; k++)
		if (witnesses & 1u << k && !i--)
			return names_of[k];
	return NULL;
}

void
finding_result(struct mem *m, struct value *result, const struct findings *all)
{
	struct value *list = value_set_array(m, result, "findings");

	for (size_t i = 0; i < all->count; i++) {
		const struct finding *f = &all->item[i];
		struct value *v = value_add_object(m, list), *by;

		value_set_string(v, "id", f->hazard->id);
		value_set_string(v, "class", hazard_class_name(f->hazard->class));
		if (f->hazard->class == HAZARD_OLD_CODE || f->hazard->class == HAZARD_NEW_CODE)
			value_set_string(v, "verdict", diff_verdict_name(f->hazard->verdict));
		value_set_string(v, "file", f->file);
		if (f->file)
			value_set_int(v, "line", f->line);
		value_set_string(v, "object", f->object);
		value_set_string(v, "what", f->what);
		value_set_string(v, "size", *f->size ? f->size : NULL);
		value_set_string(v, "why", f->hazard->why);
		value_set_string(v, "instead", f->hazard->instead);
		value_set_string(v, "back", f->hazard->back);
		value_set_string(v, "aliases", f->hazard->aliases);
		value_set_string(v, "lock", f->lock);
		by = value_set_array(m, v, "witnesses");
		for (size_t k = 0; finding_witness(f->witnesses, k); k++)
			value_add_string(by, finding_witness(f->witnesses, k));
		if (f->seconds > 0)
			value_set_real(v, "seconds", f->seconds);
		if (f->bytes) {
			value_set_int(v, "rows", f->rows);
			value_set_int(v, "bytes", f->bytes);
		}
		value_set_string(v, "allowed", f->allowed);
	}
}
