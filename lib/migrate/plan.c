/* plan.c - compares the directory with the history. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "migrate/plan.h"
#include "migrate/version.h"

enum { LISTED = 5 };

static const char *const state_name[] = {
	"applied",
	"pending",
	"partial",
	"again",
	"out-of-order",
	"changed",
	"respaced",
	"missing",
	"future",
	"covered",
	"later",
};

const char *
migrate_state_name(enum migrate_state s)
{
	return state_name[s];
}

bool
migrate_entry_due(const struct migrate_entry *x)
{
	return x->state == MIGRATE_PENDING || x->state == MIGRATE_PARTIAL ||
	    x->state == MIGRATE_AGAIN || x->state == MIGRATE_OUT_OF_ORDER;
}

static struct migrate_entry *
add(struct mem *m, struct migrate_plan *p, const struct migrate_file *f,
    const struct migrate_row *row)
{
	mem_grow(m, &p->entry, p->count, &p->room, sizeof *p->entry);
	p->entry[p->count] = (struct migrate_entry){ .file = f, .row = row };
	return &p->entry[p->count++];
}

/* Is an applied file with another digest only spaced otherwise? */
static int
compare_text(const struct migrate_entry *x, enum migrate_state *state, struct err *e)
{
	MEM_SCOPE(m);
	char hex[DIGEST_HEX], *text;
	size_t len;
	int first;

	*state = x->row->respaced ? MIGRATE_RESPACED : MIGRATE_CHANGED;
	if (!x->row->loose || x->file->kind == MIGRATE_SCRIPT)
		return 0;
	if (!(text = migrate_file_text(m, x->file, false, &len, &first, e)))
		return -1;
	if (!strcmp(migrate_file_loose(hex, x->file, text, len), x->row->loose))
		*state = MIGRATE_RESPACED;
	return 0;
}

static int
judge_applied(struct migrate_entry *x, struct err *e)
{
	x->state = MIGRATE_APPLIED;
	if (x->row->done < x->row->total)
		x->state = x->row->changed ? MIGRATE_CHANGED : MIGRATE_PARTIAL;
	else if (x->row->changed && x->file->kind == MIGRATE_REPEATABLE)
		x->state = MIGRATE_AGAIN;
	else if (x->row->changed)
		return compare_text(x, &x->state, e);
	return 0;
}

/* Which row belongs to each file: an array parallel to the directory's files. */
static const struct migrate_row **
rows_of_files(struct mem *m, const struct migrate_dir *d, const struct migrate_history *h)
{
	const struct migrate_row **row = mem_zero(m, d->count + 1, sizeof *row);

	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].file)
			row[h->row[i].file - d->file] = &h->row[i];
	return row;
}

/* The newest baseline that holds: one that was recorded, or on an empty database the newest
 * baseline file. */
static const char *
baseline(const struct migrate_dir *d, const struct migrate_history *h)
{
	const char *newest = NULL;

	for (size_t i = 0; i < h->count; i++)
		if (h->row[i].baseline &&
		    (!newest || migrate_version_compare(h->row[i].version, newest) > 0))
			newest = h->row[i].version;
	for (size_t i = 0; i < d->count && !h->count; i++)
		if (d->file[i].kind == MIGRATE_BASELINE)
			newest = d->file[i].version;
	return newest;
}

static enum migrate_state
judge_absent(const struct migrate_file *f, const char *base, bool empty)
{
	if (f->kind == MIGRATE_BASELINE)
		return empty && !migrate_version_compare(f->version, base) ? MIGRATE_PENDING :
									     MIGRATE_COVERED;
	if (base && f->kind != MIGRATE_REPEATABLE && migrate_version_compare(f->version, base) <= 0)
		return MIGRATE_COVERED;
	return MIGRATE_PENDING;
}

/* Pending files before one that is applied are out of order; the newest applied one is where we
 * stand. */
static void
look_back(struct migrate_plan *p)
{
	bool later = false;

	for (size_t i = p->count; i-- > 0;) {
		struct migrate_entry *x = &p->entry[i];

		if (x->file->kind == MIGRATE_REPEATABLE)
			continue;
		if (x->row && x->state != MIGRATE_PARTIAL) {
			if (!later)
				p->current = x->row->version;
			later = true;
		} else if (later && x->state == MIGRATE_PENDING) {
			x->state = MIGRATE_OUT_OF_ORDER;
		}
	}
}

/* Was the row of VERSION, whose file is gone, that of a repeatable one? */
static bool
repeats(const char *version)
{
	const char *slash = strrchr(version, '/'), *file = slash ? slash + 1 : version;

	return !strncmp(version, "R:", 2) || !strncmp(file, "R__", 3);
}

