/* s3.c - the requests of S3: PUT, multipart upload, GET, HEAD, DELETE. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/digest.h"
#include "core/http.h"
#include "core/io.h"
#include "core/secret.h"
#include "core/stop.h"
#include "snapshot/s3.h"

enum { TRIES = 6, PARTS = 10000 };
/* S3 takes no smaller ones than 5 MiB, and no more than PARTS */
static const int64_t part_size = 8 << 20;
static const char empty_sum[] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

struct s3 {
	struct mem *m;
	struct http *http;
	const char *shown;      /* s3://bucket/key */
	const char *url;        /* https://… of the object */
	const char *sign, *key;
	const char *token;      /* header, or NULL */
};

/* One part, or the whole of a small object. */
struct part {
	int fd;
	int64_t offset, size;
	char sha256[DIGEST_HEX], md5[DIGEST_HEX];
	char *etag;
};

bool
s3_is(const char *text)
{
	return !strncmp(text, "s3://", 5);
}

/* Where the object is to be asked for: a host for each bucket, as AWS wants it, or below the
 * endpoint. */
static const char *
object_url(struct mem *m, const char *bucket, const char *key, const char *region)
{
	const char *endpoint = getenv("AWS_ENDPOINT_URL_S3");
	struct mem_text path = { .m = m };

	endpoint = endpoint && *endpoint ? endpoint : getenv("AWS_ENDPOINT_URL");
	mem_text_add(&path, "", 0);
	for (const char *p = key; *p; p += strcspn(p, "/"), p += *p == '/')
		mem_text_fmt(&path, "/%s", http_escape(m, mem_dup(m, p, strcspn(p, "/"))));
	if (endpoint && *endpoint)
		return mem_fmt(m, "%.*s/%s%s",
		    (int)(strlen(endpoint) - (endpoint[strlen(endpoint) - 1] == '/')), endpoint,
		    bucket, path.text);
	/* a dot in its name would not fit the certificate */
	if (strchr(bucket, '.'))
		return mem_fmt(m, "https://s3.%s.amazonaws.com/%s%s", region, bucket, path.text);
	return mem_fmt(m, "https://%s.s3.%s.amazonaws.com%s", bucket, region, path.text);
}

static const char *
first_variable(const char *a, const char *b, const char *otherwise)
{
	const char *v = getenv(a);

	if (!v || !*v)
		v = getenv(b);
	return v && *v ? v : otherwise;
}

struct s3 *
s3_open(struct mem *m, const char *url, struct err *e)
{
	struct s3 *s = mem_zero(m, 1, sizeof *s);
	const char *bucket = url + 5, *key = strchr(bucket, '/'),
		   *token = getenv("AWS_SESSION_TOKEN");
	const char *id = getenv("AWS_ACCESS_KEY_ID"), *secret = getenv("AWS_SECRET_ACCESS_KEY");
	const char *region = first_variable("AWS_REGION", "AWS_DEFAULT_REGION", "us-east-1");

	if (!key || key == bucket || !key[1] || key[1] == '/' || strstr(key, "//") ||
	    strpbrk(bucket, "?#\\ ") || strstr(key, "/../") || strstr(key, "/./")) {
		err_set(e, FAIL_TROUBLE, "usage", "%s: not s3://BUCKET/KEY", url);
		return NULL;
	}
	if (!id || !*id || !secret || !*secret) {
		err_set(e, FAIL_TROUBLE, "no-credentials",
		    "%s: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set", url);
		err_hint(e, "export both, and AWS_ENDPOINT_URL for a server that is not Amazon's");
		return NULL;
	}
	secret_add(secret);
	if (token && *token) {
		secret_add(token);
		s->token = mem_fmt(m, "x-amz-security-token: %s", token);
	}
	s->m = m;
	s->shown = mem_string(m, url);
	s->url = object_url(m, mem_dup(m, bucket, (size_t)(key - bucket)), key + 1, region);
	s->sign = mem_fmt(m, "aws:amz:%s:s3", region);
	s->key = mem_fmt(m, "%s:%s", id, secret);
	return (s->http = http_new(m, e)) ? s : NULL;
}

/* Requests */

/* The text of one element of S3's answers ("Code", "UploadId"), which need no unescaping. */
static char *
element(struct mem *m, const struct http_answer *a, const char *name)
{
	const char *open = mem_fmt(m, "<%s>", name), *p = strstr(a->body, open);

	return p ? mem_dup(m, p + strlen(open), strcspn(p + strlen(open), "<")) : NULL;
}

