/* session.c - settings of our connections. */
#include "snapshot/session.h"

int
session_set(struct pg *pg, struct err *e)
{
	/* row_security off: a policy would make a table silently partial; now it is an error.
	 * synchronize_seqscans off: else a scan may begin in the middle, and the order of rows
	 * differ each time. statement_timeout and the like are for applications. */
	if (pg_exec(pg,
		"SET client_encoding = 'UTF8'; SET search_path = ''; SET row_security = off; SET "
		"synchronize_seqscans = off; SET extra_float_digits = 3;"
		"SET DateStyle = ISO; SET IntervalStyle = postgres; SET TimeZone = 'UTC'; SET "
		"bytea_output = hex;"
		"SET statement_timeout = 0; SET lock_timeout = 0; SET "
		"idle_in_transaction_session_timeout = 0;"
		"SET check_function_bodies = off; SET default_transaction_deferrable = off; SET "
		"xmloption = content",
		e))
		return -1;
	if (pg_server_version(pg) >= 170000)
		return pg_exec(pg, "SET transaction_timeout = 0", e);
	return 0;
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
