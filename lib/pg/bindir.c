/* bindir.c - which Postgres programs are installed, and where. */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/proc.h"
#include "pg/scratch.h"
#include "pg/scratch_private.h"

/* Where packages put the programs of each version. */
static const char *const places[] = {
	"/usr/lib/postgresql/*/bin",            /* Debian, Ubuntu, Gentoo */
	"/usr/pgsql-*/bin",                     /* the PGDG's RPMs */
	"/usr/libexec/postgresql*",             /* Alpine */
	"/usr/local/pgsql/bin",                 /* make install */
	"/opt/homebrew/opt/postgresql@*/bin", "/usr/local/opt/postgresql@*/bin",
};

struct search {
	struct mem *m;
	const char *program, *also;     /* also: must stand beside it; or NULL */
	int at_least, exactly;          /* major versions, 0: any */
	struct server best;
	struct err *e;
	bool stopped;
	struct err why;         /* the last that could not even be started */
};

/* The directory that really holds DIR/PROGRAM: links are followed, and a link to a program of
 * another name (Debian's /usr/bin/pg_dump, which is a wrapper that picks a version by itself) does
 * not count. */
static const char *
home_of(struct mem *m, const char *dir, const char *program)
{
	char real[PATH_MAX], *slash;

	if (!realpath(mem_fmt(m, "%s/%s", dir, program), real) || access(real, X_OK))
		return NULL;
	slash = strrchr(real, '/');
	if (strcmp(slash + 1, program))
		return NULL;
	*slash = 0;
	return mem_string(m, real);
}

static bool
version_of(struct search *s, const char *bindir, struct server *found)
{
	const char *argv[] = { mem_fmt(s->m, "%s/%s", bindir, s->program), "--version", NULL };
	static const char *const env[] = { "LC_ALL=C", NULL };
	struct proc_spec spec = { .argv = argv,
		.env = env,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.timeout = 10 };
	struct proc_result r;
	const char *number;

	if (proc_run(s->m, &spec, &r, &s->why)) {
		s->stopped = s->stopped || !strcmp(s->why.word, "cancelled");
		return false;
	}
	if (r.status || !(number = strstr(r.out, "(PostgreSQL) ")))
		return false;
	number += strlen("(PostgreSQL) ");
	found->bindir = bindir;
	found->version = mem_dup(s->m, number, strcspn(number, " \n"));
	found->minor = 0;
	return sscanf(number, "%d.%d", &found->major, &found->minor) >= 1;
}

/* Programs write and read what their own version knows: of several that would do, the one that was
 * asked for is best. */
static bool
better(const struct search *s, const struct server *a, const struct server *b)
{
	bool same = a->major == s->at_least;

	if (s->at_least && same != (b->major == s->at_least))
		return same;
	return a->major > b->major || (a->major == b->major && a->minor > b->minor);
}

static void
consider(struct search *s, const char *dir)
{
	const char *home = home_of(s->m, dir, s->program);
	struct server found;

	if (!home || s->stopped || (s->also && !home_of(s->m, home, s->also)))
		return;
	if (s->best.bindir && !strcmp(s->best.bindir, home))
		return;
	if (!version_of(s, home, &found) || found.major < s->at_least ||
	    (s->exactly && found.major != s->exactly))
		return;
	if (better(s, &found, &s->best))
		s->best = found;
}

static void
consider_list(struct search *s, const char *list)
{
	for (const char *p = list ? list : ""; *p;) {
		size_t n = strcspn(p, ":");

		if (n && *p == '/')
			consider(s, mem_dup(s->m, p, n));
		p += n + (p[n] == ':');
	}
}

static int
look(struct search *s)
{
	consider_list(s, getenv("HANDRAIL_PG_BINDIR"));
	if (s->best.bindir)
		return 0;
	for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
		glob_t g;

		if (glob(places[i], 0, NULL, &g))
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			consider(s, g.gl_pathv[k]);
		globfree(&g);
	}
	consider_list(s, getenv("PATH"));
	return s->best.bindir ? 0 : -1;
}

static int
not_found(struct search *s, int major)
{
	if (*s->why.word) {
		*s->e = s->why;
		return -1;
	}
	if (major)
		err_set(s->e, FAIL_TROUBLE, "not-found", "no %s of PostgreSQL %d%s is installed",
		    s->also ? "server" : s->program, major, s->at_least ? " or newer" : "");
	else
		err_set(s->e, FAIL_TROUBLE, "not-found", "no %s of PostgreSQL is installed",
		    s->also ? "server" : s->program);
	return err_hint(s->e, "%s; or name the directory of its programs in $HANDRAIL_PG_BINDIR",
	    s->also ? "Debian: apt-get install postgresql; Fedora: dnf install postgresql-server; "
		      "Alpine: apk add postgresql" :
		      "Debian: apt-get install postgresql-client; Fedora: dnf install postgresql; "
		      "Alpine: apk add postgresql-client");
}

int
server_find(struct mem *m, int major, struct server *found, struct err *e)
{
	struct search s = { .m = m,
		.program = "postgres",
		.also = "initdb",
		.exactly = major,
		.e = e };

	if (look(&s))
		return not_found(&s, major);
	*found = s.best;
	return 0;
}

const char *
pg_find_bindir(struct mem *m, const char *program, int major, const char **version, struct err *e)
{
	struct search s = { .m = m, .program = program, .at_least = major, .e = e };

	if (look(&s)) {
		not_found(&s, major);
		return NULL;
	}
	if (version)
		*version = s.best.version;
	return s.best.bindir;
}
