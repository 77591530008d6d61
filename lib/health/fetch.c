/* fetch.c - libcurl's multi interface on the event loop. */
#include <curl/curl.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "health/fetch.h"
#include "health/proxy.h"

enum { REDIRECTS = 10, HEAD_MAX = 64 * 1024 };

struct fetch {
	struct loop *loop;
	struct resolve *resolve;
	CURLM *multi;
	struct loop_timer timer;
	/* Names of our own that stand for the addresses of one request each in curl's cache of names: they need no
	 * conversion, and no two requests meet. A number is used again when its request is gone. */
	struct mem *m;
	unsigned *free_pin;
	size_t free_count, free_room;
	unsigned pins;
};

struct fetch_request {
	struct fetch *fetch;
	struct fetch_spec spec;
	struct mem *m;
	CURL *easy;
	struct curl_slist *headers, *resolve, *connect_to;
	struct resolve_query *query;
	const char *url, *scheme, *host, *port, *proxy;
	unsigned pin;
	int redirects;
	bool foreign;                   /* a redirect led to another host */
	bool too_big;
	bool starting;                  /* fetch_start has not returned */
	struct loop_timer late;         /* tells an end that came before that */
	struct mem_text body, head;
	struct fetch_answer answer;
	double deadline;
};

struct sock {
	struct fetch *fetch;
	curl_socket_t fd;
};

static void look_for_ends(struct fetch *);
static void begin(struct fetch_request *);

/* libcurl and the loop */

static void
on_socket(void *arg, short events)
{
	struct sock *s = arg;
	struct fetch *f = s->fetch;
	int running, action = (events & (POLLIN | POLLHUP) ? CURL_CSELECT_IN : 0) |
	    (events & POLLOUT ? CURL_CSELECT_OUT : 0) | (events & POLLERR ? CURL_CSELECT_ERR : 0);

	curl_multi_socket_action(f->multi, s->fd, action, &running);
	look_for_ends(f);
}

static int
set_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *sock)
{
	struct fetch *f = arg;
	struct sock *s = sock;

	(void)easy;
	if (what == CURL_POLL_REMOVE) {
		loop_forget(f->loop, fd);
		free(s);
		return 0;
	}
	if (!s) {
		s = mem_must(malloc(sizeof *s));
		*s = (struct sock){ .fetch = f, .fd = fd };
		curl_multi_assign(f->multi, fd, s);
	}
	loop_watch(f->loop, fd, (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0)),
	    on_socket, s);
	return 0;
}

static void
on_timer(void *arg)
{
	struct fetch *f = arg;
	int running;

	curl_multi_socket_action(f->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look_for_ends(f);
}

static int
set_timer(CURLM *multi, long ms, void *arg)
{
	struct fetch *f = arg;

	(void)multi;
	if (ms < 0)
		loop_unset(f->loop, &f->timer);
	else
		loop_set(f->loop, &f->timer, clock_now() + (double)ms / 1000, on_timer, f);
	return 0;
}

static void
drop(void *arg)
{
	struct fetch *f = arg;

	curl_multi_cleanup(f->multi);
	loop_unset(f->loop, &f->timer);
	curl_global_cleanup();
}

struct fetch *
fetch_new(struct mem *m, struct loop *loop, struct resolve *resolve, struct err *e)
{
	struct fetch *f = mem_zero(m, 1, sizeof *f);

	f->m = m;
	f->loop = loop;
	f->resolve = resolve;
	/* hosts with other letters than ASCII: the library converts from the locale's encoding */
	setlocale(LC_CTYPE, "C.UTF-8");
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(f->multi = curl_multi_init())) {
		err_set(e, FAIL_TROUBLE, "io", "libcurl cannot be initialised");
		return NULL;
	}
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, set_socket);
	curl_multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
	return mem_own(m, f, drop);
}

/* URLs */

static void
drop_url(void *u)
{
	curl_url_cleanup(u);
}

/* One part of U in MEM; NULL when it has none. */
static const char *
url_part(struct mem *m, CURLU *u, CURLUPart part, unsigned flags)
{
	char *s = NULL;
	const char *copy;

	if (curl_url_get(u, part, &s, flags))
		return NULL;
	copy = mem_string(m, s);
	curl_free(s);
	return copy;
}

