#!/bin/sh
# what the new place does not have: tablespaces, and the search_path that functions count on
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
there() { psql -XAtqc "SELECT count(*) FROM pg_database WHERE datname = '$1'" "$server"; }

psql -Xqc 'SET allow_in_place_tablespaces = on' -c "CREATE TABLESPACE \"Fast one\" LOCATION ''" "$server"
db app
sql 'CREATE TABLE notes (i int PRIMARY KEY USING INDEX TABLESPACE "Fast one") TABLESPACE "Fast one"; INSERT INTO notes VALUES (1);
	CREATE TABLE parts (i int) PARTITION BY RANGE (i) TABLESPACE "Fast one"; CREATE TABLE part PARTITION OF parts DEFAULT'
exits 'taken' 0 snapshot -n --pg "$DATABASE_URL" -o app.tar.zst
exits 'restored where it was' 0 snapshot-restore -n --pg-into "$server" --create-db same app.tar.zst
psql -XAtqc "SELECT relname, spcname FROM pg_class JOIN pg_tablespace t ON t.oid = reltablespace WHERE spcname !~ '^pg_' ORDER BY 1" "$(at same)" >got
same 'all of it' got <<'TEXT'
notes|Fast one
notes_pkey|Fast one
part|Fast one
parts|Fast one
TEXT
psql -Xqc 'DROP DATABASE same' -c 'DROP DATABASE app' -c 'DROP TABLESPACE "Fast one"' "$server"
exits 'a tablespace that is not there: exit 2' 2 snapshot-restore -n --pg-into "$server" --create-db back app.tar.zst
says 'is told by its name' 'there is no tablespace "Fast one"'
says 'what to type' "hint: CREATE TABLESPACE \"Fast one\" LOCATION '/...'; "
[ "$(there back)" = 0 ]; verdict $? 'nothing is left'
exits 'without tablespaces' 0 snapshot-restore -n --pg-into "$server" --no-tablespaces --check-content --create-db back app.tar.zst

db paths
psql -Xq "$DATABASE_URL" <<'SQL'
CREATE SCHEMA one; CREATE FUNCTION one.twice(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1 * 2';
CREATE FUNCTION late(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN twice($1); END';
SET search_path = public, one;
CREATE TABLE a (i int, g int GENERATED ALWAYS AS (late(i)) STORED, r regclass);
INSERT INTO a (i, r) SELECT i, 'a' FROM generate_series(1, 50000) i;
SQL
exits 'a function that counts on a search_path' 0 snapshot -n --pg "$DATABASE_URL" -o paths.tar.zst
exits 'cannot be called by a restore: exit 2' 2 snapshot-restore -n --pg-into "$server" --create-db paths_back paths.tar.zst
says 'it is named' 'hint: PL/pgSQL function public.late(integer) line 1'
says 'with what to do' 'snapshot-restore --search-path=public '
exits 'with it' 0 snapshot-restore -n --pg-into "$server" --create-db paths_back --check-content --search-path 'public, one' paths.tar.zst
psql -XAtqc 'SELECT sum(g) FROM a' "$(at paths_back)" >got
same 'it is computed' got <<'TEXT'
2500050000
TEXT
# from 17 on no index can be made so
if ! since 17; then
	sql 'SET search_path = public, one; DROP TABLE a; CREATE TABLE b AS SELECT 3 AS i; CREATE INDEX ON b (late(i));
		CREATE FUNCTION all_b() RETURNS bigint LANGUAGE sql AS $$SELECT sum(i) FROM b$$; CREATE MATERIALIZED VIEW m AS SELECT all_b() AS n'
	exits 'an index' 0 snapshot -n --pg "$DATABASE_URL" -o index.tar.zst
	exits 'cannot be made: exit 2' 2 snapshot-restore -n --pg-into "$server" --create-db index_back index.tar.zst
	says 'its function is named, too' 'hint: PL/pgSQL function public.late(integer) line 1'
	exits 'with it, it can' 0 snapshot-restore -n --pg-into "$server" --create-db index_back --search-path public,one index.tar.zst
	psql -XAtqc 'SELECT n FROM m' "$(at index_back)" >got
	same 'and a materialized view be filled' got <<-'TEXT'
	3
	TEXT
fi
finish
