/* database-swap - lets a restored database take the place of the live one.
 *
 *	snapshot-restore --pg-into "$DATABASE_URL" a.tar.zst | database-swap
 */
#include <string.h>

#include "core/clock.h"
#include "core/step.h"
#include "pg/conn.h"
#include "pg/history.h"
#include "pg/swap.h"

static struct {
	const char *pg, *keep, *store, *revision;
} cfg;

/* The newest restore upstream. */
static const struct value *restored;

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "the live database: URI, conninfo or env:NAME", &cfg.pg),
	OPT_STRING_(0, "store", "name", "of the restored stores, this one", &cfg.store),
	OPT_STRING_(0, "keep-as", "name", "name for the database that was live", &cfg.keep),
	OPT_STRING_(0, "revision", "version", "the new database's history must be there", &cfg.revision),
	OPT_END_
};

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	(void)s;
	(void)operands;
	return count < 2 ? 0 : err_set(e, FAIL_TROUBLE, "usage", "one database at a time");
}

static int
see(struct step *s, const struct value *record, struct err *e)
{
	const char *step = value_get_string(record, "step"),
		   *status = value_get_string(record, "status");

	(void)e;
	if (step && status && !strcmp(step, "snapshot-restore") && !strcmp(status, "ok"))
		restored = value_keep(step_mem(s), value_get(record, "result"));
	return 0;
}

/* The store of the restore upstream that is meant; NULL: none, or several. */
static const struct value *
find_store(void)
{
	const struct value *stores = value_get(restored, "stores"), *found = NULL;

	for (size_t i = 0; i < value_count(stores); i++) {
		const struct value *v = value_item(stores, i);
		const char *name = value_get_string(v, "name");

		if (!value_get_string(v, "database") ||
		    (cfg.store && (!name || strcmp(name, cfg.store))))
			continue;
		if (found)
			return NULL;
		found = v;
	}
	return found;
}

static int
check_table(struct mem *m, struct pg *pg, const char *name, int64_t wanted, struct err *e)
{
	/* its name as SQL has it: one with capitals is quoted */
	struct pg_rows *r = pg_query(m, pg, e, "SELECT c.oid::pg_catalog.regclass, c.relkind = 'p'"
	    " FROM pg_catalog.pg_class c WHERE c.oid = pg_catalog.to_regclass($1)"
	    " AND c.relkind IN ('r', 'p')", 1, &name);

	if (r && !pg_rows_count(r))
		return err_set(e, FAIL_NO, "table-missing", "%s has no table %s", pg_database(pg),
		    name);
	r = r ? pg_query(m, pg, e, mem_fmt(m, "SELECT pg_catalog.count(*) FROM %s%s",
	    pg_rows_bool(r, 0, 1) ? "" : "ONLY ", pg_rows_text(r, 0, 0)), 0, NULL) : NULL;
	if (!r || pg_rows_int(r, 0, 0) == wanted)
		return r ? 0 : -1;
	return err_set(e, FAIL_NO, "rows-differ",
	    "%s of %s has %s rows, and was restored with %lld", name, pg_database(pg),
	    pg_rows_text(r, 0, 0), (long long)wanted);
}

/* Every table has as many rows as the restore told. */
static int
check_rows(struct mem *m, struct pg *pg, const struct value *store, struct err *e)
{
	const struct value *tables = value_get(store, "tables");

	for (size_t i = 0; i < value_count(tables); i++) {
		const struct value *t = value_item(tables, i);

		if (check_table(m, pg, value_get_string(t, "name"), value_get_int(t, "rows", 0), e))
			return -1;
	}
	return 0;
}

static int
check_revision(struct mem *m, struct pg *pg, struct err *e)
{
	size_t count;
	struct pg_history *h = cfg.revision ? pg_history_find(m, pg, &count, e) : NULL;
	const char *at = "none";

	if (!h)
		return cfg.revision ? -1 : 0;
	for (size_t i = 0; i < count; i++)
		if (h[i].revision && !strcmp(at = h[i].revision, cfg.revision))
			return 0;
	return err_set(e, FAIL_NO, "revision", "the history of %s is at %s, not at %s",
	    pg_database(pg), at, cfg.revision);
}

