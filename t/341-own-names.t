#!/bin/sh
# what somebody has put into a schema of search_path is not called in our name
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
db evil
psql -Xq -v ON_ERROR_STOP=1 -f "$top/t/evil.sql" "$DATABASE_URL" || exit 1
plain=$DATABASE_URL
sql "CREATE SCHEMA app; ALTER DATABASE evil SET search_path = app, evil, pg_catalog"
sql 'SELECT 1 = 1' >got 2>&1
grep -q 'evil operator' got
verdict $? 'whoever does not take care calls it'

mkdir m
echo 'CREATE TABLE a (n int);' >m/1_a.sql
echo 'CREATE TABLE b (n int); INSERT INTO b VALUES (1);' >m/2_b.sql
echo 'CREATE INDEX CONCURRENTLY b_n ON b (n); CREATE INDEX CONCURRENTLY ON b (n);' >m/3_c.sql
echo 'INSERT INTO a VALUES (1);' >m/4_d.sql
exits 'migrate-apply' 0 migrate-apply -n m
exits 'again, with nothing pending' 0 migrate-apply -n m
exits 'migrate-status' 0 migrate-status -n --check m
echo 'DO $$ BEGIN RAISE EXCEPTION USING MESSAGE = (1); END $$;' >m/5_e.sql
exits 'one that fails' 1 migrate-apply -n m
says 'by its own fault' 'm/5_e.sql:1'
rm m/5_e.sql
quiet="SET client_min_messages = warning"
sql "$quiet; DROP SCHEMA app CASCADE; CREATE SCHEMA app"
mkdir o
cp m/[124]* o
exits 'one transaction' 0 migrate-apply -n --single-transaction --history handrail.other o
for kind in flyway dbmate golang-migrate goose tern rails node-pg-migrate sql-migrate postgrator; do
	sql "$quiet; DROP SCHEMA app CASCADE; CREATE SCHEMA app"
	exits "$kind: migrate-apply" 0 migrate-apply -n --history $kind m
	exits "$kind: nothing pending" 0 migrate-apply -n --history $kind m
	exits "$kind: migrate-status" 0 migrate-status -n --check m
	PGOPTIONS='-c search_path=pg_catalog' gives "$kind: its table stands where new ones go" "SELECT count(*) FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relname IN ('flyway_schema_history', 'schema_migrations', 'goose_db_version', 'schema_version', 'pgmigrations', 'gorp_migrations', 'schemaversion')" 1
done
exits 'preflight' 0 preflight -n
exits 'health-wait' 0 health-wait -n --timeout 5 "$DATABASE_URL" --role primary
exits 'lock-exec' 0 lock-exec a -- true
exits 'snapshot' 0 snapshot -n -o s.tar.zst
finish
