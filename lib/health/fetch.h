/* fetch - HTTP requests for the event loop: the one door to libcurl. A fresh connection each time,
 * no proxy for the loopback, host names by resolve. */
#ifndef HEALTH_FETCH_H
#define HEALTH_FETCH_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"
#include "health/loop.h"
#include "health/resolve.h"

struct fetch;           /* all requests of one run */
struct fetch_request;
struct fetch_answer;

enum { FETCH_BODY = 1 << 20 };

struct fetch_spec {
	const char *url;                /* http or https */
	const char *unix_path;          /* a socket in place of the host, or NULL */
	const char *method;             /* NULL: GET, or POST with a body */
	const char *body;
	const struct opt_list *headers; /* "Name: value", or NULL */
	const char *cacert, *cert, *key;
	bool head, insecure, follow;
	/* try only the address of this number (modulo their count); -1: all */
	int address;
	double seconds;                 /* what is left for the attempt */
	void (*done)(void *, const struct fetch_answer *);
	void *arg;
};

struct fetch_answer {
	const char *state;              /* "ok": there is a status; else a word of the closed set */
	char text[300];                 /* one line that says why */
	int status;
	int addresses;                  /* how many the host has */
	char address[RESOLVE_ADDRESS];
	/* NUL-terminated; HEAD is the header lines of the last answer */
	const char *body, *head;
	size_t body_len;
};

struct fetch *fetch_new(struct mem *, struct loop *, struct resolve *, struct err *);
/* Is URL one that we can ask? Its host in MEM at *HOST. */
int fetch_check(struct mem *, const char *url, const char **host, struct err *);
/* Begin. DONE comes once, later. Lives in MEM; to be ended by fetch_cut before that dies. */
struct fetch_request *fetch_start(struct mem *, struct fetch *, const struct fetch_spec *);
/* How far did it come? The state that says so: dns-timeout, connect-timeout, tls-failed or
 * timeout. */
const char *fetch_progress(const struct fetch_request *, char *text, size_t size);
/* End it, without a call of DONE. NULL and what is done are fine. */
void fetch_cut(struct fetch_request *);

#endif
