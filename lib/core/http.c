/* http.c - libcurl's easy interface, behind dlopen. */
#define CURL_DISABLE_TYPECHECK
#include <ctype.h>
#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "core/http.h"
#include "core/stop.h"

enum { LARGEST = 32 << 20, CONNECT_SECONDS = 10, SECONDS = 30, STALLED_SECONDS = 60,
	UNDO_SECONDS = 5 };     /* whoever has asked to stop waits for it */

struct http {
	CURL *curl;
};

/* One request under way. */
struct exchange {
	struct http *h;
	const struct http_request *q;
	struct mem_text body, head;
	int64_t sent;
	struct err *e;          /* where a failing sink puts its error */
	bool sink_failed, too_large;
};

static struct {
	CURLcode (*global_init)(long);
	CURL *(*init)(void);
	void (*cleanup)(CURL *);
	void (*reset)(CURL *);
	CURLcode (*setopt)(CURL *, CURLoption, ...);
	CURLcode (*perform)(CURL *);
	CURLcode (*getinfo)(CURL *, CURLINFO, ...);
	const char *(*strerror)(CURLcode);
	struct curl_slist *(*slist_append)(struct curl_slist *, const char *);
	void (*slist_free)(struct curl_slist *);
} lib;

static const struct {
	const char *name;
	void *at;               /* a pointer to a function stands there */
} symbols[] = {
	{ "curl_global_init", &lib.global_init },
	{ "curl_easy_init", &lib.init },
	{ "curl_easy_cleanup", &lib.cleanup },
	{ "curl_easy_reset", &lib.reset },
	{ "curl_easy_setopt", &lib.setopt },
	{ "curl_easy_perform", &lib.perform },
	{ "curl_easy_getinfo", &lib.getinfo },
	{ "curl_easy_strerror", &lib.strerror },
	{ "curl_slist_append", &lib.slist_append },
	{ "curl_slist_free_all", &lib.slist_free },
};

static int
load(struct err *e)
{
	void *so = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL), *f;

	for (size_t i = 0; so && i < sizeof symbols / sizeof *symbols; i++) {
		if (!(f = dlsym(so, symbols[i].name)))
			so = NULL;
		memcpy(symbols[i].at, &f, sizeof f);
	}
	if (so && !lib.global_init(CURL_GLOBAL_DEFAULT))
		return 0;
	err_set(e, FAIL_TROUBLE, "no-libcurl", "HTTP needs libcurl: %s",
	    so ? "it does not start" : dlerror());
	return err_hint(e, "apt-get install libcurl4");
}

static void
drop(void *arg)
{
	struct http *h = arg;

	lib.cleanup(h->curl);
}

struct http *
http_new(struct mem *m, struct err *e)
{
	struct http *h = mem_zero(m, 1, sizeof *h);

	if (load(e))
		return NULL;
	h->curl = mem_must(lib.init());
	return mem_own(m, h, drop);
}

/* What libcurl calls */

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	long status = 0;

	(void)size;
	lib.getinfo(x->h->curl, CURLINFO_RESPONSE_CODE, &status);
	if (x->q->sink && status / 100 == 2) {
		x->sink_failed = x->q->sink(x->q->arg, data, n, x->e) != 0;
		return x->sink_failed ? 0 : n;
	}
	if ((x->too_large = x->body.len + n > LARGEST))
		return 0;
	mem_text_add(&x->body, data, n);
	return n;
}

static size_t
on_head(char *data, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;

	(void)size;
	/* "100 Continue" and the like come before: only the last answer's header counts */
	if (n > 5 && !strncmp(data, "HTTP/", 5))
		x->head = (struct mem_text){ .m = x->head.m };
	if ((x->too_large = x->head.len + n > LARGEST))
		return 0;
	mem_text_add(&x->head, data, n);
	return n;
}

static size_t
on_read(char *to, size_t size, size_t n, void *arg)
{
	struct exchange *x = arg;
	int64_t left = x->q->size - x->sent;
	size_t want = size * n < (size_t)left ? size * n : (size_t)left;
	ssize_t got = want ? pread(x->q->fd, to, want, x->q->offset + x->sent) : 0;

	if (got < 0 || (want && !got))
		return CURL_READFUNC_ABORT;
	x->sent += got;
	return (size_t)got;
}

static int
on_seek(void *arg, curl_off_t offset, int origin)
{
	struct exchange *x = arg;

	x->sent = offset;
	return origin == SEEK_SET ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

static int
on_progress(void *unused, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)unused;
	(void)a;
	(void)b;
	(void)c;
	(void)d;
	return stop_signal() != 0;
}

/* Asking */

