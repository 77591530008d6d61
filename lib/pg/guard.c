/* guard.c - the process that owns a scratch cluster. It does not outlive its parent's interest: it
 * reads a pipe whose other end only the parent holds, and at its end it stops the server, removes
 * all, and goes. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/stop.h"
#include "pg/scratch_private.h"

enum {
	CONTROL = 3,
	REPORT,      /* our descriptors */
	LOOK_MS = 5, /* how often a starting or ending child is looked at */
	START_SECONDS = 60,
	END_SECONDS = 10,
	LOG_LINES = 8,
	LOG_TAIL = 1500,
	LOG_MAX = 1 << 20,
	ROOM = 60, /* MB that a fresh data directory and its log take */
};

struct guard {
	struct mem *m;
	const struct server *server;
	struct run_as who;
	struct template template;
	const char *key; /* of what may be kept, or NULL */
	bool began_kept; /* that was there */
	char dir[SCRATCH_DIR];
	const char *data, *log;
	pid_t postmaster;
	int segment; /* its System V shared memory */
};

/* dynamic_shared_memory_type: in the data directory, so that it goes with it */
const char guard_settings[] =
    "listen_addresses = ''\n"
    "max_connections = 100\n"
    "max_prepared_transactions = 10\n"
    "shared_buffers = 32MB\n"
    "dynamic_shared_memory_type = mmap\n"
    "fsync = off\n"
    "synchronous_commit = off\n"
    "full_page_writes = off\n"
    "wal_level = minimal\n"
    "max_wal_senders = 0\n"
    "max_wal_size = 1GB\n"
    "checkpoint_timeout = 1h\n"
    "max_logical_replication_workers = 0\n"
    "autovacuum = off\n"
    "lc_messages = 'C'\n"
    "timezone = 'UTC'\n"
    "log_timezone = 'UTC'\n";

/* Nothing of the parent's stays open here: who waits for the end of its output would wait for
 * us. */
static void
keep_two(int control, int report)
{
	int a = fcntl(control, F_DUPFD, 10), b = fcntl(report, F_DUPFD, 10), null;

	dup3(a, CONTROL, O_CLOEXEC);
	dup3(b, REPORT, O_CLOEXEC);
	if (syscall(SYS_close_range, (unsigned)REPORT + 1, ~0u, 0))
		for (int fd = REPORT + 1; fd < 65536; fd++)
			close(fd);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	for (int fd = 0; fd < 3; fd++)
		dup2(null, fd);
	close(null);
}

/* False when the parent has let go of us. */
static bool
wanted(int timeout_ms)
{
	struct pollfd p = { .fd = CONTROL, .events = POLLIN };

	return poll(&p, 1, timeout_ms) <= 0;
}

static void
nap(int ms)
{
	poll(NULL, 0, ms);
}

static int
let_go(struct err *e)
{
	return err_set(e, FAIL_TROUBLE, "cancelled", "the parent has ended");
}

/* Postgres does not run as root. */
static int
choose_user(struct run_as *who, struct err *e)
{
	struct passwd *p;

	who->uid = geteuid();
	who->gid = getegid();
	who->name = NULL;
	if (who->uid)
		return 0;
	if (!(p = getpwnam("postgres")) && !(p = getpwnam("nobody")))
		return err_set(e, FAIL_TROUBLE, "not-found",
		    "a scratch server cannot run as root, and there is neither a "
		    "user postgres nor nobody");
	who->uid = p->pw_uid;
	who->gid = p->pw_gid;
	who->name = p->pw_name;
	return 0;
}

/* May WHO walk down to DIR? */
static bool
reachable(struct mem *m, const char *dir, const struct run_as *who)
{
	char real[4096], *path = realpath(dir, real);
	struct stat st;

	if (!path)
		return false;
	path = mem_fmt(m, "%s/", path);
	for (char *slash = path; (slash = strchr(slash, '/')); slash++) {
		char was = slash[1];
		bool may;

		slash[1] = 0;
		may = !stat(path, &st) &&
		    ((st.st_mode & S_IXOTH) || (st.st_uid == who->uid && (st.st_mode & S_IXUSR)) ||
			(st.st_gid == who->gid && (st.st_mode & S_IXGRP)));
		slash[1] = was;
		if (!may)
			return false;
	}
	return true;
}

static int
make_dir(struct guard *g, struct err *e)
{
	static const char name[] = "handrail-pg-XXXXXX";
	const char *base = getenv("TMPDIR");

	/* a socket address is short, and the other user must get there */
	if (!base || *base != '/' || strlen(base) + sizeof name + 1 > sizeof g->dir ||
	    access(base, W_OK | X_OK) || (g->who.name && !reachable(g->m, base, &g->who)))
		base = "/tmp";
	snprintf(g->dir, sizeof g->dir, "%s/%s", base, name);
	if (!mkdtemp(g->dir)) {
		g->dir[0] = 0;
		return err_sys(e, "%s: temporary directory", base);
	}
	g->data = mem_fmt(g->m, "%s/data", g->dir);
	g->log = mem_fmt(g->m, "%s/log", g->dir);
	if (g->who.name && chown(g->dir, g->who.uid, g->who.gid))
		return err_sys(e, "%s: chown to %s", g->dir, g->who.name);
	return 0;
}

