/* resolve - host names to addresses in forked children, as getaddrinfo blocks while a name server
 * is silent. */
#ifndef HEALTH_RESOLVE_H
#define HEALTH_RESOLVE_H

#include "core/mem.h"
#include "health/loop.h"

struct resolve;
struct resolve_query;

enum { RESOLVE_ADDRESS = 64, RESOLVE_MAX = 16 };

struct resolve_answer {
	int count;
	char address[RESOLVE_MAX][RESOLVE_ADDRESS];     /* as text, in getaddrinfo's order */
	char why[120];                                  /* when COUNT is 0 */
};

struct resolve *resolve_new(struct mem *, struct loop *);

/* Call DONE with the addresses of HOST: at once, within the call, for addresses and localhost and
 * for names that were found within the last second; NULL is returned then. Else later; the query
 * can be cancelled until then. Queries for one name share one child; beside a child that is silent
 * a fresh one is tried each second. */
struct resolve_query *resolve_ask(struct resolve *, const char *host,
    void (*done)(void *, const struct resolve_answer *), void *);
void resolve_cancel(struct resolve_query *);

#endif
