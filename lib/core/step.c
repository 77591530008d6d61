/* step.c - runs one program through its life. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/io.h"
#include "core/record.h"
#include "core/say.h"
#include "core/secret.h"
#include "core/step.h"
#include "core/stop.h"
#include "core/stream.h"

struct step {
	struct mem *m;
	const struct tool *tool;
	const char *name;
	struct form_choice form;
	struct stream upstream;
	char id[RECORD_ID];
	double begun;
	struct value *result, *materials, *subject;
	char **operands;
	int operand_count;
	int journal;                    /* --record; -1: none */
	bool unchanged, alone, output_taken;
	const struct err *failure;      /* of the work, while the forms are rendered */
};

/* The common options. */
static struct {
	bool no_input, dry_run, quiet, verbose, help, version;
	struct opt_list needs, write;
	const char *release, *service, *format, *record;
} cfg;

static const struct opt common[] = {
	OPT_GROUP_("common options"),
	OPT_FLAG_('n', "no-input", "leave standard input alone", &cfg.no_input),
	OPT_LIST_(0, "needs", "step[,step]", "refuse unless an ok record of step is upstream",
	    &cfg.needs),
	OPT_STRING_(0, "release", "id", "release that the record belongs to", &cfg.release),
	OPT_STRING_(0, "service", "name", "service that the record belongs to", &cfg.service),
	OPT_FLAG_(0, "dry-run", "say what would be done, change nothing", &cfg.dry_run),
	OPT_STRING_(0, "format", "form", "form on standard output in place of the records",
	    &cfg.format),
	OPT_LIST_(0, "write", "form=file", "also write that form to file", &cfg.write),
	OPT_STRING_(0, "record", "file", "also append the records to file, synced", &cfg.record),
	OPT_FLAG_('q', "quiet", "only errors on standard error", &cfg.quiet),
	OPT_FLAG_('v', "verbose", "more on standard error", &cfg.verbose),
	OPT_FLAG_('h', "help", "print this help", &cfg.help),
	OPT_FLAG_('V', "version", "print the version", &cfg.version),
	OPT_END_
};

struct mem *step_mem(struct step *s) { return s->m; }
struct value *step_result(struct step *s) { return s->result; }
const char *step_id(const struct step *s) { return s->id; }
bool step_dry_run(const struct step *s) { (void)s; return cfg.dry_run; }
bool step_verbose(const struct step *s) { (void)s; return cfg.verbose; }
bool step_quiet(const struct step *s) { (void)s; return cfg.quiet; }
const char *step_service_given(const struct step *s) { (void)s; return cfg.service; }
void step_alone(struct step *s) { s->alone = true; }
void step_rename(struct step *s, const char *name) { s->name = name; }
const char *step_blocker(const struct step *s) { return s->upstream.blocker; }
void step_unchanged(struct step *s) { s->unchanged = true; }

int
step_form(struct step *s, const char *name, struct err *e)
{
	if (cfg.format && strcmp(cfg.format, name))
		return err_set(e, FAIL_TROUBLE, "usage", "--%s and --format %s are two forms", name,
		    cfg.format);
	cfg.format = name;
	return form_choose(s->m, &s->form, name, e);
}

int
step_take_output(struct step *s, struct err *e)
{
	s->output_taken = true;
	s->form.chosen = NULL;
	if (cfg.format)
		return err_set(e, FAIL_TROUBLE, "usage",
		    "--format: standard output has been given away already");
	return isatty(1) ? err_set(e, FAIL_TROUBLE, "usage", "that is nothing for a terminal") : 0;
}

int
step_take_input(struct step *s, struct err *e)
{
	(void)s;
	cfg.no_input = true;
	return isatty(0) ? err_set(e, FAIL_TROUBLE, "usage", "that is nothing from a terminal") : 0;
}

static const char *
first_of(const char *given, const char *variable, const char *upstream)
{
	const char *v = getenv(variable);

	if (given)
		return given;
	return v && *v ? v : upstream;
}

