#!/bin/sh
# what reads other tables: constraints, generated columns, indexes and views whose functions do so, whatever they say; and statistics
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
at() { printf '%s\n' "$server" | sed "s,/postgres?,/$1?,"; }
back() { psql -XAtqc "$1" "$(at back)" >got 2>&1; }

db app
psql -Xq "$DATABASE_URL" <<'SQL'
CREATE TABLE codes (id int PRIMARY KEY); INSERT INTO codes SELECT generate_series(1, 1000);
CREATE FUNCTION known(int) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RETURN EXISTS (SELECT FROM public.codes WHERE id = $1); END';
CREATE FUNCTION newest(int) RETURNS int LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN (SELECT max(id) FROM public.codes WHERE id <= $1); END';
CREATE FUNCTION checked(int) RETURNS boolean LANGUAGE plpgsql AS
	'BEGIN IF NOT EXISTS (SELECT FROM public.large WHERE id = $1) THEN RAISE ''% is not there'', $1; END IF; RETURN true; END';
-- larger ones are loaded first: they are those that read the small ones
CREATE TABLE large (id int CHECK (known(id)), t text); INSERT INTO large SELECT 1 + i % 1000, repeat('x', 200) FROM generate_series(1, 20000) i;
CREATE TABLE larger (id int CHECK (checked(id)), t text); INSERT INTO larger SELECT 1 + i % 1000, repeat('y', 300) FROM generate_series(1, 20000) i;
CREATE DOMAIN code AS int CHECK (known(VALUE)); CREATE TABLE largest (c code[], t text);
INSERT INTO largest SELECT ARRAY[i % 1000 + 1], repeat('z', 400) FROM generate_series(1, 20000) i;
CREATE TABLE made (id int, g int GENERATED ALWAYS AS (newest(id)) STORED, t text);
INSERT INTO made (id, t) SELECT 1 + i % 2000, repeat('m', 500) FROM generate_series(1, 20000) i;
CREATE TABLE found AS SELECT 1 + i % 2000 AS id, repeat('f', 600) AS t FROM generate_series(1, 20000) i; CREATE INDEX by_newest ON found (newest(id));
CREATE MATERIALIZED VIEW z AS SELECT max(id) AS top FROM codes;
CREATE FUNCTION top() RETURNS int LANGUAGE sql STABLE AS 'SELECT top FROM public.z'; CREATE MATERIALIZED VIEW a AS SELECT top();
-- statistics: of another server they would be made there
CREATE EXTENSION file_fdw; CREATE SERVER files FOREIGN DATA WRAPPER file_fdw; CREATE TABLE parent (i int); INSERT INTO parent VALUES (1);
CREATE FOREIGN TABLE child () INHERITS (parent) SERVER files OPTIONS (filename '/nowhere');
CREATE TABLE heirs (i int); CREATE TABLE heir (t text) INHERITS (heirs); INSERT INTO heir SELECT i, repeat('h', 100) FROM generate_series(1, 20000) i;
SQL
# from 17 on no view can be made so
since 17 || sql "CREATE FUNCTION lost() RETURNS int LANGUAGE plpgsql STABLE AS 'BEGIN RETURN (SELECT max(id) FROM codes); END';
	CREATE MATERIALIZED VIEW b AS SELECT lost()"
exits 'taken' 0 snapshot -n -j2 --pg "$DATABASE_URL" -o app.tar.zst
exits 'restored' 0 snapshot-restore -n -j2 --pg-into "$server" --create-db back --check-content app.tar.zst
cp err said
sql 'SELECT count(g), sum(g) FROM made' >want.rows
back 'SELECT count(g), sum(g) FROM made'
same 'a generated column is computed from what was there' got <want.rows
back 'SET enable_seqscan = off; SELECT count(*) FROM found WHERE newest(id) = 1000'
same 'so is an index' got <<'TEXT'
10010
TEXT
back 'SELECT top FROM a'
same 'a view comes behind the one that its function reads' got <<'TEXT'
1000
TEXT
if ! since 17; then
	grep -o 'not filled: [^:]*: b;.*does not exist' said | sed 's/;.*: /: /' >got
	same 'what cannot be filled is told' got <<-'TEXT'
	not filled: REFRESH MATERIALIZED VIEW public.b: b: relation "codes" does not exist
	TEXT
	grep -q 'b: b;.*search-path=public' said; verdict $? 'with what to do'
