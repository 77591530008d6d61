/* probe - one attempt to connect and ask, for event loops: never blocks, and says in one word how
 * far it came. */
#ifndef PG_PROBE_H
#define PG_PROBE_H

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"
#include "core/mem.h"

struct pg_probe;

/* A host name of a connection string. libpq would look it up and block: the caller does it. */
struct pg_probe_host {
	const char *host;
	/* to be set to "10.0.0.1,::1"; NULL or "": it has none, the host is left out */
	const char *addresses;
};

/* The host names of SPEC (as pg_open takes it) that need a look-up, *COUNT of them; none for
 * addresses, sockets and hostaddr. NULL: error "usage". */
struct pg_probe_host *pg_probe_hosts(struct mem *, const char *spec, size_t *count, struct err *);

/* Begin to connect, and to run the statements SQL (NULL-ended) one after the other. Freed with MEM,
 * or by pg_probe_end. NULL: error "usage", or "no-address" when no host has one. */
struct pg_probe *pg_probe_start(struct mem *, const char *spec, const struct pg_probe_host *hosts,
    size_t count, const char *const *sql, struct err *);
void pg_probe_end(struct pg_probe *);

/* What to poll for. Both may be others after each pg_probe_advance. */
int pg_probe_fd(const struct pg_probe *);
short pg_probe_events(const struct pg_probe *);
/* Go on when the descriptor is ready. True: it is over. To be called once after the start, too. */
bool pg_probe_advance(struct pg_probe *);

struct pg_probe_result {
	/* ok; refused, unreachable, not-found, connect-timeout, tls-failed, reset; pg-starting,
	 * pg-auth, pg-no-database, pg-too-many; query-failed */
	const char *state;
	char sqlstate[6];               /* or "" */
	const char *text;               /* one line, without secrets */
	bool connected;                 /* the server let us in */
	/* it told so when it let us in; none before 14 does */
	bool in_hot_standby;
};
const struct pg_probe_result *pg_probe_result(const struct pg_probe *);
/* The first row of statement I, columns parted by "|", NULL as ""; NULL when there was no row.
 * *ROWS: how many. */
const char *pg_probe_row(const struct pg_probe *, size_t i, int *rows);
/* "10.0.0.1", "/run/postgresql", or "". */
const char *pg_probe_address(const struct pg_probe *);

#endif
