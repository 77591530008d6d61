/* script - one migration's text, taken apart as far as running it needs. */
#ifndef MIGRATE_SCRIPT_H
#define MIGRATE_SCRIPT_H

#include "migrate/dir.h"
#include "pg/sql.h"

struct migrate_script {
	const struct migrate_file *file;
	const char *path;
	char *text;
	size_t len;
	char loose[DIGEST_HEX];         /* of the text as it was read */
	int first;                      /* line of the file on which the text begins */
	bool own;                       /* its only transaction control is one BEGIN … COMMIT around everything */
	bool steps;                     /* cannot run in one transaction: statement by statement */
	struct sql_statement *piece;    /* without those that are empty */
	size_t count;
};

/* Read FILE's way. Of an own BEGIN … COMMIT the COMMIT is blanked: ours takes its place. Errors (FAIL_TROUBLE): those of
 * the file; "bad-input" with file:line:column for what cannot be run here: psql's meta-commands, a ROLLBACK, a
 * transaction that is not ended. */
int migrate_script_read(struct mem *, const struct migrate_file *, bool down, struct migrate_script *, struct err *);

#endif
