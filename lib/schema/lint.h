/* lint - hazards of SQL files, statement by statement, from the parse tree alone: no server is asked. */
#ifndef SCHEMA_LINT_H
#define SCHEMA_LINT_H

#include "core/value.h"
#include "schema/hazard.h"

struct lint_finding {
	const struct hazard *hazard;
	const char *file;
	int line;
	const char *object;             /* what the statement works on, as written; NULL: nothing */
	const char *allowed;            /* reason, when a comment "-- handrail: allow HAZARD reason" accepts it */
};

struct lint {
	struct mem *m;
	struct lint_finding *items;
	size_t count, room;
	size_t files, statements;
};

/* Look at each file, and at the *.sql files of each directory in their order (*.down.sql excepted). Tables that are made in
 * the same run hold no rows yet: nothing on them blocks or destroys. ALLOW: hazards accepted for all.
 * Errors: those of reading, and of a file that cannot be split into statements. A statement that cannot be parsed is a
 * finding "unparsed". */
struct lint *lint_paths(struct mem *, char *const *paths, int count, const char *const *allow, size_t allow_count, struct err *);

/* How many findings have the class and are not allowed. */
size_t lint_count(const struct lint *, enum hazard_class);
/* result.findings of the record. */
void lint_result(struct mem *, struct value *result, const struct lint *);

/* The hazards of one statement. FOUND is called for each. */
struct lint_statement {
	const struct value *tree;       /* {"IndexStmt": {…}} */
	bool in_transaction;            /* between BEGIN and COMMIT */
	void (*found)(void *, const char *hazard, const char *object);
	bool (*is_new)(void *, const char *table);
	void *arg;
};
void lint_look(struct mem *, const struct lint_statement *);

#endif
