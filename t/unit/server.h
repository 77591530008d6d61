/* server.h - servers for the unit tests of connections: a scratch Postgres, and one that never
 * answers; one header, no library. */
#ifndef UNIT_SERVER_H
#define UNIT_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../tap.h"
#include "pg/conn.h"
#include "pg/scratch.h"

static struct pg_scratch *server;
static struct mem *all; /* lives as long as the server */

/* Starts it, with nothing of the caller's environment that would lead elsewhere. */
static inline void
server_start(void)
{
	static const char *const inherited[] = { "PGHOST", "PGPORT", "PGUSER", "PGDATABASE",
		"PGPASSWORD", "PGSERVICE" };
	struct err e;

	for (size_t i = 0; i < sizeof inherited / sizeof *inherited; i++)
		unsetenv(inherited[i]);
	all = mem_new();
	if (!(server = pg_scratch_start(all, 0, &e))) {
		diag("%s (%s)", e.text, e.hint);
		exit(1);
	}
}

static inline const char *
uri(const char *database)
{
	return pg_scratch_uri(all, server, database);
}

static inline struct pg *
connected(struct mem *m)
{
	struct err e;
	struct pg *pg = pg_open(m, uri("postgres"), NULL, &e);

	if (!pg) {
		diag("%s (%s) %s", e.text, e.word, e.hint);
		exit(1);
	}
	return pg;
}

/* A listener that never answers: the listen queue alone takes the connection. */
static inline int
deaf(int *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 8) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		exit(1);
	*port = ntohs(a.sin_port);
	return fd;
}

#endif
