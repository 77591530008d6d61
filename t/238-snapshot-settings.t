#!/bin/sh
# what the database, the role or the server is set to changes nothing of what is taken and restored, and is kept itself
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }

db app
sql "CREATE ROLE guest; CREATE ROLE odd; REVOKE ALL ON SCHEMA public FROM PUBLIC; GRANT USAGE ON SCHEMA public TO guest"
psql -Xq "$DATABASE_URL" <<'SQL'
CREATE TABLE notes (t text, r regclass, a text[], m money, y regtype);
INSERT INTO notes VALUES ('a\b', 'notes', '{NULL,"NULL"}', -1234.5, 'int4'), ('\', NULL, NULL, NULL, NULL);
ALTER DATABASE app SET standard_conforming_strings = off;
ALTER DATABASE app SET escape_string_warning = off;
ALTER DATABASE app SET quote_all_identifiers = on;
ALTER DATABASE app SET array_nulls = off;
ALTER DATABASE app SET default_transaction_read_only = on;
ALTER DATABASE app SET transform_null_equals = on;
ALTER DATABASE app SET search_path = '';
ALTER DATABASE app SET "app.order" = E'it''s \\ x';
ALTER ROLE odd IN DATABASE app SET search_path = "a, ""b", '', "c""", public;
ALTER ROLE odd IN DATABASE app SET temp_tablespaces = '';
ALTER ROLE guest SET search_path = '';
SQL
psql -Xq "$DATABASE_URL" <<'SQL'
SET default_transaction_read_only = off;
CREATE INDEX odd ON public.notes ((t || E'\\')) WHERE t <> E'a\\\\b';
ALTER TABLE public.notes ADD CONSTRAINT plain CHECK (t <> E'\\n') NOT VALID;
SQL
exits 'taken' 0 snapshot -n -j2 --pg "$DATABASE_URL" -o app.tar.zst
exits 'it is sound' 0 snapshot-verify -n --deep app.tar.zst
exits 'restored' 0 snapshot-restore -n -j2 --pg-into "$server" --create-db back --check-content app.tar.zst
grep 'not kept' err >got
same 'all settings are kept' got </dev/null
for what in "SELECT setrole::regrole, unnest(setconfig) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = setdatabase WHERE datname = current_database() ORDER BY 1, 2" \
    "SELECT pg_get_expr(indexprs, indrelid), pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'public.odd'::regclass" \
    "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = 'plain'" \
    "SELECT a FROM pg_namespace, LATERAL (SELECT grantee::regrole, privilege_type FROM aclexplode(nspacl) ORDER BY 1, 2) a WHERE nspname = 'public'" \
    'SELECT * FROM public.notes'; do
	psql -XAtqc "$what" "$DATABASE_URL" >want.rows
	psql -XAtqc "$what" "$(at back)" >got 2>&1
	[ -s got ]; same "$what" got <want.rows
done

cat >elsewhere <<'END'
snapshot-restore -n -q --pg-into "$DATABASE_URL" --globals --create-db back app.tar.zst >/dev/null || exit
psql -XAtc "SELECT rolconfig FROM pg_roles WHERE rolname = 'guest'" "$DATABASE_URL"
END
scratch-pg -- sh elsewhere >got 2>&1
same "a role's empty search_path, too" got <<'TEXT'
{"search_path=\"\""}
TEXT

# the connection that only makes the database, and tells that it is complete
if since 14; then
	db slow
	sql "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN PERFORM pg_catalog.pg_sleep(1); RETURN 1; END';
		CREATE TABLE t AS SELECT 1 AS i; CREATE INDEX ON t (slow(i))"
	exits 'taken' 0 snapshot -n --pg "$DATABASE_URL" -o slow.tar.zst
	psql -Xqc "ALTER ROLE CURRENT_USER SET idle_session_timeout = '300ms'" -c "ALTER ROLE CURRENT_USER SET statement_timeout = '600ms'" "$server"
	exits 'a restore in spite of timeouts' 0 snapshot-restore -n --pg-into "$server" --create-db slow_back slow.tar.zst
	psql -Xqc 'ALTER ROLE CURRENT_USER RESET ALL' "$server"
fi
finish