/* Is the Ith row, which has no file, newer than all files? Where a plan tells the order, versions
 * do not: then, when no row after it has a file. */
static bool
is_future(const struct migrate_dir *d, const struct migrate_history *h, size_t i, const char *last)
{
	if (!migrate_style_is_planned(d))
		return (!last || migrate_version_compare(h->row[i].version, last) > 0) &&
		    isdigit((unsigned char)*h->row[i].version);
	while (i < h->count && !h->row[i].file)
		i++;
	return i == h->count;
}

static void
add_strays(struct mem *m, struct migrate_plan *p, const struct migrate_dir *d,
    const struct migrate_history *h, const char *base)
{
	const char *last = NULL;

	for (size_t i = 0; i < d->indexed; i++)
		if (d->by_version[i]->kind != MIGRATE_REPEATABLE)
			last = d->by_version[i]->version;
	for (size_t i = 0; i < h->count; i++) {
		const struct migrate_row *row = &h->row[i];

		if (row->file || row->baseline)
			continue;
		add(m, p, NULL, row)->state = row->elsewhere ||
			(base && migrate_version_compare(row->version, base) <= 0) ?
		    MIGRATE_COVERED :
		    is_future(d, h, i, last) ? MIGRATE_FUTURE :
					       MIGRATE_MISSING;
		if (!repeats(row->version) &&
		    (!p->current || migrate_version_compare(row->version, p->current) > 0))
			p->current = row->version;
	}
}

/* The database is ahead of all files: what is pending comes before what is applied. */
static void
look_ahead(struct migrate_plan *p)
{
	for (size_t i = 0; i < p->count && p->states[MIGRATE_FUTURE]; i++)
		if (p->entry[i].state == MIGRATE_PENDING &&
		    p->entry[i].file->kind != MIGRATE_REPEATABLE) {
			p->entry[i].state = MIGRATE_OUT_OF_ORDER;
			p->states[MIGRATE_PENDING]--;
			p->states[MIGRATE_OUT_OF_ORDER]++;
		}
}

struct migrate_plan *
migrate_plan_make(struct mem *m, const struct migrate_dir *d, const struct migrate_history *h,
    struct err *e)
{
	struct migrate_plan *p = mem_zero(m, 1, sizeof *p);
	const struct migrate_row **row = rows_of_files(m, d, h);
	const char *base = baseline(d, h);

	p->room = d->count;
	p->entry = mem_zero(m, p->room + 1, sizeof *p->entry);
	for (size_t i = 0; i < d->count; i++) {
		struct migrate_entry *x = add(m, p, &d->file[i], row[i]);

		if (!x->row)
			x->state = judge_absent(x->file, base, !h->count);
		else if (judge_applied(x, e))
			return NULL;
	}
	look_back(p);
	if (!p->current && h->count)
		p->current = base;
	add_strays(m, p, d, h, base);
	for (size_t i = 0; i < p->count; i++)
		p->states[p->entry[i].state]++;
	look_ahead(p);
	return p;
}

/* "003 (003_x.sql), 004 …": the entries in STATE. */
static char *
list(struct mem *m, const struct migrate_plan *p, enum migrate_state state)
{
	struct mem_text t = { .m = m };
	size_t n = 0;

	for (size_t i = 0; i < p->count; i++) {
		const struct migrate_entry *x = &p->entry[i];

		if (x->state != state || n++ >= LISTED)
			continue;
		mem_text_fmt(&t, "%s%s", n > 1 ? ", " : "",
		    x->file ? x->file->path : x->row->version);
		if (x->row && x->row->applied_at)
			mem_text_fmt(&t, " (applied %s)", x->row->applied_at);
	}
	if (n > LISTED)
		mem_text_fmt(&t, " and %zu more", n - LISTED);
	return t.text;
}

static bool
is_accepted(const struct migrate_rules *rules, const struct migrate_entry *x)
{
	for (size_t i = 0; i < rules->accept_count; i++)
		if (!migrate_version_compare(rules->accept[i], x->file->version))
			return true;
	return false;
}

/* The first changed entry that RULES do not accept. */
static const struct migrate_entry *
changed(const struct migrate_plan *p, const struct migrate_rules *rules)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->entry[i].state == MIGRATE_CHANGED && !is_accepted(rules, &p->entry[i]))
			return &p->entry[i];
	return NULL;
}

/* Does the baseline that is to be set stand for VERSION? */
static bool
is_below(const struct migrate_rules *rules, const char *version)
{
	return rules->baseline && migrate_version_compare(version, rules->baseline) <= 0;
}

