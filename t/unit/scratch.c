/* scratch.c - throwaway servers: they start, and nothing of them stays, however their owner
 * ends. */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../tap.h"
#include "core/clock.h"
#include "core/io.h"
#include "core/stop.h"
#include "pg/conn.h"
#include "pg/scratch.h"

static struct mem *all;
static const char *box, *temporary, *cache;

static char *
text_of(const char *path)
{
	struct err e;
	char *text = io_read_file(all, path, 1 << 20, NULL, &e);

	return text ? text : mem_string(all, "");
}

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	for (struct dirent *de; d && (de = readdir(d));)
		n += strcmp(de->d_name, ".") && strcmp(de->d_name, "..");
	if (d)
		closedir(d);
	return d ? n : -1;
}

/* Does DIR become empty within SECONDS? */
static bool
empties(const char *dir, double seconds)
{
	double end = clock_now() + seconds;

	while (entries(dir) > 0 && clock_now() < end)
		usleep(10000);
	return entries(dir) == 0;
}

static bool
works(struct pg_scratch *s)
{
	MEM_SCOPE(m);
	struct err e = { 0 };
	struct pg *pg = s ? pg_open(m, pg_scratch_uri(m, s, "postgres"), NULL, &e) : NULL;

	if (pg && !pg_exec(pg, "CREATE TABLE t AS SELECT 1 AS a; CREATE ROLE r SUPERUSER", &e) &&
	    !pg_exec(pg, "CREATE DATABASE d", &e))
		return true;
	diag("%s", e.text);
	return false;
}

/* The first scratch directory in TEMPORARY. */
static char *
scratch_dir(void)
{
	DIR *d = opendir(temporary);
	char *found = NULL;

	for (struct dirent *de; d && !found && (de = readdir(d));)
		if (*de->d_name != '.')
			found = mem_fmt(all, "%s/%s", temporary, de->d_name);
	if (d)
		closedir(d);
	return found;
}

static pid_t
postmaster(const char *dir)
{
	return (pid_t)strtol(text_of(mem_fmt(all, "%s/data/postmaster.pid", dir)), NULL, 10);
}

/* The server's System V segment: postmaster.pid names key and id in its seventh line. */
static int
shared_memory(const char *dir)
{
	int id = -1;

	sscanf(text_of(mem_fmt(all, "%s/data/postmaster.pid", dir)),
	    "%*[^\n] %*[^\n] %*[^\n] %*[^\n] %*[^\n] %*s %d", &id);
	return id;
}

static pid_t
guard_pid(void)
{
	return (pid_t)strtol(text_of(mem_fmt(all, "/proc/self/task/%d/children", (int)getpid())),
	    NULL, 10);
}

static struct pg_scratch *
start(struct mem *m, const char *what)
{
	struct err e = { 0 };
	double begun = clock_now();
	struct pg_scratch *s = pg_scratch_start(m, 0, &e);

	if (s)
		diag("%s: %.3f s", what, clock_now() - begun);
	else
		diag("%s: %s (%s)", what, e.text, e.hint);
	return s;
}

/* How many of a process's descriptors lead to /dev/null, and how many elsewhere. */
static void
count_descriptors(const char *proc, int *nulls, int *others)
{
	DIR *d = opendir(proc);

	*nulls = *others = 0;
	for (struct dirent *de; d && (de = readdir(d));) {
		char to[200] = "";

		if (*de->d_name == '.')
			continue;
		if (readlink(mem_fmt(all, "%s/%s", proc, de->d_name), to, sizeof to - 1) > 0 &&
		    !strcmp(to, "/dev/null"))
			++*nulls;
		else
			++*others;
	}
	if (d)
		closedir(d);
}

/* The guard's descriptors: none may lead where a reader would wait for their end. */
static void
descriptors(void)
{
	char *proc = mem_fmt(all, "/proc/%d/fd", (int)guard_pid());
	int nulls = 0, others = 0;

	/* it may still be writing the template out */
	for (int i = 0; i < 500 && (nulls != 3 || others != 1); i++) {
		count_descriptors(proc, &nulls, &others);
		usleep(10000);
	}
	ok(nulls == 3 && others == 1, "the guard holds /dev/null thrice and its pipe (%d, %d)",
	    nulls, others);
}

