#!/bin/sh
# odd rows in the histories of other tools, and errors that are hard to show
[ -n "${SCRATCH-}" ] || SCRATCH=1 exec scratch-pg -- sh "$0" "$@"
. "$(dirname "$0")/lib.sh"
. "$top/t/pg.sh"
apply() { migrate-apply -n "$@"; }
states='[.result.migrations[] | .version + " " + .state] | join(", ")'
# is NAME DIR WANTED: what migrate-status tells
is() {
	exits "$1" 0 migrate-status -n "$2"
	field "$1: states" "$states" "$3"
}

# Flyway
mkdir f
for i in 1 2 3 4; do echo "CREATE TABLE t$i (n int);" >f/V$i.0__t.sql; done
echo 'CREATE OR REPLACE VIEW v AS SELECT 1 AS n;' >f/R__v.sql
db flyway
apply --history flyway --to 2 f >/dev/null 2>&1
row() { sql "INSERT INTO flyway_schema_history SELECT max(installed_rank) + 1, $1, 'u', now(), 1, ${2-true} FROM flyway_schema_history" || exit 1; }
row "'3', 'java', 'JDBC', 'db.V3', NULL"
row "NULL, 'v', 'SQL', 'R__gone.sql', 1"
is 'flyway: a step in Java counts; a repeatable that is gone is missed' f '1.0 applied, 2.0 applied, 3.0 applied, 4.0 pending, R:v pending, R__gone.sql missing'
exits 'flyway: and stops: exit 1' 1 apply f
says 'flyway: with what can be done' 'take the row of R__gone.sql out of the history'
row "NULL, 'v', 'DELETE', 'R__gone.sql', NULL"
row "'2.0', 't', 'UNDO_SQL', 'U2.0__t.sql', NULL"
is 'flyway: deleted is gone; undone is pending' f '1.0 applied, 2.0 out-of-order, 3.0 applied, 4.0 pending, R:v pending'
row "'2', 't', 'SQL', 'V2.0__t.sql', (SELECT checksum FROM flyway_schema_history WHERE version = '2.0' AND type = 'SQL')"
row "'0.5', 'old', 'SQL', 'V0.5__old.sql', 5"
is 'flyway: a file that is gone is missing' f '1.0 applied, 2.0 applied, 3.0 applied, 4.0 pending, R:v pending, 0.5 missing'
sql "DELETE FROM flyway_schema_history WHERE version = '0.5'"
row "'4', 't', 'SQL', 'V4.0__t.sql', 1" false
exits 'flyway: a failed one: exit 1' 1 apply f
field 'flyway: dirty' .error.code dirty
mkdir fr
for i in 1 2; do echo "CREATE TABLE t$i (n int);" >fr/V${i}__t.sql; echo "DROP TABLE t$i;" >fr/U${i}__t.sql; done
db flyway_renamed
apply --history flyway fr >/dev/null 2>&1
for i in 1 2; do mv fr/V${i}__t.sql fr/V$i.0__t.sql; mv fr/U${i}__t.sql fr/U$i.0__t.sql; done
echo 'SELECT 1;' >>fr/V1.0__t.sql
exits 'flyway: the text of a version that is written otherwise' 0 apply --accept-changed 1 fr
exits 'flyway: is accepted' 0 apply fr
exits 'flyway: and taken back' 0 apply --down-to 1 --accept-data-loss fr
gives 'flyway: with its row' 'SELECT version FROM flyway_schema_history' 1
db flyway_base
sql "CREATE TABLE flyway_schema_history (installed_rank int, version varchar(50), description varchar(200), type varchar(20), script varchar(1000), checksum int, installed_by varchar(100), installed_on timestamp DEFAULT now(), execution_time int, success boolean)"
sql "INSERT INTO flyway_schema_history VALUES (0, NULL, '<< Flyway Schema Creation >>', 'SCHEMA', '\"public\"', NULL, 'u', now(), 0, true), (1, '2', '<< Flyway Baseline >>', 'BASELINE', '<< Flyway Baseline >>', NULL, 'u', now(), 0, true)"
is 'flyway: a baseline stands for what is before it' f '1.0 covered, 2.0 applied, 3.0 pending, 4.0 pending, R:v pending'
exits 'flyway: we go on' 0 apply f
field 'flyway: behind it' '[.result.applied[].version] | join(" ")' '3.0 4.0 R:v'

