/* origin - an archive wherever it lies and however it is sealed, as one that can be read. */
#ifndef SNAPSHOT_ORIGIN_H
#define SNAPSHOT_ORIGIN_H

#include "core/err.h"
#include "core/mem.h"
#include "snapshot/reader.h"

struct origin {
	struct reader *r;
	const char *name;       /* its absolute path, "s3://…" or "-": for records */
	const char *file;       /* what lies there, as a file: encrypted, when it is that */
	/* the file that holds its detached signature; NULL: there is none */
	const char *signature;
	bool encrypted;
};

/* Is OPERAND standard input? */
bool origin_is_input(const char *operand);
/* Open OPERAND: a file; or "s3://BUCKET/KEY" or "-", standard input, which are fetched into a
 * nameless file of $TMPDIR; what is encrypted is decrypted there, with the key in the file
 * IDENTITY, or (NULL) with gpg's own keys. Lives in MEM. */
int origin_open(struct mem *, const char *operand, const char *identity, struct origin *,
    struct err *);

#endif
