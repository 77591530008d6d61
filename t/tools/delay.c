/* delay - a network between a client and a server's socket: each piece of data comes later by so
 * many milliseconds.
 *
 *	delay PORTFILE SOCKET MILLISECONDS
 *
 * Listens on a free port of 127.0.0.1, writes its number to PORTFILE, and passes what comes on to
 * SOCKET and back. Each way has a process of its own, which waits behind each read: what comes
 * meanwhile goes together. Ends with its parent. */
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

static double milliseconds;

static void
carry(int from, int to)
{
	static char data[1 << 18];
	const struct timespec pause = { (time_t)(milliseconds / 1000),
		(long)(milliseconds * 1e6) % 1000000000 };
	ssize_t n;

	while ((n = read(from, data, sizeof data)) > 0) {
		nanosleep(&pause, NULL);
		for (ssize_t done = 0, more; done < n; done += more)
			if ((more = write(to, data + done, (size_t)(n - done))) < 0)
				return;
	}
	shutdown(to, SHUT_WR);
}

static void
serve(int client, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0), on = 1;

	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (server < 0 || connect(server, (struct sockaddr *)&a, sizeof a))
		return;
	if (fork())
		carry(client, server);
	else
		carry(server, client);
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t len = sizeof a;
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), c;
	FILE *f;

	if (argc != 4 || s < 0 || bind(s, (struct sockaddr *)&a, len) || listen(s, 64) ||
	    getsockname(s, (struct sockaddr *)&a, &len))
		return 2;
	milliseconds = strtod(argv[3], NULL);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_IGN);
	prctl(PR_SET_TIMERSLACK, 1000UL);
	if (!(f = fopen(argv[1], "w")) || fprintf(f, "%d\n", ntohs(a.sin_port)) < 0 || fclose(f))
		return 2;
	while ((c = accept(s, NULL, NULL)) >= 0) {
		if (!fork()) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			close(s);
			serve(c, argv[2]);
			_exit(0);
		}
		close(c);
	}
	return 1;
}
