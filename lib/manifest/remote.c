/* remote.c - the newest version within a variant, digests, the list of releases. */
#include <string.h>

#include "manifest/registry.h"
#include "manifest/remote.h"

enum remote_newest
remote_word(const char *to)
{
	static const char *const words[] = { "", "newest-patch", "newest-minor", "newest" };

	for (int i = REMOTE_PATCH; to && i <= REMOTE_ANY; i++)
		if (!strcmp(to, words[i]))
			return (enum remote_newest)i;
	return REMOTE_NAMED;
}

/* Could a user who wants the newest want this one? */
static bool
qualifies(const struct version_change *c, enum remote_newest newest, bool prerelease)
{
	static const enum version_bump most[] = { VERSION_NONE, VERSION_PATCH, VERSION_MINOR,
		VERSION_UNKNOWN };

	return c->order == VERSION_NEWER && c->variant != VERSION_CHANGED &&
	    c->bump <= most[newest] && !c->narrowed && !c->widened &&
	    (prerelease || !c->prerelease);
}

static const char *
find_newest(struct mem *m, enum remote_newest newest, const char *image, const struct family *f,
    const char *old, char **tags, size_t count, bool prerelease)
{
	const char *best = NULL;

	for (size_t i = 0; i < count; i++) {
		MEM_SCOPE(scratch);

		if (!qualifies(version_judge(scratch, image, f, old, tags[i]), newest, prerelease))
			continue;
		if (!best ||
		    version_judge(scratch, image, f, best, tags[i])->order == VERSION_NEWER)
			best = tags[i];
	}
	return best ? best : mem_dup(m, old, strcspn(old, "@"));
}

int
remote_ask(struct mem *m, const struct remote_wish *w, const char *image, const struct family *f,
    const char *old, const char **tag, const char **digest, struct policy *p, struct err *e)
{
	struct registry *r;
	char **tags, *found;
	size_t count;

	if (!w->newest && !w->released && !w->verify && !w->digest)
		return 0;
	if (!(r = registry_open(m, image, e)))
		return -1;
	if (w->newest || w->released) {
		if (registry_tags(r, &tags, &count, e))
			return -1;
		if (w->newest)
			*tag = find_newest(m, w->newest, image, f, old, tags, count, p->prerelease);
		if (w->released) {
			p->released = tags;
			p->released_count = count;
		}
	}
	if (!w->verify && !w->digest)
		return 0;
	if (!(found = registry_digest(r, *tag, e)))
		return -1;
	if (w->digest)
		*digest = found;
	return 0;
}
