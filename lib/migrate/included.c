/* included.c - the digest of included files. */
#include <stdio.h>
#include <string.h>

#include "migrate/content.h"
#include "migrate/included.h"
#include "migrate/weave.h"

/* Does any of the commands take in a file? */
static bool
includes(const char *text, const struct sql_script *sql)
{
	for (size_t i = 0; i < sql->count; i++)
		if (sql->item[i].kind == SQL_META &&
		    !strncmp(text + sql->item[i].start, "\\i", 2) &&
		    strncmp(text + sql->item[i].start, "\\if", 3))
			return true;
	return false;
}

/* All that W took from other files than F, in that order. */
static void
sum(const struct migrate_weave *w, const struct migrate_source *f, struct mem_text *sums)
{
	const struct migrate_source *last = f;
	char hex[DIGEST_HEX];

	for (size_t i = 0; i < w->count; i++) {
		const struct migrate_source *from = w->strand[i].source;

		if (from != f && from != last)
			mem_text_fmt(sums, "%s\n",
			    migrate_loose_digest(hex, from->text, from->len));
		last = from;
	}
}

int
migrate_find_included(struct mem *all, struct migrate_file *file, char *text, size_t len, char *why,
    size_t size)
{
	MEM_SCOPE(m);
	struct migrate_weave w = { .m = m, .text = { .m = m } };
	struct migrate_source f = { .path = file->path };
	struct mem_text said = { .m = m }, sums = { .m = m };
	struct sql_script sql;
	char hex[DIGEST_HEX];
	struct err e;
	int bad;

	if (!memmem(text, len, "\\i", 2) ||
	    !(f.text = migrate_trim_part(text, &file->up, file->path, &f.len, &f.first, &e)) ||
	    sql_split(m, f.text, f.len, &sql, &e) || !includes(f.text, &sql))
		return 0;
	bad = migrate_psql_weave(&w, &f, &sql, &said, &e);
	mem_text_fmt(&sums, "%d\n", bad);
	sum(&w, &f, &sums);
	digest_bytes(hex, sums.text, sums.len);
	file->included = mem_string(all, hex);
	/* a command that psql itself will run is no trouble */
	if (!bad || !strcmp(e.word, "psql-command"))
		return 0;
	snprintf(why, size, "what it includes cannot be read: %.*s", (int)strcspn(e.text, "\n"),
	    e.text);
	return -1;
}