const char *
step_release(const struct step *s)
{
	return first_of(cfg.release, "HANDRAIL_RELEASE", s->upstream.release);
}

const char *
step_service(const struct step *s)
{
	return first_of(cfg.service, "HANDRAIL_SERVICE", s->upstream.service);
}

static void
descriptor(struct step *s, struct value **list, const char *name, const char *uri,
    const char *sha256)
{
	struct value *d;

	if (!*list)
		*list = value_array(s->m);
	d = value_add_object(s->m, *list);
	value_set_string(d, "name", name);
	value_set_string(d, "uri", uri);
	if (sha256)
		value_set_string(value_set_object(s->m, d, "digest"), "sha256", sha256);
}

void
step_material(struct step *s, const char *name, const char *uri, const char *sha256)
{
	descriptor(s, &s->materials, name, uri, sha256);
}

void
step_subject(struct step *s, const char *name, const char *uri, const char *sha256)
{
	descriptor(s, &s->subject, name, uri, sha256);
}

#define PRINT(s, fmt)                                  \
	do {                                           \
		va_list ap_;                           \
		char *text_ = NULL;                    \
		int n_;                                \
		va_start(ap_, fmt);                    \
		n_ = vasprintf(&text_, fmt, ap_);      \
		va_end(ap_);                           \
		if (n_ >= 0) {                         \
			say_text((s)->tool->name, text_); \
			free(text_);                   \
		}                                      \
	} while (0)

void
step_say(struct step *s, const char *fmt, ...)
{
	if (!cfg.quiet)
		PRINT(s, fmt);
}

void
step_debug(struct step *s, const char *fmt, ...)
{
	if (cfg.verbose)
		PRINT(s, fmt);
}

void
step_warn(struct step *s, const char *fmt, ...)
{
	PRINT(s, fmt);
}

/* Records */

static struct value *
record(struct step *s, const char *status)
{
	struct value *r = value_object(s->m);
	char time[CLOCK_TEXT];

	value_set_int(r, "handrail", 1);
	value_set_string(r, "id", s->id);
	value_set_string(r, "step", s->name);
	value_set_string(r, "status", status);
	value_set_string(r, "time", clock_rfc3339(time, clock_unix_ms()));
	if (strcmp(status, "started"))
		value_set_real(r, "seconds",
		    (double)(long long)((clock_now() - s->begun) * 1000 + 0.5) / 1000);
	value_set_string(r, "release", step_release(s));
	value_set_string(r, "service", step_service(s));
	value_set_string(r, "tool", record_tool());
	value_set(r, "ci", record_ci(s->m));
	return r;
}

/* One record in one write to standard output (when it carries the records) and to the journal. */
int
step_pass(struct step *s, const char *lines, size_t len, struct err *e)
{
	if (s->journal >= 0 && (io_write_all(s->journal, lines, len) || fsync(s->journal)))
		return err_sys(e, "--record %s", cfg.record);
	if (!s->form.chosen && !s->output_taken && io_write_all(1, lines, len))
		return err_sys(e, "standard output: cannot write the record");
	return 0;
}

static int
emit(struct step *s, const struct value *r, struct err *e)
{
	char *text = mem_fmt(s->m, "%s\n", value_text(s->m, r, 0));

	return step_pass(s, text, strlen(text), e);
}

static int
emit_started(struct step *s, struct err *e)
{
	return emit(s, record(s, "started"), e);
}

static const char *
status_word(const struct step *s, const struct err *failure)
{
	if (failure && failure->code == FAIL_UPSTREAM)
		return "refused";
	if (failure)
		return strcmp(failure->word, "cancelled") ? "failed" : "cancelled";
	if (s->unchanged)
		return "unchanged";
	return cfg.dry_run ? "planned" : "ok";
}

