/* scratch-pg [--major N] [--] COMMAND [ARG...] - run COMMAND with a scratch Postgres: DATABASE_URL,
 * PGHOST, PGPORT, PGUSER and PGDATABASE name it, PATH ends with its programs. Exits as COMMAND
 * does; 125 when there is no server. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/stop.h"
#include "pg/conn.h"
#include "pg/scratch.h"

static int
complain(const struct err *e)
{
	fprintf(stderr, "scratch-pg: %s\n%s%s", e->text, e->hint, *e->hint ? "\n" : "");
	return 125;
}

static int
set_environment(struct mem *m, const struct pg_scratch *s, struct err *e)
{
	const char *path = getenv("PATH"), *uri = pg_scratch_uri(m, s, "postgres");
	const char *const *env = pg_spec_environment(m, uri, NULL, e);

	if (!env)
		return -1;
	for (; *env; env++)
		putenv(mem_string(m, *env));
	setenv("DATABASE_URL", uri, 1);
	setenv("PATH", mem_fmt(m, "%s:%s", path ? path : "/usr/bin:/bin", pg_scratch_bindir(s)), 1);
	return 0;
}

static int
run(char **argv)
{
	int status, told = 0;
	pid_t pid = fork();
	struct pollfd p[2] = { { .events = POLLIN }, { .fd = stop_fd(), .events = POLLIN } };

	if (!pid) {
		stop_reset_child();
		execvp(*argv, argv);
		perror(*argv);
		_exit(127);
	}
	p[0].fd = (int)syscall(SYS_pidfd_open, pid, 0);
	while (waitpid(pid, &status, WNOHANG) == 0) {
		poll(p, told ? 1 : 2, -1);
		if (stop_signal() && !told) {
			kill(pid, stop_signal());
			told = 1;
		}
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int
main(int argc, char **argv)
{
	static const char *const others[] = { "PGHOST", "PGHOSTADDR", "PGPORT", "PGUSER",
		"PGDATABASE", "PGPASSWORD", "PGOPTIONS", "PGSSLMODE", "PGSERVICE" };
	MEM_SCOPE(m);
	struct pg_scratch *s;
	struct err e;
	int i = 1, major = 0;

	if (argc > 2 && !strcmp(argv[1], "--major")) {
		major = (int)strtol(argv[2], NULL, 10);
		i = 3;
	}
	i += i < argc && !strcmp(argv[i], "--");
	if (i >= argc) {
		fprintf(stderr, "usage: scratch-pg [--major N] [--] command [arg ...]\n");
		return 125;
	}
	for (size_t k = 0; k < sizeof others / sizeof *others; k++)
		unsetenv(others[k]);
	stop_catch();
	if (!(s = pg_scratch_start(m, major, &e)) || set_environment(m, s, &e))
		return complain(&e);
	return run(argv + i);
}
