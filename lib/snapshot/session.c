/* session.c - settings of our connections. */
#include <string.h>

#include "snapshot/session.h"

/* What a value is written and read as depends on these: the database, the role and the server may
 * have words of their own about each. row_security off: a policy would make a table silently
 * partial; now it is an error. synchronize_seqscans off: else a scan may begin in the middle, and
 * the order of rows differ each time. Timeouts are for applications. jit off: it costs more than it
 * gives where all there is to do is to count rows. */
static const char settings[] =
    "SET client_encoding = 'UTF8'; SET search_path = ''; SET row_security = off;"
    "SET synchronize_seqscans = off; SET extra_float_digits = 3; SET DateStyle = ISO;"
    "SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET bytea_output = hex;"
    "SET lc_monetary = 'C'; SET array_nulls = on; SET quote_all_identifiers = off;"
    "SET standard_conforming_strings = on; SET transform_null_equals = off;"
    "SET xmloption = content; SET statement_timeout = 0; SET lock_timeout = 0;"
    "SET idle_in_transaction_session_timeout = 0; SET check_function_bodies = off;"
    "SET default_transaction_deferrable = off; SET default_transaction_read_only = off;"
    "SET default_tablespace = ''; SET default_table_access_method = heap;"
    "SET jit = off";

int
session_set(struct pg *pg, struct err *e)
{
	if (pg_exec(pg, settings, e) ||
	    (pg_server_version(pg) >= 140000 && pg_exec(pg, "SET idle_session_timeout = 0", e)))
		return -1;
	return pg_server_version(pg) >= 170000 ? pg_exec(pg, "SET transaction_timeout = 0", e) : 0;
}

int
session_begin(struct pg *pg, const char *snapshot, long long lock_timeout, struct err *e)
{
	MEM_SCOPE(m);

	return pg_exec(pg,
	    mem_fmt(m, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY;%s%s;"
		       "SET LOCAL lock_timeout = %lld",
		snapshot ? "SET TRANSACTION SNAPSHOT " : "",
		snapshot ? pg_quote_literal(m, snapshot) : "", lock_timeout),
	    e);
}

/* As the hint has it for a database that says nothing about it. */
#define PATH_OPTION "--search-path=public"

int
session_explain(const struct pg *pg, struct err *e)
{
	/* an unknown function; an unknown relation */
	static const char *const words[] = { "sql-42883", "sql-42P01" };
	const char *where = pg_report(pg)->context;

	/* of the functions that were running, the innermost first, then what called them */
	if (!where || !*where || !strncmp(where, "COPY ", 5))
		return -1;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (!strcmp(e->word, words[i]))
			err_hint(e,
			    "%.*s: it counts on a search_path, and while rows are loaded there is "
			    "none: snapshot-restore " PATH_OPTION " restores this archive; "
			    "ALTER FUNCTION ... SET search_path makes later ones whole",
			    (int)strcspn(where, "\n"), where);
	return -1;
}

int
session_advise(const char *path, struct err *e)
{
	MEM_SCOPE(m);
	const char *hint = mem_string(m, e->hint), *at = path ? strstr(hint, PATH_OPTION) : NULL;

	return at ? err_hint(e, "%.*s--search-path='%s'%s", (int)(at - hint), hint, path,
			at + strlen(PATH_OPTION)) :
		    -1;
}