static void
life(void)
{
	MEM_SCOPE(m);
	struct err e;
	struct pg_scratch *s = start(m, "cold start");
	char *dir = scratch_dir();
	struct pg_rows *r;
	struct pg *pg;
	struct stat st;
	pid_t pid;

	ok(works(s), "a server with an empty cache");
	if (!s)
		exit(1);
	ok(dir && !stat(dir, &st) && (st.st_mode & 0777) == 0700, "its directory is private");
	pg = pg_open(m, pg_scratch_uri(m, s, "d"), NULL, &e);
	r = pg ? pg_query(m, pg, &e,
		     "SELECT current_user, current_setting('fsync'), "
		     "current_setting('server_encoding'), "
		     "current_setting('listen_addresses'), current_setting('TimeZone')",
		     0, NULL) :
		 NULL;
	is(r ? pg_rows_text(r, 0, 0) : e.text, "handrail", "user");
	is(r ? pg_rows_text(r, 0, 1) : NULL, "off", "no fsync");
	is(r ? pg_rows_text(r, 0, 2) : NULL, "UTF8", "encoding");
	is(r ? pg_rows_text(r, 0, 3) : NULL, "", "no network");
	is(r ? pg_rows_text(r, 0, 4) : NULL, "UTC", "time zone");
	ok(!access(mem_fmt(m, "%s/pg_dump", pg_scratch_bindir(s)), X_OK), "its programs: %s",
	    pg_scratch_bindir(s));
	descriptors();
	pid = postmaster(dir);
	ok(pid > 0 && !kill(pid, 0), "the server's process");
	pg_scratch_end(s);
	ok(kill(pid, 0) == -1 && entries(temporary) == 0, "ended: process and directory are gone");
	ok(waitpid(-1, NULL, WNOHANG) == -1, "... and no child is left");
	pg_scratch_end(s);
	ok(entries(mem_fmt(m, "%s/handrail", cache)) == 1, "the cache holds one template");
	s = start(m, "warm start");
	ok(works(s), "a server from the template");
}

/* Start one, use it, end it. */
static bool
once(const char *what)
{
	MEM_SCOPE(m);

	return works(start(m, what));
}

static void
damaged_cache(void)
{
	const char *ours = mem_fmt(all, "%s/handrail", cache), *control = NULL,
		   *home = mem_fmt(all, "%s/home", box);
	DIR *d = opendir(ours);

	for (struct dirent *de; d && (de = readdir(d));)
		if (*de->d_name != '.')
			control = mem_fmt(all, "%s/%s/global/pg_control", ours, de->d_name);
	if (d)
		closedir(d);
	ok(control && !truncate(control, 100), "the template is damaged");
	ok(once("damaged template"), "... the server is made anew");
	ok(once("repaired template"), "... and the template, too");
	chmod(ours, 0777);
	ok(once("cache writable by all"), "a cache that others can write is not used");
	chmod(ours, 0700);
	setenv("XDG_CACHE_HOME", "/proc/1", 1);
	ok(once("no cache"), "no cache is no trouble");
	unsetenv("XDG_CACHE_HOME");
	setenv("HOME", home, 1);
	mkdir(home, 0700);
	ok(once("~/.cache"), "without XDG_CACHE_HOME");
	ok(entries(mem_fmt(all, "%s/.cache/handrail", home)) == 1, "... it is ~/.cache/handrail");
	setenv("XDG_CACHE_HOME", cache, 1);
	ok(entries(ours) == 1, "nothing half made is left in the cache");
}

static void
many_at_once(void)
{
	enum { MANY = 4 };
	const char *fresh = mem_fmt(all, "%s/fresh", box);
	pid_t pid[MANY];
	int good = 0, status;

	mkdir(fresh, 0700);
	setenv("XDG_CACHE_HOME", fresh, 1);
	for (int i = 0; i < MANY; i++)
		if (!(pid[i] = fork())) {
			bool right = once("one of many") && once("another of many");

			fflush(stdout);
			_exit(!right);
		}
	for (int i = 0; i < MANY; i++)
		good += waitpid(pid[i], &status, 0) == pid[i] && status == 0;
	ok(good == MANY, "%d processes at once, two servers each", MANY);
	ok(entries(mem_fmt(all, "%s/handrail", fresh)) == 1, "... make one template");
	ok(entries(temporary) == 0, "... and leave nothing");
	setenv("XDG_CACHE_HOME", cache, 1);
}

