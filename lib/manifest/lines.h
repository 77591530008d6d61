/* lines - what the dialects of lines share: Dockerfiles and environment files. Only they see it. */
#ifndef LINES_H
#define LINES_H

#include "manifest/finder.h"

struct lines {
	struct mem *m;
	const struct site_file *file;
	const struct site_want *want;
	struct site_list *out;
	size_t at, end;         /* the line at hand, without its end */
};

/* Take the line at *FROM, and move *FROM behind it; false at the end of the file. */
bool lines_next(struct lines *, size_t *from);
/* The next word from *AT on, which is moved to it; its length, 0 when there is none. */
size_t lines_word(const struct lines *, size_t *at);
/* Are the LEN bytes at AT this word, in whatever case? */
bool lines_is(const struct lines *, size_t at, size_t len, const char *word);
/* A reference of LEN bytes at AT of the file. */
struct site lines_reference(struct lines *, const char *shape, size_t at, size_t len);
/* Keep it when the user selects it. */
void lines_keep(struct lines *, const struct site *);

#endif
