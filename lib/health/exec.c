/* exec.c - command targets: a shell command line that ends well. */
#include <stdio.h>
#include <string.h>

#include "health/child.h"
#include "health/expect.h"
#include "health/kinds.h"

static bool
exit_is_good(const struct want *w, int status)
{
	for (size_t i = 0; i < w->exits.count; i++)
		if (expect_code_in(w->exits.item[i], status))
			return true;
	return !w->exits.count && status == 0;
}

/* The last line of a command's errors, else of its output, for people. */
static const char *
last_line(struct mem *m, const struct child_end *end)
{
	const char *text = end->errors_len ? end->errors : end->out, *from;
	size_t len = end->errors_len ? end->errors_len : end->len;

	while (len && (text[len - 1] == '\n' || text[len - 1] == '\r'))
		len--;
	from = len ? memrchr(text, '\n', len) : NULL;
	from = from ? from + 1 : text;
	return mem_dup(m, from, (size_t)(text + len - from));
}

static void
on_done(void *arg, const struct child_end *end)
{
	struct probe *p = arg;
	const char *last = last_line(p->m, end);
	char state[PROBE_STATE];

	if (end->not_found) {
		probe_end(p, "not-found", "no shell to run it");
	} else if (end->signal) {
		snprintf(state, sizeof state, "signal-%d", end->signal);
		probe_end(p, state, "ended by signal %d", end->signal);
	} else if (!exit_is_good(&p->target->want, end->exit)) {
		snprintf(state, sizeof state, "exit-%d", end->exit);
		probe_end(p, state, "exit status %d%s%.300s", end->exit, *last ? ": " : "", last);
	} else if (probe_body(p, "its output", end->out, end->len)) {
		probe_end(p, "ok", "exit status %d", end->exit);
	} else {
		probe_finish(p);
	}
}

static void
start(struct probe *p)
{
	const char *argv[] = { "/bin/sh", "-c", p->target->rest, NULL };
	struct child_spec spec = { .argv = argv, .errors = true, .done = on_done, .arg = p };
	struct err e;

	if (!(p->own = child_start(p->m, p->scene->loop, &spec, &e)))
		probe_end(p, "not-found", "%s", e.text);
}

static void
drop(struct probe *p)
{
	if (p->own)
		child_cut(p->own);
}

static int
parse(struct mem *m, struct target *t, struct err *e)
{
	(void)m;
	kind_of(t->text, &t->rest);
	if (!t->rest[strspn(t->rest, " \t")])
		return err_set(e, FAIL_TROUBLE, "usage", "after exec: comes a command");
	return 0;
}

static const char *const prefixes[] = { "exec:", NULL };

const struct kind kind_exec = {
	.name = "exec",
	.prefixes = prefixes,
	.takes = OPTION_BIT(EXPECT_EXIT) | OPTION_BIT(EXPECT_BODY),
	.flags = KIND_SLOW,
	.fds = 8,
	.parse = parse,
	.start = start,
	.drop = drop,
};
