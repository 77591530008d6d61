/* serve - a server that behaves as a script says: the fixture of the tests of health-wait.
 *
 *	serve [-f PORTFILE] [-u SOCKET] [-r] [-U] [SECONDS@]ACTION...
 *
 * Listens on a free port of 127.0.0.1 (-6: ::1; -p PORT), writes its number to PORTFILE, and does
 * each ACTION for SECONDS, the last one for ever. -U: a name server on UDP in place of TCP;
 * -r: the last request into PORTFILE.request. Actions:
 *	closed          nothing listens
 *	full            listens, but the queue is full: connection requests get no answer
 *	hang            accepts and never answers
 *	close, reset    accepts and closes, or resets
 *	200 … 599       an HTTP answer of that status; "200:BODY" with a body
 *	head:LINE       200 with that header line
 *	301:URL …       a redirect
 *	drip            200, then a byte a second
 *	huge            200 with a body that does not end
 *	bomb:FILE       200 with that gzip file as the body, said to be so encoded
 *	turn:A|B        200 with body A and body B in turn
 *	say:TEXT        writes TEXT at once (\r \n \0 are escapes)
 *	echo:TEXT       reads something, then writes TEXT
 *	pg:SQLSTATE     speaks Postgres as far as an error of that SQLSTATE
 *	nxdomain, a:ADDRESS, mute       (with -U)
 * Ends with its parent. Counts connections in PORTFILE.count; PORTFILE.last holds
 * when the last ACTION begins, in milliseconds since 1970. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/mem.h"

enum { CONNECTIONS = 20000, DRIP = 1 };

struct step {
	double until;
	const char *action;
};

/* What goes on with one connection. */
struct conn {
	enum { FREE, READ, DRIPPING, FLOOD, HANG } doing;
	const char *action;
	double next;
	int stage;
};

static struct mem *m;
static struct step steps[32];
static int step_count, listener = -1, poller, fillers[64], filler_count;
static struct conn conns[CONNECTIONS];
static const char *port_file, *socket_path;
static struct sockaddr_storage where;
static socklen_t where_len;
static bool udp, keep_requests;
static unsigned long accepted;
static unsigned turn;
static double begun;

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

static const char *
action(void)
{
	for (int i = 0; i < step_count - 1; i++)
		if (clock_now() - begun < steps[i].until)
			return steps[i].action;
	return steps[step_count - 1].action;
}

static bool
is(const char *a, const char *name)
{
	size_t n = strlen(name);

	return !strncmp(a, name, n) && (!a[n] || a[n] == ':');
}

static const char *
argument(const char *a)
{
	const char *colon = strchr(a, ':');

	return colon ? colon + 1 : "";
}

static void
write_text(const char *name, const char *text, size_t len)
{
	char *part = mem_fmt(m, "%s.part", name);
	FILE *f = fopen(part, "w");

	if (!f || fwrite(text, 1, len, f) != len || fclose(f) || rename(part, name))
		die(name);
}

static void
write_file(const char *name, unsigned long n)
{
	char *text = mem_fmt(m, "%lu\n", n);

	write_text(name, text, strlen(text));
}

static void
drop(int fd)
{
	conns[fd] = (struct conn){ FREE };
	close(fd);
}

