/* fetch.c - libcurl's multi interface on the event loop, and the life of a request. */
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/clock.h"
#include "health/fetch_private.h"

enum { REDIRECTS = 10, HEAD_MAX = 300 * 1024 };

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
	loop_watch(f->loop, fd,
	    (short)((what & CURL_POLL_IN ? POLLIN : 0) | (what & CURL_POLL_OUT ? POLLOUT : 0)),
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

size_t
fetch_on_body(char *data, size_t size, size_t n, void *arg)
{
	struct fetch_request *r = arg;

	if (r->body.len + size * n > FETCH_BODY) {
		r->too_big = "more than 1 MiB came";
		return 0;
	}
	mem_text_add(&r->body, data, size * n);
	return size * n;
}

/* curl's own limits are 300 KiB, and 100 KiB for one. */
static const char big_head[] =
    "the headers of the answer are too large (300 KiB, or 100 KiB of one)";

size_t
fetch_on_head(char *data, size_t size, size_t n, void *arg)
{
	struct fetch_request *r = arg;

	/* "100 Continue" and the like come before: only the last answer's header counts */
	if (n > 5 && !strncmp(data, "HTTP/", 5))
		r->head = (struct mem_text){ .m = r->m };
	if (r->head.len + size * n > HEAD_MAX) {
		r->too_big = big_head;
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
	{ CURLE_COULDNT_RESOLVE_HOST, "dns-failed" },
	{ CURLE_COULDNT_RESOLVE_PROXY, "dns-failed" },
	{ CURLE_COULDNT_CONNECT, NULL },
	{ CURLE_SEND_ERROR, "reset" },
	{ CURLE_RECV_ERROR, "reset" },
	{ CURLE_PARTIAL_FILE, "reset" },
	{ CURLE_HTTP2, "reset" },
	{ CURLE_HTTP2_STREAM, "reset" },
	{ CURLE_GOT_NOTHING, "empty-reply" },
	{ CURLE_UNSUPPORTED_PROTOCOL, "empty-reply" },
	{ CURLE_WEIRD_SERVER_REPLY, "empty-reply" },
	{ CURLE_BAD_CONTENT_ENCODING, "invalid-json" },
	{ CURLE_OPERATION_TIMEDOUT, "timeout" },
	{ CURLE_SSL_CONNECT_ERROR, "tls-failed" },
	{ CURLE_PEER_FAILED_VERIFICATION, "tls-failed" },
	{ CURLE_SSL_CERTPROBLEM, "tls-failed" },
	{ CURLE_SSL_CIPHER, "tls-failed" },
	{ CURLE_SSL_CACERT_BADFILE, "tls-failed" },
	{ CURLE_SSL_ISSUER_ERROR, "tls-failed" },
	{ CURLE_SSL_SHUTDOWN_FAILED, "tls-failed" },
	{ CURLE_SSL_PINNEDPUBKEYNOTMATCH, "tls-failed" },
	{ CURLE_SSL_INVALIDCERTSTATUS, "tls-failed" },
	{ CURLE_SSL_CLIENTCERT, "tls-failed" },
	{ CURLE_USE_SSL_FAILED, "tls-failed" },
	{ CURLE_PROXY, "unreachable" },
	/* what older curls say of a header that is too long; no memory would have ended us */
	{ CURLE_OUT_OF_MEMORY, "body-too-large" },
#if LIBCURL_VERSION_NUM >= 0x080600
	{ CURLE_TOO_LARGE, "body-too-large" },
#endif
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
	} else if (!strcmp(state, "tls-failed") && *r->why) {
		text = r->why;  /* expired, another name, unknown issuer … */
	}
	if (!strcmp(state, "body-too-large") || strstr(r->why, "Too large response headers"))
		r->too_big = big_head;
	if (r->too_big) {
		state = "body-too-large";
		text = r->too_big;
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
	if (fetch_take_url(r, mem_string(r->m, to))) {
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
	const char *ip = NULL;

	if (r->query || !r->easy) {
		snprintf(text, size, "no name server answered for %s", r->host);
		return "dns-timeout";
	}
	curl_easy_getinfo(r->easy, CURLINFO_CONNECT_TIME_T, &connected);
	curl_easy_getinfo(r->easy, CURLINFO_APPCONNECT_TIME_T, &tls);
	curl_easy_getinfo(r->easy, CURLINFO_PRIMARY_IP, &ip);
	/* with TLS curl counts as connected only what has shaken hands */
	if (!connected && !(ip && *ip && !strcasecmp(r->scheme, "https"))) {
		snprintf(text, size, "no connection in time");
		return "connect-timeout";
	}
	if (!strcasecmp(r->scheme, "https") && !tls)
		snprintf(text, size, "connected, but the TLS handshake did not end in time");
	else if (r->head.len)
		snprintf(text, size, "the answer did not end in time, %zu bytes of its body came",
		    r->body.len);
	else
		snprintf(text, size, "connected, but no answer in time");
	return "timeout";
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
	fetch_set_up(r, a);
	curl_multi_add_handle(r->fetch->multi, r->easy);
}
/* Ask for R's URL as it is now. */
static void
begin(struct fetch_request *r)
{
	static const struct resolve_answer socket = { .count = 1, .address = { "127.0.0.1" } };
	CURLU *u = r->proxy ? fetch_url_of(r->m, r->proxy, CURLU_GUESS_SCHEME) : NULL;
	const char *host = r->proxy ? (u ? fetch_url_part(r->m, u, CURLUPART_HOST, 0) : NULL) :
				      r->host;
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
	if (fetch_take_url(r, spec->url))
		end(r, "unreachable", "not an HTTP URL");
	else
		begin(r);
	r->starting = false;
	return r;
}
