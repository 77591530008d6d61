/* policy - may this change be made? */
#ifndef POLICY_H
#define POLICY_H

#include <stdbool.h>

#include "core/mem.h"
#include "manifest/version.h"

/* What the user consents to. All zero is the strict default, by which --judge answers. */
struct policy {
	enum version_bump allow;        /* the greatest bump allowed; VERSION_NONE: up to minor */
	/* the new tag was named: where a tag is one lone number, that consents to its major */
	bool named;
	bool downgrade, prerelease, variant, incomparable, skip;
	bool stateful;                  /* a plan names this move of a stateful image */
	bool zero_is_major;             /* 0.3 to 0.4 is a major */
	bool each_minor;                /* no minor may be skipped, whatever the image */
	/* every release there is, or NULL: then releases are counted */
	char **released;
	size_t released_count;
};

/* The answer in the words of version-pairs.tsv: ok, noop, needs-major-consent, refuse-downgrade
 * … */
struct verdict {
	const char *word;
	const char *note;               /* a few words for people, or NULL */
	const char *next;               /* refuse-skip-*: the release to go to first */
	const char *rule;               /* what allowed it: default, lone-number, or the option */
	const char *option;             /* the option that would allow it, or NULL */
};

struct verdict policy_decide(struct mem *, const struct version_change *, const struct policy *);
/* Is WORD a yes? */
bool policy_is_yes(const struct verdict *);

#endif
