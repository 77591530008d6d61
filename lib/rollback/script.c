/* script.c - writes the plan as sh. Every word from the records is quoted; nothing of them is code. */
#include <string.h>

#include "core/record.h"
#include "rollback/script.h"

char *
script_quote(struct mem *m, const char *text)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@%+";
	struct mem_text t = { .m = m };

	if (*text && strspn(text, plain) == strlen(text))
		return mem_string(m, text);
	mem_text_add(&t, "'", 1);
	for (const char *p = text; *p; p++)
		*p == '\'' ? mem_text_add(&t, "'\\''", 4) : mem_text_add(&t, p, 1);
	mem_text_add(&t, "'", 1);
	return t.text;
}

/* For a comment: nothing in it may end the line. */
static char *
comment(struct mem *m, const char *text)
{
	char *s = mem_string(m, text);

	for (char *p = s; *p; p++)
		if ((unsigned char)*p < 32 || *p == 127)
			*p = '?';
	return s;
}

static const char prologue[] =
"say() { printf 'rollback: %s\\n' \"$1\" >&2; }\n"
"die() { say \"$1\"; exit 1; }\n"
"\n"
"[ $# -eq 0 ] || [ $# -eq 2 ] && [ \"${1---done}\" = --done ] || die \"usage: sh $0 [--done STEP]\"\n"
"(umask 077 && mkdir -p \"$state\")\n"
"journal=$state/journal\n"
"command -v flock >/dev/null || die 'flock is not installed (package util-linux)'\n"
"exec 9>>\"$state/lock\"\n"
"flock -n 9 || die \"another run of this rollback is going on, or what it started still is ($state/lock)\"\n"
"if [ -s \"$journal\" ]; then\n"
"\t[ \"$(head -n 1 \"$journal\")\" = \"plan $plan\" ] || die \"$journal is of another plan\"\n"
"\tsay \"going on where $journal ends\"\n"
"fi\n"
"\n"
"# one line to the journal, on disk before anything else happens\n"
"note() {\n"
"\tprintf '%s\\n' \"$1\" >>\"$journal\"\n"
"\tsync \"$journal\"\n"
"}\n"
"if ! [ -s \"$journal\" ]; then\n"
"\tnote \"plan $plan\"\n"
"\tsync \"$state\"\n"
"fi\n"
"\n"
"is_done() { grep -qx \"done $1\" \"$journal\"; }\n"
"# was step $1 recorded as finished, although its end did not reach the journal?\n"
"is_recorded() { grep -qs '\"status\":\"\\(ok\\|unchanged\\)\"' \"$state/$1.jsonl\"; }\n"
"# holds TEXT COMMAND...: does the command succeed and print TEXT?\n"
"holds() {\n"
"\twanted=$1\n"
"\tshift\n"
"\tfound=$(\"$@\" 2>/dev/null </dev/null 9>&-) || return 1\n"
"\tcase $found in *\"$wanted\"*) return 0 ;; esac\n"
"\treturn 1\n"
"}\n"
"# todo STEP TITLE: is there anything to do, and say so\n"
"todo() {\n"
"\tstep=$1\n"
"\tif is_done \"$1\"; then\n"
"\t\tsay \"done before: $2\"\n"
"\t\treturn 1\n"
"\tfi\n"
"\tsay \"$2\"\n"
"\tnote \"begin $1\"\n"
"}\n"
"finish() {\n"
"\tis_done \"$step\" || note \"done $step\"\n"
"}\n"
"failed() { die \"step $step failed; mend the cause, then: sh $0\"; }\n"
"by_hand() {\n"
"\tsay \"$1\"\n"
"\tdie \"when that is done: sh $0 --done $step\"\n"
"}\n"
"if [ $# -eq 2 ]; then\n"
"\tgrep -qx \"begin $2\" \"$journal\" || die \"step $2 has not been reached\"\n"
"\tis_done \"$2\" || note \"done $2\"\n"
"fi\n";

static const char swap_function[] =
"# swap_directory PATH NEW KEPT: each of the two moves is done only if it is not done yet\n"
"swap_directory() {\n"
"\tif [ -e \"$2\" ]; then\n"
"\t\t[ -e \"$3\" ] || mv \"$1\" \"$3\"\n"
"\t\t[ ! -e \"$1\" ] || return 1\n"
"\t\tmv \"$2\" \"$1\"\n"
"\tfi\n"
"\t[ -e \"$1\" ]\n"
"}\n";

static void
write_words(struct mem *m, FILE *f, const char **argv, size_t argc, const char *extra)
{
	for (size_t i = 0; i < argc; i++)
		fprintf(f, "%s%s%s", i ? " " : "", script_quote(m, argv[i]), !i && extra ? extra : "");
}

/* Our own programs record what they do; -n, as there is nothing on standard input for them. */
static bool
is_ours(const struct plan_step *s)
{
	return strcmp(s->argv[0], "sha256sum") && strcmp(s->argv[0], "swap_directory");
}

static void
write_step(struct mem *m, FILE *f, const struct plan_step *s)
{
	fprintf(f, "\nif todo %s %s", s->id, script_quote(m, s->title));
	if (!s->argv) {
		fprintf(f, "; then\n\tby_hand %s\nfi\n", script_quote(m, s->by_hand));
		return;
	}
	if (is_ours(s))
		fprintf(f, " && ! is_recorded %s", s->id);
	if (s->check) {
		fprintf(f, " &&\n    ! holds %s ", script_quote(m, s->expect));
		write_words(m, f, s->check, s->check_argc, " -n");
	}
	fprintf(f, "; then\n\t");
	if (s->half_made)
		fprintf(f, "rm -rf %s\n\t", script_quote(m, s->half_made));
	write_words(
	    m, f, s->argv, s->argc, is_ours(s) ? mem_fmt(m, " -n --record \"$state/%s.jsonl\"", s->id) : NULL);
	fprintf(f, " </dev/null%s || failed\nfi\nfinish\n", s->keeps_running ? " 9>&-" : "");
}

