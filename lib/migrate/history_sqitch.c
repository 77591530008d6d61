/* history_sqitch.c - sqitch's registry, version 1.1: its tables of changes, tags, dependencies and
 * events. */
#include <string.h>

#include "migrate/history_kind.h"

#define BY_SQL                                                                                  \
	" committer_name text NOT NULL, committer_email text NOT NULL, planned_at timestamptz " \
	"NOT NULL,"                                                                             \
	" planner_name text NOT NULL, planner_email text NOT NULL"
#define AT_SQL " committed_at timestamptz NOT NULL DEFAULT clock_timestamp(),"
#define PROJECT_SQL " project text NOT NULL REFERENCES %s.projects ON UPDATE CASCADE,"
#define NOTE_SQL " note text NOT NULL DEFAULT '',"

/* The schema that the registry's tables are in, as it must be written. */
static const char *
registry(struct mem *m, const struct migrate_history *h)
{
	return mem_dup(m, h->table, strcspn(h->table, "."));
}

static int
create(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	return pg_exec(pg,
	    pg_expand(m,
		"CREATE TABLE %s.releases (version real PRIMARY KEY, installed_at timestamptz NOT "
		"NULL DEFAULT"
		" clock_timestamp(), installer_name text NOT NULL, installer_email text NOT NULL);"
		"CREATE TABLE %s.projects (project text PRIMARY KEY, uri text UNIQUE, created_at "
		"timestamptz NOT NULL DEFAULT"
		" clock_timestamp(), creator_name text NOT NULL, creator_email text NOT NULL);"
		"CREATE TABLE %s.changes (change_id text PRIMARY KEY, script_hash text, change "
		"text NOT NULL," PROJECT_SQL NOTE_SQL AT_SQL BY_SQL
		", UNIQUE (project, script_hash));"
		"CREATE TABLE %s.tags (tag_id text PRIMARY KEY, tag text NOT NULL," PROJECT_SQL
		" change_id text NOT NULL REFERENCES %s.changes ON UPDATE CASCADE," NOTE_SQL AT_SQL
		    BY_SQL ", UNIQUE (project, tag));"
		"CREATE TABLE %s.dependencies (change_id text NOT NULL REFERENCES %s.changes ON "
		"UPDATE CASCADE ON DELETE"
		" CASCADE, type text NOT NULL, dependency text NOT NULL, dependency_id text "
		"REFERENCES %s.changes ON UPDATE"
		" CASCADE CONSTRAINT dependencies_check CHECK ((type = 'require' AND dependency_id "
		"IS NOT NULL) OR"
		" (type = 'conflict' AND dependency_id IS NULL)), PRIMARY KEY (change_id, "
		"dependency));"
		"CREATE TABLE %s.events (event text NOT NULL CONSTRAINT events_event_check CHECK "
		"(event IN ('deploy',"
		" 'revert', 'fail', 'merge')), change_id text NOT NULL, change text NOT "
		"NULL," PROJECT_SQL NOTE_SQL
		" requires text[] NOT NULL DEFAULT '{}', conflicts text[] NOT NULL DEFAULT '{}', "
		"tags text[] NOT NULL DEFAULT"
		" '{}'," AT_SQL BY_SQL ", PRIMARY KEY (change_id, committed_at));"
		"INSERT INTO %s.releases (version, installer_name, installer_email) VALUES (1.1, "
		"current_user, current_user)",
		registry(m, h)),
	    e);
}

static const struct migrate_file *
match(const struct migrate_history *h, const struct migrate_row *row)
{
	for (size_t i = 0; i < h->dir->count; i++)
		if (!strcmp(value_get_string(h->dir->file[i].note, "id"), row->name))
			return &h->dir->file[i];
	return NULL;
}