/* The owner of a server ends by SIGNAL after SECONDS; WHOLE: only once the server is up. */
static void
end_by(int sig, useconds_t after, bool whole, bool caught)
{
	int up[2], status;
	char byte;
	pid_t pid;

	if (pipe(up))
		exit(1);
	if (!(pid = fork())) {
		struct mem *m = mem_new();
		struct err e;

		if (caught)
			stop_catch();
		if (!pg_scratch_start(m, 0, &e)) {
			mem_free(m);
			_exit(!strcmp(e.word, "cancelled") ? 42 : 1);
		}
		if (write(up[1], "", 1) != 1)
			_exit(1);
		if (!stop_sleep(30, &e))
			_exit(1);
		mem_free(m);
		_exit(42);
	}
	close(up[1]);
	if (whole && read(up[0], &byte, 1) != 1)
		exit(1);
	usleep(after);
	kill(pid, sig);
	waitpid(pid, &status, 0);
	ok(caught ? WIFEXITED(status) && WEXITSTATUS(status) == 42 : WIFSIGNALED(status),
	    "signal %d after %u us", sig, (unsigned)after);
	/* who caught it has waited for the guard */
	ok(empties(temporary, caught ? 0 : 30), "... nothing is left");
	close(up[0]);
}

static void
ends(void)
{
	struct shmid_ds seen;
	char *dir;
	pid_t pid;
	int status, segment;

	end_by(SIGKILL, 0, true, false);
	end_by(SIGTERM, 0, true, false);
	end_by(SIGTERM, 1000, true, true);
	for (useconds_t us = 500; us < 300000; us = us * 5 / 2)
		end_by(SIGKILL, us, false, false);
	for (useconds_t us = 20000; us < 300000; us *= 2)
		end_by(SIGINT, us, false, true);
	setenv("XDG_CACHE_HOME", "/proc/1", 1);
	end_by(SIGKILL, 200000, false, false);
	end_by(SIGTERM, 200000, false, true);
	setenv("XDG_CACHE_HOME", cache, 1);
	if (!(pid = fork())) {
		struct mem *m = mem_new();
		struct err e;

		_exit(!pg_scratch_start(m, 0, &e));
	}
	waitpid(pid, &status, 0);
	ok(status == 0 && empties(temporary, 8), "an owner that exits without a word");
	{
		MEM_SCOPE(m);

		ok(works(start(m, "to be killed")), "a server");
		dir = scratch_dir();
		segment = shared_memory(dir);
		kill(postmaster(dir), SIGKILL);
	}
	ok(entries(temporary) == 0, "a server that was killed is cleaned up after");
	ok(segment >= 0 && shmctl(segment, IPC_STAT, &seen) == -1, "... its shared memory, too");
	{
		MEM_SCOPE(m);

		ok(works(start(m, "to lose its guard")), "a server");
		segment = shared_memory(scratch_dir());
		kill(guard_pid(), SIGKILL);
	}
	ok(entries(temporary) == 0, "a guard that was killed takes its server along");
	ok(segment >= 0 && shmctl(segment, IPC_STAT, &seen) == -1, "... and its shared memory");
}

static void
write_script(const char *path, const char *text)
{
	struct err e;

	if (io_replace_file(path, text, strlen(text), 0755, &e) || chmod(path, 0755)) {
		diag("%s", e.text);
		exit(1);
	}
}

static void
pick_version(struct mem *m)
{
	static const char *const versions[] = { "96.1", "97.3", "97.4", "98.2" };
	static const struct { int asked; const char *found; } cases[] = {
		{ 0, "98.2" }, { 95, "98.2" }, { 96, "96.1" }, { 97, "97.4" }, { 98, "98.2" },
	};
	struct mem_text list = { .m = m };
	struct err e;

	for (size_t i = 0; i < sizeof versions / sizeof *versions; i++) {
		char *dir = mem_fmt(m, "%s/%s", box, versions[i]);

		mkdir(dir, 0755);
		write_script(mem_fmt(m, "%s/pg_dump", dir),
		    mem_fmt(m, "#!/bin/sh\necho 'pg_dump (PostgreSQL) %s'\n", versions[i]));
		mem_text_fmt(&list, "%s:", dir);
	}
	setenv("HANDRAIL_PG_BINDIR", list.text, 1);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *version = NULL,
			   *dir = pg_find_bindir(m, "pg_dump", cases[i].asked, &version, &e);

		is(dir ? strrchr(dir, '/') + 1 : NULL, cases[i].found,
		    "its own version, else the newest");
		is(version, cases[i].found, "which is told");
	}
	unsetenv("HANDRAIL_PG_BINDIR");
}

