/* version - what going from one tag of an image to another means. */
#ifndef VERSION_H
#define VERSION_H

#include <stdbool.h>

#include "core/mem.h"
#include "manifest/family.h"
#include "manifest/tag.h"

enum version_order { VERSION_OLDER = -1, VERSION_EQUAL, VERSION_NEWER, VERSION_INCOMPARABLE };
enum version_bump { VERSION_NONE, VERSION_PATCH, VERSION_MINOR, VERSION_MAJOR, VERSION_UNKNOWN };
enum version_variant { VERSION_SAME, VERSION_MOVED, VERSION_CHANGED };

struct version_change {
	const struct family *family;
	const struct tag *old, *new;
	enum tag_scheme scheme;         /* both are read by it */
	enum version_order order;       /* of the new one against the old one */
	enum version_bump bump;
	enum version_variant variant;   /* moved: only the numbers of its words differ */
	bool scheme_changed;            /* 0.6.14 and 2021.12.14 do not compare */
	bool widened;                   /* 5.1.4 to 5: the pin says less than before */
	bool narrowed;                  /* 5 to 5.1.4 */
	bool prerelease;                /* the new one is a prerelease, the old one is not */
	bool ripened;                   /* only the prerelease differs, or the old one was one */
	bool digest_stale;              /* a new tag with the old digest, or the digest is lost */
	bool digest_changed;
	const char *note;               /* why, in a few words, or NULL */
};

/* FAMILY may be NULL: that of IMAGE. OLD and NEW may carry a digest: "1.2.3@sha256:…". */
struct version_change *version_judge(struct mem *, const char *image, const struct family *,
    const char *old, const char *new);

/* The first release that going from old to new would skip, when the family forbids it: "2024.10",
 * else NULL. *MAJOR tells that a whole major would be skipped. Releases are counted, where no list
 * of them is known. */
const char *version_skipped(struct mem *, const struct version_change *, bool *major);

/* The same by a list of all releases: the newest patch of the first minor (or major) between that
 * is in it. */
const char *version_skipped_of(
    struct mem *, const struct version_change *, char **released, size_t count, bool *major);

const char *version_order_word(enum version_order);     /* newer, older, equal, incomparable */
const char *version_bump_word(enum version_bump);       /* none, patch, minor, major, unknown */
const char *version_variant_word(enum version_variant); /* same, moved, changed */
const char *version_scheme_word(enum tag_scheme);
/* The kind for records: patch, minor, major, prerelease, digest, variant, none, unknown. */
const char *version_kind_word(const struct version_change *);

#endif