static int
emit_end(struct step *s, const struct err *failure, struct err *e)
{
	struct value *r = record(s, status_word(s, failure)), *v;
	char *text;

	value_set(r, "materials", s->materials);
	value_set(r, "subject", s->subject);
	if (value_count(s->result))
		value_set(r, "result", s->result);
	if (failure) {
		v = value_set_object(s->m, r, "error");
		value_set_string(v, "code", failure->word);
		text = mem_string(s->m, failure->text);
		secret_wash(text, strlen(text));
		value_set_string(v, "message", text);
		text = mem_string(s->m, failure->hint);
		secret_wash(text, strlen(text));
		if (*text)
			value_set_string(v, "hint", text);
	}
	return emit(s, r, e);
}

/* For programs that have no text of their own to show. */
static int
one_line(struct step *s, FILE *out, struct err *e)
{
	(void)e;
	fprintf(out, "%s %s in %.1f s\n", s->name, status_word(s, s->failure),
	    clock_now() - s->begun);
	return 0;
}

static const struct form plain_text = { "text", "one line", one_line };

bool
step_form_wanted(const struct step *s, const char *name)
{
	return form_wanted(&s->form, name);
}

/* The parts of a life */

static int
open_journal(struct step *s, struct err *e)
{
	char last;
	off_t end;

	if (!cfg.record)
		return 0;
	s->journal = open(cfg.record, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
	if (s->journal < 0)
		return err_sys(e, "--record %s", cfg.record);
	/* a line that a killed run left half written must not swallow ours */
	end = lseek(s->journal, 0, SEEK_END);
	if (end > 0 && pread(s->journal, &last, 1, end - 1) == 1 && last != '\n' &&
	    io_write_all(s->journal, "\n", 1))
		return err_sys(e, "--record %s", cfg.record);
	return 0;
}

static int
see(void *step, const struct value *rec, struct err *e)
{
	struct step *s = step;

	return s->tool->see ? s->tool->see(s, rec, e) : 0;
}

static int
read_upstream(struct step *s, struct err *e)
{
	if (cfg.no_input || isatty(0))
		return 0;
	return stream_read(s->m, &s->upstream, 0, s->form.chosen || s->output_taken ? -1 : 1, see,
	    s, e);
}

static int
check_needs(struct step *s, struct err *e)
{
	for (size_t i = 0; i < cfg.needs.count; i++) {
		char *save = NULL, *list = mem_string(s->m, cfg.needs.item[i]);

		for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
			if (stream_has(&s->upstream, w, step_service(s), cfg.dry_run))
				continue;
			err_set(e, FAIL_UPSTREAM, "missing-step",
			    "--needs %s: no ok record of it%s%s is upstream", w,
			    step_service(s) ? " for service " : "",
			    step_service(s) ? step_service(s) : "");
			return err_hint(e, "run %s before this step and pipe its records in", w);
		}
	}
	return 0;
}

static int
check_upstream(struct step *s, struct err *e)
{
	if (s->upstream.blocker && !(s->tool->flags & TOOL_ALWAYS)) {
		err_set(e, FAIL_UPSTREAM, s->upstream.blocker_word, "refused, nothing was done: %s",
		    s->upstream.blocker);
		return err_hint(e,
		    "mend the cause and begin the release again, or pipe the records into "
		    "rollback-plan");
	}
	return check_needs(s, e);
}

/* Print and record the failure; the exit status. */
static int
fail(struct step *s, const struct err *failure)
{
	struct err e;

	say_error(s->tool->name, failure);
	if (emit_end(s, failure, &e))
		say_error(s->tool->name, &e);
	if (!strcmp(failure->word, "cancelled") && failure->code != FAIL_DIRTY)
		return 128 + (stop_signal() ? stop_signal() : SIGINT);
	return (int)failure->code;
}

/* Misuse in the middle of a pipeline: the steps after must see it, or they would take the work for
 * done. */