static void
put(int fd, const void *data, size_t len)
{
	if (send(fd, data, len, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
		return;
}

static void
http(int fd, const char *status, const char *line, const char *body, size_t len)
{
	char *head = mem_fmt(m,
	    "HTTP/1.1 %s X\r\nContent-Length: %zu\r\nConnection: close\r\n%s%s\r\n", status, len,
	    line, *line ? "\r\n" : "");
	MEM_SCOPE(scope);
	struct mem_text all = { .m = scope };

	mem_text_fmt(&all, "%s", head);
	mem_text_add(&all, body, len);
	put(fd, all.text, all.len);
	shutdown(fd, SHUT_WR);
	drop(fd);
}

/* TEXT with its escapes, its length in *LEN. */
static char *
unescape(const char *text, size_t *len)
{
	char *out = mem_string(m, text), *to = out;

	for (const char *p = text; *p; p++)
		if (*p == '\\' && p[1]) {
			p++;
			*to++ = (char)(*p == 'n' ? '\n' : *p == 'r' ? '\r' : *p == '0' ? 0 : *p);
		} else {
			*to++ = *p;
		}
	*len = (size_t)(to - out);
	return out;
}

/* The gzip file at PATH as the body: small here, large when it is unpacked. */
static void
bomb(int fd, const char *path)
{
	char buf[1 << 16];
	int f = open(path, O_RDONLY);
	ssize_t n;

	if (f < 0)
		die(path);
	fcntl(fd, F_SETFL, 0);
	n = snprintf(buf, sizeof buf,
	    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n");
	while (n > 0 && send(fd, buf, (size_t)n, MSG_NOSIGNAL) == n)
		n = read(f, buf, sizeof buf);
	close(f);
	drop(fd);
}

static void
pg(int fd, struct conn *c, const char *state, const char *got, ssize_t len)
{
	static const char ssl_request[] = { 0, 0, 0, 8, 4, (char)210, 22, 47 };
	char text[200];
	int n;

	if (len == 8 && !memcmp(got, ssl_request, 8)) {
		put(fd, "N", 1);
		c->stage++;
		return;
	}
	n = snprintf(text + 5, sizeof text - 5, "SFATAL%cVFATAL%cC%s%cMfixture%c", 0, 0, state, 0,
		0) +
	    1;
	text[0] = 'E';
	text[1] = text[2] = 0;
	text[3] = (char)((n + 4) >> 8);
	text[4] = (char)(n + 4);
	put(fd, text, (size_t)n + 5);
	shutdown(fd, SHUT_WR);
	drop(fd);
}

/* Something was read: answer it. */
static void
answer(int fd, struct conn *c, const char *got, ssize_t len)
{
	const char *a = c->action, *arg = argument(a);
	char status[4] = { a[0], a[0] ? a[1] : 0, a[0] && a[1] ? a[2] : 0, 0 };
	size_t n;

	if (keep_requests)
		write_text(mem_fmt(m, "%s.request", port_file), got, (size_t)len);
	if (is(a, "drip")) {
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", 41);
		c->doing = DRIPPING;
		c->next = clock_now() + DRIP;
	} else if (is(a, "huge")) {
		put(fd, "HTTP/1.1 200 OK\r\nContent-Length: 2147483648\r\n\r\n", 47);
		c->doing = FLOOD;
		struct epoll_event ev = { .events = EPOLLOUT, .data.fd = fd };

		epoll_ctl(poller, EPOLL_CTL_MOD, fd, &ev);
	} else if (is(a, "bomb")) {
		bomb(fd, arg);
	} else if (is(a, "turn")) {
		size_t half = strcspn(arg, "|");

		if (turn++ % 2)
			http(fd, "200", "", arg + half + 1, strlen(arg + half + 1));
		else
			http(fd, "200", "", arg, half);
	} else if (is(a, "echo")) {
		char *text = unescape(arg, &n);

		put(fd, text, n);
		shutdown(fd, SHUT_WR);
		drop(fd);
	} else if (is(a, "pg")) {
		pg(fd, c, arg, got, len);
	} else if (is(a, "head")) {
		http(fd, "200", arg, "{}", 2);
	} else if (a[0] == '3' && *arg) {
		http(fd, status, mem_fmt(m, "Location: %s", arg), "", 0);
	} else {
		http(fd, status, "Content-Type: text/plain", *arg ? arg : "{\"status\":\"up\"}",
		    strlen(*arg ? arg : "{\"status\":\"up\"}"));
	}
}

static void
on_conn(int fd)
{
	static char buf[1 << 16];
	struct conn *c = conns + fd;
	ssize_t n;

	if (c->doing == FLOOD) {
		memset(buf, 'x', sizeof buf);
		if (send(fd, buf, sizeof buf, MSG_NOSIGNAL) < 0 && errno != EAGAIN)
			drop(fd);
		return;
	}
	n = recv(fd, buf, sizeof buf, 0);
	if (n > 0 && c->doing == READ)
		answer(fd, c, buf, n);
	else if (n == 0 || (n < 0 && errno != EAGAIN))
		drop(fd);
}

static void
begin(int fd, const char *a)
{
	struct linger now_ = { .l_onoff = 1 };
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = fd };
	size_t n;

	if (port_file && accepted < 1000000)
		accepted++;
	if (is(a, "close")) {
		close(fd);
	} else if (is(a, "reset")) {
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now_, sizeof now_);
		close(fd);
	} else if (is(a, "say")) {
		char *text = unescape(argument(a), &n);

		put(fd, text, n);
		conns[fd] = (struct conn){ .doing = HANG };
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
	} else {
		conns[fd] = (struct conn){ .doing = is(a, "hang") ? HANG : READ, .action = a };
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
	}
}

static int
open_listener(int backlog)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = socket(where.ss_family,
		(udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0),
	    on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (socket_path)
		unlink(socket_path);
	if (bind(fd, (struct sockaddr *)&where, where_len))
		die("bind");
	getsockname(fd, (struct sockaddr *)&where, &where_len);
	if (backlog >= 0 && !udp && listen(fd, backlog))
		die("listen");
	ev.data.fd = fd;
	if (backlog > 0)
		epoll_ctl(poller, EPOLL_CTL_ADD, fd, &ev);
	return fd;
}

/* Connect to ourselves until the queue is full. */
static void
fill(void)
{
	while (filler_count < 8) {
		int fd = socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

		connect(fd, (struct sockaddr *)&where, where_len);
		fillers[filler_count++] = fd;
	}
	usleep(20000);
}

static void
change(const char *a)
{
	if (listener >= 0)
		close(listener);
	while (filler_count)
		close(fillers[--filler_count]);
	listener = open_listener(is(a, "closed") ? -1 : is(a, "full") ? 0 : 4096);
	if (is(a, "full"))
		fill();
}

/* A name server: every question is for an address. */
static void
on_question(const char *a)
{
	unsigned char b[600];
	struct sockaddr_storage from;
	socklen_t len = sizeof from;
	ssize_t n = recvfrom(listener, b, 512, 0, (struct sockaddr *)&from, &len);
	size_t end = 12;
	bool four;

	if (n < 17 || is(a, "mute"))
		return;
	while (end < (size_t)n && b[end])
		end += b[end] + 1U;
	four = b[end + 2] == 1;
	end += 5;
	b[2] = 0x84;
	b[3] = is(a, "nxdomain") ? 3 : 0;
	b[7] = !is(a, "nxdomain") && four;
	b[8] = b[9] = b[10] = b[11] = 0;
	if (b[7]) {
		static const unsigned char record[] = { 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4 };

		memcpy(b + end, record, sizeof record);
		inet_pton(AF_INET, argument(a), b + end + sizeof record);
		end += sizeof record + 4;
	}
	sendto(listener, b, end, 0, (struct sockaddr *)&from, len);
}

static void
accept_all(const char *a)
{
	int fd;

	if (udp) {
		on_question(a);
		return;
	}
	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0)
		if (fd < CONNECTIONS)
			begin(fd, a);
		else
			close(fd);
	if (port_file)
		write_file(mem_fmt(m, "%s.count", port_file), accepted);
}

