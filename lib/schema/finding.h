/* finding - what is dangerous, once each: joined of what the statements say, what the catalogs
 * show, and what was observed while the statements were tried. */
#ifndef SCHEMA_FINDING_H
#define SCHEMA_FINDING_H

#include "schema/diff.h"
#include "schema/lint.h"

enum { FINDING_STATEMENT = 1, FINDING_CATALOG = 2, FINDING_OBSERVED = 4 };

struct finding {
	const struct hazard *hazard;
	unsigned witnesses;             /* who tells of it */
	const char *file;               /* the statement that causes it; NULL: not known */
	int line, begin;                /* in it, and where the statement begins */
	const char *object;             /* what it is about; NULL: nothing of the schema */
	const char *what;               /* one line for people: the change, or the object */
	const char *size; /* "rewrites 41 GB (12000 rows) under ACCESS EXCLUSIVE"; "" when not known
			     or small */
	const char *allowed;            /* the reason, when it is accepted */
	const char *lock;               /* the strongest on a table that was there, or NULL */
	int64_t rows, bytes;            /* of the table, as far as statistics tell; 0: not known */
	double seconds; /* that the statement took where it was tried; 0: it was not */
};

struct findings {
	struct mem *m;
	struct finding *item;           /* worst first */
	size_t count, room;
};

/* Each may be NULL. OBSERVED: the list "applied" of migrate-apply --observe. With statements and
 * catalogs, the catalogs tell what becomes of old code, the statements what blocks, both what is
 * lost; what was tried takes back what did not happen. */
struct findings *finding_join(struct mem *, const struct diff *, const struct lint *,
    const struct value *observed);

/* How many have the class and are not accepted. */
size_t finding_count(const struct findings *, enum hazard_class);
/* How many of the set (see hazard_parse_classes) are not accepted. */
size_t finding_count_in(const struct findings *, unsigned set);
/* result.findings of the record. */
void finding_result(struct mem *, struct value *result, const struct findings *);
/* "sql", "catalog", "observed" of witnesses, in their order; NULL after the last. */
const char *finding_witness(unsigned witnesses, size_t i);
/* How large the TABLE is (NULL: not known), and what the finding's lock means for it. */
void finding_set_size(struct mem *, struct finding *, const struct model_object *table);

#endif