db flyway_import
apply --history flyway --to 1 f >/dev/null 2>&1
sql "UPDATE flyway_schema_history SET version = '2', type = 'BASELINE', script = '<< Flyway Baseline >>', checksum = NULL"
exits 'flyway: a baseline comes over' 0 apply --import-history f
field 'flyway: with what it stands for' '[.result.imported, ([.result.applied[].version] | join(" "))] | @json' '[2,"3.0 4.0 R:v"]'

# goose
mkdir g
for i in 1 2 3; do printf -- '-- +goose Up\nCREATE TABLE t%d (n int);\n' $i >g/0$i.sql; done
db goose
sql 'CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint NOT NULL, is_applied boolean NOT NULL, tstamp timestamp DEFAULT now())'
sql 'INSERT INTO goose_db_version (version_id, is_applied) VALUES (0, true), (1, true), (2, true), (2, false), (1, false), (1, true)'
is 'goose: the newest row of a version counts' g '01 applied, 02 pending, 03 pending'

# Prisma
mkdir -p p/1_a p/2_b p/3_c
for d in 1_a 2_b 3_c; do printf 'CREATE TABLE t%s (n int);\n' $d >p/$d/migration.sql; done
db prisma
apply --history prisma --to 1 p >/dev/null 2>&1
sql "INSERT INTO _prisma_migrations (id, checksum, migration_name, rolled_back_at) VALUES ('x', 'x', '2_b', now())"
is 'prisma: one that was rolled back is pending' p '1 applied, 2 pending, 3 pending'
sed -i 's/$/\r/' p/1_a/migration.sql
is 'prisma: other line ends are no change' p '1 respaced, 2 pending, 3 pending'
exits 'prisma: and stop nothing' 0 apply --to 2 p
sql "INSERT INTO _prisma_migrations (id, checksum, migration_name) VALUES ('y', 'y', '3_c')"
exits 'prisma: one that failed: exit 1' 1 apply p
field 'prisma: dirty' .error.code dirty

# drizzle: two files of the same text
mkdir -p z/meta
echo 'SELECT 1;' >z/0000_a.sql; cp z/0000_a.sql z/0001_b.sql; echo 'SELECT 2;' >z/0002_c.sql
printf '{"entries":[{"idx":0,"when":10,"tag":"0000_a"},{"idx":1,"when":20,"tag":"0001_b"},{"idx":2,"when":30,"tag":"0002_c"}]}' >z/meta/_journal.json
db drizzle
apply --history drizzle --to 0001 z >/dev/null 2>&1
is 'drizzle: twins are told apart' z '0000 applied, 0001 applied, 0002 pending'
echo 'SELECT 3;' >z/0001_b.sql
is 'drizzle: a changed one' z '0000 applied, 0001 changed, 0002 pending'

