/* registry.c - the distribution protocol: tags, digests, tokens. */
#include <string.h>
#include <strings.h>

#include "core/digest.h"
#include "core/http.h"
#include "core/secret.h"
#include "core/value.h"
#include "manifest/credentials.h"
#include "manifest/family.h"
#include "manifest/registry.h"

enum { PAGES = 1000 };

struct registry {
	struct mem *m;
	struct http *http;
	const char *host;               /* as users name it, and docker's config.json does */
	const char *base;               /* https://host */
	const char *name;               /* library/redmine */
	struct credentials login;
	const char *bearer;             /* token, when one was given */
	bool basic;                     /* the registry asked for user and password themselves */
};

static const char accepts[] = "Accept: application/vnd.oci.image.index.v1+json, "
			      "application/vnd.docker.distribution.manifest.list.v2+json, "
			      "application/vnd.oci.image.manifest.v1+json, "
			      "application/vnd.docker.distribution.manifest.v2+json";

/* HTTP */

/* Get URL with one header of authorization, or NULL. */
static int
get(struct registry *r, const char *url, bool head, const char *authorization,
    struct http_answer *a, struct err *e)
{
	const char *const headers[] = { accepts, authorization, NULL };
	const struct http_request q = { .method = head ? "HEAD" : NULL,
		.url = url,
		.headers = headers,
		.fd = -1 };

	return http_ask(r->m, r->http, &q, a, e) ? err_in(e, "%s", r->host) : 0;
}

/* Authorization */

static const char *
basic(struct registry *r)
{
	return mem_fmt(r->m, "Authorization: Basic %s", credentials_basic(r->m, &r->login));
}

/* KEY="…" of a challenge. */
static char *
parameter(struct mem *m, const char *challenge, const char *key)
{
	const char *p = strcasestr(challenge, mem_fmt(m, "%s=\"", key));

	if (!p)
		return NULL;
	p += strlen(key) + 2;
	return mem_dup(m, p, strcspn(p, "\""));
}

/* An identity token is not shown as a password but given for another one (OAuth 2, as docker
 * does). */
static int
exchange(struct registry *r, const char *realm, const char *service, const char *scope,
    struct http_answer *a, struct err *e)
{
	static const char *const headers[] = { "Content-Type: application/x-www-form-urlencoded",
		NULL };
	const char *body = mem_fmt(r->m,
	    "grant_type=refresh_token&client_id=handrail&service=%s&scope=%s&refresh_token=%s",
	    http_escape(r->m, service ? service : ""), http_escape(r->m, scope ? scope : ""),
	    http_escape(r->m, r->login.identity));
	const struct http_request q = { .method = "POST",
		.url = realm,
		.headers = headers,
		.fd = -1,
		.body = body };

	return http_ask(r->m, r->http, &q, a, e) ? err_in(e, "%s", r->host) : 0;
}

static int
fetch_token(struct registry *r, const char *challenge, struct err *e)
{
	char *realm = parameter(r->m, challenge, "realm"),
	     *service = parameter(r->m, challenge, "service");
	char *scope = parameter(r->m, challenge, "scope");
	struct mem_text url = { .m = r->m };
	struct http_answer a;
	const struct value *v;
	int bad;

	/* a token's server must not be asked in the clear for what the registry is asked for over
	 * TLS */
	if (!realm || (strncmp(realm, "https://", 8) && !strncmp(r->base, "https://", 8)))
		return err_set(e, FAIL_TROUBLE, "registry", "%s: cannot ask %s for a token",
		    r->host, realm ? realm : "nobody");
	mem_text_fmt(&url, "%s%cscope=%s", realm, strchr(realm, '?') ? '&' : '?',
	    http_escape(r->m, scope ? scope : ""));
	if (service)
		mem_text_fmt(&url, "&service=%s", http_escape(r->m, service));
	bad = r->login.identity ? exchange(r, realm, service, scope, &a, e) :
	    get(r, url.text, false, r->login.user ? basic(r) : NULL, &a, e);
	if (bad)
		return -1;
	v = value_parse(r->m, a.body, a.body_len, e);
	r->bearer = value_get_string(v, "token") ? value_get_string(v, "token") :
						   value_get_string(v, "access_token");
	if (a.status != 200 || !r->bearer) {
		err_set(e, FAIL_TROUBLE, "unauthorized", "%s: no token for %s (%ld)", r->host,
		    r->name, a.status);
		return err_hint(e,
		    "docker login %s, or set HANDRAIL_REGISTRY_USER and HANDRAIL_REGISTRY_PASSWORD",
		    r->host);
	}
	secret_add(r->bearer);
	return 0;
}

static const char *
authorization(struct registry *r)
{
	if (r->bearer)
		return mem_fmt(r->m, "Authorization: Bearer %s", r->bearer);
	return r->basic ? basic(r) : NULL;
}