static CURLU *
url_of(struct mem *m, const char *url, unsigned flags)
{
	CURLU *u = mem_own(m, mem_must(curl_url()), drop_url);

	return curl_url_set(u, CURLUPART_URL, url, flags) ? NULL : u;
}

int
fetch_check(struct mem *m, const char *url, const char **host, struct err *e)
{
	CURLU *u = url_of(m, url, 0);

	if (!u || !(*host = url_part(m, u, CURLUPART_HOST, 0)))
		return err_set(e, FAIL_TROUBLE, "usage", "not a well-formed URL");
	return 0;
}

static int
take_url(struct fetch_request *r, const char *url)
{
	CURLU *u = url_of(r->m, url, 0);

	if (!u)
		return -1;
	r->url = url;
	r->scheme = url_part(r->m, u, CURLUPART_SCHEME, 0);
	r->host = url_part(r->m, u, CURLUPART_HOST, 0);
	r->port = url_part(r->m, u, CURLUPART_PORT, CURLU_DEFAULT_PORT);
	if (strcasecmp(r->scheme, "http") && strcasecmp(r->scheme, "https"))
		return -1;
	r->proxy = r->spec.unix_path ? NULL : proxy_for(r->scheme, r->host);
	return 0;
}

/* One request */

static void
release(struct fetch_request *r)
{
	struct fetch *f = r->fetch;

	if (r->easy) {
		curl_multi_remove_handle(f->multi, r->easy);
		curl_easy_cleanup(r->easy);
		mem_grow(f->m, &f->free_pin, f->free_count, &f->free_room, sizeof *f->free_pin);
		f->free_pin[f->free_count++] = r->pin;
	}
	curl_slist_free_all(r->headers);
	curl_slist_free_all(r->resolve);
	curl_slist_free_all(r->connect_to);
	r->easy = NULL;
	r->headers = r->resolve = r->connect_to = NULL;
}

void
fetch_cut(struct fetch_request *r)
{
	if (!r)
		return;
	resolve_cancel(r->query);
	r->query = NULL;
	loop_unset(r->fetch->loop, &r->late);
	release(r);
}

static void
tell(void *arg)
{
	struct fetch_request *r = arg;

	r->spec.done(r->spec.arg, &r->answer);
}

static void
end(struct fetch_request *r, const char *state, const char *text)
{
	struct fetch_answer *a = &r->answer;

	a->state = state;
	snprintf(a->text, sizeof a->text, "%s", text);
	a->body = r->body.text ? r->body.text : "";
	a->body_len = r->body.len;
	a->head = r->head.text ? r->head.text : "";
	if (r->starting)
		loop_set(r->fetch->loop, &r->late, clock_now(), tell, r);
	else
		tell(r);
}

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct fetch_request *r = arg;

	if (r->body.len + size * n > FETCH_BODY) {
		r->too_big = true;
		return 0;
	}
	mem_text_add(&r->body, data, size * n);
	return size * n;
}

static size_t
on_head(char *data, size_t size, size_t n, void *arg)
{
	struct fetch_request *r = arg;

	/* "100 Continue" and the like come before: only the last answer's header counts */
	if (n > 5 && !strncmp(data, "HTTP/", 5))
		r->head = (struct mem_text){ .m = r->m };
	if (r->head.len + size * n > HEAD_MAX) {
		r->too_big = true;
		return 0;
	}
	mem_text_add(&r->head, data, size * n);
	return size * n;
}

/* The words for what curl says; the first row that fits. A NULL state goes by errno. */
static const struct failure {
	CURLcode code;
	const char *state;
} failures[] = {
	{ CURLE_COULDNT_RESOLVE_HOST, "dns-failed" }, { CURLE_COULDNT_RESOLVE_PROXY, "dns-failed" },
	{ CURLE_COULDNT_CONNECT, NULL }, { CURLE_SEND_ERROR, "reset" }, { CURLE_RECV_ERROR, "reset" },
	{ CURLE_PARTIAL_FILE, "reset" }, { CURLE_HTTP2, "reset" }, { CURLE_HTTP2_STREAM, "reset" },
	{ CURLE_GOT_NOTHING, "empty-reply" }, { CURLE_UNSUPPORTED_PROTOCOL, "empty-reply" },
	{ CURLE_WEIRD_SERVER_REPLY, "empty-reply" }, { CURLE_BAD_CONTENT_ENCODING, "invalid-json" },
	{ CURLE_OPERATION_TIMEDOUT, "timeout" }, { CURLE_SSL_CONNECT_ERROR, "tls-failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, "tls-failed" }, { CURLE_SSL_CERTPROBLEM, "tls-failed" },
	{ CURLE_SSL_CIPHER, "tls-failed" }, { CURLE_SSL_CACERT_BADFILE, "tls-failed" },
	{ CURLE_SSL_ISSUER_ERROR, "tls-failed" }, { CURLE_SSL_SHUTDOWN_FAILED, "tls-failed" },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, "tls-failed" }, { CURLE_SSL_INVALIDCERTSTATUS, "tls-failed" },
	{ CURLE_SSL_CLIENTCERT, "tls-failed" }, { CURLE_USE_SSL_FAILED, "tls-failed" },
	{ CURLE_PROXY, "unreachable" },
};

