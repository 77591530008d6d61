/* bump_version.c - what the version and the digest of a site become. */
#include <string.h>

#include "manifest/bump_private.h"

#define WORD "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-"

int
bump_check_version(const char *to, const char *digest, struct err *e)
{
	size_t n = to ? strcspn(to, "@") : 0;

	/* a branch that actions are taken from may have slashes: release/v1 */
	if (to && (!n || strspn(to, WORD "/") < n || n > 128)) {
		err_set(e, FAIL_TROUBLE, "usage", "--to %s: not a version", to);
		return err_hint(e, "give the tag alone: --to 6-alpine");
	}
	digest = !digest && to && to[n] ? to + n + 1 : digest;
	if (digest && (!*digest || digest[strspn(digest, WORD ":")]))
		return err_set(e, FAIL_TROUBLE, "usage", "%s: not a digest", digest);
	return 0;
}

/* v${TAG}-alpine: has TAG both what stands in front of the variable and what stands behind it? */
static bool
is_surrounded(const struct site *s, const char *tag)
{
	size_t front = strlen(s->front), behind = strlen(s->behind), len = strlen(tag);

	return len > front + behind && !strncmp(tag, s->front, front) &&
	    !strcmp(tag + len - behind, s->behind);
}

const char *
bump_surround(struct mem *m, const struct site *s, const char *version)
{
	size_t len = strcspn(version, "@");

	return s->front ? mem_fmt(m, "%s%.*s%s%s", s->front, (int)len, version, s->behind,
			      version + len) :
			  version;
}

bool
bump_is_image(const struct site *s)
{
	static const char *const others[] = { "chart-dependency", "chart-release", "argocd",
		"gitlab-include", "gitlab-component", "uses" };

	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (!strcmp(s->shape, others[i]))
			return false;
	return true;
}

/* Can the new digest stand where the old one does, or none did? */
static int
check_digest(struct bump_work *w, struct bump_change *c, struct err *e)
{
	const struct site *s = &c->site;
	const char *old = s->digest.there ? site_text(w->m, s, &s->digest) : NULL;
	const char *d = c->edit.digest;

	if (!d)
		return 0;
	if (!old && s->behind && *s->behind)
		return err_set(e, FAIL_NO, "no-digest",
		    "the digest has no place: in the tag, %s follows the variable", s->behind);
	if (!old && !bump_is_image(s)) {
		err_set(e, FAIL_NO, "no-digest", "%s has no digest here that could be replaced",
		    s->image ? s->image : s->path);
		return strcmp(s->shape, "uses") ? -1 :
						  err_hint(e, "write it as @COMMIT # %s once",
						      c->edit.version);
	}
	if (old && !strchr(old, ':')) {         /* a commit, or a bare SHA-256 */
		d += strlen(old) == 64 && !strncmp(d, "sha256:", 7) ? 7 : 0;
		c->edit.digest = d;
		if (strlen(d) == strlen(old) && !d[strspn(d, "0123456789abcdefABCDEF")])
			return 0;
	} else if (strchr(d, ':')) {
		return 0;
	}
	return err_set(e, FAIL_TROUBLE, "bad-digest", "%s is no digest such as %s", d,
	    old ? old : "sha256:…");
}

int
bump_choose_version(struct bump_work *w, struct bump_change *c, const char *image,
    const struct family *f, struct policy *p, struct err *e)
{
	const struct site *s = &c->site;
	struct remote_wish wish = w->r->wish;
	const char *tag = w->r->to ? w->r->to : site_text(w->m, &c->site, &c->site.version),
		   *at = strchr(tag, '@');

	tag = at ? mem_dup(w->m, tag, (size_t)(at - tag)) : tag;
	if (s->front && !is_surrounded(s, tag))
		tag = bump_surround(w->m, s, tag);
	c->edit.digest = w->r->digest ? w->r->digest : at ? at + 1 : NULL;
	wish.newest = remote_word(w->r->to);
	if (remote_ask(w->m, &wish, image, f, bump_surround(w->m, s, c->old), &tag,
		&c->edit.digest, p, e))
		return -1;
	c->edit.version = s->front ? mem_dup(w->m, tag + strlen(s->front),
					 strlen(tag) - strlen(s->front) - strlen(s->behind)) :
				     tag;
	return check_digest(w, c, e);
}
