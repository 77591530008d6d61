/* content - what stands inside a migration file: the parts of its two ways, its encoding. Behind
 * dir.h only. */
#ifndef MIGRATE_CONTENT_H
#define MIGRATE_CONTENT_H

#include "migrate/style.h"

/* Find the ways up and down of TEXT by the style's MARKS. Error: "bad-input" when a mark is
 * missing. */
int migrate_find_parts(struct migrate_file *, const struct migrate_marks *, const char *text,
    size_t len, struct err *);
/* PART of TEXT, ended with a NUL in place, its byte order mark left out, *FIRST the line it begins
 * on. Error: "bad-input" with the line that is not UTF-8 or holds a NUL. */
char *migrate_trim_part(char *text, const struct migrate_part *, const char *path, size_t *len,
    int *first, struct err *);

/* Put a ";" in place of each mark that ends a statement in the file's style; the length stays. */
void migrate_cut_text(const struct migrate_file *, char *text, size_t len);

/* The whole text of a file in MEM, without its byte order mark; *LEN bytes. NULL on error, as
 * above. */
char *migrate_read_text(struct mem *, const char *path, size_t *len, struct err *);

#endif
