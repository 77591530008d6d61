/* step - the life of one program: command line, records upstream, started, the work, the closing
 * record. A program is a table (struct tool) and "return step_main(&tool, argc, argv)". */
#ifndef STEP_H
#define STEP_H

#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"
#include "core/form.h"
#include "core/mem.h"
#include "core/opt.h"
#include "core/value.h"

struct step;

enum {
	/* its work changes state: a record that cannot be written then is exit 4 */
	TOOL_CHANGES = 1,
	TOOL_ALWAYS = 2,                /* works in spite of a failure upstream, and then exits 3 */
	TOOL_COMMAND_OPERANDS = 4,      /* the first operand ends the options */
};

struct tool {
	const char *name;
	const char *brief;              /* the .Nd line of its manual */
	const char *operands;           /* "file ..." or NULL */
	const struct opt *opts;         /* its own; the common ones are added */
	const struct form *forms;       /* or NULL */
	unsigned flags;
	/* All hooks but run may be NULL. */
	/* each operand, in order with OPT_CALL options */
	int (*operand)(const char *, struct err *);
	/* usage, before input is read */
	int (*check)(struct step *, int count, char **operands, struct err *);
	/* each record upstream */
	int (*see)(struct step *, const struct value *record, struct err *);
	int (*run)(struct step *, int count, char **operands, struct err *);    /* the work */
};

int step_main(const struct tool *, int argc, char **argv);

/* Memory that lives as long as the step. */
struct mem *step_mem(struct step *);
/* The object that becomes "result": fill it in as facts become known, so that a failure records
 * them, too. */
struct value *step_result(struct step *);
const char *step_id(const struct step *);
/* As given, else of the environment, else of the newest record upstream; NULL when nowhere. From
 * run on. */
const char *step_release(const struct step *);
const char *step_service(const struct step *);
/* --service as it stands on the command line, or NULL: for programs where it also selects. */
const char *step_service_given(const struct step *);
bool step_dry_run(const struct step *);
bool step_verbose(const struct step *);
bool step_quiet(const struct step *);
/* Is the form of that name asked for, by --format or --write? For what only that form needs. */
bool step_form_wanted(const struct step *, const char *name);
/* Other name for the record's "step" (step-exec --name); to be called in check. */
void step_rename(struct step *, const char *name);
/* To be called in check: as --format NAME; an option of the program's own stands for it. Error
 * "usage": another form is asked for. */
int step_form(struct step *, const char *name, struct err *);
/* To be called in check: this run answers a question and is no step of a release (manifest-bump
 * --judge). Standard input and output are then the program's own: no records are read or
 * written. */
void step_alone(struct step *);
/* To be called in check: standard output is the program's own, the chain ends here; the records go
 * to --record alone. "usage" on a terminal, and with --format. */
int step_take_output(struct step *, struct err *);
/* To be called in check: standard input is the program's own, no records are read. "usage" on a
 * terminal. */
int step_take_input(struct step *, struct err *);
/* Why an earlier record blocks, for TOOL_ALWAYS programs; NULL when nothing does. */
const char *step_blocker(const struct step *);

/* Records of steps that ran on behalf of this one (whole lines): into the stream and the journal,
 * byte for byte. */
int step_pass(struct step *, const char *lines, size_t len, struct err *);

/* How the work ended when run returns 0; without a call it is ok. --dry-run makes ok "planned". */
void step_unchanged(struct step *);
/* in-toto resource descriptors: what went in, what came out. URI and SHA256 may be NULL. */
void step_material(struct step *, const char *name, const char *uri, const char *sha256);
void step_subject(struct step *, const char *name, const char *uri, const char *sha256);

/* A line for people on standard error, begun with the program's name, washed of secrets; not with
 * --quiet. */
void step_say(struct step *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same, only with --verbose. */
void step_debug(struct step *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line on standard error that --quiet does not silence. */
void step_warn(struct step *, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
