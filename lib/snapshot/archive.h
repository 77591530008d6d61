/* archive - the life of a new archive: begun, written, proven, sealed, signed, and only then given
 * its name. */
#ifndef SNAPSHOT_ARCHIVE_H
#define SNAPSHOT_ARCHIVE_H

#include <stdbool.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/value.h"
#include "snapshot/place.h"
#include "snapshot/writer.h"

struct archive_how {
	const char *output;     /* as -o names it, or NULL */
	const char *name;       /* for a name of our choice */
	int level;              /* of zstd */
	int64_t rate;           /* as writer_begin has it */
	struct opt_list encrypt_to;
	const char *identity;   /* file with the key of age that can read it, or NULL */
	const char *sign;       /* key, or NULL */
	bool no_verify;
	size_t jobs;
};

struct archive {
	const struct archive_how *how;
	struct place *place;
	struct writer *writer;
};

/* "usage" when what is asked for does not go together, "not-found" when a program for it is not
 * there. */
int archive_check(const struct archive_how *, struct err *);
/* Where it will be. */
int archive_choose(struct mem *, const struct archive_how *, struct archive *, struct err *);
/* Now the writer can be written to. */
int archive_begin(struct mem *, struct archive *, struct err *);
/* The writer has finished: read it back and prove it, encrypt, sign, deliver it. RESULT tells the
 * record. */
int archive_end(struct mem *, struct archive *, struct value *result, struct err *);
/* Deliver what another run has made and proven, but could not upload: the file that it has left at
 * PATH. RESULT gets what that run would have recorded. */
int archive_resume(struct mem *, const char *path, struct value *result, struct err *);

#endif
