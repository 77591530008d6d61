/* command - migrations that are programs: executable files, and other tools' migrators. */
#ifndef MIGRATE_COMMAND_H
#define MIGRATE_COMMAND_H

#include "migrate/apply.h"
#include "migrate/view.h"

/* libpq's variables for the database, with the options of the connection and our timeouts for every
 * session that is opened with them, for proc_spec.env. */
const char *const *migrate_environment(struct mem *, const struct migrate_session *);
/* Run ENTRY's executable file and note it. Error FAIL_DIRTY "half-applied": what it did until it
 * failed stays. */
int migrate_apply_command(struct migrate_apply *, const struct migrate_entry *, struct err *);

/* Another migrator, as shell commands. */
struct migrate_external {
	const char *exec;       /* migrates */
	/* prints the revision that the database is at; NULL: nothing does */
	const char *current;
	const char *heads;      /* prints the revision that it should be at; NULL: nothing does */
};
/* Run it under our lock, with our timeouts in PGOPTIONS; fills in the step's result. */
int migrate_run_external(struct step *, const struct migrate_options *,
    const struct migrate_external *, struct err *);

#endif