static int
load(struct mem *m, struct pg *pg, struct migrate_history *h, struct err *e)
{
	const char *params[] = { h->dir->count ? value_get_string(h->dir->file[0].note, "project") :
						 "" };
	struct pg_rows *r = pg_query(m, pg, e,
	    mem_fmt(m,
		"SELECT change, change_id, script_hash,"
		" to_char(committed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), "
		"committer_name FROM %s"
		" WHERE project = $1 ORDER BY committed_at",
		h->table),
	    1, params);

	for (int i = 0; r && i < pg_rows_count(r); i++) {
		struct migrate_row *row = migrate_history_add(m, h);

		row->name = pg_rows_text(r, i, 1);
		row->applied_at = pg_rows_text(r, i, 3);
		row->applied_by = pg_rows_text(r, i, 4);
		row->file = match(h, row);
		row->version = row->file ? row->file->version : pg_rows_text(r, i, 0);
		if (migrate_history_compare(h, row, pg_rows_text(r, i, 2), e))
			return -1;
		row->name = "";
	}
	return r ? 0 : -1;
}

static void
sum(char hex[DIGEST_HEX], const struct migrate_file *f, const char *text, size_t len)
{
	(void)f;
	digest_other(hex, "sha1", text, len);
}

/* What follows "change_id, change, project" in most of the tables. */
static char *
planned(struct mem *m, const char *by, const struct value *v)
{
	const char *who = pg_quote_literal(m, by), *at = strchr(by, '@') ? who :
	    pg_quote_literal(m, mem_fmt(m, "%s@localhost", by));

	return mem_fmt(m, "%s, %s, %s, '%s', %s, %s",
	    pg_quote_literal(m, value_get_string(v, "note")), who, at, value_get_string(v, "date"),
	    pg_quote_literal(m, value_get_string(v, "planner")),
	    pg_quote_literal(m, value_get_string(v, "email")));
}

/* ARRAY[…] of KEY of the members of LIST that are, or are not, conflicts. */
static char *
array(struct mem *m, const struct value *list, const char *key, bool conflicts)
{
	struct mem_text t = { .m = m };

	mem_text_fmt(&t, "ARRAY[");
	for (size_t i = 0; i < value_count(list); i++) {
		const struct value *x = value_item(list, i);

		if (value_bool(value_get(x, "conflict")) == conflicts)
			mem_text_fmt(&t, "%s%s", t.text[t.len - 1] == '[' ? "" : ", ",
			    pg_quote_literal(m, value_get_string(x, key)));
	}
	mem_text_fmt(&t, "]::text[]");
	return t.text;
}

static void
note_event(struct mem_text *t, const struct migrate_history *h, const char *event,
    const struct migrate_file *f, const char *by)
{
	struct mem *m = t->m;
	const struct value *v = f->note, *needs = value_get(v, "needs");

	mem_text_fmt(t,
	    "INSERT INTO %s.events (event, change_id, change, project, note, committer_name, "
	    "committer_email,"
	    " planned_at, planner_name, planner_email, requires, conflicts, tags) VALUES ('%s', "
	    "'%s', %s, %s, %s, %s, %s,"
	    " %s);\n",
	    registry(m, h), event, value_get_string(v, "id"),
	    pg_quote_literal(m, value_get_string(v, "change")),
	    pg_quote_literal(m, value_get_string(v, "project")), planned(m, by, v),
	    array(m, needs, "text", false), array(m, needs, "text", true),
	    array(m, value_get(v, "tags"), "name", false));
}

static void
note_need(struct mem_text *t, const char *registry, const char *id, const struct value *need)
{
	struct mem *m = t->m;
	const char *text = value_get_string(need, "text"), *other = value_get_string(need, "id");
	bool conflict = value_bool(value_get(need, "conflict"));
	size_t project = strcspn(text, ":");

	mem_text_fmt(t, "INSERT INTO %s.dependencies VALUES ('%s', '%s', %s, ", registry, id,
	    conflict ? "conflict" : "require", pg_quote_literal(m, text));
	if (conflict)
		mem_text_fmt(t, "NULL);\n");
	else if (other)
		mem_text_fmt(t, "'%s');\n", other);
	else
		mem_text_fmt(t,
		    "(SELECT change_id FROM %s.changes WHERE project = %s AND change = %s ORDER BY "
		    "committed_at DESC"
		    " LIMIT 1));\n",
		    registry, pg_quote_literal(m, mem_dup(m, text, project)),
		    pg_quote_literal(m,
			mem_dup(m, text + project + 1, strcspn(text + project + 1, "@"))));
}

