/* lint - hazards of SQL files, statement by statement, from the parse tree alone: no server is
 * asked. */
#ifndef SCHEMA_LINT_H
#define SCHEMA_LINT_H

#include "core/value.h"
#include "schema/hazard.h"

struct lint_finding {
	const struct hazard *hazard;
	const char *file;
	int line;
	int begin, nth; /* of the whole statement; NTH of those that begin on this line, from 0 */
	const char *table;              /* schema.name, "public." left out; NULL: none */
	const char
	    *object; /* what exactly: table, table.column, an index … as written; NULL: nothing */
	const char *allowed; /* reason, when a comment "-- handrail: allow HAZARD reason" or --allow
				accepts it */
};

/* A statement as it stands in its file. */
struct lint_text {
	const char *file, *text;
	int line;
};

struct lint {
	struct mem *m;
	struct lint_finding *items;
	size_t count, room;
	size_t files, statements;
	struct lint_text *texts;        /* all of them, when it is known what was before */
	size_t text_count, text_room;
};

struct lint_options {
	const struct hazard_allow *allow;
	const struct model
	    *before; /* what the files work on, or NULL: not known. What it does not hold is new. */
	bool whole_files;               /* each file runs in one transaction, unless it cannot */
	bool advice;                    /* tell what is a matter of taste, too */
};

/* Look at each file, and at the migrations below each directory in their order (ways back
 * excepted). Tables that are made in the same run hold no rows yet: nothing on them blocks or
 * destroys. Errors: those of reading, of a file that cannot be split into statements, of a comment
 * that allows what is no hazard. A statement that cannot be parsed is a finding "unparsed". */
struct lint *lint_paths(struct mem *, char *const *paths, int count, const struct lint_options *,
    struct err *);

/* A finding that the whole FILE is. ALLOWED: the reason, or NULL. */
void lint_add(struct lint *, const struct hazard *, const char *file, const char *allowed);
/* By its name, and those of the directories in PATH, is it SQL that goes forward? */
bool lint_is_migration(const char *path);

#endif