static int
refused(const struct s3 *s, const char *what, const struct http_answer *a, struct err *e)
{
	MEM_SCOPE(m);
	const char *code = element(m, a, "Code"), *message = element(m, a, "Message");
	const char *word = a->status == 401 || a->status == 403 ? "unauthorized" :
	    a->status == 404                                    ? "not-found" :
	    a->status == 429 || a->status >= 500                ? "unavailable" :
								  "s3";

	err_set(e, FAIL_TROUBLE, word, "%s: %s: answer %ld%s%s%s%s", s->shown, what, a->status,
	    code ? ", " : "", code ? code : "", message ? ": " : "", message ? message : "");
	if (a->status == 401 || a->status == 403)
		return err_hint(e,
		    "look at AWS_ACCESS_KEY_ID, AWS_REGION and the rights on the bucket");
	return a->status == 404 ? err_hint(e, "is that the bucket's name? is it in this region?") :
				  -1;
}

/* Ask for the object with QUERY ("" or "?…", its parameters sorted by name). */
static int
ask(struct s3 *s, const char *method, const char *query, struct http_request q, const char *sum,
    const char *more, struct http_answer *a, struct err *e)
{
	const char *headers[4] = { mem_fmt(s->m, "x-amz-content-sha256: %s", sum) };
	size_t n = 1;

	if (s->token)
		headers[n++] = s->token;
	if (more)
		headers[n++] = more;
	q.method = method;
	q.url = mem_fmt(s->m, "%s%s", s->url, query);
	q.headers = headers;
	q.sign = s->sign;
	q.key = s->key;
	q.patient = true;
	return http_ask(s->m, s->http, &q, a, e) ? err_in(e, "%s", s->shown) : 0;
}

/* The same, again and again while what fails may pass. *A is the last answer, of whatever
 * status. */
static int
insist(struct s3 *s, const char *method, const char *query, const struct http_request *q,
    const char *sum, const char *more, struct http_answer *a, struct err *e)
{
	double pause = 0.2;

	for (int try = 1;; try++, pause *= 2) {
		int bad = ask(s, method, query, *q, sum, more, a, e);

		if (!bad && a->status != 429 && a->status < 500)
			return 0;
		if (bad && strcmp(e->word, "connection"))
			return -1;
		if (try == TRIES)
			return bad;
		if (stop_sleep(pause, e))
			return -1;
	}
}

static const struct http_request nothing = { .fd = -1 };

bool
s3_may_pass(const struct err *e)
{
	return !strcmp(e->word, "connection") || !strcmp(e->word, "unavailable");
}

int
s3_there(struct s3 *s, bool *there, struct err *e)
{
	struct http_answer a;

	if (insist(s, "HEAD", "", &nothing, empty_sum, NULL, &a, e))
		return -1;
	*there = a.status == 200;
	return *there || a.status == 404 ? 0 : refused(s, "looking for it", &a, e);
}

/* Uploading */

static int
read_part(struct s3 *s, struct part *p, char *buf, struct err *e)
{
	for (int64_t at = 0; at < p->size;) {
		ssize_t n = pread(p->fd, buf + at, (size_t)(p->size - at), p->offset + at);

		if (n <= 0)
			return n ? err_sys(e, "%s", s->shown) :
				   err_set(e, FAIL_TROUBLE, "io", "%s: cut short", s->shown);
		at += n;
	}
	digest_bytes(p->sha256, buf, (size_t)p->size);
	digest_other(p->md5, "md5", buf, (size_t)p->size);
	return 0;
}

/* Is what the server has the part? Its ETag is the MD5, but where the bucket has its own key. */
static bool
arrived(struct s3 *s, struct part *p, const struct http_answer *a)
{
	const char *encryption = http_header(s->m, a, "x-amz-server-side-encryption");

	p->etag = http_header(s->m, a, "etag");
	if (!p->etag)
		return false;
	return (encryption && strcmp(encryption, "AES256")) || strstr(p->etag, p->md5);
}

