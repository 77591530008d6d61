/* script - one migration's text, taken apart as far as running it needs. */
#ifndef MIGRATE_SCRIPT_H
#define MIGRATE_SCRIPT_H

#include "migrate/dir.h"

enum migrate_piece_kind {
	MIGRATE_STATEMENT,
	MIGRATE_BEGIN,          /* BEGIN, START TRANSACTION */
	MIGRATE_COMMIT,         /* COMMIT, END */
	MIGRATE_ROLLBACK,       /* and what else ends a transaction in a way of its own */
	MIGRATE_COPY,           /* COPY … FROM stdin, with its data */
	MIGRATE_ALONE,          /* cannot run in a transaction block */
	MIGRATE_META,           /* a command of psql's */
};

struct migrate_piece {
	enum migrate_piece_kind kind;
	size_t at, len;                 /* of the statement, without its semicolon */
	size_t data_at, data_len;       /* of COPY's data */
	bool barrier;                   /* changes how what follows is read: must be done before that is sent */
};

struct migrate_script {
	const struct migrate_file *file;
	const char *path;
	char *text;
	size_t len;
	int first;                      /* line of the file on which the text begins */
	bool own;                       /* its only transaction control is one BEGIN … COMMIT around everything */
	bool steps;                     /* cannot run in one transaction: statement by statement */
	struct migrate_piece *piece;
	size_t count, room;
};

/* Read FILE's way. Of an own BEGIN … COMMIT the COMMIT is blanked: ours takes its place. Errors (FAIL_TROUBLE): those of
 * the file; "bad-input" with file:line:column for what cannot be run here: psql's meta-commands, a ROLLBACK, a
 * transaction that is not ended. */
int migrate_script_read(struct mem *, const struct migrate_file *, bool down, struct migrate_script *, struct err *);

#endif
