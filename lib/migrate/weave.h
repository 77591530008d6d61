/* weave - a migration's text as it is run, when that is not what stands in the file: included
 * files, values of psql's variables and of placeholders; and where each byte of it stands. Behind
 * script.h only. */
#ifndef MIGRATE_WEAVE_H
#define MIGRATE_WEAVE_H

#include "migrate/script.h"
#include "migrate/style.h"

/* A file that text is taken from. */
struct migrate_source {
	const char *path, *text;
	size_t len;
	int first;              /* line of the file on which TEXT begins */
};

/* From byte AT on the text is that of SOURCE from byte FROM on; FIXED: a value that stands for what
 * is there. */
struct migrate_strand {
	size_t at, from;
	const struct migrate_source *source;
	bool fixed;
};

struct migrate_weave {
	struct mem *m;
	struct mem_text text;
	struct migrate_strand *strand;
	size_t count, room;
	const struct migrate_fill *fill;        /* NULL: nothing is put in */
	const struct migrate_file *file;        /* whose text it is */
};

/* Add bytes FROM up to TO of SOURCE with the values of placeholders. Error "bad-input": one that
 * has no value. */
int migrate_weave_add(struct migrate_weave *, const struct migrate_source *, size_t from, size_t to,
    struct err *);
/* Add VALUE, which stands for what is at AT of SOURCE. */
void migrate_weave_value(struct migrate_weave *, const struct migrate_source *, size_t at,
    const char *value);
/* May FILE's TEXT have placeholders that are to be filled in? */
bool migrate_weave_wanted(const struct migrate_fill *, const struct migrate_file *,
    const char *text);

/* Split SOURCE as sql_split does; its errors tell the place in the file. */
int migrate_split(struct mem *, const struct migrate_source *, struct sql_script *, struct err *);
/* Do as psql's commands in SOURCE say, which SQL has found: \set, \unset, \i, \ir, \if and its kin,
 * \echo. Errors "bad-input", with file:line:column: "psql-command" for one that is not run here. */
int migrate_psql_weave(struct migrate_weave *, const struct migrate_source *,
    const struct sql_script *, struct mem_text *said, struct err *);
/* Does FILE's TEXT say what ends its statements? Then put it together with a ";" there. */
bool migrate_delimiter_wanted(const struct migrate_file *, const char *text);
int migrate_delimiter_weave(struct migrate_weave *, const struct migrate_source *, struct err *);
/* Error "bad-input": WHY, at byte AT of SOURCE. */
int migrate_refuse(const struct migrate_source *, size_t at, const char *word, const char *why,
    struct err *);

#endif
