/* lock-exec - runs a command while a lock is held on a Postgres server: flock(1) for several
 * machines.
 *
 *	lock-exec --pg env:DATABASE_URL 'rollback notes' -- sh rollback.sh
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/digest.h"
#include "core/step.h"
#include "core/stop.h"
#include "pg/conn.h"
#include "pg/swap.h"

static struct {
	const char *pg;
	double wait;
} cfg;

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database on the server: URI, conninfo or env:NAME", &cfg.pg),
	OPT_SECONDS_(0, "wait", "duration", "wait this long when somebody else holds it", &cfg.wait),
	OPT_END_
};

/* The words after the name, and after a -- that may stand between. */
static char **
command(char **operands)
{
	return operands + 1 + (operands[1] && !strcmp(operands[1], "--"));
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	if (!count || !**operands || !*command(operands)) {
		err_set(e, FAIL_TROUBLE, "usage", "%s",
		    !count          ? "no name given" :
			!**operands ? "the name is empty" :
				      "no command given");
		return err_hint(e, "lock-exec NAME -- COMMAND [ARGUMENT ...]");
	}
	step_alone(s);
	return 0;
}

/* Who holds it, for the message. */
static int
refuse(struct mem *m, struct pg *pg, const char *name, const char *key, struct err *e)
{
	struct pg_rows *r = pg_query(m, pg, e,
	    "SELECT a.pid, a.usename, coalesce(a.client_addr::text, 'a local session'),"
	    " a.backend_start::timestamp(0) FROM pg_catalog.pg_locks l JOIN "
	    "pg_catalog.pg_stat_activity a USING (pid)"
	    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1 AND l.database ="
	    " (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())"
	    " AND (l.classid::bigint << 32 | l.objid::bigint) = $1::bigint",
	    1, &key);

	if (!r)
		return -1;
	if (!pg_rows_count(r))
		return err_set(e, FAIL_NO, "locked", "the lock '%s' is held by somebody else",
		    name);
	err_set(e, FAIL_NO, "locked", "the lock '%s' is held by pid %s, user %s, from %s, since %s",
	    name, pg_rows_text(r, 0, 0), pg_rows_text(r, 0, 1), pg_rows_text(r, 0, 2),
	    pg_rows_text(r, 0, 3));
	return err_hint(e, "let it end; --wait waits for it");
}

/* When a command ends, what held its lock and the server see that a moment later: a command right
 * behind it is not refused. */
static const double moment = 1;

static int
take(struct mem *m, struct pg *pg, const char *name, struct err *e)
{
	char hex[DIGEST_HEX];
	const char *key = NULL;
	double end = clock_now() + (cfg.wait > moment ? cfg.wait : moment);

	digest_bytes(hex, name, strlen(name));
	hex[16] = 0;
	key = mem_fmt(m, "%lld", (long long)strtoull(hex, NULL, 16));
	for (;;) {
		struct pg_rows *r = pg_query(m, pg, e,
		    "SELECT pg_catalog.pg_try_advisory_lock($1::bigint)", 1, &key);

		if (!r)
			return -1;
		if (pg_rows_bool(r, 0, 0))
			return 0;
		if (clock_now() >= end)
			return refuse(m, pg, name, key, e);
		if (stop_sleep(0.2, e))
			return -1;
	}
}

/* Holds the session until nobody has the other end of the pipe any more. */
static _Noreturn void
hold(int end)
{
	struct pollfd p = { .fd = end };

	setsid();
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	while (!(p.revents & (POLLHUP | POLLERR)))
		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			break;
	_exit(0);
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	struct pg *pg = pg_open(m, cfg.pg, NULL, e), *beside;
	int end[2];
	pid_t holder;

	/* the lock is not in the database itself: it may be renamed, dropped, closed to everyone */
	if (!pg || !(beside = pg_open_beside(m, cfg.pg, pg_database(pg), e)))
		return -1;
	pg_close(pg);
	if (take(m, beside, operands[0], e))
		return -1;
	if (pipe(end) || (holder = fork()) < 0)
		return err_sys(e, "cannot start what holds the lock");
	if (!holder) {
		close(end[1]);
		hold(end[0]);
	}
	close(end[0]);
	/* a number that scripts can close for what is to outlive them */
	if (dup2(end[1], 8) < 0 || (end[1] != 8 && close(end[1])))
		return err_sys(e, "cannot keep the lock");
	stop_reset_child();
	(void)count;
	execvp(*command(operands), command(operands));
	return err_sys(e, "%s", *command(operands));
}

static const struct tool tool = {
	.name = "lock-exec",
	.brief = "run a command while a lock is held on a Postgres server",
	.operands = "name -- command ...",
	.opts = opts,
	.flags = TOOL_COMMAND_OPERANDS,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
