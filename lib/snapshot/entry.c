/* entry.c - runs one entry of the dump; where it fails, what stands in for it. */
#include <string.h>

#include "snapshot/entry.h"

/* What fails with WORD, as it BEGINS and HAS: not made, or made with MORE behind it. */
static const struct known {
	const char *begins, *has, *word, *more, *told;
} known[] = {
	/* of an exclusion constraint, each partition has its own */
	{ "ALTER INDEX ", " ATTACH PARTITION ", "sql-42P17", NULL, "not kept" },
	/* triggers were off when the rows came */
	{ "ALTER TABLE ", " FOREIGN KEY ", "sql-23503", " NOT VALID", "made NOT VALID" },
};

static const struct known *
find(const struct toc_entry *t, const struct err *e)
{
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (toc_begins(t->sql, known[i].begins) && strstr(t->sql, known[i].has) &&
		    !strcmp(e->word, known[i].word))
			return &known[i];
	return NULL;
}

int
entry_make(struct pg *pg, const struct restore *how, const struct toc_entry *t, struct err *e)
{
	MEM_SCOPE(m);
	const struct known *k;
	struct toc_entry other = *t;
	struct err second;

	if (!toc_run_one(pg, t, e))
		return 0;
	if (!(k = find(t, e)) || (k->more && how->trial))
		return -1;
	if (k->more) {
		other.sql = mem_fmt(m, "%.*s%s;", (int)strcspn(t->sql, ";"), t->sql, k->more);
		if (strchr(t->sql, ';')[1] != '\n' || toc_run_one(pg, &other, &second))
			return -1;
	}
	how->say(how->arg, mem_fmt(m, "%s: %s", k->told, e->text));
	return 0;
}