static int
misused(struct step *s, const struct err *failure)
{
	struct err ignored;

	if (isatty(1) || s->output_taken || cfg.no_input ||
	    (cfg.format && strcmp(cfg.format, "json"))) {
		say_error(s->tool->name, failure);
		return FAIL_TROUBLE;
	}
	read_upstream(s, &ignored);
	return fail(s, failure);
}

static int
work(struct step *s, struct err *e)
{
	struct err late;
	int no_forms, no_record;

	s->begun = clock_now();
	if (emit_started(s, e)) {
		e->code = FAIL_TROUBLE;
		say_error(s->tool->name, e);
		return FAIL_TROUBLE;
	}
	if (s->tool->run(s, s->operand_count, s->operands, e)) {
		s->failure = e;
		if ((e->code == FAIL_NO || e->code == FAIL_DIRTY) && form_write(s, &s->form, &late))
			say_error(s->tool->name, &late);
		return fail(s, e);
	}
	if ((no_forms = form_write(s, &s->form, e)))
		say_error(s->tool->name, e);
	if ((no_record = emit_end(s, NULL, &late)))
		say_error(s->tool->name, &late);
	if (no_forms || no_record)
		return s->tool->flags & TOOL_CHANGES && !s->unchanged && !cfg.dry_run ?
		    FAIL_DIRTY :
		    FAIL_TROUBLE;
	return s->upstream.blocker ? FAIL_UPSTREAM : 0;
}

/* What was printed is out; the exit status. */
static int
flush_output(const struct step *s)
{
	struct err e;

	if (!fflush(stdout))
		return 0;
	err_sys(&e, "standard output");
	say_error(s->tool->name, &e);
	return FAIL_TROUBLE;
}

static int
answer(struct step *s, struct err *e)
{
	if (!s->tool->run(s, s->operand_count, s->operands, e))
		return flush_output(s);
	say_error(s->tool->name, e);
	return (int)e->code;
}

static int
live(struct step *s, int argc, char **argv)
{
	struct err e = { 0 };
	enum opt_found found = OPT_RUN;
	const struct tool *t = s->tool;
	const struct opt_spec spec = { t->name, t->brief, t->operands, t->opts, common,
		t->flags & TOOL_COMMAND_OPERANDS ? OPT_OPERANDS_END_OPTIONS : 0, t->operand };

	if (opt_parse(s->m, &spec, argc, argv, &found, &s->operands, &s->operand_count, &e) ||
	    (!found && (form_choose(s->m, &s->form, cfg.format, &e) ||
	    (t->check && t->check(s, s->operand_count, s->operands, &e)))))
		return misused(s, &e);
	if (found) {
		opt_show(&spec, found);
		return flush_output(s);
	}
	if (s->alone)
		return answer(s, &e);
	if (open_journal(s, &e))
		return misused(s, &e);
	if (read_upstream(s, &e) || check_upstream(s, &e))
		return fail(s, &e);
	return work(s, &e);
}

/* A closed descriptor 0, 1 or 2 would be taken by the next file that is opened. Reads from what
 * stands in for 0 end at once, writes to what stands in for 1 fail as they would on a closed
 * one. */
static void
fill_closed_stdio(void)
{
	static const int mode[] = { O_RDONLY, O_RDONLY, O_WRONLY };

	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF && open("/dev/null", mode[fd]) != fd)
			_exit(FAIL_TROUBLE);
}

int
step_main(const struct tool *tool, int argc, char **argv)
{
	MEM_SCOPE(m);
	struct step s = { .m = m,
		.tool = tool,
		.name = tool->name,
		.journal = -1,
		.begun = clock_now(),
		.form = { .forms = tool->forms, .plain = &plain_text, .writes = &cfg.write } };

	fill_closed_stdio();
	stop_catch();
	secret_add_environment();
	for (int i = 1; i < argc; i++)
		secret_add_inside(argv[i]);
	record_new_id(s.id);
	s.result = value_object(m);
	return live(&s, argc, argv);
}
