/* compare - what schema-diff does: reads both sides, joins what is dangerous, writes the SQL
 * between them. */
#ifndef SCHEMA_COMPARE_H
#define SCHEMA_COMPARE_H

#include "core/opt.h"
#include "schema/ddl.h"
#include "schema/show.h"

/* Zero-initialise with m and result. */
struct compare {
	struct mem *m;
	struct value *result;           /* of the record: filled in as facts become known */
	struct hazard_allow allow;
	struct model_filter filter;
	struct opt_list renames;        /* of --rename */
	const char *stats_from;         /* source that knows how large the tables are, or NULL */
	const char *snapshot; /* of a dump: exported, that the database is read as; or NULL */
	const char *scratch;            /* server for scratch work, or NULL for one of its own */
	bool keep; /* what takes long to load from git is kept for other runs */
	int server_version;             /* of that: its major, 0: the newest */
	bool sql, plain, verify;        /* write SQL; none that goes easy on a live table; try it */
	bool print_alone;               /* of a dump, only the fingerprint is wanted */
	bool advice;                    /* tell what is a matter of taste */
	bool in_transaction;            /* lint: each file runs in one transaction */
	struct show found;
	struct ddl *script;             /* NULL: none was wanted */
};

/* Each fills in found, and result. Errors: those of the sources. */

/* Two sources, as source_open takes them. */
int compare_two(struct compare *, char *const specs[2], struct err *);
/* What the branch changes in DIR since BASE (see gate.h), by all three witnesses. */
int compare_gate(struct compare *, const char *dir, const char *base, struct err *);
/* The statements of files alone. */
int compare_lint(struct compare *, char *const *paths, int count, struct err *);
/* The model of one source into the result. */
int compare_dump(struct compare *, const char *spec, struct err *);

#endif