/* The new database is what was restored. */
static int
verify(struct step *s, const char *new, const struct value *store, struct err *e)
{
	struct mem *m = step_mem(s);
	struct pg *pg = pg_open(m, cfg.pg, new, e);

	if (!pg || pg_own_names(m, pg, e))
		return -1;
	if (check_revision(m, pg, e) || check_rows(m, pg, store, e))
		return -1;
	pg_close(pg);
	step_say(s, "database %s: %zu tables, rows as restored%s%s", new,
	    value_count(value_get(store, "tables")), cfg.revision ? ", revision " : "",
	    cfg.revision ? cfg.revision : "");
	return 0;
}

static char *
name_kept(struct mem *m, const char *live)
{
	char stamp[CLOCK_TEXT];

	clock_stamp(stamp, clock_unix_ms());
	return pg_name_beside(m, live, "before", stamp);
}

/* Who is there: 1: both can change places; 0: they have. */
static int
look(struct mem *m, struct pg *admin, const char *new, const char *kept, struct err *e)
{
	int there = pg_has_database(m, admin, new, e),
	    aside = there < 0 ? -1 : pg_has_database(m, admin, kept, e);

	if (aside < 0)
		return -1;
	if (!there && aside && cfg.keep)
		return 0;
	if (!there)
		return err_set(e, FAIL_TROUBLE, "no-database", "there is no database %s", new);
	if (!aside)
		return 1;
	err_set(e, FAIL_TROUBLE, "exists", "there is a database %s already", kept);
	return err_hint(e, "drop or rename it, or give another --keep-as");
}

static int
exchange(struct step *s, const char *live, const char *new, const char *kept,
    const struct value *store, struct err *e)
{
	struct mem *m = step_mem(s);
	struct pg *admin = pg_open_beside(m, cfg.pg, live, e);
	int both = admin ? look(m, admin, new, kept, e) : -1;

	if (both < 0)
		return -1;
	if (!both) {
		step_say(s, "database %s was exchanged before; the old one is kept as %s", live,
		    kept);
		step_unchanged(s);
		return 0;
	}
	if (pg_swap_check(admin, live, e) || verify(s, new, store, e))
		return -1;
	if (step_dry_run(s))
		return 0;
	if (pg_swap(m, cfg.pg, admin, live, new, kept, e))
		return -1;
	step_say(s, "database %s is the new one; the old one is kept as %s", live, kept);
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct mem *m = step_mem(s);
	const struct value *store = count ? NULL : find_store();
	const char *new = count ? operands[0] : value_get_string(store, "database"), *live, *kept;
	struct pg *pg;

	if (!new) {
		err_set(e, FAIL_TROUBLE, "usage",
		    "no database is named, and no restore of one upstream");
		return err_hint(e,
		    "snapshot-restore --pg-into \"$DATABASE_URL\" ARCHIVE | database-swap");
	}
	if (!(pg = pg_open(m, cfg.pg, NULL, e)))
		return -1;
	live = mem_string(m, pg_database(pg));
	pg_close(pg);
	kept = cfg.keep ? cfg.keep : name_kept(m, live);
	value_set_string(step_result(s), "database", live);
	value_set_string(step_result(s), "new", new);
	value_set_string(step_result(s), "kept_as", kept);
	if (!strcmp(live, new))
		return err_set(e, FAIL_TROUBLE, "usage", "%s is the live database itself", new);
	return exchange(s, live, new, kept, store, e);
}

static const struct tool tool = {
	.name = "database-swap",
	.brief = "let a restored database take the place of the live one",
	.operands = "database",
	.opts = opts,
	.flags = TOOL_CHANGES,
	.check = check,
	.see = see,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