static int
put_part(struct s3 *s, const char *query, struct part *p, const char *more, struct err *e)
{
	const struct http_request q = { .fd = p->fd, .offset = p->offset, .size = p->size };
	struct http_answer a;

	/* once more, when it was changed on its way */
	for (int try = 0; try < 3; try++) {
		if (insist(s, "PUT", query, &q, p->sha256, more, &a, e))
			return -1;
		/* an earlier try has arrived, but its answer has not */
		if (a.status == 412 && insist(s, "HEAD", "", &nothing, empty_sum, NULL, &a, e))
			return -1;
		if (a.status == 200 && arrived(s, p, &a))
			return 0;
		if (a.status != 200 && a.status != 400)
			return refused(s, "upload", &a, e);
	}
	if (a.status != 200)
		return refused(s, "upload", &a, e);
	return err_set(e, FAIL_TROUBLE, "checksum",
	    "%s: what arrived is not what was sent: its ETag is %s, not %s", s->shown,
	    p->etag ? p->etag : "none", p->md5);
}

static void
give_up(struct s3 *s, const char *upload)
{
	struct http_answer a;
	struct err ignored;

	ask(s, "DELETE", mem_fmt(s->m, "?uploadId=%s", http_escape(s->m, upload)),
	    (struct http_request){ .fd = -1, .undo = true }, empty_sum, NULL, &a, &ignored);
}

static int
complete(struct s3 *s, const char *upload, const struct part *parts, size_t count, struct err *e)
{
	struct mem_text body = { .m = s->m };
	struct http_request q = { .fd = -1 };
	struct http_answer a;
	char sum[DIGEST_HEX];
	bool there;

	mem_text_fmt(&body, "<CompleteMultipartUpload>");
	for (size_t i = 0; i < count; i++)
		mem_text_fmt(&body, "<Part><PartNumber>%zu</PartNumber><ETag>%s</ETag></Part>",
		    i + 1, parts[i].etag);
	mem_text_fmt(&body, "</CompleteMultipartUpload>");
	q.body = body.text;
	if (insist(s, "POST", mem_fmt(s->m, "?uploadId=%s", http_escape(s->m, upload)), &q,
	    digest_bytes(sum, body.text, body.len), "If-None-Match: *", &a, e))
		return -1;
	/* an earlier try may have ended it, but its answer has not arrived: then the upload is
	 * gone, and the object there */
	if ((a.status == 404 || a.status >= 500) && !s3_there(s, &there, e) && there)
		return 0;
	/* an error may come after the head was sent */
	return a.status != 200 || element(s->m, &a, "Code") ?
	    refused(s, "end of the upload", &a, e) :
	    0;
}

/* Part NUMBER (from 0) of the upload ID, unless it has arrived before. */
static int
put_one(struct s3 *s, const struct s3_parts *known, size_t number, const char *id, struct part *p,
    struct err *e)
{
	if (number < known->count && strstr(known->etag[number], p->md5)) {
		p->etag = mem_string(s->m, known->etag[number]);
		return 0;
	}
	if (put_part(s, mem_fmt(s->m, "?partNumber=%zu&uploadId=%s", number + 1, id), p, NULL, e))
		return -1;
	return known->arrived && number >= known->count ? known->arrived(known->arg, p->etag, e) :
							  0;
}

static int
put_parts(struct s3 *s, int fd, int64_t size, char *buf, const struct s3_parts *known,
    struct err *e)
{
	int64_t step = known->step;
	size_t count = (size_t)((size + step - 1) / step);
	struct part *parts = mem_zero(s->m, count, sizeof *parts);
	char *id = http_escape(s->m, known->upload);

	for (size_t i = 0; i < count; i++) {
		struct part *p = &parts[i];

		*p = (struct part){ .fd = fd, .offset = (int64_t)i * step, .size = step };
		if (p->size > size - p->offset)
			p->size = size - p->offset;
		if (read_part(s, p, buf, e) || put_one(s, known, i, id, p, e))
			return err_in(e, "part %zu of %zu", i + 1, count);
	}
	return complete(s, known->upload, parts, count, e);
}

/* What was begun has failed: nothing of it stays there, unless somebody will go on with it. */
static int
failed(struct s3 *s, const struct s3_parts *p, struct err *e)
{
	if (!p->begun || !s3_may_pass(e))
		give_up(s, p->upload);
	return -1;
}

