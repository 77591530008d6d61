/* bump - from "this image to that version" to the new text of files: select, judge, edit in memory,
 * write at the end. */
#ifndef BUMP_H
#define BUMP_H

#include "core/err.h"
#include "core/mem.h"
#include "core/value.h"
#include "manifest/edit.h"
#include "manifest/policy.h"
#include "manifest/remote.h"
#include "manifest/site.h"

struct bump_request {
	struct site_want want;
	/* "6-alpine", "6-alpine@sha256:…"; may be NULL with a digest */
	const char *to;
	const char *digest;
	struct remote_wish wish;        /* of the registry; its newest is told by TO */
	bool all;                       /* change every match */
	bool all_users;                 /* of an anchor */
	bool follow_env;
	const char *env_file;           /* NULL: .env beside the file */
	enum edit_quote quote;
	struct policy policy;
	enum family_scheme scheme;      /* over what is known of the image, unless FAMILY_AUTO */
	const struct value *plan;       /* names from and to of a stateful move, or NULL */
	const struct value *policies;   /* image-policy.json, or NULL */
	char **files;                   /* files and directories */
	int count;
};

/* A change that is to be made, or was refused. */
struct bump_change {
	struct site site;
	struct edit edit;
	const struct version_change *version;
	struct verdict verdict;
	const char *old, *new;          /* with their digests */
	bool noop;                      /* the file says NEW already */
};

struct bump_file {
	const char *file, *real;        /* as given first; without links and dots */
	char *old, *text;               /* as on disk; after the changes so far */
	size_t old_len, len;
	struct site_file *read;         /* TEXT, read; NULL: not yet */
};

struct bump {
	struct mem *m;
	struct bump_file *file;
	size_t count, room;
};

/* Can TO be a version and DIGEST a digest, as far as they are given? FAIL_TROUBLE "usage". */
int bump_check_version(const char *to, const char *digest, struct err *);
/* Work out one request on the files as they are after the requests before it. Facts go into RESULT:
 * changes[], unchanged[], refused[], candidates[], warnings[]. Refusals: FAIL_NO with the verdict's
 * word, "no-match", "ambiguous", "indirect", "shared-anchor"; nothing of a refused request is
 * kept. */
int bump_request(struct bump *, const struct bump_request *, struct value *result, struct err *);
/* Does the file differ from what is on disk? */
bool bump_is_changed(const struct bump_file *);
/* Refuse, before anything is written, when a changed file has changes that are not committed. */
int bump_check_clean(struct bump *, struct err *);
/* Commit the changed files (git_commit); MESSAGE NULL: one is made of CHANGES. The commit's name,
 * or NULL. */
char *bump_commit(struct bump *, const struct value *changes, const char *branch,
    const char *message, struct err *);
/* Put back what bump_write has written; false when that fails. */
bool bump_undo(struct bump *);
/* Write every changed file, whole or not at all; when one fails, those before it are put back
 * (FAIL_DIRTY when that fails, too). FAIL_TROUBLE "changed" when the file is not what was read any
 * more. */
int bump_write(struct bump *, struct err *);

#endif
