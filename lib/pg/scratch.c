/* scratch.c - the parent's side of a throwaway server. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "core/stop.h"
#include "pg/conn.h"
#include "pg/scratch.h"
#include "pg/scratch_private.h"

struct pg_scratch {
	struct server server;
	char dir[SCRATCH_DIR];
	pid_t guard;
	int control; /* open as long as the server shall live */
	const char *key;
	bool kept;
};

static void
drop(void *s)
{
	pg_scratch_end(s);
}

static int
spawn_guard(struct pg_scratch *s, int *report, struct err *e)
{
	int control[2], result[2];

	if (pipe2(control, O_CLOEXEC))
		return err_sys(e, "pipe");
	if (pipe2(result, O_CLOEXEC)) {
		close(control[0]);
		close(control[1]);
		return err_sys(e, "pipe");
	}
	if (!(s->guard = fork()))
		guard_run(&s->server, s->key, control[0], result[1]);
	close(control[0]);
	close(result[1]);
	s->control = control[1];
	*report = result[0];
	return s->guard < 0 ? err_sys(e, "fork") : 0;
}

/* What the guard has to say, or that we were asked to stop. */
static int
hear(struct pg_scratch *s, int report, struct err *e)
{
	struct guard_report r;
	struct pollfd p[] = { { .fd = report, .events = POLLIN },
		{ .fd = stop_fd(), .events = POLLIN } };
	size_t len = 0;
	ssize_t n;

	do {
		poll(p, 2, -1);
		if (stop_check(e))
			return -1;
	} while (!p[0].revents);
	while (len < sizeof r && (n = read(report, (char *)&r + len, sizeof r - len)) != 0) {
		if (n < 0 && errno != EINTR)
			break;
		len += n > 0 ? (size_t)n : 0;
	}
	if (len < sizeof r)
		return err_set(e, FAIL_TROUBLE, "scratch",
		    "the process that guards the scratch server has died");
	memcpy(s->dir, r.dir, sizeof s->dir);
	s->kept = r.kept;
	if (r.failed)
		*e = r.error;
	return r.failed ? -1 : 0;
}

struct pg_scratch *
pg_scratch_start(struct mem *m, int major, struct err *e)
{
	return pg_scratch_start_kept(m, major, NULL, e);
}

struct pg_scratch *
pg_scratch_start_kept(struct mem *m, int major, const char *key, struct err *e)
{
	struct pg_scratch *s = mem_zero(m, 1, sizeof *s);
	int report = -1, bad;

	s->control = -1;
	s->key = key;
	if (server_find(m, major, &s->server, e))
		return NULL;
	bad = spawn_guard(s, &report, e) || hear(s, report, e);
	if (report >= 0)
		close(report);
	if (bad) {
		pg_scratch_end(s);
		return NULL;
	}
	return mem_own(m, s, drop);
}

/* The guard was killed: its server dies with it, its directory is left to us. */
static void
remove_rest(struct pg_scratch *s)
{
	struct err ignored;

	for (int i = 0; *s->dir && i < 100 && io_remove_tree(s->dir, &ignored); i++)
		poll(NULL, 0, 50);
}

void
pg_scratch_end(struct pg_scratch *s)
{
	pid_t ended;
	int status;

	if (!s || s->control < 0)
		return;
	close(s->control);
	s->control = -1;
	do
		ended = s->guard > 0 ? waitpid(s->guard, &status, 0) : -1;
	while (s->guard > 0 && ended < 0 && errno == EINTR);
	if (ended > 0 && status)
		remove_rest(s);
}

char *
pg_scratch_uri(struct mem *m, const struct pg_scratch *s, const char *database)
{
	return pg_uri_of(m, s->dir, "5432", "handrail", database);
}

const char *
pg_scratch_bindir(const struct pg_scratch *s)
{
	return s->server.bindir;
}

bool
pg_scratch_is_kept(const struct pg_scratch *s)
{
	return s->kept;
}

void
pg_scratch_keep(struct pg_scratch *s)
{
	MEM_SCOPE(m);
	struct template t;

	template_find_kept(m, &t, &s->server, guard_settings, s->key);
	template_make(m, &t, mem_fmt(m, "%s/data", s->dir));
	template_publish(&t, !stop_signal());
	template_forget_oldest(&t);
}
