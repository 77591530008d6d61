/* script.c - writes the plan as sh. Every word from the records is quoted; nothing of them is
 * code. */
#include <string.h>

#include "core/clock.h"
#include "core/record.h"
#include "rollback/script.h"

char *
script_quote(struct mem *m, const char *text)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,@%+";
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

/* What is said may hold anything that the records hold; CI runners obey commands at the start of a
 * line. */
static const char prologue[] = "say() { printf '%s\\n' \"$1\" | tr '\\000-\\011\\013-\\037\\177' "
			       "'[?*]' | sed 's/^/rollback: /' >&2; }\n"
			       "die() { say \"$1\"; exit 1; }\n"
			       "\n"
			       "[ $# -eq 0 ] || [ $# -eq 2 ] && [ \"${1---done}\" = --done ] || "
			       "die \"usage: sh $0 [--done STEP]\"\n";

/* The body of every script. */
static const char machinery[] =
    "(umask 077 && mkdir -p \"$state\")\n"
    "journal=$state/journal\n"
    "command -v flock >/dev/null || die 'flock is not installed (package util-linux)'\n"
    "exec 9>>\"$state/lock\"\n"
    "flock -n 9 || die \"another run of this rollback is going on, or what it started still is "
    "($state/lock)\"\n"
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
    "\tfound=$(\"$@\" 2>/dev/null </dev/null 8>&- 9>&-) || return 1\n"
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

/* Functions that stand for the command of a step; only those that are used are written. */
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

static const char count_function[] =
    "# count_loss STORE VARIABLE <RECORDS: what goes with the live database, to its file and for "
    "everybody to read\n"
    "count_loss() {\n"
    "\t{ rollback-plan --quiet --pg \"$1=env:$2\" --format text || true; } 2>/dev/null |\n"
    "\t    sed -n 's/^A restore would lose/this loses/p' >\"$state/$step.txt\"\n"
    "\tsay \"$(cat \"$state/$step.txt\")\"\n"
    "}\n";

static const char helm_function[] =
    "# helm_rollback RELEASE ARCHIVE STORE [FLAG...]: to the revision that the snapshot holds\n"
    "helm_rollback() {\n"
    "\trelease=$1 archive=$2 store=$3\n"
    "\tshift 3\n"
    "\tHANDRAIL_HELM=$state/helm.yaml\n"
    "\texport HANDRAIL_HELM\n"
    "\tsnapshot-restore -n -q \"$archive\" --only \"$store\" --exec-into \"$store=cat "
    ">\\\"\\$HANDRAIL_HELM\\\"\" >/dev/null || return 1\n"
    "\trevision=$(sed -n 's/^[- ]*revision: \\([0-9][0-9]*\\)$/\\1/p' \"$HANDRAIL_HELM\" | tail -n "
    "1)\n"
    "\t[ -n \"$revision\" ] || return 1\n"
    "\tstep-exec -n --record \"$state/$step.jsonl\" --name helm -- helm rollback \"$release\" "
    "\"$revision\" --no-hooks \"$@\"\n"
    "}\n";

static const struct {
	const char *name, *text;
} functions[] = {
	{ "swap_directory", swap_function },
	{ "count_loss", count_function },
	{ "helm_rollback", helm_function },
};

static bool
is_function(const char *name)
{
	for (size_t i = 0; i < sizeof functions / sizeof *functions; i++)
		if (!strcmp(functions[i].name, name))
			return true;
	return false;
}

static void
write_words(struct mem *m, FILE *f, const char **argv, size_t argc, const char *extra)
{
	for (size_t i = 0; i < argc; i++)
		fprintf(f, "%s%s%s", i ? " " : "", script_quote(m, argv[i]),
		    !i && extra ? extra : "");
}

/* Our own programs record what they do; -n, as there is nothing on standard input for them. */
static bool
is_ours(const struct plan_step *s)
{
	return strcmp(s->argv[0], "sha256sum") && !is_function(s->argv[0]);
}

static const struct story_step *
find_step(const struct evidence *ev, const char *id)
{
	for (size_t i = 0; i < ev->story.count; i++)
		if (!strcmp(ev->story.steps[i].id, id))
			return &ev->story.steps[i];
	return NULL;
}

