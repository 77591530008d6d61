/* notes - the demo's service: /health with its version, / with a page of notes out of Postgres.
 *
 *	notes VERSION PORT URL-FILE	(database: $DATABASE_URL; port 0: any that is free)
 *
 * One binary plays all versions. Each refuses to start on a schema that it does not know, and ends
 * when its database stays away. Version 7 is the bad release: it waits for a search index that
 * nobody has set up.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <libpq-fe.h>

enum { BACKLOG = 16, TICK_MS = 1000, PATIENCE = 5, BIND_TRIES = 250, BIND_PAUSE_US = 20000 };

static int version;

/* The rows of SQL as text, a line each, to OUT (or nowhere); -1 when the database does not
 * answer. */
static int
print_rows(FILE *out, const char *sql)
{
	PGconn *db = PQconnectdb(getenv("DATABASE_URL"));
	PGresult *r = PQstatus(db) == CONNECTION_OK ? PQexec(db, sql) : NULL;
	int rows = PQresultStatus(r) == PGRES_TUPLES_OK ? PQntuples(r) : -1;

	for (int i = 0; out && i < rows; i++)
		fprintf(out, "%s\n", PQgetvalue(r, i, 0));
	if (rows < 0)
		fprintf(stderr, "notes %d: %s", version,
		    r ? PQresultErrorMessage(r) : PQerrorMessage(db));
	PQclear(r);
	PQfinish(db);
	return rows;
}

/* May this version run on the schema that is there? */
static int
knows_schema(void)
{
	char sql[200], answer[8] = "";
	FILE *out = fmemopen(answer, sizeof answer, "w");

	snprintf(sql, sizeof sql, "SELECT version >= %d AND oldest_code <= %d FROM notes_schema",
	    version, version);
	if (!out)
		return 0;
	print_rows(out, sql);
	fclose(out);
	return answer[0] == 't';
}

static const char *
answer(const char *path, FILE *body)
{
	if (!strcmp(path, "/health") && version == 7) {
		fprintf(body, "{\"version\":\"7\",\"status\":\"waiting for the search index\"}\n");
		return "503 Service Unavailable";
	}
	if (!strcmp(path, "/health")) {
		fprintf(body, "{\"version\":\"%d\",\"status\":\"ok\"}\n", version);
		return "200 OK";
	}
	if (print_rows(body,
		version < 7 ? "SELECT id || '. ' || title || ': ' || body FROM notes ORDER BY id" :
			      "SELECT id || '. ' || note FROM notes ORDER BY id") < 0)
		return "500 Internal Server Error";
	return "200 OK";
}

static void
serve(int client)
{
	char request[1024] = "", path[256] = "/", *text = NULL;
	size_t len = 0;
	FILE *body = open_memstream(&text, &len);
	const char *status;
	struct timeval patience = { .tv_sec = 1 };

	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	if (body && read(client, request, sizeof request - 1) > 0) {
		sscanf(request, "GET %255s", path);
		status = answer(path, body);
		fflush(body);
		dprintf(client,
		    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\nConnection: "
		    "close\r\n\r\n%s",
		    status, strcmp(path, "/health") ? "text/plain" : "application/json", len, text);
	}
	if (body)
		fclose(body);
	free(text);
	close(client);
}

static int
listen_on(int port, const char *url_file)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1, bad;
	FILE *f;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	/* the version before may still be on its way out */
	for (int i = 0;
	     (bad = bind(fd, (struct sockaddr *)&at, len)) && errno == EADDRINUSE && i < BIND_TRIES;
	     i++)
		usleep(BIND_PAUSE_US);
	if (bad || listen(fd, BACKLOG) ||
	    getsockname(fd, (struct sockaddr *)&at, &len) || !(f = fopen(url_file, "w"))) {
		fprintf(stderr, "notes %d: port %d: %s\n", version, port, strerror(errno));
		exit(1);
	}
	fprintf(f, "http://127.0.0.1:%d\n", ntohs(at.sin_port));
	fclose(f);
	return fd;
}

int
main(int argc, char **argv)
{
	struct pollfd p = { .events = POLLIN };

	version = argc == 4 ? (int)strtol(argv[1], NULL, 10) : 0;
	if (!version || !getenv("DATABASE_URL"))
		return fprintf(stderr, "usage: DATABASE_URL=... notes VERSION PORT URL-FILE\n"), 2;
	signal(SIGPIPE, SIG_IGN);
	if (!knows_schema())
		return fprintf(stderr, "notes %d: this is not a schema that I know\n", version), 1;
	p.fd = listen_on((int)strtol(argv[2], NULL, 10), argv[3]);
	for (int silent = 0; silent < PATIENCE;) {
		if (poll(&p, 1, TICK_MS) > 0)
			serve(accept(p.fd, NULL, NULL));
		else
			silent = print_rows(NULL, "SELECT 1") < 0 ? silent + 1 : 0;
	}
	return 1;
}