static void
searching(void)
{
	MEM_SCOPE(m);
	struct err e = { 0 };
	const char *fake = mem_fmt(m, "%s/fake", box), *dir, *path = mem_string(m, getenv("PATH"));

	ok(!pg_scratch_start(m, 9, &e) && !strcmp(e.word, "not-found") &&
		strstr(e.hint, "HANDRAIL_PG_BINDIR"),
	    "a version that is not there: %s", e.text);
	dir = pg_find_bindir(m, "pg_dump", 0, NULL, &e);
	ok(dir && !access(mem_fmt(m, "%s/psql", dir), X_OK) &&
	    strcmp(dir, "/usr/share/postgresql-common"), "pg_dump is in %s", dir);
	ok(!pg_find_bindir(m, "pg_dump", 99, NULL, &e) && strstr(e.text, "99 or newer"), "%s",
	    e.text);
	ok(!pg_find_bindir(m, "pg_nix", 0, NULL, &e) && !strcmp(e.word, "not-found"), "%s", e.text);
	mkdir(fake, 0755);
	write_script(mem_fmt(m, "%s/postgres", fake),
	    "#!/bin/sh\necho 'postgres of another house 99.1'\n");
	write_script(mem_fmt(m, "%s/initdb", fake),
	    "#!/bin/sh\necho 'first line'; echo \"no luck as $(id -u)\" >&2; exit 1\n");
	setenv("PATH", mem_fmt(m, "%s:%s", fake, path), 1);
	ok(once("a fake on PATH"), "what does not say it is PostgreSQL is not taken for it");
	write_script(mem_fmt(m, "%s/postgres", fake),
	    "#!/bin/sh\necho 'postgres (PostgreSQL) 99.1'\n");
	ok(!start(m, "the newest, on PATH"), "the newest counts");
	setenv("PATH", path, 1);
	pick_version(m);
	setenv("HANDRAIL_PG_BINDIR", mem_fmt(m, "/nowhere:%s", fake), 1);
	write_script(mem_fmt(m, "%s/postgres", fake),
	    "#!/bin/sh\necho 'postgres (PostgreSQL) 9.1'\n");
	ok(!pg_scratch_start(m, 0, &e), "HANDRAIL_PG_BINDIR goes first");
	ok(!strcmp(e.word, "scratch") && strstr(e.text, "/fake/initdb") &&
		strstr(e.text, "first line\nno luck as"),
	    "... and what goes wrong there is told: %s",
	    strchr(e.text, '\n') ? strchr(e.text, '\n') + 1 : e.text);
	unsetenv("HANDRAIL_PG_BINDIR");
	ok(entries(temporary) == 0, "nothing is left of the failures");
}

static void
long_names(void)
{
	MEM_SCOPE(m);
	const char *dir = mem_fmt(m, "%s/%080d", box, 1);

	mkdir(dir, 0777);
	setenv("TMPDIR", dir, 1);
	ok(once("long TMPDIR"), "a TMPDIR too long for a socket");
	setenv("TMPDIR", "relative", 1);
	ok(once("relative TMPDIR"), "a relative TMPDIR");
	setenv("TMPDIR", temporary, 1);
	ok(entries(dir) == 0, "nothing in the long one");
}

int
main(void)
{
	char name[] = "/tmp/scratch-test-XXXXXX";
	struct err e;

	all = mem_new();
	box = mkdtemp(name);
	temporary = mem_fmt(all, "%s/tmp", box);
	cache = mem_fmt(all, "%s/cache", box);
	if (!box || chmod(box, 0755) || mkdir(temporary, 0755) || mkdir(cache, 0700))
		return 1;
	setenv("TMPDIR", temporary, 1);
	setenv("XDG_CACHE_HOME", cache, 1);
	unsetenv("HANDRAIL_PG_BINDIR");
	life();
	ok(entries(temporary) == 0, "the end of its mem ends the server");
	damaged_cache();
	many_at_once();
	ends();
	searching();
	long_names();
	io_remove_tree(box, &e);
	mem_free(all);
	return done();
}
