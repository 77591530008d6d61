/* preflight - checks what must be true before a release.
 *
 *	preflight --pg "$DATABASE_URL" --snapshot-dir backups --branch main --tool docker,helm
 */
#include <string.h>

#include "core/step.h"
#include "preflight/check.h"

static struct {
	struct check_options o;
	struct opt_list tools, revisions, checks;
} cfg = { .o = { .max_transaction = 60 } };

static const struct opt opts[] = {
	OPT_STRING_(0, "pg", "conn", "database: URI, conninfo or env:NAME", &cfg.o.pg),
	OPT_FLAG_(0, "no-database", "leave the database out", &cfg.o.no_database),
	OPT_STRING_(0, "snapshot-dir", "dir", "there must be room for a snapshot", &cfg.o.snapshot_dir),
	OPT_STRING_(0, "branch", "name", "git must be on this branch, without changes", &cfg.o.branch),
	OPT_FLAG_(0, "force-branch", "another branch, or changes, only warn", &cfg.o.force_branch),
	OPT_LIST_(0, "tool", "name[,name]", "programs that must be on PATH", &cfg.tools),
	OPT_STRING_(0, "image-server-major", "image", "image of the server: its major must be that of the data",
	    &cfg.o.image),
	OPT_FLAG_(0, "copy-room", "the server must have room for a second copy of the database", &cfg.o.copy_room),
	OPT_INT_(0, "restore-client", "major", "pg_restore must not be older", &cfg.o.restore_client),
	OPT_SECONDS_(0, "max-transaction", "duration", "how long a transaction may last", &cfg.o.max_transaction),
	OPT_LIST_(0, "check", "name[,name]", "only these checks", &cfg.checks),
	OPT_STRING_(0, "database-is", "uri", "the connection must lead to this database", &cfg.o.database),
	OPT_LIST_(0, "revision", "version", "the history must be at one of these", &cfg.revisions),
	OPT_END_
};

/* The names of a repeatable option whose words are lists, too. */
static void
split(struct mem *m, const struct opt_list *from, struct opt_list *to)
{
	for (size_t i = 0; i < from->count; i++) {
		char *save = NULL, *list = mem_string(m, from->item[i]);

		for (char *w = strtok_r(list, ",", &save); w; w = strtok_r(NULL, ",", &save)) {
			mem_grow(m, &to->item, to->count, &to->room, sizeof *to->item);
			to->item[to->count++] = w;
		}
	}
}

static const char *
text(const struct value *row, const char *key)
{
	const char *s = value_get_string(row, key);

	return s ? s : "";
}

static void
tell(void *step, const struct value *row)
{
	struct step *s = step;

	if (!strcmp(text(row, "status"), "ok")) {
		step_debug(s, "ok: %s: %s", text(row, "check"), text(row, "observed"));
		return;
	}
	step_warn(s, "%s: %s: %s", text(row, "status"), text(row, "check"), text(row, "observed"));
	if (*text(row, "wanted"))
		step_warn(s, "  wanted: %s", text(row, "wanted"));
	if (*text(row, "hint"))
		step_warn(s, "  hint: %s", text(row, "hint"));
}

static int
check(struct step *s, int count, char **operands, struct err *e)
{
	struct opt_list names = { 0 };

	(void)count;
	(void)operands;
	split(step_mem(s), &cfg.checks, &names);
	cfg.o.only = names.item;
	cfg.o.only_count = names.count;
	for (size_t i = 0; i < names.count; i++)
		if (!check_exists(names.item[i]))
			return err_set(e, FAIL_TROUBLE, "usage",
			    "--check %s: there is no such check", names.item[i]);
	return 0;
}

static int
run(struct step *s, int count, char **operands, struct err *e)
{
	struct opt_list tools = { 0 };
	struct check_run r = { .m = step_mem(s), .o = &cfg.o, .tell = tell, .arg = s };

	(void)count;
	(void)operands;
	split(step_mem(s), &cfg.tools, &tools);
	cfg.o.tools = tools.item;
	cfg.o.tool_count = tools.count;
	cfg.o.revisions = cfg.revisions.item;
	cfg.o.revision_count = cfg.revisions.count;
	r.rows = value_set_array(step_mem(s), step_result(s), "checks");
	if (check_all(&r, e))
		return -1;
	value_set_int(step_result(s), "failed", (int64_t)r.failed);
	value_set_int(step_result(s), "warnings", (int64_t)r.warnings);
	if (!r.failed)
		return 0;
	err_set(e, FAIL_NO, "preflight", "%zu of %zu checks said no", r.failed,
	    value_count(r.rows));
	return err_hint(e,
	    "mend what they name, or leave a check's option out, and run this again");
}

static int
render_text(struct step *s, FILE *f, struct err *e)
{
	const struct value *rows = value_get(step_result(s), "checks");

	(void)e;
	for (size_t i = 0; i < value_count(rows); i++) {
		const struct value *row = value_item(rows, i);

		fprintf(f, "%-8s %-22s %s\n", text(row, "status"), text(row, "check"),
		    text(row, "observed"));
	}
	return 0;
}

static const struct form forms[] = {
	{ "text", "one line a check", render_text },
	{ NULL, NULL, NULL }
};

static const struct tool tool = {
	.name = "preflight",
	.brief = "check what must be true before a release",
	.opts = opts,
	.forms = forms,
	.check = check,
	.run = run,
};

int
main(int argc, char **argv)
{
	return step_main(&tool, argc, argv);
}