/* The version of the first that is missing; NULL: none is. */
static const char *
missing(const struct migrate_plan *p, const struct migrate_rules *rules)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->entry[i].state == MIGRATE_MISSING &&
		    !is_below(rules, p->entry[i].row->version))
			return p->entry[i].row->version;
	return NULL;
}

/* The first that is due and no SQL; NULL: none. */
static const struct migrate_file *
code(const struct migrate_plan *p, const struct migrate_rules *rules)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct migrate_file *f = p->entry[i].file;

		if (migrate_entry_due(&p->entry[i]) && f->kind == MIGRATE_CODE &&
		    !is_below(rules, f->version))
			return f;
	}
	return NULL;
}

static bool
has(const struct migrate_plan *p, const char *version)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct migrate_file *f = p->entry[i].file;

		if (f && !migrate_version_compare(f->version, version))
			return true;
	}
	return false;
}

static int
unknown(const char *option, const char *version, struct err *e)
{
	err_set(e, FAIL_TROUBLE, "usage", "%s %s: there is no migration of this version", option,
	    version);
	return err_hint(e, "migrate-status lists them");
}

/* Versions that are named, but are none: mistyped. */
static int
check_names(const struct migrate_plan *p, const struct migrate_rules *rules, struct err *e)
{
	if (rules->baseline && !has(p, rules->baseline))
		return unknown("--baseline", rules->baseline, e);
	for (size_t i = 0; i < rules->accept_count; i++)
		if (!has(p, rules->accept[i]))
			return unknown("--accept-changed", rules->accept[i], e);
	return 0;
}

int
migrate_plan_check(const struct migrate_plan *p, const struct migrate_rules *rules, struct err *e)
{
	MEM_SCOPE(m);
	const struct migrate_entry *other = changed(p, rules);
	const struct migrate_file *file;
	const char *gone;

	if (check_names(p, rules, e))
		return -1;
	if (other) {
		err_set(e, FAIL_NO, "changed-file", "applied migrations have another text now: %s",
		    list(m, p, MIGRATE_CHANGED));
		return err_hint(e,
		    "put the old text back and make the change in a new migration; or, when the "
		    "database is "
		    "as the new text says: --accept-changed %s",
		    other->file->version);
	}
	if ((gone = missing(p, rules))) {
		err_set(e, FAIL_NO, "missing-file",
		    "the database has migrations that have no file: %s",
		    list(m, p, MIGRATE_MISSING));
		/* a repeatable: no baseline stands for it */
		if (repeats(gone))
			return err_hint(e,
			    "bring it back; or, when it is gone for good, undo in a migration what "
			    "it did, and take the "
			    "row of %s out of the history",
			    gone);
		return err_hint(e,
		    "bring their files back from the version that applied them; or, when newer "
		    "files stand for "
		    "them: --baseline VERSION");
	}
	if (p->states[MIGRATE_FUTURE] && !rules->future) {
		err_set(e, FAIL_NO, "future-version", "the database is newer than these files: %s",
		    list(m, p, MIGRATE_FUTURE));
		return err_hint(e,
		    "after a rollback of the code alone this is as it should be: --allow-future");
	}
	if (p->states[MIGRATE_OUT_OF_ORDER] && !rules->out_of_order) {
		err_set(e, FAIL_NO, "out-of-order",
		    "pending migrations come before one that is applied (%s): %s", p->current,
		    list(m, p, MIGRATE_OUT_OF_ORDER));
		return err_hint(e,
		    "give them numbers after it; or, when their order does not matter: "
		    "--allow-out-of-order");
	}
	if ((file = code(p, rules))) {
		err_set(e, FAIL_NO, "not-sql",
		    "%s: this is run by the tool that it was written for, and by nothing else",
		    file->path);
		return err_hint(e,
		    "let that tool migrate: --exec COMMAND; an executable file is run when its "
		    "mode says so");
	}
	return 0;
}

int
migrate_plan_limit(struct migrate_plan *p, const char *to, struct err *e)
{
	bool past = false;

	if (!to)
		return 0;
	for (size_t i = 0; i < p->count; i++) {
		struct migrate_entry *x = &p->entry[i];

		if (past && migrate_entry_due(x)) {
			p->states[x->state]--;
			p->states[MIGRATE_LATER]++;
			x->state = MIGRATE_LATER;
		}
		if (x->file && !migrate_version_compare(x->file->version, to))
			past = true;
	}
	return past ? 0 : unknown("--to", to, e);
}