# sql-migrate takes any name, and those without a number last
mkdir sm
for f in init 10-b 2_a; do printf -- '-- +migrate Up\nCREATE TABLE t_%s (n int);\n' ${f#*-} >sm/$f.sql; done
db gorp
sql "CREATE TABLE gorp_migrations (id text NOT NULL PRIMARY KEY, applied_at timestamptz); INSERT INTO gorp_migrations VALUES ('2_a.sql', now())"
is 'sql-migrate' sm '2 applied, 10 pending, init pending'
exits 'sql-migrate: we go on' 0 apply sm
gives 'sql-migrate: in its form' 'SELECT string_agg(id, $$ $$ ORDER BY applied_at) FROM gorp_migrations' '2_a.sql 10-b.sql init.sql'
sql "INSERT INTO gorp_migrations VALUES ('11-gone.sql', now()), ('3.sql', now())"
is 'sql-migrate: rows without files' sm '2 applied, 10 applied, init applied, 11 missing, 3 missing'

# Diesel: versions without dashes, settings beside the file
for d in 00000000000000_diesel_initial_setup 2024-01-01-000000_a 2024-02-01-000000_b; do
	mkdir -p ds/$d
	echo "CREATE TABLE t_${d##*_} (n int);" >ds/$d/up.sql
	echo "DROP TABLE t_${d##*_};" >ds/$d/down.sql
done
printf '# settings\nrun_in_transaction = false\n' >ds/2024-02-01-000000_b/metadata.toml
echo 'CREATE TABLE twice (n int); CREATE TABLE twice (n int);' >ds/2024-02-01-000000_b/up.sql
db diesel
sql "CREATE TABLE __diesel_schema_migrations (version varchar(50) PRIMARY KEY NOT NULL, run_on timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP); INSERT INTO __diesel_schema_migrations VALUES ('00000000000000'); CREATE TABLE t_setup (n int)"
is 'diesel' ds '00000000000000 applied, 2024-01-01-000000 pending, 2024-02-01-000000 pending'
exits 'diesel: one that asks for no transaction stops half done: exit 4' 4 apply ds
field 'diesel: the others are there' '[.result.applied[].version] | join(" ")' 2024-01-01-000000
gives 'diesel: what was done is kept' "SELECT to_regclass('twice')" twice
echo 'CREATE TABLE t_b (n int);' >ds/2024-02-01-000000_b/up.sql
exits 'diesel: mended' 0 apply ds
gives 'diesel: in its form' 'SELECT string_agg(version, $$ $$ ORDER BY version) FROM __diesel_schema_migrations' '00000000000000 20240101000000 20240201000000'
exits 'diesel: nothing pending' 0 migrate-status -n --check ds
exits 'diesel: down' 0 apply --down-to 2024-01-01-000000 --accept-data-loss ds
gives 'diesel: is gone from its table' 'SELECT count(*), to_regclass($$t_b$$) FROM __diesel_schema_migrations' '2|'

# Rails, with its own files
mkdir r
for i in 1 2; do printf 'class T%d\nend\n' $i >r/2024010100000${i}_t.rb; done
db rails
sql "CREATE TABLE schema_migrations (version varchar PRIMARY KEY); CREATE TABLE ar_internal_metadata (key varchar PRIMARY KEY, value varchar, created_at timestamp(6), updated_at timestamp(6)); INSERT INTO schema_migrations VALUES ('20240101000001')"
is 'rails: its own files' r '20240101000001 applied, 20240101000002 pending'
exits 'rails: are not run here: exit 1' 1 apply r
says 'rails: but by it' '--exec'

# other places
mkdir u
for i in 1 2 3; do echo "CREATE TABLE IF NOT EXISTS t$i (n int);" >u/$i.up.sql; done
db places
sql 'CREATE SCHEMA "My Schema"; CREATE TABLE "My Schema"."The ""Table" (version bigint PRIMARY KEY, dirty boolean); INSERT INTO "My Schema"."The ""Table" VALUES (2, false)'
exits 'golang-migrate: a table of another name' 0 apply --history 'golang-migrate:"My Schema"."The ""Table"' u
field 'is gone on with' '[.result.history_kind, (.result.applied | length)] | @json' '["golang-migrate",1]'
gives 'in its form' 'SELECT version FROM "My Schema"."The ""Table"' 3
exits 'tern: a table of another name' 0 apply --history tern:public.my_version u
gives 'is made' 'SELECT version FROM my_version' 3
exits 'ours: in a schema that must be quoted' 0 apply --history '"Our Place".history' u
exits 'and found again' 0 apply --history '"Our Place".history' u
field 'unchanged' .status unchanged
exits 'what is no name: exit 2' 2 apply --history 'handrail:my-schema.history' u
says 'is told so' 'this is not the name of a table'
sql 'CREATE TABLE pgmigrations (id serial, name varchar, run_on timestamp); CREATE TABLE goose_db_version (id serial PRIMARY KEY, version_id bigint, is_applied boolean, tstamp timestamp)'
exits 'two histories, and files of neither: exit 2' 2 apply u
says 'both are named' 'public.goose_db_version (goose), public.pgmigrations (node-pg-migrate)'
exits 'the one whose files these are counts' 0 migrate-status -n g
field 'that one' .result.history_kind goose

# in a schema that is not in search_path
mkdir h; for i in 1 2 3; do printf -- '-- migrate:up\nCREATE TABLE IF NOT EXISTS t%d (n int);\n' $i >h/00$i.sql; done
db hidden
sql 'CREATE SCHEMA app; CREATE SCHEMA "B"; CREATE TABLE "B".schema_migrations (version varchar PRIMARY KEY)'
exits 'a history where only its name leads' 0 apply --history dbmate:app.schema_migrations --to 2 h
exits 'is found by what it holds' 0 apply h
field 'and gone on with' '[.result.history, .result.applied[].version] | @json' '["app.schema_migrations","003"]'
says 'which is said' 'going on with the history app.schema_migrations (dbmate), which is not in search_path'
exits 'migrate-status finds it, too' 0 migrate-status -n --check h
exits 'one of other files is nobody of ours' 1 migrate-status -n --check u
field 'ours is to be made' '[.result.history, .result.pending_count] | @json' '["handrail.history",3]'
sql "INSERT INTO \"B\".schema_migrations VALUES ('001')"
exits 'two that have some of these files: exit 2' 2 apply h
says 'both are named' 'but elsewhere: "B".schema_migrations (dbmate), app.schema_migrations (dbmate)'
says 'and what is to be done' '--history handrail begins a new one'
sql "DELETE FROM app.schema_migrations; INSERT INTO \"B\".schema_migrations VALUES ('099')"
exits 'one that has others besides: exit 2' 2 apply h
sql 'SET search_path = "B"; CREATE TABLE ar_internal_metadata (key varchar)'
exits 'one of another tool than whose files these are: exit 2' 2 apply h
says 'is named' '"B".schema_migrations (rails)'

# errors
db errors
mkdir e
fails() { # fails NAME PLACE CARET: of e/1_x.sql
	exits "$1: exit 1" 1 apply e
	says "$1: its place" "$2"
	grep -A2 -F "$2" err | sed -n 's/^migrate-apply: //; 3p' >got
	printf '%s\n' "$3" >caret
	cmp -s caret got
	verdict $? "$1: its caret" || { evidence got got; evidence caret caret; }
}
printf "SELECT '\345\274\267\346\212\200', nowhere;\n" >e/1_x.sql
fails 'wide characters' 'e/1_x.sql:1:14:' '                 ^'
printf "\t\tSELECT\tnowhere;\n" >e/1_x.sql
fails 'tabs' 'e/1_x.sql:1:10:' "$(printf '  \t\t      \t^')"
printf "SELECT '%0300d', nowhere, '%0300d';\n" 1 2 >e/1_x.sql
fails 'a long line' 'e/1_x.sql:1:312:' '                                                              ^'
cat >e/1_x.sql <<'SQL'
CREATE TABLE t (id int);

DO $$
BEGIN
	INSERT INTO t
	VALUES (1), (nowhere);
END $$;
SQL
exits 'inside a DO block: exit 1' 1 apply e
says 'the statement' 'e/1_x.sql:3:1: column "nowhere" does not exist (SQLSTATE 42703)'
says 'the query inside' 'QUERY, line 2, column 15:'
says 'and where in the block' 'CONTEXT: PL/pgSQL function inline_code_block line 3 at SQL statement'
says 'what the database is like now' 'rolled back: nothing of this file is in the database'
field 'the record holds them' '.result.failed | [(.query | length > 10), (.context | length > 10), .rolled_back] | @json' '[true,true,true]'
cat >e/1_x.sql <<'SQL'
CREATE FUNCTION f() RETURNS int LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'no %', 'good' USING ERRCODE = 'ABC12', DETAIL = repeat('long ', 400), HINT = 'do it';
END $$;
SELECT f();
SQL
exits 'an exception of a function: exit 1' 1 apply e
says 'its own SQLSTATE' 'e/1_x.sql:5:1: no good (SQLSTATE ABC12)'
says 'its hint' 'HINT: do it'
says 'in spite of a long detail: what the database is like now' 'rolled back: nothing of this file is in the database'
printf 'SELECT 1;\nSELEC 2;\n' >e/1_x.sql
exits 'a syntax error: exit 1' 1 apply e
says 'its place' 'e/1_x.sql:2:1: syntax error at or near "SELEC" (SQLSTATE 42601)'
printf 'CREATE TABLE x (id int);\nSELECT (1;\n' >e/1_x.sql
exits 'a parenthesis that is left open: exit 2' 2 apply e
says 'its line' 'e/1_x.sql:2:8: the parenthesis'
finish