static void
note_tag(struct mem_text *t, const char *registry, const struct value *change,
    const struct value *tag, const char *by)
{
	struct mem *m = t->m;

	mem_text_fmt(t,
	    "INSERT INTO %s.tags (tag_id, tag, project, change_id, note, committer_name, "
	    "committer_email,"
	    " planned_at, planner_name, planner_email) VALUES ('%s', %s, %s, '%s', %s);\n",
	    registry, value_get_string(tag, "id"),
	    pg_quote_literal(m, value_get_string(tag, "name")),
	    pg_quote_literal(m, value_get_string(change, "project")),
	    value_get_string(change, "id"), planned(m, by, tag));
}

static void
note(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_note *n)
{
	struct mem *m = t->m;
	const struct value *v = n->file->note, *needs = value_get(v, "needs"),
			   *tags = value_get(v, "tags");
	const char *r = registry(m, h), *id = value_get_string(v, "id"),
		   *uri = value_get_string(v, "uri");
	const char *project = pg_quote_literal(m, value_get_string(v, "project"));

	mem_text_fmt(t,
	    "INSERT INTO %s.projects (project, uri, creator_name, creator_email) SELECT %s, %s, "
	    "current_user,"
	    " current_user WHERE NOT EXISTS (SELECT FROM %s.projects WHERE project = %s);\n",
	    r, project, migrate_quoted(m, uri), r, project);
	mem_text_fmt(t,
	    "INSERT INTO %s.changes (change_id, script_hash, change, project, note, committer_name,"
	    " committer_email, planned_at, planner_name, planner_email) VALUES ('%s', '%s', %s, "
	    "%s, %s);\n",
	    r, id, n->sum, pg_quote_literal(m, value_get_string(v, "change")), project,
	    planned(m, by->by, v));
	for (size_t i = 0; i < value_count(needs); i++)
		note_need(t, r, id, value_item(needs, i));
	for (size_t i = 0; i < value_count(tags); i++)
		note_tag(t, r, v, value_item(tags, i), by->by);
	note_event(t, h, "deploy", n->file, by->by);
}

static void
forget(struct mem_text *t, const struct migrate_history *h, const struct migrate_author *by,
    const struct migrate_file *f)
{
	const char *r = registry(t->m, h), *id = value_get_string(f->note, "id");

	mem_text_fmt(t,
	    "DELETE FROM %s.tags WHERE change_id = '%s'; DELETE FROM %s.dependencies WHERE "
	    "change_id = '%s';"
	    " DELETE FROM %s.changes WHERE change_id = '%s';\n",
	    r, id, r, id, r, id);
	note_event(t, h, "revert", f, by->by);
}

static void
accept_text(struct mem_text *t, const struct migrate_history *h, const struct migrate_note *n)
{
	mem_text_fmt(t, "UPDATE %s SET script_hash = '%s' WHERE change_id = '%s';\n", h->table,
	    n->sum, value_get_string(n->file->note, "id"));
}

static int64_t
key(struct pg *pg, const struct migrate_history *h)
{
	(void)pg;
	(void)h;
	return 75474063;
}

const struct migrate_history_kind migrate_history_sqitch = {
	.name = "sqitch",
	.table = "sqitch.changes",
	.style = "sqitch",
	.create = create,
	.load = load,
	.note = note,
	.forget = forget,
	.accept = accept_text,
	.key = key,
	.sum = sum,
};