static void
become(const struct run_as *who)
{
	if (!who->name)
		return;
	if (setgroups(0, NULL) || setgid(who->gid) || setuid(who->uid))
		_exit(126);
}

/* Only what a server needs: no PG* variables, and none of the parent's secrets. */
static void
clean_environment(const struct guard *g)
{
	const char *library = getenv("LD_LIBRARY_PATH"), *asan = getenv("ASAN_OPTIONS");
	char *keep = library ? strdup(library) : NULL, *keep_asan = asan ? strdup(asan) : NULL;

	clearenv();
	setenv("PATH", mem_fmt(g->m, "%s:/usr/bin:/bin", g->server->bindir), 1);
	setenv("HOME", g->dir, 1);
	setenv("LC_ALL", "C", 1);
	setenv("TZ", "UTC", 1);
	if (keep)
		setenv("LD_LIBRARY_PATH", keep, 1);
	if (keep_asan)
		setenv("ASAN_OPTIONS", keep_asan, 1);
}

/* Start PROGRAM of the server as its user, with its output in the log. DEATH comes to it should we
 * die. */
static pid_t
start(const struct guard *g, const char *const *argv, int death)
{
	pid_t guard = getpid(), pid = fork();
	union {
		const char *const *in;
		char *const *out;
	} u = { .in = argv };
	int log;

	if (pid) {
		setpgid(pid, pid);
		return pid;
	}
	setpgid(0, 0);
	stop_reset_child();
	/* of DEATH: a shell's background job is born deaf to it */
	signal(SIGQUIT, SIG_DFL);
	umask(077);
	log = open(g->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	dup2(log, 1);
	dup2(log, 2);
	become(&g->who);
	/* after the change of user, which takes it back */
	prctl(PR_SET_PDEATHSIG, death);
	if (getppid() != guard)
		_exit(126);
	clean_environment(g);
	if (!chdir(g->dir))
		execv(mem_fmt(g->m, "%s/%s", g->server->bindir, argv[0]), u.out);
	dprintf(2, "%s/%s: %s\n", g->server->bindir, argv[0], strerror(errno));
	_exit(127);
}

/* The end of the log, for a message: it is removed with the rest. */
static const char *
log_tail(const struct guard *g)
{
	struct err ignored;
	size_t len;
	char *text = io_read_file(g->m, g->log, LOG_MAX, &len, &ignored), *from;

	while (text && len && text[len - 1] == '\n')
		text[--len] = 0;
	if (!text || !len)
		return "(its log is empty)";
	from = text + len;
	for (int lines = 0; from > text && lines < LOG_LINES && text + len - from < LOG_TAIL;
	     lines += *from == '\n')
		from--;
	return from + (*from == '\n');
}

static int
failed(const struct guard *g, const char *what, struct err *e)
{
	struct statvfs fs;

	err_set(e, FAIL_TROUBLE, "scratch", "a scratch server did not start: %s/%s:\n%s",
	    g->server->bindir, what, log_tail(g));
	if (statvfs(g->dir, &fs) || fs.f_bavail * fs.f_frsize / 1000000 >= ROOM)
		return -1;
	return err_hint(e,
	    "where it was to be, in %s, %lu MB are left, and a server takes about %d: TMPDIR names "
	    "another place",
	    g->dir, (unsigned long)(fs.f_bavail * fs.f_frsize / 1000000), (int)ROOM);
}

/* Run to the end, though the parent lets go meanwhile: initdb takes less than a second, and one
 * that is killed leaves shared memory behind. *STATUS: of waitpid. */
static int
run(const struct guard *g, const char *const *argv, int *status, struct err *e)
{
	double deadline = clock_now() + START_SECONDS;
	pid_t pid = start(g, argv, SIGTERM);

	if (pid < 0)
		return err_sys(e, "fork");
	while (waitpid(pid, status, WNOHANG) == 0) {
		if (clock_now() > deadline)
			kill(-pid, SIGKILL);
		nap(LOOK_MS);
	}
	return wanted(0) ? 0 : let_go(e);
}

static int
configure(const struct guard *g, struct err *e)
{
	char *path = mem_fmt(g->m, "%s/postgresql.conf", g->data);
	char *more = mem_fmt(g->m, "%s%s%s", guard_settings,
	    g->server->major >= 11 ? "jit = off\n" : "",
	    g->server->major >= 18 ? "io_method = sync\n" : "");
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC), bad;

	if (fd < 0)
		return err_sys(e, "%s", path);
	bad = io_write_all(fd, more, strlen(more));
	if (close(fd) || bad)
		return err_sys(e, "%s", path);
	return 0;
}

