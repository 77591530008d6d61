/* style - how tools name and mark their migration files; one row of the table each. Behind dir.h
 * only. */
#ifndef MIGRATE_STYLE_H
#define MIGRATE_STYLE_H

#include "migrate/dir.h"

/* The names below a directory, sorted; a directory that holds a migration.sql or up.sql counts as
 * one name. */
struct migrate_listing {
	struct mem *m;
	const char *dir;
	char **name;
	size_t count, room;
	const char *sample;     /* the beginning of the first SQL file, "" when there is none */
};

enum migrate_role { MIGRATE_UP, MIGRATE_DOWN };

/* What a style reads from one name; the strings live in the listing's mem. */
struct migrate_named {
	const char *version, *name;
	enum migrate_kind kind;
	enum migrate_role role;
	const char *ignored;    /* why it is none, "" when that goes without saying; or NULL */
};

/* Lines that part a file; matched without regard to case at the beginning of a line. */
struct migrate_marks {
	const char *up, *down;  /* NULL: the file begins with the way up; has no way down */
	/* a word of the up or down line, or (when bare_line) a line of its own */
	const char *bare;
	bool bare_line;
	/* shows that the tool puts values into the text, or does more with it than to run it;
	 * NULL: it does not */
	const char *filled;
	/* ends a statement, as a ";" does; when CUT_LINE only at the beginning of a line */
	const char *cut;
	bool cut_line;
	bool delimiter;         /* a file may say what ends its statements in place of a ";" */
	/* each ${name} stands for a value that the tool has from its user */
	bool fills;
};

struct migrate_style {
	const char *name;
	const char *help;
	bool (*claims)(const struct migrate_listing *);
	/* Take one name apart; false: not a migration of this style. */
	bool (*parse)(struct mem *, const char *name, struct migrate_named *);
	const struct migrate_marks *marks;
	/* Reads the whole list itself (a journal, a plan); NULL: the names tell all. */
	int (*walk)(struct mem *, struct migrate_dir *, const struct migrate_listing *,
	    struct err *);
	/* What must hold of the whole besides; NULL: nothing. */
	int (*check)(struct mem *, const struct migrate_dir *, const struct migrate_listing *,
	    struct err *);
};

/* In the order in which they are asked whether they claim a directory; the last one claims all. */
extern const struct migrate_style migrate_styles[];
extern const size_t migrate_style_count;

/* Would Flyway take a file of that name for a migration? */
bool migrate_is_flyway(const char *name);
/* N_name.js and the like: a migration, but not one that can be run here. */
bool migrate_parse_code(struct mem *, const char *name, struct migrate_named *);
/* A new, zeroed file at the end of the list. */
struct migrate_file *migrate_dir_add(struct mem *, struct migrate_dir *);

#endif
