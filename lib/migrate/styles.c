/* styles.c - the table of directory styles: what each tool's files look like. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "migrate/plans.h"
#include "migrate/version.h"

static size_t
digits(const char *s)
{
	size_t n = 0;

	while (isdigit((unsigned char)s[n]))
		n++;
	return n;
}

static bool
ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), k = strlen(end);

	return n >= k && !strcasecmp(s + n - k, end);
}

/* Without END and without the separators before it. */
static char *
cut_end(struct mem *m, const char *s, const char *end)
{
	return mem_dup(m, s, strlen(s) - strlen(end));
}

/* "0001_add_notes", "20250101-x", "1.2_x", "7": the version's length, the name after the
 * separator. */
static size_t
number_and_name(const char *s, const char **name)
{
	size_t n = digits(s);

	while (n && s[n] == '.' && digits(s + n + 1))
		n += 1 + digits(s + n + 1);
	*name = s + n + strspn(s + n, "_-. ");
	return n && (!s[n] || *name > s + n) ? n : 0;
}

static bool
parse_numbered(struct mem *m, const char *file, const char *end, struct migrate_named *n)
{
	const char *name;
	char *stem;
	size_t len;

	if (!ends_with(file, end))
		return false;
	stem = cut_end(m, file, end);
	if (!(len = number_and_name(stem, &name)))
		return false;
	/* both in one block: thousands of files are nothing special */
	n->name = name;
	n->version = stem;
	stem[len] = 0;
	return true;
}

/* NNN_name.sql; NNN_name.anything when it can be executed. */
static bool
parse_plain(struct mem *m, const char *file, struct migrate_named *n)
{
	const char *name, *dot;
	size_t len;

	if (ends_with(file, ".down.sql") && parse_numbered(m, file, ".down.sql", n)) {
		n->role = MIGRATE_DOWN;
		return true;
	}
	if (parse_numbered(m, file, ".up.sql", n) || parse_numbered(m, file, ".sql", n))
		return true;
	if (ends_with(file, ".sql")) {
		n->ignored = "its name does not begin with a number";
		return true;
	}
	if (!(len = number_and_name(file, &name)))
		return false;
	dot = strrchr(name, '.');
	n->version = mem_dup(m, file, len);
	n->name = dot ? mem_dup(m, name, (size_t)(dot - name)) : name;
	n->kind = MIGRATE_SCRIPT;
	return true;
}

static bool
parse_up_down(struct mem *m, const char *file, struct migrate_named *n)
{
	return (ends_with(file, ".up.sql") || ends_with(file, ".down.sql")) &&
	    parse_plain(m, file, n);
}

/* Is FILE one that the tool keeps beside its migrations? It is no news that it is none. */
static bool
is_own(const char *file, const char *name, struct migrate_named *n)
{
	if (strcmp(file, name))
		return false;
	n->ignored = "";
	return true;
}

/* What Flyway alone runs: classes of Java's, and scripts. */
static const char *
flyway_code(const char *file)
{
	static const char *const ends[] = { ".java", ".kt", ".groovy", ".class", ".sh", ".bash",
		".py", ".ps1", ".bat", ".cmd" };

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (ends_with(file, ends[i]) && strstr(file, "__"))
			return ends[i];
	return NULL;
}

/* V1_2__name.sql, V1.2.sql, U1_2__name.sql, B1_2__name.sql, R__name.sql, in any directory; the
 * names of callbacks are other words. */
static bool
parse_flyway(struct mem *m, const char *path, struct migrate_named *n)
{
	const char *slash = strrchr(path, '/'), *file = slash ? slash + 1 : path,
		   *name = strstr(file, "__");
	const char *code = flyway_code(file);
	char *stem, *version;

	if (ends_with(file, ".sql.conf")) {
		n->ignored = "";        /* the settings of a file */
		return true;
	}
	if (!code && !ends_with(file, ".sql"))
		return false;
	stem = cut_end(m, file, code ? code : ".sql");
	version = mem_dup(m, stem + 1, name ? (size_t)(name - file) - 1 : strlen(stem) - 1);
	if (!*stem || !strchr("VUBR", *stem) ||
	    (*stem == 'R' ? *version || !name : !isdigit((unsigned char)*version)) ||
	    version[strspn(version, "0123456789._")]) {
		n->ignored = "a callback or another file of Flyway: not run";
		return true;
	}
	for (char *p = version; *p; p++)
		if (*p == '_')
			*p = '.';
	n->name = name ? stem + (name - file) + 2 : "";
	n->version = *file == 'R' ? mem_fmt(m, "R:%s", n->name) : version;
	n->kind = *file == 'R' ? MIGRATE_REPEATABLE :
	    *file == 'B'       ? MIGRATE_BASELINE :
	    code               ? MIGRATE_CODE :
				 MIGRATE_SQL;
	n->role = *file == 'U' ? MIGRATE_DOWN : MIGRATE_UP;
	return true;
}

bool
migrate_is_flyway(const char *name)
{
	MEM_SCOPE(m);
	struct migrate_named n = { .name = "" };

	return parse_flyway(m, name, &n) && !n.ignored;
}

