/* step-exec - runs any command as a recorded step.
 *
 *	step-exec --name deploy -- docker compose up -d redmine
 */
#include <stdlib.h>
#include <string.h>

#include "core/proc.h"
#include "core/secret.h"
#include "core/step.h"

static struct {
	const char *name, *dir;
	double timeout, grace;
} cfg = { .grace = 5 };

static const struct opt opts[] = {
	OPT_STRING_(0, "name", "step", "name of the step in the record", &cfg.name),
	OPT_SECONDS_(0, "timeout", "duration", "end the command after this long", &cfg.timeout),
	OPT_SECONDS_(0, "grace", "duration", "time from TERM to KILL for its process group", &cfg.grace),
	OPT_STRING_('C', "directory", "dir", "run it in this directory", &cfg.dir),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)operands;
	if (!count) {
		err_set(e, FAIL_TROUBLE, "usage", "no command given");
		return err_hint(e, "step-exec --name deploy -- COMMAND [ARGUMENT ...]");
	}
	if (cfg.name && !*cfg.name)
		return err_set(e, FAIL_TROUBLE, "usage", "--name is empty");
	if (cfg.name)
		step_rename(s, cfg.name);
	return 0;
}

/* Where a rollback must run it again; a directory that is not there is what the failure will be
 * about. */
static void
record_directory(struct step *s)
{
	char *real = realpath(cfg.dir ? cfg.dir : ".", NULL);

	value_set_string(step_result(s), "directory", real ? real : cfg.dir);
	free(real);
}

static void
record_command(struct step *s, int count, char **words)
{
	struct value *argv = value_set_array(step_mem(s), step_result(s), "argv");

	for (int i = 0; i < count; i++) {
		char *word = mem_string(step_mem(s), words[i]);

		secret_wash(word, strlen(word));
		value_add_string(argv, word);
	}
	record_directory(s);
}

static void
record_result(struct step *s, const struct proc_result *r)
{
	struct value *result = step_result(s);

	value_set_int(result, "exit", r->status);
	if (r->signal)
		value_set_int(result, "signal", r->signal);
	value_set_bool(result, "timed_out", r->timed_out);
	value_set_real(result, "seconds", (double)(long long)(r->seconds * 1000 + 0.5) / 1000);
	secret_wash(r->output, r->output_len);
	value_set_text(result, "output", r->output, r->output_len);
	value_set_int(result, "output_bytes", r->output_total);
}

static int
verdict(const char *command, const struct proc_result *r, struct err *e)
{
	if (r->timed_out) {
		err_set(e, FAIL_NO, "timeout", "%s did not end within %g s and was killed", command,
		    cfg.timeout);
		return err_hint(e,
		    "what it had done by then stays done: look at its output in the record");
	}
	if (r->status) {
		err_set(e, FAIL_NO, "exit", "%s ended with %s %d", command,
		    r->signal ? "signal" : "exit status", r->signal ? r->signal : r->status);
		return err_hint(e,
		    "its output is above and in the record; what it had done by then stays done");
	}
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct proc_spec spec = { .argv = (const char *const *)operands,
		.dir = cfg.dir,
		.in = -1,
		.out = -1,
		.errfd = -1,
		.echo = true,
		.timeout = cfg.timeout,
		.grace = cfg.grace };
	struct proc_result result;
	int bad;

	record_command(s, count, operands);
	if (step_dry_run(s))
		return 0;
	bad = proc_run(step_mem(s), &spec, &result, e);
	if (result.output)
		record_result(s, &result);
	return bad ? -1 : verdict(operands[0], &result, e);
}

static const struct tool tool = {
	.name = "step-exec",
	.brief = "run any command as a recorded step",
	.operands = "[--] command [argument ...]",
	.opts = opts,
	.flags = TOOL_CHANGES | TOOL_COMMAND_OPERANDS,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
