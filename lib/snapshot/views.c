/* views.c - fills materialized views, and makes statistics of what is below a parent. */
#include <limits.h>
#include <string.h>

#include "snapshot/session.h"
#include "snapshot/views.h"

bool
views_is_filling(const struct toc_entry *t)
{
	return toc_begins(t->sql, "REFRESH MATERIALIZED VIEW ");
}

/* Fill COUNT of them. Those that want another one filled before are left in VIEW; with FINAL they
 * are told as all others that cannot be filled. Returns how many are left. */
static int
fill_some(struct pg *pg, const struct restore *how, const struct toc_entry **view, int count,
    bool final, const char *path, struct err *e)
{
	int left = 0;

	for (int i = 0; i < count; i++) {
		MEM_SCOPE(m);
		const struct toc_entry *t = view[i];

		if (!toc_run_one(pg, t, e))
			continue;
		if (!pg_alive(pg) || !strcmp(e->word, "cancelled") || !strcmp(e->word, "no-space"))
			return -1;
		/* object not in prerequisite state */
		if (!final && !strcmp(e->word, "sql-55000")) {
			view[left++] = t;
			continue;
		}
		session_advise(path, e);
		how->say(how->arg,
		    mem_fmt(m, "not filled: %.*s: %s%s%s", (int)strcspn(t->sql, ";"), t->sql,
			e->text, *e->hint ? "; " : "", e->hint));
	}
	return left;
}

int
views_fill(struct pg *pg, const struct restore *how, const struct toc *toc, const char *path,
    struct err *e)
{
	MEM_SCOPE(m);
	const struct toc_entry **view = mem_zero(m, toc->count + 1, sizeof *view);
	int left = 0, before = INT_MAX;

	for (size_t i = 0; i < toc->count; i++)
		if (views_is_filling(&toc->item[i]))
			view[left++] = &toc->item[i];
	/* that the function of one reads another one is known to nobody before it is tried */
	while (left > 0 && left < before) {
		before = left;
		left = fill_some(pg, how, view, left, false, path, e);
	}
	return left < 0 || fill_some(pg, how, view, left, true, path, e) < 0 ? -1 : 0;
}

int
views_analyze(struct pg *pg, struct err *e)
{
	MEM_SCOPE(m);
	struct pg_rows *r = pg_query(m, pg, e,
	    "WITH RECURSIVE below (top, oid) AS (SELECT inhparent, inhrelid FROM"
	    "  pg_catalog.pg_inherits UNION SELECT b.top, i.inhrelid FROM below b"
	    "  JOIN pg_catalog.pg_inherits i ON i.inhparent = b.oid)"
	    " SELECT c.oid::regclass FROM pg_catalog.pg_class c"
	    " WHERE c.oid >= 16384 AND (c.relkind = 'm' AND c.relispopulated"
	    " OR c.relkind = 'p' AND NOT c.relispartition OR c.relkind = 'r' AND c.relhassubclass)"
	    " AND NOT EXISTS (SELECT FROM below b JOIN pg_catalog.pg_class x ON x.oid = b.oid"
	    "  WHERE b.top = c.oid AND x.relkind = 'f') ORDER BY 1",
	    0, NULL);

	for (int i = 0; r && i < pg_rows_count(r); i++)
		if (pg_exec(pg, mem_fmt(m, "ANALYZE %s", pg_rows_text(r, i, 0)), e))
			return -1;
	return r ? 0 : -1;
}