static int
put_anew(struct s3 *s, int fd, int64_t size, char *buf, const struct s3_parts *known, struct err *e)
{
	struct s3_parts now = { .step = known->step,
		.begun = known->begun,
		.arrived = known->arrived,
		.arg = known->arg };
	struct http_answer a;

	if (insist(s, "POST", "?uploads=", &(struct http_request){ .fd = -1, .body = "" },
		empty_sum, NULL, &a, e))
		return -1;
	if (a.status != 200 || !(now.upload = element(s->m, &a, "UploadId")))
		return refused(s, "begin of the upload", &a, e);
	if ((now.begun && now.begun(now.arg, now.upload, e)) ||
	    put_parts(s, fd, size, buf, &now, e))
		return failed(s, &now, e);
	return 0;
}

static int
put_large(struct s3 *s, int fd, int64_t size, char *buf, const struct s3_parts *known,
    struct err *e)
{
	if (!known->upload)
		return put_anew(s, fd, size, buf, known, e);
	if (!put_parts(s, fd, size, buf, known, e))
		return 0;
	/* the server may have dropped it meanwhile */
	return strcmp(e->word, "not-found") ? failed(s, known, e) :
					      put_anew(s, fd, size, buf, known, e);
}

void
s3_abort(struct s3 *s, const struct s3_parts *p)
{
	if (p->upload)
		give_up(s, p->upload);
}

/* The object is there, and as long as the file. */
static int
look_after(struct s3 *s, int64_t size, struct err *e)
{
	struct http_answer a;
	const char *length;

	if (insist(s, "HEAD", "", &nothing, empty_sum, NULL, &a, e))
		return -1;
	if (a.status != 200)
		return refused(s, "looking for what was uploaded", &a, e);
	length = http_header(s->m, &a, "content-length");
	if (length && strtoll(length, NULL, 10) == size)
		return 0;
	return err_set(e, FAIL_TROUBLE, "checksum", "%s: it has %s bytes, not %lld", s->shown,
	    length ? length : "no", (long long)size);
}

int
s3_put(struct s3 *s, int fd, const struct s3_parts *parts, struct err *e)
{
	MEM_SCOPE(m);
	struct s3_parts known = parts ? *parts : (struct s3_parts){ .step = 0 };
	struct part whole = { .fd = fd };
	struct stat st;
	bool there;
	char *buf;

	if (fstat(fd, &st))
		return err_sys(e, "%s", s->shown);
	if (s3_there(s, &there, e))
		return -1;
	/* an earlier run may have ended it, but not have lived to say so */
	if (there && known.upload)
		return look_after(s, st.st_size, e);
	if (there)
		return err_set(e, FAIL_TROUBLE, "exists", "%s: it is there already", s->shown);
	known.step = part_size;
	while (st.st_size / known.step >= PARTS)
		known.step *= 2;
	buf = mem_zero(m, (size_t)known.step, 1);
	whole.size = st.st_size;
	if (st.st_size > known.step ? put_large(s, fd, st.st_size, buf, &known, e) :
	    read_part(s, &whole, buf, e) || put_part(s, "", &whole, "If-None-Match: *", e))
		return -1;
	return look_after(s, st.st_size, e);
}

/* Downloading */

struct download {
	const struct s3 *s;
	int fd;
	int64_t got;
};

static int
to_file(void *arg, const void *data, size_t len, struct err *e)
{
	struct download *d = arg;

	if (io_write_all(d->fd, data, len))
		return err_sys(e, "%s: temporary file", d->s->shown);
	d->got += (int64_t)len;
	return 0;
}

int
s3_get(struct s3 *s, int fd, struct err *e)
{
	struct download d = { s, fd, 0 };
	struct http_answer a;

	for (int try = 1;; try++) {
		struct http_request q = { .fd = -1, .sink = to_file, .arg = &d };
		const char *range = d.got ? mem_fmt(s->m, "Range: bytes=%lld-", (long long)d.got) :
					    NULL;
		int bad = ask(s, "GET", "", q, empty_sum, range, &a, e);

		if (!bad && (a.status == 200 || a.status == 206))
			return 0;
		if (!bad && a.status < 500 && a.status != 429)
			return refused(s, "download", &a, e);
		if ((bad && strcmp(e->word, "connection")) || try == TRIES)
			return bad ? -1 : refused(s, "download", &a, e);
		if (stop_sleep(0.2 * try, e))
			return -1;
	}
}

int
s3_drop(struct s3 *s, struct err *e)
{
	struct http_answer a;

	if (insist(s, "DELETE", "", &nothing, empty_sum, NULL, &a, e))
		return -1;
	return a.status / 100 == 2 ? 0 : refused(s, "removing it", &a, e);
}
