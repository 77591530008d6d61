/* exec.c - takes what a command writes. */
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/proc.h"
#include "core/secret.h"
#include "snapshot/exec.h"
#include "snapshot/spool.h"

/* A store that we know the commands for: an option of snapshot. */
struct exec_preset {
	const char *name;       /* of the option: "mysql" */
	const char *program;    /* that must be on PATH */
	const char *dump;       /* %: the operand, quoted for the shell */
	const char *restore;    /* or NULL: nothing can load it from its standard input */
	const char *secret;     /* hint: where its password goes */
};

static const struct exec_preset presets[] = {
	{ "mysql", "mysqldump",
	    "mysqldump --single-transaction --routines --triggers --events --hex-blob --databases "
	    "%",
	    "mysql", "name the database alone; host and password belong into ~/.my.cnf" },
	{ "mongo", "mongodump", "mongodump --quiet --archive --uri=%",
	    "mongorestore --quiet --drop --archive --uri=%",
	    "write the URI into a file: --exec NAME='mongodump --archive --config=FILE'" },
	/* what follows the end of the dump it cuts off a file that it has a name of, not off "-" */
	{ "redis", "redis-cli", "redis-cli -u % --rdb /dev/stdout", NULL,
	    "put the password into REDISCLI_AUTH" },
	/* two documents of YAML: the revision, and all its values */
	{ "helm", "helm",
	    "helm history --max 1 --output yaml % && echo --- && helm get values --all --output "
	    "yaml %",
	    NULL, "name the release alone" },
	/* a line for each image in use: what it is called, and the digests that a registry knows it
	   by */
	{ "compose", "docker",
	    "docker image inspect --format "
	    "'{\"id\":{{json .Id}},\"tags\":{{json .RepoTags}},\"digests\":{{json .RepoDigests}}}' "
	    "$(docker compose --file % images --quiet)",
	    NULL, "name the file alone" },
	{ NULL, NULL, NULL, NULL, NULL }
};

/* 'S', with its own quotes made harmless. */
static char *
shell_quote(struct mem *m, const char *s)
{
	struct mem_text t = { .m = m };

	mem_text_add(&t, "'", 1);
	for (; *s; s++)
		mem_text_add(&t, *s == '\'' ? "'\\''" : s, *s == '\'' ? 4 : 1);
	mem_text_add(&t, "'", 1);
	return t.text;
}

/* FORM with OPERAND, quoted, at each %. */
static char *
compose(struct mem *m, const char *form, const char *operand)
{
	struct mem_text t = { .m = m };
	const char *quoted = shell_quote(m, operand);

	for (; *form; form++)
		mem_text_add(&t, *form == '%' ? quoted : form, *form == '%' ? strlen(quoted) : 1);
	return t.text;
}

char *
exec_preset(struct mem *m, const char *name, const char *operand, const char **restore,
    struct err *e)
{
	const struct exec_preset *p = presets;

	while (strcmp(p->name, name))
		p++;
	/* it would stand in the process list for everyone to read */
	if (strstr(operand, "://") && strchr(strstr(operand, "://") + 3, ':') &&
	    strchr(operand, '@')) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "--%s: a password must not stand in a command line", name);
		err_hint(e, "%s", p->secret);
		return NULL;
	}
	if (!proc_on_path(p->program)) {
		err_set(e, FAIL_TROUBLE, "not-found", "--%s needs %s, which is not on PATH", name,
		    p->program);
		err_hint(e, "install it, or give the command yourself: --exec NAME=COMMAND");
		return NULL;
	}
	*restore = p->restore ? compose(m, p->restore, operand) : NULL;
	return compose(m, p->dump, operand);
}

static int
open_store(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	char *shown = mem_string(m, s->spec);

	(void)t;
	(void)e;
	secret_wash(shown, strlen(shown));
	value_set_string(s->facts, "command", shown);
	return 0;
}

/* When we die the pipe closes that is the input of its shell's shell, and who reads it ends the
 * whole group. */
int
exec_run(struct mem *m, const char *command, int in, int out, struct proc_result *r, struct err *e)
{
	static const char watched[] =
	    "exec 3<&0 <\"$2\" || exit; { cat <&3; kill -KILL 0; } >/dev/null 2>&1 &\n"
	    "/bin/sh -c \"$1\" 3<&-; s=$?; kill -KILL $!; exit $s";
	const char *input = in < 0 ? "/dev/null" :
				     mem_fmt(m, "/proc/%ld/fd/%d", (long)getpid(), in);
	const char *const argv[] = { "/bin/sh", "-c", watched, "exec", command, input, NULL };
	struct proc_spec spec = { .argv = argv, .out = out, .errfd = -1, .echo = true };
	int p[2], bad;

	if (pipe2(p, O_CLOEXEC))
		return err_sys(e, "pipe");
	spec.in = p[0];
	bad = proc_run(m, &spec, r, e);
	close(p[0]);
	close(p[1]);
	return bad;
}

static int
take(struct mem *m, struct store *s, const struct store_taking *t, struct err *e)
{
	MEM_SCOPE(scope);
	int fd = spool_open(scope, t->directory, e);
	struct proc_result r;
	struct stat st;

	(void)m;
	if (fd < 0 || exec_run(scope, s->spec, -1, fd, &r, e))
		return -1;
	if (r.status) {
		err_set(e, FAIL_TROUBLE, "exec", "%s: its command ended with %s %d", s->name,
		    r.signal ? "signal" : "exit status", r.signal ? r.signal : r.status);
		return err_hint(e, "what it wrote is above; the command: %s",
		    value_get_string(s->facts, "command"));
	}
	if (fstat(fd, &st))
		return err_sys(e, "%s", s->name);
	/* no dump of anything is empty: a pipe inside the command has hidden a failure */
	if (!st.st_size)
		return err_set(e, FAIL_TROUBLE, "exec", "%s: its command wrote nothing", s->name);
	value_set_int(s->facts, "bytes", st.st_size);
	return spool_add(fd, "dump/0001", s, t, e);
}

const struct store_kind store_exec = { .name = "exec", .open = open_store, .take = take };
