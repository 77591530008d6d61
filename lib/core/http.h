/* http - one HTTP request after another, each waited for: the door to libcurl for all who need no
 * event loop. It is loaded only when something is asked: with its forty libraries it would make
 * each start ten times as long. */
#ifndef HTTP_H
#define HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "core/mem.h"

struct http;            /* keeps connections open; for one thread */

struct http_request {
	const char *method;             /* NULL: GET */
	const char *url;                /* http or https */
	const char *const *headers;     /* "Name: value", NULL-ended; or NULL */
	/* AWS Signature Version 4: "aws:amz:REGION:SERVICE"; or NULL */
	const char *sign;
	const char *key;                /* to sign with: "ID:SECRET" */
	/* The body: SIZE bytes of FD from OFFSET, of a regular file; -1: the text BODY, or none. */
	int fd;
	int64_t offset, size;
	const char *body;
	/* Gets the body of an answer of 2xx; -1 with the error set to stop. NULL: http_answer.body
	 * has it. */
	int (*sink)(void *, const void *, size_t, struct err *);
	void *arg;
	bool patient;                   /* as long as bytes move; else 30 seconds for all of it */
	bool undo;                      /* although stop was asked; within 5 seconds */
};

struct http_answer {
	long status;
	const char *body;               /* at most 32 MiB, NUL-terminated */
	size_t body_len;
	const char *head;               /* header lines of the last answer */
};

/* "no-libcurl" when it cannot be loaded. */
struct http *http_new(struct mem *, struct err *);
/* 0 when an answer came, whatever its status; it lives in MEM. "connection": none did; "cancelled";
 * or the sink's. */
int http_ask(struct mem *, struct http *, const struct http_request *, struct http_answer *,
    struct err *);
/* The value of a header ("etag"); NULL when there is none. */
char *http_header(struct mem *, const struct http_answer *, const char *name);
/* S as it stands in a query. */
char *http_escape(struct mem *, const char *s);

#endif
