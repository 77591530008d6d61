/* source_missing.c - the extensions that SQL asks for and the scratch server does not have. */
#include <fts.h>
#include <string.h>
#include <strings.h>

#include "core/io.h"
#include "pg/conn.h"
#include "pg/sql.h"
#include "schema/source_private.h"

enum { FILE_MAX_BYTES = 64 << 20 };

/* Add the names in the statements of one file to LIST: 'a', 'b'. What cannot be read is passed
 * over: the server has said what is wrong with it. */
static void
add_file(struct mem *m, const char *path, struct mem_text *list)
{
	struct sql_script script = { 0 };
	struct err ignored;
	size_t len;
	char *text = io_read_file(m, path, FILE_MAX_BYTES, &len, &ignored);

	if (!text || sql_split(m, text, len, &script, &ignored))
		return;
	for (size_t i = 0; i < script.count; i++) {
		const struct sql_statement *s = &script.item[i];
		const struct value *tree = s->len > 6 && !strncasecmp(text + s->start, "create", 6)
		    ? sql_tree(m, text + s->start, s->len, NULL, &ignored)
		    : NULL;
		const char *name = value_string(value_at(tree, "CreateExtensionStmt.extname"));

		if (name)
			mem_text_fmt(list, "%s%s", list->len ? ", " : "",
			    pg_quote_literal(m, name));
	}
}

static bool
is_sql(const FTSENT *f)
{
	const char *end = strrchr(f->fts_name, '.');

	return f->fts_info == FTS_F && (f->fts_level == 0 || (end && !strcmp(end, ".sql")));
}

const char *
source_missing_extensions(struct source_set *s, const char *path)
{
	MEM_SCOPE(m);
	struct mem_text list = { .m = m };
	char *const paths[] = { mem_string(m, path), NULL };
	FTS *files = fts_open(paths, FTS_LOGICAL | FTS_NOCHDIR, NULL);
	struct err ignored;
	struct pg_rows *rows;
	struct pg *pg;

	for (FTSENT *f; files && (f = fts_read(files));)
		if (is_sql(f))
			add_file(m, f->fts_path, &list);
	if (files)
		fts_close(files);
	if (!list.len || !(pg = source_connect(s, m, NULL, &ignored)))
		return NULL;
	rows = pg_query(m, pg, &ignored,
	    mem_fmt(m,
		"SELECT string_agg(x, ', ' ORDER BY x) FROM (SELECT DISTINCT unnest(ARRAY[%s])"
		" EXCEPT SELECT name FROM pg_available_extensions) n(x)",
		list.text),
	    0, NULL);
	return rows && pg_rows_text(rows, 0, 0) ? mem_string(s->m, pg_rows_text(rows, 0, 0)) : NULL;
}
