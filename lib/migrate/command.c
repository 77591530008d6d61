/* command.c - runs programs with the connection in libpq's variables. */
#include <ctype.h>
#include <string.h>

#include "core/proc.h"
#include "migrate/command.h"
#include "pg/fingerprint.h"

/* VALUE as one word of PGOPTIONS. */
static char *
option(struct mem *m, const char *value)
{
	struct mem_text t = { .m = m };

	for (mem_text_add(&t, "", 0); *value; value++) {
		if (*value == '\\' || isspace((unsigned char)*value))
			mem_text_add(&t, "\\", 1);
		mem_text_add(&t, value, 1);
	}
	return t.text;
}

const char *const *
migrate_environment(struct mem *m, const struct migrate_session *x)
{
	static const char name[] = "PGOPTIONS=";
	const char *const *pg = pg_environment(m, x->pg);
	const char **all, *own = name;
	size_t n = 0;

	while (pg[n])
		n++;
	all = mem_zero(m, n + 2, sizeof *all);
	memcpy(all, pg, n * sizeof *all);
	/* a pooling proxy takes no options */
	if (x->pooled)
		return all;
	/* of two the last one counts, in the list as in the value */
	for (size_t i = 0; i < n; i++)
		if (!strncmp(all[i], name, sizeof name - 1))
			own = all[i];
	all[n] = mem_fmt(m, "%s -c lock_timeout=%.0f -c statement_timeout=%.0f%s%s%s", own,
	    x->settings->lock_timeout * 1000, x->settings->statement_timeout * 1000,
	    x->watched ? " -c client_connection_check_interval=2s" : "",
	    x->path ? " -c search_path=" : "", x->path ? option(m, x->path) : "");
	return all;
}

static int
run(struct mem *m, const struct migrate_session *x, const char *const *argv, bool echo,
    struct proc_result *result, struct err *e)
{
	struct proc_spec spec = { .argv = argv,
		.env = migrate_environment(m, x),
		.in = -1,
		.out = -1,
		.errfd = -1,
		.echo = echo };

	return proc_run(m, &spec, result, e);
}

int
migrate_apply_command(struct migrate_apply *a, const struct migrate_entry *entry, struct err *e)
{
	MEM_SCOPE(m);
	const char *argv[] = { entry->file->path, NULL };
	struct migrate_note n = { .file = entry->file, .sum = "", .loose = entry->file->sha256 };
	struct proc_result result = { 0 };

	if (a->down)
		return err_set(e, FAIL_NO, "no-down", "%s: an executable file has no way down",
		    entry->file->path);
	a->notices = value_array(step_mem(a->s));
	if (run(m, a->x, argv, true, &result, e))
		return err_in(e, "%s", entry->file->path);
	if (result.output_len)
		value_add_string(a->notices, result.output);
	if (result.status) {
		err_set(e, FAIL_DIRTY, "half-applied",
		    "%s: ended with %s %d; what it did until then stays done", entry->file->path,
		    result.signal ? "signal" : "exit status",
		    result.signal ? result.signal : result.status);
		return err_hint(e,
		    "its output is above and in the record; when it can be run again, "
		    "migrate-apply does so");
	}
	n.seconds = mem_fmt(m, "%.3f", result.seconds);
	return pg_exec(a->x->pg, migrate_history_note(m, a->history, &a->author, &n), e) ?
	    err_in(e, "%s: it ran, but its row in the history cannot be written",
		entry->file->path) :
	    0;
}

/* The last line that COMMAND prints; NULL with the error set when it fails. */
static char *
revision(struct mem *m, const struct migrate_session *x, const char *command, struct err *e)
{
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	char *line;
	struct proc_result result = { 0 };
	size_t n;

	if (run(m, x, argv, false, &result, e))
		return NULL;
	if (result.status) {
		err_set(e, FAIL_TROUBLE, "exit", "'%s' ended with exit status %d: %s", command,
		    result.status, result.output);
		return NULL;
	}
	n = result.out_len;
	while (n && strchr(" \t\r\n", result.out[n - 1]))
		n--;
	result.out[n] = 0;
	line = strrchr(result.out, '\n');
	return mem_string(m, line ? line + 1 : result.out);
}

/* Revision and fingerprint into the result, the one named KEY. */
static char *
look(struct step *s, struct migrate_session *x, const struct migrate_external *x_tool,
    const char *key, struct err *e)
{
	struct mem *m = step_mem(s);
	const char *print = pg_fingerprint(m, x->spec, NULL, e);
	char *is = mem_string(m, "");

	if (!print)
		step_say(s, "%s", e->text);
	if (x_tool->current && !(is = revision(m, x, x_tool->current, e)))
		return NULL;
	if (*is)
		value_set_string(step_result(s), key, is);
	value_set_string(step_result(s), mem_fmt(m, "fingerprint_%s", key), print);
	return is;
}

static int
migrate(struct step *s, struct migrate_session *x, const char *command, struct err *e)
{
	struct mem *m = step_mem(s);
	const char *argv[] = { "/bin/sh", "-c", command, NULL };
	struct proc_result result = { 0 };

	if (run(m, x, argv, true, &result, e))
		return -1;
	value_set_int(step_result(s), "exit", result.status);
	value_set_real(step_result(s), "seconds", result.seconds);
	value_set_text(step_result(s), "output", result.output, result.output_len);
	if (!result.status)
		return 0;
	return err_set(e, FAIL_DIRTY, "half-applied", "'%s' ended with %s %d", command,
	    result.signal ? "signal" : "exit status",
	    result.signal ? result.signal : result.status);
}

/* It failed; when the schema is what it was, nothing is half done. */
static int
judge_failure(struct step *s, struct err *e)
{
	const char *before = value_get_string(step_result(s), "fingerprint_before"),
	    *after = value_get_string(step_result(s), "fingerprint_after");

	if (before && after && !strcmp(before, after)) {
		e->code = FAIL_NO;
		err_set(e, FAIL_NO, "migration-failed", "%s; the schema is as it was",
		    mem_string(step_mem(s), e->text));
	}
	return err_hint(e, "its output is above and in the record");
}

int
migrate_run_external(struct step *s, const struct migrate_options *o,
    const struct migrate_external *tool, struct err *e)
{
	struct mem *m = step_mem(s);
	struct migrate_session *x = migrate_session_open(m, s, o->pg, &o->settings, e);
	const char *before, *heads = NULL;
	struct err failure;
	int bad;

	if (!x)
		return -1;
	value_set_string(step_result(s), "database", pg_uri(x->pg));
	value_set_string(step_result(s), "exec", tool->exec);
	if (migrate_session_lock(x, migrate_history_ours(m, NULL), e) ||
	    !(before = look(s, x, tool, "before", e)) ||
	    (tool->heads && !(heads = revision(m, x, tool->heads, e))))
		return -1;
	value_set_string(step_result(s), "heads", heads);
	if (heads && tool->current && !strcmp(heads, before)) {
		step_say(s, "%s is up to date at %s", pg_uri(x->pg), before);
		step_unchanged(s);
		return 0;
	}
	if (step_dry_run(s)) {
		step_say(s, "would run: %s", tool->exec);
		return 0;
	}
	bad = migrate(s, x, tool->exec, e);
	failure = *e;
	if (!look(s, x, tool, "after", e) && !bad)
		return -1;
	migrate_session_unlock(x);
	*e = failure;
	return bad && strcmp(e->word, "cancelled") ? judge_failure(s, e) : bad;
}
