#!/bin/sh
# what somebody has put into a schema of search_path is not called in our name
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
db evil
psql -Xq -v ON_ERROR_STOP=1 -f "$top/t/evil.sql" "$DATABASE_URL" || exit 1
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

# the migrations themselves have the search_path of the connection, however they are run
db tenants
sql 'CREATE SCHEMA a; CREATE SCHEMA b'
mkdir p
echo 'CREATE TABLE b1 (n int);' >p/1.sql
echo 'INSERT INTO b1 VALUES (1);' >p/2.sql
export PGOPTIONS='-c search_path=b'
exits 'one transaction' 0 migrate-apply -n --single-transaction p
echo 'SET search_path = a; CREATE TABLE a1 (n int);' >p/3.sql
echo 'CREATE TABLE b2 (n int);' >p/4.sql
exits 'a batch' 0 migrate-apply -n p
printf 'SET search_path = a;\nCREATE INDEX CONCURRENTLY ON a1 (n);\nCREATE TABLE a2 (n int);\n' >p/5.sql
exits 'statement by statement' 0 migrate-apply -n p
echo 'CREATE TABLE b3 (n int);' >p/6.sql
exits 'alone' 0 migrate-apply -n p
exits 'a failed one' 1 sh -c 'echo "SELECT nix" >p/7.sql; migrate-apply -n p'
echo 'CREATE TABLE b4 (n int);' >p/7.sql
exits 'the same, mended' 0 migrate-apply -n p
unset PGOPTIONS
gives 'each is where it belongs' "SELECT string_agg(relnamespace::regnamespace || '.' || relname, ' ' ORDER BY relname) FROM pg_class WHERE relnamespace IN ('a'::regnamespace, 'b'::regnamespace) AND relkind = 'r'" 'a.a1 a.a2 b.b1 b.b2 b.b3 b.b4'

# what they defer to their COMMIT, too
db deferred
sql 'CREATE SCHEMA c'
export PGOPTIONS='-c search_path=c'
mkdir d
cat >d/1.sql <<'SQL'
CREATE TABLE t (n int);
CREATE TABLE seen (n int);
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO seen SELECT NEW.n; RETURN NULL; END $$;
CREATE CONSTRAINT TRIGGER t AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION f();
SQL
echo 'INSERT INTO t VALUES (2);' >d/2.sql
echo 'INSERT INTO t VALUES (3);' >d/3.sql
exits 'in a batch' 0 migrate-apply -n --history flyway:c.h d
printf 'BEGIN;\nINSERT INTO t VALUES (4);\nCOMMIT;\n' >d/4.sql
exits 'in a transaction of its own' 0 migrate-apply -n --history flyway:c.h d
printf -- '-- handrail: no-transaction\nINSERT INTO t VALUES (5);\n' >d/5.sql
exits 'statement by statement' 0 migrate-apply -n --history flyway:c.h d
printf 'COPY t FROM stdin;\n6\n\\.\n' >d/6.sql
exits 'with data' 0 migrate-apply -n --history flyway:c.h --observe d
echo 'INSERT INTO t VALUES (7); CREATE TABLE p (n int PRIMARY KEY); CREATE TABLE r (n int REFERENCES p DEFERRABLE INITIALLY DEFERRED); INSERT INTO r VALUES (1);' >d/7.sql
echo 'INSERT INTO p VALUES (1);' >d/8.sql
exits 'what a later file makes good: not alone' 1 migrate-apply -n --history flyway:c.h d
says 'by its COMMIT' 'd/7.sql: its COMMIT failed: insert or update on table "r" violates foreign key'
exits 'but in one transaction' 0 migrate-apply -n --history flyway:c.h --single-transaction d
gives 'all of it is done' "SELECT string_agg(n::text, ',' ORDER BY n) FROM c.seen" 2,3,4,5,6,7
echo 'DROP TABLE seen; INSERT INTO t VALUES (9);' >d/9.sql
exits 'one that fails there' 1 migrate-apply -n --history flyway:c.h d
says 'is told as such' 'd/9.sql: its COMMIT failed: relation "seen" does not exist'
unset PGOPTIONS
finish
