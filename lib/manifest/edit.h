/* edit - changes bytes of a file and nothing else, and proves it. */
#ifndef EDIT_H
#define EDIT_H

#include "core/err.h"
#include "core/mem.h"
#include "manifest/site.h"

enum edit_quote { EDIT_AUTO, EDIT_KEEP, EDIT_ALWAYS };

/* What SITE's version becomes. */
struct edit {
	const struct site *site;
	const char *version;    /* the tag alone */
	const char *digest;     /* "sha256:…", or NULL: as it is */
	enum edit_quote quote;
	/* out: the plain version reads as a number, date or bool, and did before */
	bool respelt;
};

/* The new text of FILE in MEM after COUNT edits of different places in it. Parsed again and
 * compared: only the edited scalars differ, and they read as asked; else -1, FAIL_TROUBLE
 * "verify". */
int edit_apply(struct mem *, const struct site_file *, struct edit *, size_t count, char **text,
    size_t *len, struct err *);

/* A unified diff, as git apply takes it, of two texts of the same number of lines, with FILE as its
 * name. "" when they are equal. */
char *edit_diff(struct mem *, const char *file, const char *old, size_t old_len, const char *new,
    size_t new_len);
/* The line of TEXT that holds the bytes from AT to END, and a line with a caret under them. */
char *edit_point(struct mem *, const char *text, size_t at, size_t end);

#endif