static void
write_record(struct mem *m, FILE *f, const struct story_step *s, struct value *result)
{
	struct value *o = value_object(m);
	char time[CLOCK_TEXT];

	value_set_int(o, "handrail", 1);
	value_set_string(o, "id", s->id);
	value_set_string(o, "step", s->step);
	value_set_string(o, "status", "ok");
	value_set_string(o, "time", clock_rfc3339(time, s->end ? s->end : s->begin));
	value_set_real(o, "seconds", s->end ? (double)(s->end - s->begin) / 1000 : 0);
	value_set(o, "result", result);
	fprintf(f, "%s\n", value_text(m, o, 0));
}

/* What rollback-plan needs to count again: which transactions the snapshot holds, and which were
 * the migrations'. */
static void
write_counted(struct mem *m, FILE *f, const struct evidence *ev, const struct evidence_store *st)
{
	const struct story_step *snapshot = find_step(ev, st->snapshot_id);
	struct value *result = value_object(m),
		     *o = value_add_object(m, value_set_array(m, result, "stores"));
	const char *slash = strrchr(st->archive, '/');

	value_set_string(result, "archive", slash ? slash + 1 : st->archive);
	value_set_string(result, "sha256", st->sha256);
	value_set_string(o, "name", st->name);
	value_set_string(o, "uri", st->uri);
	value_set_int(o, "snapshot_xmax", st->xmax);
	value_set(o, "tables", st->tables);
	write_record(m, f, snapshot, result);
	for (const struct story_step *s = NULL; (s = evidence_next(ev, "migrate-apply", s));) {
		const struct value *applied = value_get(s->result, "applied");
		struct value *list;

		if (!evidence_same_database(value_get_string(s->result, "database"), st->uri) ||
		    !value_count(applied))
			continue;
		result = value_object(m);
		value_set_string(result, "database", st->uri);
		list = value_set_array(m, result, "applied");
		for (size_t i = 0; i < value_count(applied); i++)
			value_set(value_add_object(m, list), "xid",
			    value_get(value_item(applied, i), "xid"));
		write_record(m, f, s, result);
	}
}

/* What stands on a step's standard input. */
static void
write_input(struct mem *m, FILE *f, const struct plan *p, const struct plan_step *s)
{
	if (!s->counted) {
		fprintf(f, "%s%s || failed\nfi\nfinish\n", s->input ? "" : " </dev/null",
		    s->keeps_running ? " 8>&- 9>&-" : "");
		return;
	}
	fprintf(f, " <<'RECORDS' || failed\n");
	write_counted(m, f, p->evidence, s->counted);
	fprintf(f, "RECORDS\nfi\nfinish\n");
}

static void
write_step(struct mem *m, FILE *f, const struct plan *p, const struct plan_step *s)
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
	/* its last record alone: a failure that was mended stops nobody */
	if (s->input)
		fprintf(f, "tail -n 1 \"$state/%s.jsonl\" | ", s->input);
	write_words(m, f, s->argv, s->argc, is_ours(s) ?
	    mem_fmt(m, "%s --record \"$state/%s.jsonl\"", s->input ? "" : " -n", s->id) : NULL);
	write_input(m, f, p, s);
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
write_functions(FILE *f, const struct plan *p)
{
	for (size_t n = 0; n < sizeof functions / sizeof *functions; n++)
		for (size_t i = 0; i < p->step_count; i++)
			if (p->steps[i].argv && !strcmp(p->steps[i].argv[0], functions[n].name)) {
				fputs(functions[n].text, f);
				break;
			}
}

/* What is left for people, when all is done. */
static void
write_rest(struct mem *m, FILE *f, const char *title, const struct sentences *l)
{
	if (l->count)
		fprintf(f, "say %s\n", script_quote(m, title));
	for (size_t i = 0; i < l->count; i++)
		fprintf(f, "say %s\n", script_quote(m, mem_fmt(m, "- %s", comment(m, l->item[i]))));
}