bool
migrate_parse_code(struct mem *m, const char *file, struct migrate_named *n)
{
	static const char *const ends[] = { ".js", ".mjs", ".cjs", ".ts", ".go", ".rb", ".py",
		".java", ".kt", ".php", ".exs", ".cs" };

	if (ends_with(file, ".d.ts") || ends_with(file, "_test.go") || strchr(file, '/'))
		return false;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		if (parse_numbered(m, file, ends[i], n)) {
			n->kind = MIGRATE_CODE;
			return true;
		}
	return false;
}

/* 001.do.name.sql, 001.undo.name.sql */
static bool
parse_postgrator(struct mem *m, const char *file, struct migrate_named *n)
{
	size_t len = digits(file);
	bool down = !strncmp(file + len, ".undo.", 6);
	const char *name = file + len + (down ? 6 : 4);

	if (!len || !ends_with(file, ".sql") || (!down && strncmp(file + len, ".do.", 4)))
		return false;
	n->version = mem_dup(m, file, len);
	n->name = strlen(name) > 4 ? cut_end(m, name, ".sql") : "";
	n->role = down ? MIGRATE_DOWN : MIGRATE_UP;
	return true;
}

/* x/migration.sql, and Diesel's x/up.sql with x/down.sql beside it */
static bool
parse_directory(struct mem *m, const char *file, struct migrate_named *n)
{
	const char *slash = strchr(file, '/'), *name;
	char *stem;
	size_t len;

	if (is_own(file, "migration_lock.toml", n))
		return true;
	if (!slash || (strcmp(slash, "/migration.sql") && strcmp(slash, "/up.sql")))
		return false;
	stem = mem_dup(m, file, (size_t)(slash - file));
	len = strspn(stem, "0123456789-");
	while (len && stem[len - 1] == '-')
		len--;
	name = stem + len + strspn(stem + len, "_-");
	n->version = len ? mem_dup(m, stem, len) : stem;
	n->name = len ? name : "";
	return true;
}

/* Atlas: all before the first underscore is the version */
static bool
parse_atlas(struct mem *m, const char *file, struct migrate_named *n)
{
	char *stem;
	size_t len;

	if (is_own(file, "atlas.sum", n))
		return true;
	if (!ends_with(file, ".sql"))
		return false;
	stem = cut_end(m, file, ".sql");
	len = strcspn(stem, "_");
	n->version = mem_dup(m, stem, len);
	n->name = stem[len] ? stem + len + 1 : "";
	return true;
}

static bool
parse_sql_only(struct mem *m, const char *file, struct migrate_named *n)
{
	return parse_numbered(m, file, ".sql", n);
}

/* sql-migrate takes any name: one without a number comes after those that have one. */
static bool
parse_any_sql(struct mem *m, const char *file, struct migrate_named *n)
{
	if (parse_sql_only(m, file, n))
		return true;
	if (!ends_with(file, ".sql") || strchr(file, '/'))
		return false;
	n->version = cut_end(m, file, ".sql");
	return true;
}

/* What claims a directory */

static bool
any(const struct migrate_listing *l,
    bool (*parse)(struct mem *, const char *, struct migrate_named *))
{
	for (size_t i = 0; i < l->count; i++) {
		MEM_SCOPE(m);
		struct migrate_named n = { .name = "" };

		if (parse(m, l->name[i], &n) && !n.ignored)
			return true;
	}
	return false;
}

static bool
has_path(const struct migrate_listing *l, const char *path)
{
	return !access(mem_fmt(l->m, "%s/%s", l->dir, path), F_OK);
}

static bool
claims_drizzle(const struct migrate_listing *l)
{
	return has_path(l, "meta/_journal.json");
}
static bool claims_sqitch(const struct migrate_listing *l) { return has_path(l, "sqitch.plan"); }
static bool claims_atlas(const struct migrate_listing *l) { return has_path(l, "atlas.sum"); }
static bool claims_flyway(const struct migrate_listing *l) { return any(l, parse_flyway); }
static bool claims_up_down(const struct migrate_listing *l) { return any(l, parse_up_down); }
static bool claims_postgrator(const struct migrate_listing *l) { return any(l, parse_postgrator); }
static bool claims_directory(const struct migrate_listing *l) { return any(l, parse_directory); }
static bool
claims_dbmate(const struct migrate_listing *l)
{
	return strcasestr(l->sample, "-- migrate:up");
}
static bool
claims_goose(const struct migrate_listing *l)
{
	return strcasestr(l->sample, "-- +goose");
}
static bool
claims_sql_migrate(const struct migrate_listing *l)
{
	return strcasestr(l->sample, "-- +migrate");
}
static bool
claims_tern(const struct migrate_listing *l)
{
	return strstr(l->sample, "---- create above");
}
static bool
claims_graphile(const struct migrate_listing *l)
{
	return !strncmp(l->sample, "--! Previous", 12);
}
static bool
claims_node(const struct migrate_listing *l)
{
	return strcasestr(l->sample, "-- Up Migration");
}

