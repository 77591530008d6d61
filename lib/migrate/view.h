/* view - one directory and one database, side by side: what both migrate-apply and migrate-status
 * begin with. */
#ifndef MIGRATE_VIEW_H
#define MIGRATE_VIEW_H

#include "core/step.h"
#include "migrate/plan.h"
#include "migrate/script.h"
#include "migrate/session.h"

enum migrate_print { MIGRATE_PRINT_AUTO, MIGRATE_PRINT_ALWAYS, MIGRATE_PRINT_NEVER };

struct migrate_options {
	const char *pg;                 /* connection as pg_open takes it */
	const char *style;              /* NULL: found by looking */
	const char *history;            /* NULL: found by looking */
	const char *baseline;           /* what is pending up to here is there already */
	bool import;                    /* copy an adopted history into ours */
	const char *down_to;            /* take back what came after this version; "0": all */
	bool data_loss;                 /* and what it destroys is known */
	bool single;                    /* all in one transaction */
	/* enum migrate_print: of the schema, before and after; auto: not of bulks */
	int fingerprint;
	bool detailed;                  /* all that the history tells is wanted */
	bool observe;                   /* record locks, rewrites and rows of each file */
	struct migrate_fill fill;       /* what is put into the files' text */
	struct migrate_rules rules;
	struct migrate_settings settings;
};

struct migrate_view {
	struct step *s;
	const struct migrate_options *o;
	struct migrate_dir *dir;
	struct migrate_session *x;
	struct migrate_history *history;
	struct migrate_plan *plan;
};

/* Read the directory, unless that was done before; connect, find the history; what is known goes
 * into the step's result. */
int migrate_view_open(struct migrate_view *, const char *dir, struct err *);
/* Look for the history anew: another run may have made it. */
int migrate_view_find(struct migrate_view *, struct err *);
/* Read the history and compare. */
int migrate_view_compare(struct migrate_view *, struct err *);
/* How many are to be applied. */
size_t migrate_view_due(const struct migrate_view *);
/* An object at the end of LIST that tells of FILE. */
struct value *migrate_view_describe(struct migrate_view *, struct value *list,
    const struct migrate_file *);

#endif
