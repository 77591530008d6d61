#!/bin/sh
# many small migrations in one message: each is still on its own
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"

apply() { migrate-apply -n --fingerprint=never d; }
file() { cat >"d/$1"; }
mkdir d

# the scratch server's own setting is off
db leak
sql 'ALTER DATABASE leak SET synchronous_commit = on'
echo 'CREATE TABLE seen (n int, path text, sync text, patience text, temp text, rest bigint, at timestamptz DEFAULT now());' | file 01_plain.sql
file 02_leaves.sql <<'SQL'
SET search_path = pg_catalog;
SET lock_timeout = '7s';
CREATE TEMP TABLE left_over (x int);
LISTEN something;
DECLARE stays CURSOR WITH HOLD FOR SELECT 1;
SQL
echo 'CREATE TABLE made (id int);' | file 03_plain.sql
look="INSERT INTO seen SELECT 1, current_setting('search_path'), current_setting('synchronous_commit'), current_setting('lock_timeout'),
	to_regclass('pg_temp.left_over')::text, (SELECT count(*) FROM pg_cursors) + (SELECT count(*) FROM pg_listening_channels());"
echo "$look" | file 04_looks.sql
echo "CREATE TABLE by_query AS SELECT set_config('search_path', 'pg_catalog', false);" | file 05_query.sql
echo 'CREATE TABLE after_query (id int);' | file 06_plain.sql
file 07_function.sql <<'SQL'
CREATE FUNCTION f() RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT length(set_config('search_path', 'pg_catalog', false)) $$;
CREATE TABLE parts (id int) PARTITION BY LIST (id);
SQL
echo 'CREATE TABLE part PARTITION OF parts FOR VALUES IN (f());' | file 08_bound.sql
echo 'CREATE TABLE after_bound (id int);' | file 09_plain.sql
echo 'SELECT pg_sleep(0.4);' | file 10_sleeps.sql
echo 'CREATE TABLE after_sleep (id int);' | file 11_plain.sql
echo "$look" | file 12_looks.sql
exits 'all are applied' 0 apply
gives 'nothing that one leaves reaches another, and none waits for the disk' \
	'SELECT path, sync, patience, temp, rest FROM seen ORDER BY 1' 'public|off|500ms||0
public|off|500ms||0'
gives 'it was one message' 'SELECT count(DISTINCT at) FROM seen' 1
gives 'tables are where they belong' "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" 8
gives 'each has its own duration' 'SELECT version FROM handrail.history WHERE seconds >= 0.4' 10
gives 'and its own transaction' 'SELECT count(DISTINCT xid_to) FROM handrail.history WHERE xid_from = xid_to' 12
field 'so in the record' '.result.applied | [map(select(.seconds >= 0.4).version), (map(.xid) | unique | length)] | @json' '[["10"],12]'

# what fails is told of as if it had been alone; what runs alone comes between
echo 'CREATE TABLE more (id int);' | file 13_plain.sql
printf 'CREATE TABLE copied (id int);\nCOPY copied FROM stdin;\n1\n\\.\n' | file 14_alone.sql
echo 'CREATE TABLE more2 (id int);' | file 15_plain.sql
echo 'SET search_path = pg_catalog; CREATE TEMP TABLE more3 (id int);' | file 16_leaves.sql
echo 'CREATE TABLE more3 (id int, id int);' | file 17_fails.sql
echo 'CREATE TABLE more4 (id int);' | file 18_plain.sql
exits 'one fails' 1 apply
says 'where' 'd/17_fails.sql:1:'
gives 'those before it stay' 'SELECT max(version) FROM handrail.history' 16
echo 'CREATE TABLE more3 (id int);' | file 17_fails.sql
exits 'it goes on there' 0 apply
gives 'in the same order' "SELECT string_agg(version, ' ' ORDER BY seq) FROM handrail.history WHERE version > '12'" '13 14 15 16 17 18'
gives 'with everything' "SELECT count(*) FROM pg_tables WHERE schemaname = 'public' AND tablename LIKE 'more%'" 4

# more than one message: the second is made while the first runs
db many
rm d/*
for i in $(seq 101 350); do echo "CREATE TABLE t_$i (id int PRIMARY KEY);" >"d/${i}_t.sql"; done
echo 'CREATE TABLE t_301 (id int PRIMARY KEY); SELECT 1/0;' >d/301_t.sql
exits 'the 201st fails' 1 apply
gives 'two hundred stay' 'SELECT count(*), max(version) FROM handrail.history' '200|300'
echo 'CREATE TABLE t_301 (id int PRIMARY KEY);' >d/301_t.sql
exits 'the others follow' 0 apply
gives 'each once' 'SELECT count(*), count(DISTINCT xid_to) FROM handrail.history' '250|250'
finish