static void
write_tools(struct mem *m, FILE *f, const struct plan *p)
{
	struct sentences tools = { 0 };

	for (size_t i = 0; i < p->step_count; i++)
		if (p->steps[i].argv && !is_function(p->steps[i].argv[0]))
			sentences_add_once(m, &tools, p->steps[i].argv[0]);
	if (!tools.count)
		return;
	fprintf(f, "for tool in");
	for (size_t i = 0; i < tools.count; i++)
		fprintf(f, " %s", script_quote(m, tools.item[i]));
	fprintf(f,
	    "; do\n\tcommand -v \"$tool\" >/dev/null || die \"$tool is not on PATH\"\ndone\n");
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
		fprintf(f,
		    "[ -n \"${%s-}\" ] || die '%s must hold the connection to the database'\n",
		    seen.item[i], seen.item[i]);
}

/* Nobody on another machine does the same. Nothing is there to hold a lock when the server is to be
 * a new one. */
static void
write_lock(struct mem *m, FILE *f, const struct plan *p)
{
	const char *variable = NULL, *database = NULL;

	for (size_t i = 0; i < p->step_count && !variable; i++)
		variable = p->verdict->new_instance ? NULL : p->steps[i].variable;
	for (size_t i = 0; i < p->evidence->store_count && !database; i++)
		database = p->evidence->stores[i].database;
	if (!variable)
		return;
	fprintf(f,
	    "if [ \"${HANDRAIL_LOCKED-}\" != \"$plan\" ]; then\n\t[ -n \"${%s-}\" ] || "
	    "die '%s must hold the connection to the database'\n"
	    "\tHANDRAIL_LOCKED=$plan exec lock-exec --pg env:%s %s -- sh \"$0\" \"$@\"\nfi\n",
	    variable, variable, variable,
	    script_quote(m, mem_fmt(m, "rollback %s", database ? database : "")));
}

static void
write_head(struct mem *m, FILE *f, const struct plan *p)
{
	const struct evidence *ev = p->evidence;

	fprintf(f,
	    "#!/bin/sh\n# The way back of release %s of service %s, written by rollback-plan of "
	    "%s.\n",
	    comment(m, ev->release ? ev->release : "(no id)"),
	    comment(m, ev->service ? ev->service : "(no name)"), record_tool());
	fprintf(f, "# Scenario %d: %s. Strategy: %s.\n", p->verdict->scenario,
	    plan_scenario_name(p->verdict->scenario), p->verdict->strategy);
	for (size_t i = 0; i < p->verdict->reason_count; i++)
		fprintf(f, "#   %s\n", comment(m, p->verdict->reasons[i].text));
	for (size_t i = 0; i < p->verdict->caveats.count; i++)
		fprintf(f, "# Note: %s\n", comment(m, p->verdict->caveats.item[i]));
	fprintf(f,
	    "# It may be killed at any point and run again. Its journal and the records of its "
	    "steps are in $HANDRAIL_STATE.\n"
	    "# shellcheck disable=SC1003,SC1112,SC2015,SC2016,SC2317\nset -eu\nplan=%s\n"
	    "state=${HANDRAIL_STATE:-$PWD/rollback-%.12s}\n",
	    p->digest, p->digest);
}

void
script_write(const struct plan *p, FILE *f)
{
	MEM_SCOPE(m);
	const char *restore = last_restore(p);

	write_head(m, f, p);
	if (p->verdict->why_no_restore) {
		fprintf(f, "printf '%%s\\n' %s >&2\nexit 1\n",
		    script_quote(m,
			mem_fmt(m, "rollback: there is no way back: %s; go forward with a fix",
			    p->verdict->why_no_restore)));
		return;
	}
	fputs(prologue, f);
	write_lock(m, f, p);
	fputs(machinery, f);
	write_functions(f, p);
	write_tools(m, f, p);
	write_variables(m, f, p);
	for (size_t i = 0; i < p->step_count; i++) {
		if (p->steps[i].preflight)
			write_look(m, f, &p->steps[i],
			    p->steps[i].until ? p->steps[i].until : restore);
		else
			write_step(m, f, p, &p->steps[i]);
	}
	fprintf(f, "\n");
	write_rest(m, f, "look at this now:", &p->verify);
	write_rest(m, f, "for the next attempt:", &p->next);
	fprintf(f, "say 'done'\n");
}