static bool
claims_plain(const struct migrate_listing *l)
{
	(void)l;
	return true;
}

static int
check_gaps(struct mem *m, const struct migrate_dir *d, const struct migrate_listing *l,
    struct err *e)
{
	(void)l;
	for (size_t i = 1; i < d->count; i++) {
		const char *before = d->file[i - 1].version, *after = d->file[i].version;
		long long want = strtoll(before, NULL, 10) + 1;

		if (migrate_version_compare(mem_fmt(m, "%lld", want), after))
			return err_set(e, FAIL_TROUBLE, "gap",
			    "%s: version %lld is missing between %s and %s, and this style numbers "
			    "without gaps",
			    d->path, want, d->file[i - 1].file, d->file[i].file);
	}
	return 0;
}

static const struct migrate_marks marks_plain = {
	.bare = "-- handrail: no-transaction", .bare_line = true,
	.filled = "liquibase formatted sql"
};
static const struct migrate_marks marks_flyway = { .fills = true };
static const struct migrate_marks marks_dbmate = {
	.up = "-- migrate:up", .down = "-- migrate:down", .bare = "transaction:false"
};
static const struct migrate_marks marks_goose = {
	.up = "-- +goose Up", .down = "-- +goose Down",
	.bare = "-- +goose NO TRANSACTION", .bare_line = true, .filled = "-- +goose ENVSUB ON",
	.cut = "-- +goose StatementEnd", .cut_line = true
};
static const struct migrate_marks marks_sql_migrate = {
	.up = "-- +migrate Up", .down = "-- +migrate Down", .bare = "notransaction",
	.cut = "-- +migrate StatementEnd", .cut_line = true
};
static const struct migrate_marks marks_tern = {
	.down = "---- create above / drop below ----",
	.bare = "---- tern: disable-tx ----", .bare_line = true, .filled = "{{"
};
static const struct migrate_marks marks_graphile = {
	.bare = "--! no-transaction", .bare_line = true
};
static const struct migrate_marks marks_node = {
	.up = "-- Up Migration", .down = "-- Down Migration"
};
static const struct migrate_marks marks_drizzle = { .cut = "--> statement-breakpoint" };
static const struct migrate_marks marks_atlas = {
	.bare = "-- atlas:txmode none", .bare_line = true, .filled = "-- atlas:txtar",
	.delimiter = true
};

const struct migrate_style migrate_styles[] = {
	{ "sqitch", "sqitch.plan with deploy/ and revert/", claims_sqitch, parse_sql_only, NULL,
	    migrate_walk_sqitch, NULL },
	{ "drizzle", "meta/_journal.json and TAG.sql", claims_drizzle, parse_sql_only,
	    &marks_drizzle, migrate_walk_drizzle, NULL },
	{ "atlas", "N_name.sql and atlas.sum", claims_atlas, parse_atlas, &marks_atlas, NULL,
	    migrate_check_atlas },
	{ "directories", "N_name/migration.sql (Prisma), N_name/up.sql (Diesel)", claims_directory,
	    parse_directory, NULL, NULL, migrate_join_directories },
	{ "flyway", "V1_2__name.sql, R__name.sql, U1_2__name.sql, B1_2__name.sql", claims_flyway,
	    parse_flyway, &marks_flyway, NULL, migrate_check_flyway },
	{ "golang-migrate", "N_name.up.sql and N_name.down.sql", claims_up_down, parse_up_down,
	    &marks_plain, NULL, NULL },
	{ "postgrator", "N.do.name.sql and N.undo.name.sql", claims_postgrator, parse_postgrator,
	    NULL, NULL, NULL },
	{ "dbmate", "N_name.sql with '-- migrate:up' and '-- migrate:down'", claims_dbmate,
	    parse_sql_only, &marks_dbmate, NULL, NULL },
	{ "goose", "N_name.sql with '-- +goose Up' and '-- +goose Down'", claims_goose,
	    parse_sql_only, &marks_goose, NULL, NULL },
	{ "sql-migrate", "N_name.sql with '-- +migrate Up' and '-- +migrate Down'",
	    claims_sql_migrate, parse_any_sql, &marks_sql_migrate, NULL, NULL },
	{ "tern", "N_name.sql with '---- create above / drop below ----'", claims_tern,
	    parse_sql_only, &marks_tern, NULL, check_gaps },
	{ "graphile", "N-name.sql with '--! Previous:' lines", claims_graphile, parse_sql_only,
	    &marks_graphile, NULL, migrate_check_graphile },
	{ "node-pg-migrate", "N_name.sql with '-- Up Migration' and '-- Down Migration'",
	    claims_node, parse_sql_only, &marks_node, NULL, NULL },
	{ "alembic", "*.py with 'revision' and 'down_revision': to look at", migrate_claims_alembic,
	    parse_sql_only, NULL, migrate_walk_alembic, NULL },
	{ "plain", "N_name.sql, N_name.up.sql and N_name.down.sql, executable N_name.*",
	    claims_plain, parse_plain, &marks_plain, NULL, NULL },
};
const size_t migrate_style_count = sizeof migrate_styles / sizeof *migrate_styles;
