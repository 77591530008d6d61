/* dir - a directory of migrations, whatever tool named its files: one list in the order in which
 * they run. */
#ifndef MIGRATE_DIR_H
#define MIGRATE_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "core/digest.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"

struct migrate_marks;

enum migrate_kind {
	MIGRATE_SQL,            /* runs once */
	MIGRATE_REPEATABLE,     /* runs after the others, again whenever its text changed */
	MIGRATE_BASELINE,       /* stands for all up to its version, on an empty database */
	MIGRATE_SCRIPT,         /* an executable file */
	MIGRATE_CODE,           /* what only another tool can run */
};

/* The part of a file that goes one way. */
struct migrate_part {
	size_t at, len;
	bool bare;              /* asks to run outside a transaction */
};

struct migrate_file {
	const char *version;    /* as written; of a repeatable "R:NAME" */
	const char *name;       /* "add_notes"; "" when the file has no more than a version */
	const char *file;       /* path below the directory */
	const char *path;       /* path to open */
	/* the file that takes it back, PATH itself when that holds both ways; NULL: none */
	const char *down_path;
	enum migrate_kind kind;
	struct migrate_part up, down;
	char sha256[DIGEST_HEX];        /* of the bytes of PATH */
	/* loose digest of what psql's \i brings into it; NULL: nothing */
	const char *included;
	const struct migrate_marks *marks;      /* of its style, or NULL */
	/* each ${name} in it stands for a value, asked for or not, as Flyway has it */
	bool fills;
	/* what the style knows besides: drizzle's "when", sqitch's plan line */
	const struct value *note;
};

struct migrate_style;

struct migrate_dir {
	const char *path;
	const struct migrate_style *style;
	struct migrate_file *file;      /* repeatables last */
	size_t count, room;
	struct migrate_file **by_version;       /* the same, sorted by version, without baselines */
	size_t indexed;
	const char **ignored;           /* files that are no migrations, with the reason */
	size_t ignored_count, ignored_room;
};

/* Read DIR. STYLE NULL: found by looking. Errors (FAIL_TROUBLE): those of the files, "usage" (no
 * such style), "duplicate-version" and "gap" (naming both files), "bad-input". */
struct migrate_dir *migrate_dir_read(struct mem *, const char *dir, const char *style,
    struct err *);
/* The file of VERSION (compared as migrate_version_compare does, a baseline aside), or NULL. */
const struct migrate_file *migrate_dir_find(const struct migrate_dir *, const char *version);
const char *migrate_style_name(const struct migrate_dir *);
/* Does a journal or a plan tell the order, and not the versions? */
bool migrate_style_is_planned(const struct migrate_dir *);
/* "plain, flyway, …" for messages, in MEM. */
char *migrate_style_names(struct mem *);

/* The text of FILE's way (DOWN or not) in MEM; *FIRST is the line on which it begins. It is UTF-8,
 * or the error names the line that is not. NULL on error. */
char *migrate_file_text(struct mem *, const struct migrate_file *, bool down, size_t *len,
    int *first, struct err *);
/* The digest that leaves out line ends and white space at the end of lines: tells such changes from
 * real ones. */
char *migrate_loose_digest(char hex[DIGEST_HEX], const char *text, size_t len);
/* The same of FILE's TEXT and what it includes; and the strict one, of its bytes and what it
 * includes. */
char *migrate_file_loose(char hex[DIGEST_HEX], const struct migrate_file *, const char *text,
    size_t len);
char *migrate_file_digest(char hex[DIGEST_HEX], const struct migrate_file *);

#endif