static const char *
by_errno(long error)
{
	switch (error) {
	case ECONNREFUSED: return "refused";
	case ECONNRESET: return "reset";
	case ETIMEDOUT: return "connect-timeout";
	case ENOENT:
	case ENOTDIR: return "not-found";
	default: return "unreachable";
	}
}

static void
fail(struct fetch_request *r, CURLcode code)
{
	const char *state = "unreachable", *text = curl_easy_strerror(code);
	long error = 0;
	char why[200];

	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == code)
			state = failures[i].state;
	curl_easy_getinfo(r->easy, CURLINFO_OS_ERRNO, &error);
	if (!state) {
		state = by_errno(error);
		text = error ? strerror((int)error) : text;
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		state = fetch_progress(r, why, sizeof why);
		text = why;
	} else if (code == CURLE_UNSUPPORTED_PROTOCOL) {
		text = "what answers does not speak HTTP";
	} else if (code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR) {
		text = "connection reset";
	}
	if (r->too_big) {
		state = "body-too-large";
		text = "more than 1 MiB came";
	}
	end(r, state, text);
}

static bool
follow(struct fetch_request *r)
{
	const char *to = NULL, *old = r->host;

	curl_easy_getinfo(r->easy, CURLINFO_REDIRECT_URL, &to);
	if (!r->spec.follow || !to)
		return false;
	if (r->redirects++ == REDIRECTS) {
		end(r, "redirect", "more than 10 redirects");
		return true;
	}
	if (take_url(r, mem_string(r->m, to))) {
		end(r, "redirect", "redirected to what is no HTTP URL");
		return true;
	}
	r->foreign |= strcasecmp(old, r->host) != 0;
	release(r);
	r->body = (struct mem_text){ .m = r->m };
	r->head = (struct mem_text){ .m = r->m };
	begin(r);
	return true;
}

static void
finish(struct fetch_request *r, CURLcode code)
{
	long status = 0;
	const char *ip = NULL;

	curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(r->easy, CURLINFO_PRIMARY_IP, &ip);
	r->answer.status = (int)status;
	snprintf(r->answer.address, sizeof r->answer.address, "%s", ip ? ip : "");
	if (code)
		fail(r, code);
	else if (!follow(r))
		end(r, "ok", "");
}

static void
look_for_ends(struct fetch *f)
{
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(f->multi, &left))) {
		struct fetch_request *r = NULL;

		if (msg->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, (char **)&r);
		finish(r, msg->data.result);
	}
}

