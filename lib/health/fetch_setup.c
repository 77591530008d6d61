/* fetch_setup.c - takes URLs apart and gives a request's handle its options. */
#include <string.h>
#include <unistd.h>
#include <strings.h>

#include "core/clock.h"
#include "health/fetch_private.h"
#include "health/proxy.h"

static void
drop_url(void *u)
{
	curl_url_cleanup(u);
}

const char *
fetch_url_part(struct mem *m, CURLU *u, CURLUPart part, unsigned flags)
{
	char *s = NULL;
	const char *copy;

	if (curl_url_get(u, part, &s, flags))
		return NULL;
	copy = mem_string(m, s);
	curl_free(s);
	return copy;
}

CURLU *
fetch_url_of(struct mem *m, const char *url, unsigned flags)
{
	CURLU *u = mem_own(m, mem_must(curl_url()), drop_url);

	return curl_url_set(u, CURLUPART_URL, url, flags) ? NULL : u;
}

int
fetch_check(struct mem *m, const char *url, const char **host, struct err *e)
{
	CURLU *u = fetch_url_of(m, url, 0);

	if (!u || !(*host = fetch_url_part(m, u, CURLUPART_HOST, 0)))
		return err_set(e, FAIL_TROUBLE, "usage", "not a well-formed URL");
	return 0;
}

int
fetch_take_url(struct fetch_request *r, const char *url)
{
	CURLU *u = fetch_url_of(r->m, url, 0);

	if (!u)
		return -1;
	r->url = url;
	r->scheme = fetch_url_part(r->m, u, CURLUPART_SCHEME, 0);
	r->host = fetch_url_part(r->m, u, CURLUPART_HOST, 0);
	r->port = fetch_url_part(r->m, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	if (strcasecmp(r->scheme, "http") && strcasecmp(r->scheme, "https"))
		return -1;
	r->proxy = r->spec.unix_path ? NULL : proxy_for(r->scheme, r->host);
	return 0;
}

/* The addresses that R may use, for CURLOPT_RESOLVE. */
static char *
addresses(struct fetch_request *r, const struct resolve_answer *a)
{
	struct mem_text t = { .m = r->m };

	for (int i = 0; i < a->count; i++) {
		bool six = strchr(a->address[i], ':');

		if (r->spec.address >= 0 && i != r->spec.address % a->count)
			continue;
		mem_text_fmt(&t, "%s%s%s%s", t.len ? "," : "", six ? "[" : "", a->address[i],
		    six ? "]" : "");
	}
	return t.text;
}

/* Let curl find A for the host that it connects to. Plain entries: those with a + are dropped when
 * curl's cache of names is off. */
static void
pin(struct fetch_request *r, const struct resolve_answer *a)
{
	struct fetch *f = r->fetch;
	const char *list = addresses(r, a);

	r->pin = f->free_count ? f->free_pin[--f->free_count] : f->pins++;
	if (!r->proxy) {
		r->resolve = curl_slist_append(NULL,
		    mem_fmt(r->m, "p%u.invalid:%s:%s", r->pin, r->port, list));
		r->connect_to = curl_slist_append(NULL, mem_fmt(r->m, "::p%u.invalid:", r->pin));
		curl_easy_setopt(r->easy, CURLOPT_CONNECT_TO, r->connect_to);
	} else {
		CURLU *u = fetch_url_of(r->m, r->proxy, CURLU_GUESS_SCHEME);
		const char *port = u ? fetch_url_part(r->m, u, CURLUPART_PORT, 0) : NULL;

		r->resolve = curl_slist_append(NULL, mem_fmt(r->m, "%s:%s:%s",
		    fetch_url_part(r->m, u, CURLUPART_HOST, 0), port ? port : "1080", list));
	}
	curl_easy_setopt(r->easy, CURLOPT_RESOLVE, r->resolve);
}

static void
set_request(struct fetch_request *r)
{
	const struct fetch_spec *s = &r->spec;
	CURL *c = r->easy;

	curl_easy_setopt(c, CURLOPT_URL, r->url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(c, CURLOPT_USERAGENT, "health-wait");
	curl_easy_setopt(c, CURLOPT_ACCEPT_ENCODING, "gzip");
	if (s->head)
		curl_easy_setopt(c, CURLOPT_NOBODY, 1L);
	if (s->body) {
		curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)strlen(s->body));
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, s->body);
	}
	if (s->method)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, s->method);
	/* what was meant for one host is not told to another */
	for (size_t i = 0; s->headers && !r->foreign && i < s->headers->count; i++)
		r->headers = curl_slist_append(r->headers, s->headers->item[i]);
	curl_easy_setopt(c, CURLOPT_HTTPHEADER, r->headers);
	curl_easy_setopt(c, CURLOPT_UNIX_SOCKET_PATH, s->unix_path);
	curl_easy_setopt(c, CURLOPT_PROXY, r->proxy ? r->proxy : "");
}

/* Are the system's authorities in one file? */
static bool
has_bundle(void)
{
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);

	return v->cainfo && !access(v->cainfo, R_OK);
}

static void
set_tls(struct fetch_request *r)
{
	const struct fetch_spec *s = &r->spec;

	if (s->insecure) {
		curl_easy_setopt(r->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(r->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (s->cacert)
		curl_easy_setopt(r->easy, CURLOPT_CAINFO, s->cacert);
	/* without a directory, curl keeps what it read of the file for all attempts: the
	 * system's authorities take some 40 ms, in which no other target is looked after */
	if (s->cacert || has_bundle())
		curl_easy_setopt(r->easy, CURLOPT_CAPATH, NULL);
	if (s->cert && !r->foreign) {
		curl_easy_setopt(r->easy, CURLOPT_SSLCERT, s->cert);
		curl_easy_setopt(r->easy, CURLOPT_SSLKEY, s->key ? s->key : s->cert);
	}
}

static void
set_manners(struct fetch_request *r)
{
	double left = r->deadline - clock_now();

	curl_easy_setopt(r->easy, CURLOPT_PRIVATE, (char *)r);
	curl_easy_setopt(r->easy, CURLOPT_ERRORBUFFER, r->why);
	curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(r->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, fetch_on_body);
	curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, fetch_on_head);
	curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
	/* curl shares it out among the addresses of the host */
	curl_easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT_MS,
	    left > 0.001 ? (long)(left * 1000) : 1L);
}

void
fetch_set_up(struct fetch_request *r, const struct resolve_answer *a)
{
	r->easy = mem_must(curl_easy_init());
	set_request(r);
	set_tls(r);
	set_manners(r);
	pin(r, a);
}