static int
check_status(const struct registry *r, const struct http_answer *a, struct err *e)
{
	const char *retry = http_header(r->m, a, "retry-after");

	switch (a->status) {
	case 200:
		return 0;
	case 401:
	case 403:
		err_set(e, FAIL_TROUBLE, "unauthorized", "%s: not allowed to read %s (%ld)",
		    r->host, r->name, a->status);
		return err_hint(e,
		    "docker login %s, or set HANDRAIL_REGISTRY_USER and HANDRAIL_REGISTRY_PASSWORD",
		    r->host);
	case 404:
		return err_set(e, FAIL_TROUBLE, "not-found", "%s: there is no %s (404)", r->host,
		    r->name);
	case 429:
		err_set(e, FAIL_TROUBLE, "rate-limited", "%s: too many requests (429)", r->host);
		return retry ? err_hint(e, "try again in %s s", retry)
				: err_hint(e, "log in, or try again later");
	default:
		return err_set(e, FAIL_TROUBLE, "registry", "%s: %s: answer %ld", r->host, r->name,
		    a->status);
	}
}

/* Ask; when a challenge comes back, answer it, and ask again. */
static int
ask(struct registry *r, const char *url, bool head, struct http_answer *a, struct err *e)
{
	const char *challenge;

	if (get(r, url, head, authorization(r), a, e))
		return -1;
	challenge = http_header(r->m, a, "www-authenticate");
	if (a->status != 401 || !challenge || r->bearer || r->basic)
		return 0;
	if (!strncasecmp(challenge, "Bearer ", 7)) {
		if (fetch_token(r, challenge, e))
			return -1;
	} else if (r->login.user) {
		r->basic = true;
	}
	return get(r, url, head, authorization(r), a, e);
}

/* The public side */

static bool
is_loopback(const char *host)
{
	size_t n = strcspn(host, ":");

	return !strncmp(host, "127.", 4) || (n == 9 && !strncmp(host, "localhost", 9)) ||
	    !strncmp(host, "[::1]", 5);
}

struct registry *
registry_open(struct mem *m, const char *image, struct err *e)
{
	struct registry *r = mem_zero(m, 1, sizeof *r);
	const char *name = family_short_name(image);
	size_t first = strcspn(name, "/");

	r->m = m;
	/* the first part is a host when it looks like one */
	if (name[first] && (memchr(name, '.', first) || memchr(name, ':', first) ||
			       (first == 9 && !strncmp(name, "localhost", 9)))) {
		r->host = mem_dup(m, name, first);
		r->name = name + first + 1;
		r->base = mem_fmt(m, "%s://%s", is_loopback(r->host) ? "http" : "https", r->host);
	} else {
		r->host = "docker.io";
		r->name = name[first] ? name : mem_fmt(m, "library/%s", name);
		r->base = "https://registry-1.docker.io";
	}
	if (!*name || strpbrk(name, "${} ?#%") || strstr(name, "..")) {
		err_set(e, FAIL_TROUBLE, "registry", "%s: not the name of a repository", image);
		return NULL;
	}
	if (!(r->http = http_new(m, e)))
		return NULL;
	return credentials_find(m, r->host, &r->login, e) ? NULL : r;
}

/* The address of the next page, out of <…>; rel="next". Only on the same server: the token is for
 * nobody else. */
static const char *
next_page(struct registry *r, const struct http_answer *a)
{
	const char *link = http_header(r->m, a, "link"), *url;
	const char *p = link && strstr(link, "rel=\"next\"") ? strchr(link, '<') : NULL;
	size_t n = strlen(r->base);

	if (!p)
		return NULL;
	url = mem_dup(r->m, p + 1, strcspn(p + 1, ">"));
	if (*url == '/' && url[1] != '/')
		return mem_fmt(r->m, "%s%s", r->base, url);
	return !strncmp(url, r->base, n) && url[n] == '/' ? url : NULL;
}

int
registry_tags(struct registry *r, char ***tags, size_t *count, struct err *e)
{
	const char *url = mem_fmt(r->m, "%s/v2/%s/tags/list?n=1000", r->base, r->name);
	size_t room = 0;
	struct http_answer a;

	*tags = mem_zero(r->m, 1, sizeof **tags);
	*count = 0;
	for (int page = 0; url && page < PAGES; page++) {
		const struct value *list;

		if (ask(r, url, false, &a, e) || check_status(r, &a, e))
			return -1;
		list = value_get(value_parse(r->m, a.body, a.body_len, e), "tags");
		if (!list)
			return err_set(e, FAIL_TROUBLE, "registry",
			    "%s: %s: the answer lists no tags", r->host, r->name);
		for (size_t i = 0; i < value_count(list); i++) {
			const char *tag = value_string(value_item(list, i));

			mem_grow(r->m, tags, *count, &room, sizeof **tags);
			if (tag)
				(*tags)[(*count)++] = mem_string(r->m, tag);
		}
		url = next_page(r, &a);
	}
	return 0;
}

char *
registry_digest(struct registry *r, const char *tag, struct err *e)
{
	const char *url = mem_fmt(r->m, "%s/v2/%s/manifests/%s", r->base, r->name, tag);
	char hex[DIGEST_HEX], *digest;
	struct http_answer a;

	if (ask(r, url, true, &a, e))
		return NULL;
	if (a.status == 404) {
		err_set(e, FAIL_NO, "no-such-tag", "%s: %s has no tag %s", r->host, r->name, tag);
		return NULL;
	}
	if (check_status(r, &a, e))
		return NULL;
	if ((digest = http_header(r->m, &a, "docker-content-digest")))
		return digest;
	/* the header is optional: the digest is that of the manifest's bytes */
	if (ask(r, url, false, &a, e) || check_status(r, &a, e))
		return NULL;
	return mem_fmt(r->m, "sha256:%s", digest_bytes(hex, a.body, a.body_len));
}
