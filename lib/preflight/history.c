/* history.c - is the database at the revision that it should be at, and whole? */
#include <string.h>

#include "pg/history.h"
#include "preflight/check.h"

static bool
is_wanted(const struct check_run *r, const char *revision)
{
	for (size_t i = 0; i < r->o->revision_count; i++)
		if (!strcmp(r->o->revisions[i], revision))
			return true;
	return !r->o->revision_count;
}

/* What the histories of any tool say: *AT is the one that is wanted, else the last. */
static int
look_in_histories(struct check_run *r, const char **at, struct err *e)
{
	size_t count;
	struct pg_history *h = pg_history_find(r->m, r->pg, &count, e);

	for (size_t i = 0; h && i < count && !(**at && is_wanted(r, *at)); i++)
		if (h[i].revision)
			*at = h[i].revision;
	return h ? 0 : -1;
}

int
check_history(struct check_run *r, struct err *e)
{
	struct pg_rows *rows = pg_query(r->m, r->pg, e,
	    "SELECT to_regclass('handrail.history') IS NOT NULL", 0, NULL);
	const char *at = "";
	bool right;

	if (!rows)
		return -1;
	if (pg_rows_bool(rows, 0, 0)) {
		rows = pg_query(r->m, r->pg, e,
		    "SELECT file FROM handrail.history WHERE done < total"
		    " ORDER BY seq DESC LIMIT 1",
		    0, NULL);
		if (!rows)
			return -1;
		if (pg_rows_count(rows))
			check_row(r, CHECK_FAILED,
			    mem_fmt(r->m, "%s was applied in part", pg_rows_text(rows, 0, 0)),
			    "migrations that are whole",
			    "run migrate-apply: it goes on where it stopped");
	}
	if (look_in_histories(r, &at, e))
		return -1;
	right = is_wanted(r, at);
	check_row(r, right ? CHECK_OK : CHECK_FAILED,
	    *at ? mem_fmt(r->m, "revision %s", at) : "no revision",
	    r->o->revision_count ? mem_fmt(r->m, "revision %s", r->o->revisions[0]) :
				   "a history that can be read",
	    right ? NULL : "somebody has migrated since: make a new plan");
	return 0;
}