static int
init(struct guard *g, struct err *e)
{
	static const char *const locales[] = { "--locale=C.UTF-8", "--locale=C" };
	int status = -1;

	for (size_t i = 0; i < 2 && status; i++) {
		/* the last stands alone: where the version does not know it, NULL ends the list
		 * there */
		const char *argv[] = { "initdb", "-D", g->data, "-U", "handrail", "-A", "trust",
			"-E", "UTF8", "-N", locales[i],
			g->server->major >= 11 ? "--wal-segsize=1" : NULL, NULL };

		if (run(g, argv, &status, e))
			return -1;
	}
	return status ? failed(g, "initdb", e) : configure(g, e);
}

/* The server writes about itself into postmaster.pid: its shared memory into line 7, its state into
 * line 8. */
static bool
is_ready(struct guard *g)
{
	MEM_SCOPE(m);
	struct err ignored;
	char *text = io_read_file(m, mem_fmt(m, "%s/postmaster.pid", g->data), 4096, NULL,
		 &ignored),
	     *line[9];
	int n = 0;

	for (; text && n < 9; text = (text = strchr(text, '\n')) ? text + 1 : NULL)
		line[++n - 1] = text;
	if (n < 8 || strncmp(line[7], "ready", 5))
		return false;
	if (sscanf(line[6], "%*d %d", &g->segment) != 1)
		g->segment = -1;
	return true;
}

static int
launch(struct guard *g, struct err *e)
{
	const char *argv[] = { "postgres", "-D", g->data, "-k", g->dir, "-p", "5432", NULL };
	double deadline = clock_now() + START_SECONDS;
	int status;

	g->postmaster = start(g, argv, SIGQUIT);
	if (g->postmaster < 0)
		return err_sys(e, "fork");
	while (!is_ready(g)) {
		if (waitpid(g->postmaster, &status, WNOHANG) == g->postmaster) {
			g->postmaster = 0;
			return failed(g, "postgres", e);
		}
		if (clock_now() > deadline)
			return failed(g, "postgres was not ready in time", e);
		if (!wanted(LOOK_MS))
			return let_go(e);
	}
	return 0;
}

/* At once: nobody wants its data any more. */
static void
halt(struct guard *g)
{
	double deadline = clock_now() + END_SECONDS;
	struct shmid_ds seen;

	if (g->postmaster <= 0)
		return;
	/* again and again: one that has just been started may not hear yet */
	while (waitpid(g->postmaster, NULL, WNOHANG) == 0) {
		kill(g->postmaster, clock_now() > deadline ? SIGKILL : SIGQUIT);
		nap(LOOK_MS);
	}
	/* who was killed had no time for this */
	if (!shmctl(g->segment, IPC_STAT, &seen) && seen.shm_cpid == g->postmaster)
		shmctl(g->segment, IPC_RMID, NULL);
	g->postmaster = 0;
}

/* A server on a copy of the template. 1: there is none that can be used. */
static int
begin_as(struct guard *g, const struct template *t, struct err *e)
{
	struct err ignored;

	if (template_take(t, g->data, &g->who))
		return 1;
	if (!launch(g, e))
		return 0;
	if (!strcmp(e->word, "cancelled"))
		return -1;
	/* damaged, or not of this build */
	halt(g);
	template_drop(t);
	io_remove_tree(g->data, &ignored);
	unlink(g->log);
	return 1;
}

static int
bring_up(struct guard *g, struct err *e)
{
	struct template kept = { 0 };
	int begun;

	if (choose_user(&g->who, e) || make_dir(g, e))
		return -1;
	if (g->key)
		template_find_kept(g->m, &kept, g->server, guard_settings, g->key);
	if ((begun = begin_as(g, &kept, e)) < 1) {
		g->began_kept = !begun;
		return begun;
	}
	template_find(g->m, &g->template, g->server, guard_settings);
	if ((begun = begin_as(g, &g->template, e)) < 1)
		return begun;
	if (init(g, e))
		return -1;
	template_make(g->m, &g->template, g->data);
	return launch(g, e);
}

static void
tear_down(struct guard *g)
{
	struct err ignored;

	halt(g);
	/* backends of a killed postmaster may write for a moment longer */
	for (int i = 0; *g->dir && i < 40 && io_remove_tree(g->dir, &ignored); i++)
		nap(10 * LOOK_MS);
	template_publish(&g->template, false);
}

void
guard_run(const struct server *server, const char *key, int control, int report)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };
	struct guard g = { .m = mem_new(), .server = server, .key = key, .segment = -1 };
	struct guard_report r = { 0 };

	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
	setsid();
	prctl(PR_SET_NAME, "handrail-guard");
	keep_two(control, report);
	r.failed = bring_up(&g, &r.error);
	r.kept = g.began_kept;
	memcpy(r.dir, g.dir, sizeof r.dir);
	if (r.failed)
		tear_down(&g);
	io_write_all(REPORT, &r, sizeof r);
	close(REPORT);
	if (!r.failed) {
		template_publish(&g.template, true);
		while (wanted(-1))
			;
		tear_down(&g);
	}
	_exit(0);
}
