/* fleet.c - a child for each database, a few at a time, a canary first. */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/io.h"
#include "core/proc.h"
#include "core/secret.h"
#include "core/stop.h"
#include "migrate/fleet.h"

enum { LIST_MAX = 64 << 20, GRACE = 20 };

static const double look_every = 0.01;

struct member {
	const char *pg, *service;
	int line;               /* of the list */
	pid_t pid;              /* 0: not running */
	int out;                /* its records */
	bool begun, ended;
	int status;             /* exit status when ended */
};

struct fleet {
	struct step *s;
	struct mem *m;
	const struct migrate_fleet *o;
	const char *dir;
	struct member *member;
	size_t count, room;
	size_t running, begun, ended, failed;
	int worst;
};

static int
add_member(struct fleet *f, const char *line, size_t len, int number, struct err *e)
{
	const struct value *v = value_parse_first(f->m, line, len, &(size_t){ 0 }, e);
	struct member *x;
	const char *pg = value_string(v) ? value_string(v) : value_get_string(v, "pg");

	if (!pg)
		return err_set(e, FAIL_TROUBLE, "bad-input",
		    "%s:%d: neither a string nor an object with 'pg'", f->o->list, number);
	mem_grow(f->m, &f->member, f->count, &f->room, sizeof *f->member);
	x = &f->member[f->count++];
	*x = (struct member){ .pg = pg,
		.service = value_get_string(v, "service"),
		.line = number,
		.out = -1 };
	secret_add_inside(pg);
	return 0;
}

static int
read_list(struct fleet *f, struct err *e)
{
	const char *path = strcmp(f->o->list, "-") ? f->o->list : "/dev/stdin";
	char *text = io_read_file(f->m, path, LIST_MAX, NULL, e);
	int number = 0;

	for (char *line = text; line && *line;) {
		size_t n = strcspn(line, "\n");

		number++;
		if (strspn(line, " \t\r") < n && add_member(f, line, n, number, e))
			return -1;
		line += n + (line[n] == '\n');
	}
	if (text && !f->count)
		return err_set(e, FAIL_TROUBLE, "bad-input", "%s: no database in it", f->o->list);
	return text ? 0 : -1;
}

static int
begin(struct fleet *f, struct member *x, struct err *e)
{
	MEM_SCOPE(m);
	const char *env[] = { mem_fmt(m, "HANDRAIL_FLEET_PG=%s", x->pg), NULL };
	const char **argv;
	size_t n = 0, k = 0;

	while (f->o->options[n])
		n++;
	argv = mem_zero(m, n + 10, sizeof *argv);
	argv[k++] = "/proc/self/exe";
	argv[k++] = "-nq";
	argv[k++] = "--format=json";
	argv[k++] = "--pg=env:HANDRAIL_FLEET_PG";
	if (step_release(f->s))
		argv[k++] = mem_fmt(m, "--release=%s", step_release(f->s));
	if (x->service || step_service(f->s))
		argv[k++] = mem_fmt(m, "--service=%s",
		    x->service ? x->service : step_service(f->s));
	memcpy(argv + k, f->o->options, n * sizeof *argv);
	argv[k + n] = f->dir;
	if ((x->out = memfd_create("records", MFD_CLOEXEC)) < 0)
		return err_sys(e, "memfd_create");
	x->pid = proc_start(&(struct proc_spec){ .argv = argv,
				.env = env,
				.in = -1,
				.out = x->out,
				.errfd = 2 },
	    e);
	if (x->pid < 0) {
		x->pid = 0;
		return -1;
	}
	x->begun = true;
	f->begun++;
	f->running++;
	return 0;
}

/* Its records flow on, whole lines, one database after the other. */
static int
pass_records(struct fleet *f, struct member *x, struct err *e)
{
	MEM_SCOPE(m);
	size_t len;
	char *text;

	lseek(x->out, 0, SEEK_SET);
	text = io_read_file(m, mem_fmt(m, "/proc/self/fd/%d", x->out), LIST_MAX, &len, e);
	close(x->out);
	x->out = -1;
	return text && len ? step_pass(f->s, text, len, e) : text ? 0 : -1;
}

static int
end(struct fleet *f, struct member *x, int wait_status, struct err *e)
{
	x->pid = 0;
	x->ended = true;
	x->status = WIFEXITED(wait_status) ? WEXITSTATUS(wait_status) : 128 + WTERMSIG(wait_status);
	f->running--;
	f->ended++;
	if (x->status) {
		f->failed++;
		f->worst = x->status == FAIL_DIRTY || f->worst == FAIL_DIRTY ? FAIL_DIRTY : FAIL_NO;
	}
	if (x->status)
		step_say(f->s, "%zu of %zu databases are done; the one of line %d failed", f->ended,
		    f->count, x->line);
	else
		step_say(f->s, "%zu of %zu databases are done", f->ended, f->count);
	return pass_records(f, x, e);
}

static int
collect(struct fleet *f, struct err *e)
{
	for (size_t i = 0; i < f->begun; i++) {
		struct member *x = &f->member[i];
		int status;

		if (x->pid && waitpid(x->pid, &status, WNOHANG) == x->pid && end(f, x, status, e))
			return -1;
	}
	return 0;
}

/* May another one begin? The first goes alone, and all depends on it. */
static bool
may_begin(const struct fleet *f)
{
	if (f->begun == f->count || (f->failed && !f->o->keep_going) ||
	    (int)f->running >= f->o->jobs)
		return false;
	return f->begun == 0 || f->member[0].ended;
}

static void
end_all(struct fleet *f)
{
	struct err ignored;

	for (size_t i = 0; i < f->begun; i++)
		if (f->member[i].pid)
			end(f, &f->member[i], proc_end(f->member[i].pid, GRACE), &ignored);
}

static int
run_all(struct fleet *f, struct err *e)
{
	while (f->running || may_begin(f)) {
		while (may_begin(f))
			if (begin(f, &f->member[f->begun], e))
				return -1;
		if (collect(f, e) || (f->running && stop_sleep(look_every, e)))
			return -1;
	}
	return 0;
}

static int
verdict(struct fleet *f, struct err *e)
{
	struct value *r = step_result(f->s);

	value_set_int(r, "databases", (int64_t)f->count);
	value_set_int(r, "done", (int64_t)(f->ended - f->failed));
	value_set_int(r, "failed_databases", (int64_t)f->failed);
	value_set_int(r, "not_begun", (int64_t)(f->count - f->begun));
	if (!f->failed)
		return 0;
	err_set(e, (enum fail)f->worst, "fleet", "%zu of %zu databases failed, %zu were not begun",
	    f->failed, f->count, f->count - f->begun);
	return err_hint(e, "each one's record tells why; the next run does what is left");
}

int
migrate_run_fleet(struct step *s, const struct migrate_fleet *o, const char *dir, struct err *e)
{
	struct fleet f = { .s = s, .m = step_mem(s), .o = o, .dir = dir };

	if (read_list(&f, e))
		return -1;
	if (run_all(&f, e)) {
		struct err why = *e;

		end_all(&f);
		verdict(&f, e);
		*e = why;
		return -1;
	}
	return verdict(&f, e);
}
