/* script - one migration's text, taken apart as far as running it needs. */
#ifndef MIGRATE_SCRIPT_H
#define MIGRATE_SCRIPT_H

#include "core/opt.h"
#include "migrate/dir.h"
#include "migrate/place.h"
#include "pg/sql.h"

/* Values for "${name}". Files that Flyway fills in take those of FLYWAY_PLACEHOLDERS_NAME in the
 * environment, too, and know their names in any case. */
struct migrate_fill {
	const char **name, **value;
	size_t count, room, value_room;
	/* what only psql can run is refused as such: it is there to run it */
	bool psql;
};
/* Take in options, NAME=VALUE or NAME=env:VARIABLE (a secret then). Error "usage". */
int migrate_fill_options(struct mem *, struct migrate_fill *, const struct opt_list *,
    struct err *);
/* LEN bytes of FILE's text with the values put in, in MEM, *LEN then their number; NULL and the
 * error of migrate_script_read when there is none for one. */
char *migrate_fill_text(struct mem *, const struct migrate_fill *, const struct migrate_file *,
    const char *text, size_t *len, struct err *);

struct migrate_weave;

struct migrate_script {
	const struct migrate_file *file;
	const char *path;
	char *text;
	size_t len;
	char loose[DIGEST_HEX];         /* of the text as it was read */
	int first;                      /* line of the file on which the text begins */
	/* its only transaction control is one BEGIN … COMMIT around everything */
	bool own;
	bool locks;                     /* may take or give away locks of the session */
	/* may say of its transaction what must be said before any query in it */
	bool early;
	bool steps;                     /* cannot run in one transaction: statement by statement */
	struct sql_statement *piece;    /* without those that are empty */
	size_t count;
	/* where the text comes from; NULL: it is the file's own */
	const struct migrate_weave *weave;
	const char *said;               /* what \echo prints, NULL: nothing */
};

/* Read FILE's way; FILL may be NULL. Of an own BEGIN … COMMIT the COMMIT is blanked: ours takes its
 * place. Errors (FAIL_TROUBLE): those of the file; with file:line:column "psql-command" for
 * commands of psql's that are not run here, "bad-input" for what else cannot be run: a ROLLBACK, a
 * transaction that is not ended. */
int migrate_script_read(struct mem *, const struct migrate_file *, bool down,
    const struct migrate_fill *, struct migrate_script *, struct err *);
/* Where byte AT of the text stands, in which file. */
struct migrate_place migrate_script_place(struct mem *, const struct migrate_script *, size_t at,
    const char **path);
/* Piece P as it stands in its file. */
char *migrate_script_excerpt(struct mem *, const struct migrate_script *,
    const struct sql_statement *p);

#endif
