/* policy_file - what the project says of its images: image-policy.json, and the plan for a stateful
 * move. */
#ifndef POLICY_FILE_H
#define POLICY_FILE_H

#include "core/value.h"
#include "manifest/policy.h"

/* The JSON in FILE, or NULL. */
struct value *policy_file_read(struct mem *, const char *file, struct err *);
/* Refuse words and values that image-policy.json does not know: FAIL_TROUBLE "bad-input". */
int policy_file_check(struct mem *, const struct value *policies, struct err *);
/* Lay what POLICIES ({"images": {"acme/app": {"scheme": "calver", "allow": "major", "stateful":
 * false, "steps": "each-minor", "zero-is-major": true, "prerelease": true}}}, or NULL) say of IMAGE
 * over FAMILY and POLICY. */
void policy_file_apply(const struct value *policies, const char *image, struct family *,
    struct policy *);
/* The schemes that a policy or --scheme may name: auto, numbers, calver, short-calver, two-major.
 * FALLBACK for others. */
enum family_scheme policy_file_scheme(const char *word, enum family_scheme fallback);
/* patch, minor, major. FALLBACK for others. */
enum version_bump policy_file_bump(const char *word, enum version_bump fallback);
/* Does PLAN, {"image": …, "from": …, "to": …} or a list of such, name this move? */
bool policy_file_plans(const struct value *plan, const char *image, const char *from,
    const char *to);

/* The releases that FILE lists: a JSON array of strings, or one a line ("#" begins a comment). */
int policy_file_releases(struct mem *, const char *file, char ***, size_t *count, struct err *);

#endif