static void
drip_all(void)
{
	for (int fd = 0; fd < 1024; fd++)
		if (conns[fd].doing == DRIPPING && clock_now() >= conns[fd].next) {
			conns[fd].next += DRIP;
			put(fd, "x", 1);
		}
}

static void
serve(void)
{
	const char *was = NULL;

	for (;;) {
		struct epoll_event ev[64];
		const char *a = action();
		int n;

		if (a != was &&
		    (!was || is(a, "closed") || is(was, "closed") || is(a, "full") ||
			is(was, "full")))
			change(a);
		was = a;
		n = epoll_wait(poller, ev, 64, 5);
		for (int i = 0; i < n; i++)
			if (ev[i].data.fd == listener)
				accept_all(action());
			else
				on_conn(ev[i].data.fd);
		drip_all();
	}
}

static void
set_place(int family, int port)
{
	struct sockaddr_in *four = (struct sockaddr_in *)&where;
	struct sockaddr_in6 *six = (struct sockaddr_in6 *)&where;

	where.ss_family = (sa_family_t)family;
	four->sin_port = htons((in_port_t)port);
	if (family == AF_INET6)
		six->sin6_addr = in6addr_loopback;
	else
		four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	where_len = family == AF_INET6 ? sizeof *six : sizeof *four;
}

static void
set_socket(void)
{
	struct sockaddr_un *u = (struct sockaddr_un *)&where;

	u->sun_family = AF_UNIX;
	snprintf(u->sun_path, sizeof u->sun_path, "%s", socket_path);
	where_len = sizeof *u;
}

static void
add_step(const char *word)
{
	char *end;
	double seconds = strtod(word, &end), before = step_count ? steps[step_count - 1].until : 0;

	if (step_count == 32)
		exit(2);
	steps[step_count].action = *end == '@' ? end + 1 : word;
	steps[step_count].until = before + (*end == '@' ? seconds : 1e9);
	step_count++;
}

int
main(int argc, char **argv)
{
	int c, family = AF_INET, port = 0, wait_for;

	while ((c = getopt(argc, argv, "f:u:p:6rU")) != -1)
		switch (c) {
		case 'f': port_file = optarg; break;
		case 'u': socket_path = optarg; break;
		case 'p': port = (int)strtol(optarg, NULL, 10); break;
		case '6': family = AF_INET6; break;
		case 'r': keep_requests = true; break;
		case 'U': udp = true; break;
		default: return 2;
		}
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	m = mem_new();
	for (int i = optind; i < argc; i++)
		add_step(argv[i]);
	if (!step_count)
		return 2;
	poller = epoll_create1(EPOLL_CLOEXEC);
	if (socket_path)
		set_socket();
	else
		set_place(family, port);
	/* the port is ours from here on, also while nothing listens */
	wait_for = open_listener(-1);
	if (port_file)
		write_file(port_file, ntohs(((struct sockaddr_in *)&where)->sin_port));
	close(wait_for);
	begun = clock_now();
	if (port_file && step_count > 1)
		write_file(mem_fmt(m, "%s.last", port_file), (unsigned long)clock_unix_ms() +
		    (unsigned long)(steps[step_count - 2].until * 1000));
	serve();
}
