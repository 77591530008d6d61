/* form - the forms of output besides the records: --format and --write. */
#ifndef FORM_H
#define FORM_H

#include <stdbool.h>
#include <stdio.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/opt.h"

struct step;

/* One form: a row of struct tool's forms, ended by a NULL name. A form named "text" is the default
 * on a terminal. RENDER is called after the work, also when the answer was no. */
struct form {
	const char *name;       /* for --format and --write: text, markdown, sh, sql … */
	const char *help;       /* lower case, no full stop */
	int (*render)(struct step *, FILE *, struct err *);
};

/* What the command line asks for. */
struct form_choice {
	const struct form *forms;       /* of the program, or NULL */
	const struct form *plain;       /* the "text" of programs that have none of their own */
	const struct opt_list *writes;  /* --write FORM=FILE */
	const struct form *chosen;      /* on standard output; NULL: the records */
};

/* Check --format (NULL: not given) and each --write; sets chosen. Errors: "usage", with the
 * program's forms. */
int form_choose(struct mem *, struct form_choice *, const char *format, struct err *);
/* Is the form of that name asked for? */
bool form_wanted(const struct form_choice *, const char *name);
/* Render all that is asked for: into its files, each whole or not at all, and onto standard
 * output. */
int form_write(struct step *, const struct form_choice *, struct err *);

#endif
