/* http-stub - answers HTTP requests by a table: the fixture of tests that need an API which real
 * servers do not show on request.
 *
 *	http-stub PORTFILE ROUTES
 *
 * Listens on a free port of 127.0.0.1 and writes its number to PORTFILE. ROUTES is read anew for
 * each request; its lines are TARGET, AUTHORIZATION, STATUS, HEADER, BODY, parted by tabs; "-" as
 *AUTHORIZATION fits any request, as HEADER is none; @PORT@ in HEADER is the port. The first line
 * that fits answers. Appends "METHOD TARGET AUTHORIZATION" of each request to PORTFILE.log. Ends
 * with its parent. */
#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LARGEST = 1 << 20 };

static int port;

/* What stands between KEY and the end of its line in REQUEST, or "". */
static void
header(const char *request, const char *key, char *value, size_t room)
{
	const char *p = strcasestr(request, key);

	*value = 0;
	if (p)
		snprintf(value, room, "%.*s", (int)strcspn(p + strlen(key), "\r\n"),
		    p + strlen(key));
}

static void
put_header(FILE *out, const char *line)
{
	const char *at = strstr(line, "@PORT@");

	if (!strcmp(line, "-"))
		return;
	if (at)
		fprintf(out, "%.*s%d%s\r\n", (int)(at - line), line, port, at + 6);
	else
		fprintf(out, "%s\r\n", line);
}

/* One line of the table; is it the answer? */
static int
try_route(char *line, const char *method, const char *target, const char *authorization, FILE *out)
{
	char *field[5] = { NULL }, *rest = line;

	line[strcspn(line, "\n")] = 0;
	for (int i = 0; i < 5 && (field[i] = strsep(&rest, "\t")); i++)
		;
	if (!field[4] || strcmp(field[0], target) ||
	    (strcmp(field[1], "-") && strcmp(field[1], authorization)))
		return 0;
	fprintf(out, "HTTP/1.1 %s X\r\nContent-Length: %zu\r\nConnection: close\r\n", field[2],
	    strlen(field[4]));
	put_header(out, field[3]);
	fprintf(out, "\r\n%s", strcmp(method, "HEAD") ? field[4] : "");
	return 1;
}

static void
answer(FILE *out, const char *request, const char *routes, FILE *log)
{
	char method[16], target[2048], authorization[512], *line = NULL;
	size_t room = 0;
	FILE *table = fopen(routes, "r");
	int done = 0;

	header(request, "\nAuthorization: ", authorization, sizeof authorization);
	if (sscanf(request, "%15s %2047s", method, target) != 2 || !table)
		return;
	fprintf(log, "%s %s %s\n", method, target, authorization);
	fflush(log);
	while (!done && getline(&line, &room, table) > 0)
		done = try_route(line, method, target, authorization, out);
	if (!done)
		fprintf(out, "HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
	free(line);
	fclose(table);
}

static void
serve(int fd, const char *routes, FILE *log)
{
	static char request[LARGEST];
	size_t len = 0;
	ssize_t n;
	FILE *out = fdopen(fd, "w");

	while (len + 1 < sizeof request &&
	    (n = read(fd, request + len, sizeof request - 1 - len)) > 0) {
		request[len += (size_t)n] = 0;
		if (strstr(request, "\r\n\r\n"))
			break;
	}
	if (!out)
		return;
	if (len)
		answer(out, request, routes, log);
	fclose(out);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof a;
	char name[4096];
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	FILE *f, *log;

	if (argc != 3 || s < 0 || bind(s, (struct sockaddr *)&a, len) || listen(s, 64) ||
	    getsockname(s, (struct sockaddr *)&a, &len))
		return 2;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	port = ntohs(a.sin_port);
	snprintf(name, sizeof name, "%s.log", argv[1]);
	if (!(log = fopen(name, "a")) || !(f = fopen(argv[1], "w")))
		return 2;
	fprintf(f, "%d\n", port);
	fclose(f);
	while ((c = accept4(s, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		serve(c, argv[2], log);
	return 0;
}
