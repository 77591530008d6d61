/* bump_private - one request being worked out. */
#ifndef BUMP_PRIVATE_H
#define BUMP_PRIVATE_H

#include "manifest/bump.h"

struct bump_work {
	struct mem *m;
	struct bump *bump;
	const struct bump_request *r;
	struct value *result;
	struct site_list found;
	struct bump_change *change;
	size_t count;
	/* arrays of the result, made when needed */
	struct value *changes, *unchanged, *refused, *warnings;
};

/* The array of the result at *AT, made at first use. */
struct value *bump_list(struct bump_work *, struct value **at, const char *name);
void bump_warn(struct bump_work *, const char *text);
/* "file:line:column", and with path, image and version behind it. */
const char *bump_place(struct bump_work *, const struct site *);
const char *bump_describe(struct bump_work *, const struct site *);
/* The matches of WANT in the file as it is after the requests so far. */
int bump_find_in_file(struct bump_work *, const char *path, const struct site_want *,
    struct site_list *, struct err *);

/* Is it an image? What is known of one says nothing of the chart or the repository of its name. */
bool bump_is_image(const struct site *);
/* VERSION, which is to stand in the site's variable, as the tag that it makes. */
const char *bump_surround(struct mem *, const struct site *, const char *version);
/* Set the new version and digest in C's edit: as asked, or as the registry says. FAIL_NO
 * "no-digest": there is no place for one; FAIL_TROUBLE "bad-digest"; those of remote_ask. */
int bump_choose_version(struct bump_work *, struct bump_change *, const char *image,
    const struct family *, struct policy *, struct err *);

/* Replace a site whose version is in a variable by that variable's place. FAIL_NO "indirect". */
int bump_follow(struct bump_work *, struct site *, struct err *);
/* Refuse what is shared through an anchor. FAIL_NO "shared-anchor". */
int bump_check_users(struct bump_work *, const struct site *, struct err *);
/* Refuse a key that stands twice on the way to what was found. FAIL_TROUBLE "bad-input". */
int bump_check_duplicates(struct bump_work *, struct err *);

#endif