/* Nothing is changed when a look shows that things are not as they were when the plan was made. */
static void
write_look(struct mem *m, FILE *f, const struct plan_step *s, const char *before)
{
	fprintf(f, "\n");
	if (before)
		fprintf(f, "is_done %s || is_recorded %s || ", before, before);
	fprintf(f, "{\n\tsay %s\n\t", script_quote(m, s->title));
	if (s->expect) {
		fprintf(f, "holds %s ", script_quote(m, s->expect));
		write_words(m, f, s->argv, s->argc, is_ours(s) ? " -n" : NULL);
		if (is_ours(s)) {
			fprintf(f, " ||\n\t    holds '\"status\":\"unchanged\"' ");
			write_words(m, f, s->argv, s->argc, " -n");
		}
	} else {
		write_words(m, f, s->argv, s->argc, " -n");
		fprintf(f, " </dev/null >/dev/null");
	}
	fprintf(f, " ||\n\t    die %s\n}\n", script_quote(m, mem_fmt(m,
	    "nothing was done: it is not as the plan has it (%s)", s->id)));
}

/* The first step that makes the looks pointless once it is done. */
static const char *
last_restore(const struct plan *p)
{
	const char *id = NULL;

	for (size_t i = 0; i < p->step_count; i++)
		if (!strncmp(p->steps[i].id, "restore", 7))
			id = p->steps[i].id;
	return id;
}

static void
write_tools(struct mem *m, FILE *f, const struct plan *p)
{
	struct sentences tools = { 0 };

	for (size_t i = 0; i < p->step_count; i++)
		if (p->steps[i].argv && strcmp(p->steps[i].argv[0], "swap_directory"))
			sentences_add_once(m, &tools, p->steps[i].argv[0]);
	if (!tools.count)
		return;
	fprintf(f, "for tool in");
	for (size_t i = 0; i < tools.count; i++)
		fprintf(f, " %s", script_quote(m, tools.item[i]));
	fprintf(f, "; do\n\tcommand -v \"$tool\" >/dev/null || die \"$tool is not on PATH\"\ndone\n");
}

/* The variables that hold connections must be there before anything is changed. */
static void
write_variables(struct mem *m, FILE *f, const struct plan *p)
{
	struct sentences seen = { 0 };

	for (size_t i = 0; i < p->step_count; i++)
		if (p->steps[i].variable)
			sentences_add_once(m, &seen, p->steps[i].variable);
	for (size_t i = 0; i < seen.count; i++)
		fprintf(f, "[ -n \"${%s-}\" ] || die '%s must hold the connection to the database'\n", seen.item[i],
		    seen.item[i]);
}

static void
write_head(struct mem *m, FILE *f, const struct plan *p)
{
	const struct evidence *ev = p->evidence;

	fprintf(f, "#!/bin/sh\n# The way back of release %s of service %s, written by rollback-plan of %s.\n",
	    comment(m, ev->release ? ev->release : "(no id)"), comment(m, ev->service ? ev->service : "(no name)"),
	    record_tool());
	fprintf(f, "# Scenario %d: %s. Strategy: %s.\n", p->verdict->scenario,
	    plan_scenario_name(p->verdict->scenario), p->verdict->strategy);
	for (size_t i = 0; i < p->verdict->reason_count; i++)
		fprintf(f, "#   %s\n", comment(m, p->verdict->reasons[i].text));
	for (size_t i = 0; i < p->verdict->caveats.count; i++)
		fprintf(f, "# Note: %s\n", comment(m, p->verdict->caveats.item[i]));
	fprintf(f,
	    "# It may be killed at any point and run again. Its journal and the records of its steps are in $HANDRAIL_STATE.\n"
	    "# shellcheck disable=SC1003,SC1112,SC2015,SC2016,SC2317\nset -eu\nplan=%s\n"
	    "state=${HANDRAIL_STATE:-$PWD/rollback-%.12s}\n",
	    p->digest, p->digest);
}

void
script_write(const struct plan *p, FILE *f)
{
	MEM_SCOPE(m);
	const char *restore = last_restore(p);
	bool swaps = false;

	write_head(m, f, p);
	if (p->verdict->why_no_restore) {
		fprintf(f, "printf '%%s\\n' %s >&2\nexit 1\n", script_quote(m, mem_fmt(m,
		    "rollback: there is no way back: %s; go forward with a fix", p->verdict->why_no_restore)));
		return;
	}
	fputs(prologue, f);
	for (size_t i = 0; i < p->step_count; i++)
		swaps |= p->steps[i].argv && !strcmp(p->steps[i].argv[0], "swap_directory");
	if (swaps)
		fputs(swap_function, f);
	write_tools(m, f, p);
	write_variables(m, f, p);
	for (size_t i = 0; i < p->step_count; i++) {
		if (p->steps[i].preflight)
			write_look(m, f, &p->steps[i], p->steps[i].until ? p->steps[i].until : restore);
		else
			write_step(m, f, &p->steps[i]);
	}
	fprintf(f, "\nsay 'done'\n");
}
