/* fetch_private - what the files of fetch share; the rest of the folder sees fetch.h. */
#ifndef HEALTH_FETCH_PRIVATE_H
#define HEALTH_FETCH_PRIVATE_H

#include <curl/curl.h>

#include "health/fetch.h"

struct fetch {
	struct loop *loop;
	struct resolve *resolve;
	CURLM *multi;
	struct loop_timer timer;
	/* Names of our own that stand for the addresses of one request each in curl's cache of
	 * names: they need no conversion, and no two requests meet. A number is used again when its
	 * request is gone. */
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
	const char *too_big;            /* what of the answer, or NULL */
	bool starting;                  /* fetch_start has not returned */
	struct loop_timer late;         /* tells an end that came before that */
	struct mem_text body, head;
	struct fetch_answer answer;
	char why[CURL_ERROR_SIZE];      /* curl's own words for a failure, or "" */
	double deadline;
};

/* fetch_setup.c */

CURLU *fetch_url_of(struct mem *, const char *url, unsigned flags);
/* One part of U in MEM; NULL when it has none. */
const char *fetch_url_part(struct mem *, CURLU *u, CURLUPart, unsigned flags);
/* R asks for URL from now on. -1: it cannot be asked. */
int fetch_take_url(struct fetch_request *, const char *url);
/* Make R's handle, for its URL, with its options, to go to these addresses. */
void fetch_set_up(struct fetch_request *, const struct resolve_answer *);
/* What the handle calls with what comes. */
size_t fetch_on_body(char *, size_t size, size_t n, void *request);
size_t fetch_on_head(char *, size_t size, size_t n, void *request);

#endif