static void
set_body(struct exchange *x)
{
	const struct http_request *q = x->q;
	CURL *c = x->h->curl;

	if (q->fd >= 0) {
		lib.setopt(c, CURLOPT_UPLOAD, 1L);
		lib.setopt(c, CURLOPT_READFUNCTION, on_read);
		lib.setopt(c, CURLOPT_READDATA, x);
		lib.setopt(c, CURLOPT_SEEKFUNCTION, on_seek);
		lib.setopt(c, CURLOPT_SEEKDATA, x);
		lib.setopt(c, CURLOPT_INFILESIZE_LARGE, (curl_off_t)q->size);
	} else if (q->body) {
		lib.setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)strlen(q->body));
		lib.setopt(c, CURLOPT_POSTFIELDS, q->body);
	}
	if (q->method && !strcmp(q->method, "HEAD"))
		lib.setopt(c, CURLOPT_NOBODY, 1L);
	else if (q->method)
		lib.setopt(c, CURLOPT_CUSTOMREQUEST, q->method);
}

static void
set_up(struct exchange *x, struct curl_slist *headers)
{
	const struct http_request *q = x->q;
	CURL *c = x->h->curl;

	lib.reset(c);
	lib.setopt(c, CURLOPT_URL, q->url);
	lib.setopt(c, CURLOPT_HTTPHEADER, headers);
	lib.setopt(c, CURLOPT_WRITEFUNCTION, on_body);
	lib.setopt(c, CURLOPT_WRITEDATA, x);
	lib.setopt(c, CURLOPT_HEADERFUNCTION, on_head);
	lib.setopt(c, CURLOPT_HEADERDATA, x);
	lib.setopt(c, CURLOPT_XFERINFOFUNCTION, on_progress);
	lib.setopt(c, CURLOPT_NOPROGRESS, (long)q->undo);
	lib.setopt(c, CURLOPT_NOSIGNAL, 1L);
	lib.setopt(c, CURLOPT_PROTOCOLS_STR, "http,https");
	lib.setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	lib.setopt(c, CURLOPT_USERAGENT, "handrail");
	if (q->patient && !q->undo) {
		lib.setopt(c, CURLOPT_LOW_SPEED_LIMIT, 1L);
		lib.setopt(c, CURLOPT_LOW_SPEED_TIME, (long)STALLED_SECONDS);
	} else {
		lib.setopt(c, CURLOPT_TIMEOUT, (long)(q->undo ? UNDO_SECONDS : SECONDS));
	}
	if (q->sign) {
		lib.setopt(c, CURLOPT_AWS_SIGV4, q->sign);
		lib.setopt(c, CURLOPT_USERPWD, q->key);
	}
	set_body(x);
}

int
http_ask(struct mem *m, struct http *h, const struct http_request *q, struct http_answer *a,
    struct err *e)
{
	struct exchange x = { .h = h, .q = q, .body = { .m = m }, .head = { .m = m }, .e = e };
	struct curl_slist *headers = NULL, *more;
	CURLcode code;

	*a = (struct http_answer){ 0 };
	mem_text_add(&x.body, "", 0);
	for (size_t i = 0; q->headers && q->headers[i]; i++)
		if ((more = lib.slist_append(headers, q->headers[i])))
			headers = more;
	set_up(&x, headers);
	code = lib.perform(h->curl);
	lib.getinfo(h->curl, CURLINFO_RESPONSE_CODE, &a->status);
	lib.slist_free(headers);
	a->body = x.body.text;
	a->body_len = x.body.len;
	a->head = x.head.text ? x.head.text : "";
	if (x.sink_failed || (!q->undo && stop_check(e)))
		return -1;
	if (!code)
		return 0;
	return err_set(e, FAIL_TROUBLE, "connection", "%s",
	    x.too_large ? "more than 32 MiB came" : lib.strerror(code));
}

char *
http_header(struct mem *m, const struct http_answer *a, const char *name)
{
	size_t n = strlen(name);

	for (const char *p = a->head; *p; p += strcspn(p, "\n"), p += *p == '\n') {
		const char *value = p + n + 1;
		size_t len;

		if (strncasecmp(p, name, n) || p[n] != ':')
			continue;
		while (*value == ' ' || *value == '\t')
			value++;
		len = strcspn(value, "\r\n");
		while (len && isspace((unsigned char)value[len - 1]))
			len--;
		return mem_dup(m, value, len);
	}
	return NULL;
}

char *
http_escape(struct mem *m, const char *s)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "", 0);
	for (; *s; s++)
		mem_text_fmt(&t, isalnum((unsigned char)*s) || strchr("-._~", *s) ? "%c" : "%%%02X",
		    (unsigned char)*s);
	return t.text;
}