fi
back "SELECT tablename, inherited, n_distinct FROM pg_stats WHERE tablename IN ('heirs', 'parent') ORDER BY 1, 2"
same 'parents have those of all below them' got <<'TEXT'
heirs|t|-1
TEXT
sql 'SET client_min_messages = error; DROP TABLE larger; DROP FUNCTION known CASCADE; CREATE FUNCTION known(int) RETURNS boolean LANGUAGE sql AS $$SELECT $1 <> 7$$; ALTER TABLE large ADD CHECK (known(id)) NOT VALID'
exits 'rows that were there before a constraint' 0 snapshot -n -q -j2 --pg "$DATABASE_URL" -o app2.tar.zst
exits 'are there again' 0 snapshot-restore -n -q -j2 --pg-into "$server" --create-db back2 app2.tar.zst
sql 'UPDATE pg_constraint SET convalidated = true WHERE conrelid = $$large$$::regclass'
exits 'rows that no constraint allows' 0 snapshot -n -q -j2 --pg "$DATABASE_URL" -o app3.tar.zst
exits 'cannot be restored: exit 2' 2 snapshot-restore -n -q -j2 --pg-into "$server" --create-db back3 app3.tar.zst
says 'the constraint is named' 'large_id_check'
back "SELECT count(*) FROM pg_database WHERE datname = 'back3'"
same 'nothing is left' got <<'TEXT'
0
TEXT

# rows that came when triggers were off
db loose
sql "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE TABLE f (a int CONSTRAINT \"f;a\" REFERENCES t, b int CONSTRAINT fb REFERENCES t);
	ALTER TABLE f DISABLE TRIGGER ALL; INSERT INTO f VALUES (1, 7); ALTER TABLE f ENABLE TRIGGER ALL"
exits 'rows that a foreign key forbids' 0 snapshot -n -q --pg "$DATABASE_URL" -o loose.tar.zst
exits 'are not what a trial lets pass: exit 2' 2 snapshot-verify -n --deep loose.tar.zst
exits 'they are restored' 0 snapshot-restore -n --pg-into "$server" --create-db loose2 --check-content loose.tar.zst
grep -q 'made NOT VALID: f fb; .*Key (b)=(7) is not present' err; verdict $? 'it is told' || evidence err err
psql -XAtqc "SELECT conname, convalidated FROM pg_constraint WHERE contype = 'f' ORDER BY 1" "$(at loose2)" >got
same 'new rows must obey' got <<'TEXT'
f;a|t
fb|f
TEXT

# tables that are made side by side, though some need others
db wide
seq 300 | while read -r i; do
	echo "CREATE TABLE t$i (id serial PRIMARY KEY, k int GENERATED ALWAYS AS IDENTITY, a text); COMMENT ON COLUMN t$i.a IS '$i';"
	[ $((i % 20)) != 0 ] || echo "CREATE UNLOGGED TABLE h$i (n int) INHERITS (t$((i / 2))); CREATE TABLE r$i (r t$((i - 1)), of t3[]);"
	[ $((i % 100)) != 0 ] || echo "CREATE FUNCTION f$i() RETURNS int LANGUAGE sql AS 'SELECT $i'; CREATE TABLE d$i (n int DEFAULT f$i(), p int) PARTITION BY LIST (n);
		CREATE TABLE dp$i PARTITION OF d$i FOR VALUES IN (1); CREATE VIEW v$i AS SELECT * FROM h$i; CREATE TABLE w$i (v v$i)"';'
done >wide.sql
psql -Xqv ON_ERROR_STOP=1 -f wide.sql "$DATABASE_URL"; verdict $? "tables that need others"
exits 'many tables' 0 snapshot -n -q --pg "$DATABASE_URL" -o wide.tar.zst
plain() { pg_dump -s "$(at "$1")" | grep -v restrict; }
plain wide >want
for j in 1 2 5; do
	exits "by -j$j" 0 snapshot-restore -n -q "-j$j" --pg-into "$server" --create-db "wide$j" wide.tar.zst
	plain "wide$j" | cmp - want; verdict $? 'are what they were'
done
finish