const char *
fetch_progress(const struct fetch_request *r, char *text, size_t size)
{
	curl_off_t connected = 0, tls = 0;

	if (r->query || !r->easy) {
		snprintf(text, size, "no name server answered for %s", r->host);
		return "dns-timeout";
	}
	curl_easy_getinfo(r->easy, CURLINFO_CONNECT_TIME_T, &connected);
	curl_easy_getinfo(r->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
	if (!connected) {
		snprintf(text, size, "no connection in time");
		return "connect-timeout";
	}
	if (!strcasecmp(r->scheme, "https") && !tls)
		snprintf(text, size, "connected, but the TLS handshake did not end in time");
	else if (r->head.len)
		snprintf(text, size, "the answer did not end in time, %zu bytes of its body came", r->body.len);
	else
		snprintf(text, size, "connected, but no answer in time");
	return "timeout";
}

/* Setting up */

/* The addresses that R may use, for CURLOPT_RESOLVE. */
static char *
addresses(struct fetch_request *r, const struct resolve_answer *a)
{
	struct mem_text t = { .m = r->m };

	for (int i = 0; i < a->count; i++) {
		bool six = strchr(a->address[i], ':');

		if (r->spec.address >= 0 && i != r->spec.address % a->count)
			continue;
		mem_text_fmt(&t, "%s%s%s%s", t.len ? "," : "", six ? "[" : "", a->address[i], six ? "]" : "");
	}
	return t.text;
}

/* Let curl find A for the host that it connects to. Plain entries: those with a + are dropped when curl's cache of
 * names is off. */
static void
pin(struct fetch_request *r, const struct resolve_answer *a)
{
	struct fetch *f = r->fetch;
	const char *list = addresses(r, a);

	r->pin = f->free_count ? f->free_pin[--f->free_count] : f->pins++;
	if (!r->proxy) {
		r->resolve = curl_slist_append(NULL, mem_fmt(r->m, "p%u.invalid:%s:%s", r->pin, r->port, list));
		r->connect_to = curl_slist_append(NULL, mem_fmt(r->m, "::p%u.invalid:", r->pin));
		curl_easy_setopt(r->easy, CURLOPT_CONNECT_TO, r->connect_to);
	} else {
		CURLU *u = url_of(r->m, r->proxy, CURLU_GUESS_SCHEME);
		const char *port = u ? url_part(r->m, u, CURLUPART_PORT, 0) : NULL;

		r->resolve = curl_slist_append(NULL, mem_fmt(r->m, "%s:%s:%s", url_part(r->m, u, CURLUPART_HOST, 0),
		    port ? port : "1080", list));
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

static void
set_tls(struct fetch_request *r)
{
	const struct fetch_spec *s = &r->spec;

	if (s->insecure) {
		curl_easy_setopt(r->easy, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(r->easy, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (s->cacert) {
		curl_easy_setopt(r->easy, CURLOPT_CAINFO, s->cacert);
		curl_easy_setopt(r->easy, CURLOPT_CAPATH, NULL);
	}
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
	curl_easy_setopt(r->easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(r->easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(r->easy, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(r->easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(r->easy, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(r->easy, CURLOPT_HEADERFUNCTION, on_head);
	curl_easy_setopt(r->easy, CURLOPT_HEADERDATA, r);
	/* curl shares it out among the addresses of the host */
	curl_easy_setopt(r->easy, CURLOPT_CONNECTTIMEOUT_MS, left > 0.001 ? (long)(left * 1000) : 1L);
}

static void
on_addresses(void *arg, const struct resolve_answer *a)
{
	struct fetch_request *r = arg;

	r->query = NULL;
	r->answer.addresses = a->count;
	if (!a->count) {
		end(r, "dns-failed", a->why);
		return;
	}
	r->easy = mem_must(curl_easy_init());
	set_request(r);
	set_tls(r);
	set_manners(r);
	pin(r, a);
	curl_multi_add_handle(r->fetch->multi, r->easy);
}

/* Ask for R's URL as it is now. */
static void
begin(struct fetch_request *r)
{
	static const struct resolve_answer socket = { .count = 1, .address = { "127.0.0.1" } };
	CURLU *u = r->proxy ? url_of(r->m, r->proxy, CURLU_GUESS_SCHEME) : NULL;
	const char *host = r->proxy ? (u ? url_part(r->m, u, CURLUPART_HOST, 0) : NULL) : r->host;
	struct resolve_query *q;

	if (!host) {
		end(r, "unreachable", "the proxy that the environment names is no URL");
		return;
	}
	if (r->spec.unix_path) {
		on_addresses(r, &socket);
		return;
	}
	/* NULL: the answer came within the call, and R may be gone */
	if ((q = resolve_ask(r->fetch->resolve, host, on_addresses, r)))
		r->query = q;
}

struct fetch_request *
fetch_start(struct mem *m, struct fetch *f, const struct fetch_spec *spec)
{
	struct fetch_request *r = mem_zero(m, 1, sizeof *r);

	r->fetch = f;
	r->spec = *spec;
	r->m = m;
	r->body.m = r->head.m = m;
	r->deadline = clock_now() + spec->seconds;
	r->starting = true;
	if (take_url(r, spec->url))
		end(r, "unreachable", "not an HTTP URL");
	else
		begin(r);
	r->starting = false;
	return r;
}
